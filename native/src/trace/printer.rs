//! Owns the order of a printed trace: records in, lines out, gaps told, totals at the end.

use super::Out;
use super::{json, lines};
use amphi_wasi::trace::{Entry, Filter, Names, Summary, entries};
use std::io::{self, BufWriter, Write as _};

/// How a trace is printed.
pub(super) enum Form {
    /// As strace does.
    Lines {
        /// Rights, addresses and flags that are not set, too.
        whole: bool,
    },
    /// An object a line.
    Json,
    /// Only totals.
    Summary,
}

/// Prints records as they come.
pub(super) struct Printer {
    out: BufWriter<Out>,
    form: Form,
    /// The line under way, whose room the next one takes.
    line: String,
    filter: Filter,
    names: Names,
    summary: Summary,
    next: u64,
    /// What went wrong first; nothing is printed after it.
    failed: Option<io::Error>,
}

impl Printer {
    pub(super) fn new(out: BufWriter<Out>, form: Form, filter: Filter) -> Self {
        let (names, summary) = (Names::default(), Summary::default());
        Self { out, form, line: String::new(), filter, names, summary, next: 0, failed: None }
    }

    /// Prints the calls of a batch.
    pub(super) fn print(&mut self, records: &[u8]) {
        for entry in entries(records) {
            if self.failed.is_none()
                && let Err(error) = self.entry(&entry)
            {
                self.failed = Some(error);
            }
            self.names.follow(&entry);
        }
        if self.failed.is_none()
            && let Err(error) = self.out.flush()
        {
            self.failed = Some(error);
        }
    }

    fn entry(&mut self, entry: &Entry) -> io::Result<()> {
        let dropped = entry.number.saturating_sub(self.next);
        self.next = entry.number + 1;
        match self.form {
            _ if dropped == 0 => {}
            Form::Json => writeln!(self.out, "{}", json::dropped(dropped))?,
            Form::Lines { .. } | Form::Summary => writeln!(self.out, "… {dropped} calls were dropped here")?,
        }
        if !self.filter.shows(entry, &self.names) {
            return Ok(());
        }
        match self.form {
            Form::Lines { whole } => {
                self.line.clear();
                lines::line(&mut self.line, entry, &self.names, whole);
                self.out.write_all(self.line.as_bytes())
            }
            Form::Json => writeln!(self.out, "{}", json::entry(entry, &self.names)),
            Form::Summary => {
                self.summary.add(entry);
                Ok(())
            }
        }
    }

    /// Prints what stands at the end.
    ///
    /// # Errors
    /// Something could not be written, now or before. A reader that went away is none: it has what it wanted.
    pub(super) fn finish(&mut self) -> io::Result<()> {
        if self.failed.is_none() && matches!(self.form, Form::Summary) {
            let table = lines::summary(&self.summary);
            self.failed = write!(self.out, "{table}").and_then(|()| self.out.flush()).err();
        }
        match self.failed.take() {
            Some(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error),
            _ => Ok(()),
        }
    }
}
