//! A host function being called for a guest: from its arguments to the answer in the guest's memory. Nothing is borrowed
//! while it runs. This file never knows how messages are read.

use std::sync::Arc;

use super::guest::Room;
use crate::abi::{NOTHING, SeenCall};
use crate::error::HostError;
use crate::handle::{GuestId, Handle};
use crate::host::{Crossing, Cx, HostModule, raised};
use crate::types::{MAX_FLAT_PARAMS, Scalar};
use crate::value::Value;

/// A host function about to be called.
pub struct Invocation {
    guest: GuestId,
    what: What,
    reply: Reply,
}

pub(super) enum What {
    Function { module: Arc<HostModule>, at: usize, args: Vec<Value> },
    Slots { module: Arc<HostModule>, at: usize, slots: [u64; MAX_FLAT_PARAMS], count: usize },
    Handle { handle: Handle, args: Vec<Value> },
}

/// Where a reply goes.
#[derive(Clone, Copy)]
pub(super) enum Reply {
    Message(Room),
    /// The slots of the call, the first of which gets the result if there is one.
    Slots {
        at: u32,
        scalar: Option<Scalar>,
    },
}

/// What a host function gave.
pub(super) enum Given {
    Value(Value),
    Slot(u64),
}

impl Invocation {
    pub(super) fn new(guest: GuestId, what: What, reply: Reply) -> Self {
        Self { guest, what, reply }
    }

    /// Calls the host function, writes its answer and gives what the guest gets.
    pub fn serve(self, crossing: &mut dyn Crossing) -> i32 {
        match self.begin(crossing, &mut || false) {
            Served::Answered(answer) => answer,
            // Nobody said that it is open.
            Served::Open(_) => NOTHING,
        }
    }

    /// The same where a host function may return before it has its result. Once it has returned, `is_open` is asked
    /// whether that is so; what it returned is dropped then, and [`Open::finish`] gives the guest what came of it.
    pub fn begin(self, crossing: &mut dyn Crossing, is_open: &mut dyn FnMut() -> bool) -> Served {
        let Self { guest, what, reply } = self;
        let seen = crossing.watch().map(|begin_ns| (begin_ns, what.seen()));
        let (scalar, declared) = (what.scalar(), what.declared());
        let given = what.run(&mut Cx::new(crossing));
        let open = Open { guest, reply, declared, scalar, seen };
        if is_open() { Served::Open(open) } else { Served::Answered(open.answer(crossing, given)) }
    }
}

/// What became of a host function that was called.
pub enum Served {
    /// Its answer is written; the guest gets this number.
    Answered(i32),
    /// It has returned, and has no result yet.
    Open(Open),
}

/// A host function that was called for a guest and has not answered. The guest waits.
pub struct Open {
    guest: GuestId,
    reply: Reply,
    /// Where it is declared; not for callables.
    declared: Option<(Arc<HostModule>, usize)>,
    scalar: Option<Scalar>,
    seen: Option<(u64, SeenCall)>,
}

impl Open {
    /// Writes what came of the call, and gives what the guest gets.
    pub fn finish(self, crossing: &mut dyn Crossing, given: Result<Value, HostError>) -> i32 {
        let given = given.and_then(|value| match &self.declared {
            Some((module, at)) => module.checked(*at, value),
            None => Ok(value),
        });
        self.answer(crossing, given.map(Given::Value))
    }

    fn answer(self, crossing: &mut dyn Crossing, given: Result<Given, HostError>) -> i32 {
        let Self { guest, reply, scalar, seen, .. } = self;
        // What the host function let go of the guest hears before it goes on.
        let mut given = Cx::new(crossing).release(guest).and(given);
        if let Some((begin_ns, seen)) = seen {
            let seen = match &given {
                Ok(Given::Value(value)) => seen.end(Ok(value)),
                Ok(Given::Slot(slot)) => seen.end(Ok(&value_of(scalar, *slot))),
                Err(error) => seen.end(Err(error)),
            };
            crossing.tell(seen, begin_ns);
        }
        let finished = Cx::new(crossing).with(guest, |calls, memory| {
            let given = std::mem::replace(&mut given, Ok(Given::Slot(0)));
            calls.finish(guest, memory, reply, given)
        });
        // A guest that is gone hears nothing.
        finished.unwrap_or(NOTHING)
    }
}

impl What {
    fn run(self, cx: &mut Cx<'_>) -> Result<Given, HostError> {
        match self {
            Self::Function { module, at, args } => module.call(at, cx, args).map(Given::Value),
            Self::Slots { module, at, mut slots, count } => {
                module.call_with_slots(at, cx, slots.get_mut(..count).unwrap_or_default())?;
                Ok(Given::Slot(slots[0]))
            }
            Self::Handle { handle, args } => {
                handle.call(cx, args).and_then(|value| raised(value, None)).map(Given::Value)
            }
        }
    }

    /// Where the function is declared.
    fn declared(&self) -> Option<(Arc<HostModule>, usize)> {
        match self {
            Self::Function { module, at, .. } | Self::Slots { module, at, .. } => Some((module.clone(), *at)),
            Self::Handle { .. } => None,
        }
    }

    /// The call in words.
    fn seen(&self) -> SeenCall {
        match self {
            Self::Function { module, at, args } => SeenCall::begin(module, *at, args),
            Self::Slots { module, at, slots, count } => seen_flat(module, *at, slots.get(..*count).unwrap_or_default()),
            Self::Handle { args, .. } => SeenCall::callable(args),
        }
    }

    /// The scalar that the first slot has in the end, for a call of slots with a result.
    fn scalar(&self) -> Option<Scalar> {
        match self {
            Self::Slots { module, at, .. } => module.flat(*at)?.result,
            Self::Function { .. } | Self::Handle { .. } => None,
        }
    }
}

/// A call with slots in words.
fn seen_flat(module: &HostModule, at: usize, slots: &[u64]) -> SeenCall {
    let scalars = module.flat(at).map_or(&[][..], |flat| &flat.params);
    let values: Vec<Value> = scalars.iter().zip(slots).map(|(scalar, slot)| scalar.value(*slot)).collect();
    SeenCall::begin(module, at, &values)
}

fn value_of(scalar: Option<Scalar>, slot: u64) -> Value {
    scalar.map_or(Value::None, |scalar| scalar.value(slot))
}
