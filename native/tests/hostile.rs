//! A guest that passes addresses and lengths outside its memory to every call, in the habitats of amphi's own WASI: an
//! error number comes of each, the same natively and in each browser, and the guest goes on. (wasmtime's WASI ends the
//! guest instead.) Long lists of buffers are the same in all habitats. Must never need python.wasm.
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
    let guest = guest(&calls);
    let [native, browsers @ ..] = ["shim", "chromium", "firefox", "webkit"].map(|habitat| {
        let answers = run(&guest, habitat);
        assert_eq!(answers.len(), calls.len(), "{habitat}");
        answers.into_iter().map(|raw| Errno::from_raw(raw.into()).unwrap()).collect::<Vec<_>>()
    });
    let mut faults = 0;
    for (number, (call, args)) in calls.iter().enumerate() {
        let native = native[number];
        assert_eq!(browsers.each_ref().map(|answers| answers[number]), [native; 3], "{}{args:x?}", call.name());
        let told = native == Errno::Success || call.reasons().iter().any(|(errno, _)| *errno == native);
        assert!(told, "{}{args:x?} is {native}, which the reference does not tell", call.name());
        faults += usize::from(native == Errno::Fault);
    }
    assert!(faults > 200, "only {faults} of {} calls were faults", calls.len());
}

/// Writes with ever longer lists of buffers, each of one byte, and prints what came of each.
const LISTS: &str = r#"(module
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 4)
  (func (export "_start") (local $at i32) (local $count i32)
    (loop $fill
      (i32.store (i32.add (i32.const 0x10000) (i32.mul (local.get $at) (i32.const 8))) (local.get $at))
      (i32.store (i32.add (i32.const 0x10004) (i32.mul (local.get $at) (i32.const 8))) (i32.const 1))
      (local.set $at (i32.add (local.get $at) (i32.const 1)))
      (br_if $fill (i32.lt_u (local.get $at) (i32.const 16384))))
    (memory.fill (i32.const 0) (i32.const 46) (i32.const 16384))
    (local.set $count (i32.const 1))
    (loop $more
      (i32.store (i32.const 0x8008)
        (call $write (i32.const 1) (i32.const 0x10000) (local.get $count) (i32.const 0x800C)))
      (i32.store (i32.const 0x8000) (i32.const 0x8008))
      (i32.store (i32.const 0x8004) (i32.const 8))
      (drop (call $write (i32.const 1) (i32.const 0x8000) (i32.const 1) (i32.const 0x8010)))
      (local.set $count (i32.mul (local.get $count) (i32.const 2)))
      (br_if $more (i32.le_u (local.get $count) (i32.const 16384))))))"#;

#[test]
fn thousands_of_buffers_are_written_alike() {
    let guest = wat::parse_str(LISTS).unwrap();
    let [native, others @ ..] =
        ["wasmtime", "shim", "chromium", "firefox", "webkit"].map(|habitat| run(&guest, habitat));
    assert!(native.starts_with(b".\0\0\0\0\x01\0\0\0") && native.len() >= 15 * 8, "{native:?}");
    assert!(others.iter().all(|other| *other == native), "{native:?} {others:?}");
}

/// What a guest prints in a habitat.
fn run(guest: &[u8], habitat: &str) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let module = folder.path().join("hostile.wasm");
    std::fs::write(&module, guest).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_amphi"))
        .args(["run", "--deterministic", "--habitat", habitat])
        .arg(&module)
        .output()
        .unwrap();
    assert!(output.status.success(), "{habitat}: {}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}
