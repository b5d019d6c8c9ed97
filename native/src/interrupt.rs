//! Owns Ctrl-C: the first interrupts the guest, one that comes before the guest took the first ends the run.

use amphi_wasmtime::Interrupt;

/// Hands Ctrl-C to a run.
///
/// # Errors
/// The system refuses a handler.
pub(crate) fn to(interrupt: Interrupt) -> anyhow::Result<()> {
    ctrlc::set_handler(move || {
        if !interrupt.raise() {
            interrupt.kill();
        }
    })?;
    Ok(())
}
