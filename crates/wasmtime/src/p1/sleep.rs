//! Owns the commonest wait: `poll_oneoff` with one clock and nothing else, which is a sleep.
//! wasmtime-wasi would put the thread to sleep in the system, where no interrupt reaches it.

use super::clocks::Until;
use super::{INTR, World};
use crate::control::{Control, Woken};
use std::time::Duration;
use wasmtime::Result;
use wiggle::{GuestMemory, GuestPtr};

/// Offsets in a `subscription` and an `event` of preview1's `typenames.witx`.
mod layout {
    pub(super) const TAG: u32 = 8;
    pub(super) const CLOCK: u32 = 16;
    pub(super) const TIMEOUT: u32 = 24;
    pub(super) const FLAGS: u32 = 40;
    pub(super) const SUBSCRIPTION: u32 = 48;
    pub(super) const EVENT: u32 = 32;
}

const ABSOLUTE: u16 = 1;

/// Serves the call if it is a plain sleep, and gives its errno; `None` leaves it to wasmtime-wasi, errors of its
/// arguments included.
pub(super) fn alone(
    memory: &mut GuestMemory<'_>,
    world: &World,
    control: &Control,
    subscriptions: i32,
    events: i32,
    count: i32,
    ready: i32,
) -> Result<Option<i32>> {
    let Some(sleep) = Sleep::read(memory, world, subscriptions, events, count, ready) else { return Ok(None) };
    let woken = match sleep.until {
        Until::Now => Woken::Done,
        Until::Moment(moment) => control.wait(moment, || false),
    };
    match woken {
        Woken::End(end) => Err(end.into()),
        Woken::Interrupted => Ok(Some(INTR)),
        Woken::Done => {
            let mut event = [0; layout::EVENT as usize];
            if let Some(userdata) = event.first_chunk_mut() {
                *userdata = sleep.userdata;
            }
            memory.copy_from_slice(&event, GuestPtr::new((events.cast_unsigned(), layout::EVENT)))?;
            memory.write(GuestPtr::<u32>::new(ready.cast_unsigned()), 1)?;
            Ok(Some(0))
        }
    }
}

struct Sleep {
    userdata: [u8; 8],
    until: Until,
}

impl Sleep {
    fn read(
        memory: &GuestMemory<'_>,
        world: &World,
        subscription: i32,
        event: i32,
        count: i32,
        ready: i32,
    ) -> Option<Self> {
        let (subscription, event, ready) = (subscription.cast_unsigned(), event.cast_unsigned(), ready.cast_unsigned());
        let aligned = subscription % 8 == 0 && event % 8 == 0 && ready % 4 == 0;
        if count != 1 || !aligned {
            return None;
        }
        // Places for the answer are looked at before the sleep, so that a wrong one fails as it does in wasmtime-wasi.
        bytes::<4>(memory, ready)?;
        bytes::<1>(memory, event.checked_add(layout::EVENT - 1)?)?;
        bytes::<1>(memory, subscription.checked_add(layout::SUBSCRIPTION - 1)?)?;
        if bytes::<1>(memory, subscription + layout::TAG)? != [0] {
            return None;
        }
        let clock = u32::from_le_bytes(bytes(memory, subscription + layout::CLOCK)?);
        let timeout = Duration::from_nanos(u64::from_le_bytes(bytes(memory, subscription + layout::TIMEOUT)?));
        let flags = u16::from_le_bytes(bytes(memory, subscription + layout::FLAGS)?);
        if flags & !ABSOLUTE != 0 {
            return None;
        }
        let absolute = flags & ABSOLUTE != 0;
        let until = match (clock, absolute) {
            (0 | 1, false) => world.clock().after(timeout),
            (0, true) => world.clock().at_realtime(timeout),
            (1, true) => world.clock().at_monotonic(timeout),
            _ => return None,
        };
        Some(Self { userdata: bytes(memory, subscription)?, until })
    }
}

fn bytes<const N: usize>(memory: &GuestMemory<'_>, at: u32) -> Option<[u8; N]> {
    let length = u32::try_from(N).ok()?;
    memory.as_cow(GuestPtr::new((at, length))).ok()?.first_chunk().copied()
}
