//! The bytes of a record, written while the guest runs. Owns their layout; must never know what an argument means.
//!
//! ```text
//! u32 length of what follows    u8 what: a call's place in the table, or HOST    u8 answer's kind    u16 errno
//! u64 number    u64 begin    u64 duration (nanoseconds)
//! a call of WASI:   its arguments, u64 each, then any number of snippets
//! a host call:      three texts, each u32 length and its bytes: function, arguments, reply
//! a snippet:        u8 parameter, its highest bit set when taken after the call    u32 length    u64 length of the whole
//!                   and its bytes
//! ```

use std::collections::VecDeque;
use std::fmt;

use super::capture::{self, Sizes};
use crate::errno::Errno;
use crate::memory::{Memory, put};
use crate::table::Call;

/// In place of a call: a host function's.
pub(super) const HOST: u8 = 0xFF;
/// The bytes of a record before its arguments, without the length.
pub(super) const HEAD: usize = 28;
/// Set in a snippet's parameter when it was taken after the call.
pub(super) const AFTER: u8 = 0x80;

/// What a call came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// The guest got this number.
    Errno(Errno),
    /// The guest got this number, and the call was never made: a fault that was asked for.
    Fault(Errno),
    /// The guest got nothing: the run ended in it.
    Ended,
}

impl Answer {
    pub(super) const fn to_raw(self) -> (u8, u16) {
        match self {
            Self::Errno(errno) => (0, errno as u16),
            Self::Fault(errno) => (1, errno as u16),
            Self::Ended => (2, 0),
        }
    }

    pub(super) fn from_raw(kind: u8, errno: u16) -> Option<Self> {
        let errno = Errno::from_raw(i32::from(errno));
        match kind {
            0 => errno.map(Self::Errno),
            1 => errno.map(Self::Fault),
            2 => Some(Self::Ended),
            _ => None,
        }
    }
}

/// A call of a host function, for [`Recorder::host_call`].
#[derive(Debug, Clone, Copy)]
pub struct HostCall<'a> {
    /// Module and function: `demo.demo`.
    pub function: &'a str,
    /// The arguments as a reader wants to see them: `a: 1, b: 2`.
    pub args: &'a str,
    /// The reply, or the error the guest raises.
    pub reply: Result<&'a str, &'a str>,
    /// When it began, in nanoseconds on the clock of all records.
    pub begin_ns: u64,
    /// When it ended.
    pub end_ns: u64,
}

/// The call under way.
#[derive(Debug, Clone, Copy)]
struct Open {
    /// Where its record begins.
    at: usize,
    call: Call,
    args: [u64; Call::MAX_PARAMS],
    begin_ns: u64,
}

/// Where batches of records go.
type Outlet = Box<dyn FnMut(&[u8]) + Send>;

/// Writes records and hands them on in batches, in order, each batch of whole records.
pub struct Recorder {
    buffer: Vec<u8>,
    open: Option<Open>,
    number: u64,
    shown: usize,
    batch: usize,
    sizes: Sizes,
    /// None: they stay until they are taken.
    outlet: Option<Outlet>,
}

impl fmt::Debug for Recorder {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Recorder").field("number", &self.number).finish_non_exhaustive()
    }
}

impl Recorder {
    /// Bytes of data that a record keeps unless told otherwise, as strace does.
    pub const SHOWN: usize = 32;

    /// Records `shown` bytes of what is read and written at most (paths, listings and attributes are kept whole), and
    /// hands batches of `batch` bytes and more to `outlet`; 0 hands on every record by itself.
    pub fn new(shown: usize, batch: usize, outlet: impl FnMut(&[u8]) + Send + 'static) -> Self {
        Self::make(shown, batch, Some(Box::new(outlet)))
    }

    /// Keeps its records until they are [taken](Self::take).
    pub(crate) fn keeping(shown: usize) -> Self {
        Self::make(shown, 0, None)
    }

    fn make(shown: usize, batch: usize, outlet: Option<Outlet>) -> Self {
        let buffer = Vec::with_capacity(batch.saturating_add(1024));
        Self { buffer, open: None, number: 0, shown, batch, sizes: Sizes::default(), outlet }
    }

    /// What was recorded, if no call is under way.
    pub(crate) fn take(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.buffer)
    }

    /// A call begins. `args` are its raw arguments.
    pub fn begin<M: Memory + ?Sized>(&mut self, memory: &M, call: Call, args: &[u64], now_ns: u64) {
        self.end_without_answer(now_ns);
        let mut kept = [0; Call::MAX_PARAMS];
        kept.iter_mut().zip(args).for_each(|(kept, arg)| *kept = *arg);
        let at = self.head(call as u8, now_ns);
        for arg in kept.iter().take(call.params().len()) {
            self.buffer.extend_from_slice(&arg.to_le_bytes());
        }
        capture::before(memory, call, &kept, self.shown, &mut self.buffer);
        self.open = Some(Open { at, call, args: kept, begin_ns: now_ns });
    }

    /// The call under way ended. Nothing happens if there is none.
    pub fn end<M: Memory + ?Sized>(&mut self, memory: &M, answer: Answer, now_ns: u64) {
        let Some(Open { at, call, args, begin_ns }) = self.open.take() else { return };
        if answer == Answer::Errno(Errno::Success) {
            capture::after(memory, call, &args, self.shown, &mut self.sizes, &mut self.buffer);
        }
        let (kind, errno) = answer.to_raw();
        self.close(at, kind, errno, begin_ns, now_ns);
    }

    /// A host function was called.
    pub fn host_call(&mut self, call: HostCall<'_>) {
        let at = self.head(HOST, call.begin_ns);
        let (Ok(reply) | Err(reply)) = call.reply;
        for text in [call.function, call.args, reply] {
            let text = text.as_bytes();
            // Nobody reads a line of megabytes; a longer text ends where it is cut.
            let text = text.get(..1 << 16).unwrap_or(text);
            self.buffer.extend_from_slice(&u32::try_from(text.len()).unwrap_or(0).to_le_bytes());
            self.buffer.extend_from_slice(text);
        }
        self.close(at, u8::from(call.reply.is_err()), 0, call.begin_ns, call.end_ns);
    }

    /// Hands on what is there. A call that is still under way ends here, without an answer.
    pub fn finish(&mut self, now_ns: u64) {
        self.end_without_answer(now_ns);
        self.flush();
    }

    fn end_without_answer(&mut self, now_ns: u64) {
        if let Some(Open { at, begin_ns, .. }) = self.open.take() {
            let (kind, errno) = Answer::Ended.to_raw();
            self.close(at, kind, errno, begin_ns, now_ns);
        }
    }

    /// Hands on what is complete, because the next call may take its time.
    pub fn flush(&mut self) {
        let end = self.open.map_or(self.buffer.len(), |open| open.at);
        if let (Some(outlet), Some(whole @ [_, ..])) = (&mut self.outlet, self.buffer.get(..end)) {
            outlet(whole);
            self.buffer.drain(..end);
            if let Some(open) = &mut self.open {
                open.at = 0;
            }
        }
    }

    fn head(&mut self, what: u8, begin_ns: u64) -> usize {
        let at = self.buffer.len();
        let mut head = [0; HEAD + 4];
        put(&mut head, 4, [what]);
        put(&mut head, 8, self.number.to_le_bytes());
        put(&mut head, 16, begin_ns.to_le_bytes());
        self.buffer.extend_from_slice(&head);
        self.number += 1;
        at
    }

    fn close(&mut self, at: usize, kind: u8, errno: u16, begin_ns: u64, end_ns: u64) {
        let length = u32::try_from(self.buffer.len() - at - 4).unwrap_or(u32::MAX).to_le_bytes();
        let [low, high] = errno.to_le_bytes();
        put(&mut self.buffer, at, length);
        put(&mut self.buffer, at + 5, [kind, low, high]);
        put(&mut self.buffer, at + 24, end_ns.saturating_sub(begin_ns).to_le_bytes());
        if self.buffer.len() >= self.batch {
            self.flush();
        }
    }
}

/// The last records of a run, in bounded memory: the oldest are dropped. How many shows in the numbers of the rest.
#[derive(Debug, Clone)]
pub struct Ring {
    batches: VecDeque<Vec<u8>>,
    bytes: usize,
    capacity: usize,
}

impl Ring {
    /// Keeps `capacity` bytes, and at least the newest batch.
    #[must_use]
    pub fn new(capacity: usize) -> Self {
        Self { batches: VecDeque::new(), bytes: 0, capacity }
    }

    /// Takes a batch of records.
    pub fn push(&mut self, batch: &[u8]) {
        self.bytes += batch.len();
        self.batches.push_back(batch.to_vec());
        while self.bytes > self.capacity && self.batches.len() > 1 {
            self.bytes -= self.batches.pop_front().map_or(0, |oldest| oldest.len());
        }
    }

    /// The records there are, oldest first.
    #[must_use]
    pub fn records(&self) -> Vec<u8> {
        self.batches.iter().flatten().copied().collect()
    }
}
