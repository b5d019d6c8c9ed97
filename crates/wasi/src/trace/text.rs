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
        self.write_line(&mut out, names, whole);
        out
    }

    /// One of its arguments or results as it stands in [that line](Self::line).
    #[must_use]
    pub fn shown(&self, arg: &Arg, names: &Names) -> String {
        let mut out = String::new();
        value(&mut out, &arg.value, names.at(self));
        out
    }

    /// Appends [that line](Self::line) to a text that may have room for it already.
    pub fn write_line(&self, out: &mut String, names: &Names, whole: bool) {
        if let Some(guest) = &self.guest {
            all(out, &["[", guest, "] "]);
        }
        let opened = || self.opened(names);
        let names = names.at(self);
        match &self.what {
            What::Host { function, args, reply } => {
                all(out, &[function, "(", args, ")"]);
                match reply {
                    Reply::Value(value) if value.is_empty() => {}
                    Reply::Value(value) => all(out, &[" = ", value]),
                    Reply::Error(error) => all(out, &[" raised ", error]),
                }
            }
            What::Wasi { call, args, results, answer } => {
                all(out, &[call.name(), "("]);
                let mut first = true;
                for arg in args.iter().filter(|arg| whole || !arg.is_quiet()) {
                    if !std::mem::take(&mut first) {
                        out.push_str(", ");
                    }
                    if arg.is_named() {
                        all(out, &[arg.name, ": "]);
                    }
                    value(out, &arg.value, names);
                }
                out.push(')');
                match answer {
                    Answer::Errno(Errno::Success) if results.is_empty() => out.push_str(" = ok"),
                    Answer::Errno(Errno::Success) => {
                        let mut link = " = ";
                        for result in results {
                            out.push_str(link);
                            value(out, &result.value, names);
                            link = ", ";
                        }
                        if let Some(path) = opened() {
                            all(out, &[" <", &path, ">"]);
                        }
                    }
                    Answer::Errno(errno) => written(out, format_args!(" = {errno}")),
                    Answer::Fault(errno) => written(out, format_args!(" = {errno} (a fault that was asked for)")),
                    Answer::Ended => out.push_str(" = the run ended here"),
                }
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
fn value(out: &mut String, value: &Value, names: &Descriptors) {
    match value {
        Value::Number(number) => decimal(out, *number),
        Value::Signed(number) => written(out, format_args!("{number}")),
        Value::Word(word) => out.push_str(word),
        Value::Room(bytes) => {
            out.push_str("room for ");
            decimal(out, *bytes);
        }
        Value::Address(at) => written(out, format_args!("{at:#x}")),
        Value::Time(ns) => seconds(out, *ns),
        Value::Fd(fd) => {
            decimal(out, (*fd).into());
            match names.of(*fd) {
                Some(name) if name.starts_with('<') => all(out, &[" ", name]),
                Some(name) => all(out, &[" <", name, ">"]),
                None => {}
            }
        }
        Value::Flags { set, rest } => flags(out, set, *rest),
        Value::Bytes { shown, whole } => {
            text(out, shown);
            let more = whole.saturating_sub(shown.len() as u64);
            if more > 0 {
                written(out, format_args!("… and {more} more"));
            }
        }
        Value::Texts(texts) => list(out, texts, |out, bytes| text(out, bytes)),
        Value::Prestat(length) => written(out, format_args!("a directory with a name of {length} bytes")),
        Value::Listing(entries) => list(out, entries, |out, entry| text(out, &entry.name)),
        Value::Subscriptions(all) => list(out, all, |out, one| subscription(out, one, names)),
        Value::Events(all) => list(out, all, event),
        Value::FileStat(stat) => file_stat(out, stat),
        Value::FdStat(FdStat { file_type, flags: set, .. }) => {
            out.push_str(file_type);
            if !set.is_empty() {
                all(out, &[" ", &set.join("|")]);
            }
        }
    }
}

/// Bytes in quotes, as a Python programmer would write them.
fn text(out: &mut String, bytes: &[u8]) {
    out.push('"');
    for chunk in bytes.utf8_chunks() {
        let mut plain = chunk.valid();
        while let Some(at) = plain.find(|letter: char| matches!(letter, '"' | '\\') || letter.is_control()) {
            let (before, rest) = plain.split_at(at);
            out.push_str(before);
            let mut letters = rest.chars();
            match letters.next() {
                Some('\n') => out.push_str("\\n"),
                Some('\r') => out.push_str("\\r"),
                Some('\t') => out.push_str("\\t"),
                Some(letter) if letter.is_control() => written(out, format_args!("\\x{:02x}", u32::from(letter))),
                Some(letter) => {
                    out.push('\\');
                    out.push(letter);
                }
                None => {}
            }
            plain = letters.as_str();
        }
        out.push_str(plain);
        for byte in chunk.invalid() {
            written(out, format_args!("\\x{byte:02x}"));
        }
    }
    out.push('"');
}

fn list<T>(out: &mut String, all: &[T], one: impl Fn(&mut String, &T)) {
    /// So many are shown before it gets long.
    const SHOWN: usize = 8;
    out.push('[');
    for (index, item) in all.iter().take(SHOWN).enumerate() {
        if index > 0 {
            out.push_str(", ");
        }
        one(out, item);
    }
    match all.len().saturating_sub(SHOWN) {
        0 => out.push(']'),
        more => written(out, format_args!(", … and {more} more]")),
    }
}

fn flags(out: &mut String, set: &[&str], rest: u64) {
    let mut link = "";
    for flag in set {
        all(out, &[link, flag]);
        link = "|";
    }
    if rest != 0 || set.is_empty() {
        written(out, format_args!("{link}{rest:#x}"));
    }
}

/// Nanoseconds as seconds, without zeros at the end.
fn seconds(out: &mut String, ns: u64) {
    let (whole, part) = (ns / 1_000_000_000, ns % 1_000_000_000);
    let digits = format!("{part:09}");
    match digits.trim_end_matches('0') {
        "" => written(out, format_args!("{whole} s")),
        digits => written(out, format_args!("{whole}.{digits} s")),
    }
}

fn file_stat(out: &mut String, stat: &FileStat) {
    let FileStat { file_type, size, inode, links, .. } = stat;
    let plural = |number: &u64| if *number == 1 { "" } else { "s" };
    let (bytes, names) = (plural(size), plural(links));
    written(out, format_args!("{file_type}, {size} byte{bytes}, inode {inode}, {links} link{names}"));
}

fn subscription(out: &mut String, one: &Subscription, names: &Descriptors) {
    match &one.when {
        When::Clock { clock, timeout, absolute } => {
            all(out, &[clock, if *absolute { " at " } else { " in " }]);
            seconds(out, *timeout);
        }
        When::Read(fd) => {
            out.push_str("read ");
            value(out, &Value::Fd(*fd), names);
        }
        When::Write(fd) => {
            out.push_str("write ");
            value(out, &Value::Fd(*fd), names);
        }
        When::Unknown(kind) => written(out, format_args!("unknown kind {kind}")),
    }
}

fn event(out: &mut String, event: &Event) {
    out.push_str(&event.kind);
    if event.errno != Errno::Success {
        all(out, &[" ", event.errno.name()]);
    }
    if event.hangup {
        out.push_str(" hangup");
    }
}

/// Texts one after the other. A run makes many lines, so what stands in each of them does without `fmt`.
fn all(out: &mut String, texts: &[&str]) {
    texts.iter().for_each(|text| out.push_str(text));
}

/// A number in decimal, for the same reason.
fn decimal(out: &mut String, number: u64) {
    out.push_str(itoa::Buffer::new().format(number));
}

/// What is seldom in a line.
#[cold]
fn written(out: &mut String, text: fmt::Arguments<'_>) {
    // Writing to a string cannot fail.
    let _ = out.write_fmt(text);
}
