//! A hostile guest: calls of every host-call import with any arguments, messages of any bytes, answers of any kind when it
//! is called back, and calls of its own within those. Nothing panics; every answer is in its memory's bounds; and once it
//! has dropped what it holds and the host has dropped what it kept, no thing is left.
#![no_main]

use std::cell::Cell;
use std::sync::{Arc, Mutex};

use amphi_core::abi::{AbiCall, GuestExport, GuestMemory, HostCalls, Step};
use amphi_core::{Crossing, GuestId, Handle, HostError, HostModule, Registry, Scalar, Signature, Type, Value};
use amphi_fuzz::Input;
use libfuzzer_sys::fuzz_target;

/// Bytes of the guest's memory.
const MEMORY: usize = 4096;
/// Handles have small numbers: more than a run here can make.
const NUMBERS: i32 = 4096;

thread_local! {
    /// Things of the host that are alive.
    static ALIVE: Cell<i64> = const { Cell::new(0) };
}

struct Thing;

impl Thing {
    fn new() -> Self {
        ALIVE.set(ALIVE.get() + 1);
        Self
    }
}

impl Drop for Thing {
    fn drop(&mut self) {
        ALIVE.set(ALIVE.get() - 1);
    }
}

/// What host functions keep.
type Kept = Arc<Mutex<Vec<Value>>>;

fn module(kept: &Kept) -> HostModule {
    let any = || Signature::new().param("x", Type::Any).returns(Type::Any);
    let (puts, gives) = (kept.clone(), kept.clone());
    let built = HostModule::builder("m")
        .function("keep", any(), move |_, args| {
            puts.lock().expect("one thread").extend(args);
            Ok(Value::None)
        })
        .function("kept", Signature::new().returns(Type::Any), move |_, _| {
            Ok(gives.lock().expect("one thread").pop().unwrap_or_default())
        })
        .function("echo", any(), |_, args| Ok(args.into_iter().next().unwrap_or_default()))
        .function("call", any(), |cx, args| match args.into_iter().next() {
            Some(Value::Handle(callable)) => cx.call(&callable, vec![Value::Int(1), Value::Handle(callable.clone())]),
            _ => Err(HostError::value_error("not callable")),
        })
        .function("make", Signature::new().returns(Type::Any), |_, _| {
            let thing = Thing::new();
            let called = move |cx: &mut amphi_core::Cx<'_>, args: Vec<Value>| {
                let _ = &thing;
                match args.first() {
                    Some(Value::Handle(callable)) => cx.call(callable, Vec::new()),
                    _ => Ok(Value::Tuple(args)),
                }
            };
            Ok(Value::List(vec![
                Value::Handle(Handle::callable(called)),
                Value::Handle(Handle::new("Thing", Thing::new())),
            ]))
        })
        .function(
            "add",
            Signature::new().param("a", Scalar::S32).param("b", Scalar::U8).returns(Scalar::S64),
            |_, args| match args.as_slice() {
                [Value::Int(a), Value::Int(b)] => Ok(Value::Int(a + b)),
                _ => Err(HostError::host("arguments are checked first")),
            },
        )
        .build();
    built.expect("its own functions")
}

/// The guest, which does what the bytes say.
struct Guest<'a> {
    calls: HostCalls,
    memory: Vec<u8>,
    input: Input<'a>,
}

impl Guest<'_> {
    /// A small number most of the time, and any at others.
    fn number(&mut self) -> u32 {
        match self.input.byte() {
            0xFF => (self.input.word() & 0xFFFF_FFFF).try_into().unwrap_or_default(),
            high @ 0xF0.. => u32::from(high & 15) << 8 | u32::from(self.input.byte()),
            small => small.into(),
        }
    }

    /// Makes calls until the bytes say so, or end.
    fn go_on(&mut self) {
        while !self.input.is_empty() {
            match self.input.below(8) {
                0 => return,
                1 | 2 => {
                    let (at, length) = (usize::from(self.input.byte()), usize::from(self.input.below(64)));
                    let message = self.input.take(length);
                    self.memory[at..at + message.len()].copy_from_slice(message);
                }
                _ => {
                    let call = self.input.pick(AbiCall::ALL);
                    let args: Vec<i32> = call.params().iter().map(|_| self.number().cast_signed()).collect();
                    self.call(call, &args);
                }
            }
        }
    }

    fn call(&mut self, call: AbiCall, args: &[i32]) -> i32 {
        let answer = match self.calls.begin(GuestId::PROGRAM, &mut self.memory.as_mut_slice(), call, args) {
            Step::Done(answer) => answer,
            Step::Invoke(invocation) => invocation.serve(self),
        };
        assert_eq!(self.memory.len(), MEMORY);
        answer
    }
}

impl Crossing for Guest<'_> {
    fn with(
        &mut self,
        guest: GuestId,
        act: &mut dyn FnMut(&mut HostCalls, &mut dyn GuestMemory),
    ) -> Result<(), HostError> {
        if guest != GuestId::PROGRAM {
            return Err(HostError::host("there is one guest"));
        }
        act(&mut self.calls, &mut self.memory.as_mut_slice());
        Ok(())
    }

    fn enter(&mut self, _: GuestId, export: GuestExport, core: &mut [u64]) -> Result<(), HostError> {
        match export {
            // It hears of it, and may do anything but answer.
            GuestExport::Release => {}
            GuestExport::Room => core[0] = self.number().into(),
            _ => {
                if self.input.below(8) == 1 {
                    return Err(HostError::host("the guest trapped"));
                }
                self.go_on();
                let (at, length) = (u64::from(self.input.byte()), u64::from(self.number()));
                core[0] = at | length << 32 | u64::from(self.input.below(2)) << 63;
            }
        }
        Ok(())
    }
}

fuzz_target!(|data: &[u8]| {
    let kept = Kept::default();
    let mut registry = Registry::new();
    registry.add(module(&kept)).expect("one module");
    let calls = HostCalls::new(registry, 1 << 20, 8);
    let mut guest = Guest { calls, memory: vec![0; MEMORY], input: Input::new(data) };
    while !guest.input.is_empty() {
        guest.go_on();
    }
    // What it left with the host goes first, for dropping a thing may be what the host kept it for.
    kept.lock().expect("one thread").clear();
    for number in 0..NUMBERS {
        guest.call(AbiCall::HandleDrop, &[number]);
    }
    assert_eq!(guest.calls.held_by(GuestId::PROGRAM), 0, "it dropped all that it held");
    drop(guest);
    assert_eq!(ALIVE.get(), 0, "and so did the host");
});
