//! Callables both ways: whose they are, on which thread they run, and where they may not be called.

mod support;

use std::sync::Arc;

use amphi_core::{Cx, Handle, HostError, Value};
use support::{Nowhere, callable, handle, load};

const TEXT: &str = r#"
import threading
from dataclasses import dataclass
from typing import Callable

def apply(f: Callable[[int], int], n: int) -> int:
    return f(n)

kept = None

def keep(f):
    global kept
    kept = f

def kept_call(n):
    return kept(n)

def shown(f):
    return repr(f)

def adder(by: int) -> Callable[[int], int]:
    return lambda n: n + by

def is_same(f):
    return f is adder_kept

def make():
    global adder_kept
    adder_kept = lambda: "mine"
    return adder_kept

def echo(f):
    return f

@dataclass
class Point:
    x: float

def scaler() -> Callable[[Point], Point]:
    return lambda p: Point(p.x * 2)

def gives(f):
    f(1, [object()])

def elsewhere(f):
    told = []
    def run():
        try:
            f()
        except RuntimeError as error:
            told.append(str(error))
    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    return told[0]

lock = threading.RLock()

def down(f, n):
    with lock:
        return [threading.get_ident()] + (f(n - 1) if n else [])
"#;

#[test]
fn a_callable_of_the_guest_is_called_now_and_later() {
    let module = load(TEXT);
    let double = || callable(|args| Ok(Value::integer(args[0].as_integer().expect("an int") * 2)));
    assert_eq!(module.call("apply", vec![double(), 21.into()]), Ok(42.into()));
    assert_eq!(module.call("keep", vec![double()]), Ok(Value::None));
    assert_eq!(module.call("kept_call", vec![4.into()]), Ok(8.into()));
    assert_eq!(module.text("shown", vec![double()]), "<callable of the host>");
    let error = module.call("gives", vec![double()]).expect_err("an object");
    assert_eq!(error.to_string(), "TypeError: callable() argument 'arguments', item 1, item 0 must be any, not object");
    // What was kept lives as long as Python keeps it.
    let token = Arc::new(());
    let held = token.clone();
    let holding = callable(move |_| {
        let _held = &held;
        Ok(Value::None)
    });
    assert_eq!(module.call("keep", vec![holding]), Ok(Value::None));
    assert_eq!(Arc::strong_count(&token), 2);
    assert_eq!(module.call("keep", vec![Value::None]), Ok(Value::None));
    assert_eq!(Arc::strong_count(&token), 1);
}

#[test]
fn a_callable_of_python_is_called_by_the_guest_and_comes_home_as_itself() {
    let module = load(TEXT);
    let mut nowhere = Nowhere;
    let mut cx = Cx::new(&mut nowhere);
    let adder = handle(module.call("adder", vec![3.into()]).expect("a callable"));
    assert_eq!(adder.call(&mut cx, vec![4.into()]), Ok(7.into()));
    let error = adder.call(&mut cx, vec!["x".into()]).expect_err("no number");
    assert_eq!(error.kind, "TypeError");
    let wrong = adder.call(&mut cx, vec![Value::Float(0.5)]).expect_err("a float");
    assert_eq!(wrong.to_string(), "TypeError: callable() result of 'callable' must be s64, not 3.5 (float)");
    let made = module.call("make", vec![]).expect("a callable");
    assert_eq!(module.call("is_same", vec![made.clone()]), Ok(true.into()));
    assert_eq!(handle(made).call(&mut cx, vec![]), Ok("mine".into()));
    let scaler = handle(module.call("scaler", vec![]).expect("a callable"));
    let point = |x: f64| Value::Record(vec![("x".to_owned(), x.into())]);
    assert_eq!(scaler.call(&mut cx, vec![point(1.5)]), Ok(point(3.0)));
    // A thing of the guest goes back as itself.
    let own = Handle::callable(|_, _| Ok(Value::None));
    assert_eq!(module.call("echo", vec![own.clone().into_value()]), Ok(Value::Handle(own)));
}

trait IntoValue {
    fn into_value(self) -> Value;
}

impl IntoValue for Handle {
    fn into_value(self) -> Value {
        Value::Handle(self)
    }
}

#[test]
fn calls_in_a_row_are_on_one_thread_of_python() {
    let module = load(TEXT);
    let again = module.clone();
    // Down into Python, out through the guest, and down again, forty times, with a lock held that knows its thread.
    fn down(module: support::Loaded) -> Value {
        let inner = module.clone();
        Value::Handle(Handle::callable(move |cx, mut args| {
            let n = args.pop().unwrap_or_default();
            inner.call_in(cx, "down", vec![down(inner.clone()), n])
        }))
    }
    let Ok(Value::List(threads)) = module.call("down", vec![down(again), 40.into()]) else { panic!("a list") };
    assert_eq!(threads.len(), 41);
    assert!(threads.iter().all(|thread| *thread == threads[0]), "{threads:?}");
}

#[test]
fn outside_a_call_and_in_another_run_a_callable_is_refused() {
    let (module, other) = (load(TEXT), load(TEXT));
    let told = module.text("elsewhere", vec![callable(|_| Ok(Value::None))]);
    assert!(told.starts_with("a callable of the guest was called outside a call of a host function"), "{told}");
    // Two runs that share an object through the interpreter.
    let give = load("import sys\ndef give(f): sys.amphi_shared = f");
    let take = load("import sys\ndef take(): return sys.amphi_shared()\ndef same(): return sys.amphi_shared");
    assert_eq!(give.call("give", vec![callable(|_| Ok(1.into()))]), Ok(Value::None));
    for function in ["take", "same"] {
        let error = take.call(function, vec![]).expect_err("of another run");
        assert!(error.kind == "RuntimeError" && error.message.contains("another run"), "{error}");
    }
    // A callable of one file's is a thing of the guest's side to another's.
    let adder = module.call("adder", vec![3.into()]).expect("a callable");
    assert_eq!(other.call("apply", vec![adder, 4.into()]), Ok(7.into()));
}

#[test]
fn a_callable_that_fails_leaves_the_thread_as_it_was() {
    let module = load(TEXT);
    let failing = callable(|_| Err(HostError::host("no")));
    for _ in 0..100 {
        let error = module.call("apply", vec![failing.clone(), 1.into()]).expect_err("it fails");
        assert_eq!(error.to_string(), "HostError: no");
    }
}
