//! Host functions in the machine's own Python, with the guest on the other side: the example, files that are named on the
//! command line, and how calls that never return end.
#![cfg(feature = "native-python")]
#![allow(clippy::unwrap_used, reason = "a test may fail so")]

mod common;

use std::io::{BufRead as _, BufReader, Read as _};
use std::path::Path;
use std::process::{Command, Stdio};

use common::{amphi, command};

const NATIVE: [&str; 2] = ["wasmtime", "shim"];

#[test]
fn the_example_leaves_what_it_should() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/native-python");
    let expected = std::fs::read_to_string(folder.join("expected.txt")).unwrap();
    for habitat in NATIVE {
        let (code, told, said) = amphi(&folder, &["run", ".", "--habitat", habitat]);
        assert_eq!((code, told.as_str()), (Some(0), expected.as_str()), "{habitat}: {said}");
    }
}

#[test]
fn a_file_on_the_command_line_is_a_module_and_its_mistakes_are_told() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(
        folder.path().join("h.py"),
        "def add(a: int, b: int) -> int:\n    print('adding')\n    return a + b\n",
    )
    .unwrap();
    std::fs::write(folder.path().join("breaks.py"), "def f():\n    1 / 0\nf()\n").unwrap();
    std::fs::write(folder.path().join("nothing.py"), "x = 1").unwrap();
    for habitat in NATIVE {
        let run = |file: &str, code: &str| {
            let host = format!("h=native:{file}");
            amphi(folder.path(), &["run", "--habitat", habitat, "--host", &host, "-c", code])
        };
        let (code, told, said) = run("h.py", "import h; print(h.add(1, 2))");
        // A first run of all also says that it compiles.
        assert!(code == Some(0) && told == "3\n" && said.ends_with("adding\n"), "{habitat}: {code:?} {told} {said}");
        let (_, _, said) = run("h.py", "import h; h.add(1, 'x')");
        assert!(said.contains("TypeError: h.add() argument 'b' must be s64, not 'x' (str)"), "{habitat}: {said}");
        for (file, part) in [
            ("breaks.py", "line 2, in f\n    1 / 0\n"),
            ("nothing.py", "the host module h defines no function"),
            ("not_there.py", "cannot read not_there.py"),
        ] {
            let (code, _, said) = run(file, "import h");
            assert!(code == Some(1) && said.contains(part), "{habitat} {file}: {code:?} {said}");
        }
    }
    let (code, told, said) = amphi(folder.path(), &["stubs", "h.py", "--host", "h=native:h.py"]);
    assert!(code == Some(0) && told.contains("def add(a: int, b: int) -> int"), "{told} {said}");
}

const NEVER: &str = "import threading\ndef block():\n    print('begun')\n    threading.Event().wait()\n";

#[test]
fn the_wall_limit_does_not_wait_for_a_call_that_never_returns() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("h.py"), NEVER).unwrap();
    for habitat in NATIVE {
        let args =
            ["run", "--habitat", habitat, "--wall", "1s", "--host", "h=native:h.py", "-c", "import h; h.block()"];
        let (code, _, said) = amphi(folder.path(), &args);
        assert!(code == Some(122) && said.contains("wall time, 1 s"), "{habitat}: {code:?} {said}");
    }
}

#[test]
fn an_interrupt_ends_the_call_and_the_program_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("h.py"), NEVER).unwrap();
    let script = "import h\ntry:\n    h.block()\nexcept KeyboardInterrupt:\n    print('stopped')\n";
    for habitat in NATIVE {
        let args = ["run", "--habitat", habitat, "--host", "h=native:h.py", "-c", script];
        let mut child = command(folder.path(), &args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut said = BufReader::new(child.stderr.take().unwrap());
        let mut line = String::new();
        while line != "begun\n" {
            line.clear();
            assert_ne!(said.read_line(&mut line).unwrap(), 0, "{habitat}: it ended");
        }
        assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
        let mut told = String::new();
        child.stdout.take().unwrap().read_to_string(&mut told).unwrap();
        assert_eq!((told.as_str(), child.wait().unwrap().code()), ("stopped\n", Some(0)), "{habitat}");
    }
}
