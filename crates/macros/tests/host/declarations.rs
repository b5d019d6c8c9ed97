//! What is declared for Python of all this: names, types, docs.

use amphi_core::{Interface, Place, Scalar, Type};

use crate::module;

#[test]
fn declarations_are_those_of_the_source() {
    let module = module();
    let Interface { functions, types, .. } = module.interface();
    let shown: Vec<String> =
        functions.iter().map(|function| format!("{}{}", function.path(), function.signature)).collect();
    assert_eq!(
        shown,
        [
            "Counter(start: s64) -> Counter",
            "Counter.add(self: borrow<Counter>, n: s64) -> s64",
            "Counter.add_other(self: borrow<Counter>, other: borrow<Counter>) -> s64",
            "Counter.zero() -> Counter",
            "Counter.checked(start: s64) -> Counter",
            "demo(a: s32, b: s32) -> s32",
            "scalars(truth: bool, small: s8, wide: u64, single: f32, letter: char) -> f64",
            "nothing()",
            "answer() -> u8",
            "divide(a: s64, b: s64) -> s64",
            "explode(text: bool) -> s32",
            "greet(name: string, times: option<u8>, in_: list<u8>, more: list<string>) -> string",
            "parse(text: string) -> result<s32, string>",
            "pairs(items: list<tuple<s32, string>>) -> list<tuple<string, s32>>",
            "any(value: any) -> any",
            "renamed(lambda_: u8) -> u8",
            "in_(id: u32) -> u32",
            "norm(p: Point) -> f64",
            "through(a: s32) -> s32",
            "redraw(drawing: Drawing) -> Drawing",
            "color(color: Color) -> Color",
            "swap(rights: Rights) -> Rights",
            "apply(function: callable, other: any) -> tuple<string, any>",
            "keep(counter: borrow<Counter>, more: list<borrow<Counter>>) -> tuple<Counter, s64>",
            "local(local: Local) -> list<u8>",
        ]
    );
    let docs: Vec<&str> =
        functions.iter().map(|function| function.docs.as_str()).filter(|docs| !docs.is_empty()).collect();
    assert_eq!(
        docs,
        [
            "Starts there.",
            "Adds so many.",
            "Adds and multiplies.\n\nBy ten.",
            "Its name is a keyword of both, its type another's name."
        ]
    );
    let place = |path: &str| functions.iter().find(|function| function.path() == path).map(|function| &function.place);
    assert_eq!(place("Counter"), Some(&Place::Constructor("Counter".to_owned())));
    assert_eq!(place("Counter.zero"), Some(&Place::Static("Counter".to_owned())));
    let named: Vec<(&str, &str)> = types.iter().map(|named| (named.name.as_str(), named.docs.as_str())).collect();
    assert_eq!(
        named,
        [
            ("Counter", "Counts from a start."),
            ("Point", "Where something is."),
            ("Shape", ""),
            ("Color", ""),
            ("Drawing", ""),
            ("Rights", "What may be done."),
            ("Local", ""),
        ]
    );
    let ty = |name: &str| types.iter().find(|named| named.name == name).map(|named| &named.ty);
    let cases = ["red", "dark_green", "none"].map(str::to_owned).to_vec();
    assert_eq!(ty("Color"), Some(&Type::Enum { name: "Color".to_owned(), cases }));
    let flags = ["read", "write", "yield_"].map(str::to_owned).to_vec();
    assert_eq!(ty("Rights"), Some(&Type::Flags { name: "Rights".to_owned(), flags }));
    let fields = ["x", "y"].map(|name| (name.to_owned(), Scalar::F64.into())).to_vec();
    assert_eq!(ty("Point"), Some(&Type::Record { name: "Point".to_owned(), fields }));
    assert!(module.interface().python_stub().contains("class Counter:"));
}
