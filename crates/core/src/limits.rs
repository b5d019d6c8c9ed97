//! What a run may use, and what is said when it used it up: the same words and exit codes in every habitat. This file
//! never knows how a limit is enforced.

use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

use crate::units::{show_size, show_time};

/// What a run may use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, BorshSerialize, BorshDeserialize)]
#[serde(default)]
pub struct Limits {
    /// The guest's memory, in bytes.
    pub memory_bytes: u64,
    /// From the start of the guest to its end, in milliseconds; none for a session that waits for a person.
    pub wall_ms: Option<u64>,
    /// Standard output and standard error together, in bytes.
    pub output_bytes: u64,
    /// All files the guest keeps in memory together, in bytes.
    pub file_bytes: u64,
    /// How many files and folders the guest keeps in memory.
    pub files: u64,
    /// Descriptors open at one time.
    pub descriptors: u32,
    /// How deep calls between guest and host nest.
    pub call_depth: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            memory_bytes: 512 << 20,
            wall_ms: Some(3_600_000),
            output_bytes: 256 << 20,
            file_bytes: 1 << 30,
            files: 1 << 20,
            descriptors: 1024,
            call_depth: 64,
        }
    }
}

/// A limit that ended a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, BorshSerialize, BorshDeserialize)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "each is the field of `Limits` of that name")]
pub enum Limit {
    Memory,
    Wall,
    Output,
    FileBytes,
    Files,
    Descriptors,
    CallDepth,
}

impl Limit {
    /// The key of `[limits]` in `amphi.toml` that raises it.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::Memory => "memory",
            Self::Wall => "wall",
            Self::Output => "output",
            Self::FileBytes => "file_bytes",
            Self::Files => "files",
            Self::Descriptors => "descriptors",
            Self::CallDepth => "call_depth",
        }
    }

    /// The exit code of a process whose run it ended; none is one that shells or CPython use.
    #[must_use]
    pub fn process_code(self) -> i32 {
        match self {
            Self::Descriptors => 116,
            Self::CallDepth => 117,
            Self::Files => 118,
            Self::FileBytes => 119,
            Self::Memory => 121,
            Self::Wall => 122,
            Self::Output => 123,
        }
    }

    /// What the user is told.
    #[must_use]
    pub fn message(self, limits: &Limits) -> String {
        let (what, allowed) = match self {
            Self::Memory => ("memory", show_size(limits.memory_bytes)),
            Self::Wall => {
                let wall = limits.wall_ms.map_or("none".to_owned(), show_time);
                ("wall time", wall)
            }
            Self::Output => ("output", show_size(limits.output_bytes)),
            Self::FileBytes => ("size of all files", show_size(limits.file_bytes)),
            Self::Files => ("number of files", limits.files.to_string()),
            Self::Descriptors => ("open descriptors", limits.descriptors.to_string()),
            Self::CallDepth => ("depth of calls", limits.call_depth.to_string()),
        };
        let option = self.option().map_or(String::new(), |option| format!("{option}, or "));
        let key = self.key();
        format!(
            "the run reached its limit of {what}, {allowed}, and was ended; {option}[limits] {key} in amphi.toml, raises it"
        )
    }

    /// The option of `amphi run` that raises it, for the limits that have one.
    fn option(self) -> Option<&'static str> {
        match self {
            Self::Memory => Some("--memory"),
            Self::Wall => Some("--wall"),
            Self::Output => Some("--output-limit"),
            Self::FileBytes | Self::Files | Self::Descriptors | Self::CallDepth => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_name_the_limit_and_its_size() {
        let limits = Limits::default();
        assert_eq!(
            Limit::Memory.message(&limits),
            "the run reached its limit of memory, 512 MiB, and was ended; --memory, or [limits] memory in amphi.toml, \
             raises it"
        );
        assert!(Limit::Wall.message(&limits).contains("wall time, 1 h"));
    }
}
