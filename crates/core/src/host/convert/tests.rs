//! Each type there and back, what is refused, and the words for it.

use super::*;
use crate::abi::HostCalls;
use crate::abi::testing::Habitat;
use crate::handle::Handle;
use crate::host::{Cx, Registry};

/// The value of a Rust value passes the check of its type, and makes the Rust value again.
fn check<T: FromValue + IntoValue + Clone + PartialEq + std::fmt::Debug>(rust: T, ty: &str, value: Value) {
    let mut types = Types::default();
    let declared = T::ty(&mut types);
    assert_eq!(declared.to_string(), ty, "{rust:?}");
    assert_eq!(rust.clone().into_value(), value, "{rust:?}");
    assert_eq!(check::value_of(value.clone(), &declared), Ok(value.clone()), "{rust:?}");
    assert_eq!(T::from_value(value), Ok(rust.clone()), "{rust:?}");
    if let Some(scalar) = declared.scalar() {
        let slot = rust.clone().into_slot();
        assert_eq!(Some(slot), scalar.slot(&rust.clone().into_value()), "{rust:?}");
        assert_eq!(T::from_slot(slot), Some(rust), "{slot:#x}");
    }
}

#[test]
fn every_type_comes_back_as_it_was() {
    let list = |items: &[Value]| Value::List(items.to_vec());
    let tuple = |items: &[Value]| Value::Tuple(items.to_vec());
    let some = |value: Value| Value::Some(Box::new(value));
    check(true, "bool", Value::Bool(true));
    check(i8::MIN, "s8", Value::Int(-128));
    check(i16::MIN, "s16", Value::Int(-32768));
    check(i32::MIN, "s32", Value::Int(i32::MIN.into()));
    check(i64::MIN, "s64", Value::Int(i64::MIN));
    check(u8::MAX, "u8", Value::Int(255));
    check(u16::MAX, "u16", Value::Int(65535));
    check(u32::MAX, "u32", Value::Int(u32::MAX.into()));
    check(7_u64, "u64", Value::Int(7));
    check(u64::MAX, "u64", Value::integer(u64::MAX.into()));
    check(-1.5_f32, "f32", Value::Float(-1.5));
    check(0.1_f64, "f64", Value::Float(0.1));
    check('é', "char", "é".into());
    check("text".to_owned(), "string", "text".into());
    check(vec![1_u8, 2], "list<u8>", Value::Bytes(vec![1, 2]));
    check(vec![1_u16, 2], "list<u16>", list(&[1.into(), 2.into()]));
    check(vec![vec![1_u8]], "list<list<u8>>", list(&[Value::Bytes(vec![1])]));
    check((1_u8,), "tuple<u8>", tuple(&[1.into()]));
    check((1_u8, true, 'c', 4, 5, 6, 7, 8), "tuple<u8, bool, char, s32, s32, s32, s32, s32>", {
        let mut items = vec![1.into(), true.into(), 'c'.into()];
        items.extend((4..9).map(Value::from));
        Value::Tuple(items)
    });
    check(Some(1_u8), "option<u8>", some(1.into()));
    check(None::<u8>, "option<u8>", Value::None);
    check(Some(None::<u8>), "option<option<u8>>", some(Value::None));
    check(Ok::<u8, String>(1), "result<u8, string>", Value::Ok(Some(Box::new(1.into()))));
    check(Err::<u8, String>("no".to_owned()), "result<u8, string>", Value::Err(Some(Box::new("no".into()))));
    check(Ok::<(), ()>(()), "result", Value::Ok(None));
    check((), "tuple<>", tuple(&[]));
    check(vec![()], "list<tuple<>>", list(&[tuple(&[])]));
    check(Box::new(1_u8), "u8", Value::Int(1));
    check(Ok::<Box<()>, u8>(Box::new(())), "result<_, u8>", Value::Ok(None));
    check(Value::Float(1.0), "any", Value::Float(1.0));
    let handle = Handle::callable(|_, _| Ok(Value::None));
    check(handle.clone(), "any", Value::Handle(handle));
}

#[test]
fn what_is_no_value_of_a_type_is_told() {
    fn told<T: FromValue>(value: Value) -> String {
        let error = T::from_value(value).map(|_| ()).expect_err("refused");
        error.to_string()
    }
    for (error, message) in [
        (told::<i32>("x".into()), "TypeError: a value: expected s32, got 'x' (str)"),
        (told::<u8>(256.into()), "OverflowError: a value: expected u8, got 256, which is outside 0 to 255"),
        (
            told::<u64>((-1).into()),
            "OverflowError: a value: expected u64, got -1, which is outside 0 to 18446744073709551615",
        ),
        (told::<char>("ab".into()), "TypeError: a value: expected char, got 'ab' (str)"),
        (told::<f64>(1.into()), "TypeError: a value: expected f64, got 1.0 before it was checked"),
        (told::<Vec<u8>>("x".into()), "TypeError: a value: expected list<u8>, got 'x' (str)"),
        (told::<Vec<bool>>(Value::List(vec![1.into()])), "TypeError: a value: expected bool, got 1 (int)"),
        (told::<(u8, u8)>(Value::Tuple(vec![1.into()])), "ValueError: a value: expected tuple<u8, u8>, got 1 items"),
        (told::<Option<bool>>(1.into()), "TypeError: a value: expected bool, got 1 (int)"),
        (told::<Handle>(1.into()), "TypeError: a value: expected a callable, got 1 (int)"),
        (told::<Callable<()>>(1.into()), "TypeError: a value: expected callable, got 1 (int)"),
    ] {
        assert_eq!(error, message);
    }
    let error = from_unchecked::<Vec<(u8, bool)>>(Value::List(vec![Value::Tuple(vec![1.into(), 2.into()])]));
    let message = "TypeError: a value, item 0, item 1: expected bool, got 2 (int)";
    assert_eq!(error.map_err(|error| error.to_string()), Err(message.to_owned()));
    assert_eq!(from_unchecked::<f64>(1.into()), Ok(1.0));
    assert_eq!(from_unchecked::<()>(Value::None), Ok(()));
}

#[test]
fn callables_are_called_with_rust_values() {
    let mut habitat = Habitat::new(HostCalls::new(Registry::new(), 0, 1));
    let mut cx = Cx::new(&mut habitat);
    let handle = Handle::callable(|_, args| Ok(args.into_iter().next().unwrap_or_default()));
    let ty = Callable::<(u8, &str), Option<bool>>::ty(&mut Types::default());
    let Type::Callable { signature, .. } = ty else { panic!("{ty:?}") };
    assert_eq!(signature.to_string(), "(arg0: u8, arg1: string) -> option<bool>");
    let number: Callable<(u8,), u8> = handle.clone().into();
    assert_eq!(number.call(&mut cx, (7,)), Ok(7));
    let text: Callable<(u8,), String> = handle.clone().into();
    let message = "TypeError: a value: expected string, got 7 (int)";
    assert_eq!(text.call(&mut cx, (7,)).map_err(|error| error.to_string()), Err(message.to_owned()));
    let nothing: Callable<()> = handle.into();
    assert_eq!(nothing.call(&mut cx, ()), Ok(()));
}
