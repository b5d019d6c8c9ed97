//! Host functions in the machine's own Python: a file becomes a host module, its functions are called in one interpreter
//! that all runs of the process share. This crate must never know an engine, nor where a program comes from.
//!
//! ```no_run
//! use std::sync::Arc;
//!
//! use amphi_core::Source;
//!
//! let source = Source::new("demo.py", "def demo(a: int, b: int) -> int:\n    return (a + b) * 10\n");
//! let module = amphi_native_python::load("demo", &source, None, Arc::new(|| false))?;
//! # Ok::<(), amphi_core::HostError>(())
//! ```
//!
//! The rules are those of a host module in a guest of its own: which functions are public, what type hints declare, what
//! values become. What differs: nothing is kept from the file, it has no limits, and it imports whatever is installed.

mod decode;
mod encode;
mod error;
mod handles;
mod line;
mod module;
mod place;
mod queue;
mod scalars;
mod site;
mod stage;
mod stop;

use std::sync::Arc;

pub use module::load;

/// Whether a call that is under way should end. Asked about fifty times a second by the thread that waits for the call;
/// whoever answers with true need not do so again.
pub type Interrupted = Arc<dyn Fn() -> bool + Send + Sync>;
