//! Runs beside each other: what one keeps is its own, what one waits for is not in the other's way, what never returns is
//! left behind.

mod support;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use amphi_core::{Handle, HostError, Source, Value};
use amphi_native_python::Interrupted;
use support::{Loaded, load};

#[test]
fn what_a_file_keeps_is_its_runs_alone() {
    let text = "count = 0\ndef next() -> int:\n    global count\n    count += 1\n    return count\n";
    let (one, other) = (load(text), load(text));
    for expected in 1..4 {
        assert_eq!(one.call("next", vec![]), Ok(expected.into()));
    }
    assert_eq!(other.call("next", vec![]), Ok(1.into()));
    let known = load(
        "import sys\ndef known(): return sorted(name for name in sys.modules if name.startswith('amphi_native.mine.'))",
    );
    let source = Source::new("mine.py", "def f(): pass");
    let mine = amphi_native_python::load("mine", &source, None, Arc::new(|| false)).expect("it loads");
    let Ok(Value::List(names)) = known.call("known", vec![]) else { panic!("a list") };
    assert_eq!(names.len(), 1);
    drop(mine);
    // Files are forgotten where they are loaded, one after the other.
    load("def f(): pass");
    assert_eq!(known.call("known", vec![]), Ok(Value::List(vec![])));
}

#[test]
fn a_call_that_blocks_does_not_block_another_runs() {
    let shared = "import threading\nevent = vars(threading).setdefault('amphi_test_event', threading.Event())\n";
    let waiting = load(&format!("{shared}def wait() -> bool: return event.wait(60)"));
    let setting = load(&format!("{shared}def set() -> None: event.set()"));
    thread::scope(|scope| {
        let waits = scope.spawn(|| waiting.call("wait", vec![]));
        // Only another call lets it return.
        assert_eq!(setting.call("set", vec![]), Ok(Value::None));
        assert_eq!(waits.join().expect("no panic"), Ok(true.into()));
    });
}

#[test]
fn many_calls_are_in_python_at_a_time() {
    let text = "import threading\nbarrier = threading.Barrier(20)\ndef meet() -> int: return barrier.wait(60)";
    let module = load(text);
    let places: Mutex<Vec<i128>> = Mutex::default();
    thread::scope(|scope| {
        for _ in 0..20 {
            scope.spawn(|| {
                let place = module.call("meet", vec![]).expect("all meet").as_integer();
                places.lock().expect("no panic").push(place.expect("an int"));
            });
        }
    });
    let mut places = places.into_inner().expect("no panic");
    places.sort_unstable();
    assert_eq!(places, (0..20).collect::<Vec<_>>());
}

/// A file whose calls are interrupted once the flag is up, and take it down.
fn interruptible(text: &str) -> (Loaded, Arc<AtomicBool>) {
    let flag = Arc::new(AtomicBool::new(false));
    let seen = flag.clone();
    let interrupted: Interrupted = Arc::new(move || seen.swap(false, Ordering::AcqRel));
    let module = amphi_native_python::load("demo", &Source::new("demo.py", text), None, interrupted);
    let module = module.unwrap_or_else(|error| panic!("{error}"));
    (Loaded(Arc::new(module)), flag)
}

/// A callable that raises the flag.
fn raise(flag: &Arc<AtomicBool>) -> Value {
    let flag = flag.clone();
    Value::Handle(Handle::callable(move |_, _| {
        flag.store(true, Ordering::Release);
        Ok(Value::None)
    }))
}

const NEVER: &str = r#"
import threading
ended = []

def loop(begun):
    begun()
    try:
        while True:
            pass
    finally:
        ended.append("loop")

def block(begun):
    begun()
    threading.Event().wait()

def seen():
    return list(ended)

def once(f):
    return f()
"#;

#[test]
fn a_loop_is_interrupted_where_it_is_and_cleans_up() {
    let (module, flag) = interruptible(NEVER);
    let error = module.call("loop", vec![raise(&flag)]).expect_err("interrupted");
    assert_eq!(error.kind, "KeyboardInterrupt");
    assert!(error.traceback.contains("in loop"), "{}", error.traceback);
    assert_eq!(module.call("seen", vec![]), Ok(vec![Value::from("loop")].into()));
}

#[test]
fn a_call_that_never_returns_is_left_behind() {
    let (module, flag) = interruptible(NEVER);
    for _ in 0..3 {
        let error = module.call("block", vec![raise(&flag)]).expect_err("interrupted");
        assert_eq!(error.to_string(), "KeyboardInterrupt: a host function was interrupted, and left behind");
        assert_eq!(module.call("seen", vec![]), Ok(Value::List(vec![])));
    }
    // Left behind inside a callable of another call: that one has lost its thread, too.
    let (inner, begun) = (module.clone(), raise(&flag));
    let blocking = Value::Handle(Handle::callable(move |cx, _| inner.call_in(cx, "block", vec![begun.clone()])));
    let error = module.call("once", vec![blocking]).expect_err("interrupted");
    assert_eq!(error.kind, "KeyboardInterrupt");
    assert_eq!(module.call("seen", vec![]), Ok(Value::List(vec![])));
}

#[test]
fn what_keeps_pythons_lock_is_told_once_it_lets_go() {
    let (module, flag) = interruptible(
        "import threading\nover = threading.Event()\ndef hold(begun):\n    begun()\n    try:\n        sum(range(4 * 10**7))\n        while True: pass\n    finally:\n        over.set()\ndef ended() -> bool: return over.wait(60)\n",
    );
    let error = module.call("hold", vec![raise(&flag)]).expect_err("interrupted");
    assert_eq!(error.kind, "KeyboardInterrupt");
    assert_eq!(module.call("ended", vec![]), Ok(true.into()));
}

#[test]
fn more_calls_than_threads_may_be_left_behind() {
    let flag = Arc::new(AtomicBool::new(false));
    let seen = flag.clone();
    let interrupted: Interrupted = Arc::new(move || seen.load(Ordering::Acquire));
    let source = Source::new("demo.py", NEVER);
    let module = amphi_native_python::load("demo", &source, None, interrupted).expect("it loads");
    let module = Loaded(Arc::new(module));
    thread::scope(|scope| {
        let block = || module.call("block", vec![Value::Handle(Handle::callable(|_, _| Ok(Value::None)))]);
        let calls: Vec<_> = (0..80).map(|_| scope.spawn(block)).collect();
        flag.store(true, Ordering::Release);
        for call in calls {
            let ended: Result<Value, HostError> = call.join().expect("no panic");
            assert_eq!(ended.expect_err("interrupted").kind, "KeyboardInterrupt");
        }
    });
    flag.store(false, Ordering::Release);
    assert_eq!(module.call("seen", vec![]), Ok(Value::List(vec![])));
}

#[test]
fn a_guest_that_always_fails_does_not_keep_an_interrupted_call_alive() {
    let text =
        "def stubborn(f):\n    while True:\n        try:\n            f()\n        except Exception:\n            pass";
    let (module, flag) = interruptible(text);
    flag.store(true, Ordering::Release);
    let ended = Value::Handle(Handle::callable(|_, _| Err(HostError::host("the run has ended"))));
    let error = module.call("stubborn", vec![ended]).expect_err("interrupted");
    assert_eq!(error.kind, "KeyboardInterrupt");
}

#[test]
fn a_load_that_never_ends_is_left_behind() {
    let flag = Arc::new(AtomicBool::new(true));
    let seen = flag.clone();
    let interrupted: Interrupted = Arc::new(move || seen.load(Ordering::Acquire));
    let source = Source::new("demo.py", "import threading\nthreading.Event().wait()");
    let error = amphi_native_python::load("demo", &source, None, interrupted).err().expect("interrupted");
    assert_eq!(error.kind, "KeyboardInterrupt");
    assert_eq!(load("def f(): return 1").call("f", vec![]), Ok(1.into()));
}
