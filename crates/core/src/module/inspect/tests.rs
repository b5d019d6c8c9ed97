//! Modules of WebAssembly text, and what is told of them.

use super::*;
use crate::module::compile;
use crate::source::Source;

fn look(text: &str) -> Inspection {
    inspect(&compile(&Source::new("demo.wat", text)).expect("valid text").bytes).expect("a valid module")
}

#[test]
fn every_feature_that_is_needed_is_named() {
    for (text, features) in [
        ("(module)", &[][..]),
        ("(module (func (result i32) (i32.const 1)))", &[]),
        ("(module (global (export \"g\") (mut i32) (i32.const 0)))", &["mutable-globals"]),
        ("(module (func (drop (i32.extend8_s (i32.const 0)))))", &["sign-extension"]),
        ("(module (func (drop (i32.trunc_sat_f32_s (f32.const 0)))))", &["nontrapping-float-to-int"]),
        ("(module (func (result i32 i32) (i32.const 1) (i32.const 1)))", &["multi-value"]),
        ("(module (memory 1) (func (memory.fill (i32.const 0) (i32.const 0) (i32.const 0))))", &["bulk-memory-opt"]),
        ("(module (memory 1) (data \"passive\"))", &["bulk-memory"]),
        ("(module (table 1 externref))", &["reference-types"]),
        ("(module (table 1 funcref) (table 1 funcref))", &["reference-types"]),
        ("(module (func (drop (v128.const i64x2 0 0))))", &["simd"]),
        (
            "(module (func (param v128) (result v128) (i32x4.relaxed_trunc_f32x4_s (local.get 0))))",
            &["relaxed-simd", "simd"],
        ),
        ("(module (func (return_call 0)))", &["tail-call"]),
        ("(module (memory 1 2 shared))", &["threads"]),
        ("(module (memory 1) (func (drop (i32.atomic.load (i32.const 0)))))", &["threads"]),
        ("(module (memory 1) (memory 1))", &["multi-memory"]),
        ("(module (memory i64 1))", &["memory64"]),
        ("(module (tag))", &["exceptions"]),
        ("(module (func try catch_all end))", &["legacy-exceptions"]),
        ("(module (global i32 (i32.add (i32.const 1) (i32.const 2))))", &["extended-const"]),
        ("(module (type $f (func)) (func (param (ref null $f))))", &["function-references", "reference-types"]),
        ("(module (type (struct)))", &["gc"]),
        ("(module (memory 1 (pagesize 1)))", &["custom-page-sizes"]),
        (
            "(module (func (result i64 i64) (i64.mul_wide_s (i64.const 0) (i64.const 0))))",
            &["wide-arithmetic", "multi-value"],
        ),
        (
            "(module (memory i64 1) (memory 1) (func (drop (v128.const i64x2 0 0))))",
            &["memory64", "multi-memory", "simd"],
        ),
    ] {
        let found: Vec<&str> = look(text).features.into_iter().map(Feature::name).collect();
        assert_eq!(found, features, "{text}");
    }
}

#[test]
fn a_module_is_told_whole() {
    let found = look(
        r#"(module $demo
            (import "amphi:host@1" "interrupt" (func (result i32)))
            (import "amphi:host@1" "call_flat" (func (param i32 i32) (result i32)))
            (import "env" "log" (func $log (param $level i32) (param f64)))
            (import "env" "memory" (memory 1 2))
            (func $init)
            (func $add (export "add") (param $a i32) (param $b i64) (result i32 f32) (local.get 0) (f32.const 0))
            (memory (export "memory") 17)
            (table (export "table") 2 10 funcref)
            (global (export "base") (mut i32) (i32.const 0))
            (tag (export "oops") (param i64))
            (start $init)
            (elem (i32.const 0) $init $add)
            (data (i32.const 0) "hello")
            (data "more"))"#,
    );
    let line = |name: &str, entity: &Entity| match entity {
        Entity::Func(ty) => format!("{name}{ty}"),
        Entity::Memory(ty) => format!("{name}: memory, {ty}"),
        Entity::Table(ty) => format!("{name}: table, {ty}"),
        Entity::Global(ty) => format!("{name}: global, {ty}"),
        Entity::Tag(ty) => format!("{name}: tag{ty}"),
    };
    let imports: Vec<_> = found.imports.iter().map(|import| line(&import.name, &import.entity)).collect();
    let expected = [
        "interrupt() -> i32",
        "call_flat(function: i32, slots_ptr: i32) -> i32",
        "log(level: i32, f64)",
        "memory: memory, 1 page (64 KiB), at most 2 pages (128 KiB)",
    ];
    assert_eq!(imports, expected);
    let about: Vec<_> = found.imports.iter().map(|import| import.about.is_some()).collect();
    assert_eq!(about, [true, true, false, false]);
    let exports: Vec<_> = found.exports.iter().map(|export| line(&export.name, &export.entity)).collect();
    let expected = [
        "add(a: i32, b: i64) -> (i32, f32)",
        "memory: memory, 17 pages (1088 KiB), no maximum",
        "table: table, 2 funcref, at most 10",
        "base: global, mutable i32",
        "oops: tag(i64)",
    ];
    assert_eq!(exports, expected);
    assert_eq!(found.name.as_deref(), Some("demo"));
    assert_eq!(found.start, Some(StartFunction { index: 3, name: Some("init".to_owned()) }));
    assert_eq!((found.functions, found.memories.len(), found.tables.len()), (2, 2, 1));
    assert_eq!((found.globals, found.tags), (1, 1));
    assert_eq!(found.data, Segments { count: 2, size: 9 });
    assert_eq!(found.elements, Segments { count: 1, size: 2 });
    assert_eq!(found.custom.iter().map(|custom| custom.name.as_str()).collect::<Vec<_>>(), ["name"]);
    let refusal = found.host_module.refusal.as_deref().expect("it has imports");
    assert!(refusal.starts_with("it imports amphi:host@1::interrupt, "), "{refusal}");
    assert_eq!(found.host_module.functions[0].signature.to_string(), "(a: s32, b: s64) -> tuple<s32, f32>");
    let json = serde_json::to_string(&found).expect("plain data");
    assert_eq!(serde_json::from_str::<Inspection>(&json).expect("the same"), found);
}

#[test]
fn json_reads_by_itself() {
    let found = look(r#"(module (import "env" "f" (func (param i32))) (memory (export "m") 1))"#);
    let json = serde_json::to_value(&found).expect("plain data");
    let import = serde_json::json!({
        "module": "env", "name": "f", "kind": "func", "params": [{ "type": "i32" }], "results": []
    });
    assert_eq!(json["imports"][0], import);
    let export = serde_json::json!({
        "name": "m", "kind": "memory", "min_pages": 1, "page_bytes": 65536, "shared": false, "memory64": false
    });
    assert_eq!(json["exports"][0], export);
    assert_eq!(json["role"], "library");
}

#[test]
fn the_role_is_what_its_entry_says() {
    for (text, role) in [
        (r#"(module (func (export "_start")))"#, Role::Command),
        (r#"(module (func (export "_initialize")) (func (export "f")))"#, Role::Reactor),
        (r#"(module (func (export "f")))"#, Role::Library),
        (r#"(module (func (export "_start") (param i32)))"#, Role::Library),
        (r#"(module (memory (export "_start") 1))"#, Role::Library),
    ] {
        assert_eq!(look(text).role, role, "{text}");
    }
}

#[test]
fn sections_that_say_where_it_comes_from_are_read() {
    let found = look(
        r#"(module
            (@producers (language "C11" "") (processed-by "clang" "19.1"))
            (@custom "target_features" "\02+\07simd128-\06atomic")
            (@custom "broken" "1234"))"#,
    );
    assert_eq!(found.producers.language, [Tool { name: "C11".to_owned(), version: String::new() }]);
    assert_eq!(found.producers.processed_by[0].version, "19.1");
    assert!(found.producers.sdk.is_empty() && !found.producers.is_empty());
    assert_eq!(found.target_features, ["+simd128", "-atomic"]);
    assert_eq!(found.custom.last().map(|custom| custom.bytes), Some(4));
    // Nobody minds a section of this kind that is broken.
    let found = look(r#"(module (@custom "target_features" "\05+\07simd128") (@custom "producers" "\ff"))"#);
    assert_eq!(found.target_features, ["+simd128"]);
    assert!(found.producers.is_empty());
}

#[test]
fn the_ways_into_python_are_found() {
    let found = look(
        r#"(module
            (func (export "amphi_room") (param i32) (result i32) (local.get 0))
            (func (export "amphi_serve")))"#,
    );
    assert_eq!(found.python.present, ["amphi_room"]);
    assert_eq!(found.python.missing.len(), 7, "one has another type: {:?}", found.python.missing);
}

#[test]
fn what_is_no_module_is_refused_as_everywhere() {
    for bytes in
        [&b""[..], b"#!/bin/sh", b"\0asm\x0d\0\x01\0", b"\0asm", b"\0asm\x01\0\0\0\x01\xff", b"\0asm\x02\0\0\0"]
    {
        let error = inspect(bytes).expect_err("no module");
        assert_eq!(Err(error), crate::module::read(bytes), "{bytes:?}");
    }
}

proptest::proptest! {
    #[test]
    fn any_bytes_are_told_of_or_refused(
        changes in proptest::collection::vec(
            (proptest::prelude::any::<proptest::sample::Index>(), proptest::prelude::any::<u8>()), 1..4
        ),
    ) {
        let text = r#"(module $demo
            (@producers (language "C11" ""))
            (@custom "target_features" "\02+\07simd128-\06atomic")
            (import "amphi:host@1" "interrupt" (func (result i32)))
            (import "env" "memory" (memory i64 1 2))
            (type $s (struct (field i32)))
            (func $add (export "add") (param $a i32) (param v128) (result i32)
                (return_call $add (local.get 0) (local.get 1)))
            (table (export "table") 2 10 (ref null $s))
            (global (export "base") (mut i32) (i32.const 0))
            (tag (export "oops") (param i64))
            (elem func $add)
            (data "more"))"#;
        let mut bytes = compile(&Source::new("demo.wat", text)).expect("valid text").bytes;
        assert!(inspect(&bytes).is_ok());
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        // What can run can be told of.
        assert!(inspect(&bytes).is_ok() || crate::module::read(&bytes).is_err());
    }
}
