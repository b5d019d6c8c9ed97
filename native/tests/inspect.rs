//! What `amphi inspect` tells of modules, held to what really runs them, and what `amphi stubs` writes. Must never need
//! python.wasm.
#![allow(clippy::unwrap_used, reason = "a test may fail so")]

mod common;

use std::path::Path;
use std::process::{Command, Output, Stdio};

use common::folder;
use serde_json::Value;

fn amphi(folder: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_amphi"))
        .args(args)
        .current_dir(folder)
        .env("AMPHI_PYTHON", "no-python-here")
        .env("XDG_CACHE_HOME", folder.join("cache"))
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

fn stdout(folder: &Path, args: &[&str]) -> String {
    let output = amphi(folder, args);
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn json(folder: &Path, file: &str) -> Value {
    serde_json::from_str(&stdout(folder, &["inspect", "--json", file])).unwrap()
}

const HELLO: &str = r#"(module $hello
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (import "amphi:host@1" "interrupt" (func (result i32)))
  (import "demo" "demo" (func (param i32) (result i32)))
  (memory (export "memory") 1 4)
  (global (export "base") i32 (i32.const 8))
  (data (i32.const 64) "hello\n")
  (func (export "_start")
    (memory.fill (i32.const 0) (i32.const 0) (i32.const 0))
    (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 16))))
  (@producers (language "Wat" "") (processed-by "wast" "1.0")))"#;

#[test]
fn a_module_is_shown_as_a_page() {
    let folder = folder(&[("hello.wat", HELLO)]);
    let expected = r#"hello.wat: a command, 268 bytes

Imports from wasi_snapshot_preview1
  fd_write(fd: i32, iovs: i32, iovs_len: i32, written: i32) -> i32
      Writes to a file at the descriptor's offset, or to standard output or
      error.

Imports from amphi:host@1
  interrupt() -> i32
      The number of a signal to raise, or 0; never waits.

Imports from demo
  demo(i32) -> i32

Exports
  memory: memory, 1 page (64 KiB), at most 4 pages (256 KiB)
  base: global, i32
  _start()

Inside
  name       hello
  functions  1, 22 bytes of code
  memory     1 page (64 KiB), at most 4 pages (256 KiB)
  globals    1
  data       1 segment, 6 bytes
  custom     producers (39 bytes), name (18 bytes)
  features   bulk-memory-opt

Made with
  language      Wat
  processed by  wast 1.0

Does not run in wasmtime, shim, chromium, firefox, webkit
  unknown import demo::demo
  (each of them takes demo from a host module: amphi run --host demo=FILE)

Not as a host module
  it is a program, with _start and no other function; a host module is a library
      that exports functions: in Go //go:wasmexport before each and
      -buildmode=c-shared, in Rust crate-type = ["cdylib"], in C
      -mexec-model=reactor
"#;
    let shown = stdout(folder.path(), &["inspect", "hello.wat"]);
    assert_eq!(shown, expected);
    assert!(shown.lines().all(|line| line.chars().count() <= 80));
}

#[test]
fn a_library_is_shown_as_a_host_module() {
    let text = r#"(module
      (func (export "div-mod") (param $a i64) (param i64) (result i64 i64) (local.get 0) (local.get 1))
      (func (export "amphi_serve") (result i32) (i32.const 0)))"#;
    let folder = folder(&[("my-demo.wat", text)]);
    let shown = stdout(folder.path(), &["inspect", "my-demo.wat"]);
    for part in [
        "my-demo.wat: a library,",
        "  div-mod(a: i64, i64) -> (i64, i64)\n",
        "  no _start and no _initialize\n",
        "  amphi run --host my_demo=my-demo.wat lets Python import my_demo, with\n",
        "    div_mod(a: s64, arg1: s64) -> tuple<s64, s64>\n",
        "  it exports amphi_serve, but lacks amphi_room, ",
    ] {
        assert!(shown.contains(part), "{part:?} is not in\n{shown}");
    }
}

#[test]
fn the_object_has_what_programs_need() {
    let folder = folder(&[("hello.wat", HELLO)]);
    let found = json(folder.path(), "hello.wat");
    assert_eq!((&found["file"], &found["role"]), (&"hello.wat".into(), &"command".into()));
    assert_eq!(found["imports"][0]["params"][0], serde_json::json!({ "name": "fd", "type": "i32" }));
    assert!(found["imports"][1]["about"].as_str().unwrap().starts_with("The number of a signal"));
    assert_eq!(found["imports"][2].get("about"), None);
    assert_eq!(found["exports"][0]["max_pages"], 4);
    assert_eq!(found["features"], serde_json::json!(["bulk-memory-opt"]));
    let habitats = found["habitats"].as_array().unwrap();
    assert_eq!(habitats.len(), 5);
    let shim = serde_json::json!({ "habitat": "shim", "runs": false, "missing": ["unknown import demo::demo"] });
    assert_eq!(habitats[1], shim);
    assert_eq!(found["python"]["present"], serde_json::json!([]));
}

/// What the two native habitats lack is found out by running; each of these is one thing that may be lacking.
#[test]
fn the_judgement_is_what_running_comes_to() {
    for (name, fields) in [
        ("nothing", r#"(func (export "_start"))"#),
        ("simd", r#"(func (export "_start") (drop (v128.const i64x2 0 0)))"#),
        ("relaxed-simd", r#"(func (export "_start") (drop (i32x4.relaxed_trunc_f32x4_s (v128.const i64x2 0 0))))"#),
        ("tail-call", r#"(func $f) (func (export "_start") (return_call $f))"#),
        ("exceptions", r#"(tag $t) (func (export "_start") (block $b (try_table (catch_all $b) (throw $t))))"#),
        ("legacy-exceptions", r#"(func (export "_start") try catch_all end)"#),
        ("gc", r#"(type $s (struct (field i32))) (func (export "_start") (drop (struct.new_default $s)))"#),
        ("function-references", r#"(type $f (func)) (func (export "_start") (local (ref null $f)))"#),
        ("reference-types", r#"(table 1 externref) (func (export "_start"))"#),
        ("memory64", r#"(memory i64 1) (func (export "_start"))"#),
        ("multi-memory", r#"(memory 1) (memory 1) (func (export "_start"))"#),
        ("atomics", r#"(memory 1) (func (export "_start") (drop (i32.atomic.load (i32.const 0))))"#),
        ("shared memory", r#"(memory 1 2 shared) (func (export "_start"))"#),
        ("extended-const", r#"(global i32 (i32.add (i32.const 1) (i32.const 2))) (func (export "_start"))"#),
        ("custom-page-sizes", r#"(memory 1 (pagesize 1)) (func (export "_start"))"#),
        ("wide-arithmetic", r#"(func (export "_start") (i64.mul_wide_s (i64.const 0) (i64.const 0)) drop drop)"#),
        ("stack-switching", r#"(type $f (func)) (type $c (cont $f)) (func (export "_start") (local (ref null $c)))"#),
        ("no entry", r#"(func (export "run"))"#),
        ("another entry", r#"(func (export "_start") (param i32))"#),
        ("an entry that is none", r#"(memory (export "_start") 1)"#),
        ("a reactor", r#"(func (export "_initialize"))"#),
        ("an import", r#"(import "env" "go" (func)) (func (export "_start"))"#),
        ("an imported memory", r#"(import "env" "memory" (memory 1)) (func (export "_start"))"#),
        (
            "an answer of a plugin",
            r#"(import "env" "return_result" (func (param i32 i32 i32)))
               (memory (export "memory") 1) (func (export "_start"))"#,
        ),
        ("a call of nobody's", r#"(import "wasi_snapshot_preview1" "fd_dup" (func)) (func (export "_start"))"#),
        (
            "a call of another type",
            r#"(import "wasi_snapshot_preview1" "fd_close" (func (param i64) (result i32)))
               (memory (export "memory") 1) (func (export "_start"))"#,
        ),
        (
            "a call without memory",
            r#"(import "wasi_snapshot_preview1" "fd_write" (func $f (param i32 i32 i32 i32) (result i32)))
               (func (export "_start") (drop (call $f (i32.const 1) (i32.const 0) (i32.const 0) (i32.const 0))))"#,
        ),
        (
            "a call",
            r#"(import "wasi_snapshot_preview1" "sched_yield" (func $f (result i32)))
               (memory (export "memory") 1) (func (export "_start") (drop (call $f)))"#,
        ),
    ] {
        let folder = folder(&[("m.wat", &format!("(module {fields})"))]);
        let found = json(folder.path(), "m.wat");
        for (at, habitat) in ["wasmtime", "shim"].into_iter().enumerate() {
            let judged = &found["habitats"][at];
            assert_eq!(judged["habitat"], habitat);
            let output = amphi(folder.path(), &["run", "--habitat", habitat, "m.wat"]);
            let stderr = String::from_utf8_lossy(&output.stderr);
            assert_eq!(judged["runs"], output.status.success(), "{name} in {habitat}: {judged} {stderr}");
        }
    }
}

#[test]
fn what_is_no_module_is_one_clear_message() {
    let folder = folder(&[
        ("text.wasm", "hello, this is not wasm"),
        ("component.wasm", "\0asm\r\0\x01\0"),
        ("component.wat", "(component)"),
        ("short.wasm", "\0asm\x01\0\0\0\x01\x09"),
        ("header.wasm", "\0asm"),
        ("empty.wasm", ""),
        ("broken.wat", "(module\n  (func $f unknown))"),
        ("wrong.wat", "(module\n  (func (result i32) (i64.const 1)))"),
        ("broken.wit", "interface demo {\n  f: fnc();\n}"),
        ("script.py", "print(1)"),
        ("none/script.py", "print(1)"),
        ("none/amphi.toml", "script = \"script.py\"\n"),
    ]);
    for (line, code, parts) in [
        ("inspect nope.wasm", 1, &["nope.wasm is not there; name a .wasm or .wat file"][..]),
        ("inspect none", 1, &["none is a folder; name a .wasm or .wat file"]),
        ("inspect text.wasm", 1, &["text.wasm is not WebAssembly: it does not start with \\0asm"]),
        ("inspect empty.wasm", 1, &["empty.wasm is not WebAssembly"]),
        ("inspect script.py", 1, &["script.py is not WebAssembly"]),
        ("inspect component.wasm", 1, &["component.wasm is a WebAssembly component; what runs here is a core module"]),
        ("inspect component.wat", 1, &["component.wat:1:", "a component"]),
        ("inspect short.wasm", 1, &["short.wasm is not a valid module: unexpected end", "(at byte 0x"]),
        ("inspect header.wasm", 1, &["header.wasm is not a valid module: unexpected end"]),
        ("inspect broken.wat", 1, &["broken.wat:2:", "unknown"]),
        ("inspect wrong.wat", 1, &["wrong.wat:2:", "type mismatch"]),
        ("inspect", 2, &["FILE"]),
        ("stubs nope.py", 1, &["nope.py is not there"]),
        ("stubs none", 1, &["none has no host modules; [host.NAME] in amphi.toml or --host NAME=FILE gives it one"]),
        ("stubs script.py --host demo=wrong.wat", 1, &["wrong.wat:2:"]),
        ("stubs broken.wit", 1, &["broken.wit:2:"]),
        ("stubs nope.wit", 1, &["cannot read nope.wit"]),
        ("stubs broken.wit --host demo=wrong.wat", 1, &["--host adds to a program"]),
        ("stubs script.py --host demo", 1, &["--host demo: write NAME=FILE"]),
    ] {
        let output = amphi(folder.path(), &line.split(' ').collect::<Vec<_>>());
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(code), "{line}: {stderr}");
        assert!(output.stdout.is_empty(), "{line}");
        for part in parts {
            assert!(stderr.contains(part), "{line}: {part:?} is not in {stderr:?}");
        }
    }
}

#[test]
fn stubs_are_printed_or_written() {
    let folder = folder(&[
        ("hello/amphi.toml", "[host.demo]\nwit = \"demo.wit\"\nwat = \"demo.wat\"\n[host.other]\nwat = \"demo.wat\"\n"),
        ("hello/main.py", "import demo, other"),
        ("hello/demo.wit", "interface demo {\n  /// Adds.\n  demo: func(a: s32, b: s32) -> bool;\n}"),
        ("hello/demo.wat", r#"(module (func (export "demo") (param i32 i32) (result i32) (i32.const 0)))"#),
        ("script.py", "import plain"),
    ]);
    let demo = "__all__ = [\"demo\"]\n\ndef demo(a: int, b: int) -> bool:\n    \"\"\"Adds.\"\"\"\n    ...\n";
    let other = "__all__ = [\"demo\"]\n\ndef demo(arg0: int, arg1: int) -> int: ...\n";
    let run = |line: &str| stdout(folder.path(), &line.split(' ').collect::<Vec<_>>());
    assert_eq!(run("stubs hello"), format!("# demo.pyi\n{demo}\n# other.pyi\n{other}"));
    assert_eq!(run("stubs hello/demo.wit"), demo);
    assert_eq!(run("stubs script.py --host plain=hello/demo.wat"), other);
    assert_eq!(
        run("stubs hello --out deep/folder"),
        "deep/folder/demo.pyi\ndeep/folder/other.pyi\ndeep/folder/amphi.pyi\n"
    );
    let written = |path: &str| std::fs::read_to_string(folder.path().join(path)).unwrap();
    assert_eq!((written("deep/folder/demo.pyi"), written("deep/folder/other.pyi")), (demo.into(), other.into()));
}

#[test]
fn help_teaches_with_examples() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    for (command, part) in
        [("inspect", "amphi inspect --json"), ("stubs", "amphi stubs script.py --host demo=demo.wat")]
    {
        assert!(stdout(here, &[command, "--help"]).contains(part), "{command}");
    }
}
