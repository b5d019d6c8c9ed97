//! Calls in both directions, with a real Python: the host calls what the script gave it, nested and later; the script
//! holds what the host has; and the functions that a script exports are called once it has run.
#![allow(clippy::unwrap_used, reason = "a test may fail so")]

mod common;

use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};

use amphi_core::{
    Body, Exit, Handle, HostError, HostModule, HostSource, Interface, Outcome, Program, Source, Value, prepare, wit,
};
use amphi_wasmtime::Native;

const WIT: &str = "
interface back {
    resource visitor { call: func(x: s32) -> s32; }
    /// Counts.
    resource counter {
        constructor(start: s32);
        /// Adds.
        add: func(n: s32) -> s32;
        fresh: static func() -> counter;
    }
    apply: func(f: visitor) -> s32;
    keep: func(f: visitor);
    let-go: func();
    adder: func(by: s32) -> visitor;
    finish: func(c: counter) -> s32;
    mixed: func(f: visitor) -> s32;
}";

/// Counters that are alive.
static ALIVE: AtomicI64 = AtomicI64::new(0);

struct Counter(AtomicI64);

impl Counter {
    fn handle(start: i64) -> Value {
        ALIVE.fetch_add(1, Ordering::SeqCst);
        Value::Handle(Handle::new("Counter", Self(AtomicI64::new(start))))
    }

    fn add(&self, number: i64) -> i64 {
        self.0.fetch_add(number, Ordering::SeqCst) + number
    }
}

impl Drop for Counter {
    fn drop(&mut self) {
        ALIVE.fetch_sub(1, Ordering::SeqCst);
    }
}

fn int(value: Option<&Value>) -> i64 {
    value.and_then(Value::as_integer).and_then(|number| i64::try_from(number).ok()).unwrap()
}

fn handle(args: &[Value]) -> Handle {
    match args.first() {
        Some(Value::Handle(handle)) => handle.clone(),
        other => panic!("{other:?}"),
    }
}

fn module() -> HostModule {
    let interface: Interface = wit::parse(&Source::new("back.wit", WIT)).unwrap().remove(0);
    let kept: Arc<Mutex<Vec<Handle>>> = Arc::default();
    let let_go = kept.clone();
    HostModule::implement(interface)
        .body("Counter", |_, args| Ok(Counter::handle(int(args.first()))))
        .body("Counter.fresh", |_, _| Ok(Counter::handle(0)))
        .body("Counter.add", |_, args| Ok(handle(&args).get::<Counter>().unwrap().add(int(args.get(1))).into()))
        .body("apply", |cx, args| handle(&args).call(cx, vec![1.into()]))
        .body("keep", move |_, args| {
            kept.lock().unwrap().push(handle(&args));
            Ok(Value::None)
        })
        .body("let_go", move |_, _| {
            let_go.lock().unwrap().clear();
            Ok(Value::None)
        })
        .body("adder", |_, args| {
            let by = int(args.first());
            Ok(Value::Handle(Handle::callable(move |_, args| Ok((int(args.first()) + by).into()))))
        })
        .body("finish", |_, args| Ok(handle(&args).get::<Counter>().unwrap().add(0).into()))
        .body("mixed", |cx, args| {
            // One host function calls another, which calls Python.
            let value = cx.call_host("back", "apply", args)?;
            match value.as_integer() {
                Some(number) if number > 5 => Err(HostError::value_error("more than 5")),
                _ => Ok(value),
            }
        })
        .build()
        .unwrap()
}

const SCRIPT: &str = r#"
import gc, inspect, traceback, weakref
import back

assert back.apply(lambda x: x + 1) == 2
assert back.apply(lambda x: back.apply(lambda y: y * 10) + x) == 11
assert back.mixed(abs) == 1

# What makes a result of something calls the host, which calls again.
class Number:
    def __index__(self):
        return back.apply(lambda x: x + 40) + 1
assert back.apply(lambda x: Number()) == 42

# An exception comes back as itself, its traceback whole.
class Odd(Exception):
    pass
odd = Odd("odd")
def fail(x):
    raise odd
for call in back.apply, back.mixed:
    try:
        call(fail)
    except Odd as error:
        assert error is odd
        assert "in fail" in "".join(traceback.format_exception(error))
    else:
        assert False
try:
    back.mixed(lambda x: 6)
except ValueError as error:
    assert str(error) == "more than 5"

# What is given back is checked, and named.
for wrong in lambda x: "text", lambda: 1, lambda x: 1 << 40:
    try:
        back.apply(wrong)
    except (TypeError, OverflowError):
        pass
    else:
        assert False
try:
    back.apply(5)
except TypeError as error:
    assert "'f' must be callable" in str(error), error

# Calls nest to their depth, and go on after.
def deeper(n):
    return back.apply(lambda x: deeper(n + 1))
try:
    deeper(0)
except RecursionError as error:
    assert "more than 64 deep" in str(error), error
assert back.apply(abs) == 1

# The host keeps a callable, and lets it go.
def kept(x):
    return x
alive = weakref.ref(kept)
back.keep(kept)
del kept
gc.collect()
assert alive() is not None
back.let_go()
back.adder(1)
gc.collect()
assert alive() is None
for _ in range(1000):
    back.apply(lambda x: x)

# Things of the host.
assert back.adder(41)(1) == 42
assert back.apply(back.adder(2)) == 3
counter = back.Counter(5)
assert (counter.add(2), counter.add(n=3)) == (7, 10)
assert repr(inspect.signature(back.Counter)) == "<Signature (start: int) -> Counter>"
assert inspect.getdoc(back.Counter.add) == "Adds."
assert back.Counter.fresh().add(1) == 1
assert back.finish(counter) == 10
try:
    counter.add(1)
except ValueError as error:
    assert "was given away" in str(error), error
many = [back.Counter(at) for at in range(100)]
del many
try:
    back.apply(back.Counter(1))
except TypeError:
    pass
print("whole")
"#;

fn habitats() -> [Native; 2] {
    common::habitats(amphi_python::artifact().unwrap())
}

fn shown(outcome: &Outcome) -> (String, String) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (text(&outcome.stdout), text(&outcome.stderr))
}

#[test]
fn host_functions_call_back_and_hold_things() {
    let module = Arc::new(module());
    for native in habitats() {
        let prepared = prepare(&Program::script("both ways", SCRIPT)).unwrap();
        let sandbox = native.sandbox(&prepared, &mut |_| {}).unwrap();
        let mut start = native.start(&prepared.program, |_| {}).unwrap();
        start.registered.0.push(module.clone());
        let outcome = sandbox.start(start).unwrap().finish().unwrap();
        assert_eq!(shown(&outcome), ("whole\n".to_owned(), String::new()));
        assert_eq!(outcome.exit, Exit::Code(0));
        assert_eq!(ALIVE.load(Ordering::SeqCst), 0, "the script's counters are gone with it");
    }
}

const EXPORTS: &str = r#"
import amphi, sys
from dataclasses import dataclass
from enum import Enum
from typing import Callable

print("loaded")
total = 0

@dataclass
class Box:
    width: float
    height: float

class Side(Enum):
    left = "l"
    far_right = "r"

@amphi.export
def add(a: int, b: amphi.u8 = 1) -> int:
    global total
    total += a + b
    return total

@amphi.export
def area(boxes: list[Box], scale: float | None) -> float:
    return sum(box.width * box.height for box in boxes) * (scale or 1)

@amphi.export(name="turn")
def other_side(side: Side) -> tuple[Side, str]:
    print("turning", end="")
    return (Side.left if side is Side.far_right else Side.far_right), side.value

@amphi.export
def boom(x):
    raise ValueError(f"no {x}")

@amphi.export
def leave(code: int) -> None:
    import os
    os._exit(code)
"#;

#[test]
fn exports_are_called_once_the_script_has_run() {
    for native in habitats() {
        let prepared = prepare(&Program::script("exports", EXPORTS)).unwrap();
        let sandbox = native.sandbox(&prepared, &mut |_| {}).unwrap();
        let mut running = sandbox.start(native.start(&prepared.program, |_| {}).unwrap()).unwrap();
        assert_eq!(running.call("add", vec![]).unwrap_err().message, "the program does not serve");
        assert_eq!(running.serve(), Ok(0));
        let names: Vec<_> = running.exports().unwrap().functions.iter().map(|f| f.name.clone()).collect();
        assert_eq!(names, ["add", "area", "turn", "boom", "leave"]);
        // What the script made stays between calls.
        assert_eq!(running.call("add", vec![1.into(), 2.into()]), Ok(3.into()));
        assert_eq!(running.call("add", vec![1.into(), 2.into()]), Ok(6.into()));
        assert_eq!(running.call("add", vec![1.into()]), Ok(8.into()));
        for (name, args, message) in [
            (
                "add",
                vec![],
                "TypeError: exports.add() takes at least 1 argument (a: s64, b: option<u8>), but 0 were given",
            ),
            (
                "add",
                vec![1.into(), 256.into()],
                "OverflowError: exports.add() argument 'b': expected u8, got 256, which is outside 0 to 255",
            ),
            ("boom", vec![7.into()], "ValueError: no 7"),
            ("ad", vec![], "AttributeError: ad is not exported; did you mean add?"),
        ] {
            assert_eq!(running.call(name, args).unwrap_err().to_string(), message);
        }
        assert!(!running.is_over());
        assert!(running.call("leave", vec![3.into()]).is_err());
        assert!(running.is_over());
        assert!(running.call("add", vec![1.into(), 2.into()]).is_err());
        let outcome = running.finish().unwrap();
        assert_eq!((outcome.exit, outcome.stdout.0), (Exit::Code(3), b"loaded\n".to_vec()));
    }
}

/// A test's thread has two MiB of stack: what recurses without end uses up the guest's, and the process goes on.
#[test]
fn recursion_without_end_is_an_error() {
    const WAT: &str =
        "(module (func $f (export \"f\") (param i32) (result i32) (i32.add (i32.const 1) (call $f (local.get 0)))))";
    const JS: &str = "export const go = (f, n) => { const r = (k) => (k > 0 ? r(k - 1) + 1 : f(1)); return r(n); };";
    const SCRIPT: &str = "\
import deep, js
def back(x):
    return js.go(back, 20)
for call in [lambda: deep.f(1), lambda: js.go(back, 20), lambda: js.go(abs, 1 << 20)] * 2:
    try:
        call()
    except Exception as error:
        print(type(error).__name__)
print(js.go(abs, 2))
";
    let told = "HostError\nRecursionError\nRecursionError\n".repeat(2) + "3\n";
    for native in &habitats() {
        let mut program = Program::script("main.py", SCRIPT);
        for (name, body) in
            [("deep", Body::Wat(Source::new("deep.wat", WAT))), ("js", Body::JavaScript(Source::new("js.js", JS)))]
        {
            program.hosts.push(HostSource::new(name, body));
        }
        let prepared = prepare(&program).unwrap();
        let start = native.start(&prepared.program, |_| {}).unwrap();
        let outcome = native.sandbox(&prepared, &mut |_| {}).unwrap().start(start).unwrap().finish().unwrap();
        assert_eq!(shown(&outcome), (told.clone(), String::new()));
    }
}

#[test]
fn amphi_call_is_alike_in_every_habitat() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("tools.py"), EXPORTS).unwrap();
    for habitat in ["wasmtime", "shim", "chromium"] {
        for (args, code, stdout, stderr) in [
            (&["area", "[{width: 2.0, height: 1.5}]", "some(10.0)"][..], 0, "loaded\n30.0\n", ""),
            (&["turn", "far-right"], 0, "loaded\nturning(left, \"r\")\n", ""),
            (&["add", "1", "x"], 1, "loaded\n", "amphi: add() argument 'b': expected u8, at column 1 of x\n"),
            (&["boom", "{a: 1}"], 1, "loaded\n", "ValueError: no {'a': 1}\n"),
            (&["leave", "4"], 4, "loaded\n", ""),
        ] {
            let output = Command::new(env!("CARGO_BIN_EXE_amphi"))
                .args(["call", "--habitat", habitat, "tools.py"])
                .args(args)
                .current_dir(folder.path())
                .stdin(Stdio::null())
                .output()
                .unwrap();
            let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
            let (told, said) = (text(output.stdout), text(output.stderr));
            assert_eq!((output.status.code(), told.as_str()), (Some(code), stdout), "{habitat} {args:?}: {said}");
            assert!(said.ends_with(stderr) && said.is_empty() == stderr.is_empty(), "{habitat} {args:?}: {said}");
        }
    }
}
