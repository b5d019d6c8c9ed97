//! What each function of the import module does. This file never knows how a call comes in or an answer goes out of
//! the engine.
//!
//! A call is served in steps, because a host function may call back into the guest, and nothing may be borrowed then:
//! [`HostCalls::begin`] reads what the guest sent, [`Invocation::serve`] calls the host function and writes its answer.
//! What needs no host function is over with the first step.

use super::guest::{Guest, Room, Sent, message, write_slot};
use super::invocation::{Given, Invocation, Reply, What};
use crate::abi::{AbiCall, GuestMemory, MOVED, NOTHING};
use crate::error::HostError;
use crate::handle::{GuestId, Released};
use crate::host::{Answers, Cx, FlatCall, Nowhere, PythonHost, Registry};
use crate::types::{MAX_FLAT_PARAMS, low_half};
use crate::value::Value;
use std::sync::Arc;

/// Set in the length of a guest's answer that is an error record.
const FAILED: u64 = 1 << 63;

/// The host's side of the ABI for one run.
pub struct HostCalls {
    registry: Registry,
    guests: Vec<Guest>,
    /// The host modules in Python that run.
    pub(crate) python: Vec<PythonHost>,
    signal: i32,
    watched: bool,
    /// What SE2 plugins have answered.
    pub(crate) answers: Answers,
    /// Calls into guests that are under way, and how many there may be.
    depth: u32,
    call_depth: u32,
}

/// What the first step of a call came to.
pub enum Step {
    /// The guest gets this number.
    Done(i32),
    /// A host function is to be called.
    Invoke(Invocation),
}

impl HostCalls {
    /// Serves the functions of this registry to the program's guest, whose memory may have so many bytes. Calls into
    /// guests nest `call_depth` deep at most.
    #[must_use]
    pub fn new(registry: Registry, memory_bytes: u64, call_depth: u32) -> Self {
        let mut calls = Self {
            registry,
            guests: Vec::new(),
            python: Vec::new(),
            signal: 0,
            watched: false,
            answers: Answers::default(),
            depth: 0,
            call_depth,
        };
        calls.add_guest(memory_bytes);
        calls
    }

    /// One guest more, whose memory may have so many bytes.
    pub fn add_guest(&mut self, memory_bytes: u64) -> GuestId {
        let id = GuestId(u32::try_from(self.guests.len()).unwrap_or(u32::MAX));
        self.guests.push(Guest::new(id, memory_bytes));
        id
    }

    /// Whether a guest asked for more memory than it may have.
    #[must_use]
    pub fn memory_refused(&self, guest: GuestId) -> bool {
        self.guests.get(guest.0 as usize).is_some_and(|guest| guest.memory_refused)
    }

    /// How many things of others a guest holds.
    #[must_use]
    pub fn held_by(&self, guest: GuestId) -> usize {
        self.guests.get(guest.0 as usize).map_or(0, |guest| guest.exchange.count())
    }

    /// Tells each call in words from now on, through [`Crossing::tell`].
    pub fn watch(&mut self) {
        self.watched = true;
    }

    /// The functions served.
    #[must_use]
    pub fn registry(&self) -> &Registry {
        &self.registry
    }

    /// The functions served, to be replaced or added to.
    pub fn registry_mut(&mut self) -> &mut Registry {
        &mut self.registry
    }

    /// Has the next `interrupt` call answer with this signal (2 for Ctrl-C).
    ///
    /// A habitat whose interrupts come from another thread looks at its flag when `interrupt` is called, and raises
    /// then: the flag is its own, an atomic here, shared memory there.
    pub fn raise(&mut self, signal: i32) {
        self.signal = signal;
    }

    /// Begins a call of a guest; `args` are the call's own, all `i32`, and missing ones are 0.
    ///
    /// Nothing here traps and nothing blocks. What is to be invoked goes to [`Invocation::serve`].
    pub fn begin(&mut self, guest: GuestId, memory: &mut dyn GuestMemory, call: AbiCall, args: &[i32]) -> Step {
        let arg = |at: usize| args.get(at).copied().unwrap_or(0).cast_unsigned();
        let (registry, watched) = (&self.registry, self.watched);
        let Some(state) = self.guests.get_mut(guest.0 as usize) else { return Step::Done(NOTHING) };
        let room = |at: usize| Room(arg(at), arg(at + 1));
        Step::Done(match call {
            AbiCall::InterfaceDescribe => state.interface_describe(registry, memory, room(0), room(2)),
            AbiCall::Call | AbiCall::HandleCall => {
                let called = state.arguments(memory, room(1), room(3)).and_then(|args| match call {
                    AbiCall::Call => {
                        let (module, at) = registry.function(arg(0))?;
                        Ok(What::Function { module: module.clone(), at, args })
                    }
                    _ => {
                        let held = state.exchange.held(arg(0)).cloned();
                        let gone = || HostError::value_error("what is called is not held any more");
                        Ok(What::Handle { handle: held.ok_or_else(gone)?, args })
                    }
                });
                match called {
                    Ok(what) => return Step::Invoke(Invocation::new(guest, what, Reply::Message(room(3)))),
                    // What it was given is read all the same, and so let go of.
                    Err(_) if call == AbiCall::Call && registry.has_moved(arg(0)) => MOVED,
                    Err(error) => state.fail(&error),
                }
            }
            AbiCall::CallFlat => match call_flat(registry, memory, arg(0), arg(1), watched) {
                Ok(Flat::Done) => 0,
                Ok(Flat::Invoke(what, reply)) => return Step::Invoke(Invocation::new(guest, what, reply)),
                Err(_) if registry.has_moved(arg(0)) => MOVED,
                Err(error) => state.fail(&error),
            },
            AbiCall::HandleDrop => i32::from(state.exchange.drop(arg(0))),
            AbiCall::ReplyTake => state.reply_take(memory, room(0)),
            AbiCall::Interrupt => std::mem::take(&mut self.signal),
            AbiCall::MayGrow => state.may_grow(arg(0)),
        })
    }

    /// The answer to an invocation, written where the guest wants it.
    pub(super) fn finish(
        &mut self,
        guest: GuestId,
        memory: &mut dyn GuestMemory,
        reply: Reply,
        given: Result<Given, HostError>,
    ) -> i32 {
        let Some(guest) = self.guests.get_mut(guest.0 as usize) else { return NOTHING };
        guest.finish(memory, reply, given)
    }

    /// A call into a guest begins.
    ///
    /// # Errors
    /// `RecursionError`: too many are under way.
    pub(crate) fn deeper(&mut self) -> Result<(), HostError> {
        if self.depth >= self.call_depth {
            let message = format!("calls between guest and host nest more than {} deep", self.call_depth);
            return Err(HostError::new("RecursionError", message));
        }
        self.depth += 1;
        Ok(())
    }

    /// A call into a guest is over.
    pub(crate) fn shallower(&mut self) {
        self.depth = self.depth.saturating_sub(1);
    }

    /// The message for a call into a guest, whose depth is counted from now on.
    pub(crate) fn going_in(
        &mut self,
        guest: GuestId,
        memory: &mut dyn GuestMemory,
        args: Vec<Value>,
    ) -> Result<Sent, HostError> {
        self.deeper()?;
        let sent = self.guest(guest).and_then(|guest| guest.send(memory, args));
        if sent.is_err() {
            self.shallower();
        }
        sent
    }

    /// A guest has made room for messages of so many bytes.
    pub(crate) fn has_room(&mut self, guest: GuestId, at: u32, length: usize) {
        if let Ok(guest) = self.guest(guest) {
            guest.has_room(at, length);
        }
    }

    /// What a call into a guest came to; `answer` is what the guest's export gave.
    pub(crate) fn coming_out(
        &mut self,
        guest: GuestId,
        memory: &mut dyn GuestMemory,
        answer: Result<u64, HostError>,
    ) -> Result<Value, HostError> {
        self.shallower();
        let answer = answer?;
        let sent = Room(low_half(answer), low_half((answer & !FAILED) >> 32));
        let exchange = &self.guest(guest)?.exchange;
        let value = message(memory, exchange, sent, "the guest's answer")?;
        if answer & FAILED == 0 {
            return Ok(value);
        }
        Err(HostError::from_record(value))
    }

    /// The objects of a guest that the host no longer holds.
    pub(crate) fn released(&mut self, guest: GuestId) -> Vec<u32> {
        self.guest(guest).map_or_else(|_| Vec::new(), |guest| guest.exchange.released())
    }

    /// Whether an object that tells this when it is dropped is of that guest, and not of another run's.
    pub(crate) fn is_of(&self, guest: GuestId, released: &Arc<Released>) -> bool {
        self.guests.get(guest.0 as usize).is_some_and(|guest| guest.exchange.is(released))
    }

    /// Whether a guest holds nothing, and nobody holds anything of it: it could begin anew, and nobody would know.
    #[must_use]
    pub fn is_idle(&self, guest: GuestId) -> bool {
        self.guests.get(guest.0 as usize).is_some_and(|guest| guest.exchange.is_idle())
    }

    fn guest(&mut self, guest: GuestId) -> Result<&mut Guest, HostError> {
        self.guests.get_mut(guest.0 as usize).ok_or_else(|| HostError::host(format!("there is no guest {}", guest.0)))
    }
}

/// What the first step of a call with slots came to.
enum Flat {
    Done,
    Invoke(What, Reply),
}

/// Calls a function with the slots at that address; what only looks at its slots is over with this. What needs a context
/// is invoked, and so are all that are told.
fn call_flat(
    registry: &Registry,
    memory: &mut dyn GuestMemory,
    function: u32,
    at: u32,
    watched: bool,
) -> Result<Flat, HostError> {
    let (module, place) = registry.function(function)?;
    let Some(flat) = module.flat(place) else {
        return match module.call_flat(place, &mut Cx::new(&mut Nowhere), &mut []) {
            FlatCall::Done(done) => done.map(|()| Flat::Done),
            FlatCall::Values(_) => Ok(Flat::Done),
        };
    };
    let (count, scalar) = (flat.slots(), flat.result);
    let (mut bytes, mut slots) = ([0; MAX_FLAT_PARAMS * 8], [0; MAX_FLAT_PARAMS]);
    let length = u32::try_from(count * 8).unwrap_or(u32::MAX);
    memory
        .read(at, bytes.get_mut(..count * 8).unwrap_or_default())
        .map_err(|_| HostError::bad_pointer("the call's slots", at, length))?;
    for (slot, bytes) in slots.iter_mut().zip(bytes.as_chunks().0) {
        *slot = u64::from_le_bytes(*bytes);
    }
    let reply = Reply::Slots { at, scalar };
    if !watched && !module.needs_cx(place) {
        match module.call_flat(place, &mut Cx::new(&mut Nowhere), slots.get_mut(..count).unwrap_or_default()) {
            FlatCall::Done(done) => {
                done?;
                if scalar.is_some() {
                    write_slot(memory, at, slots[0])?;
                }
                return Ok(Flat::Done);
            }
            FlatCall::Values(args) => {
                return Ok(Flat::Invoke(What::Function { module: module.clone(), at: place, args }, reply));
            }
        }
    }
    Ok(Flat::Invoke(What::Slots { module: module.clone(), at: place, slots, count }, reply))
}
