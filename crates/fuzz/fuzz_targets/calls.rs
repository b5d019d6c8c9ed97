//! A sequence of WASI calls with arbitrary arguments, most of which mean something, watched by a gate with a fault. No
//! call panics, waits for what cannot come, or goes beyond the limits; a call that fails leaves memory as it was; files
//! under a read-only preopen never change; and the trace tells exactly the calls that were made and how they ended.
//! Memory outside the guest's is out of reach: the context has nothing but the slice it is lent.
#![no_main]

use std::sync::{Arc, Mutex, PoisonError};

use amphi_fuzz::{Input, Outside};
use amphi_wasi::trace::{Answer, Entry, Names, Normal, Recorder, Summary, Value, What, entries};
use amphi_wasi::{
    Access, Call, Config, Content, Context, Determinism, Errno, Flow, Gate, Kind, Limits, Memory, Preopen, SliceMemory,
    Tree, Wait,
};
use libfuzzer_sys::fuzz_target;

const MEMORY: usize = 4096;
/// Where results go, then the paths, the lists of buffers, the subscriptions; buffers are where they like.
const PATHS: u64 = 512;
const PATH_ROOM: u64 = 64;
const LISTS: u64 = 1536;
const SUBSCRIPTIONS: u64 = 1664;

/// The paths that lie in memory at the start.
const TEXTS: &[&str] =
    &["a", "b", "d", "d/b", "link", "dir", "loop", "out", ".", "..", "", "d/../new", "a/", "/lib/m", "m", "p/q"];

/// A fault, and the calls it fails told in another way.
#[derive(Clone, Copy)]
struct Expected {
    text: &'static str,
    errno: Errno,
    /// None: it asks for paths, and the trace alone says which calls it failed.
    calls: Option<Calls>,
}

/// The calls whose names fit, from the first that does.
#[derive(Clone, Copy)]
struct Calls {
    fits: fn(&str) -> bool,
    first: u64,
    last: u64,
}

const FAULTS: &[Expected] = &[
    Expected {
        text: "fd_write:NOSPC@3",
        errno: Errno::Nospc,
        calls: Some(Calls { fits: |name| name == "fd_write", first: 3, last: 3 }),
    },
    Expected {
        text: "path_*:ACCES@2..4",
        errno: Errno::Acces,
        calls: Some(Calls { fits: |name| name.starts_with("path_"), first: 2, last: 4 }),
    },
    Expected {
        text: "*:IO@9..",
        errno: Errno::Io,
        calls: Some(Calls { fits: |name| name != "proc_exit", first: 9, last: u64::MAX }),
    },
    Expected { text: "path_open=*a*:MFILE", errno: Errno::Mfile, calls: None },
];

const LIMITS: Limits = Limits { file_bytes: 64 << 10, files: 8, descriptors: 16 };

fuzz_target!(|data: &[u8]| {
    let mut input = Input::new(data);
    let mut guest = Guest::new(&mut input);
    for _ in 0..128 {
        if input.is_empty() || !guest.step(&mut input) {
            break;
        }
    }
    guest.check();
});

/// A call that was made, and what is known of it beside the trace.
struct Made {
    call: Call,
    args: Vec<u64>,
    path: Option<Vec<u8>>,
    opened: Option<u32>,
    answer: Answer,
}

struct Guest {
    context: Context<Outside>,
    memory: Vec<u8>,
    lengths: [u64; TEXTS.len()],
    fault: Option<Expected>,
    /// How many calls fitted the fault so far.
    fitted: u64,
    made: Vec<Made>,
    records: Arc<Mutex<Vec<u8>>>,
}

impl Guest {
    fn new(input: &mut Input<'_>) -> Self {
        let preopen = |guest: &str, dir: &str, access| Preopen { guest: guest.to_owned(), dir: dir.to_owned(), access };
        let choices = input.byte();
        let config = Config {
            args: vec!["program".to_owned(), "é".to_owned()],
            env: vec![("NAME".to_owned(), "value".to_owned())],
            tree: tree(),
            preopens: vec![preopen("/work", "work", Access::ReadWrite), preopen("/lib", "lib", Access::ReadOnly)],
            limits: LIMITS,
            determinism: (choices & 1 != 0).then_some(Determinism { clock_ns: 1, step_ns: 1 << 40, seed: 7 }),
        };
        let mut context = Context::new(config, Outside::default()).expect("valid");
        let fault = FAULTS.get(usize::from(choices >> 1 & 7));
        let records = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&records);
        let batch = if choices & 16 == 0 { 0 } else { 4096 };
        let recorder = Recorder::new(Recorder::SHOWN, batch, move |batch| {
            kept.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(batch);
        });
        let faults = fault.iter().map(|fault| fault.text.parse().expect("valid")).collect();
        context.watch(Gate::new(faults, Some(recorder)));
        let mut guest = Self {
            context,
            memory: vec![0; MEMORY],
            lengths: [0; TEXTS.len()],
            fault: fault.copied(),
            fitted: 0,
            made: Vec::new(),
            records,
        };
        for (slot, text) in (0..).zip(TEXTS) {
            guest.put_path(slot, text.as_bytes());
        }
        for list in 0..16 {
            guest.put(
                LISTS + 8 * list,
                &[2048 + 128 * list, 1 << list]
                    .map(|number| u32::try_from(number).expect("small").to_le_bytes())
                    .concat(),
            );
        }
        guest
    }

    fn put(&mut self, at: u64, bytes: &[u8]) {
        let at = usize::try_from(at).expect("small");
        self.memory[at..at + bytes.len()].copy_from_slice(bytes);
    }

    fn put_path(&mut self, slot: u64, bytes: &[u8]) {
        self.put(PATHS + PATH_ROOM * slot, bytes);
        self.lengths[usize::try_from(slot).expect("small")] = bytes.len() as u64;
    }

    /// One step of the sequence; false when the run has ended.
    fn step(&mut self, input: &mut Input<'_>) -> bool {
        let kind = usize::from(input.byte());
        match (Call::ALL.get(kind), kind % 8) {
            (Some(call), _) => return self.call(*call, input),
            (_, 0) => {
                let (slot, len) = (input.below(16), usize::from(input.byte() % 64));
                self.put_path(slot.into(), input.take(len));
            }
            (_, 1) => {
                let at = LISTS + 8 * u64::from(input.below(16));
                let buffer = [u32::from(input.byte()) * 16, u32::from(input.byte())].map(u32::to_le_bytes);
                self.put(at, &buffer.concat());
            }
            (_, 2) => {
                let at = SUBSCRIPTIONS + 48 * u64::from(input.below(8));
                let (tag, which, flags) = (input.below(4), input.below(8), input.below(4));
                let timeout = u64::from(input.byte()) << (input.byte() % 64);
                let words = [7, tag.into(), which.into(), timeout, 0, flags.into()];
                self.put(at, &words.map(u64::to_le_bytes).concat());
            }
            (_, 3) => self.context.platform_mut().typed += usize::from(input.byte()),
            (_, 4) => self.context.platform_mut().ended |= input.byte() == 1,
            (_, 5) => self.pass(u64::from(input.byte()) << 20),
            _ => return self.call(Call::PathOpen, input),
        }
        true
    }

    fn pass(&mut self, ns: u64) {
        let passed = &mut self.context.platform_mut().passed_ns;
        *passed = passed.saturating_add(ns);
    }

    fn call(&mut self, call: Call, input: &mut Input<'_>) -> bool {
        let args = self.arguments(call, input);
        let path = call.params().iter().position(|param| param.kind == Kind::Path);
        let path = path.map(|at| self.bytes(args[at], args[at + 1]));
        let before = self.memory.clone();
        let mut flow = self.dispatch(call, &args);
        if let Flow::Wait(wait) = flow {
            match (input.below(4), wait) {
                (0, _) => {
                    self.context.interrupt();
                    flow = self.dispatch(call, &args);
                    assert_eq!(flow, Flow::Done(Errno::Intr), "{}", call.name());
                }
                (1, _) => {}
                (2, Wait::Until { monotonic_ns } | Wait::StdinUntil { monotonic_ns }) => {
                    let platform = self.context.platform_mut();
                    assert!(platform.passed_ns < monotonic_ns, "it waits for what has been");
                    platform.passed_ns = monotonic_ns;
                    flow = self.dispatch(call, &args);
                }
                (_, Wait::Until { .. }) => {}
                (_, Wait::Stdin | Wait::StdinUntil { .. }) => {
                    self.context.platform_mut().typed += 1;
                    flow = self.dispatch(call, &args);
                }
            }
        }
        let fault = self.is_fault(call);
        let answer = match flow {
            Flow::Done(errno) if fault => Answer::Fault(errno),
            Flow::Done(errno) => Answer::Errno(errno),
            Flow::Wait(_) | Flow::Stop(_) => Answer::Ended,
        };
        let gives = call.params().iter().any(|param| param.kind.is_result() || param.kind == Kind::Iovecs);
        if answer != Answer::Errno(Errno::Success) || !gives {
            assert!(self.memory == before, "{}{args:?} wrote, and came to {flow:?}", call.name());
        }
        let opened = call.params().iter().position(|param| param.kind == Kind::FdOut);
        let opened = opened.filter(|_| flow == Flow::Done(Errno::Success));
        let opened = opened.map(|at| self.bytes(args[at], 4)).and_then(|bytes| bytes.first_chunk().copied());
        let opened = opened.map(u32::from_le_bytes);
        self.made.push(Made { call, args, path, opened, answer });
        match flow {
            Flow::Done(_) => true,
            // The guest never hears of it: another call gives it up.
            Flow::Wait(_) => self.call(Call::SchedYield, input),
            Flow::Stop(_) => false,
        }
    }

    fn dispatch(&mut self, call: Call, args: &[u64]) -> Flow {
        self.context.dispatch(&mut SliceMemory::new(&mut self.memory), call, args)
    }

    /// The bytes in memory, none where they are not all inside.
    fn bytes(&mut self, at: u64, len: u64) -> Vec<u8> {
        let [at, len] = [at, len].map(|number| u32::try_from(number & 0xFFFF_FFFF).expect("32 bits"));
        let mut bytes = vec![0; usize::try_from(len).unwrap_or(usize::MAX).min(MEMORY + 1)];
        let memory = SliceMemory::new(&mut self.memory);
        if memory.read(at, &mut bytes).is_err() {
            bytes.clear();
        }
        bytes
    }

    /// Counts the call, and says whether the fault fails it; for a fault that asks for paths, the trace says it.
    fn is_fault(&mut self, call: Call) -> bool {
        let Some(Calls { fits, first, last }) = self.fault.and_then(|fault| fault.calls) else { return false };
        let fits = fits(call.name());
        self.fitted += u64::from(fits);
        fits && (first..=last).contains(&self.fitted)
    }

    /// Arguments of the kinds that the call wants; now and then any number at all.
    fn arguments(&self, call: Call, input: &mut Input<'_>) -> Vec<u64> {
        let mut length = None;
        let one = |kind: Kind| {
            let byte = input.byte();
            let small = u64::from(byte);
            if byte >= 0xF0 {
                return input.word();
            }
            match kind {
                Kind::Fd => small % 12,
                Kind::Path => {
                    length = self.lengths.get(usize::from(byte) % TEXTS.len()).copied();
                    PATHS + PATH_ROOM * (small % TEXTS.len() as u64)
                }
                Kind::Iovecs | Kind::Ciovecs => {
                    length = Some(small / 64);
                    LISTS + 8 * (small % 16)
                }
                Kind::Subscriptions => {
                    length = Some(small / 64);
                    SUBSCRIPTIONS + 48 * (small % 8)
                }
                Kind::Size => length.take().unwrap_or(small),
                Kind::LookupFlags => small % 2,
                Kind::OFlags | Kind::FstFlags => small % 16,
                Kind::FdFlags => {
                    if small % 8 == 7 {
                        small % 64
                    } else {
                        small % 2
                    }
                }
                Kind::Rights => (small & 1) << 1 | (small & 2) << 5,
                Kind::Clock | Kind::Whence => small % 4,
                Kind::Advice => small % 7,
                Kind::FileDelta => i64::from(byte.cast_signed()).cast_unsigned(),
                _ if kind.is_result() => 8 * (small % 62),
                _ => small,
            }
        };
        call.params().iter().map(|param| param.kind).map(one).collect()
    }

    /// What must hold after the run.
    fn check(mut self) {
        let now = self.context.seen_ns();
        if let Some(gate) = self.context.gate_mut() {
            gate.finish(now);
        }
        let records = std::mem::take(&mut *self.records.lock().unwrap_or_else(PoisonError::into_inner));
        let told: Vec<Entry> = entries(&records).collect();
        assert_eq!(told.len(), self.made.len(), "the trace tells another number of calls");
        let (mut names, mut normal, mut summary) = (Names::default(), Normal::default(), Summary::default());
        for ((number, entry), made) in (0..).zip(&told).zip(&self.made) {
            assert_eq!(entry.number, number);
            self.told(entry, made);
            let lines = [entry.line(&names, false), entry.line(&names, true), normal.line(entry)];
            assert!(lines.iter().all(|line| line.starts_with(made.call.name())), "{lines:?}");
            summary.add(entry);
            names.follow(entry);
        }
        assert_eq!((summary.total().count, summary.dropped()), (told.len() as u64, 0));

        self.context.limits_met().for_each(drop);
        let (_, tree) = self.context.into_parts();
        let start = self::tree();
        let library = |tree: &Tree| -> Vec<(String, Vec<u8>)> {
            tree.files_under("lib").map(|file| (file.path.clone(), file.bytes().into_owned())).collect()
        };
        assert_eq!(library(&tree), library(&start), "a file changed under the read-only preopen");
        assert!(tree.files_under("lib").all(|file| !file.changed));
        let work = tree.files_under("work").count() as u64;
        assert!(work <= LIMITS.files + start.files_under("").count() as u64, "{work} files");
        let sizes: Vec<u64> = tree.files_under("work").filter(|file| file.changed).map(|file| file.size()).collect();
        assert!(sizes.iter().all(|size| *size <= LIMITS.file_bytes), "{sizes:?}");
        tree.removed_under("work").for_each(drop);
    }

    /// The trace tells a call as it was made.
    fn told(&self, entry: &Entry, made: &Made) {
        let Made { call, args, path, opened, answer } = made;
        let What::Wasi { call: told, answer: came, .. } = &entry.what else { panic!("{entry:?}") };
        assert_eq!(told, call);
        match (answer, came, self.fault) {
            (Answer::Errno(given), Answer::Fault(errno), Some(Expected { errno: wanted, calls: None, .. })) => {
                assert_eq!((given, *errno), (errno, wanted), "{}", call.name());
                assert_eq!(*call, Call::PathOpen);
            }
            (answer, came, _) => assert_eq!(came, answer, "{}{args:?}", call.name()),
        }
        let given = |name: &str| entry.args().iter().find(|arg| arg.name == name).map(|arg| &arg.value);
        let mut path = path.as_ref();
        for (param, raw) in call.params().iter().zip(args) {
            let wanted = match param.kind {
                Kind::Fd => Value::Fd(u32::try_from(raw & 0xFFFF_FFFF).expect("32 bits")),
                Kind::FileSize | Kind::DirCookie => Value::Number(*raw),
                Kind::FileDelta => Value::Signed(raw.cast_signed()),
                Kind::Timestamp => Value::Time(*raw),
                // Only the first of two is known.
                Kind::Path if path.is_some() => match given(param.name) {
                    Some(Value::Bytes { shown, .. }) => {
                        assert_eq!(Some(shown), path.take(), "{}", call.name());
                        continue;
                    }
                    other => panic!("{}: {other:?}", call.name()),
                },
                _ => continue,
            };
            assert_eq!(given(param.name), Some(&wanted), "{}: {}", call.name(), param.name);
        }
        if let Some(opened) = opened {
            assert!(entry.results().iter().any(|result| result.value == Value::Fd(*opened)), "{entry:?}");
        }
    }
}

fn tree() -> Tree {
    let mut tree = Tree::new(1);
    for (path, bytes) in [("work/a", "12345"), ("work/d/b", "b"), ("lib/m", "library"), ("lib/p/q", "q")] {
        tree.insert_file(path, Content::from(bytes)).expect("a new name");
    }
    for (path, target) in [("work/link", "a"), ("work/dir", "d"), ("work/loop", "loop"), ("work/out", "../lib/m")] {
        tree.insert_symlink(path, target).expect("a new name");
    }
    tree
}
