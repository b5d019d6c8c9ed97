//! Owns `amphi wasi`: the reference of preview1, made from the one table.
//! It must never say what the table does not know.

use crate::habitat::Name;
use amphi_wasi::{Call, CoreType, MODULE};
use anyhow::{Result, bail};
use std::fmt::Write as _;
use std::io::Write as _;

/// Explains WASI preview1: every call, or one of them in detail.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  amphi wasi\n  amphi wasi fd_readdir\n  amphi wasi path")]
pub(crate) struct Wasi {
    /// A call, or a part of the names of some.
    call: Option<String>,
}

impl Wasi {
    /// Prints it.
    ///
    /// # Errors
    /// There is no such call.
    pub(crate) fn run(self) -> Result<()> {
        let text = match &self.call {
            None => list(Call::ALL),
            Some(name) => match Call::from_name(name) {
                Some(call) => details(call),
                None => {
                    let some: Vec<Call> = Call::ALL.iter().copied().filter(|call| call.name().contains(name)).collect();
                    if some.is_empty() {
                        bail!("there is no call named {name} in preview1; `amphi wasi` lists all");
                    }
                    list(&some)
                }
            },
        };
        // Whoever closed the output does not want to read on.
        let _ = std::io::stdout().write_all(text.as_bytes());
        Ok(())
    }
}

fn list(calls: &[Call]) -> String {
    let mut out = format!(
        "The calls of {MODULE}. Every habitat serves them all: `wasmtime` with wasmtime's own WASI, the others\nwith amphi's. `amphi wasi CALL` says more of one, `amphi trace` shows them in a run.\n\n"
    );
    for call in calls {
        let params: Vec<&str> = call.params().iter().map(|param| param.name).collect();
        // Writing to a string cannot fail.
        let _ = writeln!(out, "{}({})\n    {}", call.name(), params.join(", "), call.sentence());
    }
    out
}

fn details(call: Call) -> String {
    let mut out = format!("{}\n\n", call.sentence());
    let core = |core: CoreType| match core {
        CoreType::I32 => "i32",
        CoreType::I64 => "i64",
    };
    let params: Vec<String> =
        call.params().iter().map(|param| format!("{}: {}", param.name, core(param.kind.core()))).collect();
    let result = if call.has_result() { " -> errno: i32" } else { "" };
    // Writing to a string cannot fail.
    let _ = writeln!(out, "{MODULE}.{}({}){result}\n", call.name(), params.join(", "));
    let width = call.params().iter().map(|param| param.name.len()).max().unwrap_or(0);
    for param in call.params() {
        let _ = writeln!(out, "  {:width$}  {}", param.name, param.kind.sentence());
    }
    let reasons = call.reasons();
    if !reasons.is_empty() {
        out.push_str("\nIt fails with\n");
        for (errno, reason) in reasons {
            let _ = writeln!(out, "  {:11}  {reason}", errno.name());
        }
    }
    let habitats: Vec<&str> = Name::ALL.iter().map(|name| name.as_str()).collect();
    let _ = writeln!(out, "\nServed in {}.", habitats.join(", "));
    out
}
