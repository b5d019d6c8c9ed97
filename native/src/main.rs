//! The `amphi` command: one file for a subcommand. Owns how errors are told and how the process ends.

mod call;
mod flags;
mod folder;
mod go;
mod habitat;
mod inspect;
mod interrupt;
mod native_python;
mod new;
mod parity;
mod program;
mod python;
mod renewal;
mod repl;
mod run;
mod serve;
mod share;
mod streams;
mod stubs;
mod trace;
mod wasi;

use clap::Parser;
use std::io::Write as _;
use std::process::ExitCode;

/// Runs Python and other WASI programs, natively and in browsers, with host functions you write.
#[derive(Debug, Parser)]
#[command(name = "amphi", version, arg_required_else_help = true, after_help = EXAMPLES)]
struct Amphi {
    #[command(subcommand)]
    command: Command,
}

const EXAMPLES: &str = "\
Examples:
  amphi run -c 'import sys; print(sys.platform)'
  amphi run examples/hello --habitat shim
  amphi trace script.py
  amphi call script.py add 1 2
  amphi parity examples/hello --habitat wasmtime,shim
  amphi repl
  amphi inspect program.wasm
  amphi stubs examples/hello --out .
  amphi new --host demo.wit --in python
  amphi wasi fd_readdir
  amphi share examples/hello
  amphi serve";

#[derive(Debug, clap::Subcommand)]
enum Command {
    Run(run::Run),
    Trace(trace::Trace),
    Call(call::Call),
    Repl(repl::Repl),
    Parity(parity::Parity),
    Inspect(inspect::Inspect),
    Stubs(stubs::Stubs),
    New(new::New),
    Wasi(wasi::Wasi),
    Share(share::Share),
    Unpack(share::Unpack),
    Serve(serve::Serve),
    Python(python::Python),
}

fn main() -> ExitCode {
    let done = match Amphi::parse_from(flags::separated(std::env::args_os())).command {
        Command::Run(run) => run.run(),
        Command::Trace(trace) => trace.run(),
        Command::Call(call) => call.run(),
        Command::Repl(repl) => repl.run(),
        Command::Parity(parity) => parity.run(),
        Command::Inspect(inspect) => inspect.run().map(|()| 0),
        Command::Stubs(stubs) => stubs.run().map(|()| 0),
        Command::New(new) => new.run().map(|()| 0),
        Command::Wasi(wasi) => wasi.run().map(|()| 0),
        Command::Share(share) => share.run().map(|()| 0),
        Command::Unpack(unpack) => unpack.run().map(|()| 0),
        Command::Serve(serve) => serve.run().map(|()| 0),
        Command::Python(python) => python.run().map(|()| 0),
    };
    match done {
        // The system shows the low eight bits, as it does for any process.
        Ok(code) => std::process::exit(code),
        Err(error) => {
            say(&told(&error));
            ExitCode::FAILURE
        }
    }
}

/// An error and its causes as one message. Many an error tells its cause already; nothing is said twice.
fn told(error: &anyhow::Error) -> String {
    error.chain().fold(String::new(), |message, cause| match cause.to_string() {
        cause if message.is_empty() => cause,
        cause if message.contains(&cause) => message,
        cause => format!("{message}: {cause}"),
    })
}

/// Tells the user something on standard error. Whoever closed it does not want to hear.
fn say(message: &str) {
    let _ = writeln!(std::io::stderr(), "amphi: {message}");
}
