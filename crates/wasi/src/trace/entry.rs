//! A record, decoded: a call with its arguments by name and kind, its results, and what it came to. Owns what each kind
//! of parameter becomes; must never know how it looks on a line.

use super::record::{AFTER, Answer, END, GUEST, HOST, LINE, Line};
use super::value::{self, Reader, Value};
use crate::errno::Errno;
use crate::kind::{CoreType, Kind, low};
use crate::table::Call;
use crate::types::{Advice, Clock, FdFlags, FstFlags, LookupFlags, OFlags, RiFlags, Rights, SdFlags, Whence};

/// One call of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its place in the run, from 0. A gap to the one before says how many were dropped.
    pub number: u64,
    /// Which guest made it: the name of a host module, or none for the program's own.
    pub guest: Option<String>,
    /// The line of that guest's program that made it, where lines are recorded and there is one.
    pub line: Option<Line>,
    /// When it began, in nanoseconds on the run's clock.
    pub begin_ns: u64,
    /// How long it took, waiting included; none where nobody looked at the clock, see
    /// [`Platform::glance_ns`](crate::Platform::glance_ns). It then began at `begin_ns` or later.
    pub duration_ns: Option<u64>,
    /// What was called.
    pub what: What,
}

/// What was called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// A call of WASI.
    Wasi {
        /// Which.
        call: Call,
        /// What it was given, without the lengths that belong to a path, to bytes or to a list.
        args: Vec<Arg>,
        /// What it gave, if it succeeded.
        results: Vec<Arg>,
        /// What it came to.
        answer: Answer,
    },
    /// A host function.
    Host {
        /// Module and function: `demo.demo`.
        function: String,
        /// The arguments: `a: 1, b: 2`.
        args: String,
        /// The reply or the error.
        reply: Reply,
    },
}

/// What a host function gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// A value.
    Value(String),
    /// An error, which Python raises.
    Error(String),
}

/// One argument or result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arg {
    /// The parameter's name in the table.
    pub name: &'static str,
    /// What it was.
    pub value: Value,
}

/// The entries that records hold, in their order. Bytes that are no record end them.
pub fn entries(records: &[u8]) -> impl Iterator<Item = Entry> + '_ {
    let mut from = Reader(records);
    std::iter::from_fn(move || {
        let length = from.u32()? as usize;
        Entry::read(from.take(length)?)
    })
}

/// The records in a batch, each with its length in front. Bytes that are no record end them.
pub fn records(batch: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = batch;
    std::iter::from_fn(move || {
        let length = Reader(rest).u32()? as usize;
        let (record, after) = rest.split_at_checked(length.checked_add(4)?)?;
        rest = after;
        Some(record)
    })
}

/// What every record begins with.
struct Head {
    what: u8,
    kind: u8,
    errno: u16,
    number: u64,
    guest: Option<String>,
    line: Option<Line>,
}

impl Head {
    fn read(from: &mut Reader<'_>) -> Option<Self> {
        let (what, kind, errno) = (from.u8()?, from.u8()?, from.u16()?);
        let number = from.leb128()?;
        let guest = if kind & GUEST == 0 { None } else { Some(text(from)?) };
        let line = if kind & LINE == 0 {
            None
        } else {
            Some(Line { file: text(from)?, number: u32::try_from(from.leb128()?).ok()? })
        };
        Some(Self { what, kind: kind & !(GUEST | LINE), errno, number, guest, line })
    }
}

impl Entry {
    fn read(record: &[u8]) -> Option<Self> {
        let mut from = Reader(record);
        let Head { what, kind, errno, number, guest, line } = Head::read(&mut from)?;
        let what = if what == HOST {
            host(&mut from, kind)?
        } else {
            wasi(&mut from, *Call::ALL.get(usize::from(what))?, Answer::from_raw(kind, errno)?)?
        };
        let begin_ns = from.u64()?;
        let duration_ns = from.leb128()?.checked_sub(1);
        Some(Self { number, guest, line, begin_ns, duration_ns, what })
    }

    /// The name of what was called: `fd_read`, `demo.demo`.
    #[must_use]
    pub fn name(&self) -> &str {
        match &self.what {
            What::Wasi { call, .. } => call.name(),
            What::Host { function, .. } => function,
        }
    }

    /// The error number of a call that failed.
    #[must_use]
    pub fn errno(&self) -> Option<Errno> {
        match self.what {
            What::Wasi { answer: Answer::Errno(errno) | Answer::Fault(errno), .. } if errno != Errno::Success => {
                Some(errno)
            }
            _ => None,
        }
    }

    /// Whether the call failed: with an error number, or with an error of a host function.
    #[must_use]
    pub fn failed(&self) -> bool {
        self.errno().is_some() || matches!(self.what, What::Host { reply: Reply::Error(_), .. })
    }

    /// The arguments of a WASI call.
    #[must_use]
    pub fn args(&self) -> &[Arg] {
        match &self.what {
            What::Wasi { args, .. } => args,
            What::Host { .. } => &[],
        }
    }

    /// The results of a WASI call.
    #[must_use]
    pub fn results(&self) -> &[Arg] {
        match &self.what {
            What::Wasi { results, .. } => results,
            What::Host { .. } => &[],
        }
    }
}

fn text(from: &mut Reader<'_>) -> Option<String> {
    let length = from.length()?;
    Some(String::from_utf8_lossy(from.take(length)?).into_owned())
}

fn host(from: &mut Reader<'_>, kind: u8) -> Option<What> {
    let (function, args, reply) = (text(from)?, text(from)?, text(from)?);
    let reply = if kind == 0 { Reply::Value(reply) } else { Reply::Error(reply) };
    Some(What::Host { function, args, reply })
}

/// Bytes that a record kept.
#[derive(Debug)]
pub(crate) struct Snippet<'a> {
    pub(crate) param: usize,
    /// Taken after the call.
    pub(crate) after: bool,
    /// How many there were.
    pub(crate) whole: u64,
    /// The first of them.
    pub(crate) bytes: &'a [u8],
}

/// A call as it was recorded: raw arguments, and bytes of the guest's memory.
#[derive(Debug)]
pub(crate) struct RawCall<'a> {
    pub(crate) number: u64,
    pub(crate) guest: bool,
    pub(crate) call: Call,
    pub(crate) answer: Answer,
    pub(crate) args: [u64; Call::MAX_PARAMS],
    pub(crate) snippets: Vec<Snippet<'a>>,
}

impl<'a> RawCall<'a> {
    /// The call of a record with its length in front; none for a host function's.
    pub(crate) fn of(record: &'a [u8]) -> Option<Self> {
        let mut from = Reader(record);
        from.u32()?;
        let Head { what, kind, errno, number, guest, .. } = Head::read(&mut from)?;
        let call = *Call::ALL.get(usize::from(what))?;
        let answer = Answer::from_raw(kind, errno)?;
        let (args, snippets) = raw(&mut from, call)?;
        Some(Self { number, guest: guest.is_some(), call, answer, args, snippets })
    }

    /// What was kept of a parameter.
    pub(crate) fn kept(&self, param: usize, after: bool) -> Option<&Snippet<'a>> {
        self.snippets.iter().find(|kept| kept.param == param && kept.after == after)
    }
}

/// Raw arguments and snippets of a call.
fn raw<'a>(from: &mut Reader<'a>, call: Call) -> Option<([u64; Call::MAX_PARAMS], Vec<Snippet<'a>>)> {
    let mut raw = [0; Call::MAX_PARAMS];
    for (raw, param) in raw.iter_mut().zip(call.params()) {
        *raw = match param.kind.core() {
            CoreType::I32 => from.u32()?.into(),
            CoreType::I64 => from.u64()?,
        };
    }
    let mut snippets = Vec::with_capacity(4);
    loop {
        let place = from.u8()?;
        if place == END {
            return Some((raw, snippets));
        }
        let (length, beyond) = (from.length()?, from.leb128()?);
        let bytes = from.take(length)?;
        let whole = beyond.saturating_add(length as u64);
        snippets.push(Snippet { param: usize::from(place & !AFTER), after: place & AFTER != 0, whole, bytes });
    }
}

fn wasi(from: &mut Reader<'_>, call: Call, answer: Answer) -> Option<What> {
    let params = call.params();
    let (raw, snippets) = raw(from, call)?;
    let kept = |param: usize, after: bool| snippets.iter().find(|kept| kept.param == param && kept.after == after);
    let (mut args, mut results) = (Vec::with_capacity(params.len()), Vec::new());
    let mut length_follows = false;
    for (index, (param, raw)) in params.iter().zip(raw).enumerate() {
        let (name, kind) = (param.name, param.kind);
        if std::mem::take(&mut length_follows) && kind == Kind::Size {
            continue;
        }
        length_follows =
            matches!(kind, Kind::Path | Kind::Iovecs | Kind::Ciovecs | Kind::Subscriptions | Kind::EventsOut);
        if let Some(value) = given(kind, raw, kept(index, false)) {
            args.push(Arg { name, value });
        }
        // What was read is shown; how much it was, its length tells.
        let lengths = kind == Kind::SizeOut && results.iter().any(|result: &Arg| counts(&result.value));
        if let Some(value) = kept(index, true).and_then(|kept| given_back(call, kind, kept))
            && !lengths
        {
            results.push(Arg { name, value });
        }
    }
    Some(What::Wasi { call, args, results, answer })
}

/// Whether a value tells its own length.
fn counts(value: &Value) -> bool {
    matches!(value, Value::Bytes { .. } | Value::Listing(_) | Value::Events(_))
}

/// What a call was given; nothing for an address that only says where a result goes.
fn given(kind: Kind, raw: u64, kept: Option<&Snippet<'_>>) -> Option<Value> {
    let small = u64::from(low(raw));
    let address = || Value::Address(low(raw));
    Some(match kind {
        Kind::LookupFlags => Value::flags::<LookupFlags>(small),
        Kind::OFlags => Value::flags::<OFlags>(small),
        Kind::FdFlags => Value::flags::<FdFlags>(small),
        Kind::FstFlags => Value::flags::<FstFlags>(small),
        Kind::RiFlags => Value::flags::<RiFlags>(small),
        Kind::SdFlags => Value::flags::<SdFlags>(small),
        Kind::Rights => Value::flags::<Rights>(raw),
        Kind::Clock => Value::word(Clock::from_raw(low(raw)).map(Clock::name), small),
        Kind::Advice => Value::word(Advice::from_raw(low(raw)).map(Advice::name), small),
        Kind::Whence => Value::word(Whence::from_raw(low(raw)).map(Whence::name), small),
        Kind::Fd => Value::Fd(low(raw)),
        Kind::FileDelta => Value::Signed(raw.cast_signed()),
        Kind::Timestamp => Value::Time(raw),
        Kind::FileSize | Kind::DirCookie => Value::Number(raw),
        Kind::Size | Kind::SiFlags | Kind::Signal | Kind::ExitCode => Value::Number(small),
        Kind::Path | Kind::Ciovecs => kept.map_or_else(address, bytes),
        Kind::Iovecs => kept.map_or_else(address, |kept| Value::Room(kept.whole)),
        Kind::Subscriptions => kept.map_or_else(address, |kept| value::subscriptions(kept.bytes)),
        Kind::EventsOut
        | Kind::BytesOut
        | Kind::PointersOut
        | Kind::SizeOut
        | Kind::FdOut
        | Kind::FileSizeOut
        | Kind::TimestampOut
        | Kind::FdStatOut
        | Kind::FileStatOut
        | Kind::PrestatOut
        | Kind::RoFlagsOut => return None,
    })
}

/// What a call gave.
fn given_back(call: Call, kind: Kind, kept: &Snippet<'_>) -> Option<Value> {
    let mut from = Reader(kept.bytes);
    match kind {
        Kind::SizeOut => from.u32().map(|size| Value::Number(size.into())),
        Kind::FdOut => from.u32().map(Value::Fd),
        Kind::FileSizeOut => from.u64().map(Value::Number),
        Kind::TimestampOut => from.u64().map(Value::Time),
        Kind::FdStatOut => value::fd_stat(kept.bytes),
        Kind::FileStatOut => value::file_stat(kept.bytes),
        Kind::PrestatOut => value::prestat(kept.bytes),
        Kind::RoFlagsOut => from.u16().map(|flags| Value::Flags { set: Vec::new(), rest: flags.into() }),
        Kind::EventsOut => Some(value::events(kept.bytes)),
        Kind::BytesOut => Some(match call {
            Call::ArgsGet | Call::EnvironGet => value::texts(kept.bytes),
            Call::FdReaddir => value::listing(kept.bytes),
            _ => bytes(kept),
        }),
        _ => Some(bytes(kept)),
    }
}

fn bytes(kept: &Snippet<'_>) -> Value {
    Value::Bytes { shown: kept.bytes.to_vec(), whole: kept.whole }
}
