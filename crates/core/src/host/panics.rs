//! What becomes of a host function that panics. This file never knows what was called.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::error::HostError;

/// Runs a host function's own code.
///
/// A panic is a mistake in the host function: the script hears of it, the run goes on. What the function left half done
/// is its own; nothing of this crate is touched while it runs.
///
/// # Errors
/// It panicked.
pub(super) fn caught<T>(run: impl FnOnce() -> T) -> Result<T, HostError> {
    catch_unwind(AssertUnwindSafe(run)).map_err(|panic| {
        let message = panic
            .downcast_ref::<&str>()
            .map(|text| (*text).to_owned())
            .or_else(|| panic.downcast_ref::<String>().cloned())
            .unwrap_or_else(|| "no message".to_owned());
        HostError::host(format!("the host function panicked: {message}"))
    })
}
