//! Declarations, and mistakes with their places.

use super::*;

fn parsed(text: &str) -> Result<Vec<Interface>, String> {
    parse(&Source::new("demo.wit", text)).map_err(|error| error.to_string())
}

#[test]
fn declarations_become_interfaces() {
    let text = r"
        /// What demo is for.
        interface demo {
            /// A place.
            record point { x: f64, class: string }
            enum line-end { lf, cr-lf }
            flags mode { read, write }
            variant shape { dot, circle(f32) }
            type bytes = list<u8>;
            /// Adds.
            demo: func(a: s32, b: s32) -> s32;
            all-of: func(p: point, end: line-end, m: mode, s: option<shape>, b: bytes) -> result<list<string>, string>;
            %import: func(in: tuple<char, bool>);
        }
    ";
    let interfaces = parsed(text).expect("valid");
    let [demo] = interfaces.as_slice() else { panic!("one interface: {interfaces:?}") };
    assert_eq!((demo.name.as_str(), demo.docs.as_str()), ("demo", "What demo is for."));
    let functions: Vec<_> =
        demo.functions.iter().map(|function| format!("{}{}", function.name, function.signature)).collect();
    assert_eq!(
        functions,
        [
            "demo(a: s32, b: s32) -> s32",
            "all_of(p: Point, end: LineEnd, m: Mode, s: option<Shape>, b: list<u8>) -> result<list<string>, string>",
            "import_(in_: tuple<char, bool>)",
        ]
    );
    assert_eq!(demo.functions[0].docs, "Adds.");
    assert_eq!(demo.functions[1].source_name, "all-of");
    let names: Vec<_> = demo.types.iter().map(|named| named.name.as_str()).collect();
    assert_eq!(names, ["Point", "LineEnd", "Mode", "Shape", "Bytes"]);
    assert_eq!(
        demo.types[0].ty,
        Type::Record {
            name: "Point".to_owned(),
            fields: vec![("x".to_owned(), Scalar::F64.into()), ("class_".to_owned(), Type::String)],
        }
    );
}

#[test]
fn resources_have_functions_and_callables_are_values() {
    let text = r"
        interface demo {
            resource open-file {
                constructor(name: string);
                read: func(count: u32) -> list<u8>;
                list-all: static func() -> list<string>;
            }
            resource visitor { call: func(name: string) -> bool; }
            walk: func(start: borrow<open-file>, visit: visitor) -> open-file;
        }
    ";
    let interfaces = parsed(text).expect("valid");
    let [demo] = interfaces.as_slice() else { panic!("one interface: {interfaces:?}") };
    let functions: Vec<_> =
        demo.functions.iter().map(|function| format!("{}{}", function.path(), function.signature)).collect();
    assert_eq!(
        functions,
        [
            "OpenFile(name: string) -> OpenFile",
            "OpenFile.read(self: borrow<OpenFile>, count: u32) -> list<u8>",
            "OpenFile.list_all() -> list<string>",
            "walk(start: borrow<OpenFile>, visit: Visitor) -> OpenFile",
        ]
    );
    let visit = Signature::new().param("name", Type::String).returns(Scalar::Bool);
    assert_eq!(
        demo.functions[3].signature.params[1].ty,
        Type::Callable { name: "Visitor".to_owned(), signature: Box::new(visit) }
    );
    let error = parsed("interface demo { resource r { call: func(f: r); } g: func(f: r); }").expect_err("refused");
    assert!(error.contains("types nest more than 16 deep"), "{error}");
}

#[test]
fn a_package_of_ones_own_and_types_of_others_are_fine() {
    let text =
        "/**/ package my:pack@1.0.0;\ninterface a { record r { x: u8 } }\ninterface b { use a.{r}; f: func(r: r); }";
    let names: Vec<_> = parsed(text).expect("valid").into_iter().map(|i| i.name).collect();
    assert_eq!(names, ["a", "b"]);
}

#[test]
fn mistakes_have_their_place() {
    for (text, error) in [
        (
            "interface demo {\n    f: func(a: s31);\n}",
            "demo.wit:2:16: name `s31` does not exist\n 2 |     f: func(a: s31);\n   |                ^",
        ),
        (
            "interface demo {\n    f func();\n}",
            "demo.wit:2:7: expected ':', found keyword `func`\n 2 |     f func();\n   |       ^",
        ),
        (
            "",
            "demo.wit:1:1: it declares no interface; write for instance\ninterface demo { demo: func(a: s32, b: s32) -> s32; }",
        ),
        (
            "interface demo { f: func(a: stream<u8>); }",
            "demo.wit:1:26: host functions cannot carry stream\n 1 | interface demo { f: func(a: stream<u8>); }\n   |                          ^",
        ),
        (
            "interface demo { f: async func(); }",
            "demo.wit:1:18: host functions are not async: Python waits for each call\n 1 | interface demo { f: async func(); }\n   |                  ^",
        ),
        (
            "interface demo { use other.{t}; }",
            "demo.wit:1:22: interface or world `other` does not exist\n 1 | interface demo { use other.{t}; }\n   |                      ^",
        ),
    ] {
        assert_eq!(parsed(text), Err(error.to_owned()));
    }
}

#[test]
fn types_that_double_at_each_level_are_refused() {
    let mut text = "interface demo { record r0 { a: u8 }\n".to_owned();
    for level in 1..16 {
        let below = level - 1;
        text += &format!("record r{level} {{ a: r{below}, b: r{below} }}\n");
    }
    text += "}";
    let error = parsed(&text).expect_err("refused");
    assert!(error.contains("types have more than 10000 parts"), "{error}");
}

#[test]
fn the_deepest_types_can_be_described_and_deeper_ones_are_refused() {
    let text = |levels: u32| {
        let mut text = "interface demo { record r1 { a: u8 }\n".to_owned();
        for level in 2..=levels {
            text += &format!("record r{level} {{ a: r{} }}\n", level - 1);
        }
        text + &format!("f: func(a: r{levels}); }}")
    };
    let deepest = parsed(&text(MAX_DEPTH)).expect("allowed");
    assert!(crate::describe::encode(&deepest[0], 0).is_ok());
    let json = serde_json::to_string(&deepest).expect("plain data");
    assert_eq!(serde_json::from_str::<Vec<Interface>>(&json).expect("the same"), deepest);
    let error = parsed(&text(MAX_DEPTH + 1)).expect_err("refused");
    assert!(error.contains("types nest more than 16 deep"), "{error}");
}
