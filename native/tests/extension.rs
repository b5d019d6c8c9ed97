//! Python linked with C extension modules: by the example and by the command line, what is said of files that are none,
//! and the host functions that they import by name, from Rust and from WebAssembly, by every mistake.
#![allow(clippy::unwrap_used, reason = "a test may fail so")]

mod common;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use amphi_core::habitat::Habitat as _;
use amphi_core::{HostModule, Program, prepare};
use common::{amphi, command};

const HABITATS: [&str; 3] = ["wasmtime", "shim", "chromium"];

fn example() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/c-extension/demo.c").canonicalize().unwrap()
}

#[test]
fn an_import_is_served_by_whoever_offers_it_and_else_named() {
    const TEN: &str = "(module (func (export \"demo\") (param i32 i32) (result i32)
        (i32.mul (i32.add (local.get 0) (local.get 1)) (i32.const 10))))";
    let folder = tempfile::tempdir().unwrap();
    let files = [
        ("ten.wat", TEN),
        ("other.wat", "(module (func (export \"other\")))"),
        ("wide.wat", "(module (func (export \"demo\") (param i64 i64) (result i64) (local.get 0)))"),
        ("traps.wat", "(module (func (export \"demo\") (param i32 i32) (result i32) unreachable))"),
        ("raises.py", "def demo(a: int, b: int) -> int:\n    raise ValueError(a)"),
        ("text.py", "def demo(a: int, b: int) -> str:\n    return 'text'"),
        ("empty.py", "def other(): pass"),
        ("twelve.js", "export function demo(a, b) { return (a + b) * 12; }"),
        (
            "thirteen.js",
            "export async function demo(a, b) { await new Promise((done) => setTimeout(done, 1)); return (a + b) * 13; }",
        ),
        ("rejects.js", "export async function demo(a, b) { await null; throw new RangeError(`${a} and ${b}`); }"),
    ];
    common::write(folder.path(), &files);
    let example = example().display().to_string();
    for habitat in HABITATS {
        for (host, code, told, said) in [
            (
                None,
                1,
                "",
                &["unknown import demo::demo. Offered are all 46 functions of wasi_snapshot_preview1, amphi:host@1.{"]
                    [..],
            ),
            (Some("other.wat"), 1, "", &["unknown import demo::demo.", "demo.{other}"]),
            (
                Some("wide.wat"),
                1,
                "",
                &[
                    "it imports demo::demo as (param i32 i32) (result i32), but it is offered as (param i64 i64) (result i64)",
                ],
            ),
            (Some("ten.wat"), 0, "3 30\n", &[]),
            (Some("twelve.js"), 0, "3 36\n", &[]),
            (Some("thirteen.js"), 0, "3 39\n", &[]),
            (Some("rejects.js"), 134, "", &["a host function failed: ValueError: 1 and 2"]),
            (Some("traps.wat"), 134, "", &["a host function failed: HostError: the host function trapped: "]),
            (Some("raises.py"), 134, "", &["a host function failed: ValueError: 1"]),
            (Some("text.py"), 134, "", &["demo.demo() gave 'text', which is no i32"]),
            (Some("empty.py"), 134, "", &["a host function failed: ", "demo"]),
        ] {
            // A browser takes seconds to start, and what is wrong with a value core says in its way everywhere.
            if habitat == "chromium" && matches!(host, Some("wide.wat" | "text.py" | "empty.py")) {
                continue;
            }
            let host = host.map(|file| format!("demo={file}"));
            let mut args = vec!["run", "--habitat", habitat, "--extension", &example];
            args.extend(host.iter().flat_map(|host| ["--host", host.as_str()]));
            args.extend(["-c", "import demo; print(demo.bar(), demo.demo(1, 2))"]);
            let (found, out, err) = amphi(folder.path(), &args);
            assert_eq!((found, out.as_str()), (Some(code), told), "{habitat} {host:?}: {err}");
            for part in said {
                assert!(err.contains(part), "{habitat} {host:?}: {part} is not in {err}");
            }
        }
    }
}

#[amphi_core::host]
fn demo(a: i32, b: i32) -> i32 {
    (a + b) * 10
}

/// A guest that says two texts: a good one, and what lies at an address.
const GUEST: &str = r#"(module
  (import "demo" "say" (func $say (param i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 16) "h\c3\a9llo\ff")
  (func (export "_start")
    (drop (call $say (i32.const 16) (i32.const 6) (i32.const 1)))
    (drop (call $say (i32.const AT) (i32.const LENGTH) (i32.const 2)))))"#;

#[test]
fn texts_and_bytes_of_any_guest_go_by_address_and_length() {
    let folder = tempfile::tempdir().unwrap();
    let write = |file: &str, text: &str| std::fs::write(folder.path().join(file), text).unwrap();
    write("say.py", "def say(what, times):\n    print(what, times)\n    return len(what)");
    for (kind, at, length, code, told) in [
        ("string", "17", "2", 0, "é 2\n"),
        ("string", "0", "0", 0, " 2\n"),
        ("string", "16", "7", 134, "ValueError: demo.say() argument 'what' is not UTF-8"),
        ("list<u8>", "20", "3", 0, "b'lo\\xff' 2\n"),
        ("list<u8>", "65530", "7", 134, "MemoryError: what at 0xfffa, 7 bytes long, is outside the guest's memory"),
        ("list<u8>", "-1", "-1", 134, "MemoryError: what at 0xffffffff"),
        (
            "list<u16>",
            "0",
            "0",
            1,
            "but it is offered as (what: list<u16>, times: u8) -> u32, which is more than core wasm",
        ),
    ] {
        write("say.wit", &format!("interface demo {{ say: func(what: {kind}, times: u8) -> u32; }}"));
        write("guest.wat", &GUEST.replace("AT", at).replace("LENGTH", length));
        write("amphi.toml", "wasm = \"guest.wasm\"\n[host.demo]\npython = \"say.py\"\nwit = \"say.wit\"");
        std::fs::write(folder.path().join("guest.wasm"), wat::parse_file(folder.path().join("guest.wat")).unwrap())
            .unwrap();
        for habitat in HABITATS {
            // As above: one text and one mistake go through the browser's own memory.
            if habitat == "chromium" && !matches!(at, "17" | "65530") {
                continue;
            }
            let (found, _, said) = amphi(folder.path(), &["run", ".", "--habitat", habitat]);
            assert!(found == Some(code) && said.contains(told), "{habitat} {kind} {at} {length}: {found:?} {said}");
        }
    }
}

#[test]
fn an_import_is_served_by_rust() {
    let linked = common::linked(example());
    assert_eq!(linked.package.extensions, ["demo"]);
    let module = Arc::new(HostModule::builder("demo").host(demo::host()).build().unwrap());
    for native in common::habitats(linked) {
        let mut program = Program::script("rust", "import demo; print(demo.bar(), demo.demo(1, 2))");
        program.hosts.push(amphi_core::HostSource::new("demo", amphi_core::Body::Registered));
        let prepared = prepare(&program).unwrap();
        let sandbox = native.sandbox(&prepared, &mut |_| {}).unwrap();
        let mut start = native.start(&prepared.program, |_| {}).unwrap();
        start.registered.0.push(module.clone());
        let outcome = sandbox.start(start).unwrap().finish().unwrap();
        assert_eq!(outcome.stdout.0, b"3 30\n", "{}: {outcome:?}", native.name());
    }
}

/// The bridge's own functions, which C of a user may have as well, go by other names.
#[test]
fn what_is_linked_with_a_module_leaves_it_its_names() {
    // clang's name for `main` with parameters is among them.
    const OWN: [&str; 4] = ["_start", "__main_argc_argv", "wizer_initialize", "PyInit__amphi"];
    // What takes the place of CPython's or the C library's.
    const REPLACED: [&str; 5] = [
        "sbrk",
        "clock_nanosleep",
        "_Py_emscripten_signal_clock",
        "_Py_CheckEmscriptenSignals",
        "_Py_CheckEmscriptenSignalsPeriodically",
    ];
    let objects = amphi_python::artifact().unwrap().link_folder().join("objects");
    let files = std::fs::read_dir(objects).unwrap().map(|entry| entry.unwrap().path());
    let listing = std::process::Command::new("llvm-nm-19")
        .args(["--defined-only", "--extern-only", "--format=just-symbols"])
        .args(files)
        .output()
        .unwrap();
    assert!(listing.status.success(), "{}", String::from_utf8_lossy(&listing.stderr));
    let listing = String::from_utf8(listing.stdout).unwrap();
    let names: Vec<&str> = listing.lines().filter(|line| !line.is_empty() && !line.ends_with(':')).collect();
    assert!(names.contains(&"amphi_encode"), "{names:?}");
    for name in names {
        let known = name.starts_with("amphi_") || OWN.contains(&name) || REPLACED.contains(&name);
        assert!(known, "{name} is shared by files of the bridge, and should be in names.h");
    }
}

#[test]
fn a_file_that_is_no_module_is_told_and_what_the_compiler_warns_of_too() {
    const MODULE: &str = "#include <Python.h>
static struct PyModuleDef definition = {PyModuleDef_HEAD_INIT, .m_name = \"NAME\"};
PyMODINIT_FUNC PyInit_NAME(void) { REST return PyModuleDef_Init(&definition); }
";
    let folder = tempfile::tempdir().unwrap();
    let module = |name: &str, rest: &str| MODULE.replace("NAME", name).replace("REST", rest);
    let files = [
        ("good.c", module("good", "") + "int encode(void) { return 0; }\n"),
        ("warned.c", module("warned", "int unused;")),
        ("broken.c", module("broken", "return 1 +;")),
        ("named.c", module("another", "")),
        ("lacking.c", module("lacking", "extern void nowhere(void); nowhere();")),
        ("my-module.c", String::new()),
        ("text.txt", String::new()),
        ("guest.wat", "(module (func (export \"_start\")))".to_owned()),
    ];
    common::write(folder.path(), &files);
    let run = |args: &[&str]| amphi(folder.path(), &[&["run"], args].concat());
    let import = "import sys; print('good' in sys.builtin_module_names); import good";
    let (code, told, said) = run(&["--extension", "good.c", "-c", import]);
    assert_eq!((code, told.as_str()), (Some(0), "True\n"), "{said}");
    let (_, _, said) = run(&["--extension", "good.c", "-c", "import good"]);
    assert_eq!(said, "", "it is linked once");
    for (args, code, part) in [
        (
            &["--extension", "warned.c", "-c", "import warned"][..],
            0,
            "warned.c:3:42: warning: unused variable 'unused'",
        ),
        (&["--extension", "broken.c", "-c", ""], 1, "broken.c:3:48: error: expected expression"),
        (&["--extension", "named.c", "-c", ""], 1, "it has no function PyInit_named, by which Python imports it"),
        (&["--extension", "lacking.c", "-c", ""], 1, "undefined symbol: nowhere"),
        (&["--extension", "my-module.c", "-c", ""], 1, "Python cannot import my-module"),
        (&["--extension", "text.txt", "-c", ""], 1, "a C extension module is one file of C, NAME.c"),
        (&["--extension", "gone.c", "-c", ""], 1, "--extension gone.c: No such file"),
        (&["--extension", "good.c", "guest.wat"], 1, "a C extension module is Python's, but guest.wat is WebAssembly"),
        (&["--extension", "good.c", "--extension", "good.c", "-c", ""], 1, "there is another module good"),
    ] {
        let (found, _, said) = run(args);
        assert!(found == Some(code) && said.contains(part), "{args:?}: {found:?} {said}");
    }
    let (code, told, said) = amphi(folder.path(), &["python", "build", "--module", "good.c"]);
    assert!(code == Some(0) && told.contains("python.wasm\nSHA-256 "), "{told} {said}");
    assert!(said.contains("amphi run --extension good.c PROGRAM"), "{said}");
    // Named by its folder it is the standard one for all that runs, the page included.
    let named = Path::new(told.lines().next().unwrap()).parent().unwrap();
    for habitat in HABITATS {
        let mut command = command(folder.path(), &["run", "--habitat", habitat, "-c", import]);
        command.env("AMPHI_PYTHON", named);
        let output = command.output().unwrap();
        assert_eq!(output.stdout, b"True\n", "{habitat}: {output:?}");
    }
}
