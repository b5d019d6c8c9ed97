//! Host modules in Go: compiled from their source where there is a Go that can, with what is said where there is none or
//! where it does not take them; and modules as TinyGo makes them, with exports of an older kind.
#![allow(clippy::unwrap_used, reason = "a test may fail so")]

mod common;

use common::amphi;

const HABITATS: [&str; 3] = ["wasmtime", "shim", "chromium"];

const TEXT: &str = r#"package main

import (
	"fmt"
	"os"
)

var calls int32

//go:wasmexport next
func next() int32 {
	calls++
	fmt.Fprintln(os.Stderr, "call", calls)
	return calls
}

//go:wasmexport half
func half(x float64) float64 { return x / 2 }

//go:wasmexport fails
func fails() { panic("no luck") }

func main() { panic("a library's main is never called") }
"#;

#[test]
fn go_is_compiled_from_its_source() {
    let folder = tempfile::tempdir().unwrap();
    let files = [
        ("text.go", TEXT),
        ("broken.go", "package main\n\nfunc main() { return 1 }\n"),
        ("nothing.go", "package main\n\nfunc main() {}\n"),
    ];
    common::write(folder.path(), &files);
    let script = "import text; print(text.next(), text.next(), text.half(3.0))\ntry: text.fails()\nexcept Exception as e: print(type(e).__name__)";
    for habitat in HABITATS {
        let run = |host: &str| amphi(folder.path(), &["run", "--habitat", habitat, "--host", host, "-c", script]);
        let (code, told, said) = run("text=text.go");
        if said.contains("needs Go 1.24 or newer") {
            assert!(code == Some(1) && said.contains("cargo xtask setup"), "what to do is said: {said}");
            return;
        }
        assert_eq!((code, told.as_str()), (Some(0), "1 2 1.5\nHostError\n"), "{habitat}: {said}");
        assert!(said.contains("call 1\ncall 2\n") && said.contains("panic: no luck"), "{habitat}: {said}");
        let (code, _, said) = run("text=broken.go");
        assert!(code == Some(1) && said.contains("broken.go:3:22: too many return values"), "{said}");
        let (code, _, said) = run("text=nothing.go");
        assert!(code == Some(1) && said.contains("it exports no function"), "{said}");
    }
}

/// As TinyGo makes modules: `//export sum`, what its runtime adds, and a start that is a program's.
const TINY: &str = r#"(module
  (import "wasi_snapshot_preview1" "fd_write" (func (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 2)
  (func (export "_start"))
  (func (export "malloc") (param i32) (result i32) (i32.const 65536))
  (func (export "free") (param i32))
  (func (export "calloc") (param i32 i32) (result i32) (i32.const 65536))
  (func (export "realloc") (param i32 i32) (result i32) (i32.const 65536))
  (func (export "asyncify_start_unwind") (param i32))
  (func (export "asyncify_stop_unwind"))
  (func (export "asyncify_start_rewind") (param i32))
  (func (export "asyncify_stop_rewind"))
  (func (export "asyncify_get_state") (result i32) (i32.const 0))
  (func (export "sum") (param $a i32) (param $b i32) (result i32) (i32.add (local.get $a) (local.get $b))))"#;

#[test]
fn a_module_of_tinygo_works_and_a_program_is_told_what_a_library_needs() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("tiny.wat"), TINY).unwrap();
    std::fs::write(folder.path().join("program.wat"), "(module (func (export \"_start\")))").unwrap();
    for habitat in HABITATS {
        let run = |host: &str| {
            let code = "import sum; print(sum.sum(12, 12), sum.__all__)";
            amphi(folder.path(), &["run", "--habitat", habitat, "--host", host, "-c", code])
        };
        let (code, told, said) = run("sum=tiny.wat");
        assert_eq!((code, told.as_str()), (Some(0), "24 ['sum']\n"), "{habitat}: {said}");
        let (code, _, said) = run("sum=program.wat");
        let needs = "a host module is a library that exports functions: in Go //go:wasmexport before each and";
        assert!(code == Some(1) && said.contains(needs), "{habitat}: {said}");
    }
}
