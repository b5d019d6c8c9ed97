//! Faults that are asked for: calls that fail without being made. Owns their little language and which call is next.

use std::fmt;
use std::str::FromStr;

use crate::errno::Errno;
use crate::table::Call;
use crate::trace::{Entry, Glob, Names, errno_named};

/// Which calls fail, and how: `CALL[=PATH]:ERRNO[@COUNT]`.
///
/// `CALL` is a name or a pattern, `PATH` a pattern for the path a call is about, `COUNT` which of the calls that fit
/// fail: `3`, `2..5` (2 to 5), `2..` (from the second on); all, if there is none.
///
/// A path is what a trace shows: the folder's name and what the guest named below it. `..` and links are not followed,
/// so one file can be named in several ways.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    call: Glob,
    path: Option<Glob>,
    errno: Errno,
    first: u64,
    last: u64,
}

/// Why a fault cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FaultError {
    text: String,
    why: String,
}

impl fmt::Display for FaultError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { text, why } = self;
        write!(
            out,
            "the fault {text:?}: {why}; write CALL[=PATH]:ERRNO[@COUNT], for instance path_open=*.txt:ACCES@2.."
        )
    }
}

impl std::error::Error for FaultError {}

impl FromStr for Fault {
    type Err = FaultError;

    fn from_str(text: &str) -> Result<Self, FaultError> {
        let wrong = |why: String| FaultError { text: text.to_owned(), why };
        let (calls, rest) = text.rsplit_once(':').ok_or_else(|| wrong("it names no error number".to_owned()))?;
        let (call, path) = calls.split_once('=').map_or((calls, None), |(call, path)| (call, Some(path)));
        let (errno, count) = rest.split_once('@').map_or((rest, None), |(errno, count)| (errno, Some(count)));
        let call = Glob::new(call);
        if !Call::ALL.iter().any(|each| each.has_result() && call.fits(each.name())) {
            return Err(wrong(match Call::from_name(call.as_str()) {
                Some(_) => format!("{} gives no error number", call.as_str()),
                None => format!("there is no call {}", call.as_str()),
            }));
        }
        let errno = errno_named(errno).map_err(|error| wrong(error.to_string()))?;
        if errno == Errno::Success {
            return Err(wrong("SUCCESS is no fault".to_owned()));
        }
        let (first, last) = match count {
            None => (1, u64::MAX),
            Some(count) => range(count).ok_or_else(|| wrong(format!("{count} is no count: write 3, 2..5 or 2..")))?,
        };
        Ok(Self { call, path: path.map(Glob::new), errno, first, last })
    }
}

/// `3`, `2..5`, `2..`: the first and the last.
fn range(text: &str) -> Option<(u64, u64)> {
    let number = |text: &str| text.parse().ok().filter(|number| *number > 0);
    let (first, last) = match text.split_once("..") {
        None => (number(text)?, number(text)?),
        Some((first, "")) => (number(first)?, u64::MAX),
        Some((first, last)) => (number(first)?, number(last)?),
    };
    (first <= last).then_some((first, last))
}

/// The faults of a run, and how many calls fit each so far.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    faults: Vec<(Fault, u64)>,
}

impl Faults {
    pub(crate) fn new(faults: Vec<Fault>) -> Self {
        Self { faults: faults.into_iter().map(|fault| (fault, 0)).collect() }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.faults.is_empty()
    }

    /// Whether some fault asks for paths.
    pub(crate) fn want_paths(&self) -> bool {
        self.faults.iter().any(|(fault, _)| fault.path.is_some())
    }

    /// The error number that this call fails with, if it is to fail. Every fault that fits counts it; the first decides.
    /// `about` is the call as far as it is known, where paths are asked for.
    pub(crate) fn next(&mut self, call: Call, about: Option<(&Entry, &Names)>) -> Option<Errno> {
        let mut errno = None;
        for (fault, count) in &mut self.faults {
            if !call.has_result() || !fault.call.fits(call.name()) {
                continue;
            }
            if let Some(path) = &fault.path
                && !about.is_some_and(|(entry, names)| names.paths(entry).iter().any(|each| path.fits_path(each)))
            {
                continue;
            }
            *count += 1;
            if (fault.first..=fault.last).contains(count) {
                errno = errno.or(Some(fault.errno));
            }
        }
        errno
    }
}

#[cfg(test)]
mod tests {
    use super::{Fault, Faults};
    use crate::{Call, Errno};

    #[test]
    fn faults_are_read_or_refused_in_words() {
        for text in
            ["path_open:ACCES@3", "fd_write:NOSPC@2..", "fd_write=*.log:EIO@2..5", "path_*:noent", "fd_read=/a:b:IO"]
        {
            assert!(text.parse::<Fault>().is_ok(), "{text}");
        }
        for (text, why) in [
            ("fd_read", "it names no error number"),
            ("fd_reed:IO", "there is no call fd_reed"),
            ("proc_exit:IO", "proc_exit gives no error number"),
            ("fd_read:NOPE", "there is no such error number"),
            ("fd_read:SUCCESS", "SUCCESS is no fault"),
            ("fd_read:IO@0", "0 is no count"),
            ("fd_read:IO@3..2", "3..2 is no count"),
        ] {
            let error = text.parse::<Fault>().map(|_| ()).map_err(|error| error.to_string());
            assert!(error.as_ref().is_err_and(|told| told.contains(why)), "{text}: {error:?}");
        }
    }

    #[test]
    fn each_fault_counts_the_calls_that_fit_it() {
        let faults = ["fd_*:IO@2..3", "fd_write:NOSPC@1"].map(|text| text.parse().expect("valid"));
        let mut faults = Faults::new(faults.into());
        for (call, expected) in [
            (Call::FdRead, None),
            (Call::PathOpen, None),
            (Call::FdWrite, Some(Errno::Io)),
            (Call::FdWrite, Some(Errno::Io)),
            (Call::FdWrite, None),
            (Call::ProcExit, None),
        ] {
            assert_eq!(faults.next(call, None), expected, "{call:?}");
        }
    }
}
