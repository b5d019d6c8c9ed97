//! The tally of one run: what was checked, what failed, and where. Owns the macro `check!` and the lines that are
//! printed; must never know a call.

use amphi_wasi::Errno;
use std::borrow::Borrow;
use std::fmt::{Debug, Display};
use std::panic::Location;
use std::process::ExitCode;
use std::sync::atomic::{AtomicU32, Ordering};

// A run checks one call and ends, so the tally is the program's own.
static PASSED: AtomicU32 = AtomicU32::new(0);
static FAILED: AtomicU32 = AtomicU32::new(0);

/// What the cases of a call come to. Checks that fail are no error here: an error is a call that the cases cannot go on
/// without, such as the opening of the file that they read.
pub(crate) type Cases = Result<(), Ended>;

/// Where the cases of a call ended early, and why. `?` makes it from an errno.
#[derive(Debug)]
pub(crate) struct Ended {
    errno: Errno,
    at: &'static Location<'static>,
}

impl From<Errno> for Ended {
    #[track_caller]
    fn from(errno: Errno) -> Self {
        Self { errno, at: Location::caller() }
    }
}

/// Checks one thing, in one of three ways:
///
/// - `check!(call, Ok(5))`: a call and its answer.
/// - `check!("words", call, Err(Badf))`: the same, where the call alone does not say what is checked.
/// - `check!("words", condition)`: something that is to be true.
macro_rules! check {
    ($words:literal, $condition:expr $(,)?) => {
        $crate::check::truth($words, $condition)
    };
    ($call:expr, $expected:expr $(,)?) => {
        $crate::check::answer(stringify!($call), $call, $expected)
    };
    ($words:expr, $found:expr, $expected:expr $(,)?) => {
        $crate::check::answer($words, $found, $expected)
    };
}
pub(crate) use check;

/// Counts an answer, and prints it if it is not the expected one.
#[track_caller]
pub(crate) fn answer<T, E>(words: impl Display, found: Result<T, E>, expected: Result<T, E>)
where
    T: Debug + PartialEq,
    E: Borrow<Errno> + PartialEq,
{
    if found == expected {
        PASSED.fetch_add(1, Ordering::Relaxed);
    } else {
        failed(format_args!("{words}: expected {}, found {}", show(&expected), show(&found)));
    }
}

/// Counts a condition, and prints it if it does not hold.
#[track_caller]
pub(crate) fn truth(words: impl Display, condition: bool) {
    if condition {
        PASSED.fetch_add(1, Ordering::Relaxed);
    } else {
        failed(format_args!("{words}: it is not so"));
    }
}

/// Counts and prints a failure.
#[track_caller]
#[allow(clippy::print_stdout, reason = "what was found is this program's output")]
pub(crate) fn failed(what: impl Display) {
    FAILED.fetch_add(1, Ordering::Relaxed);
    println!("FAILED {}: {what}", place(Location::caller()));
}

/// Prints the last line and gives the exit code.
#[allow(clippy::print_stdout, reason = "what was found is this program's output")]
pub(crate) fn report(call: &str, cases: Cases) -> ExitCode {
    if let Err(Ended { errno, at }) = cases {
        FAILED.fetch_add(1, Ordering::Relaxed);
        println!("FAILED {}: the cases cannot go on: {}", place(at), errno.name());
    }
    let (passed, failed) = (PASSED.load(Ordering::Relaxed), FAILED.load(Ordering::Relaxed));
    if failed == 0 {
        println!("{call}: {passed} checks passed");
        ExitCode::SUCCESS
    } else {
        println!("{call}: {failed} of {} checks failed", passed + failed);
        ExitCode::FAILURE
    }
}

/// `cases/fd_seek.rs:12`, wherever the package lies.
fn place(at: &Location<'_>) -> String {
    let file = at.file().rsplit_once("src/").map_or(at.file(), |(_, file)| file);
    format!("{file}:{}", at.line())
}

fn show<T: Debug, E: Borrow<Errno>>(answer: &Result<T, E>) -> String {
    match answer {
        Ok(value) => format!("Ok({value:?})"),
        Err(errno) => format!("Err({})", errno.borrow().name()),
    }
}
