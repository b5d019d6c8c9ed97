//! Modules of WebAssembly text, good and bad.

use super::*;

fn module(text: &str) -> Module {
    let compiled = compile(&Source::new("demo.wat", text)).expect("valid text");
    read(&compiled.bytes).expect("a valid module")
}

fn functions(text: &str) -> Vec<String> {
    let interface = infer("demo", &module(text)).expect("something to call");
    let functions = interface.functions.iter();
    functions.map(|f| format!("{}{}", f.name, f.signature)).collect()
}

#[test]
fn exports_become_functions() {
    let text = r#"(module
        (memory (export "memory") 1)
        (func $demo (export "demo") (param $a i32) (param $b i32) (result i32)
            (i32.mul (i32.add (local.get $a) (local.get $b)) (i32.const 10)))
        (func (export "div-mod") (param i64 i64) (result i64 i64) (local.get 0) (local.get 1))
        (func (export "_initialize"))
        (func (export "cabi_realloc") (param i32) (result i32) (local.get 0))
        (func (export "half") (param $in f32) (param $in_ f32) (result f64) (f64.const 0.5))
        (func (export "vector") (param v128)))"#;
    assert_eq!(
        functions(text),
        [
            "demo(a: s32, b: s32) -> s32",
            "div_mod(arg0: s64, arg1: s64) -> tuple<s64, s64>",
            "half(in_: f32, arg1: f32) -> f64",
        ]
    );
}

#[test]
fn modules_without_functions_are_told_what_they_lack() {
    for (text, message) in [
        ("(module)", "it exports no function; write for instance"),
        (r#"(module (func (export "_start")))"#, "it is a program, with _start"),
        (
            r#"(module (func (export "a.b")) (func (export "v") (param v128)))"#,
            "it exports no function that Python can call, only a.b (no name in Python), v (a parameter is v128)",
        ),
    ] {
        let error = infer("demo", &module(text)).expect_err("nothing to call");
        assert!(error.starts_with(message), "{error}");
    }
}

#[test]
fn mistakes_in_the_text_have_their_place() {
    for (text, message) in [
        ("(module\n  (fnc))", "demo.wat:2:4: expected valid module field\n 2 |   (fnc))\n   |    ^"),
        ("(module", "demo.wat:1:8: expected `)`\n 1 | (module\n   |        ^"),
        (
            "(module (func call $x))",
            "demo.wat:1:20: unknown func: failed to find name `$x`\n 1 | (module (func call $x))\n   |                    ^",
        ),
        ("", "demo.wat:1:1: expected at least one module field"),
        (
            "(component)",
            "demo.wat:1:2: a component; what runs here is a core module, (module …)\n 1 | (component)\n   |  ^",
        ),
    ] {
        let error = compile(&Source::new("demo.wat", text)).expect_err("a mistake");
        assert_eq!(error.to_string(), message);
    }
}

#[test]
fn a_wrongly_typed_function_is_found() {
    let text = "(module\n  (func nop)\n  (func (result i32) (i64.const 1)))";
    let compiled = compile(&Source::new("demo.wat", text)).expect("it parses");
    assert_eq!(compiled.functions.len(), 2);
    let Err(ReadError::Invalid { message, function, .. }) = read(&compiled.bytes) else {
        panic!("wrongly typed");
    };
    assert_eq!(message, "type mismatch: expected i32, found i64");
    assert_eq!(function, Some(1));
}

#[test]
fn other_files_are_refused() {
    assert_eq!(read(b"#!/bin/sh"), Err(ReadError::NotWasm));
    assert_eq!(read(b""), Err(ReadError::NotWasm));
    assert_eq!(read(b"\0asm\x0d\0\x01\0"), Err(ReadError::Component));
    assert!(matches!(read(b"\0asm"), Err(ReadError::Invalid { .. })));
    assert!(matches!(read(b"\0asm\x01\0\0\0\x01\xff"), Err(ReadError::Invalid { .. })));
}
