//! Runs steps that wait for one another, and at the same time those that don't. Must never know what a step does.

use std::sync::mpsc;
use std::thread;

use anyhow::{Result, anyhow};

use crate::process::Report;
use crate::screen::{Ended, Screen};

/// The work of a step: what it did, and a few words about it.
pub(crate) type Work<'a> = Box<dyn FnOnce(Report<'_>) -> Result<(Ended, String)> + Send + 'a>;

/// One step.
pub(crate) struct Step<'a> {
    name: String,
    after: Vec<&'static str>,
    work: Work<'a>,
    key: &'static str,
}

impl<'a> Step<'a> {
    /// A step that others know as `key`, shown as `name`, that begins when all of `after` are done.
    pub(crate) fn new(
        key: &'static str,
        name: impl Into<String>,
        after: &[&'static str],
        work: impl FnOnce(Report<'_>) -> Result<(Ended, String)> + Send + 'a,
    ) -> Self {
        Self { key, name: name.into(), after: after.to_vec(), work: Box::new(work) }
    }
}

/// Runs all steps. After a failure no step begins; those under way end by themselves, because what they leave is of use
/// next time, and because ending them would leave their own programs running.
///
/// # Errors
/// The first failure, or steps that wait for each other.
pub(crate) fn run(steps: Vec<Step<'_>>) -> Result<()> {
    let screen = Screen::new(steps.len());
    let (said, heard) = mpsc::channel();
    let mut waiting: Vec<(usize, Step<'_>)> = steps.into_iter().enumerate().map(|(at, step)| (at + 1, step)).collect();
    let mut done: Vec<&'static str> = Vec::new();
    let mut running = 0_usize;
    let mut failed: Option<anyhow::Error> = None;
    thread::scope(|scope| {
        loop {
            let ready = |step: &Step<'_>| step.after.iter().all(|key| done.contains(key));
            if failed.is_none() {
                for (number, step) in waiting.extract_if(.., |(_, step)| ready(step)) {
                    let (said, screen) = (said.clone(), &screen);
                    running += 1;
                    scope.spawn(move || {
                        screen.begin(number, &step.name);
                        let ended = (step.work)(Report { screen, number });
                        match &ended {
                            Ok((ended, note)) => screen.end(number, *ended, note),
                            Err(_) => screen.end(number, Ended::Failed, ""),
                        };
                        // The receiver outlives every step.
                        let _ = said.send((step.key, ended.map_err(|error| error.context(step.name))));
                    });
                }
            }
            if running == 0 {
                break;
            }
            let Ok((key, ended)) = heard.recv() else { break };
            running -= 1;
            match ended {
                Ok(_) => done.push(key),
                Err(error) => {
                    if running > 0 {
                        screen.note(&format!(
                            "{error:#}\nNothing more is begun; what is under way ends first (or Ctrl-C)."
                        ));
                    }
                    failed.get_or_insert(error);
                }
            }
        }
    });
    match (failed, waiting.first()) {
        (Some(error), _) => Err(error),
        (None, Some((_, step))) => Err(anyhow!("{} waits for a step that never comes", step.name)),
        (None, None) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Mutex;

    #[test]
    fn steps_run_in_order_and_a_failure_stops_the_rest() {
        for (name, fails, expected) in [("all", "", "abc"), ("second fails", "b", "ab")] {
            let order = &Mutex::new(String::new());
            let step = |key: &'static str, after: &[&'static str]| {
                Step::new(key, key, after, move |report| {
                    let _ = report.number;
                    order.lock().unwrap().push_str(key);
                    if key == fails { Err(anyhow!("broken")) } else { Ok((Ended::Done, String::new())) }
                })
            };
            let done = run(vec![step("c", &["b"]), step("a", &[]), step("b", &["a"])]);
            assert_eq!(*order.lock().unwrap(), expected, "{name}");
            assert_eq!(done.is_ok(), fails.is_empty(), "{name}");
        }
    }

    #[test]
    fn a_step_that_can_never_begin_is_named() {
        let step = Step::new("a", "first", &["b"], |_| Ok((Ended::Done, String::new())));
        assert_eq!(run(vec![step]).unwrap_err().to_string(), "first waits for a step that never comes");
    }
}
