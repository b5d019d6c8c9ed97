//! Values both ways: by themselves and by type hints; and what is refused, in which words.

mod support;

use amphi_core::{BigInt, Value};
use support::load;

fn record(fields: &[(&str, Value)]) -> Value {
    Value::Record(fields.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect())
}

#[test]
fn values_without_types_come_back_as_they_went() {
    let module = load("def echo(x): return x\ndef shown(x): return repr(x)");
    let negative = BigInt::from_le_bytes([vec![0; 25], vec![0xff]].concat());
    for (value, shown) in [
        (Value::None, "None"),
        (true.into(), "True"),
        (0.into(), "0"),
        (i64::MIN.into(), "-9223372036854775808"),
        (u64::MAX.into(), "18446744073709551615"),
        (Value::integer(-(1 << 63) - 1), "-9223372036854775809"),
        (Value::Big(negative), &format!("-{}", "1606938044258990275541962092341162602522202993782792835301376")),
        (1.5.into(), "1.5"),
        (f64::NEG_INFINITY.into(), "-inf"),
        ("é\0🐍".into(), r"'é\x00🐍'"),
        (Value::Bytes(vec![0, 255]), r"b'\x00\xff'"),
        (Value::List(vec![1.into(), Value::List(vec![])]), "[1, []]"),
        (Value::Tuple(vec!["a".into(), Value::None]), "('a', None)"),
        (record(&[("b", 1.into()), ("a", Value::Tuple(vec![]))]), "{'b': 1, 'a': ()}"),
    ] {
        assert_eq!(module.text("shown", vec![value.clone()]), shown);
        assert_eq!(module.call("echo", vec![value.clone()]), Ok(value), "{shown}");
    }
}

const HINTED: &str = r#"
"""What hints say."""
from __future__ import annotations
from dataclasses import dataclass
from enum import Enum, Flag
from typing import Callable, NamedTuple
import amphi

Anything = object

@dataclass
class Point:
    x: float
    y: Anything = None

class Pair(NamedTuple):
    left: int
    right: str

class Color(Enum):
    RED = "r"
    BLUE = "b"

class Mode(Flag):
    READ = 1
    WRITE = 2

def point(p: Point | None) -> str:
    """Shows it."""
    return repr(p)

def pair(p: Pair) -> Pair:
    assert type(p) is Pair
    return p._replace(right=p.right * 2)

def color(c: Color) -> Color:
    assert isinstance(c, Color)
    return Color.BLUE if c is Color.RED else Color.RED

def mode(m: Mode) -> Mode:
    return m ^ Mode.WRITE

def narrow(n: amphi.u8, letter: amphi.char) -> tuple[amphi.u8, list[amphi.char]]:
    return n + 1, [letter] * 2

def data(b: bytes) -> bytes:
    return memoryview(b)[::-1]

def applied(f: Callable[[int], int], n: int) -> int:
    return f(n)

def nothing() -> None:
    return 3

@amphi.export(name="other")
def _hidden(x): return x

def _private(): pass
"#;

#[test]
fn type_hints_declare_as_in_the_guest() {
    let module = load(HINTED);
    let interface = module.0.interface();
    let declared: Vec<String> =
        interface.functions.iter().map(|function| format!("{}{}", function.name, function.signature)).collect();
    assert_eq!(
        declared,
        [
            "other(x: any) -> any",
            "point(p: option<Point>) -> string",
            "pair(p: Pair) -> Pair",
            "color(c: Color) -> Color",
            "mode(m: Mode) -> Mode",
            "narrow(n: u8, letter: char) -> tuple<u8, list<char>>",
            "data(b: list<u8>) -> list<u8>",
            "applied(f: callable, n: s64) -> s64",
            "nothing()",
        ]
    );
    assert_eq!((interface.name.as_str(), interface.docs.as_str()), ("demo", "What hints say."));
    assert_eq!(interface.functions[1].docs, "Shows it.");
    let names: Vec<&str> = interface.types.iter().map(|named| named.name.as_str()).collect();
    assert_eq!(names, ["Point", "Pair", "Color", "Mode"]);
}

#[test]
fn hinted_values_are_instances_of_their_classes() {
    let module = load(HINTED);
    let pair = |left: i64, right: &str| record(&[("left", left.into()), ("right", right.into())]);
    for (function, args, given) in [
        ("point", vec![Value::None], Ok("None".into())),
        ("point", vec![record(&[("x", 1.into()), ("y", "z".into())])], Ok("Point(x=1.0, y='z')".into())),
        ("pair", vec![pair(1, "ab")], Ok(pair(1, "abab"))),
        ("color", vec![Value::Enum(0)], Ok(Value::Enum(1))),
        ("mode", vec![Value::Flags(vec![3])], Ok(Value::Flags(vec![1]))),
        ("narrow", vec![7.into(), "é".into()], Ok(Value::Tuple(vec![8.into(), vec![Value::from("é"); 2].into()]))),
        (
            "narrow",
            vec![255.into(), "é".into()],
            Err("OverflowError: narrow() result of 'narrow', item 0 is out of range for u8: 256"),
        ),
        ("data", vec![Value::Bytes(vec![1, 2, 3])], Ok(Value::Bytes(vec![3, 2, 1]))),
        ("nothing", vec![], Ok(Value::None)),
        ("point", vec![3.into()], Err("TypeError: demo.point() argument 'p': expected Point, got 3 (int)")),
    ] {
        let found = module.call(function, args).map_err(|error| error.to_string());
        assert_eq!(found, given.map_err(str::to_owned), "{function}");
    }
}

#[test]
fn a_wrong_result_is_told_by_its_place() {
    let module = load(
        r#"
from dataclasses import dataclass
from enum import Enum
from typing import Callable
@dataclass
class Point: x: list[int]
class Color(Enum): RED = 1
class Odd: pass
class Numeric:
    def __index__(self): return 5
    def __float__(self): return 0.5
def text() -> str: return Odd()
def whole() -> int: return 1.5
def broad() -> int: return 2 ** 63
def real() -> float: return "1"
def truth() -> bool: return 1
def items() -> list[int]: return "12"
def short() -> tuple[int, int]: return (1,)
def deep() -> Point: return {"x": [1, None]}
def lacks() -> Point: return {}
def color() -> Color: return "RED"
def call() -> Callable[[], int]: return 3
def anything(): return {"a": [1, Odd()]}
def keyed(): return {1: 2}
def index() -> int: return Numeric()
def floats() -> list[float]: return iter([1, Numeric()])
def nested():
    inner = []
    for _ in range(100): inner = [inner]
    return inner
"#,
    );
    for (function, told) in [
        ("text", "TypeError: text() result of 'text' must be string, not Odd"),
        ("whole", "TypeError: whole() result of 'whole' must be s64, not 1.5 (float)"),
        ("broad", "OverflowError: broad() result of 'broad' is out of range for s64: 9223372036854775808"),
        ("real", "TypeError: real() result of 'real' must be f64, not '1' (str)"),
        ("truth", "TypeError: truth() result of 'truth' must be bool, not 1 (int)"),
        ("items", "TypeError: items() result of 'items' must be list, not '12' (str)"),
        ("short", "TypeError: short() result of 'short' must be a tuple of 2, not of 1"),
        ("deep", "TypeError: deep() result of 'deep', field 'x', item 1 must be s64, not None"),
        ("lacks", "TypeError: lacks() result of 'lacks' must be Point, not {} (dict)"),
        ("color", "TypeError: color() result of 'color' must be Color, not 'RED' (str)"),
        ("call", "TypeError: call() result of 'call' must be callable, not 3 (int)"),
        ("anything", "TypeError: anything() result of 'anything', key 1, item 1 must be any, not Odd"),
        ("keyed", "TypeError: keyed() result of 'keyed', key 1 must be string, not 1 (int)"),
        ("nested", "ValueError: a value nests deeper than 64"),
    ] {
        let error = module.call(function, vec![]).expect_err(function).to_string();
        assert_eq!(error, told);
    }
    assert_eq!(module.call("index", vec![]), Ok(5.into()));
    assert_eq!(module.call("floats", vec![]), Ok(vec![Value::from(1.0), Value::from(0.5)].into()));
}
