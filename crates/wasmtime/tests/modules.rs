//! Which modules are taken, what others are told, and what crosses between guest, host modules and files.
#![allow(clippy::unwrap_used, reason = "a test may fail so")]

mod support;

use amphi_core::habitat::{Captured, Habitat as _};
use amphi_core::{Body, Change, Exit, Guest, HostSource, Program, Source};
use amphi_wasmtime::{Cache, Kind, Mount, Native, Notice, Sandbox, Wasm};
use support::{BOTH, ENGINE, guest, run, sandbox};

#[test]
fn what_cannot_run_is_told_why() {
    let library = "(module (memory (export \"memory\") 1) (func (export \"_initialize\")))";
    let missing = "(module (import \"env\" \"go\" (func)) (import \"env\" \"back\" (func)) (func (export \"_start\")))";
    let typed = "(module (import \"wasi_snapshot_preview1\" \"fd_close\" (func)) (func (export \"_start\")))";
    let unknown = "(module (import \"wasi_snapshot_preview1\" \"fd_dup\" (func)) (func (export \"_start\")))";
    for (name, wasm, parts) in [
        ("a library", wat::parse_str(library).unwrap(), &["guest has no function _start", "memory, _initialize"][..]),
        (
            "a missing import",
            wat::parse_str(missing).unwrap(),
            &["guest: unknown import env::go, env::back", "amphi:host@1.{"],
        ),
        ("a call WASI has not", wat::parse_str(unknown).unwrap(), &["wasi_snapshot_preview1::fd_dup", "all 46"]),
        ("a call of another type", wat::parse_str(typed).unwrap(), &["guest does not fit", "fd_close"]),
        ("no wasm", b"hello".to_vec(), &["guest is not a WebAssembly module"]),
        ("broken wasm", b"\0asm\x01\0\0\0\xff\xff".to_vec(), &["guest is not a WebAssembly module"]),
        ("a component", b"\0asm\x0d\0\x01\0".to_vec(), &["guest is a WebAssembly component"]),
    ] {
        for kind in BOTH {
            let message = sandbox(kind, &wasm).unwrap_err().to_string();
            for part in parts {
                assert!(message.contains(part), "{name}: {message}");
            }
        }
    }
}

fn demo() -> HostSource {
    let wat = r#"(module
      (global $calls (mut i32) (i32.const 0))
      (func (export "demo") (param $a i32) (param $b i32) (result i32)
        (i32.mul (i32.add (local.get $a) (local.get $b)) (i32.const 10)))
      (func (export "half") (param f64) (result f64) (f64.div (local.get 0) (f64.const 2)))
      (func (export "count") (result i64)
        (global.set $calls (i32.add (global.get $calls) (i32.const 1)))
        (i64.extend_i32_s (global.get $calls)))
      (func (export "divide") (param i32 i32) (result i32) (i32.div_s (local.get 0) (local.get 1))))"#;
    HostSource::new("demo", Body::Wat(Source::new("demo.wat", wat)))
}

fn in_habitat(kind: Kind, program: &Program) -> Result<amphi_core::Outcome, String> {
    let mut native = Native::new(ENGINE.clone(), Cache::new(None), kind, None);
    native.run(program, &mut Captured::default()).map_err(|error| error.to_string())
}

#[test]
fn a_guest_imports_host_functions_by_name() {
    let imports = r#"
      (import "demo" "demo" (func $demo (param i32 i32) (result i32)))
      (import "demo" "half" (func $half (param f64) (result f64)))
      (import "demo" "count" (func $count (result i64)))
      (import "demo" "divide" (func $divide (param i32 i32) (result i32)))"#;
    for (name, body, exit) in [
        ("two ints", "(call $proc_exit (call $demo (i32.const 1) (i32.const 2)))", Exit::Code(30)),
        ("floats", "(call $proc_exit (i32.trunc_f64_s (call $half (f64.const 9))))", Exit::Code(4)),
        ("state", "(drop (call $count)) (call $proc_exit (i32.wrap_i64 (call $count)))", Exit::Code(2)),
    ] {
        let wasm = guest(imports, &format!("(func (export \"_start\") {body})"));
        let mut program = Program::new("guest", Guest::Wasm(wasm.into()));
        program.hosts.push(demo());
        for kind in BOTH {
            assert_eq!(in_habitat(kind, &program).unwrap().exit, exit, "{name} in {}", kind.name());
        }
    }
    let wasm = guest(imports, "(func (export \"_start\") (drop (call $divide (i32.const 1) (i32.const 0))))");
    let mut program = Program::new("guest", Guest::Wasm(wasm.into()));
    program.hosts.push(demo());
    for kind in BOTH {
        let Exit::Trap(why) = in_habitat(kind, &program).unwrap().exit else { panic!("{}", kind.name()) };
        assert!(why.contains("integer divide by zero"), "{why}");
    }
    let wasm = guest("(import \"demo\" \"demo\" (func (param i64) (result i32)))", "(func (export \"_start\"))");
    let mut program = Program::new("guest", Guest::Wasm(wasm.into()));
    program.hosts.push(demo());
    let message = in_habitat(Kind::Shim, &program).unwrap_err();
    assert!(message.contains("imports demo::demo as") && message.contains("offered as"), "{message}");
}

#[test]
fn a_guest_calls_host_functions_through_the_abi() {
    // Calls function 0 flat with 1 and 2 and exits with the result.
    let wasm = guest(
        "(import \"amphi:host@1\" \"call_flat\" (func $call_flat (param i32 i32) (result i32)))",
        r#"(func (export "_start")
          (i64.store (i32.const 128) (i64.const 1))
          (i64.store (i32.const 136) (i64.const 2))
          (if (call $call_flat (i32.const 0) (i32.const 128)) (then unreachable))
          (call $proc_exit (i32.load (i32.const 128))))"#,
    );
    let mut program = Program::new("guest", Guest::Wasm(wasm.into()));
    program.hosts.push(demo());
    for kind in BOTH {
        assert_eq!(in_habitat(kind, &program).unwrap().exit, Exit::Code(30), "{}", kind.name());
    }
}

#[test]
fn output_also_goes_to_the_streams_and_input_comes_from_them() {
    #[derive(Default)]
    struct Person(Captured, Vec<&'static str>);
    impl amphi_core::habitat::Streams for Person {
        fn write(&mut self, stream: amphi_core::habitat::OutputStream, bytes: &[u8]) {
            self.0.write(stream, bytes);
        }
        fn read(&mut self, out: &mut [u8]) -> usize {
            let line = self.1.pop().unwrap_or_default();
            out[..line.len()].copy_from_slice(line.as_bytes());
            line.len()
        }
    }
    let wasm = guest(
        "",
        r#"(func (export "_start")
          (loop $more
            (call $iovec (i32.const 1024) (i32.const 100))
            (drop (call $fd_read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)))
            (call $print (i32.const 1) (i32.const 1024) (i32.load (i32.const 8)))
            (br_if $more (i32.load (i32.const 8)))))"#,
    );
    let program = Program::new("guest", Guest::Wasm(wasm.into()));
    for kind in BOTH {
        let mut person = Person(Captured::default(), vec!["two\n", "one\n"]);
        let mut native = Native::new(ENGINE.clone(), Cache::new(None), kind, None);
        let outcome = native.run(&program, &mut person).unwrap();
        assert_eq!(person.0.stdout, b"one\ntwo\n", "{}", kind.name());
        assert_eq!(&outcome.stdout[..], b"one\ntwo\n", "{}", kind.name());
    }
}

/// Creates `new.txt` under descriptor 3 and prints into it.
const WRITES: &str = r#"(data (i32.const 64) "new.txthello")
  (func (export "_start")
    (if (call $path_open (i32.const 3) (i32.const 0) (i32.const 64) (i32.const 7) (i32.const 9)
          (i64.const 0x40) (i64.const 0) (i32.const 0) (i32.const 100))
      (then (call $proc_exit (i32.const 1))))
    (call $print (i32.load (i32.const 100)) (i32.const 71) (i32.const 5)))"#;

#[test]
fn files_are_reported_or_written_back() {
    let wasm = guest("", WRITES);
    for kind in BOTH {
        let outcome = run(kind, &wasm, |start| {
            let files = vec![("kept.txt".to_owned(), b"kept".to_vec())];
            start.mounts.push(Mount::Scratch { guest: "/work".to_owned(), files });
        });
        assert_eq!(outcome.exit, Exit::Code(0), "{}", kind.name());
        let [file] = &outcome.files[..] else { panic!("{:?}", outcome.files) };
        assert_eq!(file.path, "new.txt");
        assert_eq!(file.change, Change::Added("hello".into()));

        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("old.txt"), "old").unwrap();
        for (writable, exit) in [(false, 1), (true, 0)] {
            let mount = Mount::Folder { host: folder.path().to_owned(), guest: "/data".to_owned(), writable };
            let outcome = run(kind, &wasm, |start| start.mounts.push(mount));
            assert_eq!(outcome.exit, Exit::Code(exit), "{} {writable}", kind.name());
        }
        assert_eq!(std::fs::read_to_string(folder.path().join("new.txt")).unwrap(), "hello", "{}", kind.name());
        assert_eq!(std::fs::read_to_string(folder.path().join("old.txt")).unwrap(), "old", "{}", kind.name());
    }
}

#[test]
fn a_mount_that_is_not_there_is_named() {
    let wasm = guest("", "(func (export \"_start\"))");
    for kind in BOTH {
        let mut start = amphi_wasmtime::Start::new(Vec::new());
        start.mounts.push(Mount::Folder { host: "/no/such".into(), guest: "/data".to_owned(), writable: true });
        let message = sandbox(kind, &wasm).unwrap().start(start).unwrap_err().to_string();
        assert!(message.starts_with("cannot mount /no/such: "), "{message}");
    }
}

#[cfg(unix)]
#[test]
fn writing_back_never_leaves_the_mount() {
    // The guest removes the link `out` and makes a folder of that name with a file in it.
    let wasm = guest(
        r#"(import "wasi_snapshot_preview1" "path_unlink_file" (func $unlink (param i32 i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "path_create_directory" (func $mkdir (param i32 i32 i32) (result i32)))"#,
        r#"(data (i32.const 64) "out/new.txthello")
        (func (export "_start")
          (if (call $unlink (i32.const 3) (i32.const 64) (i32.const 3)) (then (call $proc_exit (i32.const 1))))
          (if (call $mkdir (i32.const 3) (i32.const 64) (i32.const 3)) (then (call $proc_exit (i32.const 2))))
          (if (call $path_open (i32.const 3) (i32.const 0) (i32.const 64) (i32.const 11) (i32.const 9)
                (i64.const 0x40) (i64.const 0) (i32.const 0) (i32.const 100))
            (then (call $proc_exit (i32.const 3))))
          (call $print (i32.load (i32.const 100)) (i32.const 75) (i32.const 5)))"#,
    );
    let (outside, mounted) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    std::os::unix::fs::symlink(outside.path(), mounted.path().join("out")).unwrap();
    let mut start = amphi_wasmtime::Start::new(Vec::new());
    start.mounts.push(Mount::Folder { host: mounted.path().to_owned(), guest: "/data".to_owned(), writable: true });
    let ended = sandbox(Kind::Shim, &wasm).unwrap().start(start).unwrap().finish();
    assert!(ended.unwrap_err().to_string().contains("is a link"));
    assert_eq!(std::fs::read_dir(outside.path()).unwrap().count(), 0, "nothing was written outside");
}

#[test]
fn compiled_code_is_kept_and_found_again() {
    let folder = tempfile::tempdir().unwrap();
    let cache = Cache::new(Some(folder.path().join("compiled")));
    let wasm = Wasm::from_bytes("guest", guest("", "(func (export \"_start\"))"));
    let notices = |cache: &Cache| {
        let mut heard = Vec::new();
        Sandbox::new(&ENGINE, cache, Kind::Shim, &wasm, None, &[], &mut |notice| heard.push(notice)).unwrap();
        heard
    };
    assert!(matches!(&notices(&cache)[..], [Notice::Compiling { .. }, Notice::Compiled { .. }]));
    assert_eq!(notices(&cache), [], "the second time it is there");
    let [file] = &list(&folder.path().join("compiled"))[..] else { panic!("one file and nothing temporary") };
    // A file that is broken is made again.
    std::fs::write(folder.path().join("compiled").join(file), "broken").unwrap();
    assert_eq!(notices(&cache).len(), 2);
    assert_eq!(notices(&cache), []);

    // Where nothing can be kept, everything works, and it is said.
    std::fs::write(folder.path().join("file"), "").unwrap();
    let nowhere = Cache::new(Some(folder.path().join("file").join("compiled")));
    assert!(matches!(&notices(&nowhere)[..], [_, _, Notice::NotKept { .. }]));
}

fn list(folder: &std::path::Path) -> Vec<String> {
    std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

#[test]
fn a_snapshot_keeps_what_initialising_left_and_is_the_same_each_time() {
    let wasm = wat::parse_str(
        r#"(module
          (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
          (import "wasi_snapshot_preview1" "random_get" (func $random (param i32 i32) (result i32)))
          (import "wasi_snapshot_preview1" "clock_time_get" (func $clock (param i32 i64 i32) (result i32)))
          (memory (export "memory") 1)
          (func (export "wizer-initialize")
            (drop (call $random (i32.const 64) (i32.const 16)))
            (drop (call $clock (i32.const 0) (i64.const 0) (i32.const 80)))
            (drop (call $clock (i32.const 1) (i64.const 0) (i32.const 88)))
            (i32.store (i32.const 0) (i32.const 42)))
          (func (export "_start") (call $proc_exit (i32.load (i32.const 0)))))"#,
    )
    .unwrap();
    let first = amphi_wasmtime::snapshot(&wasm, "wizer-initialize", &[]).unwrap();
    assert!(first == amphi_wasmtime::snapshot(&wasm, "wizer-initialize", &[]).unwrap());
    for kind in BOTH {
        assert_eq!(run(kind, &first, |_| {}).exit, Exit::Code(42));
    }
    let message = amphi_wasmtime::snapshot(&wasm, "nothing", &[]).unwrap_err().to_string();
    assert!(message.contains("nothing"), "{message}");
}
