//! One guest as the ABI sees it: what it holds, what is kept for it, where its messages lie. This file never knows what
//! is called.

use super::invocation::{Given, Reply};
use crate::abi::{GuestMemory, NOTHING};
use crate::error::HostError;
use crate::handle::{Exchange, GuestId};
use crate::host::Registry;
use crate::value::Value;
use crate::wire;

/// The longest name of an interface that is looked up.
const MAX_NAME: u32 = 4096;

/// Bytes in a page of a guest's memory.
const PAGE: u64 = 64 << 10;

/// What is known of a guest.
pub(super) struct Guest {
    pub(super) exchange: Exchange,
    /// The answer that did not fit, or the error record, until the guest takes it.
    kept: Option<Vec<u8>>,
    /// Kept between calls, so that replies are written without allocation.
    scratch: Vec<u8>,
    /// Where the guest has room for messages, and for how many bytes.
    room: Option<(u32, usize)>,
    /// The last message to the guest, kept for its room.
    sent: Vec<u8>,
    memory_bytes: u64,
    pub(super) memory_refused: bool,
}

/// A message to a guest.
pub(crate) enum Sent {
    /// So many bytes lie in the guest's room.
    Written(u64),
    /// The guest has yet to make room, or has to hear first of what the host no longer holds.
    Waiting(Vec<u8>),
}

impl Guest {
    pub(super) fn new(id: GuestId, memory_bytes: u64) -> Self {
        Self {
            exchange: Exchange::new(id),
            kept: None,
            scratch: Vec::new(),
            room: None,
            sent: Vec::new(),
            memory_bytes,
            memory_refused: false,
        }
    }

    /// The arguments of a call into the guest, in its room if it has one that is large enough.
    pub(super) fn send(&mut self, memory: &mut dyn GuestMemory, args: Vec<Value>) -> Result<Sent, HostError> {
        self.sent.clear();
        wire::encode_to(&Value::Tuple(args), &mut self.sent, &mut self.exchange)
            .map_err(|why| HostError::value_error(format!("the arguments cannot be sent: {why}")))?;
        let room = self.room.filter(|(_, length)| self.sent.len() <= *length && !self.exchange.has_released());
        if let Some((at, _)) = room
            && memory.write(at, &self.sent).is_ok()
        {
            return Ok(Sent::Written(self.sent.len() as u64));
        }
        Ok(Sent::Waiting(std::mem::take(&mut self.sent)))
    }

    /// The guest has made room, which stays where it is if it is small.
    pub(super) fn has_room(&mut self, at: u32, length: usize) {
        /// As `KEPT` in crates/python/c/enter.c.
        const KEPT: usize = 1 << 20;
        self.room = (length <= KEPT).then_some((at, length));
    }

    /// The answer to an invocation, written where the guest wants it.
    pub(super) fn finish(
        &mut self,
        memory: &mut dyn GuestMemory,
        reply: Reply,
        given: Result<Given, HostError>,
    ) -> i32 {
        let written = given.and_then(|given| match (given, reply) {
            (given, Reply::Slots { at, scalar: Some(scalar) }) => {
                // A checked value of a scalar type always has a slot.
                let slot = match given {
                    Given::Slot(slot) => slot,
                    Given::Value(value) => scalar.slot(&value).unwrap_or_default(),
                };
                write_slot(memory, at, slot).map(|()| 0)
            }
            (Given::Value(value), Reply::Message(room)) => {
                self.scratch.clear();
                let encoded = wire::encode_to(&value, &mut self.scratch, &mut self.exchange);
                encoded.map_err(|why| reply_error(&value, &why)).map(|()| self.answer(memory, room))
            }
            (_, Reply::Slots { scalar: None, .. }) | (Given::Slot(_), Reply::Message(_)) => Ok(0),
        });
        written.unwrap_or_else(|error| self.fail(&error))
    }

    pub(super) fn may_grow(&mut self, pages: u32) -> i32 {
        let fits = u64::from(pages) * PAGE <= self.memory_bytes;
        self.memory_refused |= !fits;
        i32::from(fits)
    }

    pub(super) fn interface_describe(
        &mut self,
        registry: &Registry,
        memory: &mut dyn GuestMemory,
        name: Room,
        out: Room,
    ) -> i32 {
        if name.1 > MAX_NAME {
            return NOTHING;
        }
        let Ok(name) = memory.copy(name.0, name.1) else {
            return self.fail(&HostError::bad_pointer("the interface's name", name.0, name.1));
        };
        let Ok(name) = str::from_utf8(&name) else {
            return NOTHING;
        };
        if !memory.contains(out.0, out.1) {
            return self.fail(&HostError::bad_pointer("the description's room", out.0, out.1));
        }
        let Some(description) = registry.describe(name) else {
            return NOTHING;
        };
        self.scratch = description;
        self.answer(memory, out)
    }

    /// The arguments of a call whose reply goes to `room`.
    pub(super) fn arguments(&self, memory: &dyn GuestMemory, sent: Room, room: Room) -> Result<Vec<Value>, HostError> {
        // The room is looked at before the call: a host function never runs for a guest that could not hear of it.
        if !memory.contains(room.0, room.1) {
            return Err(HostError::bad_pointer("the reply's room", room.0, room.1));
        }
        let args = message(memory, &self.exchange, sent, "the call's arguments")?;
        wire::tuple(args).map_err(|why| HostError::value_error(format!("the call's arguments cannot be read: {why}")))
    }

    pub(super) fn reply_take(&mut self, memory: &mut dyn GuestMemory, room: Room) -> i32 {
        let Some(kept) = &self.kept else {
            return NOTHING;
        };
        let length = length(kept);
        if u32::try_from(kept.len()).is_ok_and(|length| length > room.1) {
            return length;
        }
        if memory.write(room.0, kept).is_err() {
            return NOTHING;
        }
        self.kept = None;
        length
    }

    /// The answer in `scratch`: written where it fits, kept where it does not. The room is inside memory.
    fn answer(&mut self, memory: &mut dyn GuestMemory, room: Room) -> i32 {
        let length = length(&self.scratch);
        let fits = u32::try_from(self.scratch.len()).is_ok_and(|length| length <= room.1);
        if fits {
            if memory.write(room.0, &self.scratch).is_err() {
                return self.fail(&HostError::bad_pointer("the reply's room", room.0, room.1));
            }
            // A guest that left a reply behind does not get it for a later call.
            self.kept = None;
        } else {
            self.kept = Some(std::mem::take(&mut self.scratch));
        }
        // One huge reply must not hold its memory for the rest of the run.
        if self.scratch.capacity() > 1 << 20 {
            self.scratch = Vec::new();
        }
        length
    }

    /// Keeps the error's record and answers with its length, negative.
    pub(super) fn fail(&mut self, error: &HostError) -> i32 {
        let mut record = Vec::new();
        wire::encode_error(error, &mut record, Some(&mut self.exchange));
        let answer = -length(&record) - 1;
        self.kept = Some(record);
        answer
    }
}

/// A pointer and a length in the guest's memory.
#[derive(Clone, Copy)]
pub(super) struct Room(pub(super) u32, pub(super) u32);

/// The length of a message, which [`wire::MAX_MESSAGE`] keeps in range.
fn length(message: &[u8]) -> i32 {
    i32::try_from(message.len()).unwrap_or(i32::MAX - 1)
}

/// The value that a guest wrote down there; `what` it is, for the error.
pub(super) fn message(
    memory: &dyn GuestMemory,
    exchange: &Exchange,
    sent: Room,
    what: &str,
) -> Result<Value, HostError> {
    let bytes = memory.copy(sent.0, sent.1).map_err(|_| HostError::bad_pointer(what, sent.0, sent.1))?;
    let peer = wire::Peer { memory: Some(memory), exchange: Some(exchange) };
    wire::decode_from(&bytes, peer).map_err(|why| match why {
        wire::WireError::View { at, len } => HostError::bad_pointer("a view of bytes", at, len),
        why => HostError::value_error(format!("{what} cannot be read: {why}")),
    })
}

fn reply_error(value: &Value, why: &wire::WireError) -> HostError {
    HostError::host(format!("the reply {value} cannot be sent: {why}"))
}

/// Writes the result of a call with slots. They were read before; memory only ever grows.
pub(super) fn write_slot(memory: &mut dyn GuestMemory, at: u32, slot: u64) -> Result<(), HostError> {
    memory.write(at, &slot.to_le_bytes()).map_err(|_| HostError::bad_pointer("the call's slots", at, 8))
}
