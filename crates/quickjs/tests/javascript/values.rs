//! What values become, with and without a declaration.

use amphi_core::{BigInt, Value};

use super::{Demo, list, words};

fn record(fields: &[(&str, Value)]) -> Value {
    Value::Record(fields.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect())
}

fn some(value: impl Into<Value>) -> Value {
    Value::Some(Box::new(value.into()))
}

#[test]
fn undeclared_values_cross() {
    let demo = Demo::plain(
        "export const echo = (x) => x; export const kind = (x) => x === null ? 'null' : x?.constructor?.name ?? typeof x;",
    );
    let huge = Value::Big(BigInt::from_le_bytes([&[0xff; 20][..], &[0x05]].concat()));
    let least = Value::Big(BigInt::from_i128(i128::MIN));
    for (value, kind, back) in [
        (Value::None, "undefined", None),
        (true.into(), "Boolean", None),
        (3.into(), "Number", None),
        ((1_i64 << 53).into(), "BigInt", None),
        (i64::MIN.into(), "BigInt", None),
        (u64::MAX.into(), "BigInt", None),
        (huge.clone(), "BigInt", None),
        (least, "BigInt", None),
        (1.5.into(), "Number", None),
        (f64::INFINITY.into(), "Number", None),
        (1e300.into(), "Number", None),
        // JavaScript has one kind of number.
        (2.0.into(), "Number", Some(2.into())),
        ("x\0é😀".into(), "String", None),
        (vec![0_u8, 255].into(), "Uint8Array", None),
        (list(vec![1.into(), "x".into()]), "Array", None),
        (Value::Tuple(vec![1.into()]), "Array", Some(list(vec![1.into()]))),
        (record(&[("a b", 1.into()), ("__proto__", Value::None)]), "Object", None),
    ] {
        assert_eq!(demo.call("kind", vec![value.clone()]), Ok(kind.into()), "{value}");
        assert_eq!(demo.call("echo", vec![value.clone()]), Ok(back.unwrap_or(value)));
    }
}

#[test]
fn what_javascript_gives_undeclared() {
    for (text, given) in [
        ("null", Ok(Value::None)),
        ("9007199254740992", Ok(9_007_199_254_740_992.0.into())),
        ("-0", Ok(0.into())),
        ("-5n", Ok((-5).into())),
        ("new Uint8Array([1]).buffer", Ok(vec![1_u8].into())),
        ("new Float64Array([1.5])", Ok(list(vec![1.5.into()]))),
        ("new (class A { x = 1; #y = 2; get z() { return 3; } })", Ok(record(&[("x", 1.into())]))),
        ("'\\ud800x'", Ok("\u{fffd}x".into())),
        ("new Map()", Err("TypeError: JavaScript's Map cannot cross to Python")),
        ("Symbol('x')", Err("TypeError: JavaScript's Symbol cannot cross to Python")),
        (
            "(() => { const a = []; a.push(a); return a; })()",
            Err("ValueError: a value nests deeper than 64, or holds itself"),
        ),
        ("({ get x() { throw new TypeError('no'); } })", Err("TypeError: no")),
        ("console.log", Ok(Value::None)),
    ] {
        let demo = Demo::plain(&format!("export const f = () => ({text});"));
        let found = words(demo.call("f", vec![]));
        match (text, found) {
            ("console.log", Ok(Value::Handle(handle))) => assert_eq!(handle.resource(), None),
            (_, found) => assert_eq!(found, given.map_err(str::to_owned), "{text}"),
        }
    }
}

#[test]
fn parameters_are_named_after_the_text() {
    let demo = Demo::plain(
        "const _private = 1; export const version = 3; export class Hidden {}
         export function add(a, b) { return a + b; } export const one = x => x; export default (y, z = 1) => y;
         export { one as $one, one as pass };",
    );
    let shown =
        demo.module.interface().functions.iter().map(|function| format!("{}{}", function.name, function.signature));
    let mut shown: Vec<String> = shown.collect();
    shown.sort();
    assert_eq!(
        shown,
        [
            "add(a: any, b: any) -> any",
            "default(y: any, z: option<any>) -> any",
            "one(x: any) -> any",
            "pass_(x: any) -> any"
        ]
    );
    assert_eq!(
        words(demo.call("add", vec![1.into()])).unwrap_err(),
        "TypeError: demo.add() takes 2 arguments (a: any, b: any), but 1 was given"
    );
}

const WIT: &str = "
    record point { x-pos: f64, label: option<string> }
    enum color { dark-red, none }
    flags access { read, write-all }
    variant shape { circle(f64), empty-one }
    demo-num: func(a: u8, b: s64, c: f32, d: char) -> string;
    points: func(p: point, ps: list<point>) -> list<point>;
    colors: func(c: color) -> color;
    rights: func(a: access) -> access;
    shapes: func(s: shape) -> shape;
    maybe: func(o: option<u32>) -> option<u32>;
    twice: func(o: option<option<u32>>) -> option<option<u32>>;
    pair: func(t: tuple<u64, bool>) -> tuple<u64, bool>;
    raw: func(b: list<u8>) -> list<u8>;
    inner: func(r: list<result<u8, string>>) -> list<result<u8, string>>;
    snake-case: func() -> s64;
    nothing: func();
";

const TEXT: &str = "
    export const demoNum = (a, b, c, d) => [a, b, c, d].map((x) => `${typeof x} ${x}`).join();
    export const points = (p, ps) => [{ xPos: p.xPos + 1 }, ...ps];
    export const colors = (c) => c === 'dark-red' ? 'none' : 'dark-red';
    export const rights = ({ read, writeAll }) => ({ read: !read, writeAll });
    export const shapes = (s) => s.tag === 'circle' ? { tag: 'empty-one' } : { tag: 'circle', val: 2 };
    export const maybe = (o) => o === undefined ? 7 : null;
    export const twice = (o) => o === undefined ? 'wrong' : o;
    export const pair = ([a, b]) => [a + 1n, !b];
    export const raw = (b) => b instanceof Uint8Array ? b.map((x) => x + 1) : 'wrong';
    export const inner = (r) => r;
    export function snake_case() { return 5; }
    export const nothing = () => 'ignored';
";

#[test]
fn declared_values_cross() {
    let demo = Demo::declared(WIT, TEXT);
    let point =
        |x: f64, label: Option<&str>| record(&[("x_pos", x.into()), ("label", label.map_or(Value::None, some))]);
    let ok = |value: Value| Value::Ok(Some(Box::new(value)));
    let err = |value: Value| Value::Err(Some(Box::new(value)));
    for (name, args, given) in [
        ("demo_num", vec![1.into(), 2.into(), 1.5.into(), 'é'.into()], "number 1,bigint 2,number 1.5,string é".into()),
        (
            "points",
            vec![point(1.0, Some("a")), list(vec![point(2.0, None)])],
            list(vec![point(2.0, None), point(2.0, None)]),
        ),
        ("colors", vec![Value::Enum(0)], Value::Enum(1)),
        ("colors", vec![Value::Enum(1)], Value::Enum(0)),
        ("rights", vec![Value::Flags(vec![0b11])], Value::Flags(vec![0b10])),
        ("shapes", vec![Value::Variant(0, Some(Box::new(1.0.into())))], Value::Variant(1, None)),
        ("shapes", vec![Value::Variant(1, None)], Value::Variant(0, Some(Box::new(2.0.into())))),
        ("maybe", vec![Value::None], some(7)),
        ("maybe", vec![3.into()], Value::None),
        ("twice", vec![Value::None], Value::None),
        ("twice", vec![some(Value::None)], some(Value::None)),
        ("twice", vec![some(some(3))], some(some(3))),
        (
            "pair",
            vec![Value::Tuple(vec![(u64::MAX - 1).into(), true.into()])],
            Value::Tuple(vec![u64::MAX.into(), false.into()]),
        ),
        ("raw", vec![vec![1_u8, 255].into()], vec![2_u8, 0].into()),
        ("inner", vec![list(vec![ok(1.into()), err("no".into())])], list(vec![ok(1.into()), err("no".into())])),
        ("snake_case", vec![], 5.into()),
        ("nothing", vec![], Value::None),
    ] {
        assert_eq!(demo.call(name, args), Ok(given), "{name}");
    }
}

#[test]
fn results_that_are_not_as_declared_are_refused() {
    for (declared, given, message) in [
        ("u8", "256", "HostError: demo.f() result: expected u8, got 256, which is outside 0 to 255"),
        ("u8", "1.5", "HostError: demo.f() result: expected u8, got 1.5 (float)"),
        ("string", "null", "HostError: demo.f() result: expected string, got None"),
        ("c", "'blue'", "ValueError: enum C has no case 'blue'"),
        ("v", "({ tag: 'x' })", "ValueError: variant V has no case 'x'"),
        ("r", "({})", "HostError: demo.f() result: field 'a_b' is missing"),
        ("r", "({ aB: 1, ab: 2 })", "ValueError: record R has no field 'ab'"),
        ("list<u8>", "[1, 'x']", "HostError: demo.f() result, item 1: expected u8, got 'x' (str)"),
        ("t", "({})", "TypeError: expected t, got Object"),
    ] {
        let declared = declared.replace('t', if declared == "t" { "T" } else { "t" }).to_lowercase();
        let wit = format!(
            "enum c {{ red }} variant v {{ y }} record r {{ a-b: u8 }} resource t {{ m: func(); n: func(); }}
             f: func() -> {declared};"
        );
        let demo =
            Demo::declared(&wit, &format!("export const f = () => {given}; export class T {{ m() {{}} n() {{}} }}"));
        let found = words(demo.call("f", vec![])).unwrap_err();
        assert_eq!(found.replace("expected T", "expected t"), message, "{given}");
    }
}

#[test]
fn what_is_declared_must_be_there() {
    for (text, message) in [
        (
            "export const parsNumber = () => 1;",
            "demo.js: parse_number is declared, but the module exports no function parseNumber; did you mean parsNumber?",
        ),
        (
            "export const parseNumber = 1;",
            "demo.js: parse_number is declared, but the module exports no function parseNumber; did you mean parseNumber?",
        ),
        (
            "export const parseNumber = () => 1;",
            "demo.js: Counter is declared, but the module exports no class Counter",
        ),
        (
            "export const parseNumber = () => 1; export class Counter {}",
            "demo.js: Counter.add is declared, but the module exports no method Counter.add",
        ),
        ("export const = 1;", "demo.js: HostError: SyntaxError: "),
        ("\nnull.x", "demo.js: TypeError: cannot read property 'x' of null\n    at <anonymous> (demo.js:2:"),
        ("import fs from 'fs';", "demo.js: HostError: ReferenceError: could not load module"),
    ] {
        let wit = "parse-number: func() -> u8; resource counter { constructor(); add: func(n: u8); }";
        let found = Demo::new(text, Some(wit)).map(|_| ()).unwrap_err();
        assert!(found.starts_with(message), "{found}");
    }
}
