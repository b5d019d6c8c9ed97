//! Generated sequences of calls, made by one guest in both habitats: what wasmtime-wasi answers over a real folder,
//! amphi's own WASI has to answer over files in memory. Errno, memory after each call, what every path is in the end and the files left are compared.
//!
//! `AMPHI_CASES=5000 cargo test --release -p amphi-wasmtime --test differential` looks further than the tests' few.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may fail so")]

mod generate;
mod guest;
mod normalise;

use std::sync::LazyLock;

use amphi_core::{ChangedFile, Exit};
use amphi_wasi::Determinism;
use amphi_wasmtime::{Cache, Engine, Kind, Mount, Sandbox, Start, Stdin, Wasm};
use generate::Step;
use proptest::test_runner::{Config, TestCaseError, TestRunner};

/// Cases of a test run, unless the environment says otherwise.
const CASES: u32 = 400;

static SANDBOXES: LazyLock<[Sandbox; 2]> = LazyLock::new(|| {
    let (engine, wasm) = (Engine::new(), Wasm::from_bytes("guest", guest::wasm()));
    [Kind::Wasmtime, Kind::Shim]
        .map(|kind| Sandbox::new(&engine, &Cache::new(None), kind, &wasm, None, &[], &mut |_| {}).unwrap())
});

/// What a sequence left: errno and memory after each call, and the files.
fn run(sandbox: &Sandbox, steps: &[Step]) -> (Vec<(u32, Vec<u8>)>, Vec<ChangedFile>) {
    let mut start = Start::new(vec!["guest".to_owned(), "zwölf".to_owned()]);
    start.env = vec![("KEY".to_owned(), "value".to_owned())];
    start.stdin = Stdin::bytes(guest::script(steps));
    let files = [("a", "alpha"), ("d/x", "inside"), ("d/deep/y", "further inside")];
    let files = files.map(|(path, text)| (path.to_owned(), text.as_bytes().to_vec())).to_vec();
    start.mounts = vec![Mount::Scratch { guest: "/work".to_owned(), files }];
    start.limits.output_bytes = 64 << 20;
    start.determinism = Some(Determinism { clock_ns: 1_700_000_000_123_456_789, step_ns: 1000, seed: 3 });
    let outcome = sandbox.start(start).unwrap().finish().unwrap();
    assert_eq!(outcome.exit, Exit::Code(0), "{steps:#?}");
    let log = guest::log(&outcome.stdout.0);
    assert_eq!(log.len(), steps.len(), "{steps:#?}");
    let answers = steps.iter().zip(log).map(|(step, (errno, memory))| (errno, normalise::memory(step, errno, memory)));
    (answers.collect(), outcome.files)
}

/// The first call that the two answer otherwise, in words.
fn difference(steps: &[Step]) -> Option<String> {
    let [(left, left_files), (right, right_files)] = [0, 1].map(|at| run(&SANDBOXES[at], steps));
    for (number, (step, (left, right))) in steps.iter().zip(left.iter().zip(&right)).enumerate() {
        let name = |errno: u32| {
            amphi_wasi::Errno::ALL
                .get(errno as usize)
                .map_or_else(|| errno.to_string(), |errno| errno.name().to_owned())
        };
        if left.0 != right.0 && !generate::may_differ(step, left.0, right.0) {
            return Some(format!("step {number}, {step}: wasmtime {}, shim {}", name(left.0), name(right.0)));
        }
        if let Some(at) = (0..left.1.len()).find(|at| left.1[*at] != right.1[*at]) {
            let [left, right] = [&left.1, &right.1].map(|memory| &memory[at..memory.len().min(at + 24)]);
            return Some(format!("step {number}, {step}: memory at {at:#x}: wasmtime {left:?}, shim {right:?}"));
        }
    }
    (left_files != right_files).then(|| format!("files: wasmtime {left_files:?}, shim {right_files:?}"))
}

#[test]
fn generated_sequences_are_answered_alike() {
    let cases = std::env::var("AMPHI_CASES").ok().and_then(|cases| cases.parse().ok());
    let config = Config { cases: cases.unwrap_or(CASES), failure_persistence: None, ..Config::default() };
    // A test run makes the same sequences each time; a search with more cases makes others.
    let mut runner = match cases {
        None => TestRunner::new_with_rng(config, generate::fixed_rng()),
        Some(_) => TestRunner::new(config),
    };
    let answer = runner.run(&generate::sequences(), |mut steps| {
        steps.extend(generate::survey());
        match difference(&steps) {
            None => Ok(()),
            Some(why) => Err(TestCaseError::fail(format!(
                "{why}\nafter:\n{}",
                steps.iter().map(|step| format!("  {step}\n")).collect::<String>()
            ))),
        }
    });
    if let Err(error) = answer {
        panic!("{error}");
    }
}
