//! What a host module cannot do: run on, take all memory, see the machine.

use std::sync::atomic::Ordering;
use std::time::Duration;

use amphi_core::Value;
use amphi_core::javascript::GLOBALS;

use super::{Demo, list, words};

#[test]
fn a_loop_that_never_returns_ends_with_the_run() {
    for text in [
        "export const run = () => { for (;;) { try { for (;;); } catch {} } };",
        "export const run = () => new Promise((done) => setTimeout(done, 1e9));",
        "export const run = async () => { for (;;) await null; };",
        "export const run = () => { const f = () => queueMicrotask(f); f(); };",
    ] {
        let demo = Demo::plain(text);
        let interrupt = demo.interrupt.clone();
        let other = std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(50));
            interrupt.store(true, Ordering::SeqCst);
        });
        let found = words(demo.call("run", vec![]));
        other.join().unwrap();
        let ended = Err("HostError: the host function was interrupted".to_owned());
        assert!(found == ended || found == Ok(Value::None), "{text}: {found:?}");
        demo.interrupt.store(false, Ordering::SeqCst);
    }
}

#[test]
fn memory_has_its_limit_and_the_module_goes_on() {
    let demo = Demo::plain(
        "export const take = () => { const all = []; for (;;) all.push(new Uint8Array(1 << 16)); };
         export const still = () => 1;",
    );
    let error = demo.call("take", vec![]).unwrap_err();
    assert!(["MemoryError", "ValueError"].contains(&error.kind.as_ref()), "{error}");
    assert_eq!(demo.call("still", vec![]), Ok(1.into()));
}

#[test]
fn nothing_of_the_machine_is_there() {
    let demo = Demo::plain("export const names = () => Object.getOwnPropertyNames(globalThis).sort();");
    let Value::List(names) = demo.call("names", vec![]).unwrap() else { panic!("names") };
    let names: Vec<&str> = names.iter().filter_map(Value::as_str).collect();
    let expected: Vec<&str> = GLOBALS.to_vec();
    assert_eq!(names, expected);
    for name in ["require", "process", "fetch", "std", "os", "navigator", "performance", "eval", "Function"] {
        assert!(!names.contains(&name), "{name}");
    }
    let demo = Demo::plain(
        "export const kinds = [() => {}, async () => {}, function* () {}, async function* () {}].map((f) => f.constructor);
         export const made = (at) => new kinds[at]('return globalThis')();",
    );
    for at in 0..4 {
        let error = words(demo.call("made", vec![at.into()])).unwrap_err();
        assert_eq!(error, "HostError: EvalError: host modules cannot make functions of text");
    }
    let demo = Demo::plain("export const load = () => import('os');");
    let error = words(demo.call("load", vec![])).unwrap_err();
    assert!(error.contains("could not load module"), "{error}");
}

#[test]
fn the_console_is_told_alike_everywhere() {
    let demo = Demo::plain(
        "export const say = () => {
           console.log('a', 1, 2n, null, undefined, true, [1, ['x']], { a: { b: 'c' } }, new Uint8Array([1]));
           console.error(new TypeError('no'), function f() {}, class {}, new Map(), Symbol('s'));
         };
         export const utf = () => [new TextEncoder().encode('é\\ud800'), new TextDecoder().decode(new Uint8Array([0xef, 0xbb, 0xbf, 0xff, 0x61]))];",
    );
    demo.call("say", vec![]).unwrap();
    let expected = "a 1 2n null undefined true [1, [\"x\"]] {a: {b: \"c\"}} [1]\n\
        TypeError: no [Function: f] [Function: (anonymous)] [Map] [Symbol]\n";
    assert_eq!(demo.said(), expected);
    let utf: Value = list(vec![vec![0xc3_u8, 0xa9, 0xef, 0xbf, 0xbd].into(), "\u{fffd}a".into()]);
    assert_eq!(demo.call("utf", vec![]), Ok(utf));
}
