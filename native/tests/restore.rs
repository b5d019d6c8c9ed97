//! Runs that are taken back to where their program had run, and pools of them, with a real Python.
#![allow(clippy::unwrap_used, reason = "a test may fail so")]

mod common;

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use amphi_core::{Handle, HostModule, Prepared, Program, Source, Value, prepare, wit};
use amphi_wasmtime::{Native, Pool, Running, Sandbox, Start};

const HEAD: &str = "
import amphi, os, random, time

count, kept, began = 0, [], time.monotonic()

@amphi.export
def step() -> int:
    global count
    count += 1
    return count
";

const SCRIPT: &str = "
@amphi.export
def draw() -> float:
    return random.random()

@amphi.export
def allocate(mib: int) -> int:
    kept.append(bytearray(mib << 20))
    assert not any(kept[-1])
    kept[-1][:] = b'x' * len(kept[-1])
    return len(kept)

@amphi.export
def leave() -> list[str]:
    print('left')
    kept.append(open('made.txt', 'w'))
    os.mkdir('folder')
    return sorted(os.listdir())

@amphi.export
def elapsed() -> float:
    return time.monotonic() - began

@amphi.export
def end() -> None:
    os._exit(3)
";

fn habitats() -> [Native; 2] {
    common::habitats(amphi_python::artifact().unwrap())
}

fn ready(script: &str) -> Prepared {
    let mut program = Program::script("restore", format!("{HEAD}{script}"));
    program.stdin = amphi_core::Stdin::Bytes(b"line\nline\n".to_vec().into());
    // Four times what one call of `allocate` takes.
    program.limits.memory_bytes = 160 << 20;
    prepare(&program).unwrap()
}

struct Served<'a> {
    sandbox: Sandbox,
    prepared: &'a Prepared,
    native: &'a Native,
    hosts: Vec<Arc<HostModule>>,
}

impl<'a> Served<'a> {
    fn new(native: &'a Native, prepared: &'a Prepared, hosts: Vec<Arc<HostModule>>) -> Self {
        Self { sandbox: native.sandbox(prepared, &mut |_| {}).unwrap(), prepared, native, hosts }
    }

    fn begin(&self) -> Start {
        let mut start = self.native.start(&self.prepared.program, |_| {}).unwrap();
        start.registered.0.clone_from(&self.hosts);
        start
    }

    fn serve(&self) -> Running {
        let mut running = self.sandbox.start(self.begin()).unwrap();
        assert_eq!(running.serve(), Ok(0));
        running
    }

    fn restore(&self, running: Running) -> Running {
        self.sandbox.restore(running, self.begin()).unwrap()
    }
}

fn call(running: &mut Running, name: &str, args: &[i64]) -> Value {
    running.call(name, args.iter().map(|number| Value::Int(*number)).collect()).unwrap()
}

#[test]
fn a_run_taken_back_is_what_its_program_left() {
    let prepared = ready(SCRIPT);
    for native in &habitats() {
        let served = Served::new(native, &prepared, Vec::new());
        let mut running = served.serve();
        assert!(served.sandbox.checkpoint(&mut running));
        let (mut drawn, mut before) = (BTreeSet::new(), 0.0);
        for _ in 0..10 {
            assert_eq!(call(&mut running, "step", &[]), Value::Int(1));
            assert_eq!(call(&mut running, "step", &[]), Value::Int(2));
            assert_eq!(call(&mut running, "allocate", &[32]), Value::Int(1));
            let Value::List(files) = call(&mut running, "leave", &[]) else { panic!("a list") };
            assert_eq!(files.iter().filter_map(Value::as_str).collect::<Vec<_>>(), ["folder", "made.txt", "main.py"]);
            let Value::Float(number) = call(&mut running, "draw", &[]) else { panic!("a float") };
            assert!(drawn.insert(number.to_bits()), "every run draws its own numbers");
            let Value::Float(elapsed) = call(&mut running, "elapsed", &[]) else { panic!("a float") };
            assert!(elapsed >= before, "time never goes back");
            before = elapsed;
            running = served.restore(running);
        }
        call(&mut running, "leave", &[]);
        let outcome = running.finish().unwrap();
        assert_eq!(&outcome.stdout[..], b"left\n", "output is the last one's");
        assert_eq!(outcome.files.len(), 1, "so are files: {:?}", outcome.files);
    }
}

#[test]
fn a_run_whose_program_left_something_is_started_anew() {
    let held = Arc::new(Mutex::new(None::<Handle>));
    let declared = "interface host { resource heard { call: func(text: string); } hold: func(f: heard); }";
    let interface = wit::parse(&Source::new("host.wit", declared)).unwrap().remove(0);
    let keeps = held.clone();
    let host = HostModule::implement(interface).body("hold", move |_, args| {
        if let Some(Value::Handle(handle)) = args.first() {
            *keeps.lock().unwrap() = Some(handle.clone());
        }
        Ok(Value::None)
    });
    let host = Arc::new(host.build().unwrap());
    for (script, kept) in [
        ("open('main.py').read()", true),
        ("print('at once')", false),
        ("input()", false),
        ("random.random()", false),
        ("random.seed(7)", false),
        ("open('made.txt', 'w').close()", false),
        ("kept.append(open('main.py'))", false),
        ("import host; host.hold(print)", false),
    ] {
        let prepared = ready(script);
        for native in &habitats() {
            let served = Served::new(native, &prepared, vec![host.clone()]);
            let mut running = served.serve();
            assert_eq!(served.sandbox.checkpoint(&mut running), kept, "{script}");
            for _ in 0..2 {
                assert_eq!(call(&mut running, "step", &[]), Value::Int(1), "{script}");
                running = served.restore(running);
            }
        }
        held.lock().unwrap().take();
    }
}

#[test]
fn what_ended_or_failed_is_started_anew() {
    let prepared = ready(SCRIPT);
    for native in &habitats() {
        let served = Served::new(native, &prepared, Vec::new());
        let mut running = served.serve();
        assert!(served.sandbox.checkpoint(&mut running));
        call(&mut running, "step", &[]);
        running.call("end", Vec::new()).expect_err("it ends");
        assert!(running.is_over());
        let mut running = served.restore(running);
        assert_eq!(call(&mut running, "step", &[]), Value::Int(1));
    }
}

#[test]
fn a_pool_gives_clean_runs_to_many_threads() {
    let prepared = ready(SCRIPT);
    for native in &habitats() {
        let pool: Pool = native.pool(&prepared, Vec::new(), 2).unwrap();
        std::thread::scope(|scope| {
            for thread in 0..3 {
                let pool = &pool;
                scope.spawn(move || {
                    for round in 0..20 {
                        let mut running = pool.take().unwrap();
                        assert_eq!(call(&mut running, "step", &[]), Value::Int(1));
                        match (thread + round) % 7 {
                            0 => drop(running.call("end", Vec::new())),
                            1 => assert_eq!(running.into_running().finish().unwrap().exit.process_code(), 0),
                            2 => drop(call(&mut running, "allocate", &[8])),
                            _ => {}
                        }
                    }
                });
            }
        });
    }
}
