//! `cargo xtask test`: every check there is, one after the other, all of them even when one fails.
//! Must never judge a test: it counts what the tests say.

mod tally;

use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use crate::process::{self, Report};
use crate::screen::{self, Ended, Screen};
use crate::{cpython_tests, fuzz, places, setup, tidy};
pub(crate) use tally::Tally;

/// Every check: formatting, house rules, lints, unit tests, programs in all habitats, the page in Chromium, fuzzing.
#[derive(Debug, clap::Args)]
pub(crate) struct Test {
    /// Takes what is built already; something missing makes tests fail.
    #[arg(long)]
    no_setup: bool,
}

/// One check: what it did, and what it found.
type Check = (&'static str, fn(&str, Report<'_>) -> Result<Tally>);

const CHECKS: &[Check] = &[
    ("formatting", formatting),
    ("house rules", rules),
    ("lints of the native crates", native_lints),
    ("lints of the wasm crates", wasm_lints),
    ("the conformance guest", guest),
    ("tests", tests),
    ("fuzzing", fuzzing),
    ("CPython's own tests", cpython_tests::check),
    // Last, because the command that it builds takes the place of the usual one.
    ("host functions in native Python", native_python),
];

impl Test {
    /// Runs everything and prints the summary.
    ///
    /// # Errors
    /// Something failed.
    pub(crate) fn run(self) -> Result<()> {
        let began = Instant::now();
        let mut total = Tally::default();
        let mut times = Vec::new();
        let set_up = if self.no_setup { Ok(()) } else { setup::everything() };
        times.push(("set-up", began.elapsed()));
        match set_up {
            // Nothing can be said of what was not built.
            Err(error) => total.fail(format!("set-up: {error:#}")),
            Ok(()) => checks(&mut total, &mut times)?,
        }
        summary(&total, &times, began.elapsed());
        if total.failed > 0 { bail!("{} of the checks failed", total.failed) } else { Ok(()) }
    }
}

fn checks(total: &mut Tally, times: &mut Vec<(&'static str, Duration)>) -> Result<()> {
    let cargo = setup::cargo()?;
    let screen = Screen::new(CHECKS.len());
    for ((name, check), number) in CHECKS.iter().zip(1..) {
        screen.begin(number, name);
        let found = check(&cargo, Report { screen: &screen, number }).unwrap_or_else(|error| Tally::of_error(&error));
        let ended = if found.failed == 0 { Ended::Done } else { Ended::Failed };
        times.push((name, screen.end(number, ended, &found.counts())));
        total.add(found);
    }
    Ok(())
}

fn summary(total: &Tally, times: &[(&str, Duration)], all: Duration) {
    if !total.failures.is_empty() {
        screen::result("\nFailures:");
        for failure in &total.failures {
            screen::result(&format!("- {failure}"));
        }
    }
    screen::result("");
    let width = times.iter().map(|(name, _)| name.len()).max().unwrap_or_default();
    for (name, time) in times.iter().copied().chain([("all", all)]) {
        screen::result(&format!("{name:width$}  {}", screen::seconds(time)));
    }
    for skipped in &total.skipped {
        screen::result(&format!("ignored: {skipped}"));
    }
    screen::result(&total.counts());
}

fn formatting(cargo: &str, report: Report<'_>) -> Result<Tally> {
    let mut tally = one(cargo, &["fmt", "--all", "--check"], "fmt", report)?;
    let mut command = fuzz::manifest(cargo, "fmt");
    command.arg("--check");
    tally.add(passed(command, "fmt-fuzz", report)?);
    Ok(tally)
}

fn rules(_: &str, _: Report<'_>) -> Result<Tally> {
    let mut tally = Tally::default();
    match tidy::breaches()? {
        breaches if breaches.is_empty() => tally.passed = 1,
        breaches => breaches.into_iter().for_each(|breach| tally.fail(breach)),
    }
    Ok(tally)
}

/// In the release profile, whose compiled build scripts and macros are there already.
fn native_lints(cargo: &str, report: Report<'_>) -> Result<Tally> {
    let arguments =
        [&["clippy", "--release", "--workspace"][..], WITHOUT_WASM, WITHOUT_PYTHON, &["--all-targets"], DENY].concat();
    let mut tally = one(cargo, &arguments, "clippy", report)?;
    let mut command = fuzz::manifest(cargo, "clippy");
    command.args(["--release", "--locked", "--target-dir"]).arg(places::target()).args(["--", "-D", "warnings"]);
    // Nothing is linked, so that libFuzzer need not be compiled for it; any path of a library stands for it.
    command.env("CUSTOM_LIBFUZZER_PATH", places::target().join("libfuzzer.a"));
    tally.add(passed(command, "clippy-fuzz", report)?);
    Ok(tally)
}

fn wasm_lints(cargo: &str, report: Report<'_>) -> Result<Tally> {
    let arguments = [
        &[
            "clippy",
            "--profile",
            "web",
            "--target",
            setup::WASM_TARGET,
            "--package",
            "amphi-browser",
            "--package",
            "amphi-web",
        ][..],
        &["--all-features", "--", "-D", "warnings"],
    ]
    .concat();
    one(cargo, &arguments, "clippy-wasm", report)
}

/// Lints the guest that checks preview1 from the inside, and builds it for the tests.
fn guest(cargo: &str, report: Report<'_>) -> Result<Tally> {
    let package = ["--release", "--package", "amphi-conformance", "--target", setup::GUEST_TARGET];
    let tally = one(cargo, &[&["clippy"][..], &package, &["--", "-D", "warnings"]].concat(), "clippy-guest", report)?;
    one(cargo, &[&["build"][..], &package].concat(), "guest", report)?;
    Ok(tally)
}

fn tests(cargo: &str, report: Report<'_>) -> Result<Tally> {
    let mut command = Command::new(cargo);
    command
        .current_dir(places::root())
        .args(["test", "--release", "--workspace"])
        .args(WITHOUT_WASM)
        .args(WITHOUT_PYTHON)
        .arg("--no-fail-fast");
    let mut tally = counted(command, "test", report)?;
    tally.add(parts_of_the_page(cargo, report)?);
    Ok(tally)
}

/// What of the page and of its worker needs no browser, on this machine. Not optimised: only the compiler takes its time.
fn parts_of_the_page(cargo: &str, report: Report<'_>) -> Result<Tally> {
    let mut command = Command::new(cargo);
    command
        .current_dir(places::root())
        .args(["test", "--lib", "--package", "amphi-web", "--package", "amphi-browser", "--no-default-features"])
        .args(["--features", "amphi-web/page,amphi-browser/worker", "--no-fail-fast"]);
    counted(command, "test-page", report)
}

/// Lints and tests what links with this machine's Python; left out where that cannot be linked with.
fn native_python(cargo: &str, report: Report<'_>) -> Result<Tally> {
    if process::ask("python3", &["-c", LINKABLE]).is_none() {
        let lacking = "host functions in native Python: there is no library of Python 3.11 or newer to link with";
        return Ok(Tally { skipped: vec![format!("{lacking} (Debian: python3-dev)")], ..Tally::default() });
    }
    let feature = ["--features", "amphi/native-python"];
    let lints =
        [&["clippy", "--release", "--workspace"][..], WITHOUT_WASM, WITHOUT_EMBED, &feature, &["--all-targets"], DENY]
            .concat();
    let mut tally = one(cargo, &lints, "clippy-native-python", report)?;
    let own = ["test", "--release", "--package", "amphi-native-python", "--no-fail-fast"];
    // The whole workspace is named so that nothing that is built already is built with other features.
    let in_guests = [
        &["test", "--release", "--workspace"][..],
        WITHOUT_WASM,
        WITHOUT_EMBED,
        &feature,
        &["--no-fail-fast", "--test", "native_python"],
    ]
    .concat();
    for (arguments, log) in [(&own[..], "test-native-python"), (&in_guests, "test-native-python-guests")] {
        let mut command = Command::new(cargo);
        command.current_dir(places::root()).args(arguments);
        tally.add(counted(command, log, report)?);
    }
    Ok(tally)
}

/// Fails in a Python that is too old or has no shared library to link with.
const LINKABLE: &str = "\
import os, sys
from sysconfig import get_config_var as of
shared = of('Py_ENABLE_SHARED') and os.path.exists(os.path.join(of('LIBDIR'), of('LDLIBRARY')))
sys.exit(0 if shared and sys.version_info >= (3, 11) else 1)";

/// Runs tests and counts what they say.
fn counted(command: Command, log: &str, report: Report<'_>) -> Result<Tally> {
    let said = process::words(&command);
    let finished = process::run(command, log, report)?;
    let mut tally = Tally::of_tests(&finished.output);
    if !finished.status.success() && tally.failed == 0 {
        // A test that does not compile, or a test program that crashed, has no count of its own.
        tally.fail(process::failure(&said, &finished, log));
    }
    Ok(tally)
}

/// Every decoder, path resolution and sequences of calls, for a minute in all.
fn fuzzing(cargo: &str, report: Report<'_>) -> Result<Tally> {
    fuzz::build(cargo, report)?;
    let targets = fuzz::targets()?;
    let mut tally = Tally::default();
    for target in &targets {
        match fuzz::run(target, fuzz::share(targets.len()), report) {
            Ok(_) => tally.passed += 1,
            Err(error) => tally.fail(format!("fuzzing {target}: {error:#}")),
        }
    }
    Ok(tally)
}

/// These crates are not for this machine: two are for the browser, one is a guest.
const WITHOUT_WASM: &[&str] =
    &["--exclude", "amphi-browser", "--exclude", "amphi-web", "--exclude", "amphi-conformance"];

/// This one links with the machine's Python, which has a check of its own.
const WITHOUT_PYTHON: &[&str] = &["--exclude", "amphi-native-python"];

/// This one calls the library `amphi`, as an embedder may: a feature of the command would be taken for one of that.
const WITHOUT_EMBED: &[&str] = &["--exclude", "amphi-example-embed"];

/// What lints are run with: a warning is a failure.
const DENY: &[&str] = &["--", "-D", "warnings"];

/// A program that is a check by itself.
fn one(cargo: &str, arguments: &[&str], log: &str, report: Report<'_>) -> Result<Tally> {
    let mut command = Command::new(cargo);
    command.current_dir(places::root()).args(arguments);
    passed(command, log, report)
}

fn passed(command: Command, log: &str, report: Report<'_>) -> Result<Tally> {
    process::expect(command, log, report)?;
    Ok(Tally { passed: 1, ..Tally::default() })
}
