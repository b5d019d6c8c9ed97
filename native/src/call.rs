//! Owns `amphi call`: one call of a function that a program exports.

use crate::habitat;
use crate::program;
use crate::run::Options;
use amphi_core::ExportCall;
use anyhow::{Result, ensure};
use std::io::Write as _;
use std::path::PathBuf;

/// Runs a Python program, calls a function that it marks with @amphi.export, and prints what it gives.
///
/// Arguments and result are WAVE, the component model's notation: 7, "text", [1, 2], {name: "x", size: 3}, some(1), none.
/// The function's type hints say what is taken; an argument without a hint is taken as it looks.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Call {
    /// A folder with amphi.toml, or a Python script.
    program: PathBuf,
    /// The exported function.
    name: String,
    /// Its arguments, in order.
    #[arg(allow_hyphen_values = true, trailing_var_arg = true)]
    args: Vec<String>,
    #[command(flatten)]
    options: Options,
}

const EXAMPLES: &str = "\
Examples:
  amphi call tools.py add 1 2
  amphi call tools.py greet '\"World\"'
  amphi call --habitat chromium tools.py area '{width: 2.0, height: 3.0}'

Exit codes: 0, or 1 where the function raised; the traceback is then on standard error. The program's own where it
failed, and those of `amphi run` for limits.";

impl Call {
    /// Runs it, and gives the exit code.
    pub(crate) fn run(self) -> Result<i32> {
        let mut program = program::load(&self.program, Vec::new())?;
        ensure!(program.is_python(), "{} is not Python: only Python programs export functions", self.program.display());
        let habitat = self.options.habitat;
        self.options.apply(&mut program)?;
        program.calls = vec![ExportCall { name: self.name, args: self.args }];
        let outcome = habitat::outcome(habitat, program, |_| {})?;
        let code = outcome.exit.process_code();
        Ok(match outcome.replies.into_iter().next() {
            Some(Ok(reply)) => {
                if !reply.is_empty() {
                    writeln!(std::io::stdout(), "{reply}")?;
                }
                code
            }
            Some(Err(why)) => {
                crate::say(&why);
                code.max(1)
            }
            None => code,
        })
    }
}
