//! What a record keeps of the guest's memory: before a call what it is given, after it what it gave. Owns which bytes
//! a kind of parameter stands for; must never fail a call, so what cannot be read is left out.

use super::record::AFTER;
use crate::kind::{Kind, low};
use crate::memory::{Memory, put};
use crate::table::Call;

/// A path, a listing or a list of texts is kept whole up to so many bytes.
const WHOLE: usize = 4096;
/// Buffers of one call that are looked at.
const BUFFERS: u32 = 1024;
/// Subscriptions and events that are kept.
const SUBSCRIPTIONS: u32 = 64;

/// What the guest was told of arguments and environment: `args_get` and `environ_get` get no lengths.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Sizes {
    args: u32,
    environ: u32,
}

struct Snippets<'a, M: ?Sized> {
    memory: &'a M,
    out: &'a mut Vec<u8>,
}

/// Keeps what a call is given.
pub(super) fn before<M: Memory + ?Sized>(
    memory: &M,
    call: Call,
    args: &[u64; Call::MAX_PARAMS],
    shown: usize,
    out: &mut Vec<u8>,
) {
    let mut snippets = Snippets { memory, out };
    for (index, param) in call.params().iter().enumerate() {
        let (at, count) = (arg(args, index), arg(args, index + 1));
        match param.kind {
            Kind::Path => snippets.bytes(index, at, count, WHOLE, 0),
            Kind::Ciovecs => snippets.buffers(index, at, count, u64::MAX, shown, 0),
            // Only how much room there is.
            Kind::Iovecs => snippets.buffers(index, at, count, u64::MAX, 0, 0),
            Kind::Subscriptions => {
                let count = arg(args, index + 2).min(SUBSCRIPTIONS);
                snippets.bytes(index, at, count * 48, WHOLE, 0);
            }
            _ => {}
        }
    }
}

/// Keeps what a call that succeeded gave.
pub(super) fn after<M: Memory + ?Sized>(
    memory: &M,
    call: Call,
    args: &[u64; Call::MAX_PARAMS],
    shown: usize,
    sizes: &mut Sizes,
    out: &mut Vec<u8>,
) {
    let mut snippets = Snippets { memory, out };
    let params = call.params();
    // How many bytes, entries or events there are is told by a number that the call gives, or was given.
    let told = params.iter().rposition(|param| param.kind == Kind::SizeOut);
    let told = told.map(|index| word(memory, arg(args, index)));
    match call {
        Call::ArgsSizesGet => sizes.args = told.unwrap_or(0),
        Call::EnvironSizesGet => sizes.environ = told.unwrap_or(0),
        _ => {}
    }
    for (index, param) in params.iter().enumerate() {
        let at = arg(args, index);
        match param.kind {
            Kind::SizeOut | Kind::FdOut => snippets.bytes(index, at, 4, WHOLE, AFTER),
            Kind::FileSizeOut | Kind::TimestampOut | Kind::PrestatOut => snippets.bytes(index, at, 8, WHOLE, AFTER),
            Kind::FdStatOut => snippets.bytes(index, at, 24, WHOLE, AFTER),
            Kind::FileStatOut => snippets.bytes(index, at, 64, WHOLE, AFTER),
            Kind::RoFlagsOut => snippets.bytes(index, at, 2, WHOLE, AFTER),
            Kind::EventsOut => {
                let count = told.unwrap_or(0).min(SUBSCRIPTIONS);
                snippets.bytes(index, at, count * 32, WHOLE, AFTER);
            }
            Kind::Iovecs => {
                let told = told.unwrap_or(0);
                snippets.buffers(index, at, arg(args, index + 1), told.into(), shown, AFTER);
            }
            Kind::BytesOut => match call {
                Call::ArgsGet => snippets.bytes(index, at, sizes.args, WHOLE, AFTER),
                Call::EnvironGet => snippets.bytes(index, at, sizes.environ, WHOLE, AFTER),
                Call::RandomGet => snippets.bytes(index, at, arg(args, index + 1), shown, AFTER),
                _ => snippets.bytes(index, at, told.unwrap_or_else(|| arg(args, index + 1)), WHOLE, AFTER),
            },
            _ => {}
        }
    }
}

impl<M: Memory + ?Sized> Snippets<'_, M> {
    /// Keeps the first of `len` bytes.
    fn bytes(&mut self, param: usize, at: u32, len: u32, most: usize, when: u8) {
        let head = self.head(param, when);
        let whole = self.append(at, len, most).map_or(0, |()| len.into());
        self.close(head, whole);
    }

    /// Keeps the first bytes of a list of buffers, of which `told` bytes count.
    fn buffers(&mut self, param: usize, list: u32, count: u32, told: u64, most: usize, when: u8) {
        let head = self.head(param, when);
        let mut whole: u64 = 0;
        for index in 0..count.min(BUFFERS) {
            let Some(entry) = list.checked_add(index * 8) else { break };
            let mut pair = [0; 8];
            if self.memory.read(entry, &mut pair).is_err() {
                break;
            }
            let [at, len] = [0, 4].map(|from| pair.get(from..from + 4).map_or(0, number));
            let left = u32::try_from(told.saturating_sub(whole)).unwrap_or(u32::MAX);
            let len = len.min(left);
            let room = most.saturating_sub(self.out.len() - head.1);
            if room > 0 && self.append(at, len, room).is_none() {
                break;
            }
            whole += u64::from(len);
        }
        self.close(head, whole);
    }

    /// Appends the first of `len` bytes at `at`; nothing if they are not all in memory.
    fn append(&mut self, at: u32, len: u32, most: usize) -> Option<()> {
        let end = u64::from(at) + u64::from(len);
        if end > self.memory.size() {
            return None;
        }
        let from = self.out.len();
        self.out.resize(from + most.min(len as usize), 0);
        self.out.get_mut(from..).and_then(|room| self.memory.read(at, room).ok())
    }

    /// Begins a snippet: where its head is, and where its bytes begin.
    fn head(&mut self, param: usize, when: u8) -> (usize, usize) {
        let at = self.out.len();
        let [param, ..] = (param as u64).to_le_bytes();
        let mut head = [0; 13];
        head[0] = param | when;
        self.out.extend_from_slice(&head);
        (at, self.out.len())
    }

    fn close(&mut self, (head, bytes): (usize, usize), whole: u64) {
        let length = u32::try_from(self.out.len() - bytes).unwrap_or(0);
        put(self.out, head + 1, length.to_le_bytes());
        put(self.out, head + 5, whole.to_le_bytes());
    }
}

/// An argument of 32 bits.
fn arg(args: &[u64; Call::MAX_PARAMS], index: usize) -> u32 {
    args.get(index).copied().map_or(0, low)
}

fn word<M: Memory + ?Sized>(memory: &M, at: u32) -> u32 {
    let mut bytes = [0; 4];
    memory.read(at, &mut bytes).map_or(0, |()| u32::from_le_bytes(bytes))
}

fn number(bytes: &[u8]) -> u32 {
    bytes.first_chunk().map_or(0, |bytes| u32::from_le_bytes(*bytes))
}
