//! The codec both ways, and against hostile bytes.

use proptest::prelude::*;

use super::*;
use crate::abi::testing::Memory;
use crate::error::HostError;
use crate::value::{BigInt, Value};

fn values() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::None),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<i128>().prop_map(Value::integer),
        prop::collection::vec(any::<u8>(), 17..40).prop_map(|bytes| {
            let big = BigInt::from_le_bytes(bytes);
            big.to_i128().map_or(Value::Big(big), Value::integer)
        }),
        prop::num::f64::NORMAL.prop_map(Value::from),
        ".*".prop_map(Value::from),
        any::<Vec<u8>>().prop_map(Value::from),
        any::<u32>().prop_map(Value::Enum),
        any::<Vec<u32>>().prop_map(Value::Flags),
    ];
    leaf.prop_recursive(6, 60, 8, |inner| {
        let payload = prop::option::of(inner.clone().prop_map(Box::new));
        let items = prop::collection::vec(inner.clone(), 0..8);
        prop_oneof![
            items.clone().prop_map(Value::List),
            items.prop_map(Value::Tuple),
            prop::collection::vec((".*", inner.clone()), 0..4).prop_map(Value::Record),
            (any::<u32>(), payload.clone()).prop_map(|(case, value)| Value::Variant(case, value)),
            inner.prop_map(|value| Value::Some(Box::new(value))),
            payload.clone().prop_map(Value::Ok),
            payload.prop_map(Value::Err),
        ]
    })
}

fn encoded(value: &Value) -> Vec<u8> {
    let mut bytes = Vec::new();
    encode(value, &mut bytes).expect("fits");
    bytes
}

proptest! {
    #[test]
    fn what_is_written_is_read(value in values()) {
        prop_assert_eq!(decode(&encoded(&value), None), Ok(value));
    }

    #[test]
    fn any_bytes_give_a_value_or_an_error(bytes in any::<Vec<u8>>()) {
        let memory = Memory::filled(0xAA, 64);
        if let Ok(value) = decode(&bytes, Some(&memory)) {
            // What was read can be written, and is then read the same.
            let again = encoded(&value);
            prop_assert_eq!(encoded(&decode(&again, None).expect("own bytes")), again);
        }
    }

    #[test]
    fn bytes_that_start_well_give_a_value_or_an_error(
        value in values(),
        at in any::<prop::sample::Index>(),
        byte in any::<u8>(),
        cut in any::<prop::sample::Index>(),
    ) {
        let mut bytes = encoded(&value);
        prop_assert!(decode(&bytes[..cut.index(bytes.len())], None).is_err());
        let at = at.index(bytes.len());
        bytes[at] = byte;
        let _ = decode(&bytes, None);
    }
}

#[test]
fn the_bytes_are_as_written_down() {
    for (value, bytes) in [
        (Value::None, vec![0]),
        (Value::Bool(true), vec![2]),
        (Value::Int(-2), vec![3, 0xfe, 255, 255, 255, 255, 255, 255, 255]),
        (Value::from(u64::MAX), [&[4, 9, 0, 0, 0][..], &[255; 8], &[0]].concat()),
        (Value::from("é"), vec![6, 2, 0, 0, 0, 0xc3, 0xa9]),
        (Value::Tuple(vec![Value::None]), vec![10, 1, 0, 0, 0, 0]),
        (Value::Record(vec![("x".to_owned(), false.into())]), vec![11, 1, 0, 0, 0, 1, 0, 0, 0, b'x', 1]),
        (Value::Variant(3, None), vec![14, 3, 0, 0, 0, 0]),
        (Value::Ok(Some(Box::default())), vec![16, 1, 0]),
    ] {
        assert_eq!(encoded(&value), bytes, "{value}");
    }
}

#[test]
fn hostile_bytes_are_refused() {
    let deep = [vec![15; 64], vec![0]].concat();
    for (name, bytes, error) in [
        ("nothing", vec![], WireError::Short(0)),
        ("unknown tag", vec![99], WireError::Byte { at: 0, byte: 99 }),
        ("half an int", vec![3, 1], WireError::Short(2)),
        ("more after", vec![0, 0], WireError::Long(1)),
        ("huge str", vec![6, 255, 255, 255, 255], WireError::Short(5)),
        ("huge list", vec![9, 255, 255, 255, 255, 0], WireError::Short(6)),
        ("huge flags", vec![13, 255, 255, 255, 63, 0], WireError::Short(6)),
        ("not UTF-8", vec![6, 1, 0, 0, 0, 0xff], WireError::Text(1)),
        ("payload byte", vec![16, 2, 0], WireError::Byte { at: 1, byte: 2 }),
        ("too deep", deep, WireError::Deep),
        ("view outside", vec![8, 60, 0, 0, 0, 5, 0, 0, 0], WireError::View { at: 60, len: 5 }),
        ("view around the end", vec![8, 255, 255, 255, 255, 2, 0, 0, 0], WireError::View { at: u32::MAX, len: 2 }),
    ] {
        let memory = Memory::filled(0xAA, 64);
        assert_eq!(decode(&bytes, Some(&memory)), Err(error), "{name}");
    }
}

#[test]
fn views_are_copied_from_the_guest() {
    let memory = Memory::filled(0xAA, 64);
    let view = [8, 60, 0, 0, 0, 4, 0, 0, 0];
    assert_eq!(decode(&view, Some(&memory)), Ok(Value::Bytes(vec![0xAA; 4])));
    assert_eq!(decode(&view, None), Err(WireError::View { at: 60, len: 4 }));
}

#[test]
fn an_error_is_a_record_of_six() {
    let mut bytes = Vec::new();
    let error = HostError::value_error("no").with_traceback("line 1").with_data(7);
    encode_error(&error, &mut bytes, None);
    assert_eq!(
        decode_tuple(&bytes, None),
        Ok(vec!["ValueError".into(), "no".into(), "line 1".into(), 7.into(), Value::None, "".into()])
    );

    let deep = (0..70).fold(Value::None, |value, _| Value::Some(Box::new(value)));
    bytes.clear();
    encode_error(&error.with_data(deep), &mut bytes, None);
    let record = decode_tuple(&bytes, None).expect("a record");
    assert_eq!(record.first(), Some(&Value::from("ValueError")));
    assert_eq!(record[3..], [Value::None, Value::None, "".into()]);
}
