//! Owns how a long build shows itself on standard error: one line that is drawn anew on a terminal, plain lines
//! elsewhere. It must never know what is built.

use amphi_python::{Ended, Progress, Step};
use std::io::{self, IsTerminal as _, Write as _};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// How often the line is drawn: often enough for its clock, seldom enough for slow terminals.
const REDRAW: Duration = Duration::from_millis(250);

/// What fits on one line of any terminal.
const WIDTH: usize = 79;

/// Shows the steps of a build. Standard error that is gone does not stop the build, so failed writes are passed over.
pub(crate) struct Terminal {
    /// The line that is being drawn, on a terminal.
    drawn: Option<Drawn>,
    is_terminal: bool,
}

/// A thread that draws the line of the step under way, so that its clock runs while the step is silent.
struct Drawn {
    latest: Sender<String>,
    drawer: JoinHandle<()>,
}

impl Terminal {
    pub(crate) fn new() -> Self {
        Self { drawn: None, is_terminal: io::stderr().is_terminal() }
    }

    fn erase(&mut self) {
        if let Some(Drawn { latest, drawer }) = self.drawn.take() {
            drop(latest);
            // A drawer that panicked has drawn nothing that matters.
            let _ = drawer.join();
        }
    }
}

impl Progress for Terminal {
    fn begin(&mut self, step: Step<'_>) {
        let title = title(step);
        if !self.is_terminal {
            let _ = writeln!(io::stderr(), "{title} ...");
            return;
        }
        let (latest, lines) = mpsc::channel::<String>();
        let started = Instant::now();
        let drawer = thread::spawn(move || {
            let mut latest = String::new();
            loop {
                let _ = write!(io::stderr(), "\r\x1b[K{}", fitted(&title, started.elapsed(), &latest));
                let next = Instant::now() + REDRAW;
                // Takes all lines that come until it is time to draw again; only the last one is shown.
                loop {
                    let left = next.saturating_duration_since(Instant::now());
                    if left.is_zero() {
                        break;
                    }
                    match lines.recv_timeout(left) {
                        Ok(line) => latest = line,
                        Err(RecvTimeoutError::Timeout) => break,
                        Err(RecvTimeoutError::Disconnected) => {
                            let _ = write!(io::stderr(), "\r\x1b[K");
                            return;
                        }
                    }
                }
            }
        });
        self.drawn = Some(Drawn { latest, drawer });
    }

    fn line(&mut self, line: &str, _elapsed: Duration) {
        if let Some(drawn) = &self.drawn {
            let _ = drawn.latest.send(line.to_owned());
        }
    }

    fn end(&mut self, step: Step<'_>, ended: Ended, elapsed: Duration) {
        self.erase();
        let title = title(step);
        let _ = match ended {
            Ended::Done => writeln!(io::stderr(), "{title}: {}", clock(elapsed)),
            Ended::Reused => writeln!(io::stderr(), "{title}: already done"),
            Ended::Failed => writeln!(io::stderr(), "{title}: failed after {}", clock(elapsed)),
        };
    }

    fn note(&mut self, note: &str) {
        let _ = writeln!(io::stderr(), "{note}");
    }
}

fn title(step: Step<'_>) -> String {
    format!("[{:>2}/{}] {}", step.number, step.of, step.name)
}

/// Minutes and seconds.
fn clock(elapsed: Duration) -> String {
    let seconds = elapsed.as_secs();
    format!("{}:{:02}", seconds / 60, seconds % 60)
}

/// Title, clock and as much of the latest line as fits; control characters of other programs must not reach the terminal.
fn fitted(title: &str, elapsed: Duration, latest: &str) -> String {
    let line = format!("{title} {}  {latest}", clock(elapsed));
    line.chars().map(|c| if c.is_control() { ' ' } else { c }).take(WIDTH).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_fits_and_is_harmless() {
        for (name, elapsed, latest, expected) in [
            ("nothing yet", 0, "", "[ 1/10] link 0:00  "),
            ("over a minute", 61, "clang", "[ 1/10] link 1:01  clang"),
            ("control characters", 5, "a\x1b[2Jb\tc", "[ 1/10] link 0:05  a [2Jb c"),
        ] {
            assert_eq!(fitted("[ 1/10] link", Duration::from_secs(elapsed), latest), expected, "{name}");
        }
        assert_eq!(fitted("x", Duration::ZERO, &"é".repeat(200)).chars().count(), WIDTH);
    }
}
