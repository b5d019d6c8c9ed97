//! Host functions in JavaScript, natively: a module of the language in an engine of its own, QuickJS, as a host module.
//!
//! What a value becomes and what a declaration means is [`amphi_core::javascript`]'s, so that it is the same in a browser.
//! Here is how the engine is entered, left and kept in its limits. This crate must never know a habitat: what it needs of
//! one is [`World`].

mod engine;
mod globals;
mod lent;
mod machine;
mod module;
mod thing;

use std::sync::Arc;

pub use module::{Failed, module};

/// Tells whether what runs has to end.
pub type Interrupted = Arc<dyn Fn() -> bool + Send + Sync>;

/// Takes bytes as they come.
pub type Sink = Arc<dyn Fn(&[u8]) + Send + Sync>;

/// What the habitat gives a host module.
#[derive(Clone)]
pub struct World {
    /// The most bytes that the engine may have.
    pub memory_bytes: u64,
    /// Whether what runs has to end now: the run was interrupted, or is over. Asked often, and between two waits.
    pub interrupted: Interrupted,
    /// Takes what the console is told, line by line.
    pub stderr: Sink,
}

impl std::fmt::Debug for World {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("World").field("memory_bytes", &self.memory_bytes).finish_non_exhaustive()
    }
}
