//! Functions by themselves.

use amphi_core::{Cx, Handle, HostError, HostFn, HostType, Value, host};

use crate::module;
use crate::run::{Run, point, record};

/// Adds and multiplies.
///
/// By ten.
#[host]
pub(crate) fn demo(a: i32, b: i32) -> i32 {
    (a + b) * 10
}

#[host]
pub(crate) fn scalars(truth: bool, small: i8, wide: u64, single: f32, letter: char) -> f64 {
    let number = if truth { f64::from(small) + f64::from(single) } else { 0.0 };
    number + f64::from(u32::from(letter)) + if wide == u64::MAX { 1000.0 } else { 0.0 }
}

#[host]
pub(crate) fn nothing() {}

#[host]
pub(crate) fn answer() -> u8 {
    42
}

#[host]
pub(crate) fn divide(a: i64, b: i64) -> Result<i64, HostError> {
    a.checked_div(b).ok_or_else(|| HostError::new("ZeroDivisionError", "division by zero"))
}

#[host]
pub(crate) fn explode(text: bool) -> i32 {
    if text { panic!("with {}", "text") } else { panic!("plainly") }
}

#[host]
pub(crate) fn greet(name: &str, times: Option<u8>, r#in: &[u8], mut more: Vec<String>) -> String {
    more.insert(0, format!("{name}{}{}", times.map_or_else(|| "-".to_owned(), |times| times.to_string()), r#in.len()));
    more.join(" ")
}

#[host]
pub(crate) fn parse(text: &str) -> Result<i32, String> {
    text.parse().map_err(|_| format!("{text} is no number"))
}

#[host]
pub(crate) fn pairs(items: &[(i32, String)]) -> Vec<(String, i32)> {
    items.iter().map(|(number, text)| (text.clone(), *number)).collect()
}

#[host]
pub(crate) fn any(value: Value) -> Value {
    value
}

#[host(name = "renamed")]
pub(crate) fn rust_name(lambda: u8) -> u8 {
    lambda
}

type Id = u32;

/// Its name is a keyword of both, its type another's name.
#[host]
pub(crate) const fn r#in(id: Id) -> Id {
    id + 1
}

#[host]
pub(crate) fn through(cx: &mut Cx<'_>, a: i32) -> Result<i32, HostError> {
    match cx.call_host("demo", "demo", vec![a.into(), 0.into()])? {
        Value::Int(number) => i32::try_from(number).map_err(|_| HostError::overflow("too large")),
        other => Err(HostError::host(other.to_string())),
    }
}

/// A host function inside a function.
pub(crate) fn local() -> fn() -> HostFn {
    #[derive(HostType)]
    struct Local {
        n: u8,
    }

    #[host]
    fn local(local: Local) -> Vec<u8> {
        vec![local.n]
    }

    local::host
}

#[test]
fn functions_take_and_give_values() {
    let mut run = Run::of(module());
    let callable = Handle::callable(|_, args| Ok(Value::Str(format!("{args:?}"))));
    let seven = Handle::callable(|_, _| Ok(7.into()));
    let text = "[Int(7), Str(\"x\")]";
    for (function, args, expected) in [
        ("demo", vec![1.into(), 2.into()], Ok(30.into())),
        ("nothing", vec![], Ok(Value::None)),
        ("answer", vec![], Ok(42.into())),
        ("divide", vec![7.into(), 2.into()], Ok(3.into())),
        ("divide", vec![7.into(), 0.into()], Err("ZeroDivisionError: division by zero")),
        ("explode", vec![true.into()], Err("HostError: the host function panicked: with text")),
        ("explode", vec![false.into()], Err("HostError: the host function panicked: plainly")),
        ("demo", vec!["x".into(), 2.into()], Err("TypeError: demo.demo() argument 'a': expected s32, got 'x' (str)")),
        (
            "greet",
            vec!["a".into(), Value::None, vec![1_u8, 2].into(), Value::List(vec!["b".into()])],
            Ok("a-2 b".into()),
        ),
        ("greet", vec!["a".into(), 3.into(), vec![0_u8; 0].into(), Value::List(vec![])], Ok("a30".into())),
        ("parse", vec!["12".into()], Ok(Value::Ok(Some(Box::new(12.into()))))),
        ("parse", vec!["x".into()], Err("HostError: x is no number")),
        (
            "pairs",
            vec![Value::List(vec![Value::Tuple(vec![1.into(), "a".into()])])],
            Ok(Value::List(vec![Value::Tuple(vec!["a".into(), 1.into()])])),
        ),
        ("any", vec![Value::Bytes(vec![1])], Ok(Value::Bytes(vec![1]))),
        ("renamed", vec![3.into()], Ok(3.into())),
        ("norm", vec![point(3.0, 4.0)], Ok(5.0.into())),
        ("through", vec![5.into()], Ok(50.into())),
        ("color", vec![Value::Enum(1)], Ok(Value::Enum(1))),
        ("color", vec![Value::Enum(3)], Err("ValueError: demo.color() argument 'color': enum Color has no case 3")),
        ("swap", vec![Value::Flags(vec![0b001])], Ok(Value::Flags(vec![0b110]))),
        ("swap", vec![Value::Flags(vec![0b110])], Ok(Value::Flags(vec![0b001]))),
        ("local", vec![record(&[("n", 9.into())])], Ok(Value::Bytes(vec![9]))),
        (
            "apply",
            vec![Value::Handle(callable), Value::Handle(seven.clone())],
            Ok(Value::Tuple(vec![text.into(), 7.into()])),
        ),
        (
            "apply",
            vec![Value::Handle(seven.clone()), Value::Handle(seven)],
            Err("TypeError: a value: expected string, got 7 (int)"),
        ),
    ] {
        let given = run.call(function, args.clone());
        assert_eq!(given, expected.map_err(str::to_owned), "{function}{args:?}");
    }
}

#[test]
fn scalars_cross_in_slots_as_they_do_as_values() {
    let mut run = Run::of(module());
    for (function, args) in [
        ("demo", vec![1.into(), (-2).into()]),
        ("scalars", vec![true.into(), (-3_i8).into(), u64::MAX.into(), 0.5.into(), 'é'.into()]),
        ("scalars", vec![false.into(), 0.into(), 1.into(), Value::Float(f64::from(f32::MAX)), 'a'.into()]),
        ("nothing", vec![]),
        ("answer", vec![]),
        ("divide", vec![i64::MIN.into(), 3.into()]),
        ("divide", vec![1.into(), 0.into()]),
        ("explode", vec![true.into()]),
        ("through", vec![(-5).into()]),
        ("renamed", vec![255.into()]),
        ("in_", vec![1.into()]),
    ] {
        assert_eq!(run.call_flat(function, &args), run.call(function, args.clone()), "{function}{args:?}");
    }
}

#[test]
fn slots_never_become_values() {
    // A body that is asked with slots answers there; without a context too, if it takes none.
    for (function, slots, expected) in [
        (demo::host(), vec![1, 2], Some(vec![30, 2])),
        (nothing::host(), vec![], Some(vec![])),
        (answer::host(), vec![0], Some(vec![42])),
        (r#in::host(), vec![1], Some(vec![2])),
        (parse::host(), vec![0], None),
    ] {
        let body = function.body();
        let mut given = slots;
        let mut run = Run::of(module());
        let called = body.call_flat(&mut Cx::new(&mut run), &mut given).map(|called| called.map(|()| given));
        assert_eq!(called, expected.map(Ok));
    }
    assert!(!demo::host().body().needs_cx() && through::host().body().needs_cx());
}
