//! Owns what a host module in JavaScript gets of its run. It must never know JavaScript.

use crate::control::Control;
use crate::output::{Output, Stream};
use amphi_quickjs::World;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// What a host module in JavaScript gets of a run; `memory_bytes` is the most that its engine may use.
pub(crate) fn world(control: &Arc<Control>, output: &Arc<Output>, memory_bytes: u64) -> World {
    let (control, output) = (control.clone(), output.clone());
    // What may print no more is interrupted; the run ends when its guest prints, too.
    let full = Arc::new(AtomicBool::new(false));
    let filled = full.clone();
    World {
        memory_bytes,
        interrupted: Arc::new(move || control.end().is_some() || control.signalled() || full.load(Ordering::Relaxed)),
        stderr: Arc::new(move |bytes| {
            if output.write(Stream::Stderr, bytes).is_err() {
                filled.store(true, Ordering::Relaxed);
            }
        }),
    }
}
