//! Interfaces, and the stubs that type checkers read of them.

use super::*;
use crate::types::{Scalar, Signature};

fn free(name: &str, docs: &str, signature: Signature) -> Function {
    let source_name = name.to_owned();
    Function { name: name.to_owned(), source_name, docs: docs.to_owned(), signature, place: Place::Free }
}

#[test]
fn a_stub_reads_like_python() {
    let mut demo = Interface::new("demo");
    demo.docs = "Adds, and more.".to_owned();
    let point = Type::Record { name: "Point".to_owned(), fields: vec![("x".to_owned(), Scalar::F64.into())] };
    demo.types.push(NamedType { name: "Point".to_owned(), docs: String::new(), ty: point.clone(), owner: None });
    let adds = Signature::new().param("a", Scalar::S32).returns(Scalar::S32);
    demo.functions.push(free("demo", "Adds.\n\nSays \"\"\"so\"", adds));
    let find = Signature::new()
        .param("points", Type::List(Box::new(point)))
        .param("key", Type::Any)
        .returns(Type::Option(Box::new(Type::Bytes)));
    demo.functions.push(free("find", "", find));
    let expected = r#""""Adds, and more."""
from typing import Any, NamedTuple

__all__ = ["Point", "demo", "find"]

class Point(NamedTuple):
    x: float

def demo(a: int) -> int:
    """Adds.

    Says \"\"\"so" """
    ...

def find(points: list[Point], key: Any) -> bytes | None: ...
"#;
    assert_eq!(demo.python_stub(), expected);
}

#[cfg(feature = "wit")]
fn stub(wit: &str) -> String {
    let interfaces = crate::wit::parse(&crate::source::Source::new("demo.wit", wit)).expect("valid WIT");
    interfaces.last().expect("an interface").python_stub()
}

#[cfg(feature = "wit")]
#[test]
fn every_kind_of_type_is_what_python_gets() {
    let stub = stub(
        "/// All there is.
        interface demo {
            /// What is wrong.
            enum fault { none, in }
            flags rights { read, %from }
            /// A shape.
            variant shape { circle(f64), square(f64), label(string), nothing }
            type names = list<string>;
            type mistake = fault;
            /// Asks.
            resource visitor { call: func(name: string) -> bool; }
            /// A file.
            resource file {
                /// Opens it.
                constructor(path: string);
                /// Reads so many bytes.
                read: func(count: u32) -> result<list<u8>, fault>;
                exists: static func(path: string) -> bool;
            }
            resource token;
            walk: func(names: names, %with: visitor, %lambda: rights) -> result<_, shape>;
            pair: func(of: borrow<file>) -> tuple<u8, token>;
        }",
    );
    let expected = r#""""All there is."""
from collections.abc import Callable
from enum import Enum, Flag

__all__ = ["Fault", "Rights", "Shape", "Mistake", "File", "Token", "walk", "pair"]

class Fault(Enum):
    """What is wrong."""
    none = 0
    in_ = 1

class Rights(Flag):
    read = 1 << 0
    from_ = 1 << 1

class Shape:
    """A shape."""
    @classmethod
    def circle(cls, value: float) -> Shape: ...
    @classmethod
    def square(cls, value: float) -> Shape: ...
    @classmethod
    def label(cls, value: str) -> Shape: ...
    @classmethod
    def nothing(cls) -> Shape: ...
    @property
    def case(self) -> str: ...
    @property
    def value(self) -> float | str | None: ...

Mistake = Fault

class File:
    """A file."""

    def __init__(self, path: str) -> None:
        """Opens it."""
        ...

    def read(self, count: int) -> bytes:
        """Reads so many bytes."""
        ...

    @staticmethod
    def exists(path: str) -> bool: ...

class Token: ...

def walk(names: list[str], with_: Callable[[str], bool], lambda_: Rights) -> None: ...

def pair(of: File) -> tuple[int, Token]: ...
"#;
    assert_eq!(stub, expected);
}

#[cfg(feature = "wit")]
#[test]
fn what_an_interface_declares_hides_no_type_of_pythons() {
    let stub = stub(
        "interface demo {
            record %any { int: s32, %list: list<s32> }
            %flags %flag { %static }
            str: func(callable: s32) -> string;
            property: func() -> option<f64>;
            bytes: func() -> %any;
        }"
        .replace("%flags", "flags")
        .as_str(),
    );
    let expected = r#"import builtins as _builtins
import enum as _enum
from typing import NamedTuple

__all__ = ["Any", "Flag", "str", "property", "bytes"]

class Any(NamedTuple):
    int: _builtins.int
    list: _builtins.list[_builtins.int]

class Flag(_enum.Flag):
    static = 1 << 0

def str(callable: _builtins.int) -> _builtins.str: ...

def property() -> float | None: ...

def bytes() -> Any: ...
"#;
    assert_eq!(stub, expected);
}

#[cfg(feature = "wit")]
#[test]
fn a_class_that_is_used_under_another_name_keeps_its_own() {
    let text = "interface shapes { record point { x: s32 } }
        interface demo { use shapes.{point as spot}; find: func() -> spot; }";
    let mut demo = crate::wit::parse(&crate::source::Source::new("demo.wit", text)).expect("valid WIT").remove(1);
    let rest = "\n\nSpot = Point\n\ndef find() -> Point: ...\n";
    let offered = format!("__all__ = [\"Spot\", \"find\"]\n\nfrom shapes import Point as Point{rest}");
    assert_eq!(demo.python_stub(), offered);
    // Where nobody offers the other interface.
    demo.types[0].owner = None;
    let own = "from typing import NamedTuple\n\n__all__ = [\"Spot\", \"find\"]\n\nclass Point(NamedTuple):\n    x: int";
    assert_eq!(demo.python_stub(), format!("{own}{rest}"));
}

#[cfg(feature = "wit")]
#[test]
fn what_may_be_left_out_and_what_is_an_err_are_said() {
    let stub = stub(
        "interface demo {
            resource each { call: func(n: u8) -> result<u8, string>; }
            find: func(name: string, start: option<u8>, end: option<u8>) -> result<list<result<u8>>, string>;
            all: func(first: option<u8>, each: each) -> option<option<u8>>;
        }",
    );
    let expected = r#"from amphi import HostError, Some
from collections.abc import Callable

__all__ = ["find", "all"]

def find(name: str, start: int | None = None, end: int | None = None) -> list[int | HostError]: ...

def all(first: int | None, each: Callable[[int], int]) -> Some[int | None] | None: ...
"#;
    assert_eq!(stub, expected);
}
