//! `amphi run` in a browser, as a terminal's user has it: input, sleep, Ctrl-C. Must never know how it gets there.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::process::{Command, Stdio};

use libtest_mimic::Failed;

const SCRIPT: &str = "import time\nprint('Hello,', input(), flush=True)\ntime.sleep(600)";

/// One run that reads a line, sleeps and is interrupted.
pub(crate) fn check(habitat: &str) -> Result<(), Failed> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_amphi"));
    command.args(["run", "--habitat", habitat, "--wall", "60s", "-c", SCRIPT]);
    let mut amphi = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
    // Held open: its end would be another case.
    let mut stdin = amphi.stdin.take().ok_or("no input")?;
    stdin.write_all(b"Ada\n")?;
    let mut line = String::new();
    BufReader::new(amphi.stdout.take().ok_or("no output")?).read_line(&mut line)?;
    let number = amphi.id().to_string();
    Command::new("kill").args(["-INT", &number]).status()?;
    let mut stderr = String::new();
    amphi.stderr.take().ok_or("no errors")?.read_to_string(&mut stderr)?;
    let status = amphi.wait()?;
    if line == "Hello, Ada\n" && stderr.ends_with("KeyboardInterrupt\n") && status.code() == Some(130) {
        return Ok(());
    }
    Err(format!("{line:?}, {status}: {stderr}").into())
}
