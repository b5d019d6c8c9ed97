//! What the tests of both habitats share: a guest from WebAssembly text, and a run of it.

use amphi_core::Outcome;
use amphi_wasmtime::{Cache, Engine, Error, Kind, Sandbox, Start, Wasm};
use std::sync::LazyLock;

/// One engine for all tests of a file: making one costs more than most runs.
pub(crate) static ENGINE: LazyLock<Engine> = LazyLock::new(Engine::new);

pub(crate) const BOTH: [Kind; 2] = [Kind::Wasmtime, Kind::Shim];

/// Imports that most guests need, and a place for one iovec at address 0 and its result at 8.
const PRELUDE: &str = r#"
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_read" (func $fd_read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
  (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll_oneoff (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_open"
    (func $path_open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func $iovec (param $at i32) (param $len i32)
    (i32.store (i32.const 0) (local.get $at))
    (i32.store (i32.const 4) (local.get $len)))
  (func $print (param $fd i32) (param $at i32) (param $len i32)
    (call $iovec (local.get $at) (local.get $len))
    (drop (call $fd_write (local.get $fd) (i32.const 0) (i32.const 1) (i32.const 8))))
  ;; Sleeps so many nanoseconds on the monotonic clock and gives the errno; the subscription is at 512.
  (func $sleep (param $ns i64) (result i32)
    (i64.store (i32.const 512) (i64.const 7))
    (i32.store8 (i32.const 520) (i32.const 0))
    (i32.store (i32.const 528) (i32.const 1))
    (i64.store (i32.const 536) (local.get $ns))
    (i64.store (i32.const 544) (i64.const 0))
    (i32.store16 (i32.const 552) (i32.const 0))
    (call $poll_oneoff (i32.const 512) (i32.const 576) (i32.const 1) (i32.const 620)))
"#;

/// A guest whose imports and memory are the prelude's; `extra` imports come before them.
pub(crate) fn guest(extra: &str, body: &str) -> Vec<u8> {
    wat::parse_str(format!("(module {extra} {PRELUDE} {body})")).unwrap()
}

/// A module ready to run, compiled without a cache.
pub(crate) fn sandbox(kind: Kind, wasm: &[u8]) -> Result<Sandbox, Error> {
    Sandbox::new(&ENGINE, &Cache::new(None), kind, &Wasm::from_bytes("guest", wasm), None, &[], &mut |_| {})
}

/// Runs a guest with what `change` makes of a plain start.
pub(crate) fn run(kind: Kind, wasm: &[u8], change: impl FnOnce(&mut Start)) -> Outcome {
    let mut start = Start::new(vec!["guest".to_owned()]);
    change(&mut start);
    sandbox(kind, wasm).unwrap().start(start).unwrap().finish().unwrap()
}
