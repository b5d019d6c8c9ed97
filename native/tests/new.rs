//! `amphi new`: what it writes runs, says that it is not written yet, and works once it is.
#![allow(clippy::unwrap_used, reason = "a test may fail so")]

mod common;

use std::fs;
use std::path::Path;
use std::process::Command;

use common::amphi;

/// What every language has a shape for.
const PLAIN: &str = "
/// Texts and numbers.
interface plain {
    /// Adds.
    add: func(a: s32, b: u8) -> s64;
    echo: func(text: string, raw: list<u8>) -> string;
}";

/// What only some have.
const RICH: &str = "
interface rich {
    enum color { red, dark-green }
    record point { x: f64, %type: color }
    flags modes { fast, quiet }
    variant shape { dot, at(point) }
    resource heard { call: func(p: point); }
    resource pen {
        constructor(color: color);
        move: func(to: point) -> result<u32, string>;
        plain: static func() -> pen;
    }
    draw: func(shapes: list<shape>, modes: modes, heard: heard) -> option<point>;
}";

const CALLS: &str = "
import plain
for call in (lambda: plain.add(1, 2), lambda: plain.echo('x' * 100_000, b'')):
    try:
        print(call())
    except Exception as error:
        print(type(error).__name__, error)
";

const RICH_CALLS: &str = "
from rich import *
for call in (lambda: draw([Shape.dot()], Modes.fast, lambda p: None), lambda: Pen(Color.red), Pen.plain):
    try:
        print(call())
    except Exception as error:
        print(type(error).__name__, error)
";

/// A program around what is declared; its folder goes with the first value.
fn begin(name: &str, wit: &str, language: &str, table: &str, script: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join(format!("{name}.wit")), wit).unwrap();
    fs::write(folder.path().join("main.py"), script).unwrap();
    let given = format!("{name}.wit");
    let (code, out, told) = amphi(folder.path(), &["new", "--host", &given, "--in", language]);
    assert_eq!(code, Some(0), "{told}");
    assert!(out.starts_with(&format!("{name}.")), "{out}");
    // What it says to write is what is written.
    let toml: String =
        told.lines().filter(|line| line.starts_with("  ")).map(|line| format!("{}\n", &line[2..])).collect();
    assert!(toml.contains(table), "{told}");
    fs::write(folder.path().join("amphi.toml"), toml).unwrap();
    folder
}

fn replace(file: &Path, bodies: &[(&str, &str)]) {
    let mut text = fs::read_to_string(file).unwrap();
    for (from, to) in bodies {
        assert!(text.contains(from), "{from} is not in\n{text}");
        text = text.replacen(from, to, 1);
    }
    fs::write(file, text).unwrap();
}

fn compile_c(folder: &Path) {
    let args =
        ["--target=wasm32", "-O2", "-nostdlib", "-Wall", "-Werror", "-Wl,--no-entry", "-o", "plain.wasm", "plain.c"];
    let clang = ["clang-19", "clang"]
        .into_iter()
        .find_map(|clang| Command::new(clang).args(args).current_dir(folder).status().ok());
    assert!(clang.is_some_and(|status| status.success()), "clang compiles what it wrote");
}

#[test]
fn plain_functions_run_once_they_are_written() {
    for (language, table, unwritten, bodies) in [
        (
            "python",
            "python = \"plain.py\"",
            "NotImplementedError plain.add\nNotImplementedError plain.echo\n",
            vec![
                ("raise NotImplementedError(\"plain.add\")", "return a + b"),
                ("raise NotImplementedError(\"plain.echo\")", "return text + raw.decode()"),
            ],
        ),
        (
            "js",
            "javascript = \"plain.js\"",
            "HostError plain.add is not written yet\nHostError plain.echo is not written yet\n",
            vec![
                ("throw new Error(\"plain.add is not written yet\");", "return BigInt(a + b);"),
                ("throw new Error(\"plain.echo is not written yet\");", "return text;"),
            ],
        ),
        (
            "wat",
            "wat = \"plain.wat\"",
            "HostError the host function trapped: unreachable\nHostError the host function trapped: unreachable\n",
            vec![
                (
                    "    ;; not written yet\n    unreachable",
                    "(i64.extend_i32_s (i32.add (local.get $a) (local.get $b)))",
                ),
                (
                    "    ;; not written yet\n    unreachable",
                    "(i32.store (i32.const 0) (local.get $text))
                     (i32.store (i32.const 4) (local.get $text_len))
                     (i32.const 0)",
                ),
            ],
        ),
        (
            "c",
            "wasm = \"plain.wasm\"",
            "HostError the host function trapped: unreachable\nHostError the host function trapped: unreachable\n",
            vec![
                ("    __builtin_trap(); // not written yet", "    return a + b;"),
                (
                    "    __builtin_trap(); // not written yet",
                    "    static text_t given;\n    given = (text_t){text, text_len};\n    return &given;",
                ),
            ],
        ),
        (
            "go",
            "go = \"plain.go\"",
            "HostError",
            vec![
                ("panic(\"plain.add is not written yet\")", "return int64(a) + int64(b)"),
                (
                    "panic(\"plain.echo is not written yet\")",
                    "return give(append(taken(text, textLen), taken(raw, rawLen)...))",
                ),
            ],
        ),
    ] {
        let folder = begin("plain", PLAIN, language, table, CALLS);
        let path = folder.path();
        if language == "c" {
            compile_c(path);
        }
        let (code, out, told) = amphi(path, &["run", ".", "--habitat", "shim"]);
        assert_eq!(code, Some(0), "{language}: {told}");
        assert!(out.contains(unwritten), "{language}: {out}{told}");
        let file = format!("plain.{}", if language == "python" { "py" } else { language });
        replace(&path.join(file), &bodies);
        if language == "c" {
            compile_c(path);
        }
        for habitat in ["shim", "wasmtime"] {
            let (_, out, told) = amphi(path, &["run", ".", "--habitat", habitat]);
            assert_eq!(out, format!("3\n{}\n", "x".repeat(100_000)), "{language}: {told}");
        }
    }
}

#[test]
fn every_type_has_a_shape_in_python_and_javascript() {
    for (language, table, unwritten) in [
        (
            "python",
            "python = \"rich.py\"",
            "NotImplementedError rich.draw\nNotImplementedError rich.Pen\nNotImplementedError rich.Pen.plain\n",
        ),
        (
            "javascript",
            "javascript = \"rich.js\"",
            "HostError rich.draw is not written yet\nHostError rich.Pen is not written yet\nHostError rich.Pen.plain is not written yet\n",
        ),
    ] {
        let folder = begin("rich", RICH, language, table, RICH_CALLS);
        let (_, out, told) = amphi(folder.path(), &["run", ".", "--habitat", "shim"]);
        assert_eq!(out, unwritten, "{language}: {told}");
    }
}

#[test]
fn mistakes_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    fs::write(path.join("plain.wit"), PLAIN).unwrap();
    fs::write(path.join("rich.wit"), RICH).unwrap();
    fs::write(path.join("wrong.wit"), "interface wrong { f: fun(); }").unwrap();
    fs::write(path.join("plain.py"), "mine").unwrap();
    for (args, message) in [
        (&["--host", "plain.wit", "--in", "python"][..], "plain.py is there already, and nothing is overwritten"),
        (&["--host", "plain.wit", "--in", "perl"], "choose one of python, javascript, rust, wat, c and go"),
        (&["--host", "rich.wit", "--in", "wat"], "rich cannot be written in wat: Pen: its parameter color is Color"),
        (&["--host", "none.wit", "--in", "wat"], "cannot read none.wit"),
        (&["--host", "wrong.wit", "--in", "wat"], "wrong.wit:1:22"),
        (&["--in", "wat"], "--host <FILE.wit>"),
    ] {
        let (code, _, told) = amphi(path, &[&["new"], args].concat());
        assert!(code != Some(0) && told.contains(message), "{args:?}: {told}");
    }
    assert_eq!(fs::read_to_string(path.join("plain.py")).unwrap(), "mine");
    let (code, out, told) = amphi(path, &["new", "--host", "plain.wit", "--in", "rust", "--out", "src/hosts"]);
    assert_eq!((code, out.as_str()), (Some(0), "src/hosts/plain.rs\n"), "{told}");
    let (_, shown, _) = amphi(path, &["new", "--host", "plain.wit", "--in", "rust", "--print"]);
    assert_eq!(shown, fs::read_to_string(path.join("src/hosts/plain.rs")).unwrap());
}
