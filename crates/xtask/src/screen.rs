//! Shows what is going on: one line a step with its number and elapsed time. On a terminal the lines of running steps
//! move; in a log each step has a line when it begins and one when it ends. Must never decide anything.

use std::io::{self, IsTerminal, Write};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How a step ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ended {
    /// It did its work.
    Done,
    /// There was nothing to do.
    Reused,
    /// It went wrong; its error follows.
    Failed,
}

/// All steps of one chore, as the user sees them.
#[derive(Debug, Clone)]
pub(crate) struct Screen(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    steps: usize,
    terminal: bool,
    running: Vec<Running>,
    /// Lines of running steps that stand on the terminal and are overwritten next.
    drawn: usize,
}

#[derive(Debug)]
struct Running {
    number: usize,
    name: String,
    since: Instant,
    hint: String,
}

impl Screen {
    /// A screen for `steps` steps.
    pub(crate) fn new(steps: usize) -> Self {
        let terminal = io::stderr().is_terminal();
        Self(Arc::new(Mutex::new(State { steps, terminal, running: Vec::new(), drawn: 0 })))
    }

    /// A step begins.
    pub(crate) fn begin(&self, number: usize, name: &str) {
        self.change(|state| {
            let steps = state.steps;
            let line = (!state.terminal).then(|| format!("[{number}/{steps}] {name} ..."));
            state.running.push(Running { number, name: name.to_owned(), since: Instant::now(), hint: String::new() });
            line
        });
    }

    /// What a running step does right now: the latest line of its program.
    pub(crate) fn hint(&self, number: usize, hint: &str) {
        let hint: String = hint.chars().filter(|letter| !letter.is_control()).collect();
        self.change(|state| {
            if let Some(step) = state.running.iter_mut().find(|step| step.number == number) {
                step.hint = hint.trim().to_owned();
            }
            None
        });
    }

    /// Draws the elapsed times anew.
    pub(crate) fn tick(&self) {
        self.change(|_| None);
    }

    /// A step ended; returns how long it took.
    pub(crate) fn end(&self, number: usize, ended: Ended, note: &str) -> Duration {
        let mut took = Duration::ZERO;
        self.change(|state| {
            let at = state.running.iter().position(|step| step.number == number)?;
            let step = state.running.remove(at);
            took = step.since.elapsed();
            let word = match ended {
                Ended::Done => "done",
                Ended::Reused => "reused",
                Ended::Failed => "FAILED",
            };
            let note = if note.is_empty() { String::new() } else { format!(" ({note})") };
            Some(format!("[{number}/{}] {}: {word}, {}{note}", state.steps, step.name, seconds(took)))
        });
        took
    }

    /// A line that stays, above the running steps.
    pub(crate) fn note(&self, line: &str) {
        self.change(|_| Some(line.to_owned()));
    }

    /// Changes the state, then draws: what `change` returns stays, the running steps follow below.
    fn change(&self, change: impl FnOnce(&mut State) -> Option<String>) {
        // A thread that panicked while it drew leaves at worst a torn line.
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let line = change(&mut state);
        let text = state.draw(line);
        // A closed stderr is no reason to stop a build.
        let _ = io::stderr().lock().write_all(text.as_bytes());
    }
}

impl State {
    fn draw(&mut self, line: Option<String>) -> String {
        let mut text = String::new();
        if self.drawn > 0 {
            // Up to the first line that is overwritten, then clear all below.
            text.push_str(&format!("\x1b[{}A\x1b[J", self.drawn));
        }
        if let Some(line) = line {
            text.push_str(&line);
            text.push('\n');
        }
        self.drawn = 0;
        if self.terminal {
            for step in &self.running {
                let elapsed = seconds(step.since.elapsed());
                let line = format!("[{}/{}] {} {elapsed} {}", step.number, self.steps, step.name, step.hint);
                // A longer line would wrap, and then not be overwritten whole.
                text.extend(line.chars().take(79));
                text.push('\n');
                self.drawn += 1;
            }
        }
        text
    }
}

/// `0.4 s`, `92 s`, `4 min 05 s`.
pub(crate) fn seconds(time: Duration) -> String {
    match time.as_secs() {
        0..10 => format!("{:.1} s", time.as_secs_f64()),
        whole @ 10..120 => format!("{whole} s"),
        whole => format!("{} min {:02} s", whole / 60, whole % 60),
    }
}

/// A line for the user, where no screen is in use.
pub(crate) fn say(line: &str) {
    // Nobody is left to tell when stderr is closed.
    let _ = writeln!(io::stderr().lock(), "{line}");
}

/// A line that is the chore's result, on stdout.
pub(crate) fn result(line: &str) {
    // A reader that went away (`| head`) has what it wanted.
    let _ = writeln!(io::stdout().lock(), "{line}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_read_well() {
        for (millis, expected) in [(0, "0.0 s"), (420, "0.4 s"), (92_400, "92 s"), (245_000, "4 min 05 s")] {
            assert_eq!(seconds(Duration::from_millis(millis)), expected);
        }
    }

    #[test]
    fn running_steps_are_overwritten_and_ended_ones_stay() {
        let mut state = State { steps: 2, terminal: true, running: Vec::new(), drawn: 0 };
        state.running.push(Running {
            number: 2,
            name: "trunk".into(),
            since: Instant::now(),
            hint: "Compiling x".into(),
        });
        assert_eq!(state.draw(None), "[2/2] trunk 0.0 s Compiling x\n");
        assert_eq!(
            state.draw(Some("[1/2] a: done".into())),
            "\x1b[1A\x1b[J[1/2] a: done\n[2/2] trunk 0.0 s Compiling x\n"
        );
    }
}
