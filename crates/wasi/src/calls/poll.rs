//! `poll_oneoff`: waiting for clocks and descriptors. Owns what is ready and until when to wait; must never wait.

use crate::context::{Context, Pending};
use crate::descriptor::Descriptor;
use crate::errno::{Errno, Result};
use crate::flow::{Halt, Wait};
use crate::memory::{Memory, MemoryExt, offset};
use crate::platform::Platform;
use crate::table::Call;
use crate::types::{Clock, EventRwFlags, EventType, Fd, SubclockFlags};

const SUBSCRIPTION: usize = 48;
const EVENT: usize = 32;
/// Subscriptions of one call at most: far more than descriptors may be open.
const MOST: u32 = 1 << 16;

#[derive(Debug, Clone, Copy)]
struct Subscription {
    userdata: u64,
    what: What,
}

#[derive(Debug, Clone, Copy)]
enum What {
    Clock { id: Clock, timeout: u64, absolute: bool },
    Read(Fd),
    Write(Fd),
}

/// Where one subscription stands.
enum State {
    Ready(EventRwFlags),
    /// Not before this moment of the monotonic clock.
    Until(u64),
    Stdin,
}

impl<P: Platform> Context<P> {
    /// Writes an event for each subscription that is ready, in their order, as soon as there is one.
    ///
    /// # Errors
    /// `INVAL`: no subscription, an unknown kind or flag, or a processor clock. `BADF`: a descriptor that cannot be
    /// read or written. `PERM`: writing under a read-only preopen. `FAULT`: a range outside memory. `INTR`: the wait
    /// was interrupted. `NOMEM`: too many subscriptions.
    pub(crate) fn poll_oneoff<M: Memory + ?Sized>(
        &mut self,
        memory: &mut M,
        subscriptions: u32,
        events: u32,
        count: u32,
        ready: u32,
    ) -> Result<(), Halt> {
        if count == 0 {
            return Err(Errno::Inval.into());
        }
        memory.check(subscriptions, u64::from(count) * SUBSCRIPTION as u64)?;
        memory.check(ready, 4)?;
        if count > MOST {
            return Err(Errno::Nomem.into());
        }
        let since = self.wait_since(Call::PollOneoff)?;
        let now = self.platform.monotonic_ns();
        // Kept apart until all is known: events may go where subscriptions lie.
        let mut found = std::mem::take(&mut self.scratch.bytes);
        found.clear();
        let outcome = self.look(memory, subscriptions, count, since, now, &mut found);
        let written = match outcome {
            Ok(None) => memory.write(events, &found).map_err(Halt::from),
            Ok(Some(wait)) => Err(Halt::Wait(wait)),
            Err(errno) => Err(errno.into()),
        };
        let number = found.len() / EVENT;
        self.scratch.bytes = found;
        written?;
        Ok(memory.write_u32(ready, u32::try_from(number).map_err(|_| Errno::Overflow)?)?)
    }

    /// Puts the events of what is ready into `found`; if nothing is, says what to wait for.
    fn look<M: Memory + ?Sized>(
        &self,
        memory: &M,
        subscriptions: u32,
        count: u32,
        since: Pending,
        now: u64,
        found: &mut Vec<u8>,
    ) -> Result<Option<Wait>> {
        let mut stdin = false;
        let mut earliest = None;
        for index in 0..u64::from(count) {
            let mut bytes = [0; SUBSCRIPTION];
            memory.read(offset(subscriptions, index * SUBSCRIPTION as u64)?, &mut bytes)?;
            let subscription = Subscription::decode(&bytes)?;
            match self.state(subscription.what, since, now)? {
                State::Ready(flags) => found.extend_from_slice(&subscription.event(flags)),
                State::Until(moment) => earliest = Some(earliest.map_or(moment, |before: u64| before.min(moment))),
                State::Stdin => stdin = true,
            }
        }
        if !found.is_empty() {
            return Ok(None);
        }
        Ok(Some(match (stdin, earliest) {
            (true, Some(monotonic_ns)) => Wait::StdinUntil { monotonic_ns },
            (false, Some(monotonic_ns)) => Wait::Until { monotonic_ns },
            (_, None) => Wait::Stdin,
        }))
    }

    fn state(&self, what: What, since: Pending, now: u64) -> Result<State> {
        let ready = Ok(State::Ready(EventRwFlags::empty()));
        match what {
            What::Clock { id, timeout, absolute } => {
                let moment = match (id, absolute) {
                    (Clock::Monotonic, true) => timeout,
                    (Clock::Monotonic | Clock::Realtime, false) => since.monotonic_ns.saturating_add(timeout),
                    (Clock::Realtime, true) => {
                        since.monotonic_ns.saturating_add(timeout.saturating_sub(since.realtime_ns))
                    }
                    (Clock::ProcessCpu | Clock::ThreadCpu, _) => return Err(Errno::Inval),
                };
                if moment <= now { ready } else { Ok(State::Until(moment)) }
            }
            What::Read(fd) => match self.descriptors.get(fd)? {
                Descriptor::Stdin if self.platform.stdin_ready() => ready,
                Descriptor::Stdin => Ok(State::Stdin),
                Descriptor::File(file) if self.tree.file(file.inode)?.len() <= file.offset => {
                    Ok(State::Ready(EventRwFlags::HANGUP))
                }
                Descriptor::File(_) => ready,
                Descriptor::Output(_) | Descriptor::Directory(_) => Err(Errno::Badf),
            },
            What::Write(fd) => match self.descriptors.get(fd)? {
                Descriptor::Output(_) => ready,
                Descriptor::File(file) => file.access.check_write().and(ready),
                Descriptor::Stdin | Descriptor::Directory(_) => Err(Errno::Badf),
            },
        }
    }
}

impl Subscription {
    /// # Errors
    /// `INVAL`: an unknown kind, clock or flag.
    fn decode(bytes: &[u8; SUBSCRIPTION]) -> Result<Self> {
        let word = |index: usize| bytes.as_chunks::<8>().0.get(index).map_or(0, |word| u64::from_le_bytes(*word));
        let half = |index: usize| bytes.as_chunks::<4>().0.get(index).map_or(0, |half| u32::from_le_bytes(*half));
        let tag = u32::from(half(2).to_le_bytes()[0]);
        let what = match EventType::from_raw(tag).ok_or(Errno::Inval)? {
            EventType::Clock => {
                let [low, high, ..] = half(10).to_le_bytes();
                let flags = SubclockFlags::from_bits(u16::from_le_bytes([low, high])).ok_or(Errno::Inval)?;
                What::Clock {
                    id: Clock::from_raw(half(4)).ok_or(Errno::Inval)?,
                    timeout: word(3),
                    absolute: flags.contains(SubclockFlags::ABSTIME),
                }
            }
            EventType::FdRead => What::Read(Fd(half(4))),
            EventType::FdWrite => What::Write(Fd(half(4))),
        };
        Ok(Self { userdata: word(0), what })
    }

    /// The event that it is ready. wasmtime says 1 byte of every descriptor, and so do we.
    fn event(self, flags: EventRwFlags) -> [u8; EVENT] {
        let (event_type, nbytes) = match self.what {
            What::Clock { .. } => (EventType::Clock, 0_u64),
            What::Read(_) => (EventType::FdRead, 1),
            What::Write(_) => (EventType::FdWrite, 1),
        };
        let mut event = [0; EVENT];
        let second = [0, 0, event_type as u8, 0, 0, 0, 0, 0];
        let last = u64::from(flags.bits()).to_le_bytes();
        let words = [self.userdata.to_le_bytes(), second, nbytes.to_le_bytes(), last];
        for (place, word) in event.as_chunks_mut::<8>().0.iter_mut().zip(words) {
            *place = word;
        }
        event
    }
}

#[cfg(test)]
mod tests {
    use crate::support::{Guest, MONOTONIC, REALTIME, with_library};
    use crate::{Call, Content, Errno, Flow, SliceMemory, Wait};

    fn guest(subscriptions: &[[u8; 48]]) -> Guest {
        let mut config = with_library();
        assert_eq!(config.tree.insert_file("work/file", Content::from("12345")), Ok(()));
        assert_eq!(config.tree.insert_file("lib/module", Content::from("")), Ok(()));
        let mut guest = Guest::new(config, 4096);
        assert_eq!(guest.open("file", 0, Guest::READ), Ok(5));
        assert_eq!(guest.open_at(4, "module", 0, Guest::READ), Ok(6));
        guest.put(0, &subscriptions.concat());
        guest
    }

    fn clock(userdata: u64, id: u32, timeout: u64, flags: u16) -> [u8; 48] {
        let mut bytes = [0; 48];
        bytes[..8].copy_from_slice(&userdata.to_le_bytes());
        bytes[16..20].copy_from_slice(&id.to_le_bytes());
        bytes[24..32].copy_from_slice(&timeout.to_le_bytes());
        bytes[40..42].copy_from_slice(&flags.to_le_bytes());
        bytes
    }

    fn descriptor(userdata: u64, tag: u8, fd: u32) -> [u8; 48] {
        let mut bytes = [0; 48];
        bytes[..8].copy_from_slice(&userdata.to_le_bytes());
        bytes[8] = tag;
        bytes[16..20].copy_from_slice(&fd.to_le_bytes());
        bytes
    }

    fn event(userdata: u64, tag: u8, nbytes: u64, flags: u64) -> [u8; 32] {
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&userdata.to_le_bytes());
        bytes[10] = tag;
        bytes[16..24].copy_from_slice(&nbytes.to_le_bytes());
        bytes[24..].copy_from_slice(&flags.to_le_bytes());
        bytes
    }

    #[test]
    fn waits_name_the_earliest_moment() {
        let until = |monotonic_ns| Flow::Wait(Wait::Until { monotonic_ns });
        for (name, subscriptions, expected) in [
            ("relative", vec![clock(1, 1, 50, 0)], until(MONOTONIC + 50)),
            ("relative, time of day", vec![clock(1, 0, 50, 0)], until(MONOTONIC + 50)),
            ("absolute", vec![clock(1, 1, MONOTONIC + 7, 1)], until(MONOTONIC + 7)),
            ("absolute, time of day", vec![clock(1, 0, REALTIME + 9, 1)], until(MONOTONIC + 9)),
            ("for ever", vec![clock(1, 1, u64::MAX, 0)], until(u64::MAX)),
            ("earliest of several", vec![clock(1, 1, 50, 0), clock(2, 0, 20, 0)], until(MONOTONIC + 20)),
            ("input", vec![descriptor(1, 1, 0)], Flow::Wait(Wait::Stdin)),
            (
                "input or a time",
                vec![descriptor(1, 1, 0), clock(2, 1, 5, 0)],
                Flow::Wait(Wait::StdinUntil { monotonic_ns: MONOTONIC + 5 }),
            ),
        ] {
            let mut guest = guest(&subscriptions);
            let args = [0, 1024, subscriptions.len() as u64, 2048];
            assert_eq!(guest.dispatch(Call::PollOneoff, &args), expected, "{name}");
            // A relative timeout counts from the first dispatch.
            guest.context.platform_mut().pass(3);
            assert_eq!(guest.dispatch(Call::PollOneoff, &args), expected, "{name}, again");
            guest.context.interrupt();
            guest.check(name, Call::PollOneoff, &args, Errno::Intr);
        }
    }

    #[test]
    fn events_tell_what_is_ready() {
        for (name, subscriptions, events) in [
            ("time is up", vec![clock(7, 1, 10, 0)], vec![event(7, 0, 0, 0)]),
            ("in the past", vec![clock(7, 0, 5, 1)], vec![event(7, 0, 0, 0)]),
            ("one of two", vec![clock(1, 1, 11, 0), clock(2, 1, 10, 0)], vec![event(2, 0, 0, 0)]),
            ("output", vec![descriptor(3, 2, 1), clock(1, 1, 99, 0)], vec![event(3, 2, 1, 0)]),
            ("file", vec![descriptor(3, 1, 5), descriptor(4, 2, 5)], vec![event(3, 1, 1, 0), event(4, 2, 1, 0)]),
            ("file at its end", vec![descriptor(3, 1, 6)], vec![event(3, 1, 1, 1)]),
        ] {
            let mut guest = guest(&subscriptions);
            let args = [0, 1024, subscriptions.len() as u64, 2048];
            let first = guest.dispatch(Call::PollOneoff, &args);
            if matches!(first, Flow::Wait(_)) {
                guest.context.platform_mut().pass(10);
                guest.check(name, Call::PollOneoff, &args, Errno::Success);
            } else {
                assert_eq!(first, Flow::Done(Errno::Success), "{name}");
            }
            guest.memory.expect(name, 1024, &events.concat());
            guest.memory.expect(name, 2048, &(events.len() as u64).to_le_bytes()[..4]);
        }
        let mut guest = guest(&[descriptor(9, 1, 0)]);
        assert_eq!(guest.dispatch(Call::PollOneoff, &[0, 0, 1, 2048]), Flow::Wait(Wait::Stdin));
        guest.context.platform_mut().end_input();
        guest.check("over the subscription itself", Call::PollOneoff, &[0, 0, 1, 2048], Errno::Success);
        guest.memory.expect("over the subscription itself", 0, &event(9, 1, 1, 0));
    }

    #[test]
    fn one_wrong_subscription_spoils_all() {
        let good = clock(1, 1, 0, 0);
        for (name, wrong, expected) in [
            ("kind", descriptor(1, 3, 0), Errno::Inval),
            ("clock", clock(1, 4, 0, 0), Errno::Inval),
            ("processor clock", clock(1, 2, 0, 0), Errno::Inval),
            ("flag", clock(1, 1, 0, 2), Errno::Inval),
            ("read from output", descriptor(1, 1, 1), Errno::Badf),
            ("write to input", descriptor(1, 2, 0), Errno::Badf),
            ("directory", descriptor(1, 1, 3), Errno::Badf),
            ("closed", descriptor(1, 1, 99), Errno::Badf),
            ("write to read-only", descriptor(1, 2, 6), Errno::Perm),
        ] {
            let mut guest = guest(&[good, wrong]);
            guest.put(1024, &[0xAA; 64]);
            guest.check(name, Call::PollOneoff, &[0, 1024, 2, 2048], expected);
            guest.memory.expect(name, 1024, &[0xAA; 64]);
        }
        let mut guest = guest(&[good]);
        for (name, args, expected) in [
            ("none", [0, 1024, 0, 2048], Errno::Inval),
            ("subscriptions outside", [4080, 1024, 1, 2048], Errno::Fault),
            ("count overflows", [0, 1024, u64::from(u32::MAX), 2048], Errno::Fault),
            ("events outside", [0, 4072, 1, 2048], Errno::Fault),
            ("result outside", [0, 1024, 1, 4096], Errno::Fault),
        ] {
            guest.check(name, Call::PollOneoff, &args, expected);
        }
        let mut large = vec![0; 4 << 20];
        let too_many = [0, 0, u64::from(super::MOST) + 1, 8];
        let answer = guest.context.dispatch(&mut SliceMemory::new(&mut large), Call::PollOneoff, &too_many);
        assert_eq!(answer, Flow::Done(Errno::Nomem));
    }
}
