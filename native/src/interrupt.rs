//! Owns Ctrl-C: the first interrupts the guest, one that comes before the guest took the first ends the process.

use amphi_wasmtime::Interrupt;
use std::time::Duration;

/// The exit code of a process that Ctrl-C ended.
const INTERRUPTED: i32 = 130;

/// How long a run may take to clean up after it was killed, before the process ends without that.
const PATIENCE: Duration = Duration::from_millis(500);

/// Hands Ctrl-C to a run.
///
/// # Errors
/// The system refuses a handler.
pub(crate) fn to(interrupt: Interrupt) -> anyhow::Result<()> {
    ctrlc::set_handler(move || {
        if !interrupt.raise() {
            interrupt.kill();
            // A killed run ends by itself, and removes its temporary files, unless it hangs in the system.
            std::thread::sleep(PATIENCE);
            std::process::exit(INTERRUPTED);
        }
    })?;
    Ok(())
}
