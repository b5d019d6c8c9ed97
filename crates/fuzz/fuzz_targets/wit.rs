//! Text as WIT. It becomes interfaces that a guest can be told of, or a mistake whose place lies inside the text.
#![no_main]

use amphi_core::{Source, wit};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Ok(text) = str::from_utf8(data) else { return };
    match wit::parse(&Source::new("x.wit", text)) {
        Ok(interfaces) => {
            assert!(!interfaces.is_empty());
            for interface in interfaces {
                assert!(!interface.python_stub().is_empty());
                amphi_fuzz::described(interface);
            }
        }
        Err(error) => {
            let line = text.split('\n').nth(error.line.wrapping_sub(1));
            let line = line.unwrap_or_else(|| panic!("line {} is outside: {error}", error.line));
            assert!((1..=line.chars().count() + 1).contains(&error.column), "column {}: {error}", error.column);
            assert!(!error.to_string().is_empty());
        }
    }
});
