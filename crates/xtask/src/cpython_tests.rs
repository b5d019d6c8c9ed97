//! `cargo xtask cpython-tests`: CPython's own tests in several habitats, held against the lists of what is known. Must
//! never explain a failure: people do, in `known.toml`.

mod batches;
mod guest;
mod judge;
mod known;
mod modules;
mod page;
mod scoreboard;
mod suite;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Result, bail};

use crate::process::Report;
use crate::screen::{self, Ended as Step, Screen};
use crate::test::Tally;
use crate::{places, setup};
use guest::Ended;
use known::Known;
use modules::Modules;
use scoreboard::{Scoreboard, counts};
use suite::Suite;

/// Where the tests run, if nothing else is said.
const HABITATS: &[&str] = &[REFERENCE, "shim", "chromium"];

/// What passes here is to pass everywhere.
const REFERENCE: &str = "wasmtime";

/// Runs CPython's own tests; BLESS=1 renews the scoreboard and its page.
#[derive(Debug, clap::Args)]
pub(crate) struct CpythonTests {
    /// Modules, named as in test_os or test_email.test_email; without any, all that can run somewhere.
    #[arg(value_name = "MODULE")]
    modules: Vec<String>,
    /// Only the modules that `cargo xtask test` runs.
    #[arg(long, conflicts_with = "modules")]
    quick: bool,
    /// Where to run them.
    #[arg(long, value_delimiter = ',', default_values = HABITATS)]
    habitat: Vec<String>,
    /// Takes what is built already.
    #[arg(long)]
    no_setup: bool,
}

/// What came of the modules in one habitat.
#[derive(Debug)]
struct Run {
    habitat: String,
    modules: BTreeMap<String, Ended>,
    took: Duration,
}

impl Run {
    fn new(habitat: &str, modules: BTreeMap<String, Ended>) -> Self {
        Self { habitat: habitat.to_owned(), modules, took: Duration::ZERO }
    }
}

impl CpythonTests {
    /// Runs them, and tells what must not stay as it is.
    ///
    /// # Errors
    /// There are findings, or the tests can't be run.
    pub(crate) fn run(self) -> Result<()> {
        if !self.no_setup {
            setup::everything()?;
        }
        let modules = Modules::shipped()?;
        let names = match (self.modules.is_empty(), self.quick) {
            (false, _) => &self.modules,
            (true, true) => &modules.quick,
            (true, false) => &modules.wide,
        };
        let runs = all(&self.habitat, &modules, names)?;
        if std::env::var_os("BLESS").is_some_and(|bless| bless == "1") {
            bless(&runs, &modules)?;
        }
        let known = Known::load()?;
        let findings = judge::findings(&runs, &known, &Scoreboard::load()?);
        let mut lines: Vec<String> = findings.iter().map(ToString::to_string).collect();
        let unsorted = known.unsorted();
        lines.extend(
            unsorted.map(|(group, count)| format!("known.toml: tests under [{group}], without a reason: {count}")),
        );
        summary(&runs, &lines);
        if lines.is_empty() { Ok(()) } else { bail!("findings: {}", lines.len()) }
    }
}

/// Runs `names` in each habitat, a step for each batch.
fn all(habitats: &[String], modules: &Modules, names: &[String]) -> Result<Vec<Run>> {
    let screen = Screen::new(1 + habitats.len() * names.chunks(batches::SIZE).len());
    let mut number = 1;
    let suite = step(&screen, number, "CPython's tests", |report| Ok((Suite::prepare(report)?, String::new())))?.0;
    let mut runs = Vec::new();
    for habitat in habitats {
        let mut run = Run::new(habitat, BTreeMap::new());
        for batch in names.chunks(batches::SIZE) {
            number += 1;
            let name = match batch {
                [first, .., last] => format!("{habitat}: {first} to {last}"),
                _ => format!("{habitat}: {}", batch.concat()),
            };
            let (ended, took) = step(&screen, number, &name, |report| {
                let ended = batches::run(&suite, modules, habitat, batch, report)?;
                let note = total(&ended).to_string();
                Ok((ended, note))
            })?;
            run.modules.extend(ended);
            run.took += took;
        }
        runs.push(run);
    }
    Ok(runs)
}

/// Runs one step on the screen; what it gives, and how long it took.
fn step<T>(
    screen: &Screen,
    number: usize,
    name: &str,
    work: impl FnOnce(Report<'_>) -> Result<(T, String)>,
) -> Result<(T, Duration)> {
    screen.begin(number, name);
    match work(Report { screen, number }) {
        Ok((value, note)) => Ok((value, screen.end(number, Step::Done, &note))),
        Err(error) => {
            screen.end(number, Step::Failed, "");
            Err(error)
        }
    }
}

/// The quick list in all habitats, as one check of `cargo xtask test`: one for each module and habitat.
///
/// # Errors
/// The tests can't be run.
pub(crate) fn check(_: &str, report: Report<'_>) -> Result<Tally> {
    let modules = Modules::shipped()?;
    let suite = Suite::prepare(report)?;
    let run = |habitat: &&str| Ok(Run::new(habitat, batches::run(&suite, &modules, habitat, &modules.quick, report)?));
    let (lacking, there): (Vec<&str>, Vec<&str>) = HABITATS.iter().partition(|habitat| setup::lacks(habitat));
    let runs = there.iter().map(run).collect::<Result<Vec<Run>>>()?;
    let findings = judge::findings(&runs, &Known::load()?, &Scoreboard::load()?);
    let mut tally = Tally::default();
    tally.skipped.extend(lacking.iter().map(|habitat| format!("CPython's own tests in {habitat}, which is not here")));
    for run in &runs {
        for module in run.modules.keys() {
            let here = findings.iter().filter(|finding| finding.habitat == run.habitat && finding.module == *module);
            let lines: Vec<String> = here.map(ToString::to_string).collect();
            if lines.is_empty() { tally.passed += 1 } else { tally.fail(lines.join("\n  ")) }
        }
    }
    Ok(tally)
}

/// Takes what was found for what is to be.
fn bless(runs: &[Run], modules: &Modules) -> Result<()> {
    let known = Known::load()?.sorted();
    let (gone, unlisted) = judge::changes(runs, &known);
    let habitats: Vec<&str> = runs.iter().map(|run| run.habitat.as_str()).collect();
    known::bless(&gone, &unlisted, &habitats)?;
    let mut board = Scoreboard::load()?;
    board.take(runs);
    board.save()?;
    page::write(&board, &Known::load()?, modules)
}

/// Tests by outcome, and guests that died.
#[derive(Debug, Default)]
struct Total {
    passed: usize,
    skipped: usize,
    failed: usize,
    died: usize,
}

fn total(modules: &BTreeMap<String, Ended>) -> Total {
    let mut total = Total::default();
    for ended in modules.values() {
        match ended {
            Ended::Ran(found) => {
                let [passed, skipped, failed] = counts(found);
                total.passed += passed;
                total.skipped += skipped;
                total.failed += failed;
            }
            Ended::Died { .. } => total.died += 1,
        }
    }
    total
}

impl std::fmt::Display for Total {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} passed, {} skipped, {} failed", self.passed, self.skipped, self.failed)?;
        if self.died > 0 { write!(f, ", {} ended the guest", self.died) } else { Ok(()) }
    }
}

fn summary(runs: &[Run], findings: &[String]) {
    screen::result(&format!(
        "{:10}  {:>7}  {:>7}  {:>7}  {:>7}  {:>5}  time",
        "", "modules", "passed", "skipped", "failed", "died"
    ));
    for run in runs {
        let Total { passed, skipped, failed, died } = total(&run.modules);
        let (modules, time) = (run.modules.len(), screen::seconds(run.took));
        screen::result(&format!(
            "{:10}  {modules:>7}  {passed:>7}  {skipped:>7}  {failed:>7}  {died:>5}  {time}",
            run.habitat
        ));
    }
    if !findings.is_empty() {
        screen::result("\nFindings:");
        findings.iter().for_each(|finding| screen::result(finding));
    }
}

/// The lists beside this file.
fn folder() -> PathBuf {
    places::root().join("crates/xtask/src/cpython_tests")
}
