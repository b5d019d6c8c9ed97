//! All of WASI preview1 for one guest, over files in memory, for any engine.
//!
//! [`Context`] is a guest's WASI. A habitat gives it a [`Platform`] (clocks, random bytes, standard streams), and for
//! each call the guest's [`Memory`]; every call goes through [`Context::dispatch`]. Handlers never block: a call that
//! cannot finish says what it waits for, the habitat waits in its own way and dispatches it again.
//!
//! ```
//! use amphi_wasi::{Call, Config, Context, Errno, Flow, SliceMemory};
//! # use amphi_wasi::{Clock, Input, Platform, Refused, Stream};
//! # struct Nothing;
//! # impl Platform for Nothing {
//! #     fn realtime_ns(&self) -> u64 { 0 }
//! #     fn monotonic_ns(&self) -> u64 { 0 }
//! #     fn random(&mut self, _: &mut [u8]) {}
//! #     fn read_stdin(&mut self, _: &mut [u8]) -> Input { Input::End }
//! #     fn stdin_ready(&self) -> bool { true }
//! #     fn write(&mut self, _: Stream, _: &[u8]) -> Result<(), Refused> { Ok(()) }
//! #     fn is_terminal(&self, _: Stream) -> bool { false }
//! # }
//! # let platform = Nothing;
//! let config = Config { args: vec!["café".to_owned()], ..Config::default() };
//! let mut context = Context::new(config, platform).unwrap();
//! let mut bytes = vec![0; 64];
//! let mut memory = SliceMemory::new(&mut bytes);
//! // The habitat's loop, once for each call of the guest.
//! let errno = loop {
//!     match context.dispatch(&mut memory, Call::ArgsSizesGet, &[0, 4]) {
//!         Flow::Done(errno) => break errno,
//!         Flow::Wait(wait) => unreachable!("wait for {wait:?}, then go round"),
//!         Flow::Stop(stop) => unreachable!("end the guest: {stop:?}"),
//!     }
//! };
//! assert_eq!(errno, Errno::Success);
//! assert_eq!(bytes[..8], [1, 0, 0, 0, 6, 0, 0, 0]);
//! ```
//!
//! A guest can be watched: [`Context::watch`] has its calls pass a [`Gate`], which records them ([`trace`]) and lets calls
//! fail on request ([`Fault`]). An engine with another WASI can have the same gate.
//!
//! What preview1 leaves open is settled as wasmtime-wasi settles it on Linux, the oracle of the tests. Where wasmtime
//! traps, for an address outside memory or not aligned, the guest gets `FAULT`.

mod calls;
mod context;
mod descriptor;
mod dispatch;
mod errno;
mod fault;
mod flow;
mod gate;
mod kind;
mod memory;
mod platform;
mod reference;
mod replay;
mod strings;
mod table;
pub mod trace;
mod tree;
pub mod types;
mod world;

pub use context::{Config, ConfigError, Context, Limits, Preopen};
pub use descriptor::Access;
pub use errno::{Errno, Result};
pub use fault::{Fault, FaultError};
pub use flow::{Flow, Limit, Stop, Wait};
pub use gate::{Gate, Locate, MakeLocate, Passing};
pub use kind::{CoreType, Kind};
pub use memory::{Memory, SliceMemory};
pub use platform::{Input, Platform, Refused, Stream};
pub use replay::{OpenFd, Replay, Stands};
pub use table::{Call, MODULE, Param};
pub use tree::{Content, FileBytes, NodeKind, Tree, TreeFile, TreeNode};
pub use types::Clock;
pub use world::{Determinism, SeededRandom, SteppedClock};

// The test doubles are shared with `tests/`, where the crate has this name.
#[cfg(test)]
extern crate self as amphi_wasi;

#[cfg(test)]
#[path = "../tests/support/mod.rs"]
mod support;
