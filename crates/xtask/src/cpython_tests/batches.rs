//! Runs modules in a habitat, many in one guest, because a guest takes a while to start; a guest that dies costs the
//! module that it was in, and the rest runs in a new one. Must never judge.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use anyhow::{Result, bail};

use super::REFERENCE;
use super::guest::{self, Ended, Said};
use super::modules::Modules;
use super::suite::Suite;
use crate::places;
use crate::process::{self, Report};

/// How many modules share a guest.
pub(crate) const SIZE: usize = 64;

/// Much longer than a batch takes: what hangs is to end.
const WALL: &str = "600s";

/// Files in memory. The reference has real ones, of which tests make thousands.
const MEMORY: &str = "/dev/shm";

/// The exit code of a wrong command line.
const MISUSE: i32 = 2;

/// What came of each of `batch`.
///
/// # Errors
/// amphi can't be started, or can't run the runner.
pub(crate) fn run(
    suite: &Suite,
    modules: &Modules,
    habitat: &str,
    batch: &[String],
    report: Report<'_>,
) -> Result<BTreeMap<String, Ended>> {
    let mut ended = BTreeMap::new();
    let mut waiting = batch.to_vec();
    while let Some(first) = waiting.first() {
        let log = format!("cpython-tests-{habitat}-{first}");
        let spec = modules.spec(habitat, &waiting, suite.c_recursion_limit).to_string();
        let finished = process::run(command(suite, habitat, &spec), &log, report)?;
        let said = guest::read(&finished.output);
        if !said.began || finished.status.code() == Some(MISUSE) {
            bail!("amphi could not run CPython's tests in {habitat}:\n{}", finished.output.trim());
        }
        let how = (!finished.status.success()).then(|| finished.status.to_string());
        settle(&mut waiting, said, how, &mut ended);
    }
    Ok(ended)
}

fn command(suite: &Suite, habitat: &str, spec: &str) -> Command {
    let mut command = Command::new(places::amphi());
    command.args(["run", "--habitat", habitat, "--wall", WALL, "--dir"]);
    command.arg(format!("{}::/tests:ro", suite.tests.display()));
    // As regrtest runs them.
    command.args(["-W", "default", "-bb"]).arg(&suite.program).arg(spec);
    if habitat == REFERENCE && Path::new(MEMORY).is_dir() {
        command.env("TMPDIR", MEMORY);
    }
    command
}

/// Takes the modules of which something came from those that wait: each that was done, and the one that a guest died in.
/// `failure` is how the guest ended, if not well.
fn settle(waiting: &mut Vec<String>, said: Said, failure: Option<String>, ended: &mut BTreeMap<String, Ended>) {
    let mut done = None;
    for found in said.found {
        if let Some(at) = waiting.iter().position(|module| *module == found.module) {
            done = Some(waiting.remove(at));
            ended.insert(found.module.clone(), Ended::Ran(found));
        }
    }
    let died = match (waiting.is_empty(), &failure) {
        (false, _) => Some(waiting.remove(0)),
        // After the last test there is still the guest's own end.
        (true, Some(_)) => done,
        (true, None) => None,
    };
    if let Some(module) = died {
        let test = said.last.unwrap_or_else(|| format!("test.{module}"));
        let failure = failure.unwrap_or_else(|| "it exited".to_owned());
        ended.insert(module, Ended::Died { test, how: format!("{failure}: {}", said.words) });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cpython_tests::guest::Found;

    #[test]
    fn a_death_costs_the_module_it_was_in() {
        for (name, done, last, failure, still, died) in [
            ("all is well", &["test_a", "test_b", "test_c"][..], None, None, &[][..], None),
            (
                "in the second",
                &["test_a"],
                Some("test.test_b.T.x"),
                Some("134"),
                &["test_c"],
                Some(("test_b", "test.test_b.T.x")),
            ),
            ("between two", &["test_a"], None, Some("134"), &["test_c"], Some(("test_b", "test.test_b"))),
            (
                "an exit without a failure",
                &[],
                Some("test.test_a"),
                None,
                &["test_b", "test_c"],
                Some(("test_a", "test.test_a")),
            ),
            (
                "after the last",
                &["test_a", "test_b", "test_c"],
                None,
                Some("134"),
                &[],
                Some(("test_c", "test.test_c")),
            ),
        ] {
            let mut waiting = ["test_a", "test_b", "test_c"].map(str::to_owned).to_vec();
            let found = done.iter().map(|module| Found { module: (*module).to_owned(), ..Found::default() }).collect();
            let said = Said { began: true, found, last: last.map(str::to_owned), words: String::new() };
            let mut ended = BTreeMap::new();
            settle(&mut waiting, said, failure.map(str::to_owned), &mut ended);
            assert_eq!(waiting, still, "{name}");
            let found = ended.iter().find_map(|(module, ended)| match ended {
                Ended::Died { test, .. } => Some((module.as_str(), test.as_str())),
                Ended::Ran(_) => None,
            });
            assert_eq!(found, died, "{name}");
        }
    }
}
