//! A guest that passes addresses and lengths outside its memory to every call, in the habitats of amphi's own WASI: an
//! error number comes of each, the same natively and in a browser, and the guest goes on. (wasmtime's WASI ends the
//! guest instead.) Must never need python.wasm.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may fail so")]

use std::fmt::Write as _;
use std::process::Command;

use amphi_wasi::{Call, CoreType, Errno, Kind};

/// Where one error number a call is kept, until all are written out.
const ANSWERS: usize = 0x1000;

/// Addresses that are wrong, or nearly: the end of memory, one page; not aligned; the end of what 32 bits can address.
const ADDRESSES: &[u32] = &[0x1_0000, 0xFFFF, 0xFFFC, 0x0FF1, 0x7FFF_FFF8, 0x8000_0000, 0xFFFF_FFF8, 0xFFFF_FFFF];
/// Lengths and counts that no memory holds.
const LENGTHS: &[u32] = &[0x1_0001, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF];
/// Numbers that mean nothing.
const NUMBERS: &[u64] = &[0x80, 0xFFFF, 0x7FFF_FFFF, 0xFFFF_FFFF, u64::MAX];

/// Each call with one argument after the other replaced by what is wrong.
fn calls() -> Vec<(Call, Vec<u64>)> {
    let mut calls = Vec::new();
    for call in Call::ALL.iter().copied().filter(|call| call.has_result()) {
        let params = call.params();
        // Harmless ones: an address in the middle that holds zeros, descriptors that are not open.
        let usual: Vec<u64> = params
            .iter()
            .map(|param| match param.kind {
                Kind::Fd => 3,
                Kind::Size => 1,
                kind if kind.is_address() => 0x800,
                _ => 0,
            })
            .collect();
        for (at, param) in params.iter().enumerate() {
            let wrong: Vec<u64> = match param.kind {
                Kind::Size => LENGTHS.iter().copied().map(u64::from).collect(),
                kind if kind.is_address() => ADDRESSES.iter().copied().map(u64::from).collect(),
                _ => NUMBERS.to_vec(),
            };
            for number in wrong {
                let mut args = usual.clone();
                args[at] = number;
                calls.push((call, args));
            }
        }
    }
    calls
}

fn guest(calls: &[(Call, Vec<u64>)]) -> Vec<u8> {
    let (mut imports, mut body) = (String::new(), String::new());
    for call in Call::ALL.iter().filter(|call| call.has_result()) {
        let types: Vec<&str> = call.core_params().map(word).collect();
        let (name, types) = (call.name(), types.join(" "));
        let module = amphi_wasi::MODULE;
        writeln!(imports, "(import \"{module}\" \"{name}\" (func ${name} (param {types}) (result i32)))").unwrap();
    }
    for (number, (call, args)) in calls.iter().enumerate() {
        let args: Vec<String> = call
            .core_params()
            .zip(args)
            .map(|(core, arg)| match core {
                CoreType::I32 => format!("(i32.const {})", arg & 0xFFFF_FFFF),
                CoreType::I64 => format!("(i64.const {})", arg.cast_signed()),
            })
            .collect();
        let at = ANSWERS + number;
        // What an earlier call wrote, such as a time, is no part of what a later one finds.
        writeln!(body, "(memory.fill (i32.const 0x100) (i32.const 0) (i32.const 0xF00))").unwrap();
        writeln!(body, "(memory.fill (i32.const 0xF000) (i32.const 0) (i32.const 0x1000))").unwrap();
        writeln!(body, "(i32.store8 (i32.const {at}) (call ${} {}))", call.name(), args.join(" ")).unwrap();
    }
    let text = format!(
        "(module {imports} (memory (export \"memory\") 1 1) (func (export \"_start\")\n{body}\
         (i32.store (i32.const 0) (i32.const {ANSWERS})) (i32.store (i32.const 4) (i32.const {}))\
         (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 16)))))",
        calls.len()
    );
    wat::parse_str(text).unwrap()
}

fn word(core: CoreType) -> &'static str {
    match core {
        CoreType::I32 => "i32",
        CoreType::I64 => "i64",
    }
}

#[test]
fn wrong_addresses_and_numbers_are_answered_alike() {
    let calls = calls();
    assert!(ANSWERS + calls.len() < 0xF000, "there is no room for {} answers", calls.len());
    let folder = tempfile::tempdir().unwrap();
    let module = folder.path().join("hostile.wasm");
    std::fs::write(&module, guest(&calls)).unwrap();
    let answers = |habitat: &str| {
        let output = Command::new(env!("CARGO_BIN_EXE_amphi"))
            .args(["run", "--deterministic", "--habitat", habitat])
            .arg(&module)
            .output()
            .unwrap();
        assert!(output.status.success(), "{habitat}: {}", String::from_utf8_lossy(&output.stderr));
        assert_eq!(output.stdout.len(), calls.len(), "{habitat}");
        output.stdout
    };
    let (native, browser) = (answers("shim"), answers("chromium"));
    let mut faults = 0;
    for ((call, args), (native, browser)) in calls.iter().zip(native.iter().zip(&browser)) {
        let errno = |raw: u8| Errno::from_raw(raw.into()).unwrap();
        let (native, browser) = (errno(*native), errno(*browser));
        assert_eq!(native, browser, "{}{args:x?}", call.name());
        let told = native == Errno::Success || call.reasons().iter().any(|(errno, _)| *errno == native);
        assert!(told, "{}{args:x?} is {native}, which the reference does not tell", call.name());
        faults += usize::from(native == Errno::Fault);
    }
    assert!(faults > 200, "only {faults} of {} calls were faults", calls.len());
}
