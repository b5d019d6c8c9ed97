//! What the command tells those who ask for something that cannot be: one clear message, a code that is not 0, no
//! panic. Must never need python.wasm.
#![allow(clippy::unwrap_used, reason = "a test may fail so")]

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// A folder with everything that is wrong in some way.
struct Mistakes(tempfile::TempDir);

impl Mistakes {
    fn make() -> Self {
        let folder = tempfile::tempdir().unwrap();
        for (path, content) in [
            ("empty/readme.txt", &b"nothing to run"[..]),
            ("unknown/amphi.toml", b"# one\nscrip = \"main.py\"\n"),
            ("type/amphi.toml", b"script = \"main.py\"\nargs = \"one\"\n"),
            ("type/main.py", b""),
            ("syntax/amphi.toml", b"script = \n"),
            ("gone/amphi.toml", b"script = \"gone.py\"\n"),
            ("latin.py", b"print(1)\nprint('\xe9')\n"),
            ("text.wasm", b"hello, this is not wasm"),
            ("component.wasm", b"\0asm\x0d\0\x01\0"),
            ("broken.wat", b"(module\n  (func $f unknown))"),
            ("imports.wat", b"(module (import \"env\" \"go\" (func)) (func (export \"_start\")))"),
            ("library.wat", b"(module (func (export \"add\")))"),
            ("host.wat", b"(module (import \"env\" \"go\" (func)) (func (export \"f\")))"),
            ("fine.wat", b"(module (memory (export \"memory\") 1) (func (export \"_start\")))"),
        ] {
            let file = folder.path().join(path);
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(file, content).unwrap();
        }
        Self(folder)
    }

    fn run(&self, args: &[&str]) -> Output {
        amphi(self.0.path(), args)
    }
}

fn amphi(folder: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_amphi"))
        .args(args)
        .current_dir(folder)
        // No mistake may depend on what this machine has built.
        .env("AMPHI_PYTHON", "no-python-here")
        .env("XDG_CACHE_HOME", folder.join("cache"))
        .env("RUST_BACKTRACE", "1")
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

#[test]
fn a_mistake_is_one_clear_message() {
    let mistakes = Mistakes::make();
    for (line, code, parts) in [
        ("run nope.py", 1, &["nope.py is not there", "amphi.toml"][..]),
        ("run empty", 1, &["empty is a folder without amphi.toml"]),
        ("run unknown", 1, &["unknown/amphi.toml:2:", "'scrip'", "script"]),
        ("run type", 1, &["type/amphi.toml:2:", "'args'"]),
        ("run syntax", 1, &["syntax/amphi.toml:1:"]),
        ("run gone", 1, &["gone/amphi.toml:1:", "gone.py"]),
        ("run latin.py", 1, &["latin.py:2: the script is not UTF-8"]),
        ("run text.wasm", 1, &["text.wasm is not a WebAssembly module"]),
        ("run component.wasm", 1, &["component.wasm is a WebAssembly component", "wasm32-wasip1"]),
        ("run broken.wat", 1, &["broken.wat:2:", "unknown"]),
        ("run imports.wat", 1, &["imports.wat: unknown import env::go", "wasi_snapshot_preview1", "--host"]),
        ("run library.wat", 1, &["library.wat has no function _start", "it exports add"]),
        ("run -u fine.wat", 1, &["-u is a flag of Python's"]),
        ("run --dir nope::/data fine.wat", 1, &["cannot mount nope as /data", "No such file"]),
        ("run --dir text.wasm::/data fine.wat", 1, &["text.wasm", "it is not a folder"]),
        ("run --dir data fine.wat", 1, &["--dir data: write HOST::GUEST"]),
        ("run --dir empty::data fine.wat", 1, &["should be absolute, like /data"]),
        ("run --dir empty::/work -c pass", 1, &["have /work already"]),
        ("run --env A fine.wat", 1, &["--env A: write KEY=VALUE"]),
        ("run --host demo fine.wat", 1, &["--host demo: write NAME=FILE"]),
        ("run --host demo=fine.wat --host demo=fine.wat fine.wat", 1, &["there is another demo"]),
        ("run --host demo=nope.wat fine.wat", 1, &["cannot read nope.wat"]),
        ("run --host demo=broken.wat fine.wat", 1, &["broken.wat:2:"]),
        ("run --host demo=host.wat fine.wat", 1, &["host.wat", "imports"]),
        ("run --host 9=fine.wat fine.wat", 1, &["Python cannot import '9'"]),
        ("run --memory lots fine.wat", 2, &["'lots'", "256 MiB"]),
        ("run --wall 10parsecs fine.wat", 2, &["'parsecs' is no unit"]),
        ("run --habitat moon fine.wat", 2, &["'moon'", "wasmtime, shim, chromium"]),
        ("run -c pass", 1, &["python.wasm is not here yet", "no-python-here"]),
        ("repl", 1, &["python.wasm is not here yet"]),
        ("run --fault fd_reed:IO fine.wat", 1, &["there is no call fd_reed", "CALL[=PATH]:ERRNO[@COUNT]"]),
        ("run --fault fd_read fine.wat", 1, &["it names no error number"]),
        ("trace --filter zap fine.wat", 2, &["zap: there is no such call"]),
        ("trace --filter color=red fine.wat", 2, &["there is no color="]),
        ("trace --out no/such/folder fine.wat", 1, &["cannot write no/such/folder"]),
        ("trace nope.py", 1, &["nope.py is not there"]),
        ("parity nope.py --habitat wasmtime,shim", 1, &["nope.py is not there"]),
        ("parity fine.wat --habitat shim", 1, &["name two, as in wasmtime,shim"]),
        ("parity fine.wat --habitat shim,moon", 2, &["'moon'"]),
        ("wasi fd_dup", 1, &["there is no call named fd_dup"]),
        ("dance", 2, &["dance"]),
    ] {
        let output = mistakes.run(&line.split(' ').collect::<Vec<_>>());
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(code), "{line}: {stderr}");
        assert!(output.stdout.is_empty(), "{line}");
        for part in parts {
            assert!(stderr.contains(part), "{line}: {part:?} is not in {stderr:?}");
        }
        for never in ["panicked", "backtrace", "RUST_"] {
            assert!(!stderr.contains(never), "{line}: {stderr}");
        }
        let first = stderr.lines().next().unwrap_or_default();
        assert_eq!(stderr.matches(first).count(), 1, "nothing is said twice: {stderr}");
    }
}

#[test]
fn a_module_gets_its_world() {
    let folder = tempfile::tempdir().unwrap();
    // Exits with the number of arguments plus ten times that of variables plus a hundred times what it could not do.
    let text = r#"(module
      (import "wasi_snapshot_preview1" "args_sizes_get" (func $args (param i32 i32) (result i32)))
      (import "wasi_snapshot_preview1" "environ_sizes_get" (func $environ (param i32 i32) (result i32)))
      (import "wasi_snapshot_preview1" "fd_prestat_get" (func $prestat (param i32 i32) (result i32)))
      (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
      (memory (export "memory") 1)
      (func (export "_start")
        (drop (call $args (i32.const 0) (i32.const 64)))
        (drop (call $environ (i32.const 4) (i32.const 64)))
        (call $exit (i32.add
          (i32.add (i32.load (i32.const 0)) (i32.mul (i32.const 10) (i32.load (i32.const 4))))
          (i32.mul (i32.const 100) (i32.ne (call $prestat (i32.const 3) (i32.const 64)) (i32.const 0)))))))"#;
    std::fs::write(folder.path().join("world.wat"), text).unwrap();
    for (line, code) in [
        ("run world.wat", 101),
        ("run world.wat --dir .::/data", 1),
        ("run world.wat --dir .::/data -- a b", 3),
        ("run world.wat --dir .::/data:ro --env A=1 --env B=2 -- --env C=3 -u", 24),
        ("run --env A=1 --env A=2 --dir .::. world.wat x", 12),
    ] {
        for habitat in ["wasmtime", "shim"] {
            let args: Vec<&str> =
                line.split(' ').take(1).chain(["--habitat", habitat]).chain(line.split(' ').skip(1)).collect();
            let output = amphi(folder.path(), &args);
            let stderr = String::from_utf8_lossy(&output.stderr);
            assert_eq!(output.status.code(), Some(code), "{line} in {habitat}: {stderr}");
        }
    }
}

/// Writes two words, looks for a file that is not there, and exits with 3.
const CALLS: &str = r#"(module
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_open"
    (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1)
  (data (i32.const 64) "hello\n" "nope.txt")
  (data (i32.const 0) "\40\00\00\00" "\06\00\00\00")
  (func (export "_start")
    (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 16)))
    (drop (call $open (i32.const 3) (i32.const 0) (i32.const 70) (i32.const 8)
      (i32.const 0) (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 16)))
    (call $exit (i32.const 3))))"#;

#[test]
fn a_trace_shows_every_call() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("calls.wat"), CALLS).unwrap();
    for habitat in ["wasmtime", "shim"] {
        let trace = |more: &str| {
            let line = format!("trace --habitat {habitat} --dir .::/data {more} calls.wat");
            let output = amphi(folder.path(), &line.split_whitespace().collect::<Vec<_>>());
            assert_eq!(output.status.code(), Some(3), "{output:?}");
            (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap())
        };
        // The program's own output stays apart.
        let (stdout, stderr) = trace("");
        assert_eq!(stdout, "hello\n");
        let calls: Vec<&str> = stderr.lines().map(|line| line[20..].rsplit_once("  (").unwrap().0).collect();
        assert_eq!(
            calls,
            [
                "fd_write(1 <stdout>, \"hello\\n\") = 6",
                "path_open(3, \"nope.txt\") = NOENT: There is no such file or directory.",
                "proc_exit(code: 3) = the run ended here",
            ],
            "{habitat}"
        );
        let (_, stderr) = trace("--filter error --fault path_open:MFILE");
        assert!(stderr.contains("MFILE") && stderr.contains("a fault that was asked for"), "{stderr}");
        assert_eq!(stderr.lines().count(), 1);
        let (_, stderr) = trace("--summary");
        assert!(stderr.contains("in all") && stderr.lines().count() == 5, "{stderr}");
        let (stdout, stderr) = trace("--json --out -");
        assert_eq!(stderr, "");
        let objects: Vec<serde_json::Value> =
            stdout.lines().filter(|line| *line != "hello").map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(objects[0]["args"]["iovs"], serde_json::json!({ "text": "hello\n", "length": 6 }));
        assert_eq!((&objects[1]["errno"], &objects[1]["args"]["path"]), (&"NOENT".into(), &"nope.txt".into()));
        assert_eq!(objects[2]["ended"], true);
    }
}

#[test]
fn habitats_are_compared_and_a_difference_is_told() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("calls.wat"), CALLS).unwrap();
    std::fs::create_dir(folder.path().join("expecting")).unwrap();
    std::fs::write(folder.path().join("expecting/calls.wat"), CALLS).unwrap();
    let wasm = wat::parse_str(CALLS).unwrap();
    std::fs::write(folder.path().join("expecting/calls.wasm"), wasm).unwrap();
    std::fs::write(folder.path().join("expecting/amphi.toml"), "wasm = \"calls.wasm\"\n[expect]\nexit = 4\n").unwrap();
    let parity = |line: &str| {
        let line = format!("parity --habitat wasmtime,shim {line}");
        let output = amphi(folder.path(), &line.split_whitespace().collect::<Vec<_>>());
        (output.status.code(), String::from_utf8(output.stdout).unwrap())
    };
    assert_eq!(parity("calls.wat"), (Some(0), "calls.wat: alike in wasmtime, shim (3 calls)\n".to_owned()));
    let (code, told) = parity("calls.wat expecting --report report.html --junit junit.xml");
    assert_eq!(code, Some(1));
    assert!(told.contains("shim: exit is not as in amphi.toml"), "{told}");
    let report = std::fs::read_to_string(folder.path().join("report.html")).unwrap();
    assert!(report.contains("1 of 2 programs not alike") && !report.contains("http"), "{report}");
    let junit = std::fs::read_to_string(folder.path().join("junit.xml")).unwrap();
    assert!(junit.contains("tests=\"4\" failures=\"2\""), "{junit}");
    let (_, json) = parity("expecting --json");
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["programs"][0]["differences"][0]["expected"], "\"code 4\"");
}

#[test]
fn the_reference_explains_every_call() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let reference = |args: &[&str]| String::from_utf8(amphi(&folder, args).stdout).unwrap();
    let all = reference(&["wasi"]);
    assert!(amphi_wasi::Call::ALL.iter().all(|call| all.contains(call.name())), "{all}");
    let one = reference(&["wasi", "fd_readdir"]);
    for part in ["Lists a directory", "cookie: i64", "A place in a directory listing", "BADF", "shim"] {
        assert!(one.contains(part), "{part:?} in {one}");
    }
    assert!(reference(&["wasi", "sock"]).contains("sock_recv"));
}

#[test]
fn help_teaches_with_examples() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    for (args, part) in [
        (&["--help"][..], "amphi run -c"),
        (&["run", "--help"], "--host demo=demo.wat"),
        (&["repl", "--help"], "Ctrl-D"),
        (&["trace", "--help"], "what if the disk is full?"),
        (&["parity", "--help"], "--habitat wasmtime,shim"),
        (&["wasi", "--help"], "amphi wasi fd_readdir"),
    ] {
        let output = amphi(&folder, args);
        assert!(output.status.success());
        let stdout = String::from_utf8(output.stdout).unwrap();
        assert!(stdout.contains(part), "{args:?}: {stdout}");
    }
}
