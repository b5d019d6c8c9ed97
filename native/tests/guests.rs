//! Host functions in Python, each module in a guest of its own beside the program's: typed by hints and by WIT, called
//! and calling back, kept apart, and alike in every habitat however they fail.
#![allow(clippy::unwrap_used, reason = "a test may fail so")]

mod common;

use common::{amphi, write};

const MANIFEST: &str = r#"
[host.plain]
python = "hosts/plain.py"
[host.plain.limits]
memory = "64 MiB"
[[host.plain.mount]]
host = "data"
guest = "/data"
access = "ro"

[host.shop]
python = "hosts/shop.py"
wit = "shop.wit"
"#;

/// By type hints alone.
const PLAIN: &str = r#"
"""Functions of one kind and another."""
import os, sys
from dataclasses import dataclass
from typing import Callable

@dataclass
class Point:
    x: float
    y: float

def swap(point: Point) -> Point:
    """Exchanges both."""
    print("swapping", point)
    return Point(point.y, point.x)

def apply(f: Callable[[int], int], n: int) -> int:
    return f(n)

def keep(f):
    global kept
    kept = f

def kept_call(n):
    return kept(n)

def echo(x):
    return x

def wrong() -> int:
    return "text"

def fail(kind):
    raise {"value": ValueError, "key": KeyError, "own": Own}[kind](kind)

class Own(Exception):
    pass

def large(size: int) -> int:
    return len(bytearray(size))

def files() -> list[str]:
    return sorted(os.listdir("/work")) + sorted(os.listdir("/data"))

def leave(code: int):
    os._exit(code)

def _private():
    pass
"#;

/// By a declaration, with a resource, an enum and another host module behind it.
const SHOP: &str = r#"
import plain
from shop import Kind, Line

class Basket:
    made = 0

    def __init__(self, owner):
        self.owner, self.lines = owner, []
        Basket.made += 1

    def add(self, line):
        assert isinstance(line, Line) and isinstance(line.kind, Kind), line
        self.lines.append(line)
        return len(self.lines)

    @staticmethod
    def count():
        return Basket.made

def total(basket, each):
    return sum(each(line.cents) for line in basket.lines)

def parse_number(text):
    try:
        return int(text)
    except ValueError as error:
        return error

def through(n):
    return plain.apply(lambda m: m + 1, n)
"#;

const WIT: &str = "
interface shop {
    enum kind { food, other }
    record line { kind: kind, cents: u32 }
    resource each { call: func(cents: u32) -> u32; }
    resource basket {
        constructor(owner: string);
        add: func(l: line) -> u32;
        count: static func() -> u32;
    }
    /// All together.
    total: func(b: borrow<basket>, each: each) -> u64;
    parse-number: func(text: string) -> result<s64, string>;
    through: func(n: s64) -> s64;
}";

const SCRIPT: &str = r#"
import inspect, os, traceback
import plain, shop

def raised(call, *args):
    try:
        return f"{call(*args)!r} and no error"
    except Exception as error:
        return f"{type(error).__name__}: {error}"

assert plain.__doc__ == "Functions of one kind and another." and not hasattr(plain, "_private")
assert repr(inspect.signature(plain.swap)) == "<Signature (point: Point) -> Point>"
assert inspect.getdoc(plain.swap) == "Exchanges both."
print(plain.swap(plain.Point(1, 2)))
for value in None, True, -(1 << 80), 1.5, "ä", b"\0\xff", [1, (2,)], {"a": [None]}:
    assert plain.echo(value) == value, value

# Both ways, nested through both guests, and down to their depth.
assert plain.apply(lambda n: plain.apply(lambda m: m * 2, n) + 1, 20) == 41
def deeper(n):
    return plain.apply(deeper, n + 1)
print(raised(deeper, 0))
plain.keep(lambda n: n + 1)
assert plain.kept_call(1) == 2 and plain.echo(plain.echo)(3) == 3
assert shop.through(4) == 5

# What is declared.
basket = shop.Basket("Ada")
assert [basket.add(shop.Line(shop.Kind.food, cents)) for cents in (250, 320)] == [1, 2]
assert shop.total(basket, lambda cents: cents * 2) == 1140
assert shop.Basket.count() == 1 and inspect.getdoc(shop.total) == "All together."
assert shop.parse_number("12") == 12
print(raised(shop.parse_number, "x"))
print(raised(basket.add, 1))

# What goes wrong is an exception, and the next call works.
print(raised(plain.swap, 1))
print(raised(plain.apply, 1, 2))
print(raised(plain.wrong))
for kind in "value", "key", "own":
    print(raised(plain.fail, kind))
try:
    plain.apply(lambda n: n // 0, 1)
except ZeroDivisionError as error:
    told = "".join(traceback.format_exception(error))
    print([name for name in ("in <module>", "in apply", "in <lambda>") if name in told])
print(raised(plain.large, 100_000_000))
assert plain.large(1000) == 1000

# Each guest sees its own files.
print(plain.files(), "plain.py" in os.listdir("/work"), os.path.exists("/data"))
print(raised(plain.leave, 3))
print(raised(plain.echo, 1))
assert shop.parse_number("7") == 7
"#;

const TOLD: &str = "\
Point(x=2.0, y=1.0)
RecursionError: calls between guest and host nest more than 64 deep
HostError: invalid literal for int() with base 10: 'x'
TypeError: shop.Basket.add() argument 'l' must be Line, not 1 (int)
TypeError: plain.swap() argument 'point' must be Point, not 1 (int)
TypeError: plain.apply() argument 'f' must be callable, not 1 (int)
TypeError: wrong() result of 'wrong' must be s64, not 'text' (str)
ValueError: value
KeyError: 'key'
HostError: Own: own
['in <module>', 'in apply', 'in <lambda>']
MemoryError: 
['plain.py', 'given.txt'] False False
HostError: the guest of this host function exited with code 3
HostError: the guest of this host function exited with code 3
";

#[test]
fn python_serves_python_alike_in_every_habitat() {
    let folder = tempfile::tempdir().unwrap();
    write(
        folder.path(),
        &[
            ("amphi.toml", MANIFEST),
            ("main.py", SCRIPT),
            ("hosts/plain.py", PLAIN),
            ("hosts/shop.py", SHOP),
            ("shop.wit", WIT),
            ("data/given.txt", "given"),
        ],
    );
    for habitat in ["wasmtime", "shim", "chromium"] {
        let (code, told, said) = amphi(folder.path(), &["run", ".", "--habitat", habitat]);
        assert_eq!((code, told.as_str()), (Some(0), TOLD), "{habitat}: {said}");
        assert!(said.ends_with("swapping Point(x=1.0, y=2.0)\n"), "{habitat}: {said}");
    }
}

#[test]
fn a_host_module_that_cannot_start_is_told_and_one_that_never_returns_is_ended() {
    let folder = tempfile::tempdir().unwrap();
    write(
        folder.path(),
        &[
            ("breaks.py", "1 / 0"),
            ("nothing.py", "x = 1"),
            ("stars.py", "import amphi\n@amphi.export\ndef f(*args): pass"),
            ("loops.py", "def f():\n    while True: pass"),
            ("once.toml", ""),
        ],
    );
    for habitat in ["wasmtime", "shim", "chromium"] {
        for (file, code, message) in [
            ("breaks.py", 1, "the host module demo: its Python ended with exit code 1"),
            ("nothing.py", 1, "the host module demo: the host module demo defines no function"),
            ("stars.py", 1, "f() cannot be exported: the host gives no argument for *args"),
            ("loops.py", 122, "wall time, 1 s"),
        ] {
            let host = format!("demo={file}");
            let args = ["run", "--habitat", habitat, "--wall", "1s", "--host", &host, "-c", "import demo; demo.f()"];
            let (found, _, said) = amphi(folder.path(), &args);
            let said = said.replace("The host module", "the host module");
            assert!(found == Some(code) && said.contains(message), "{habitat} {file}: {found:?} {said}");
        }
    }
}

#[test]
fn the_calls_of_a_host_modules_guest_are_traced_under_its_name() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), &[("h.py", "def f(x):\n    return open('made.txt', 'w').write(x)")]);
    for habitat in ["wasmtime", "shim", "chromium"] {
        let args = ["trace", "--habitat", habitat, "--host", "h=h.py", "--filter", "path=*made.txt", "-c"];
        let (_, told, said) = amphi(folder.path(), &[&args[..], &["import h; h.f('abc')"]].concat());
        assert!(said.contains("[h] path_open(3 </work>, "), "{habitat}: {told} {said}");
        assert!(said.contains("[h] fd_write(5 </work/made.txt>, \"abc\") = 3"), "{habitat}: {told} {said}");
    }
}

const LINES: &str = "\
import pathlib, h
def write(name):
    pathlib.Path(name).write_text(
        'x' * 3)
def each():
    yield open('each.txt', 'w')
write('écrit.txt')
next(each()).close()
[open(f'{name}.txt', 'w').close() for name in 'ab']
h.f(1)
exec(compile('open(\\'made.txt\\', \\'w\\')', 'ligne, générée', 'exec'))
";

#[test]
fn a_call_is_told_with_the_line_that_made_it() {
    let folder = tempfile::tempdir().unwrap();
    let host = "def f(x):\n    y = x\n    open('host.txt', 'w').close()\n    return y";
    write(folder.path(), &[("h.py", host), ("main.py", LINES)]);
    for habitat in ["wasmtime", "shim", "chromium"] {
        let calls = |filter: &str| -> Vec<String> {
            let args = ["trace", "--lines", "--habitat", habitat, "--host", "h=h.py", "--filter", filter, "main.py"];
            let (code, told, said) = amphi(folder.path(), &args);
            assert_eq!(code, Some(0), "{habitat}: {told} {said}");
            let last = |line: &str| line.rsplit("  ").next().unwrap_or_default().to_owned();
            said.lines().filter(|line| line.contains(" path_open(") || line.contains(" h.f(")).map(last).collect()
        };
        let opened = calls("path_open,path=*.txt");
        let expected =
            ["main.py:3", "main.py:6", "main.py:9", "main.py:9", "h.py:3"].map(|line| format!("/work/{line}"));
        assert_eq!(opened[..5], expected, "{habitat}");
        assert_eq!(opened[5..], ["ligne, générée:1"], "{habitat}");
        assert_eq!(calls("host"), ["/work/main.py:10"], "{habitat}");
    }
}

/// Texts and bytes go by address and length; WASI and another host module are at its disposal.
const TEXT: &str = r#"(module
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "count" "next" (func $next (param i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 32) "shouting\n")
  (global $free (mut i32) (i32.const 1024))
  (func (export "_initialize") (global.set $free (i32.const 2048)))
  (func (export "ALLOCATE") ALLOCATOR (result i32) (local $at i32)
    (local.set $at (global.get $free))
    (if (i32.gt_u (i32.add (local.get $at) (local.get $size)) (i32.const 65536)) (then (return (i32.const 0))))
    (global.set $free (i32.add (local.get $at) (local.get $size)))
    (local.get $at))
  (func (export "free") (param $at i32) (global.set $free (local.get $at)))
  (func (export "shout") (param $at i32) (param $length i32) (result i32) (local $end i32) (local $next i32)
    (i32.store (i32.const 0) (local.get $at))
    (i32.store (i32.const 4) (local.get $length))
    (local.set $end (i32.add (local.get $at) (local.get $length)))
    (block $done (loop $more
      (br_if $done (i32.ge_u (local.get $at) (local.get $end)))
      (if (i32.and (i32.ge_u (i32.load8_u (local.get $at)) (i32.const 97))
                   (i32.le_u (i32.load8_u (local.get $at)) (i32.const 122)))
        (then (i32.store8 (local.get $at) (i32.sub (i32.load8_u (local.get $at)) (i32.const 32)))))
      (local.set $at (i32.add (local.get $at) (i32.const 1)))
      (br $more)))
    (i32.store (i32.const 8) (i32.const 32))
    (i32.store (i32.const 12) (i32.const 9))
    (drop (call $fd_write (i32.const 1) (i32.const 8) (i32.const 1) (i32.const 16)))
    (drop (call $next (i32.const 2)))
    (i32.const 0))
  (func (export "size") (param i32 i32) (result i32) (local.get 1))
  (func (export "wild") (result i32) (i32.const 65532))
  (func (export "trap") (unreachable)))"#;

const TEXT_WIT: &str = "
interface text {
    shout: func(s: string) -> string;
    size: func(b: list<u8>) -> u32;
    wild: func() -> string;
    trap: func();
}";

const COUNT: &str = "seen = 0\n\ndef next(by: int) -> int:\n    global seen\n    seen += by\n    return seen";

#[test]
fn wasm_takes_and_gives_texts_and_calls_wasi_and_other_host_modules() {
    const CANONICAL: (&str, &str) =
        ("cabi_realloc", "(param $old i32) (param $before i32) (param $align i32) (param $size i32)");
    for (habitat, (name, params)) in [
        ("wasmtime", CANONICAL),
        ("shim", CANONICAL),
        ("shim", ("malloc", "(param $size i32)")),
        ("chromium", ("malloc", "(param $size i32)")),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let manifest = "[host.text]\nwat = \"text.wat\"\nwit = \"text.wit\"\n[host.count]\npython = \"count.py\"\n";
        let script = "\
import text, count
def raised(call, *args):
    try:
        return call(*args)
    except Exception as error:
        return f'{type(error).__name__}: {error}'
print(text.shout('Grüße, world'), repr(text.shout('')), text.size(bytes(1000)), count.next(0))
print(raised(text.wild))
print(raised(text.trap))
print(raised(text.size, bytes(100_000)))
print(raised(text.shout, 1))
print(text.shout('again'))
";
        write(
            folder.path(),
            &[
                ("amphi.toml", manifest),
                ("main.py", script),
                ("text.wat", &TEXT.replace("ALLOCATE\"", &format!("{name}\"")).replace("ALLOCATOR", params)),
                ("text.wit", TEXT_WIT),
                ("count.py", COUNT),
            ],
        );
        let (code, told, said) = amphi(folder.path(), &["run", ".", "--habitat", habitat]);
        let expected = "\
GRüßE, WORLD '' 1000 4
HostError: the host module gave 65532 as the place of an address and a length, which are not in its memory
HostError: the host function trapped: unreachable
MemoryError: the host module has no room for 100000 bytes
TypeError: text.shout() argument 's' must be string, not 1 (int)
AGAIN
";
        assert_eq!((code, told.as_str()), (Some(0), expected), "{habitat} {name}: {said}");
        assert_eq!(said, "shouting\n".repeat(3), "{habitat} {name}");
    }
}
