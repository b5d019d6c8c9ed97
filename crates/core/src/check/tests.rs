//! What fits its type, what does not, and the words for it.

use super::*;
use crate::types::Place;

fn point() -> Type {
    Type::Record {
        name: "Point".to_owned(),
        fields: vec![("x".to_owned(), Scalar::S32.into()), ("y".to_owned(), Scalar::F64.into())],
    }
}

fn field(name: &str, value: impl Into<Value>) -> (String, Value) {
    (name.to_owned(), value.into())
}

#[test]
fn values_get_the_shape_of_their_type() {
    for (ty, given, shaped) in [
        (Scalar::F64.into(), Value::Int(2), Value::Float(2.0)),
        (Scalar::F32.into(), Value::Float(0.1), Value::Float(f64::from(0.1f32))),
        (Type::Bytes, Value::List(vec![1.into(), 255.into()]), Value::Bytes(vec![1, 255])),
        (Type::Option(Box::new(Type::String)), "x".into(), Value::Some(Box::new("x".into()))),
        (
            Type::Tuple(vec![Type::String, Scalar::Bool.into()]),
            Value::List(vec!["x".into(), true.into()]),
            Value::Tuple(vec!["x".into(), true.into()]),
        ),
        (
            point(),
            Value::Record(vec![field("y", 1), field("x", 2)]),
            Value::Record(vec![field("x", 2), field("y", 1.0)]),
        ),
        (
            Type::Flags { name: "F".to_owned(), flags: vec![String::new(); 33] },
            Value::Flags(vec![u32::MAX, 1, 0]),
            Value::Flags(vec![u32::MAX, 1]),
        ),
    ] {
        assert_eq!(value_of(given, &ty), Ok(shaped), "{ty}");
    }
}

#[test]
fn a_mismatch_says_where_and_what() {
    let list = |ty: Type| Type::List(Box::new(ty));
    for (ty, given, message) in [
        (Scalar::S32.into(), "x".into(), ": expected s32, got 'x' (str)"),
        (Scalar::S32.into(), true.into(), ": expected s32, got True (bool)"),
        (Scalar::U8.into(), 256.into(), ": expected u8, got 256, which is outside 0 to 255"),
        (Scalar::Bool.into(), 1.into(), ": expected bool, got 1 (int)"),
        (Scalar::Char.into(), "ab".into(), ": expected char, got 'ab' (str)"),
        (Type::String, Value::None, ": expected string, got None"),
        (
            list(list(Scalar::S32.into())),
            Value::List(vec![Value::List(vec![]), Value::List(vec![1.5.into()])]),
            ", item 1, item 0: expected s32, got 1.5 (float)",
        ),
        (point(), Value::Record(vec![field("x", "q"), field("y", 1)]), ", field 'x': expected s32, got 'q' (str)"),
        (point(), Value::Record(vec![field("x", 1)]), ": field 'y' is missing"),
        (point(), Value::Record(vec![field("x", 1), field("y", 1), field("z", 1)]), ": there is no field 'z'"),
        (Type::Enum { name: "E".to_owned(), cases: vec!["a".to_owned()] }, Value::Enum(1), ": enum E has no case 1"),
        (
            Type::Flags { name: "F".to_owned(), flags: vec!["a".to_owned()] },
            Value::Flags(vec![2]),
            ": flags F has only 1",
        ),
    ] {
        let mismatch = value_of(given, &ty).expect_err("does not fit");
        assert_eq!(mismatch.to_string(), message);
    }
}

#[test]
fn errors_name_function_and_parameter() {
    let function = Function {
        name: "demo".to_owned(),
        source_name: "demo".to_owned(),
        docs: String::new(),
        signature: Signature::new().param("a", Scalar::S32).param("b", Scalar::S32).returns(Scalar::S32),
        place: Place::Free,
    };
    for (args, error) in [
        (vec![Value::Int(1)], "TypeError: demo.demo() takes 2 arguments (a: s32, b: s32), but 1 was given"),
        (vec![Value::Int(1), "x".into()], "TypeError: demo.demo() argument 'b': expected s32, got 'x' (str)"),
        (
            vec![Value::Int(1 << 31), 1.into()],
            "OverflowError: demo.demo() argument 'a': expected s32, got 2147483648, which is outside -2147483648 to 2147483647",
        ),
    ] {
        let given = arguments("demo", &function, args).expect_err("does not fit");
        assert_eq!(given.to_string(), error);
    }
    assert_eq!(
        result("demo", &function, "x".into()).expect_err("no number").to_string(),
        "HostError: demo.demo() result: expected s32, got 'x' (str)"
    );
}
