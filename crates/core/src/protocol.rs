//! The words of the page to whoever drives it from outside (`amphi run --habitat chromium`). This file never knows how
//! they travel.

use serde::{Deserialize, Serialize};

use crate::bytes::Bytes;
use crate::habitat::OutputStream;
use crate::outcome::{Outcome, Timing};

/// Something that happened in the worker.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum Event {
    /// How far loading is.
    Loading {
        /// Bytes so far.
        loaded: u64,
        /// All bytes, where they are known.
        total: Option<u64>,
    },
    /// The worker can run programs.
    Ready {
        /// How guests wait here.
        waiting: Waiting,
        /// The SHA-256 of `python.wasm`, in hexadecimal.
        python: String,
        /// How long each part took.
        #[serde(default)]
        timings: Vec<Timing>,
    },
    /// The guest runs.
    Started {
        /// Which run.
        run: u32,
    },
    /// The guest wrote.
    Output {
        /// Which run.
        run: u32,
        /// Where to.
        stream: OutputStream,
        /// What.
        bytes: Bytes,
    },
    /// The guest made calls.
    Trace {
        /// Which run.
        run: u32,
        /// Their records, in the form of `amphi_wasi::trace`.
        records: Bytes,
    },
    /// The guest waits for input.
    WantsInput {
        /// Which run.
        run: u32,
    },
    /// The guest ended.
    Finished {
        /// Which run.
        run: u32,
        /// What it left.
        outcome: Box<Outcome>,
    },
    /// The program could not be started, or the worker could not get ready.
    Failed {
        /// Which run, if it was one.
        run: Option<u32>,
        /// What was wrong, where, and what to do.
        message: String,
    },
}

/// How a guest waits in this browser.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Waiting {
    /// JavaScript Promise Integration: the guest's stack is put aside.
    Jspi,
    /// Shared memory and `Atomics.wait`: the worker sleeps.
    Shared,
    /// Neither: input must be given in advance, sleeping burns time, and an interrupt ends the worker.
    None,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_cross_as_json() {
        let event = Event::Output { run: 1, stream: OutputStream::Stdout, bytes: "hi\n".into() };
        assert_eq!(
            serde_json::to_string(&event).expect("plain data"),
            r#"{"event":"output","run":1,"stream":"stdout","bytes":"aGkK"}"#
        );
    }
}
