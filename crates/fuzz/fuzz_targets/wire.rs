//! Bytes as a message of a guest, with views of its memory. They become a value or are refused; a value is written down
//! as bytes that become the same value, without views; it is held against any type without a panic; and bytes that are a
//! description become one that is described alike.
#![no_main]

use amphi_core::{Described, Value, check, wire};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let mut memory: Vec<u8> = (0..=255).collect();
    let memory: &mut [u8] = &mut memory;
    if let Ok(value) = wire::decode(data, Some(&memory)) {
        let bytes = written(&value);
        let again = wire::decode(&bytes, None).expect("what was written can be read");
        // Compared as bytes, because a float may be no number.
        assert_eq!(written(&again), bytes);
        assert!(value.to_string().chars().count() < 100, "{value}");
        assert_eq!(wire::decode_tuple(&bytes, None).is_ok(), matches!(value, Value::Tuple(_)));
        if let Value::Tuple(items) = &value {
            hold(items);
        }
    }
    if let Ok(described) = Described::decode(data) {
        amphi_fuzz::described(described.interface);
    }
});

fn written(value: &Value) -> Vec<u8> {
    let mut bytes = Vec::new();
    wire::encode(value, &mut bytes).expect("what was read can be written");
    bytes
}

/// Where the first item is a description, the others are held against its named types.
fn hold(items: &[Value]) {
    let Some((first, values)) = items.split_first() else { return };
    let Ok(described) = Described::decode(&written(first)) else { return };
    for (named, value) in described.interface.types.iter().zip(values) {
        match check::value_of(value.clone(), &named.ty) {
            // What has its type's shape keeps it.
            Ok(shaped) => {
                let again = check::value_of(shaped.clone(), &named.ty).expect("it fitted before");
                assert_eq!(written(&again), written(&shaped), "{}", named.ty);
            }
            Err(mismatch) => assert!(!mismatch.to_string().is_empty()),
        }
    }
}
