//! Checks of preview1 from the inside: `conformance CALL` calls one of the 46 calls in every way that has an agreed
//! answer, and says which answers were wrong. `conformance` alone lists the calls.
//!
//! What is right is what the specification says, and where it is silent what wasmtime does on Linux. The program is
//! given two folders and standard input, see [`files`]; it exits with 0 if all was right, 1 if not, and 2 if there is
//! no such call. `proc_exit` alone ends with 42, which is its check.

mod cases;
mod check;
mod files;
mod memory;
mod raw;
mod records;
mod wasi;

use check::Cases;
use std::process::ExitCode;

macro_rules! table {
    ($($name:ident = $call:ident($($param:ident: $core:ident),*) $(-> $result:ident)?;)*) => {
        /// Every call by its name. Without cases for each of them this does not compile.
        const CALLS: &[(&str, fn() -> Cases)] = &[$((stringify!($name), cases::$name)),*];
    };
}

amphi_wasi::for_each_call!(table);

#[allow(clippy::print_stdout, reason = "what was found is this program's output")]
fn main() -> ExitCode {
    let Some(wanted) = std::env::args().nth(1) else {
        CALLS.iter().for_each(|(name, _)| println!("{name}"));
        return ExitCode::SUCCESS;
    };
    match CALLS.iter().find(|(name, _)| *name == wanted) {
        Some((name, cases)) => check::report(name, cases()),
        None => {
            println!("{wanted} is no call of preview1");
            ExitCode::from(2)
        }
    }
}
