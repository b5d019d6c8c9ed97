//! Each function of the table, with the bytes on both sides.

use super::testing::Memory;
use super::*;
use crate::error::HostError;
use crate::host::{HostFunction, LocalModule, LocalRegistry};
use crate::types::{Scalar, Signature, Type};
use crate::value::Value;
use crate::{Described, wire};

fn calls() -> HostCalls<dyn HostFunction> {
    let ints = Signature::new().param("a", Scalar::S32).param("b", Scalar::S32).returns(Scalar::S32);
    let module = LocalModule::builder("demo")
        .function("demo", ints, |args| match args {
            [Value::Int(a), Value::Int(b)] => Ok(((a + b) * 10).into()),
            _ => Err(HostError::host("not two ints")),
        })
        .function("twice", Signature::new().param("data", Type::Bytes).returns(Type::Bytes), |args| match args {
            [Value::Bytes(data)] => Ok(data.repeat(2).into()),
            _ => Err(HostError::host("not bytes")),
        })
        .function("fail", Signature::new(), |_| Err(HostError::value_error("no")))
        .build()
        .expect("a module");
    let mut registry = LocalRegistry::new();
    registry.add(module).expect("the first");
    HostCalls::new(registry, 1 << 20)
}

#[test]
fn memory_may_grow_to_its_limit() {
    let mut calls = calls();
    let mut memory = Memory::filled(0, 0);
    for (pages, may, refused) in [(0, 1, false), (16, 1, false), (17, 0, true), (-1, 0, true), (1, 1, true)] {
        assert_eq!(calls.dispatch(&mut memory, AbiCall::MayGrow, &[pages]), may, "{pages}");
        assert_eq!(calls.memory_refused(), refused, "{pages}");
    }
}

fn tuple(args: Vec<Value>) -> Vec<u8> {
    let mut bytes = Vec::new();
    wire::encode(&Value::Tuple(args), &mut bytes).expect("fits");
    bytes
}

/// Takes the kept reply and reads it as an error: kind and message.
fn error(calls: &mut HostCalls<dyn HostFunction>, answer: i32) -> String {
    let mut memory = Memory::filled(0, 4096);
    let length = calls.dispatch(&mut memory, AbiCall::ReplyTake, &[0, 4096]);
    assert_eq!(answer, -length - 1);
    let record = wire::decode_tuple(&memory.0[..usize::try_from(length).unwrap()], None).expect("a record");
    format!("{}: {}", record[0].as_str().unwrap(), record[1].as_str().unwrap())
}

#[test]
fn an_interface_is_described() {
    let mut calls = calls();
    let mut memory = Memory::filled(0xAA, 1024);
    memory.0[..4].copy_from_slice(b"demo");
    let description = calls.registry().describe("demo").expect("there").to_vec();
    let length = i32::try_from(description.len()).unwrap();

    let answer = calls.dispatch(&mut memory, AbiCall::InterfaceDescribe, &[0, 4, 8, 1000]);
    assert_eq!(answer, length);
    assert_eq!(&memory.0[8..8 + description.len()], description);
    assert_eq!(memory.0[8 + description.len()], 0xAA);
    let read = Described::decode(&description).expect("own bytes");
    assert_eq!(read.functions, [(0, true), (1, false), (2, true)]);

    // Too little room: kept, and taken in two steps.
    let answer = calls.dispatch(&mut memory, AbiCall::InterfaceDescribe, &[0, 4, 0, 0]);
    assert_eq!(answer, length);
    assert_eq!(calls.dispatch(&mut memory, AbiCall::ReplyTake, &[0, 8]), length);
    assert_eq!(calls.dispatch(&mut memory, AbiCall::ReplyTake, &[512, length]), length);
    assert_eq!(&memory.0[512..512 + description.len()], description);
    assert_eq!(calls.dispatch(&mut memory, AbiCall::ReplyTake, &[0, 8]), NOTHING);

    for (name, args, answer) in [
        ("no such interface", [0, 3, 8, 1000], NOTHING),
        ("a name too long", [0, 5000, 8, 1000], NOTHING),
        ("not UTF-8", [4, 4, 8, 1000], NOTHING),
    ] {
        let given = calls.dispatch(&mut memory, AbiCall::InterfaceDescribe, &args);
        assert_eq!(given, answer, "{name}");
    }
    let answer = calls.dispatch(&mut memory, AbiCall::InterfaceDescribe, &[-4, 4, 8, 10]);
    assert_eq!(
        error(&mut calls, answer),
        "MemoryError: the interface's name at 0xfffffffc, 4 bytes long, is outside the guest's memory"
    );
}

#[test]
fn a_call_answers_with_its_reply() {
    let mut calls = calls();
    let mut memory = Memory::filled(0xAA, 256);
    let args = tuple(vec![1.into(), 2.into()]);
    memory.0[..args.len()].copy_from_slice(&args);
    let len = i32::try_from(args.len()).unwrap();
    assert_eq!(calls.dispatch(&mut memory, AbiCall::Call, &[0, 0, len, 100, 64]), 9);
    assert_eq!(memory.0[100..110], [3, 30, 0, 0, 0, 0, 0, 0, 0, 0xAA]);

    // A view of eight bytes at 200, and no room for the reply.
    let view = [10, 1, 0, 0, 0, 8, 200, 0, 0, 0, 8, 0, 0, 0];
    memory.0[..view.len()].copy_from_slice(&view);
    let len = i32::try_from(view.len()).unwrap();
    assert_eq!(calls.dispatch(&mut memory, AbiCall::Call, &[1, 0, len, 0, 0]), 21);
    assert_eq!(calls.dispatch(&mut memory, AbiCall::ReplyTake, &[100, 64]), 21);
    assert_eq!(memory.0[100..105], [7, 16, 0, 0, 0]);
    assert_eq!(memory.0[105..121], [0xAA; 16]);
}

#[test]
fn a_call_that_fails_touches_nothing() {
    let mut calls = calls();
    let mut memory = Memory::filled(0xAA, 256);
    let args = tuple(vec![1.into()]);
    memory.0[..args.len()].copy_from_slice(&args);
    memory.0[50..55].copy_from_slice(&[10, 0, 0, 0, 0]);
    memory.0[60..74].copy_from_slice(&[10, 1, 0, 0, 0, 8, 250, 0, 0, 0, 8, 0, 0, 0]);
    let before = memory.clone();
    let len = i32::try_from(args.len()).unwrap();
    for (args, message) in [
        ([2, 50, 5, 100, 64], "ValueError: no"),
        ([0, 0, len, 100, 64], "TypeError: demo.demo() takes 2 arguments (a: s32, b: s32), but 1 was given"),
        ([9, 50, 5, 100, 64], "TypeError: there is no host function 9, only 3"),
        (
            [0, 250, 10, 100, 64],
            "MemoryError: the call's arguments at 0xfa, 10 bytes long, is outside the guest's memory",
        ),
        ([0, 50, 5, 250, 64], "MemoryError: the reply's room at 0xfa, 64 bytes long, is outside the guest's memory"),
        ([1, 60, 14, 100, 64], "MemoryError: a view of bytes at 0xfa, 8 bytes long, is outside the guest's memory"),
        ([0, 50, 4, 100, 64], "ValueError: the arguments cannot be read: the message ends too early, at byte 4"),
    ] {
        let answer = calls.dispatch(&mut memory, AbiCall::Call, &args);
        assert_eq!(error(&mut calls, answer), message);
        assert_eq!(memory, before);
    }
}

#[test]
fn a_flat_call_uses_its_slots() {
    let mut calls = calls();
    let mut memory = Memory::filled(0, 32);
    memory.0[8..24].copy_from_slice(&[1, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0]);
    assert_eq!(calls.dispatch(&mut memory, AbiCall::CallFlat, &[0, 8]), 0);
    assert_eq!(memory.0[8..24], [30, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0]);
    let before = memory.clone();
    for (args, message) in [
        ([1, 8], "TypeError: demo.twice() cannot be called flat"),
        ([2, 8], "ValueError: no"),
        ([0, 24], "MemoryError: the call's slots at 0x18, 16 bytes long, is outside the guest's memory"),
        ([7, 0], "TypeError: there is no host function 7, only 3"),
    ] {
        let answer = calls.dispatch(&mut memory, AbiCall::CallFlat, &args);
        assert_eq!(error(&mut calls, answer), message);
        assert_eq!(memory, before);
    }
}

#[test]
fn an_interrupt_is_told_once() {
    let mut calls = calls();
    let mut memory = Memory::filled(0, 0);
    assert_eq!(calls.dispatch(&mut memory, AbiCall::Interrupt, &[]), 0);
    calls.raise(2);
    assert_eq!(calls.dispatch(&mut memory, AbiCall::Interrupt, &[]), 2);
    assert_eq!(calls.dispatch(&mut memory, AbiCall::Interrupt, &[]), 0);
}

#[test]
fn the_table_names_each_function() {
    let names: Vec<_> = AbiCall::ALL.iter().map(|call| call.name()).collect();
    assert_eq!(names, ["interface_describe", "call", "call_flat", "reply_take", "interrupt", "may_grow"]);
    assert_eq!(AbiCall::CallFlat.params(), ["function", "slots_ptr"]);
    assert!(AbiCall::ALL.iter().all(|call| call.doc().ends_with('.')));
}
