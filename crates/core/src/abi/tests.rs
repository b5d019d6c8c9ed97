//! Each function of the table, with the bytes on both sides.

use std::sync::Mutex;

use super::testing::{Habitat, Memory, tuple};
use super::*;
use crate::error::HostError;
use crate::handle::{GuestId, Handle};
use crate::host::{Builder, HostModule, Registry};
use crate::types::{Scalar, Signature, Type};
use crate::value::Value;
use crate::{Described, wire};

/// The host calls of a run with this one module.
fn of(module: Builder) -> HostCalls {
    let mut registry = Registry::new();
    registry.add(module.build().expect("a module")).expect("the first");
    HostCalls::new(registry, 1 << 20, 4)
}

fn calls() -> HostCalls {
    let ints = Signature::new().param("a", Scalar::S32).param("b", Scalar::S32).returns(Scalar::S32);
    of(HostModule::builder("demo")
        .function("demo", ints, |_, args| match args.as_slice() {
            [Value::Int(a), Value::Int(b)] => Ok(((a + b) * 10).into()),
            _ => Err(HostError::host("not two ints")),
        })
        .function("twice", Signature::new().param("data", Type::Bytes).returns(Type::Bytes), |_, args| {
            match args.as_slice() {
                [Value::Bytes(data)] => Ok(data.repeat(2).into()),
                _ => Err(HostError::host("not bytes")),
            }
        })
        .function("fail", Signature::new(), |_, _| Err(HostError::value_error("no"))))
}

#[test]
fn memory_may_grow_to_its_limit() {
    let mut habitat = Habitat::new(calls());
    habitat.memory = Memory::filled(0, 0);
    for (pages, may, refused) in [(0, 1, false), (16, 1, false), (17, 0, true), (-1, 0, true), (1, 1, true)] {
        assert_eq!(habitat.dispatch(AbiCall::MayGrow, &[pages]), may, "{pages}");
        assert_eq!(habitat.calls.memory_refused(GuestId::PROGRAM), refused, "{pages}");
    }
}

/// Takes the kept reply and reads it as an error: kind and message.
fn error(habitat: &mut Habitat, answer: i32) -> String {
    let before = std::mem::replace(&mut habitat.memory, Memory::filled(0, 4096));
    let length = habitat.dispatch(AbiCall::ReplyTake, &[0, 4096]);
    assert_eq!(answer, -length - 1);
    let memory = std::mem::replace(&mut habitat.memory, before);
    let record = wire::decode_tuple(&memory.0[..usize::try_from(length).unwrap()], None).expect("a record");
    format!("{}: {}", record[0].as_str().unwrap(), record[1].as_str().unwrap())
}

#[test]
fn an_interface_is_described() {
    let mut habitat = Habitat::new(calls());
    habitat.memory = Memory::filled(0xAA, 1024);
    habitat.memory.0[..4].copy_from_slice(b"demo");
    let description = habitat.calls.registry().describe("demo").expect("there");
    let length = i32::try_from(description.len()).unwrap();

    let answer = habitat.dispatch(AbiCall::InterfaceDescribe, &[0, 4, 8, 1000]);
    assert_eq!(answer, length);
    assert_eq!(&habitat.memory.0[8..8 + description.len()], description);
    assert_eq!(habitat.memory.0[8 + description.len()], 0xAA);
    let read = Described::decode(&description).expect("own bytes");
    assert_eq!(read.functions, [(0, true), (1, false), (2, true)]);

    // Too little room: kept, and taken in two steps.
    let answer = habitat.dispatch(AbiCall::InterfaceDescribe, &[0, 4, 0, 0]);
    assert_eq!(answer, length);
    assert_eq!(habitat.dispatch(AbiCall::ReplyTake, &[0, 8]), length);
    assert_eq!(habitat.dispatch(AbiCall::ReplyTake, &[512, length]), length);
    assert_eq!(&habitat.memory.0[512..512 + description.len()], description);
    assert_eq!(habitat.dispatch(AbiCall::ReplyTake, &[0, 8]), NOTHING);

    for (name, args, answer) in [
        ("no such interface", [0, 3, 8, 1000], NOTHING),
        ("a name too long", [0, 5000, 8, 1000], NOTHING),
        ("not UTF-8", [4, 4, 8, 1000], NOTHING),
    ] {
        let given = habitat.dispatch(AbiCall::InterfaceDescribe, &args);
        assert_eq!(given, answer, "{name}");
    }
    let answer = habitat.dispatch(AbiCall::InterfaceDescribe, &[-4, 4, 8, 10]);
    assert_eq!(
        error(&mut habitat, answer),
        "MemoryError: the interface's name at 0xfffffffc, 4 bytes long, is outside the guest's memory"
    );
}

#[test]
fn a_call_answers_with_its_reply() {
    let mut habitat = Habitat::new(calls());
    habitat.memory = Memory::filled(0xAA, 256);
    let args = tuple(vec![1.into(), 2.into()]);
    habitat.memory.0[..args.len()].copy_from_slice(&args);
    let len = i32::try_from(args.len()).unwrap();
    assert_eq!(habitat.dispatch(AbiCall::Call, &[0, 0, len, 100, 64]), 9);
    assert_eq!(habitat.memory.0[100..110], [3, 30, 0, 0, 0, 0, 0, 0, 0, 0xAA]);

    // A view of eight bytes at 200, and no room for the reply.
    let view = [10, 1, 0, 0, 0, 8, 200, 0, 0, 0, 8, 0, 0, 0];
    habitat.memory.0[..view.len()].copy_from_slice(&view);
    let len = i32::try_from(view.len()).unwrap();
    assert_eq!(habitat.dispatch(AbiCall::Call, &[1, 0, len, 0, 0]), 21);
    assert_eq!(habitat.dispatch(AbiCall::ReplyTake, &[100, 64]), 21);
    assert_eq!(habitat.memory.0[100..105], [7, 16, 0, 0, 0]);
    assert_eq!(habitat.memory.0[105..121], [0xAA; 16]);
}

#[test]
fn a_call_that_fails_touches_nothing() {
    let mut habitat = Habitat::new(calls());
    habitat.memory = Memory::filled(0xAA, 256);
    let args = tuple(vec![1.into()]);
    habitat.memory.0[..args.len()].copy_from_slice(&args);
    habitat.memory.0[50..55].copy_from_slice(&[10, 0, 0, 0, 0]);
    habitat.memory.0[60..74].copy_from_slice(&[10, 1, 0, 0, 0, 8, 250, 0, 0, 0, 8, 0, 0, 0]);
    let before = habitat.memory.clone();
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
        ([0, 50, 4, 100, 64], "ValueError: the call's arguments cannot be read: the message ends too early, at byte 4"),
    ] {
        let answer = habitat.dispatch(AbiCall::Call, &args);
        assert_eq!(error(&mut habitat, answer), message);
        assert_eq!(habitat.memory, before);
    }
}

#[test]
fn a_flat_call_uses_its_slots() {
    let mut habitat = Habitat::new(calls());
    habitat.memory = Memory::filled(0, 32);
    habitat.memory.0[8..24].copy_from_slice(&[1, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0]);
    assert_eq!(habitat.dispatch(AbiCall::CallFlat, &[0, 8]), 0);
    assert_eq!(habitat.memory.0[8..24], [30, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0]);
    let before = habitat.memory.clone();
    for (args, message) in [
        ([1, 8], "TypeError: demo.twice() cannot be called flat"),
        ([2, 8], "ValueError: no"),
        ([0, 24], "MemoryError: the call's slots at 0x18, 16 bytes long, is outside the guest's memory"),
        ([7, 0], "TypeError: there is no host function 7, only 3"),
    ] {
        let answer = habitat.dispatch(AbiCall::CallFlat, &args);
        assert_eq!(error(&mut habitat, answer), message);
        assert_eq!(habitat.memory, before);
    }
}

#[test]
fn a_function_that_has_moved_is_told_from_one_that_fails() {
    let mut habitat = Habitat::new(calls());
    habitat.memory = Memory::filled(0, 64);
    let other = HostModule::builder("demo").function("demo", Signature::new(), |_, _| Ok(Value::None));
    habitat.calls.registry_mut().replace(other.build().unwrap());
    let nothing = tuple(vec![]);
    habitat.memory.0[..nothing.len()].copy_from_slice(&nothing);
    let len = i32::try_from(nothing.len()).unwrap();
    for index in 0..3 {
        assert_eq!(habitat.dispatch(AbiCall::Call, &[index, 0, len, 32, 16]), MOVED);
        assert_eq!(habitat.dispatch(AbiCall::CallFlat, &[index, 32]), MOVED);
    }
    assert_eq!(habitat.dispatch(AbiCall::CallFlat, &[3, 32]), 0);
    assert_eq!(habitat.dispatch(AbiCall::ReplyTake, &[0, 64]), NOTHING);
}

#[test]
fn an_interrupt_is_told_once() {
    let mut habitat = Habitat::new(calls());
    habitat.memory = Memory::filled(0, 0);
    assert_eq!(habitat.dispatch(AbiCall::Interrupt, &[]), 0);
    habitat.calls.raise(2);
    assert_eq!(habitat.dispatch(AbiCall::Interrupt, &[]), 2);
    assert_eq!(habitat.dispatch(AbiCall::Interrupt, &[]), 0);
}

#[test]
fn the_table_names_each_function() {
    let names: Vec<_> = AbiCall::ALL.iter().map(|call| call.name()).collect();
    assert_eq!(
        names,
        [
            "interface_describe",
            "call",
            "call_flat",
            "reply_take",
            "interrupt",
            "may_grow",
            "handle_call",
            "handle_drop"
        ]
    );
    assert_eq!(AbiCall::CallFlat.params(), ["function", "slots_ptr"]);
    assert!(AbiCall::ALL.iter().all(|call| call.doc().ends_with('.')));
}

/// The guest's own callable of that number, as an argument.
fn callable(number: u8) -> Vec<u8> {
    vec![10, 1, 0, 0, 0, 19, number, 0, 0, 0, 0, 0, 0, 0]
}

/// A module whose function calls what it is given with 1, or keeps it.
fn callbacks() -> HostCalls {
    let kept: Mutex<Vec<Handle>> = Mutex::default();
    let one = Signature::new().param("f", Type::Any).returns(Type::Any);
    let handle = |args: Vec<Value>| match args.into_iter().next() {
        Some(Value::Handle(handle)) => Ok(handle),
        _ => Err(HostError::type_error("not callable")),
    };
    of(HostModule::builder("back")
        .function("apply", one.clone(), move |cx, args| handle(args)?.call(cx, vec![1.into()]))
        .function("keep", one.clone(), move |_, args| {
            kept.lock().expect("one thread").push(handle(args)?);
            Ok(Value::None)
        })
        .function("adder", one, |_, _| {
            Ok(Value::Handle(Handle::callable(|_, args| match args.as_slice() {
                [Value::Int(a)] => Ok((a + 1).into()),
                _ => Err(HostError::type_error("not an int")),
            })))
        }))
}

#[test]
fn the_guest_is_called_back_and_let_go() {
    let mut habitat = Habitat::new(callbacks());
    habitat.told = Some(Vec::new());
    habitat.called = |_, number, message| {
        assert_eq!((number, message), (7, tuple(vec![1.into()])));
        Ok(vec![2])
    };
    assert_eq!(habitat.call(AbiCall::Call, 0, &callable(7)), Ok(vec![2]));
    assert_eq!(habitat.released, [7], "nobody holds it any more");
    let told = habitat.told.take().expect("watched");
    let told: Vec<_> = told.iter().map(|call| (call.function.as_str(), call.args.as_str())).collect();
    assert_eq!(told, [("callable", "1"), ("back.apply", "f: <callable>")]);
    assert_eq!(habitat.call(AbiCall::Call, 1, &callable(8)), Ok(vec![0]));
    assert_eq!(habitat.released, [7], "the host function kept it");
}

#[test]
fn an_exception_goes_home_as_itself() {
    let mut habitat = Habitat::new(callbacks());
    habitat.called = |_, _, _| {
        let record: Vec<Value> = vec!["KeyError".into(), "x".into(), "line 3".into(), 5.into()];
        let mut bytes = tuple(record);
        bytes[1] = 5;
        bytes.extend([19, 3, 0, 0, 0, 0, 0, 0, 0]);
        Err(bytes)
    };
    let record = habitat.call(AbiCall::Call, 0, &callable(7)).expect_err("it raised");
    assert_eq!(record[1], 6);
    // Behind it is where it passed: an empty text.
    assert_eq!(record[record.len() - 14..record.len() - 5], [19, 3, 0, 0, 0, 0, 0, 0, 0]);
    // The error was still on its way when the call ended: the guest hears at the next.
    habitat.called = |_, _, _| Ok(vec![0]);
    assert!(habitat.call(AbiCall::Call, 0, &callable(9)).is_ok());
    habitat.released.sort_unstable();
    assert_eq!(habitat.released, [3, 7, 9]);
}

#[test]
fn calls_nest_to_their_depth_and_no_deeper() {
    let mut habitat = Habitat::new(callbacks());
    habitat.called = |habitat, number, _| habitat.call(AbiCall::Call, 0, &callable(u8::try_from(number).unwrap() + 1));
    let record = habitat.call(AbiCall::Call, 0, &callable(0)).expect_err("too deep");
    let record = wire::decode_tuple(&record, None).expect("a record");
    assert_eq!(record[..2], ["RecursionError".into(), "calls between guest and host nest more than 4 deep".into()]);
    assert_eq!(habitat.released, [4, 3, 2, 1, 0]);
    habitat.called = |_, _, _| Ok(vec![2]);
    assert_eq!(habitat.call(AbiCall::Call, 0, &callable(0)), Ok(vec![2]), "the next call works");
}

#[test]
fn the_guest_holds_a_callable_of_the_host() {
    let mut habitat = Habitat::new(callbacks());
    let none = tuple(vec![Value::None]);
    let lent = |number: u8| vec![18, number, 0, 0, 0, 0, 0, 0, 0];
    assert_eq!(habitat.call(AbiCall::Call, 2, &none), Ok(lent(0)));
    assert_eq!(habitat.call(AbiCall::Call, 2, &none), Ok(lent(1)));
    assert_eq!(habitat.call(AbiCall::HandleCall, 1, &tuple(vec![41.into()])), Ok(vec![3, 42, 0, 0, 0, 0, 0, 0, 0]));
    assert_eq!(habitat.dispatch(AbiCall::HandleDrop, &[1]), 1);
    assert_eq!(habitat.dispatch(AbiCall::HandleDrop, &[1]), 0);
    assert_eq!(habitat.calls.held_by(GuestId::PROGRAM), 1);
    let answer = habitat.dispatch(AbiCall::HandleCall, &[1, 64, 5, 0, 0]);
    habitat.memory.0[64..69].copy_from_slice(&[10, 0, 0, 0, 0]);
    assert!(answer < 0);
    assert!(error(&mut habitat, answer).starts_with("ValueError: "));
    // What it holds it can give back; what it does not, it cannot.
    let back = |number: u8| vec![10, 1, 0, 0, 0, 18, number, 0, 0, 0, 0, 0, 0, 0];
    assert!(habitat.call(AbiCall::Call, 1, &back(0)).is_ok());
    assert!(habitat.call(AbiCall::Call, 1, &back(1)).is_err());
}

#[test]
fn a_function_may_return_before_it_has_its_result() {
    let mut habitat = Habitat::new(calls());
    for (given, answer) in [
        (Ok(7.into()), Ok(7)),
        (Ok("text".into()), Err("HostError: demo.demo() result: expected s32, got 'text' (str)")),
        (Err(HostError::value_error("late")), Err("ValueError: late")),
    ] {
        habitat.memory.write(64, &[1, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0]).expect("inside");
        let step = habitat.calls.begin(GuestId::PROGRAM, &mut habitat.memory, AbiCall::CallFlat, &[0, 64]);
        let Step::Invoke(invocation) = step else { panic!("it needs its context") };
        let Served::Open(open) = invocation.begin(&mut habitat, &mut || true) else { panic!("it is open") };
        assert_eq!(habitat.memory.copy(64, 1).expect("inside"), [1], "nothing is written yet");
        let number = open.finish(&mut habitat, given);
        match answer {
            Ok(slot) => assert_eq!((number, habitat.memory.copy(64, 1).expect("inside")), (0, vec![slot])),
            Err(message) => assert_eq!(error(&mut habitat, number), message),
        }
    }
}
