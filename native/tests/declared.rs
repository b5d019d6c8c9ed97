//! What is declared holds on both sides of every boundary: callables either way, errs, options of options, defaults,
//! names that Python has other uses for. A script, a host module in Python in its own guest, in the machine's own Python and
//! in JavaScript say the same.
#![allow(clippy::unwrap_used, reason = "a test may fail so")]

mod common;

use common::{amphi, folder, write};
use std::fs;

const WIT: &str = "\
package demo:forms;
interface forms {
    record point { x: s32, y: s32 }
    enum kind { mro, name, value }
    flags access { read, write }
    variant shape { value(u8), case(string), empty }
    variant problem { missing(string), full }
    /// Tells of a shape.
    resource each { call: func(at: point, shape: shape) -> result<kind, problem>; }
    resource plain { call: func(access: access) -> option<option<u8>>; }
    all: func(each: each) -> list<result<kind, problem>>;
    maker: func() -> each;
    maybe: func(plain: plain) -> list<option<option<u8>>>;
    find: func(name: string, start: option<u8>, end: option<u8>) -> result<string, problem>;
    half: func(number: f32) -> f32;
    resource some { call: func(number: u8, more: option<u8>) -> u8; }
    summing: func() -> some;
    spots: func() -> list<result<u8, point>>;
}";

const PYTHON: &str = r#"
from amphi import HostError, Some
from forms import Access, Kind, Point, Problem, Shape

SHAPES = Shape.value(7), Shape.case("x"), Shape.empty()

def all(each):
    given = []
    for shape in SHAPES:
        try:
            given.append(each(Point(1, 2), shape))
        except HostError as error:
            assert type(error.data) is Problem
            given.append(error)
    return given

def maker():
    def each(at, shape):
        if shape == Shape.empty():
            raise HostError(Problem.full())
        return HostError(Problem.missing(shape.case)) if at.x else Kind.mro_
    return each

def maybe(plain):
    return [plain(Access.read), plain(Access.write), plain(Access.read | Access.write)]

def find(name, start=None, end=None):
    if name == "":
        raise HostError(Problem.missing(f"{start} {end}"))
    return f"{name} {start} {end}"

def half(number):
    return number / 2

def summing():
    return lambda number, more: number + (more or 0)

def spots():
    return [1, HostError(Point(1, 2))]
"#;

const JAVASCRIPT: &str = r#"
const SHAPES = [{ tag: "value", val: 7 }, { tag: "case", val: "x" }, { tag: "empty" }];

export function all(each) {
  return SHAPES.map((shape) => {
    try {
      return { tag: "ok", val: each({ x: 1, y: 2 }, shape) };
    } catch (error) {
      return { tag: "err", val: error.payload };
    }
  });
}

export function maker() {
  return (at, shape) => {
    if (shape.tag === "empty") throw { tag: "full" };
    if (at.x !== 0) throw { tag: "missing", val: shape.tag };
    return "mro";
  };
}

export const maybe = (plain) => [{ read: true }, { write: true }, { read: true, write: true }].map((access) => plain(access));

export function find(name, start, end) {
  if (name === "") throw { tag: "missing", val: `${start ?? "None"} ${end ?? "None"}` };
  return `${name} ${start ?? "None"} ${end ?? "None"}`;
}

export const half = (number) => number / 2;
export const summing = () => (number, more = 0) => number + more;
export const spots = () => [{ tag: "ok", val: 1 }, { tag: "err", val: { x: 1, y: 2 } }];
"#;

const SCRIPT: &str = r#"
import amphi, inspect, forms
from amphi import HostError, Some
from forms import Access, Kind, Point, Problem, Shape

def raised(call, *args, **named):
    try:
        return f"{call(*args, **named)!r} and no error"
    except Exception as error:
        return f"{type(error).__name__}: {error} [{getattr(error, 'data', None)!r}]"

shapes = Shape.value(7), Shape.case("x"), Shape.empty()
print([(shape, shape.case, shape.value) for shape in shapes], list(Kind))

# A callable that the host calls, and its errs as values.
def each(at, shape):
    assert type(at) is Point and type(shape) is Shape, (at, shape)
    if shape.case == "case":
        return HostError(Problem.missing(shape.value))
    if shape.case == "empty":
        raise HostError(Problem.full())
    return Kind.value
given = forms.all(each)
print(given, [error.data for error in given[1:]])

# A callable of the host's.
made = forms.maker()
print(inspect.signature(made), made(Point(0, 0), Shape.value(1)))
print(raised(made, Point(1, 0), Shape.case("x")))
print(raised(made, {"x": 0, "y": 0}, Shape.empty()))
print(raised(made, 1, Shape.empty()))
print(raised(made, Point(1, "two"), Shape.empty()))
print(raised(made, {"x": 0, "y": 0, "z": 0}, Shape.empty()))
print(raised(made))

# An option of an option.
print(forms.maybe(lambda access: None if access is Access.read else Some(None) if access is Access.write else Some(5)))

# What may be left out, and named.
print(inspect.signature(forms.find))
print(forms.find("a"), forms.find("a", 1), forms.find("a", end=2), forms.find(name="a", start=1, end=2), sep="; ")
print(raised(forms.find))
print(raised(forms.find, "a", 1, 2, 3))
print(raised(forms.find, "", 1, 2))
print(raised(forms.find, "\ud800"))
print(raised(forms.find, b"a"))

some = forms.summing()
print(inspect.signature(some), some(1), some(1, 2), raised(some))
print(forms.spots()[1].data)
print(raised(forms.half, (1, 2)), raised(forms.half, ()), raised(forms.half, Point(1, 2)), sep="\n")
print(forms.half(1), raised(forms.half, 1e39), raised(forms.half, 10**400), raised(forms.half, [1]), sep="\n")
"#;

const TOLD: &str = r#"[(Shape.value(7), 'value', 7), (Shape.case('x'), 'case', 'x'), (Shape.empty(), 'empty', None)] [<Kind.mro_: 0>, <Kind.name: 1>, <Kind.value: 2>]
[<Kind.value: 2>, HostError(Problem.missing('x')), HostError(Problem.full())] [Problem.missing('x'), Problem.full()]
(at: Point, shape: Shape, /) -> Kind Kind.mro_
HostError: WHY [Problem.missing('case')]
HostError: WHY [Problem.full()]
TypeError: callable() argument 'at' must be Point, not 1 (int) [None]
TypeError: callable() argument 'at', field 'y' must be s32, not 'two' (str) [None]
ValueError: callable() argument 'at': there is no field 'z' in Point [None]
TypeError: callable() takes 2 arguments but 0 were given [None]
[None, Some(value=None), Some(value=5)]
(name: str, start: int | None = None, end: int | None = None) -> str
a None None; a 1 None; a None 2; a 1 2
TypeError: forms.find() missing required argument 'name' [None]
TypeError: forms.find() takes at most 3 arguments but 4 were given [None]
HostError: WHY [Problem.missing('1 2')]
ValueError: forms.find() argument 'name': 'utf-8' codec can't encode character '\ud800' in position 0: surrogates not allowed [None]
TypeError: forms.find() argument 'name' must be string, not b'a' (bytes) [None]
(number: int, more: int | None = None, /) -> int 1 3 TypeError: callable() takes at least 1 argument but 0 were given [None]
Point(x=1, y=2)
TypeError: forms.half() argument 'number' must be f32, not (1, 2) (tuple) [None]
TypeError: forms.half() argument 'number' must be f32, not () (tuple) [None]
TypeError: forms.half() argument 'number' must be f32, not Point(x=1, y=2) (Point) [None]
0.5
OverflowError: forms.half() argument 'number' is out of range for f32: 1e+39 [None]
OverflowError: forms.half() argument 'number': int too large to convert to float [None]
TypeError: forms.half() argument 'number' must be f32, not [1] (list) [None]
"#;

#[test]
fn what_is_declared_holds_everywhere() {
    let folder = folder(&[("forms.wit", WIT), ("main.py", SCRIPT), ("host.py", PYTHON), ("host.js", JAVASCRIPT)]);
    for (language, file) in [("python", "host.py"), ("javascript", "host.js")] {
        let manifest = format!("[host.forms]\n{language} = \"{file}\"\nwit = \"forms.wit\"\n");
        write(folder.path(), &[("amphi.toml", &manifest)]);
        for habitat in ["wasmtime", "shim", "chromium", "firefox", "webkit"] {
            let (code, told, said) = amphi(folder.path(), &["run", ".", "--habitat", habitat]);
            assert_eq!(code, Some(0), "{language} {habitat}: {told}{said}");
            for (told, expected) in told.lines().zip(TOLD.lines()) {
                match expected.split_once("WHY") {
                    Some((before, after)) => {
                        assert!(told.starts_with(before) && told.ends_with(after), "{language} {habitat}: {told}");
                    }
                    None => assert_eq!(told, expected, "{language} {habitat}"),
                }
            }
            assert_eq!(told.lines().count(), TOLD.lines().count(), "{language} {habitat}: {told}");
        }
    }
}

const SHARED: &str = "\
package demo:shared;
interface store {
    enum level { low, high }
    record tag { level: level }
    resource entry { name: func() -> string; }
    open: func(level: level) -> entry;
}
interface query {
    use store.{entry, level as depth};
    ask: func(entry: borrow<entry>, depth: depth) -> entry;
}
interface tags {
    use store.{tag};
    same: func(tag: tag) -> tag;
}";

const STORE: &str = "\
from store import Level

class Entry:
    def __init__(self, level):
        self.level = level
    def name(self):
        return f'entry of {self.level.name}'

class Special(Entry):
    def name(self):
        return 'special ' + super().name()

def open(level):
    return Special(level) if level is Level.high else Entry(level)
";

const ASK: &str = "\
import store
from query import Depth, Entry

def ask(entry, depth):
    assert type(entry) is Entry and type(depth) is store.Level, (entry, depth)
    print(entry.name(), depth.name)
    return store.open(depth)
";

const SHARING: &str = "\
import query, store, tags

assert type(tags.same(tags.Tag(store.Level.high)).level) is store.Level

assert query.Entry is store.Entry and query.Depth is store.Level
asked = query.ask(store.open(store.Level.low), query.Depth.high)
print(type(asked) is store.Entry, asked.name())
";

/// What an interface uses of another is the same in both, wherever each of them is.
#[test]
fn a_type_that_is_used_elsewhere_is_one_class() {
    let host = |name| format!("[host.{name}]\npython = \"{name}.py\"\nwit = \"shared.wit\"\n");
    let folder = folder(&[
        ("amphi.toml", &[host("query"), host("store"), host("tags")].concat()),
        ("shared.wit", SHARED),
        ("main.py", SHARING),
        ("store.py", STORE),
        ("query.py", ASK),
        ("tags.py", "def same(tag):\n    return tag._replace()\n"),
    ]);
    for habitat in ["wasmtime", "shim", "chromium"] {
        let (code, told, said) = amphi(folder.path(), &["run", ".", "--habitat", habitat]);
        assert_eq!((code, told.as_str()), (Some(0), "True special entry of high\n"), "{habitat}: {said}");
        // A first run of all also says that it compiles.
        assert!(said.ends_with("entry of low high\n"), "{habitat}: {said}");
    }
    let (_, told, _) = amphi(folder.path(), &["stubs", ".", "--out", "stubs"]);
    assert_eq!(told.lines().map(|path| path.ends_with(".pyi")).collect::<Vec<_>>(), [true; 4], "{told}");
    // The stub of amphi itself has what the module has.
    let own = fs::read_to_string(folder.path().join("stubs/amphi.pyi")).unwrap();
    let listed = own.split_once("__all__ = [").unwrap().1;
    let listed: Vec<&str> = listed.split('"').skip(1).step_by(2).collect();
    let (_, told, said) = amphi(folder.path(), &["run", "-c", "import amphi; print(*amphi.__all__)"]);
    assert_eq!(told.split_whitespace().collect::<Vec<_>>(), listed, "{said}");
    let (_, told, said) = amphi(folder.path(), &["stubs", "."]);
    assert!(told.contains("\nfrom store import Entry as Entry\n"), "{told}{said}");
    assert!(told.contains("\nfrom store import Level as Level\n\nDepth = Level\n"), "{told}{said}");
}
