//! How runs end, in both habitats: by themselves, by a limit, by an interrupt.
#![allow(clippy::unwrap_used, reason = "a test may fail so")]

mod support;

use amphi_core::{Exit, Limit, Limits};
use amphi_wasmtime::{Cache, Mount, Sandbox, Start, Stdin, Wasm};
use std::sync::mpsc;
use std::time::{Duration, Instant};
use support::{BOTH, ENGINE, guest, run, sandbox};

#[test]
fn a_guest_ends_by_itself() {
    for (name, body, exit) in [
        ("returns", "", Exit::Code(0)),
        ("exits", "(call $proc_exit (i32.const 7))", Exit::Code(7)),
        ("exits with a code that wasmtime-wasi refuses", "(call $proc_exit (i32.const 200))", Exit::Code(200)),
        ("exits with all bits", "(call $proc_exit (i32.const -1))", Exit::Code(u32::MAX)),
    ] {
        let wasm = guest("", &format!("(func (export \"_start\") {body})"));
        for kind in BOTH {
            assert_eq!(run(kind, &wasm, |_| {}).exit, exit, "{name} in {}", kind.name());
        }
    }
    let wasm = guest("", "(func $f (export \"_start\") unreachable)");
    for kind in BOTH {
        let Exit::Trap(why) = run(kind, &wasm, |_| {}).exit else { panic!("{}", kind.name()) };
        assert!(why.contains("unreachable"), "{why}");
    }
}

#[test]
fn streams_go_where_they_should() {
    let wasm = guest(
        "",
        r#"(data (i32.const 64) "out\nerr\n")
        (func (export "_start")
          (call $print (i32.const 1) (i32.const 64) (i32.const 4))
          (call $print (i32.const 2) (i32.const 68) (i32.const 4))
          (loop $more
            (call $iovec (i32.const 1024) (i32.const 5))
            (drop (call $fd_read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)))
            (call $print (i32.const 1) (i32.const 1024) (i32.load (i32.const 8)))
            (br_if $more (i32.load (i32.const 8)))))"#,
    );
    for kind in BOTH {
        let outcome = run(kind, &wasm, |start| start.stdin = Stdin::bytes(b"hello, world".to_vec()));
        assert_eq!((&outcome.stdout[..], &outcome.stderr[..]), (&b"out\nhello, world"[..], &b"err\n"[..]));
        assert_eq!(outcome.exit, Exit::Code(0), "{}", kind.name());
    }
}

#[test]
fn a_limit_ends_a_run() {
    let forever = "(loop $forever (br $forever))";
    let grow = "(if (i32.eq (memory.grow (i32.const 100)) (i32.const -1)) (then unreachable))";
    let print = "(loop $forever (call $print (i32.const 1) (i32.const 64) (i32.const 60)) (br $forever))";
    let sleep = "(drop (call $sleep (i64.const 60_000_000_000)))";
    let limits = || Limits { wall_ms: Some(100), output_bytes: 1000, memory_bytes: 1 << 20, ..Limits::default() };
    for (name, body, limit) in [
        ("wall, working", forever, Limit::Wall),
        ("wall, sleeping", sleep, Limit::Wall),
        ("memory", grow, Limit::Memory),
        ("output", print, Limit::Output),
    ] {
        let wasm = guest("", &format!("(func (export \"_start\") {body})"));
        for kind in BOTH {
            let begin = Instant::now();
            let outcome = run(kind, &wasm, |start| start.limits = limits());
            assert_eq!(outcome.exit, Exit::Limit(limit), "{name} in {}", kind.name());
            assert!(begin.elapsed() < Duration::from_secs(5), "{name} in {}", kind.name());
            if limit == Limit::Output {
                assert_eq!(outcome.stdout.len(), 1000, "what fits is written");
            }
        }
    }
}

#[test]
fn memory_above_the_limit_at_the_start_is_the_limit() {
    let wasm = wat::parse_str("(module (memory (export \"memory\") 100) (func (export \"_start\")))").unwrap();
    for kind in BOTH {
        let outcome = run(kind, &wasm, |start| start.limits.memory_bytes = 1 << 20);
        assert_eq!(outcome.exit, Exit::Limit(Limit::Memory), "{}", kind.name());
    }
}

#[test]
fn a_guest_that_may_not_grow_hears_of_it_and_goes_on() {
    let wasm = guest("", "(func (export \"_start\") (drop (memory.grow (i32.const 100))))");
    for kind in BOTH {
        assert_eq!(run(kind, &wasm, |start| start.limits.memory_bytes = 1 << 20).exit, Exit::Code(0));
    }
}

/// Starts a guest, interrupts it after a while, and gives how it ended.
fn interrupted(kind: amphi_wasmtime::Kind, wasm: &[u8]) -> Exit {
    let mut start = Start::new(Vec::new());
    start.limits.wall_ms = Some(20_000);
    let running = sandbox(kind, wasm).unwrap().start(start).unwrap();
    let interrupt = running.interrupt();
    std::thread::scope(|scope| {
        scope.spawn(move || {
            std::thread::sleep(Duration::from_millis(100));
            assert!(interrupt.raise(), "nothing was pending");
        });
        running.finish().unwrap().exit
    })
}

#[test]
fn an_interrupt_ends_a_guest_that_does_not_ask_for_signals() {
    for (name, body) in
        [("working", "(loop $forever (br $forever))"), ("sleeping", "(drop (call $sleep (i64.const 60_000_000_000)))")]
    {
        let wasm = guest("", &format!("(func (export \"_start\") {body})"));
        for kind in BOTH {
            assert_eq!(interrupted(kind, &wasm), Exit::Interrupted, "{name} in {}", kind.name());
        }
    }
}

#[test]
fn a_guest_that_asks_gets_its_signal_once_and_its_wait_ends() {
    // Exits with 100 * first answer + 10 * second answer + whether the sleep said INTR.
    let wasm = guest(
        "(import \"amphi:host@1\" \"interrupt\" (func $interrupt (result i32)))",
        r#"(func (export "_start") (local $errno i32)
          (local.set $errno (call $sleep (i64.const 60_000_000_000)))
          (call $proc_exit (i32.add
            (i32.add (i32.mul (i32.const 100) (call $interrupt)) (i32.mul (i32.const 10) (call $interrupt)))
            (i32.eq (local.get $errno) (i32.const 27)))))"#,
    );
    for kind in BOTH {
        assert_eq!(interrupted(kind, &wasm), Exit::Code(201), "{}", kind.name());
    }
}

#[test]
fn a_guest_that_asks_and_never_listens_is_killed() {
    let wasm = guest(
        "(import \"amphi:host@1\" \"interrupt\" (func $interrupt (result i32)))",
        "(func (export \"_start\") (loop $forever (br $forever)))",
    );
    for kind in BOTH {
        let running = sandbox(kind, &wasm).unwrap().start(Start::new(Vec::new())).unwrap();
        let interrupt = running.interrupt();
        let exit = std::thread::scope(|scope| {
            scope.spawn(move || {
                assert!(interrupt.raise());
                assert!(!interrupt.raise(), "the first one is still there");
                interrupt.kill();
            });
            running.finish().unwrap().exit
        });
        assert_eq!(exit, Exit::Interrupted, "{}", kind.name());
    }
}

#[test]
fn sleeps_take_their_time() {
    let wasm = guest("", "(func (export \"_start\") (call $proc_exit (call $sleep (i64.const 50_000_000))))");
    for kind in BOTH {
        let begin = Instant::now();
        assert_eq!(run(kind, &wasm, |_| {}).exit, Exit::Code(0), "{}", kind.name());
        assert!(begin.elapsed() >= Duration::from_millis(50), "{}", kind.name());
    }
}

#[test]
fn a_guest_that_promised_to_ask_and_does_not_is_given_up() {
    let wasm = guest(
        "(import \"amphi:host@1\" \"interrupt\" (func $interrupt (result i32)))",
        "(func (export \"_start\") (loop $forever (br $forever)))",
    );
    for kind in BOTH {
        let wasm = Wasm::from_bytes("guest", wasm.as_slice()).asking();
        let sandbox = Sandbox::new(&ENGINE, &Cache::new(None), kind, &wasm, None, &[], &mut |_| {}).unwrap();
        let mut start = Start::new(Vec::new());
        start.limits.wall_ms = Some(50);
        start.mounts.push(Mount::Scratch { guest: "/work".to_owned(), files: Vec::new() });
        let running = sandbox.start(start).unwrap();
        let (sender, given_up) = mpsc::channel();
        running.on_overdue(move |exit| sender.send(exit).unwrap());
        // Its thread goes with the process of the test.
        std::thread::spawn(move || running.finish());
        let exit = given_up.recv_timeout(Duration::from_secs(10)).unwrap();
        assert_eq!(exit, Exit::Limit(Limit::Wall), "{}", kind.name());
    }
}
