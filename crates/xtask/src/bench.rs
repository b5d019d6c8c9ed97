//! `cargo xtask bench`: the project's figures, all in one run, beside what is asked of them. Figures that take the
//! libraries or a browser come from `native/benches/figures`; the rest is measured here. Must never change what is built.

mod cpython;
mod process;
mod pyodide;
mod pyperformance;
mod table;
mod wasi;

use std::fs;
use std::process::Command;

use anyhow::{Context as _, Result};
use serde_json::{Map, Value, json};

use crate::process::Report;
use crate::screen::{self, Ended, Screen};
use crate::{places, setup};

/// Measures the project's figures and prints them beside what is asked. Use a machine that does nothing else meanwhile.
#[derive(Debug, clap::Args)]
pub(crate) struct Bench {
    /// Leaves out pyperformance, which takes some minutes.
    #[arg(long)]
    quick: bool,
}

/// A measurement: where its value goes in the JSON, what it is called, and how it is taken.
type Measurement<'a> = (&'static str, &'static str, &'a dyn Fn(Report<'_>) -> Result<Value>);

impl Bench {
    /// Measures everything, prints the table and writes the JSON.
    ///
    /// # Errors
    /// The set-up fails, or the JSON can't be written. A figure that can't be taken is told in the table.
    pub(crate) fn run(self) -> Result<()> {
        setup::everything()?;
        let cargo = setup::cargo()?;
        let native = |report: Report<'_>| cpython::ensure(report).map(|python| json!(python));
        let whole = |_: Report<'_>| process::ratio(&cpython::path()?);
        let libraries = |report: Report<'_>| libraries(&cargo, report);
        let download = |_: Report<'_>| download();
        let quick = self.quick;
        let speed = |report: Report<'_>| match quick {
            true => Ok(json!({ "skipped": "left out by --quick" })),
            false => pyperformance::ratio(&cpython::path()?, report),
        };
        let pathlib = |report: Report<'_>| pyperformance::pathlib(&cpython::path()?, report);
        let measurements: [Measurement<'_>; 12] = [
            ("cpython", "native CPython of the same source", &native),
            ("process", "whole processes", &whole),
            ("figures", "sandboxes and the page", &libraries),
            ("download", "what the browser loads", &download),
            ("files", "files in three habitats", &wasi::files),
            ("growth", "what files and folders cost as they grow", &wasi::growth),
            ("traced", "what recording a trace costs", &wasi::traced),
            ("call", "a call of WASI in Chromium", &wasi::call),
            ("javascript", "a function of JavaScript in Chromium, beside Pyodide's", &pyodide::ratio),
            ("shim", "the worker's size", &wasi::size),
            ("pathlib", "pyperformance's pathlib", &pathlib),
            ("pyperformance", "pyperformance's pure-Python benchmarks", &speed),
        ];
        let screen = Screen::new(measurements.len());
        let mut found = Map::new();
        for ((key, name, measure), number) in measurements.into_iter().zip(1..) {
            screen.begin(number, name);
            // One figure that can't be taken must not cost the others.
            let (value, ended) = match measure(Report { screen: &screen, number }) {
                Ok(value) => (value, Ended::Done),
                Err(error) => (json!({ "skipped": format!("{error:#}") }), Ended::Failed),
            };
            screen.end(number, ended, "");
            found.insert(key.to_owned(), value);
        }
        let found = Value::Object(found);
        for line in table::lines(&found) {
            screen::result(&line);
        }
        let file = places::target().join("bench.json");
        fs::write(&file, format!("{:#}\n", table::json(&found)))
            .with_context(|| format!("can't write {}", file.display()))?;
        screen::result(&format!("\nAs JSON: {}", file.display()));
        Ok(())
    }
}

fn libraries(cargo: &str, report: Report<'_>) -> Result<Value> {
    let file = places::notes().join("figures.json");
    let mut command = Command::new(cargo);
    command.current_dir(places::root()).args(["bench", "--package", "amphi", "--bench", "figures", "--"]).arg(&file);
    crate::process::expect(command, "figures", report)?;
    let text = fs::read_to_string(&file).with_context(|| format!("can't read {}", file.display()))?;
    Ok(serde_json::from_str(&text)?)
}

fn mean(values: &[f64]) -> f64 {
    // There are fewer of them than 2^32.
    values.iter().sum::<f64>() / f64::from(u32::try_from(values.len()).unwrap_or(u32::MAX))
}

/// All that the page consists of, as it crosses the wire: compressed where there is a compressed form.
fn download() -> Result<Value> {
    let mut bytes = 0;
    for file in setup::files_of(&places::dist())? {
        if file.extension().is_some_and(|kind| kind == "br") {
            continue;
        }
        let compressed = setup::with_br(&file);
        let sent = if compressed.is_file() { compressed } else { file };
        bytes += fs::metadata(&sent).with_context(|| format!("can't read {}", sent.display()))?.len();
    }
    Ok(json!({ "bytes": bytes }))
}
