//! Owns `amphi trace`: which calls of a run are shown, how, and where they go.
//! It must never know how calls are recorded or what they mean.

mod json;
mod lines;
mod printer;

use crate::habitat;
use crate::run::Run;
use amphi_core::Trace as Told;
use amphi_wasi::trace::Filter;
use anyhow::{Context as _, Result};
use printer::{Form, Printer};
use std::fs::File;
use std::io::{BufWriter, IsTerminal as _, Write};
use std::path::PathBuf;
use std::sync::mpsc::sync_channel;

/// Runs a program and shows every call that crosses its boundary, as strace does.
///
/// Each line has the call's number, when it began (seconds since the run did), the call with its arguments, what it
/// came to, and how long it took. Calls of host functions stand in the same stream. Lines go to standard error, the
/// program's own output where it always goes.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Trace {
    /// Print each call as a JSON object on a line of its own.
    #[arg(long, conflicts_with = "summary")]
    json: bool,
    /// Count calls instead: how often, how many errors, how long, the slowest.
    #[arg(long)]
    summary: bool,
    /// Show only these calls: names and patterns (fd_*), host, error, error=NOENT, path=*.txt, fd=3, guest=demo, with
    /// commas between them; ! before one leaves it out.
    #[arg(long, value_name = "TERMS", allow_hyphen_values = true)]
    filter: Option<Filter>,
    /// Write to this file instead; - is standard output.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Bytes shown of what a call reads or writes.
    #[arg(long, value_name = "COUNT", default_value_t = SHOWN)]
    bytes: u32,
    /// Also show rights, addresses and flags that are not set.
    #[arg(long)]
    whole: bool,
    /// Also show which line of Python made each call.
    #[arg(long)]
    lines: bool,
    #[command(flatten)]
    run: Run,
}

/// As strace.
const SHOWN: u32 = 32;

/// Batches that may wait to be printed; then the guest waits.
const AHEAD: usize = 64;

const EXAMPLES: &str = "\
Examples:
  amphi trace script.py
  amphi trace --filter 'path_*,error' script.py           # what it looked for and did not find
  amphi trace --lines --filter 'path_open,host' script.py # which line of it makes the calls
  amphi trace --summary -c 'import json'
  amphi trace --json --out calls.jsonl examples/hello
  amphi trace --fault 'fd_write=*.log:NOSPC@2..' script.py   # what if the disk is full?
  amphi trace --habitat chromium examples/hello

A line of --json has number, time_ns and duration_ns (null for a call that was not timed); call and args, and one of
result, errno (with fault where it was asked for) and ended; paths are whole paths that the call is about. A host
function's has host, args, and reply or error. Bytes are text where they are UTF-8, else base64, beside their length.
With --lines a call that a program's own line made has file and line.

A browser's clock is slow to read: of calls that follow each other within 10 microseconds one in sixteen is timed, and
--summary reckons the rest from it.

The path in a --filter or --fault is the whole path that the trace shows: the guest's own words, in which .. and
links are not followed.

`amphi wasi CALL` explains a call.";

/// Where lines go.
type Out = Box<dyn Write + Send>;

impl Trace {
    /// Runs the program, and gives its exit code.
    pub(crate) fn run(self) -> Result<i32> {
        let (out, live): (Out, bool) = match &self.out {
            None => (Box::new(std::io::stderr()), std::io::stderr().is_terminal()),
            Some(path) if path.as_os_str() == "-" => (Box::new(std::io::stdout()), std::io::stdout().is_terminal()),
            Some(path) => {
                let file = File::create(path).with_context(|| format!("cannot write {}", path.display()))?;
                (Box::new(file), false)
            }
        };
        let form = match (self.summary, self.json) {
            (true, _) => Form::Summary,
            (false, true) => Form::Json,
            (false, false) => Form::Lines { whole: self.whole },
        };
        let mut printer = Printer::new(BufWriter::new(out), form, self.filter.unwrap_or_default());
        let (habitat, mut program) = self.run.into_program()?;
        let batch = if live { 0 } else { Told::BATCH };
        program.watch.trace = Some(Told { shown: self.bytes, batch, lines: self.lines });
        // Printed on a thread of its own: the guest need not wait for it, unless somebody watches line by line.
        let (sender, records) = sync_channel::<Option<Vec<u8>>>(if live { 0 } else { AHEAD });
        let printing = std::thread::spawn(move || {
            while let Ok(Some(batch)) = records.recv() {
                printer.print(&batch);
            }
            printer.finish()
        });
        let told = sender.clone();
        // Nobody hears of it once printing has ended, which it does only with the run.
        let code = habitat::run(habitat, program, move |records| drop(told.send(Some(records.to_vec()))));
        let _ = sender.send(None);
        let printed = printing.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        let code = code?;
        printed.context("the trace could not be written")?;
        Ok(code)
    }
}
