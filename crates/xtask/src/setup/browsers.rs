//! The browsers and their drivers, one habitat after the other. A machine where one can't be had goes without it, and its
//! user is told. Must never make the set-up fail.

use std::fs;

use anyhow::Result;

use super::packages::{How, Package};
use super::tools::Tool;
use crate::places;
use crate::process::Report;
use crate::screen::Ended;

/// The names under which systems have Firefox.
const FIREFOX: &[&str] = &["firefox-esr", "firefox"];

/// What a habitat needs: programs of which one is enough, the package that brings it, Ubuntu's name for the package,
/// and what it is for.
const NEEDED: &[(&str, &[&str], &str, &str, &str)] = &[
    (
        "chromium",
        &["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"],
        "chromium",
        "chromium-browser",
        "run programs and tests in Chromium",
    ),
    ("chromium", &["chromedriver"], "chromium-driver", "chromium-chromedriver", "drive Chromium"),
    ("firefox", FIREFOX, "firefox-esr", "firefox-esr", "run programs and tests in Firefox"),
    (
        "webkit",
        &["WebKitWebDriver"],
        "webkit2gtk-driver",
        "webkit2gtk-driver",
        "run programs and tests in WebKitGTK, and drive it",
    ),
    ("webkit", &["Xvfb"], "xvfb", "xvfb", "give WebKitGTK a display that nobody sees"),
];

/// Installs the packages that are missing.
///
/// # Errors
/// None: a habitat that can't be had is told as such.
pub(crate) fn install(report: Report<'_>) -> Result<(Ended, String)> {
    let how = How::here();
    let (mut had, mut lacking) = (Vec::new(), Vec::new());
    for habitat in ["chromium", "firefox", "webkit"] {
        let missing = missing(habitat);
        if missing.is_empty() {
            continue;
        }
        match how.install(&missing, report) {
            Ok(()) => had.push(habitat),
            Err(error) => {
                report.screen.note(&format!("There will be no habitat {habitat}: {error:#}"));
                lacking.push(habitat);
            }
        }
    }
    Ok(match (had.is_empty(), lacking.is_empty()) {
        (_, false) => (Ended::Failed, format!("without {}", lacking.join(" and "))),
        (true, true) => (Ended::Reused, String::new()),
        (false, true) => (Ended::Done, had.join(" ")),
    })
}

/// Installs Firefox's driver, which Debian does not have.
///
/// # Errors
/// None: a failure is told.
pub(crate) fn geckodriver(tool: &Tool, cargo: &str, report: Report<'_>) -> Result<(Ended, String)> {
    if places::program(FIREFOX).is_none() {
        return Ok((Ended::Reused, "there is no Firefox to drive".to_owned()));
    }
    Ok(tool.install(cargo, report).unwrap_or_else(|error| {
        report.screen.note(&format!("There will be no habitat firefox: {error:#}"));
        (Ended::Failed, "without firefox".to_owned())
    }))
}

/// Whether a habitat is a browser that is not here, or can't be driven.
pub(crate) fn lacks(habitat: &str) -> bool {
    !missing(habitat).is_empty()
}

fn missing(habitat: &str) -> Vec<Package> {
    let ubuntu = fs::read_to_string("/etc/os-release").is_ok_and(|text| text.lines().any(|line| line == "ID=ubuntu"));
    NEEDED
        .iter()
        .filter(|(of, programs, ..)| *of == habitat && places::program(programs).is_none())
        .map(|(_, _, debian, other, why)| ((if ubuntu { *other } else { *debian }).to_owned(), (*why).to_owned()))
        .collect()
}
