//! The Debian packages: which are missing, and installing them as root. The list for python.wasm is amphi-python's.
//! Must never install anything without having said what and why.

use std::process::{Command, Stdio};
use std::{env, fs};

use anyhow::{Context as _, Result};

use crate::places;
use crate::process::{self, Report};
use crate::screen::Ended;

/// The names under which systems have Chromium.
const CHROMIUM: &[&str] = &["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
/// The program that drives it.
const CHROMEDRIVER: &[&str] = &["chromedriver"];

/// What is missing, and how it may be installed.
#[derive(Debug)]
pub(crate) struct Packages {
    missing: Vec<(String, String)>,
    how: How,
}

#[derive(Debug, PartialEq, Eq)]
enum How {
    Root,
    Sudo,
    /// Only the user can.
    Refused,
    /// No Debian: other names, other commands.
    Elsewhere,
}

/// Finds what is missing.
///
/// # Errors
/// `dpkg-query` can't be asked.
pub(crate) fn needed(npm: bool) -> Result<Packages> {
    let wanted = wanted(npm);
    if places::program(&["dpkg-query"]).is_none() || places::program(&["apt-get"]).is_none() {
        let missing = wanted.into_iter().filter(|(package, _)| is_browser(package)).collect();
        return Ok(Packages { missing, how: How::Elsewhere });
    }
    let names: Vec<&str> = wanted.iter().map(|(name, _)| name.as_str()).collect();
    let installed = installed(&names)?;
    let missing: Vec<_> = wanted.into_iter().filter(|(name, _)| !installed.contains(name)).collect();
    let how = if missing.is_empty() || process::ask("id", &["-u"]).is_some_and(|id| id.trim() == "0") {
        How::Root
    } else if process::ask("sudo", &["-n", "true"]).is_some() {
        How::Sudo
    } else {
        How::Refused
    };
    Ok(Packages { missing, how })
}

/// Every package with what it is for, less those whose purpose is served already.
fn wanted(npm: bool) -> Vec<(String, String)> {
    let mut wanted = Vec::new();
    let mut want = |name: &str, why: &str| wanted.push((name.to_owned(), why.to_owned()));
    let ubuntu = fs::read_to_string("/etc/os-release").is_ok_and(|text| text.lines().any(|line| line == "ID=ubuntu"));
    if places::program(CHROMIUM).is_none() {
        want(if ubuntu { "chromium-browser" } else { "chromium" }, "run programs and tests in Chromium");
    }
    if places::program(CHROMEDRIVER).is_none() {
        want(if ubuntu { "chromium-chromedriver" } else { "chromium-driver" }, "drive Chromium");
    }
    if npm && places::program(&["npm"]).is_none() {
        want("nodejs", "compress the page");
        want("npm", "get wasm-opt");
    }
    // A wasi-sdk brings its own compiler, and a finished interpreter needs none.
    if amphi_python::artifact().is_err() && env::var_os(amphi_python::SDK_VARIABLE).is_none() {
        for package in amphi_python::debian_packages() {
            want(package.name, package.why);
        }
    }
    wanted
}

fn is_browser(package: &str) -> bool {
    package.starts_with("chromium")
}

fn installed(names: &[&str]) -> Result<Vec<String>> {
    if names.is_empty() {
        return Ok(Vec::new());
    }
    // It fails when it does not know one of the names, and still lists the others.
    let output = Command::new("dpkg-query")
        .args(["--show", "--showformat", "${Package} ${db:Status-Status}\n"])
        .args(names)
        .stderr(Stdio::null())
        .output()
        .context("can't ask dpkg-query what is installed")?;
    Ok(parse_installed(&String::from_utf8_lossy(&output.stdout)))
}

fn parse_installed(listing: &str) -> Vec<String> {
    listing.lines().filter_map(|line| line.strip_suffix(" installed")).map(str::to_owned).collect()
}

impl Packages {
    /// Whether installing these will bring the program of the same name.
    pub(crate) fn bring(&self, name: &str) -> bool {
        self.how != How::Elsewhere && self.missing.iter().any(|(package, _)| package == name)
    }

    /// Why these can't be installed from here; `None` when they can.
    pub(crate) fn refusal(&self) -> Option<String> {
        (self.how == How::Refused).then(|| {
            format!(
                "Debian packages are missing and only root may install them:\n{}\n  Run: sudo apt-get update && sudo apt-get install {}",
                self.reasons(),
                self.names().join(" ")
            )
        })
    }

    /// Installs what is missing.
    ///
    /// # Errors
    /// apt-get failed.
    pub(crate) fn install(&self, report: Report<'_>) -> Result<(Ended, String)> {
        if self.missing.is_empty() {
            return Ok((Ended::Reused, String::new()));
        }
        if self.how == How::Elsewhere {
            let names = self.names().join(" and ");
            report.screen.note(&format!("No Debian here: install {names} with your system's packages; only the tests and --habitat chromium need them."));
            return Ok((Ended::Reused, "not Debian".to_owned()));
        }
        report.screen.note(&format!("As root, apt-get installs:\n{}", self.reasons()));
        // A list that is out of date names files that are gone. When a source can't be reached the others still serve, and
        // the installation itself says what is lacking.
        process::run(self.apt(&["update"]), "apt-update", report)?;
        let mut arguments = vec!["install", "--yes", "--no-install-recommends"];
        arguments.extend(self.names());
        process::expect(self.apt(&arguments), "apt-install", report).context("is the network reachable?")?;
        Ok((Ended::Done, self.names().join(" ")))
    }

    fn names(&self) -> Vec<&str> {
        self.missing.iter().map(|(name, _)| name.as_str()).collect()
    }

    fn reasons(&self) -> String {
        let lines: Vec<String> = self.missing.iter().map(|(name, why)| format!("    {name}: to {why}")).collect();
        lines.join("\n")
    }

    fn apt(&self, arguments: &[&str]) -> Command {
        let mut command = match self.how {
            How::Sudo => {
                let mut sudo = Command::new("sudo");
                sudo.args(["-n", "DEBIAN_FRONTEND=noninteractive", "apt-get"]);
                sudo
            }
            _ => Command::new("apt-get"),
        };
        command.env("DEBIAN_FRONTEND", "noninteractive").args(arguments);
        command
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_whole_counts_as_installed() {
        let listing = "make installed\nclang-19 not-installed\nlld-19 config-files\ntcl installed\n";
        assert_eq!(parse_installed(listing), ["make", "tcl"]);
    }

    #[test]
    fn a_refusal_names_packages_reasons_and_the_command() {
        let missing = vec![("tcl".to_owned(), "put files together".to_owned())];
        let text = Packages { missing, how: How::Refused }.refusal().unwrap();
        for part in ["tcl: to put files together", "sudo apt-get install tcl"] {
            assert!(text.contains(part), "{text}");
        }
    }
}
