//! Calls both ways, exceptions, promises, resources, and who holds what.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use amphi_core::{Cx, Handle, HostError, Value};

use super::{Demo, Nobody, list, words};

/// A callable that adds so many.
fn adder(by: i64) -> Value {
    Value::Handle(Handle::callable(move |_, args| match args.as_slice() {
        [Value::Int(number)] => Ok(Value::Int(number + by)),
        args => Err(HostError::value_error(format!("{args:?}"))),
    }))
}

#[test]
fn errors_keep_kind_message_and_frames() {
    let demo = Demo::declared(
        "type-error: func(); range-error: func(); mine: func(); text: func(); object: func(); deep: func();
         parse: func(t: string) -> result<u8, string>; bad: func() -> result<_, u8>; worse: func() -> result<_, u8>;",
        "export function typeError() { inner(); }
         function inner() { throw new TypeError('no type'); }
         export const rangeError = () => { throw new RangeError('no range'); };
         export const mine = () => { throw new (class Own extends Error { name = 'Own'; })('mine'); };
         export const text = () => { throw 'plain'; };
         export const object = () => { throw { code: 3 }; };
         export const deep = () => deep();
         export const parse = (t) => { if (t === 'x') throw new Error('no number'); if (t === 'y') throw 'why'; return +t; };
         export const bad = () => { throw 7; };
         export const worse = () => { throw new Error('bug'); };",
    );
    for (name, args, message, data, frame) in [
        ("type_error", vec![], "TypeError: no type", Value::None, "    at inner (demo.js:2:"),
        ("range_error", vec![], "ValueError: no range", Value::None, "    at rangeError (demo.js:3:"),
        ("mine", vec![], "HostError: Own: mine", Value::None, "    at Own (demo.js:4:"),
        ("text", vec![], "HostError: plain", "plain".into(), ""),
        (
            "object",
            vec![],
            "HostError: JavaScript threw {code: 3}",
            Value::Record(vec![("code".to_owned(), 3.into())]),
            "",
        ),
        ("deep", vec![], "RecursionError: Maximum call stack size exceeded", Value::None, "    at deep"),
        ("parse", vec!["x".into()], "HostError: no number", "no number".into(), "    at parse (demo.js:8:"),
        ("parse", vec!["y".into()], "HostError: why", "why".into(), ""),
        ("bad", vec![], "HostError: 7", 7.into(), ""),
        ("worse", vec![], "HostError: bug", Value::None, "    at worse"),
    ] {
        let error = demo.call(name, args).unwrap_err();
        assert_eq!((error.to_string().as_str(), &error.data), (message, &data));
        assert!(error.traceback.starts_with(frame) && !error.traceback.contains("prelude"), "{}", error.traceback);
    }
    assert_eq!(demo.call("parse", vec!["9".into()]), Ok(Value::Ok(Some(Box::new(9.into())))));
}

#[test]
fn promises_are_waited_for() {
    let demo = Demo::plain(
        "export async function later(x) { await null; await new Promise((done) => setTimeout(done, 20)); return x + 1; }
         export const fails = async () => { throw new RangeError('late'); };
         export const never = () => new Promise(() => {});
         export const like = () => ({ then(done) { done('a thenable'); } });
         export const order = async () => {
           const seen = []; const wait = (ms) => new Promise((done) => setTimeout(() => { seen.push(ms); done(); }, ms));
           const gone = setTimeout(() => seen.push('gone'), 1); clearTimeout(gone);
           await Promise.all([wait(9), wait(1), wait(4)]); return seen;
         };
         export const callback = async (f) => { await null; return f(1); };
         setTimeout(() => { throw new TypeError('loose'); });
         await null;",
    );
    let begin = Instant::now();
    assert_eq!(demo.call("later", vec![1.into()]), Ok(2.into()));
    assert!(begin.elapsed() >= Duration::from_millis(20));
    assert!(demo.said().starts_with("Uncaught TypeError: loose\n    at <anonymous> (demo.js:"), "{}", demo.said());
    for (name, args, given) in [
        ("fails", vec![], Err("ValueError: late")),
        ("never", vec![], Err("RuntimeError: the promise never settles: nothing is left that it could wait for")),
        ("like", vec![], Ok("a thenable".into())),
        ("order", vec![], Ok(list(vec![1.into(), 4.into(), 9.into()]))),
        ("callback", vec![adder(1)], Ok(2.into())),
    ] {
        assert_eq!(words(demo.call(name, args)), given.map_err(str::to_owned), "{name}");
    }
}

#[test]
fn callables_cross_both_ways_and_come_back_as_themselves() {
    let demo = Demo::declared(
        "resource adder { call: func(n: u8) -> u8; }
         apply: func(f: adder, n: u8) -> u8; make: func(by: u8) -> adder; same: func(f: adder) -> bool;
         keep: func(f: adder); kept: func(n: u8) -> u8; forget: func(); sloppy: func(f: adder) -> u8;",
        "let seen, mine;
         export const apply = (f, n) => f(n);
         export const make = (by) => mine = (n) => n + by;
         export const same = (f) => f === mine;
         export const keep = (f) => { seen = f; };
         export const kept = (n) => seen(n);
         export const forget = () => { seen = undefined; };
         export const sloppy = (f) => f('x');",
    );
    assert_eq!(demo.call("apply", vec![adder(2), 3.into()]), Ok(5.into()));
    let made = demo.call("make", vec![10.into()]).unwrap();
    let Value::Handle(handle) = &made else { panic!("a callable: {made}") };
    let call = |args| words(handle.call(&mut Cx::new(&mut Nobody), args));
    assert_eq!(call(vec![1.into()]), Ok(11.into()));
    assert_eq!(
        call(vec![250.into()]).unwrap_err(),
        "OverflowError: the result: expected u8, got 260, which is outside 0 to 255"
    );
    assert_eq!(call(vec!["x".into()]).unwrap_err(), "TypeError: argument 'n': expected u8, got 'x' (str)");
    assert_eq!(call(vec![]).unwrap_err(), "TypeError: the function takes 1 arguments (n: u8) -> u8, not 0");
    assert_eq!(demo.call("same", vec![made.clone()]), Ok(true.into()));
    assert_eq!(demo.call("apply", vec![made.clone(), 5.into()]), Ok(15.into()));
    assert_eq!(
        words(demo.call("sloppy", vec![adder(1)])).unwrap_err(),
        "TypeError: argument 'n': expected u8, got 'x' (str)"
    );
    // Kept from one call to another, and let go with the last that holds it.
    let alive = Arc::new(());
    let counted = alive.clone();
    let callable = Handle::callable(move |_, mut args| {
        let _ = &counted;
        Ok(args.remove(0))
    });
    demo.call("keep", vec![Value::Handle(callable)]).unwrap();
    assert_eq!((demo.call("kept", vec![7.into()]), Arc::strong_count(&alive)), (Ok(7.into()), 2));
    demo.call("forget", vec![]).unwrap();
    assert_eq!(Arc::strong_count(&alive), 1, "JavaScript let go of it");
    drop(demo);
    let gone = words(handle.call(&mut Cx::new(&mut Nobody), vec![1.into()]));
    assert_eq!(gone.unwrap_err(), "HostError: the host module of this function is gone");
}

#[test]
fn what_python_lets_go_javascript_collects() {
    let demo = Demo::plain(
        "let count = 0; const registry = new FinalizationRegistry(() => { count += 1; });
         export const make = () => { const f = () => 1; registry.register(f); return f; }; export const collected = () => count;",
    );
    for _ in 0..3 {
        drop(demo.call("make", vec![]).unwrap());
    }
    demo.call("collected", vec![]).unwrap();
    assert_eq!(demo.call("collected", vec![]), Ok(3.into()));
}

#[test]
fn an_exception_passes_through_as_itself_and_can_be_caught() {
    let demo = Demo::plain(
        "export const through = (f) => f(1);
         export const caught = (f) => { try { f(1); } catch (error) { return `${error}|${error instanceof Error}`; } };
         export const again = async (f) => { try { await f(1); } finally { await null; } };",
    );
    let failing = || {
        Value::Handle(Handle::callable(|_, _| {
            Err(HostError::new("KeyError", "gold").with_data(3).with_traceback("in Python"))
        }))
    };
    for name in ["through", "again"] {
        let error = demo.call(name, vec![failing()]).unwrap_err();
        assert_eq!((error.to_string().as_str(), error.data), ("KeyError: gold", 3.into()));
        let passed = format!("in Python\n    at {name} (demo.js:");
        assert!(error.traceback.starts_with(&passed), "{}", error.traceback);
    }
    assert_eq!(demo.call("caught", vec![failing()]), Ok("KeyError: gold|true".into()));
}

#[test]
fn calls_nest_in_one_engine() {
    let demo = Arc::new(Demo::plain(
        "let depth = 0;
         export const down = (n, f) => { depth += 1; const below = n === 0 ? depth : f(n - 1); depth -= 1; return below; };
         export const wide = (n) => { const f = (k) => k === 0 ? 0 : 1 + f(k - 1); return f(n); };
         export const deep = (f) => { const g = (k) => k === 0 ? f(0) : g(k - 1); return g(50); };",
    ));
    fn callable(demo: &Arc<Demo>) -> Value {
        let demo = demo.clone();
        Value::Handle(Handle::callable(move |cx, mut args| {
            let below = callable(&demo);
            demo.call_in(cx, "down", vec![args.remove(0), below])
        }))
    }
    assert_eq!(demo.call("down", vec![10.into(), callable(&demo)]), Ok(11.into()));
    // The inner call has a stack of its own to use, and the outer one its own again.
    let inner = demo.clone();
    let wide = Value::Handle(Handle::callable(move |cx, _| inner.call_in(cx, "wide", vec![100.into()])));
    assert_eq!(demo.call("deep", vec![wide]), Ok(100.into()));
    let error = demo.call("wide", vec![1_000_000.into()]).unwrap_err();
    assert_eq!(error.kind, "RecursionError");
}

#[test]
fn a_kept_callable_is_called_in_a_later_call() {
    let demo = Demo::plain(
        "let f; export const keep = (g) => { f = g; }; export const result = () => String(outcome); let outcome;
         export const start = () => { setTimeout(() => { try { outcome = f(1); } catch (error) { outcome = error; } }); };
         export const wait = async () => { await new Promise((done) => setTimeout(done, 2)); };",
    );
    demo.call("keep", vec![adder(1)]).unwrap();
    demo.call("start", vec![]).unwrap();
    demo.call("wait", vec![]).unwrap();
    assert_eq!(demo.call("result", vec![]), Ok("2".into()));
}

#[test]
fn resources_are_instances() {
    let demo = Demo::declared(
        "resource account { constructor(owner: string); book: func(cents: s64) -> result<s64, string>;
           watch: func(w: watcher); open: static func(n: u8) -> list<account>; }
         resource watcher { call: func(cents: s64); }
         richest: func(all: list<borrow<account>>) -> account; owner: func(a: borrow<account>) -> string;",
        "export class Account {
           constructor(owner) { Object.assign(this, { owner, cents: 0n, watchers: [] }); }
           book(cents) {
             if (this.cents + cents < 0n) throw new Error(`${this.owner} has only ${this.cents}`);
             this.cents += cents; for (const watcher of this.watchers) watcher(cents); return this.cents;
           }
           watch(watcher) { this.watchers.push(watcher); }
           static open(n) { return Array.from({ length: n }, (_, at) => new Account(`a${at}`)); }
         }
         export const richest = (all) => all.reduce((a, b) => (b.cents > a.cents ? b : a));
         export const owner = (a) => a.owner;",
    );
    let ada = demo.call("Account", vec!["Ada".into()]).unwrap();
    let seen = Arc::new(AtomicUsize::new(0));
    let counter = seen.clone();
    let watcher = Handle::callable(move |_, _| {
        counter.fetch_add(1, Ordering::SeqCst);
        Ok(Value::None)
    });
    demo.call("Account.watch", vec![ada.clone(), Value::Handle(watcher)]).unwrap();
    let booked = demo.call("Account.book", vec![ada.clone(), 5.into()]);
    assert_eq!((booked, seen.load(Ordering::SeqCst)), (Ok(Value::Ok(Some(Box::new(5.into())))), 1));
    let refused = words(demo.call("Account.book", vec![ada.clone(), (-9).into()]));
    assert_eq!(refused.unwrap_err(), "HostError: Ada has only 5");
    let Value::List(mut all) = demo.call("Account.open", vec![2.into()]).unwrap() else { panic!("a list") };
    all.push(ada);
    let richest = demo.call("richest", vec![list(all)]).unwrap();
    assert_eq!(demo.call("owner", vec![richest]), Ok("Ada".into()));
}
