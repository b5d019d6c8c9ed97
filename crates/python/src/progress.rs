//! How a long build tells its caller what it is doing. Must never print: the command and the chores draw it their way.

use std::time::Duration;

/// One step of the build.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step<'a> {
    /// From 1 to `of`.
    pub number: usize,
    /// How many steps there are in all.
    pub of: usize,
    /// What it does, in a few words: `compile CPython for wasm32-wasi`.
    pub name: &'a str,
}

/// How a step ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// It ran.
    Done,
    /// An earlier build had done it; nothing ran.
    Reused,
    /// It failed; the error follows from the build itself.
    Failed,
}

/// Told of everything the build does. Every method has an empty body, so a caller writes only those it shows.
pub trait Progress {
    /// A step begins.
    fn begin(&mut self, step: Step<'_>) {
        let _ = step;
    }

    /// The latest line a program printed, without its line end; `elapsed` is the time since the step began.
    fn line(&mut self, line: &str, elapsed: Duration) {
        let _ = (line, elapsed);
    }

    /// A step ended after `elapsed`.
    fn end(&mut self, step: Step<'_>, ended: Ended, elapsed: Duration) {
        let _ = (step, ended, elapsed);
    }

    /// Something the user should know between steps: `waiting for another build (process 4711)`.
    fn note(&mut self, note: &str) {
        let _ = note;
    }
}

/// Shows nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Progress for Silent {}
