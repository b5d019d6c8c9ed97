//! The beginnings of host modules, as texts. That they run is tested where there are habitats.

#![allow(clippy::expect_used, reason = "a test may fail so")]

use super::*;

fn interface(wit: &str) -> Interface {
    crate::wit::parse(&crate::source::Source::new("demo.wit", wit)).expect("valid WIT").remove(0)
}

const NUMBERS: &str = "
/// Numbers.
interface demo {
    /// Adds.
    add-all: func(a: s32, %in: u64) -> f64;
    nothing: func();
}";

#[test]
fn numbers_in_every_language() {
    for (language, expected) in [
        (
            Language::Python,
            r#""""Numbers."""


def add_all(a: int, in_: int) -> float:
    """Adds."""
    raise NotImplementedError("demo.add_all")


def nothing() -> None:
    raise NotImplementedError("demo.nothing")
"#,
        ),
        (
            Language::JavaScript,
            r#"// Numbers.
// What Python imports as `demo`. A promise is awaited, an error is raised.

// Adds.
// add-all: func(a: s32, in_: u64) -> f64
export function addAll(a, in_) {
  throw new Error("demo.addAll is not written yet");
}

// nothing: func()
export function nothing() {
  throw new Error("demo.nothing is not written yet");
}
"#,
        ),
        (
            Language::Wat,
            r#";; Numbers.
;; What Python imports as `demo`.
(module
  ;; Adds.
  ;; add-all: func(a: s32, in_: u64) -> f64
  (func (export "add-all") (param $a i32) (param $in_ i64) (result f64)
    ;; not written yet
    unreachable)

  ;; nothing: func()
  (func (export "nothing")
    ;; not written yet
    unreachable))
"#,
        ),
        (
            Language::C,
            r#"// Numbers.
// What Python imports as `demo`. Compile it with
//   clang --target=wasm32 -O2 -nostdlib -Wl,--no-entry -o demo.wasm demo.c

#include <stdbool.h>
#include <stdint.h>

#define EXPORT(name) __attribute__((export_name(name)))

// Adds.
// add-all: func(a: s32, in_: u64) -> f64
EXPORT("add-all")
double add_all(int32_t a, uint64_t in_)
{
    __builtin_trap(); // not written yet
}

// nothing: func()
EXPORT("nothing")
void nothing(void)
{
    __builtin_trap(); // not written yet
}
"#,
        ),
        (
            Language::Go,
            r#"// Numbers.
// What Python imports as `demo`.
package main

// Adds.
// add-all: func(a: s32, in_: u64) -> f64
//
//go:wasmexport add-all
func addAll(a int32, in uint64) float64 {
	panic("demo.add_all is not written yet")
}

// nothing: func()
//
//go:wasmexport nothing
func nothing() {
	panic("demo.nothing is not written yet")
}

// A library has a main, too, and never calls it.
func main() {}
"#,
        ),
    ] {
        assert_eq!(interface(NUMBERS).skeleton(language).as_deref(), Ok(expected), "{language}");
    }
}

#[test]
fn classes_are_written_where_they_stay() {
    let demo = interface(
        "interface demo {
            record point { x: f64 }
            resource visitor { call: func(p: point); }
            /// Counts.
            resource counter {
                constructor(start: s32);
                /// Adds.
                add: func(n: s32, v: visitor) -> result<point, string>;
                %new: static func() -> counter;
            }
        }",
    );
    assert_eq!(
        demo.skeleton(Language::Python).as_deref(),
        Ok(r#"from __future__ import annotations

from collections.abc import Callable
from demo import Point


class Counter:
    """Counts."""

    def __init__(self, start: int) -> None:
        raise NotImplementedError("demo.Counter")

    def add(self, n: int, v: Callable[[Point], None]) -> Point:
        """Adds."""
        raise NotImplementedError("demo.Counter.add")

    @staticmethod
    def new() -> Counter:
        raise NotImplementedError("demo.Counter.new")
"#)
    );
    assert_eq!(
        demo.skeleton(Language::JavaScript).as_deref(),
        Ok(r#"// What Python imports as `demo`. A promise is awaited, an error is raised.

// Counts.
export class Counter {
  // constructor(start: s32)
  constructor(start) {
    throw new Error("demo.Counter is not written yet");
  }

  // Adds.
  // add: func(n: s32, v: Visitor) -> result<Point, string>
  add(n, v) {
    throw new Error("demo.Counter.add is not written yet");
  }

  // new: static func() -> Counter
  static new() {
    throw new Error("demo.Counter.new is not written yet");
  }
}
"#)
    );
}

#[test]
fn what_a_language_has_no_shape_for_is_told() {
    for (wit, languages, message) in [
        (
            "interface demo { f: func(a: option<u8>); }",
            &[Language::Wat, Language::C, Language::Go][..],
            "f: its parameter a is option<u8>, but a WebAssembly body takes and gives numbers, bool, char, string and list<u8>",
        ),
        (
            "interface demo { f: func() -> tuple<u8, u8>; }",
            &[Language::C],
            "f: C gives one result, and this is a tuple",
        ),
        (
            "interface demo { f: func() -> tuple<u8, u8>; }",
            &[Language::Go],
            "f: Go exports one result, and this is a tuple",
        ),
        (
            "interface demo { memory: func(a: string); }",
            &[Language::Wat, Language::C, Language::Go],
            "memory: a module exports its memory by this name, and no function",
        ),
    ] {
        for language in languages {
            assert_eq!(interface(wit).skeleton(*language), Err(message.to_owned()), "{language}");
        }
    }
}

#[test]
fn what_a_language_calls_otherwise_keeps_its_name_for_python() {
    for (wit, language, parts) in [
        (
            "interface demo { i8: func(module: u8) -> u8; module: func(); self: func(); }",
            Language::Rust,
            &[
                "#[amphi::host(name = \"i8\")]\npub fn i8_(module: u8) -> u8 {",
                "#[amphi::host(name = \"module\")]\npub fn module_() {",
                "        .host(i8_::host())\n        .host(module_::host())\n        .host(self_::host())\n",
            ][..],
        ),
        ("interface demo { main: func(); }", Language::C, &["EXPORT(\"main\")\nvoid main_(void)"]),
        ("interface demo { %bool: func() -> bool; }", Language::Go, &["//go:wasmexport bool\nfunc bool_() bool {"]),
        ("interface demo { memory: func(a: u8); }", Language::Wat, &["(func (export \"memory\") (param $a i32)"]),
    ] {
        let text = interface(wit).skeleton(language).unwrap();
        for part in parts {
            assert!(text.contains(part), "{language}: {part} is not in\n{text}");
        }
    }
}
