//! Where a run is and how it ended, as the page shows it.

use amphi_core::{Exit, Limits, Outcome};

use crate::words::duration;

/// Where the run is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum RunState {
    /// None is under way.
    #[default]
    Idle,
    /// The guest runs.
    Running,
    /// The guest waits for input.
    Waiting,
    /// The guest was asked to end.
    Stopping,
    /// The script has run, and its functions can be called.
    Serving,
}

impl RunState {
    /// Whether a run can begin.
    #[must_use]
    pub fn is_free(self) -> bool {
        matches!(self, Self::Idle | Self::Serving)
    }
}

/// How something went, for its colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Kind {
    /// Nothing to say.
    #[default]
    Plain,
    /// Under way.
    Busy,
    /// As it should be.
    Good,
    /// Not as it should be.
    Bad,
}

impl Kind {
    /// The name that the style sheet knows.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Busy => "busy",
            Self::Good => "good",
            Self::Bad => "bad",
        }
    }
}

/// One sentence about a run, and its figures.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Verdict {
    /// For the colour.
    pub kind: Kind,
    /// For the reader.
    pub words: String,
    /// Time and files.
    pub figures: String,
    /// The exit code of a process that had run the program; for tests.
    pub code: Option<i32>,
}

impl Verdict {
    /// A sentence without figures.
    #[must_use]
    pub fn plain(kind: Kind, words: impl Into<String>) -> Self {
        Self { kind, words: words.into(), ..Self::default() }
    }

    /// What is said of a run that ended. `killed`: it did not end by itself.
    #[must_use]
    pub fn of(outcome: &Outcome, limits: &Limits, killed: bool, milliseconds: f64) -> Self {
        let code = outcome.exit.process_code();
        let (kind, mut words) = match &outcome.exit {
            Exit::Code(0) => (Kind::Good, "Finished, exit code 0.".to_owned()),
            Exit::Code(code) => (Kind::Bad, format!("Ended with exit code {code}.")),
            Exit::Interrupted => (Kind::Bad, "Stopped.".to_owned()),
            Exit::Limit(limit) => (Kind::Bad, format!("Ended: {}.", limit.message(limits))),
            Exit::Trap(why) => (Kind::Bad, format!("The guest trapped: {why}.")),
        };
        if killed {
            words.push_str(" Its worker was ended, and a fresh one is ready.");
        }
        let mut figures = duration(milliseconds);
        match outcome.files.len() {
            0 => {}
            1 => figures.push_str(" · 1 file changed"),
            count => figures.push_str(&format!(" · {count} files changed")),
        }
        Self { kind, words, figures, code: Some(code) }
    }
}

#[cfg(test)]
mod tests {
    use amphi_core::{Bytes, Exit, Limit, Limits, Outcome};

    use super::{Kind, Verdict};

    #[test]
    fn each_end_is_told_in_words() {
        for (exit, killed, kind, code, part) in [
            (Exit::Code(0), false, Kind::Good, 0, "exit code 0"),
            (Exit::Code(42), false, Kind::Bad, 42, "exit code 42"),
            (Exit::Interrupted, false, Kind::Bad, 130, "Stopped."),
            (Exit::Interrupted, true, Kind::Bad, 130, "fresh one is ready"),
            (Exit::Limit(Limit::Output), false, Kind::Bad, 123, "limit of output"),
            (Exit::Trap("unreachable".to_owned()), false, Kind::Bad, 134, "trapped: unreachable"),
        ] {
            let outcome = Outcome {
                stdout: Bytes::default(),
                stderr: Bytes::default(),
                exit,
                files: Vec::new(),
                mounts: Vec::new(),
                replies: Vec::new(),
                timings: Vec::new(),
            };
            let verdict = Verdict::of(&outcome, &Limits::default(), killed, 3.0);
            assert_eq!((verdict.kind, verdict.code), (kind, Some(code)));
            assert!(verdict.words.contains(part), "{}", verdict.words);
        }
    }
}
