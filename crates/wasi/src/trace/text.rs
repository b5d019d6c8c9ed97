//! A call as a line, in the manner of strace. Owns how values look; must never know where the line goes.

use std::fmt::{self, Write as _};

use super::entry::{Arg, Entry, Reply, What};
use super::names::{Descriptors, Names};
use super::record::Answer;
use super::value::{Event, FdStat, FileStat, Subscription, Value, When};
use crate::errno::Errno;

impl Entry {
    /// The call, its arguments and what it came to: `path_open(3 </work>, "a.txt", oflags: CREAT) = 5 </work/a.txt>`.
    ///
    /// `names` is what the descriptors stood for before this call. `whole` also shows rights, addresses and flags that
    /// are not set.
    #[must_use]
    pub fn line(&self, names: &Names, whole: bool) -> String {
        let mut out = String::new();
        // Writing to a string cannot fail.
        let _ = self.write_line(&mut out, names, whole);
        out
    }

    /// Appends [that line](Self::line) to a text that may have room for it already.
    ///
    /// # Errors
    /// None: a string takes all that is written.
    pub fn write_line(&self, out: &mut String, names: &Names, whole: bool) -> fmt::Result {
        if let Some(guest) = &self.guest {
            write!(out, "[{guest}] ")?;
        }
        let opened = || self.opened(names);
        let names = names.at(self);
        match &self.what {
            What::Host { function, args, reply } => match reply {
                Reply::Value(value) if value.is_empty() => write!(out, "{function}({args})"),
                Reply::Value(value) => write!(out, "{function}({args}) = {value}"),
                Reply::Error(error) => write!(out, "{function}({args}) raised {error}"),
            },
            What::Wasi { call, args, results, answer } => {
                out.push_str(call.name());
                out.push('(');
                let mut first = true;
                for arg in args.iter().filter(|arg| whole || !arg.is_quiet()) {
                    if !std::mem::take(&mut first) {
                        out.push_str(", ");
                    }
                    if arg.is_named() {
                        out.push_str(arg.name);
                        out.push_str(": ");
                    }
                    write!(out, "{}", Shown(&arg.value, names))?;
                }
                out.push(')');
                match answer {
                    Answer::Errno(Errno::Success) if results.is_empty() => out.push_str(" = ok"),
                    Answer::Errno(Errno::Success) => {
                        let mut link = " = ";
                        for result in results {
                            out.push_str(link);
                            write!(out, "{}", Shown(&result.value, names))?;
                            link = ", ";
                        }
                        if let Some(path) = opened() {
                            write!(out, " <{path}>")?;
                        }
                    }
                    Answer::Errno(errno) => write!(out, " = {errno}")?,
                    Answer::Fault(errno) => write!(out, " = {errno} (a fault that was asked for)")?,
                    Answer::Ended => out.push_str(" = the run ended here"),
                }
                Ok(())
            }
        }
    }

    /// The path of the descriptor that the call gave.
    fn opened(&self, names: &Names) -> Option<String> {
        let given = self.results().iter().any(|result| matches!(result.value, Value::Fd(_)));
        if given { names.paths(self).pop() } else { None }
    }
}

impl Arg {
    /// Whether a line that is to be short does without it.
    fn is_quiet(&self) -> bool {
        match &self.value {
            Value::Flags { set, rest } => self.name.starts_with("rights") || (set.is_empty() && *rest == 0),
            _ => false,
        }
    }

    /// Whether the value alone would not say what it is.
    fn is_named(&self) -> bool {
        match &self.value {
            Value::Fd(_) => !matches!(self.name, "fd" | "old_fd" | "new_fd"),
            Value::Bytes { .. }
            | Value::Room(_)
            | Value::Word(_)
            | Value::Texts(_)
            | Value::FileStat(_)
            | Value::FdStat(_)
            | Value::Prestat(_)
            | Value::Listing(_)
            | Value::Subscriptions(_)
            | Value::Events(_) => false,
            Value::Number(_) | Value::Signed(_) | Value::Flags { .. } | Value::Time(_) | Value::Address(_) => true,
        }
    }
}

/// A value beside the names of descriptors.
struct Shown<'a>(&'a Value, &'a Descriptors);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(value, names) = self;
        match value {
            Value::Number(number) => write!(out, "{number}"),
            Value::Signed(number) => write!(out, "{number}"),
            Value::Word(word) => out.write_str(word),
            Value::Room(bytes) => write!(out, "room for {bytes}"),
            Value::Address(at) => write!(out, "{at:#x}"),
            Value::Time(ns) => seconds(out, *ns),
            Value::Fd(fd) => match names.of(*fd) {
                Some(name) if name.starts_with('<') => write!(out, "{fd} {name}"),
                Some(name) => write!(out, "{fd} <{name}>"),
                None => write!(out, "{fd}"),
            },
            Value::Flags { set, rest } => flags(out, set, *rest),
            Value::Bytes { shown, whole } => {
                Text(shown).fmt(out)?;
                let more = whole.saturating_sub(shown.len() as u64);
                if more > 0 { write!(out, "… and {more} more") } else { Ok(()) }
            }
            Value::Texts(texts) => list(out, texts, |out, text| write!(out, "{}", Text(text))),
            Value::Prestat(length) => write!(out, "a directory with a name of {length} bytes"),
            Value::Listing(entries) => list(out, entries, |out, entry| write!(out, "{}", Text(&entry.name))),
            Value::Subscriptions(all) => list(out, all, |out, one| subscription(out, one, names)),
            Value::Events(all) => list(out, all, event),
            Value::FileStat(stat) => file_stat(out, stat),
            Value::FdStat(FdStat { file_type, flags: set, .. }) => {
                out.write_str(file_type)?;
                if set.is_empty() { Ok(()) } else { write!(out, " {}", set.join("|")) }
            }
        }
    }
}

/// Bytes in quotes, as a Python programmer would write them.
struct Text<'a>(&'a [u8]);

impl fmt::Display for Text<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_char('"')?;
        for chunk in self.0.utf8_chunks() {
            for letter in chunk.valid().chars() {
                match letter {
                    '"' | '\\' => write!(out, "\\{letter}")?,
                    '\n' => out.write_str("\\n")?,
                    '\r' => out.write_str("\\r")?,
                    '\t' => out.write_str("\\t")?,
                    letter if letter.is_control() => write!(out, "\\x{:02x}", u32::from(letter))?,
                    letter => out.write_char(letter)?,
                }
            }
            for byte in chunk.invalid() {
                write!(out, "\\x{byte:02x}")?;
            }
        }
        out.write_char('"')
    }
}

fn list<T>(
    out: &mut fmt::Formatter<'_>,
    all: &[T],
    one: impl Fn(&mut fmt::Formatter<'_>, &T) -> fmt::Result,
) -> fmt::Result {
    /// So many are shown before it gets long.
    const SHOWN: usize = 8;
    out.write_char('[')?;
    for (index, item) in all.iter().take(SHOWN).enumerate() {
        if index > 0 {
            out.write_str(", ")?;
        }
        one(out, item)?;
    }
    match all.len().saturating_sub(SHOWN) {
        0 => out.write_char(']'),
        more => write!(out, ", … and {more} more]"),
    }
}

fn flags(out: &mut fmt::Formatter<'_>, set: &[&str], rest: u64) -> fmt::Result {
    match (set.is_empty(), rest) {
        (true, rest) => write!(out, "{rest:#x}"),
        (false, 0) => out.write_str(&set.join("|")),
        (false, rest) => write!(out, "{}|{rest:#x}", set.join("|")),
    }
}

/// Nanoseconds as seconds, without zeros at the end.
fn seconds(out: &mut fmt::Formatter<'_>, ns: u64) -> fmt::Result {
    let (whole, part) = (ns / 1_000_000_000, ns % 1_000_000_000);
    let digits = format!("{part:09}");
    match digits.trim_end_matches('0') {
        "" => write!(out, "{whole} s"),
        digits => write!(out, "{whole}.{digits} s"),
    }
}

fn file_stat(out: &mut fmt::Formatter<'_>, stat: &FileStat) -> fmt::Result {
    let FileStat { file_type, size, inode, links, .. } = stat;
    let plural = |number: &u64| if *number == 1 { "" } else { "s" };
    write!(out, "{file_type}, {size} byte{}, inode {inode}, {links} link{}", plural(size), plural(links))
}

fn subscription(out: &mut fmt::Formatter<'_>, one: &Subscription, names: &Descriptors) -> fmt::Result {
    match &one.when {
        When::Clock { clock, timeout, absolute } => {
            write!(out, "{clock} {}", if *absolute { "at " } else { "in " })?;
            seconds(out, *timeout)
        }
        When::Read(fd) => write!(out, "read {}", Shown(&Value::Fd(*fd), names)),
        When::Write(fd) => write!(out, "write {}", Shown(&Value::Fd(*fd), names)),
        When::Unknown(kind) => write!(out, "unknown kind {kind}"),
    }
}

fn event(out: &mut fmt::Formatter<'_>, event: &Event) -> fmt::Result {
    out.write_str(&event.kind)?;
    if event.errno != Errno::Success {
        write!(out, " {}", event.errno.name())?;
    }
    if event.hangup { out.write_str(" hangup") } else { Ok(()) }
}
