//! Measures what takes the libraries or a browser, and writes it as one JSON object to the file of its argument.
//! `cargo xtask bench` runs it and adds the rest. Must never judge a figure.

mod chromium;
#[allow(dead_code, unused_imports, reason = "its own tests run with the command, not here")]
#[path = "../../src/habitat/browser/driver.rs"]
mod driver;
#[allow(dead_code, unused_imports, reason = "its own tests run with the command, not here")]
#[path = "../../src/habitat/browser/engine.rs"]
mod engine;
mod hosts;
mod sandbox;

use std::fs;

use anyhow::{Context as _, Result};
use serde_json::json;

fn main() -> Result<()> {
    // Cargo adds `--bench`.
    let file = std::env::args().skip(1).find(|argument| !argument.starts_with("--"));
    let file = file.context("name the file for the figures; `cargo xtask bench` does")?;
    // First, while no other child can have set the record.
    let peak = sandbox::peak_of_a_process()?;
    let wasmtime = sandbox::measure(amphi_wasmtime::Kind::Wasmtime)?;
    let shim = sandbox::measure(amphi_wasmtime::Kind::Shim)?;
    let hosts = json!({
        "wasmtime": hosts::measure(amphi_wasmtime::Kind::Wasmtime)?,
        "shim": hosts::measure(amphi_wasmtime::Kind::Shim)?,
    });
    // A browser may be missing where the rest is of interest.
    let chromium = chromium::measure().unwrap_or_else(|error| json!({ "skipped": format!("{error:#}") }));
    let figures = json!({ "peak_mib": peak, "wasmtime": wasmtime, "shim": shim, "hosts": hosts, "chromium": chromium });
    fs::write(&file, format!("{figures:#}\n")).with_context(|| format!("can't write {file}"))
}

/// The middle one of several measurements.
fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
