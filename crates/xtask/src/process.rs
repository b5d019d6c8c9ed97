//! Runs the programs of the chores: their output goes to a log, the latest line to the screen, and a failure comes back
//! with the end of the log. Must never know what a program is for.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Mutex;
use std::time::Duration;
use std::{fmt::Write as _, sync::PoisonError, thread};

use anyhow::{Context as _, Result, bail};

use crate::places;
use crate::screen::Screen;

/// Lines of the log that a failure shows.
const SHOWN: usize = 40;

/// One step's link to the screen.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Report<'a> {
    /// Where the lines go.
    pub(crate) screen: &'a Screen,
    /// The step's number on the screen.
    pub(crate) number: usize,
}

/// What a program left.
#[derive(Debug)]
pub(crate) struct Finished {
    /// How it ended.
    pub(crate) status: ExitStatus,
    /// Stdout and stderr, line by line as they came.
    pub(crate) output: String,
}

/// Runs `command` to its end.
///
/// # Errors
/// It can't be started.
pub(crate) fn run(mut command: Command, log: &str, report: Report<'_>) -> Result<Finished> {
    let log_path = places::notes().join(format!("{log}.log"));
    fs::create_dir_all(places::notes()).with_context(|| format!("can't make {}", places::notes().display()))?;
    let mut log_file = File::create(&log_path).with_context(|| format!("can't write {}", log_path.display()))?;
    writeln!(log_file, "$ {}", words(&command)).with_context(|| format!("can't write {}", log_path.display()))?;
    let mut child = start(command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()))?;
    let written = Mutex::new((log_file, String::new()));
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let status = thread::scope(|scope| {
        scope.spawn(|| follow(stdout, &written, report));
        scope.spawn(|| follow(stderr, &written, report));
        wait(&mut child, report)
    })?;
    let (_, output) = written.into_inner().unwrap_or_else(PoisonError::into_inner);
    Ok(Finished { status, output })
}

/// Runs `command` and wants it to succeed; returns its output.
///
/// # Errors
/// Those of [`run`], and a failure of the program, with the end of what it printed.
pub(crate) fn expect(command: Command, log: &str, report: Report<'_>) -> Result<String> {
    let said = words(&command);
    let finished = run(command, log, report)?;
    if !finished.status.success() {
        bail!("{}", failure(&said, &finished, log));
    }
    Ok(finished.output)
}

/// The message of a failed program.
pub(crate) fn failure(said: &str, finished: &Finished, log: &str) -> String {
    let mut text = format!("`{said}` failed ({}).", finished.status);
    let lines: Vec<&str> = finished.output.lines().collect();
    for line in lines.iter().skip(lines.len().saturating_sub(SHOWN)) {
        // Writing to a String can't fail.
        let _ = write!(text, "\n  {line}");
    }
    let _ = write!(text, "\nAll of it is in {}.", places::notes().join(format!("{log}.log")).display());
    text
}

/// What a short program prints on stdout; `None` when it is not there or fails.
pub(crate) fn ask(program: impl AsRef<Path>, args: &[&str]) -> Option<String> {
    let output = Command::new(program.as_ref()).args(args).stdin(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Starts a program, or says which one is missing.
///
/// # Errors
/// It is not there, or the system refuses.
pub(crate) fn start(command: &mut Command) -> Result<Child> {
    let name = command.get_program().to_string_lossy().into_owned();
    command.spawn().map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => anyhow::anyhow!("`{name}` is not installed, or not on PATH"),
        _ => anyhow::Error::new(error).context(format!("can't start `{name}`")),
    })
}

/// The command line as one would type it.
pub(crate) fn words(command: &Command) -> String {
    let mut words = vec![command.get_program().to_string_lossy().into_owned()];
    words.extend(command.get_args().map(|word| word.to_string_lossy().into_owned()));
    words.join(" ")
}

fn wait(child: &mut Child, report: Report<'_>) -> Result<ExitStatus> {
    loop {
        if let Some(status) = child.try_wait().context("can't wait for a program")? {
            return Ok(status);
        }
        report.screen.tick();
        thread::sleep(Duration::from_millis(100));
    }
}

/// Copies a stream to the log and the screen until it ends.
fn follow(stream: Option<impl Read>, written: &Mutex<(File, String)>, report: Report<'_>) {
    let Some(stream) = stream else { return };
    let mut lines = BufReader::new(stream);
    let mut line = Vec::new();
    // A stream that can't be read any more has ended, whatever the reason.
    while matches!(lines.read_until(b'\n', &mut line), Ok(1..)) {
        let text = String::from_utf8_lossy(&line).into_owned();
        let mut written = written.lock().unwrap_or_else(PoisonError::into_inner);
        // A full disk shows itself in the program's own work; the log is not worth stopping for.
        let _ = written.0.write_all(text.as_bytes());
        written.1.push_str(&text);
        drop(written);
        if !text.trim().is_empty() {
            report.screen.hint(report.number, &text);
        }
        line.clear();
    }
}
