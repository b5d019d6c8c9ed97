//! What each function of the import module does. This file never knows how a call comes in or an answer goes out of
//! the engine.

use crate::abi::{AbiCall, GuestMemory, NOTHING, SeenCall};
use crate::error::HostError;
use crate::host::{HostFunction, Registry};
use crate::types::MAX_FLAT_PARAMS;
use crate::value::Value;
use crate::wire;

/// The longest name of an interface that is looked up.
const MAX_NAME: u32 = 4096;

/// Bytes in a page of a guest's memory.
const PAGE: u64 = 64 << 10;

/// The host's side of the ABI for one run.
pub struct HostCalls<F: HostFunction + ?Sized> {
    registry: Registry<F>,
    /// The answer that did not fit, or the error record, until the guest takes it.
    kept: Option<Vec<u8>>,
    /// Kept between calls, so that replies are written without allocation.
    scratch: Vec<u8>,
    signal: i32,
    memory_bytes: u64,
    memory_refused: bool,
    watched: bool,
    /// The last call, where calls are watched.
    seen: Option<SeenCall>,
}

impl<F: HostFunction + ?Sized> HostCalls<F> {
    /// Serves the functions of this registry to a guest whose memory may have so many bytes.
    #[must_use]
    pub fn new(registry: Registry<F>, memory_bytes: u64) -> Self {
        Self {
            registry,
            kept: None,
            scratch: Vec::new(),
            signal: 0,
            memory_bytes,
            memory_refused: false,
            watched: false,
            seen: None,
        }
    }

    /// Whether the guest asked for more memory than it may have.
    #[must_use]
    pub fn memory_refused(&self) -> bool {
        self.memory_refused
    }

    /// Keeps each call in words from now on, for [`take_seen`](Self::take_seen).
    pub fn watch(&mut self) {
        self.watched = true;
    }

    /// The call that was just served, if it was one of a host function and calls are watched.
    pub fn take_seen(&mut self) -> Option<SeenCall> {
        self.seen.take()
    }

    /// The functions served.
    #[must_use]
    pub fn registry(&self) -> &Registry<F> {
        &self.registry
    }

    /// The functions served, to be replaced or added to.
    pub fn registry_mut(&mut self) -> &mut Registry<F> {
        &mut self.registry
    }

    /// Has the guest's next `interrupt` call answer with this signal (2 for Ctrl-C).
    ///
    /// A habitat whose interrupts come from another thread looks at its flag when `interrupt` is called, and raises
    /// then: the flag is its own, an atomic here, shared memory there.
    pub fn raise(&mut self, signal: i32) {
        self.signal = signal;
    }

    /// Serves one call; `args` are the call's own, all `i32`, and missing ones are 0.
    ///
    /// Nothing here traps and nothing blocks but the host function itself.
    pub fn dispatch<M: GuestMemory>(&mut self, memory: &mut M, call: AbiCall, args: &[i32]) -> i32 {
        let arg = |at: usize| args.get(at).copied().unwrap_or(0).cast_unsigned();
        match call {
            AbiCall::InterfaceDescribe => {
                let name = Room(arg(0), arg(1));
                self.interface_describe(memory, name, Room(arg(2), arg(3)))
            }
            AbiCall::Call => {
                let sent = Room(arg(1), arg(2));
                self.call(memory, arg(0), sent, Room(arg(3), arg(4)))
            }
            AbiCall::CallFlat => self.call_flat(memory, arg(0), arg(1)),
            AbiCall::ReplyTake => self.reply_take(memory, Room(arg(0), arg(1))),
            AbiCall::Interrupt => std::mem::take(&mut self.signal),
            AbiCall::MayGrow => self.may_grow(arg(0)),
        }
    }

    fn may_grow(&mut self, pages: u32) -> i32 {
        let fits = u64::from(pages) * PAGE <= self.memory_bytes;
        self.memory_refused |= !fits;
        i32::from(fits)
    }

    fn interface_describe<M: GuestMemory>(&mut self, memory: &mut M, name: Room, out: Room) -> i32 {
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
        let Some(description) = self.registry.describe(name) else {
            return NOTHING;
        };
        self.scratch.clear();
        self.scratch.extend_from_slice(description);
        self.answer(memory, out)
    }

    fn call<M: GuestMemory>(&mut self, memory: &mut M, function: u32, sent: Room, room: Room) -> i32 {
        // The room is looked at before the call: a host function never runs for a guest that could not hear of it.
        if !memory.contains(room.0, room.1) {
            return self.fail(&HostError::bad_pointer("the reply's room", room.0, room.1));
        }
        let reply = arguments(memory, sent).and_then(|args| {
            let seen = self.watched.then(|| SeenCall::begin(self.registry.function(function), args.iter()));
            let reply = self.registry.call(function, args);
            self.seen = seen.map(|seen| seen.end(reply.as_ref()));
            reply
        });
        let written = reply.and_then(|value| {
            self.scratch.clear();
            wire::encode(&value, &mut self.scratch).map_err(|why| reply_error(&value, &why))
        });
        match written {
            Ok(()) => self.answer(memory, room),
            Err(error) => self.fail(&error),
        }
    }

    fn call_flat<M: GuestMemory>(&mut self, memory: &mut M, function: u32, at: u32) -> i32 {
        let Some(flat) = self.registry.flat(function) else {
            // The registry knows the words for it.
            let error = self.registry.call_flat(function, &mut []);
            return match error {
                Ok(()) => 0,
                Err(error) => self.fail(&error),
            };
        };
        let (count, result) = (flat.slots(), flat.result.is_some());
        let mut bytes = [0; MAX_FLAT_PARAMS * 8];
        let mut slots = [0; MAX_FLAT_PARAMS];
        let used = bytes.get_mut(..count * 8).unwrap_or_default();
        if memory.read(at, used).is_err() {
            let len = u32::try_from(count * 8).unwrap_or(u32::MAX);
            return self.fail(&HostError::bad_pointer("the call's slots", at, len));
        }
        for (slot, bytes) in slots.iter_mut().zip(bytes.as_chunks().0) {
            *slot = u64::from_le_bytes(*bytes);
        }
        let slots = slots.get_mut(..count).unwrap_or_default();
        if let Err(error) = self.call_typed(function, slots) {
            return self.fail(&error);
        }
        match slots.first() {
            // The bytes were just read; memory only ever grows.
            Some(slot) if result && memory.write(at, &slot.to_le_bytes()).is_err() => {
                self.fail(&HostError::bad_pointer("the call's slots", at, 8))
            }
            _ => 0,
        }
    }

    /// Calls a function with slots, as a guest does that imports it with its core types.
    ///
    /// # Errors
    /// As [`Registry::call_flat`].
    pub fn call_typed(&mut self, function: u32, slots: &mut [u64]) -> Result<(), HostError> {
        let seen = self.watched.then(|| self.see_flat(function, slots));
        let called = self.registry.call_flat(function, slots);
        self.seen = seen.map(|seen| {
            let value = self.registry.flat(function).and_then(|flat| flat.result).zip(slots.first());
            let value = value.map_or(Value::None, |(scalar, slot)| scalar.value(*slot));
            seen.end(called.as_ref().map(|()| &value))
        });
        called
    }

    /// A call with slots, in words.
    fn see_flat(&self, function: u32, slots: &[u64]) -> SeenCall {
        let scalars = self.registry.flat(function).map_or(&[][..], |flat| &flat.params);
        let values: Vec<Value> = scalars.iter().zip(slots).map(|(scalar, slot)| scalar.value(*slot)).collect();
        SeenCall::begin(self.registry.function(function), values.iter())
    }

    fn reply_take<M: GuestMemory>(&mut self, memory: &mut M, room: Room) -> i32 {
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
    fn answer<M: GuestMemory>(&mut self, memory: &mut M, room: Room) -> i32 {
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
    fn fail(&mut self, error: &HostError) -> i32 {
        let mut record = Vec::new();
        wire::encode_error(error, &mut record);
        let answer = -length(&record) - 1;
        self.kept = Some(record);
        answer
    }
}

/// A pointer and a length in the guest's memory.
#[derive(Clone, Copy)]
struct Room(u32, u32);

/// The length of a message, which [`wire::MAX_MESSAGE`] keeps in range.
fn length(message: &[u8]) -> i32 {
    i32::try_from(message.len()).unwrap_or(i32::MAX - 1)
}

fn arguments<M: GuestMemory>(memory: &M, sent: Room) -> Result<Vec<Value>, HostError> {
    let bad_pointer = || HostError::bad_pointer("the call's arguments", sent.0, sent.1);
    let bytes = memory.copy(sent.0, sent.1).map_err(|_| bad_pointer())?;
    wire::decode_tuple(&bytes, Some(memory)).map_err(|why| match why {
        wire::WireError::View { at, len } => HostError::bad_pointer("a view of bytes", at, len),
        why => HostError::value_error(format!("the arguments cannot be read: {why}")),
    })
}

fn reply_error(value: &Value, why: &wire::WireError) -> HostError {
    HostError::host(format!("the reply {value} cannot be sent: {why}"))
}
