//! Text as filters, faults and patterns. Parsing and matching never panic, what is refused is refused in words, and a
//! pattern fits exactly what a plain matcher says it fits, in time that no pattern can blow up (the fuzzer's timeout).
#![no_main]

use amphi_wasi::trace::{Answer, Arg, Entry, Filter, Glob, Names, Reply, Value, What};
use amphi_wasi::{Call, Errno, Fault, Gate};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Ok(text) = str::from_utf8(data) else { return };
    let (pattern, name) = text.split_once('\n').unwrap_or((text, ""));
    let glob = Glob::new(pattern);
    assert_eq!(glob.as_str(), pattern);
    let fits = glob.fits(name);
    let (letters, parts): (Vec<char>, Vec<char>) = (pattern.chars().collect(), name.chars().collect());
    // The plain matcher goes back at each star, and knows no better.
    if pattern.matches('*').count() <= 4 && parts.len() <= 12 {
        assert_eq!(fits, plainly_fits(&letters, &parts), "{pattern:?} {name:?}");
    }
    if pattern.contains('/') && !name.ends_with('/') {
        assert_eq!(glob.fits_path(name), fits, "{pattern:?} {name:?}");
    }
    match text.parse::<Filter>() {
        Ok(filter) => {
            let _ = entries().map(|entry| filter.shows(&entry, &Names::default()));
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
    match text.parse::<Fault>() {
        Ok(fault) => fails(fault),
        Err(error) => assert!(error.to_string().contains(&format!("{text:?}")), "{error}"),
    }
});

/// What a pattern means, spelled out.
fn plainly_fits(pattern: &[char], name: &[char]) -> bool {
    match (pattern, name) {
        (['*', '*', rest @ ..], _) => (0..=name.len()).any(|taken| plainly_fits(rest, &name[taken..])),
        (['*', rest @ ..], _) => {
            let part = name.iter().position(|letter| *letter == '/').unwrap_or(name.len());
            (0..=part).any(|taken| plainly_fits(rest, &name[taken..]))
        }
        ([wanted, rest @ ..], [letter, left @ ..]) => {
            (wanted == letter || (*wanted == '?' && *letter != '/')) && plainly_fits(rest, left)
        }
        ([], _) => name.is_empty(),
        _ => false,
    }
}

fn entries() -> [Entry; 2] {
    let entry = |what| Entry { guest: None, line: None, number: 0, begin_ns: 0, duration_ns: None, what };
    let path = Arg { name: "path", value: Value::Bytes { shown: b"a/b.txt".to_vec(), whole: 7 } };
    let args = vec![Arg { name: "fd", value: Value::Fd(3) }, path];
    let answer = Answer::Errno(Errno::Noent);
    [
        entry(What::Wasi { call: Call::PathUnlinkFile, args, results: Vec::new(), answer }),
        entry(What::Host {
            function: "demo.demo".to_owned(),
            args: String::new(),
            reply: Reply::Error("ValueError".to_owned()),
        }),
    ]
}

/// A fault that was read fails some call sooner or later, and only with an error number.
fn fails(fault: Fault) {
    let gate = Gate::new(vec![fault], None).expect("it has something to do");
    let memory: &mut [u8] = &mut [0; 64];
    let memory = amphi_wasi::SliceMemory::new(memory);
    for call in Call::ALL {
        let failed = gate.open().enter(&memory, *call, &[0; Call::MAX_PARAMS], || None);
        assert!(failed.is_none_or(|errno| errno != Errno::Success && call.has_result()), "{call:?}");
        if failed.is_none() {
            gate.open().leave(&memory, &[0; Call::MAX_PARAMS], Some(Errno::Success), || 0);
        }
    }
}
