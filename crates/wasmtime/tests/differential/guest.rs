//! The guest: reads a script from standard input, makes its calls, and writes errno and memory after each to standard
//! output. Made from the table of calls, so that none is missing. It must never know which calls a script holds.

use std::fmt::Write as _;

use amphi_wasi::{Call, CoreType};

use crate::generate::{Step, template};

/// The part of memory that calls see: filled from the template before each call, and logged after it.
pub(crate) const ARENA: usize = 4096;

/// Where the script is read to: the template, the number of steps, then the steps.
const SCRIPT: usize = 0x1_0000;
/// Bytes of a step: the call, then nine arguments, 64 bits each.
const STEP: usize = 80;
/// Where the log grows.
const LOG: usize = 0x4_0000;

/// The module.
pub(crate) fn wasm() -> Vec<u8> {
    let mut imports = String::new();
    let (mut blocks, mut targets, mut bodies) = (String::new(), String::new(), String::new());
    for (number, call) in Call::ALL.iter().enumerate() {
        let name = call.name();
        let types: Vec<&str> = call.core_params().map(word).collect();
        let result = if call.has_result() { "(result i32)" } else { "" };
        write!(
            imports,
            "(import \"{}\" \"{name}\" (func ${name} (param {}) {result}))",
            amphi_wasi::MODULE,
            types.join(" ")
        )
        .unwrap();
        blocks.push_str("(block ");
        write!(targets, "{number} ").unwrap();
        let args: String =
            (1..).zip(&types).map(|(at, word)| format!("({word}.load offset={} (local.get $at))", 8 * at)).collect();
        let after = if call.has_result() { "" } else { "(i32.const 0)" };
        write!(bodies, ") (return (call ${name} {args}) {after})").unwrap();
    }
    let wat = format!(
        r#"(module {imports}
          (memory (export "memory") 32)
          (func $step (param $at i32) (result i32)
            {blocks} (br_table {targets} (i32.load (local.get $at))) {bodies} (unreachable))
          (func $iovec (param $at i32) (param $len i32)
            (i32.store (i32.const 0x8000) (local.get $at)) (i32.store (i32.const 0x8004) (local.get $len)))
          (func (export "_start") (local $end i32) (local $left i32) (local $at i32) (local $log i32)
            (local.set $end (i32.const {SCRIPT}))
            (loop $more
              (call $iovec (local.get $end) (i32.const 0x4000))
              (drop (call $fd_read (i32.const 0) (i32.const 0x8000) (i32.const 1) (i32.const 0x8008)))
              (local.set $end (i32.add (local.get $end) (i32.load (i32.const 0x8008))))
              (br_if $more (i32.load (i32.const 0x8008))))
            (local.set $left (i32.load (i32.const {count})))
            (local.set $at (i32.const {steps}))
            (local.set $log (i32.const {LOG}))
            (block $done (loop $next
              (br_if $done (i32.eqz (local.get $left)))
              (memory.copy (i32.const 0) (i32.const {SCRIPT}) (i32.const {ARENA}))
              (i32.store (local.get $log) (call $step (local.get $at)))
              (memory.copy (i32.add (local.get $log) (i32.const 4)) (i32.const 0) (i32.const {ARENA}))
              (local.set $log (i32.add (local.get $log) (i32.const {entry})))
              (local.set $at (i32.add (local.get $at) (i32.const {STEP})))
              (local.set $left (i32.sub (local.get $left) (i32.const 1)))
              (br $next)))
            (local.set $at (i32.const {LOG}))
            (loop $rest
              (call $iovec (local.get $at) (i32.sub (local.get $log) (local.get $at)))
              (drop (call $fd_write (i32.const 1) (i32.const 0x8000) (i32.const 1) (i32.const 0x8008)))
              (local.set $at (i32.add (local.get $at) (i32.load (i32.const 0x8008))))
              (br_if $rest (i32.lt_u (local.get $at) (local.get $log))))))"#,
        count = SCRIPT + ARENA,
        steps = SCRIPT + ARENA + 8,
        entry = ARENA + 4,
    );
    wat::parse_str(wat).unwrap()
}

fn word(core: CoreType) -> &'static str {
    match core {
        CoreType::I32 => "i32",
        CoreType::I64 => "i64",
    }
}

/// A script for the guest's standard input.
pub(crate) fn script(steps: &[Step]) -> Vec<u8> {
    let mut bytes = template();
    bytes.extend((steps.len() as u64).to_le_bytes());
    for step in steps {
        let mut words = [0_u64; STEP / 8];
        words[0] = Call::ALL.iter().position(|call| *call == step.call).unwrap() as u64;
        words[1..=step.args.len()].copy_from_slice(&step.args);
        bytes.extend(words.iter().flat_map(|word| word.to_le_bytes()));
    }
    bytes
}

/// The guest's standard output: errno and memory after each step.
pub(crate) fn log(output: &[u8]) -> Vec<(u32, Vec<u8>)> {
    let entries = output.chunks_exact(ARENA + 4);
    entries.map(|entry| (u32::from_le_bytes(entry[..4].try_into().unwrap()), entry[4..].to_vec())).collect()
}
