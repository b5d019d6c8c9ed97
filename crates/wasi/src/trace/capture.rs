//! What a record keeps of the guest's memory: before a call what it is given, after it what it gave. Owns which bytes
//! a kind of parameter stands for; must never fail a call, so what cannot be read is left out.

use super::buffer::Buffer;
use super::record::AFTER;
use crate::kind::{Kind, low};
use crate::memory::Memory;
use crate::table::Call;

/// A path, a listing or a list of texts is kept whole up to so many bytes.
const WHOLE: usize = 4096;
/// Buffers of one call that are looked at.
const BUFFERS: u32 = 1024;
/// Subscriptions and events that are kept.
const SUBSCRIPTIONS: u32 = 64;

/// What is known from before: a look into the guest's memory is dear where JavaScript is between.
#[derive(Debug, Default)]
pub(super) struct Known {
    /// What the guest was told of its arguments: `args_get` gets no length.
    args: u32,
    /// The same of the environment.
    environ: u32,
    /// The buffers of the call under way, 8 bytes each, as it listed them.
    buffers: Buffer,
}

struct Snippets<'a, M: ?Sized> {
    memory: &'a M,
    out: &'a mut Buffer,
}

/// Keeps what a call is given.
pub(super) fn before<M: Memory + ?Sized>(
    memory: &M,
    call: Call,
    args: &[u64],
    shown: usize,
    known: &mut Known,
    out: &mut Buffer,
) {
    let mut snippets = Snippets { memory, out };
    for (index, param) in call.params().iter().enumerate() {
        let (at, count) = (arg(args, index), arg(args, index + 1));
        match param.kind {
            Kind::Path => snippets.bytes(index, at, count, WHOLE, 0),
            Kind::Ciovecs | Kind::Iovecs => {
                known.buffers.truncate(0);
                append(memory, at, count.min(BUFFERS) * 8, usize::MAX, &mut known.buffers);
                // Of buffers to be filled, only how much room there is.
                let shown = if param.kind == Kind::Ciovecs { shown } else { 0 };
                snippets.buffers(index, known.buffers.written(), u64::MAX, shown, 0);
            }
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
    args: &[u64],
    shown: usize,
    known: &mut Known,
    out: &mut Buffer,
) {
    let mut snippets = Snippets { memory, out };
    let params = call.params();
    // How many bytes, entries or events there are is told by a number that the call gives, or was given.
    let teller = params.iter().rposition(|param| param.kind == Kind::SizeOut);
    let told = teller.and_then(|index| word(memory, arg(args, index)));
    match call {
        Call::ArgsSizesGet => known.args = told.unwrap_or(0),
        Call::EnvironSizesGet => known.environ = told.unwrap_or(0),
        _ => {}
    }
    for (index, param) in params.iter().enumerate() {
        let at = arg(args, index);
        match param.kind {
            Kind::SizeOut if teller == Some(index) => snippets.number(index, told, AFTER),
            Kind::SizeOut | Kind::FdOut => snippets.bytes(index, at, 4, WHOLE, AFTER),
            Kind::FileSizeOut | Kind::TimestampOut | Kind::PrestatOut => snippets.bytes(index, at, 8, WHOLE, AFTER),
            Kind::FdStatOut => snippets.bytes(index, at, 24, WHOLE, AFTER),
            Kind::FileStatOut => snippets.bytes(index, at, 64, WHOLE, AFTER),
            Kind::RoFlagsOut => snippets.bytes(index, at, 2, WHOLE, AFTER),
            Kind::EventsOut => {
                let count = told.unwrap_or(0).min(SUBSCRIPTIONS);
                snippets.bytes(index, at, count * 32, WHOLE, AFTER);
            }
            Kind::Iovecs => snippets.buffers(index, known.buffers.written(), told.unwrap_or(0).into(), shown, AFTER),
            Kind::BytesOut => match call {
                Call::ArgsGet => snippets.bytes(index, at, known.args, WHOLE, AFTER),
                Call::EnvironGet => snippets.bytes(index, at, known.environ, WHOLE, AFTER),
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
        let before = self.out.len();
        let kept = most.min(len as usize);
        self.head(param, when, kept, len.into());
        if !append(self.memory, at, len, kept, self.out) {
            self.out.truncate(before);
            self.head(param, when, 0, 0);
        }
    }

    /// Keeps a number of 32 bits that is known.
    fn number(&mut self, param: usize, number: Option<u32>, when: u8) {
        let bytes = number.map(u32::to_le_bytes);
        let bytes = bytes.as_ref().map_or(&[][..], |bytes| bytes);
        self.head(param, when, bytes.len(), bytes.len() as u64);
        bytes.iter().for_each(|byte| self.out.byte(*byte));
    }

    /// Keeps the first bytes of a list of buffers, of which `told` bytes count.
    fn buffers(&mut self, param: usize, list: &[u8], told: u64, most: usize, when: u8) {
        if let [pair] = list.as_chunks::<8>().0 {
            // Nearly every call has one.
            let (at, len) = buffer(pair);
            let whole = u64::from(len).min(told);
            let kept = most.min(usize::try_from(whole).unwrap_or(usize::MAX));
            let before = self.out.len();
            self.head(param, when, kept, whole);
            if kept > 0 && !append(self.memory, at, len, kept, self.out) {
                self.out.truncate(before);
                self.head(param, when, 0, whole);
            }
            return;
        }
        let before = self.out.len();
        let lengths = list.chunks_exact(8).map(|pair| u64::from(buffer(pair).1));
        let whole = lengths.sum::<u64>().min(told);
        let kept = usize::try_from(whole).unwrap_or(usize::MAX).min(most);
        self.head(param, when, kept, whole);
        let mut left = kept;
        for pair in list.chunks_exact(8) {
            let (at, len) = buffer(pair);
            if left == 0 {
                break;
            }
            let from = self.out.len();
            if !append(self.memory, at, len, left, self.out) {
                // Of buffers that are not all in memory nothing is kept but how much they were to hold.
                self.out.truncate(before);
                self.head(param, when, 0, whole);
                break;
            }
            left = left.saturating_sub(self.out.len() - from);
        }
    }

    /// Begins a snippet of which so many bytes are kept.
    fn head(&mut self, param: usize, when: u8, kept: usize, whole: u64) {
        let [param, ..] = (param as u64).to_le_bytes();
        let beyond = whole.saturating_sub(kept as u64);
        let [small, ..] = (kept as u64).to_le_bytes();
        if kept < 0x80 && beyond < 0x80 {
            // Both numbers are their only byte.
            let [beyond, ..] = beyond.to_le_bytes();
            self.out.array([param | when, small, beyond]);
            return;
        }
        self.out.byte(param | when);
        self.out.number(kept as u64);
        self.out.number(beyond);
    }
}

/// Address and length of a buffer, as the guest lists them.
#[inline]
fn buffer(pair: &[u8]) -> (u32, u32) {
    let (at, len) = pair.split_at_checked(4).unwrap_or_default();
    (number(at), number(len))
}

/// Appends the first of `len` bytes at `at`; false, and nothing, if they are not all in memory.
fn append<M: Memory + ?Sized>(memory: &M, at: u32, len: u32, most: usize, out: &mut Buffer) -> bool {
    let kept = most.min(len as usize);
    // The copy itself finds what is not in memory, unless it would be less than all or much.
    let fits = (kept == len as usize && kept <= WHOLE) || u64::from(at) + u64::from(len) <= memory.size();
    fits && out.copy(memory, at, kept)
}

/// An argument of 32 bits.
#[inline]
fn arg(args: &[u64], index: usize) -> u32 {
    args.get(index).copied().map_or(0, low)
}

fn word<M: Memory + ?Sized>(memory: &M, at: u32) -> Option<u32> {
    let mut bytes = [0; 4];
    memory.read(at, &mut bytes).ok().map(|()| u32::from_le_bytes(bytes))
}

fn number(bytes: &[u8]) -> u32 {
    bytes.first_chunk().map_or(0, |bytes| u32::from_le_bytes(*bytes))
}
