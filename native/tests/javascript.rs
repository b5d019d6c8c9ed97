//! Host functions in JavaScript, alike in every habitat that can wait for promises: called and calling back, failing,
//! waiting, kept from what they were not granted.
#![allow(clippy::unwrap_used, reason = "a test may fail so")]

mod common;

use common::amphi;

const TEXT: &str = r#"
const fetch = "the module's own";
let kept;
export const echo = (x) => x;
export const own = () => [fetch, typeof XMLHttpRequest, typeof process, typeof globalThis.postMessage];
export const text = () => { try { return (() => {}).constructor("return this")() === undefined; } catch (error) { return "refused"; } };
export function keep(f) { kept = f; }
export const keptCall = (x) => kept(x);
export const later = async (x) => {
  await new Promise((done) => setTimeout(done, 20));
  console.log("waited", { x });
  return x + 1;
};
export const after = async (f, x) => f(await later(x));
export const late = async () => { await null; throw new RangeError("late"); };
export const raise = (name) => { throw new ({ TypeError, RangeError, Error }[name])(name); };
"#;

const SCRIPT: &str = r#"
import inspect
import demo

def raised(call, *args):
    try:
        return f"{call(*args)!r} and no error"
    except Exception as error:
        return f"{type(error).__name__}: {error}"

for value in None, True, 1 << 80, -(1 << 53), 1.5, "ä", b"\0\xff", [1, [2]], {"a": [None]}:
    assert demo.echo(value) == value, value
assert demo.echo(len) is len and demo.echo(demo.keep)(None) is None
print(demo.own(), demo.text(), inspect.signature(demo.after))
demo.keep(lambda x: demo.echo(x) * 2)
print(demo.keptCall(4), demo.later(1), demo.after(lambda x: demo.echo(x) * 2, 3))
for name in "TypeError", "RangeError", "Error":
    print(raised(demo.raise_, name))
print(raised(demo.late))

def fail(x):
    raise KeyError("mine")

try:
    demo.after(fail, 1)
except KeyError as error:
    print(repr(error), error.__traceback__ is not None)
"#;

const TOLD: &str = "\
[\"the module's own\", 'undefined', 'undefined', 'undefined'] refused (f: object, x: object) -> object
8 2 8
TypeError: TypeError
ValueError: RangeError
HostError: Error
ValueError: late
KeyError('mine') True
";

#[test]
fn javascript_serves_python_alike() {
    let folder = tempfile::tempdir().unwrap();
    let manifest = "[host.demo]\njavascript = \"demo.js\"\n";
    common::write(folder.path(), &[("amphi.toml", manifest), ("demo.js", TEXT), ("main.py", SCRIPT)]);
    for habitat in ["wasmtime", "shim", "chromium"] {
        let (code, told, said) = amphi(folder.path(), &["run", ".", "--habitat", habitat]);
        assert_eq!((code, told.as_str()), (Some(0), TOLD), "{habitat}: {said}");
        assert_eq!(said, "waited {x: 1}\nwaited {x: 3}\nwaited {x: 1}\n", "{habitat}");
    }
}

const FLAT: &str = "
interface demo {
    resource heard { call: func(x: s32) -> s32; }
    small: func(a: s8, b: u8) -> s8;
    wide: func(a: s64, b: u64) -> u64;
    word: func(a: u32) -> u32;
    real: func(a: f64) -> f64;
    truth: func(a: bool) -> bool;
    nothing: func(a: s32);
    many: func(a: s16, b: u16, c: s32, d: f64) -> f64;
    wrong: func(kind: u8) -> s32;
    soon: func(a: s32) -> s32;
    keep: func(f: heard);
    again: func(x: s32) -> s32;
    resource tried { call: func(x: s32) -> result<string, string>; }
    go: func(f: tried) -> string;
    two-words: func() -> s32;
    says: func(x: s32) -> s32;
}";

const FLAT_JS: &str = r#"
export const small = (a, b) => a + b;
export const wide = (a, b) => BigInt.asUintN(64, a + b);
export const word = (a) => a;
export const real = (a) => a;
export const truth = (a) => !a;
export const nothing = (a) => a;
export const many = (a, b, c, d) => a + b + c + d;
const wrongs = ["text", 1.5, 2 ** 31, 7n, true, null, undefined, NaN, [], -0, { valueOf: () => 3 }];
export const wrong = (kind) => { if (kind === 99) throw new RangeError("far"); return wrongs[kind]; };
export const soon = async (a) => a + 1;
let kept;
export const keep = (f) => { kept = f; };
export const again = (x) => kept(x) + 1;
export const twoWords = () => 2;
export const go = (f) => "got " + f(3);
export const says = (x) => { console.log("said", x); return x; };
"#;

const FLAT_PY: &str = r#"
import os
import demo

def told(call, *args):
    try:
        print(call.__name__, args, repr(call(*args)))
    except Exception as error:
        # Each has one frame of JavaScript at most: that of the module's own function.
        frames = sum(len(note.splitlines()) for note in getattr(error, "__notes__", ()))
        print(call.__name__, args, type(error).__name__, error, frames)

for a, b in (1, 2), (-128, 0), (127, 1), (-128, 255), (128, 0), ("x", 0):
    told(demo.small, a, b)
for a, b in (1, 2), (-(1 << 63), 1 << 63), (-1, (1 << 64) - 1), (1 << 63, 0):
    told(demo.wide, a, b)
for a in 0, (1 << 32) - 1, 1 << 32, -1:
    told(demo.word, a)
for a in 0, 1.5, -0.0, float("inf"), float("nan"), 1e308:
    told(demo.real, a)
told(demo.truth, True)
told(demo.truth, False)
told(demo.nothing, 5)
told(demo.many, -32768, 65535, -5, 0.25)
for kind in range(11):
    told(demo.wrong, kind)
told(demo.wrong, 99)
told(demo.soon, 4)
demo.keep(lambda x: demo.small(x, 1) * 2)
told(demo.again, 3)
demo.keep(lambda x: [][x])
told(demo.again, 3)
told(demo.two_words)
print(demo.go(str))
told(demo.says, 6)
demo.keep(lambda x: demo.again(x - 1) if x else demo.says(7))
told(demo.again, 3)

def grows(x):
    # While it runs the memory that the call's slots lie in is another.
    held = bytes(40 << 20)
    try:
        demo.wrong(0)
    except Exception:
        return len(held) >> 20

demo.keep(grows)
told(demo.again, 3)
demo.keep(lambda x: os._exit(3))
print("no more", flush=True)
demo.again(3)
"#;

/// A browser cannot wait below a call that was made with nothing of Rust in between, no more than below others.
#[test]
fn a_promise_below_a_function_of_numbers_is_an_error_in_a_browser() {
    let folder = tempfile::tempdir().unwrap();
    let manifest =
        "[host.demo]\njavascript = \"demo.js\"\nwit = \"demo.wit\"\n[host.other]\njavascript = \"other.js\"\n";
    let other = "export const make = () => async (x) => x + 1;";
    let script = "\
import demo, other
demo.keep(other.make())
for _ in range(2):
    try:
        print(demo.again(3))
    except Exception as error:
        print('promise' in str(error))
print(demo.soon(1))
";
    let files =
        [("amphi.toml", manifest), ("demo.wit", FLAT), ("demo.js", FLAT_JS), ("other.js", other), ("main.py", script)];
    common::write(folder.path(), &files);
    for (habitat, told) in [("shim", "5\n5\n2\n"), ("chromium", "True\nTrue\n2\n")] {
        let (_, found, said) = amphi(folder.path(), &["run", ".", "--habitat", habitat]);
        assert_eq!(found, told, "{habitat}: {said}");
    }
}

#[test]
fn functions_of_numbers_are_alike() {
    let folder = tempfile::tempdir().unwrap();
    let manifest = "[host.demo]\njavascript = \"demo.js\"\nwit = \"demo.wit\"\n";
    common::write(
        folder.path(),
        &[("amphi.toml", manifest), ("demo.wit", FLAT), ("demo.js", FLAT_JS), ("main.py", FLAT_PY)],
    );
    let told = ["shim", "chromium"].map(|habitat| {
        let (code, told, said) = amphi(folder.path(), &["run", ".", "--habitat", habitat]);
        assert_eq!((code, said.as_str()), (Some(3), "said 6\nsaid 7\n"), "{habitat}");
        told
    });
    let [shim, chromium] = told;
    for line in
        ["small (1, 2) 3", "truth (True,) False", "soon (4,) 5", "again (3,) 9", "again (3,) 11", "again (3,) 41"]
    {
        assert!(shim.lines().any(|told| told == line), "{line} is not in\n{shim}");
    }
    assert_eq!(shim, chromium);
}
