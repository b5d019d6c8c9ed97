//! The bytes of a record, written while the guest runs. Owns their layout; must never know what an argument means.
//!
//! ```text
//! u32 length of what follows    u8 what: a call's place in the table, or HOST    u8 answer's kind    u16 errno
//! number    where GUEST is set in the answer's kind: the name of the guest, its length and its bytes
//! where LINE is set in it: the file, its length and its bytes, and the line
//! a call of WASI:   its arguments, 4 or 8 bytes each, then any number of snippets, then END
//! a host call:      three texts, each its length and its bytes: function, arguments, reply
//! u64 begin    duration + 1, or 0 where nobody looked at the clock (nanoseconds)
//!
//! a snippet:        u8 parameter, its highest bit set when taken after the call    length    bytes beyond it that were not
//!                   kept    the bytes
//! ```
//!
//! Numbers without a width are LEB128: most are small, and a run makes many records. What is seldom small has a width,
//! which is quicker to write while the guest waits.

use std::collections::VecDeque;
use std::fmt;

use super::buffer::Buffer;
use super::capture::{self, Known};
use crate::errno::Errno;
use crate::kind::{CoreType, low};
use crate::memory::Memory;
use crate::table::Call;

/// In place of a call: a host function's.
pub(super) const HOST: u8 = 0xFF;
/// Set in the answer's kind for a call of a guest that is not the program's own.
pub(super) const GUEST: u8 = 0x80;
/// Set in the answer's kind where the line is known that made the call.
pub(super) const LINE: u8 = 0x40;
/// The bytes of a record before its number, without the length.
const HEAD: usize = 4;
/// In place of a parameter: there are no more snippets.
pub(super) const END: u8 = 0x7F;
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

/// A line of the guest's program, whose file is named as the guest names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Line<F = String> {
    /// `/work/main.py`.
    pub file: F,
    /// Counted from 1.
    pub number: u32,
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
    head: Head,
    /// None: nobody looked at the clock.
    begin_ns: Option<u64>,
}

/// A record that is begun.
#[derive(Debug, Clone, Copy)]
struct Head {
    /// Where it begins.
    at: usize,
    /// [`GUEST`], [`LINE`], both or nothing.
    told: u8,
}

/// Where batches of records go.
type Outlet = Box<dyn FnMut(&[u8]) + Send>;

/// Writes records and hands them on in batches, in order, each batch of whole records.
pub struct Recorder {
    buffer: Buffer,
    open: Option<Open>,
    number: u64,
    /// When somebody last looked at the clock.
    last_ns: u64,
    shown: usize,
    batch: usize,
    /// What waits so long is handed on with the next record, however little it is.
    every_ns: u64,
    /// When records were last handed on.
    handed_ns: u64,
    known: Known,
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
        let buffer = Buffer::new(batch.saturating_add(1024));
        Self {
            buffer,
            open: None,
            number: 0,
            last_ns: 0,
            shown,
            batch,
            every_ns: u64::MAX,
            handed_ns: 0,
            known: Known::default(),
            outlet,
        }
    }

    /// Hands on a smaller batch, too, when the last one is so long ago and a call has ended.
    #[must_use]
    pub fn handing_on_every(self, ns: u64) -> Self {
        Self { every_ns: ns, ..self }
    }

    /// What was recorded, if no call is under way.
    pub(crate) fn take(&mut self) -> Vec<u8> {
        let taken = self.buffer.written().to_vec();
        self.buffer.truncate(0);
        taken
    }

    /// A call begins. `args` are its raw arguments; without a time it is one that is not timed.
    pub fn begin<M: Memory + ?Sized>(&mut self, memory: &M, call: Call, args: &[u64], now_ns: Option<u64>) {
        self.begin_in(None, None, memory, call, args, now_ns);
    }

    /// The same for a call of the guest of that name, made in that line.
    pub(crate) fn begin_in<M: Memory + ?Sized>(
        &mut self,
        guest: Option<&str>,
        line: Option<Line<&str>>,
        memory: &M,
        call: Call,
        args: &[u64],
        now_ns: Option<u64>,
    ) {
        self.end_without_answer(now_ns);
        self.last_ns = now_ns.unwrap_or(self.last_ns);
        let head = self.head(call as u8, guest, line);
        for (index, param) in call.params().iter().enumerate() {
            let arg = args.get(index).copied().unwrap_or_default();
            match param.kind.core() {
                CoreType::I32 => self.buffer.array(low(arg).to_le_bytes()),
                CoreType::I64 => self.buffer.array(arg.to_le_bytes()),
            }
        }
        capture::before(memory, call, args, self.shown, &mut self.known, &mut self.buffer);
        self.open = Some(Open { head, begin_ns: now_ns });
    }

    /// The call under way ended; it and its arguments are those it began with. Nothing happens if there is none.
    pub fn end<M: Memory + ?Sized>(
        &mut self,
        memory: &M,
        call: Call,
        args: &[u64],
        answer: Answer,
        now_ns: Option<u64>,
    ) {
        let Some(Open { head, begin_ns }) = self.open.take() else { return };
        if answer == Answer::Errno(Errno::Success) {
            capture::after(memory, call, args, self.shown, &mut self.known, &mut self.buffer);
        }
        self.close_call(head, answer, begin_ns, now_ns);
    }

    /// The call under way takes its time, so that it is timed from now on if it was not.
    pub fn waits(&mut self, now_ns: u64) {
        if let Some(Open { begin_ns: begin_ns @ None, .. }) = &mut self.open {
            *begin_ns = Some(now_ns);
            self.last_ns = now_ns;
        }
    }

    /// Whether the call under way is timed.
    pub(crate) fn is_timed(&self) -> bool {
        self.open.is_some_and(|open| open.begin_ns.is_some())
    }

    /// A host function was called.
    pub fn host_call(&mut self, call: HostCall<'_>) {
        self.host_call_of(None, None, call);
    }

    /// The same for a call of the guest of that name, made in that line.
    pub(crate) fn host_call_of(&mut self, guest: Option<&str>, line: Option<Line<&str>>, call: HostCall<'_>) {
        let head = self.head(HOST, guest, line);
        let (Ok(reply) | Err(reply)) = call.reply;
        for text in [call.function, call.args, reply] {
            self.text(text);
        }
        let kind = u8::from(call.reply.is_err());
        self.close(head, kind, 0, Some(call.begin_ns), Some(call.end_ns));
    }

    /// Hands on what is there. A call that is still under way ends here, without an answer.
    pub fn finish(&mut self, now_ns: u64) {
        self.end_without_answer(Some(now_ns));
        self.flush();
    }

    fn end_without_answer(&mut self, now_ns: Option<u64>) {
        if let Some(Open { head, begin_ns }) = self.open.take() {
            self.close_call(head, Answer::Ended, begin_ns, now_ns);
        }
    }

    /// Hands on what is complete, because the next call may take its time.
    pub fn flush(&mut self) {
        let end = self.open.map_or(self.buffer.len(), |open| open.head.at);
        if let (Some(outlet), Some(whole @ [_, ..])) = (&mut self.outlet, self.buffer.written().get(..end)) {
            outlet(whole);
            self.handed_ns = self.last_ns;
            self.buffer.drop_front(end);
            if let Some(open) = &mut self.open {
                open.head.at = 0;
            }
        }
    }

    /// The head of the next record; its length and answer are filled in when it is closed.
    #[inline]
    fn head(&mut self, what: u8, guest: Option<&str>, line: Option<Line<&str>>) -> Head {
        let at = self.buffer.len();
        self.buffer.array([what; 4 + HEAD]);
        self.buffer.number(self.number);
        self.number += 1;
        let mut told = 0;
        if let Some(guest) = guest {
            self.text(guest);
            told |= GUEST;
        }
        if let Some(Line { file, number }) = line {
            self.text(file);
            self.buffer.number(number.into());
            told |= LINE;
        }
        Head { at, told }
    }

    fn text(&mut self, text: &str) {
        let text = text.as_bytes();
        // Nobody reads a line of megabytes; a longer text ends where it is cut.
        let text = text.get(..1 << 16).unwrap_or(text);
        self.buffer.number(text.len() as u64);
        self.buffer.append(text);
    }

    fn close_call(&mut self, head: Head, answer: Answer, begin_ns: Option<u64>, end_ns: Option<u64>) {
        let (kind, errno) = answer.to_raw();
        self.buffer.byte(END);
        self.close(head, kind, errno, begin_ns, end_ns);
    }

    fn close(&mut self, Head { at, told }: Head, kind: u8, errno: u16, begin_ns: Option<u64>, end_ns: Option<u64>) {
        let duration_ns = begin_ns.zip(end_ns).map(|(begin, end)| end.saturating_sub(begin));
        self.buffer.array(begin_ns.unwrap_or(self.last_ns).to_le_bytes());
        self.buffer.number(duration_ns.map_or(0, |duration| duration.saturating_add(1)));
        let length = u32::try_from(self.buffer.len() - at - 4).unwrap_or(u32::MAX).to_le_bytes();
        let [low, high] = errno.to_le_bytes();
        self.buffer.put(at, length);
        self.buffer.put(at + 5, [kind | told, low, high]);
        if self.buffer.len() >= self.batch || self.last_ns.saturating_sub(self.handed_ns) >= self.every_ns {
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
