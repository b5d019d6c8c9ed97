//! Owns `amphi repl`: Python at a prompt, on the live terminal.

use crate::flags::PythonFlags;
use crate::renewal::Files;
use crate::run::Options;
use crate::{habitat, program};
use amphi_core::Entry;
use anyhow::Result;

/// Opens Python's own prompt.
///
/// Ctrl-C is KeyboardInterrupt, Ctrl-D ends it. A host module whose file is saved takes the old one's place with the next
/// call; calls that are under way, and things that it made, stay with the old one.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Repl {
    /// What Python finds in sys.argv.
    #[arg(trailing_var_arg = true)]
    args: Vec<String>,
    #[command(flatten)]
    options: Options,
    #[command(flatten)]
    flags: PythonFlags,
}

const EXAMPLES: &str = "\
Examples:
  amphi repl
  amphi repl --host demo=examples/hello/demo.wat --dir ./data::/data
  echo 'print(1)' | amphi repl -q";

impl Repl {
    /// Runs until the person ends it, and gives the exit code.
    pub(crate) fn run(self) -> Result<i32> {
        let mut program = program::of_python("repl", Entry::Interactive, self.flags.list());
        program.args = self.args;
        // A person's pauses are no reason to end a session; --wall sets a limit all the same.
        program.limits.wall_ms = None;
        let habitat = self.options.habitat;
        let (bare, named, again) = (program.clone(), self.options.clone(), self.options.clone());
        let files = Files::new(
            move || named.files(None),
            move || {
                let mut program = bare.clone();
                again.clone().apply(&mut program)?;
                Ok(program)
            },
        );
        self.options.apply(&mut program)?;
        habitat::session(habitat, program, files)
    }
}
