//! What a run does, call by call: recorded in a compact form while the guest runs, decoded when somebody looks.
//!
//! [`Recorder`] writes records, [`entries`] reads them, [`Entry`] is one in typed values. A record holds what a reader
//! wants to see of the guest's memory (paths, bytes, results), because memory has moved on by then. It must never know
//! who serves a call: both wasmtime's WASI and amphi's are recorded with it.

mod buffer;
mod capture;
mod entry;
mod filter;
mod glob;
mod names;
mod normal;
mod record;
mod summary;
mod text;
mod value;

pub(crate) use entry::RawCall;
pub use entry::{Arg, Entry, Reply, What, entries, records};
pub(crate) use filter::errno_named;
pub use filter::{Filter, FilterError};
pub use glob::Glob;
pub use names::Names;
pub use normal::Normal;
pub use record::{Answer, HostCall, Line, Recorder, Ring};
pub use summary::{Summary, Tally};
pub use value::{DirEntry, Event, FdStat, FileStat, Subscription, Value, When};
