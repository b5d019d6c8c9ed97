//! What a run left. This file owns the shape and the exit codes; it never knows the habitat.

use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

use crate::bytes::Bytes;
use crate::limits::{Limit, Limits};

/// What a run left.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, BorshSerialize, BorshDeserialize)]
pub struct Outcome {
    /// Standard output; empty where it was streamed and not kept.
    pub stdout: Bytes,
    /// Standard error; empty where it was streamed and not kept.
    pub stderr: Bytes,
    /// How the run ended.
    pub exit: Exit,
    /// The files under `/work` that the run added, changed or removed, by path.
    #[serde(default)]
    pub files: Vec<ChangedFile>,
    /// What the run did to the copies of mounted folders, where it was given copies; in the order of the mounts.
    #[serde(default)]
    pub mounts: Vec<Vec<ChangedFile>>,
    /// What the calls of the program's exports gave, as far as they were made.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub replies: Vec<Reply>,
    /// How long each part took.
    #[serde(default)]
    pub timings: Vec<Timing>,
}

/// What a call of an exported function gave: its result as [`crate::wave`] has it, empty where there is none, or what it
/// raised.
pub type Reply = Result<String, String>;

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, BorshSerialize, BorshDeserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Exit {
    /// The guest ended with this code; 0 also where it just returned.
    Code(u32),
    /// A limit ended it.
    Limit(Limit),
    /// The user ended it.
    Interrupted,
    /// The guest did what wasm forbids; the engine's own words.
    Trap(String),
}

impl Exit {
    /// The exit code of a process that ran the program: the guest's own, or one that no guest uses by custom.
    #[must_use]
    pub fn process_code(&self) -> i32 {
        match self {
            Self::Code(code) => code.cast_signed(),
            Self::Limit(limit) => limit.process_code(),
            Self::Interrupted => 130,
            Self::Trap(_) => 134,
        }
    }

    /// The end that is told of a guest that met a limit which did not end it: one on its memory or its files. Python ends
    /// with 1 after an uncaught MemoryError or OSError, others give up or trap: the cause is the limit.
    #[must_use]
    pub fn caused_by(self, met: Option<Limit>) -> Self {
        match (self, met) {
            (Self::Code(1) | Self::Trap(_), Some(limit)) => Self::Limit(limit),
            (exit, _) => exit,
        }
    }

    /// What the guest of a host module did that ended so, for whoever called it; none where that ends the whole run.
    #[must_use]
    pub fn of_host_guest(&self) -> Option<String> {
        let what = match self {
            Self::Interrupted | Self::Limit(Limit::Wall | Limit::Output | Limit::CallDepth) => return None,
            Self::Code(code) => format!("exited with code {code}"),
            Self::Trap(why) => format!("trapped: {why}"),
            Self::Limit(limit) => format!("reached its limit: {}", limit.key()),
        };
        Some(format!("the guest of this host function {what}"))
    }

    /// What the user is told, where the guest did not end by itself.
    #[must_use]
    pub fn message(&self, limits: &Limits) -> Option<String> {
        match self {
            Self::Code(_) => None,
            Self::Limit(limit) => Some(limit.message(limits)),
            Self::Interrupted => Some("the run was interrupted".to_owned()),
            Self::Trap(why) => Some(format!("the guest trapped: {why}")),
        }
    }
}

/// A file that a run touched.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, BorshSerialize, BorshDeserialize)]
pub struct ChangedFile {
    /// Its path under `/work` or in the mounted folder, with `/` between its parts.
    pub path: String,
    /// What became of it.
    pub change: Change,
}

/// What became of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, BorshSerialize, BorshDeserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Change {
    /// It is new, and holds this.
    Added(Bytes),
    /// It was there, and holds this now.
    Modified(Bytes),
    /// It is gone.
    Removed,
}

/// How long one part of a run took.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, BorshSerialize, BorshDeserialize)]
pub struct Timing {
    /// Which part: `load`, `instantiate`, `run`.
    pub name: String,
    /// In microseconds.
    pub us: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_end_has_its_code() {
        for (exit, code) in [
            (Exit::Code(0), 0),
            (Exit::Code(3), 3),
            (Exit::Limit(Limit::Memory), 121),
            (Exit::Limit(Limit::Wall), 122),
            (Exit::Limit(Limit::Output), 123),
            (Exit::Interrupted, 130),
            (Exit::Trap("unreachable".to_owned()), 134),
        ] {
            assert_eq!(exit.process_code(), code);
            let told = exit.message(&Limits::default());
            assert_eq!(told.is_none(), matches!(exit, Exit::Code(_)));
        }
    }
}
