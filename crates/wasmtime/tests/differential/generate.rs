//! What is generated: sequences of calls with arguments that make sense together often enough to get somewhere.
//! It must never know what a call should answer.

use std::fmt;

use amphi_wasi::{Call, Errno, Kind};
use proptest::prelude::*;
use proptest::test_runner::{RngAlgorithm, TestRng};

use crate::guest::ARENA;

/// One call with its raw arguments.
#[derive(Clone)]
pub(crate) struct Step {
    pub(crate) call: Call,
    pub(crate) args: Vec<u64>,
}

impl Step {
    /// The argument with that name.
    pub(crate) fn arg(&self, name: &str) -> u64 {
        self.call.params().iter().position(|param| param.name == name).map_or(0, |at| self.args[at])
    }
}

/// As a person would write it: names of paths, numbers in hexadecimal where they are addresses or flags.
impl fmt::Display for Step {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}(", self.call.name())?;
        for (at, (param, value)) in self.call.params().iter().zip(&self.args).enumerate() {
            let comma = if at == 0 { "" } else { ", " };
            match (param.kind, PATHS.iter().enumerate().find(|(at, _)| path_at(*at) == *value)) {
                (Kind::Path, Some((_, path))) => write!(out, "{comma}{:?}", String::from_utf8_lossy(path))?,
                (Kind::Fd | Kind::Size | Kind::FileDelta, _) => {
                    write!(out, "{comma}{}={}", param.name, value.cast_signed())?;
                }
                _ => write!(out, "{comma}{}={value:#x}", param.name)?,
            }
        }
        out.write_str(")")
    }
}

impl fmt::Debug for Step {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, out)
    }
}

/// Paths to choose from, each in 32 bytes of the template.
const PATHS: &[&[u8]] = &[
    b"a",
    b"b",
    b"d",
    b"d/x",
    b"d/deep",
    b"d/deep/y",
    b"e",
    b"e/f",
    b"l",
    b"l/x",
    b"d/l",
    b".",
    b"..",
    b"",
    b"/",
    b"/work/a",
    b"a/",
    b"d/",
    b"b/",
    b"e/",
    b"./a",
    b"d/../a",
    b"d/../..",
    b"../work/a",
    b"a/x",
    b"d//x",
    b"nix/x",
    b"\xC3\xBC",
    b"\xFF\xFE",
];
const PATHS_AT: usize = 0x100;

fn path_at(number: usize) -> u64 {
    (PATHS_AT + 32 * number) as u64
}

/// Lists of buffers: (where the list is, how many).
const LISTS: &[(u64, u64)] = &[(0x10, 1), (0x18, 2), (0x28, 3), (0x10, 0), (0x40, 1)];
/// What the lists hold: pairs of address and length, the list at 0x10 first.
const BUFFERS: &[(usize, &[(u32, u32)])] = &[
    (0x10, &[(0x800, 5)]),
    (0x18, &[(0x900, 0), (0x910, 3)]),
    (0x28, &[(0xA00, 2), (0xA10, 7), (0xA20, 1)]),
    (0x40, &[(0xB00, 300)]),
];
/// Where results go: far enough from each other and from all else.
const RESULTS: &[u64] = &[0x600, 0x640, 0x680];
/// Where bytes go.
const BYTES: u64 = 0xC00;
const LENGTHS: &[u64] = &[1024, 512, 64, 25, 24, 8, 3, 1, 0];

/// Subscriptions, 48 bytes each: the kind and what it is about. A wait, or a file to be read, is never beside another in
/// one list: which of them wasmtime finds ready first is a matter of the machine.
const SUBSCRIPTIONS: &[(u8, u32, u64)] =
    &[(CLOCK, 1, 1_000_000), (READ, 4, 0), (WRITE, 4, 0), (WRITE, 1, 0), (READ, 99, 0), (CLOCK, 0, 0), (CLOCK, 9, 0)];
const SUBSCRIPTIONS_AT: usize = 0x4A0;
const CLOCK: u8 = 0;
const READ: u8 = 1;
const WRITE: u8 = 2;
/// Which of them one call takes: the first, and how many.
const POLLS: &[(usize, u64)] = &[(0, 1), (1, 1), (2, 1), (2, 2), (3, 1), (4, 1), (5, 1), (6, 1), (0, 0)];

/// Memory before each call.
pub(crate) fn template() -> Vec<u8> {
    let mut bytes = vec![0xEE; ARENA];
    for (number, path) in PATHS.iter().enumerate() {
        let at = PATHS_AT + 32 * number;
        bytes[at..at + path.len()].copy_from_slice(path);
    }
    for (at, pairs) in BUFFERS {
        let words = pairs.iter().flat_map(|(at, len)| [*at, *len]).flat_map(u32::to_le_bytes);
        for (to, byte) in bytes[*at..].iter_mut().zip(words) {
            *to = byte;
        }
    }
    for (number, (kind, about, timeout)) in SUBSCRIPTIONS.iter().enumerate() {
        let subscription = &mut bytes[SUBSCRIPTIONS_AT + 48 * number..][..48];
        subscription.fill(0);
        subscription[..8].copy_from_slice(&[b'u', number.to_le_bytes()[0], 0, 0, 0, 0, 0, 1]);
        subscription[8] = *kind;
        subscription[16..20].copy_from_slice(&about.to_le_bytes());
        subscription[24..32].copy_from_slice(&timeout.to_le_bytes());
    }
    // What writes take from.
    for (byte, letter) in bytes[0x800..0xC00].iter_mut().zip((b'A'..=b'Z').cycle()) {
        *byte = letter;
    }
    bytes
}

/// Calls by how often they are made. What is left out: the call that ends the guest, and numbers that mean nothing, for
/// which wasmtime ends the guest. Clocks and random numbers are the same on both sides.
const WEIGHTS: &[(u32, Call)] = &[
    (24, Call::PathOpen),
    (8, Call::FdWrite),
    (8, Call::FdRead),
    (6, Call::FdSeek),
    (6, Call::FdClose),
    (5, Call::FdFilestatGet),
    (5, Call::PathFilestatGet),
    (5, Call::PathRename),
    (5, Call::PathSymlink),
    (5, Call::PathLink),
    (5, Call::PathUnlinkFile),
    (5, Call::PathCreateDirectory),
    (5, Call::PathRemoveDirectory),
    (5, Call::FdReaddir),
    (4, Call::PathReadlink),
    (4, Call::FdFdstatGet),
    (4, Call::FdFdstatSetFlags),
    (4, Call::FdFilestatSetSize),
    (4, Call::FdPread),
    (4, Call::FdPwrite),
    (4, Call::FdTell),
    (4, Call::FdRenumber),
    (2, Call::FdFilestatSetTimes),
    (2, Call::PathFilestatSetTimes),
    (2, Call::FdAllocate),
    (2, Call::FdAdvise),
    (2, Call::FdSync),
    (2, Call::FdDatasync),
    (2, Call::FdFdstatSetRights),
    (2, Call::FdPrestatGet),
    (2, Call::FdPrestatDirName),
    (2, Call::ClockTimeGet),
    (2, Call::RandomGet),
    (3, Call::PollOneoff),
    (1, Call::ClockResGet),
    (1, Call::ArgsGet),
    (1, Call::ArgsSizesGet),
    (1, Call::EnvironGet),
    (1, Call::EnvironSizesGet),
    (1, Call::SchedYield),
    (1, Call::ProcRaise),
    (1, Call::SockAccept),
    (1, Call::SockRecv),
    (1, Call::SockSend),
    (1, Call::SockShutdown),
];

/// Sequences of up to 40 calls.
pub(crate) fn sequences() -> impl Strategy<Value = Vec<Step>> {
    let calls = WEIGHTS.iter().map(|(weight, call)| (*weight, Just(*call).boxed())).collect();
    let call = proptest::strategy::Union::new_weighted(calls);
    let step = (call, proptest::array::uniform9(any::<u16>())).prop_map(|(call, chance)| step(call, chance));
    proptest::collection::vec(step, 1..40)
}

/// A look at all that a sequence may have left: every path, whatever it is by now, and the folder itself.
pub(crate) fn survey() -> Vec<Step> {
    const WORK: u64 = 3;
    let of = |(number, path): (usize, &&[u8])| {
        let (at, length) = (path_at(number), path.len() as u64);
        [
            Step { call: Call::PathFilestatGet, args: vec![WORK, 0, at, length, RESULTS[0]] },
            Step { call: Call::PathReadlink, args: vec![WORK, at, length, BYTES, LENGTHS[0], RESULTS[0]] },
        ]
    };
    let listing = Step { call: Call::FdReaddir, args: vec![WORK, BYTES, LENGTHS[0], 0, RESULTS[0]] };
    PATHS.iter().enumerate().flat_map(of).chain([listing]).collect()
}

/// Where wasmtime's answer is a matter of how it opened something, or of the machine's file system; see RATIONALE.md.
pub(crate) fn may_differ(step: &Step, wasmtime: u32, shim: u32) -> bool {
    let answers = |left: Errno, right: Errno| (wasmtime, shim) == (left as u32, right as u32);
    match step.call {
        // A folder's times, set through a descriptor.
        Call::FdFilestatSetTimes => answers(Errno::Badf, Errno::Success),
        // Larger than the file system can have, beside larger than the run may have.
        Call::FdFilestatSetSize => answers(Errno::Fbig, Errno::Nospc),
        _ => false,
    }
}

/// The same numbers each time.
pub(crate) fn fixed_rng() -> TestRng {
    TestRng::from_seed(RngAlgorithm::ChaCha, &[7; 32])
}

fn step(call: Call, chance: [u16; 9]) -> Step {
    let mut args: Vec<u64> = Vec::new();
    // The length that belongs to the address before it.
    let mut length = None;
    let mut results = RESULTS.iter();
    for (param, chance) in call.params().iter().zip(chance.map(usize::from)) {
        let pick = |of: &[u64]| of[chance % of.len()];
        let value = match param.kind {
            // What paths start from is nearly always the mount; other descriptors are what was opened.
            Kind::Fd if call.name().starts_with("path_") => pick(&[3, 3, 3, 3, 3, 3, 3, 4, 5, 99]),
            Kind::Fd => pick(&[3, 4, 4, 4, 4, 5, 5, 5, 6, 7, 99]),
            Kind::Path => {
                // The first ones are there or may be made, so they come more often.
                let number = if chance % 4 == 0 { chance / 4 % PATHS.len() } else { chance / 4 % 11 };
                length = Some(PATHS[number].len() as u64);
                path_at(number)
            }
            Kind::Iovecs | Kind::Ciovecs => {
                let (at, count) = LISTS[chance % LISTS.len()];
                length = Some(count);
                at
            }
            Kind::Subscriptions => {
                let (first, count) = POLLS[chance % POLLS.len()];
                length = Some(count);
                (SUBSCRIPTIONS_AT + 48 * first) as u64
            }
            Kind::BytesOut => BYTES,
            Kind::PointersOut => 0x700,
            Kind::Size => length.take().unwrap_or_else(|| pick(LENGTHS)),
            Kind::LookupFlags => pick(&[0, 1, 1]),
            Kind::OFlags => pick(&[0, 0, 0, 1, 1, 1, 2, 5, 8, 9, 3, 10]),
            Kind::FdFlags => pick(&[0, 0, 0, 0, 1, 1, 4, 2, 16]),
            Kind::FstFlags => pick(&[0, 1, 4, 5, 3, 12]),
            Kind::RiFlags | Kind::SiFlags => pick(&[0, 1]),
            Kind::SdFlags => pick(&[0, 1, 2, 3]),
            Kind::Rights => pick(&[0x3FFF_FFFF, 0x3FFF_FFFF, 0x3FFF_FFFF, 2, 64, 66, 0, 1 << 14]),
            Kind::Advice => pick(&[0, 1, 2, 3, 4, 5]),
            Kind::Whence => pick(&[0, 0, 1, 1, 2, 2]),
            Kind::FileSize => pick(&[0, 1, 3, 5, 6, 100, 5000, i64::MAX.unsigned_abs(), u64::MAX]),
            Kind::FileDelta => pick(&[0, 1, 3, 100, u64::MAX, (-3_i64).cast_unsigned(), i64::MAX.cast_unsigned()]),
            Kind::Timestamp => pick(&[0, 1_000_000_000, 1_600_000_000_123_456_789]),
            Kind::DirCookie => pick(&[0, 0, 0, 1, 2, 99]),
            Kind::Signal => pick(&[0, 2, 9, 30]),
            Kind::Clock => pick(&[0, 1, 0, 1, 2, 3]),
            Kind::ExitCode => 0,
            kind if kind.is_result() => results.next().copied().unwrap_or(0x6C0),
            _ => 0,
        };
        args.push(value);
    }
    Step { call, args }
}
