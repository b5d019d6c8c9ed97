//! The state of one guest's WASI: arguments, environment, descriptors, files. Owns how it is set up and what may be
//! read out of it; must never know what a call does.

use std::fmt;

use crate::descriptor::{Access, Descriptors, OpenDirectory};
use crate::errno::Errno;
use crate::flow::Limit;
use crate::gate::Gate;
use crate::platform::Platform;
use crate::strings::Strings;
use crate::table::Call;
use crate::tree::Tree;
use crate::world::{Determinism, World};

/// Everything a guest starts with.
#[derive(Debug, Clone, Default)]
pub struct Config {
    /// The arguments, the program's name first. None may hold a NUL.
    pub args: Vec<String>,
    /// The environment in order. None may hold a NUL, no name a `=`.
    pub env: Vec<(String, String)>,
    /// The files; the guest sees only what [`preopens`](Self::preopens) show.
    pub tree: Tree,
    /// The directories the guest may use: descriptors 3, 4, … in this order.
    pub preopens: Vec<Preopen>,
    /// What the guest may use up.
    pub limits: Limits,
    /// Clocks and random numbers that are the same in every run, in place of the platform's.
    pub determinism: Option<Determinism>,
}

/// A directory of the tree under the name the guest knows it by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preopen {
    /// The name that `fd_prestat_dir_name` gives: `/work`.
    pub guest: String,
    /// The directory in the tree: `/work`. It is made if it is missing.
    pub dir: String,
    /// Whether the guest may change what is under it.
    pub access: Access,
}

/// What a guest may use up, beyond what its tree held at the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes in files that the guest wrote; holes count. Beyond: `NOSPC`.
    pub file_bytes: u64,
    /// Files, directories and links. Beyond: `NOSPC`.
    pub files: u64,
    /// Descriptors open at once, standard streams and preopens among them. Beyond: `MFILE`.
    pub descriptors: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self { file_bytes: 2 << 30, files: 1 << 20, descriptors: 4096 }
    }
}

/// Why a [`Config`] cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConfigError {
    /// An argument, a variable or a preopen's name holds a NUL, or a variable's name a `=`.
    Text(String),
    /// Arguments or environment are larger than wasm32 can address.
    TooLarge,
    /// The directory of a preopen is not to be had: the path, and what is wrong with it.
    Preopen(String, Errno),
}

impl fmt::Display for ConfigError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => write!(out, "{text:?} cannot be given to a guest: it holds a NUL, or a name holds `=`"),
            Self::TooLarge => out.write_str("arguments or environment do not fit the memory of a guest"),
            Self::Preopen(dir, errno) => write!(out, "{dir:?} cannot be a guest's directory: {errno}"),
        }
    }
}

impl std::error::Error for ConfigError {}

/// A call that said it must wait, and when it first said so.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pending {
    pub(crate) call: Call,
    pub(crate) realtime_ns: u64,
    pub(crate) monotonic_ns: u64,
    pub(crate) interrupted: bool,
}

/// Buffers that are kept, so that a call need not allocate.
#[derive(Debug, Default)]
pub(crate) struct Scratch {
    pub(crate) path: Vec<u8>,
    pub(crate) other_path: Vec<u8>,
    pub(crate) bytes: Vec<u8>,
}

/// WASI for one guest. Every call goes through [`dispatch`](Self::dispatch).
#[derive(Debug)]
pub struct Context<P> {
    pub(crate) platform: World<P>,
    /// What watches the guest.
    pub(crate) gate: Option<Gate>,
    pub(crate) args: Strings,
    pub(crate) environ: Strings,
    pub(crate) descriptors: Descriptors,
    pub(crate) tree: Tree,
    pub(crate) pending: Option<Pending>,
    pub(crate) scratch: Scratch,
}

impl<P: Platform> Context<P> {
    /// Sets a guest up: descriptors 0 to 2 are the standard streams, the preopens follow.
    ///
    /// # Errors
    /// The configuration cannot be given to a guest; see [`ConfigError`].
    pub fn new(config: Config, platform: P) -> Result<Self, ConfigError> {
        let Config { args, env, mut tree, preopens, limits, determinism } = config;
        let mut variables = Vec::with_capacity(env.len());
        for (name, value) in env {
            if name.contains('=') {
                return Err(ConfigError::Text(name));
            }
            variables.push(format!("{name}={value}"));
        }
        let mut descriptors = Descriptors::new(limits.descriptors);
        let mut writable = Vec::new();
        for Preopen { guest, dir, access } in preopens {
            let refused = |errno| ConfigError::Preopen(dir.clone(), errno);
            if guest.contains('\0') {
                return Err(ConfigError::Text(guest));
            }
            let inode = tree.create_dir_all(&dir).map_err(refused)?;
            tree.open(inode).map_err(refused)?;
            if access == Access::ReadWrite {
                writable.push(dir.clone());
            }
            descriptors.insert(OpenDirectory::preopen(inode, access, guest).into()).map_err(refused)?;
        }
        tree.start(&writable, &limits);
        Ok(Self {
            platform: World::new(platform, determinism),
            gate: None,
            args: Strings::new(args)?,
            environ: Strings::new(variables)?,
            descriptors,
            tree,
            pending: None,
            scratch: Scratch::default(),
        })
    }

    /// The world outside.
    pub fn platform(&self) -> &P {
        &self.platform.platform
    }

    /// The world outside, to feed it input, say.
    pub fn platform_mut(&mut self) -> &mut P {
        &mut self.platform.platform
    }

    /// The files as they are now, and which of them the guest changed.
    pub fn tree(&self) -> &Tree {
        &self.tree
    }

    /// Has the guest's calls pass a gate from now on.
    pub fn watch(&mut self, gate: Option<Gate>) {
        self.gate = gate;
    }

    /// The gate that the guest's calls pass, for calls that WASI does not see.
    pub fn gate_mut(&mut self) -> Option<&mut Gate> {
        self.gate.as_mut()
    }

    /// The run's clock as the gate has it: nanoseconds, and looking does not move it.
    pub fn seen_ns(&self) -> u64 {
        self.platform.seen_ns()
    }

    /// Gives back what outlives the guest.
    ///
    /// Every descriptor is closed, so that files without a name are gone.
    pub fn into_parts(mut self) -> (P, Tree) {
        for inode in self.descriptors.inodes() {
            // The tree has every inode that a descriptor names; there is nothing to tell anybody.
            let _ = self.tree.close(inode);
        }
        (self.platform.platform, self.tree)
    }

    /// The limits that made a call fail, for the message about the run.
    pub fn limits_met(&self) -> impl Iterator<Item = Limit> {
        let descriptors = self.descriptors.limit_met().then_some(Limit::Descriptors);
        self.tree.limits_met().chain(descriptors)
    }

    /// Ends the wait under way with `INTR` at the next dispatch; nothing happens if there is none.
    ///
    /// A habitat that finds an interrupt when [`dispatch`](Self::dispatch) says [`Flow::Wait`](crate::Flow::Wait), or
    /// while it waits, calls this and dispatches again.
    pub fn interrupt(&mut self) {
        if let Some(pending) = &mut self.pending {
            pending.interrupted = true;
        }
    }

    /// Notes that `call` must wait, and since when.
    ///
    /// # Errors
    /// `INTR`: it already waited, and the wait was interrupted.
    pub(crate) fn wait_since(&mut self, call: Call) -> Result<Pending, Errno> {
        match self.pending {
            Some(pending) if pending.interrupted => Err(Errno::Intr),
            Some(pending) => Ok(pending),
            None => Ok(*self.pending.insert(Pending {
                call,
                realtime_ns: self.platform.realtime_ns(),
                monotonic_ns: self.platform.monotonic_ns(),
                interrupted: false,
            })),
        }
    }
}
