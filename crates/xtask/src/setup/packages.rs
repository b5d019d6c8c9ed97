//! The Debian packages that the set-up can't do without: which are missing, and installing them as root. The list for
//! python.wasm is amphi-python's.
//! Must never install anything without having said what and why.

use std::env;
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail};

use crate::process::{self, Report};
use crate::screen::Ended;
use crate::{fuzz, places};

/// A package, and what it is for: `to ...`.
pub(crate) type Package = (String, String);

/// What is missing, and how it may be installed.
#[derive(Debug)]
pub(crate) struct Packages {
    missing: Vec<Package>,
    how: How,
}

/// How packages may be installed here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum How {
    /// By this user.
    Root,
    /// By this user through sudo.
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
    let how = How::here();
    if how == How::Elsewhere {
        return Ok(Packages { missing: Vec::new(), how });
    }
    let wanted = wanted(npm);
    let names: Vec<&str> = wanted.iter().map(|(name, _)| name.as_str()).collect();
    let installed = installed(&names)?;
    Ok(Packages { missing: wanted.into_iter().filter(|(name, _)| !installed.contains(name)).collect(), how })
}

/// Every package with what it is for, less those whose purpose is served already.
fn wanted(npm: bool) -> Vec<Package> {
    let mut wanted = Vec::new();
    let mut want = |name: &str, why: &str| wanted.push((name.to_owned(), why.to_owned()));
    if npm && places::program(&["npm"]).is_none() {
        want("nodejs", "compress the page");
        want("npm", "get wasm-opt");
    }
    want("python3-dev", "test host functions in the machine's own Python");
    // A wasi-sdk brings its own compiler; a finished interpreter needs one only for C extension modules.
    if env::var_os(amphi_python::SDK_VARIABLE).is_none() {
        let finished = amphi_python::artifact().is_ok();
        for package in amphi_python::debian_packages().iter().filter(|package| package.links || !finished) {
            want(package.name, package.why);
        }
    }
    // The build of the interpreter brings a compiler that serves.
    if places::program(fuzz::COMPILERS).is_none() && !wanted.iter().any(|(name, _)| name.starts_with("clang")) {
        wanted.push(("g++".to_owned(), "compile the fuzzers".to_owned()));
    }
    wanted
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
        (self.how == How::Refused && !self.missing.is_empty()).then(|| refused(&self.missing))
    }

    /// Installs what is missing.
    ///
    /// # Errors
    /// apt-get failed.
    pub(crate) fn install(&self, report: Report<'_>) -> Result<(Ended, String)> {
        if self.missing.is_empty() {
            return Ok((Ended::Reused, String::new()));
        }
        self.how.install(&self.missing, report)?;
        Ok((Ended::Done, names(&self.missing).join(" ")))
    }
}

impl How {
    /// How this machine and user do it.
    pub(crate) fn here() -> Self {
        if places::program(&["dpkg-query"]).is_none() || places::program(&["apt-get"]).is_none() {
            Self::Elsewhere
        } else if process::ask("id", &["-u"]).is_some_and(|id| id.trim() == "0") {
            Self::Root
        } else if process::ask("sudo", &["-n", "true"]).is_some() {
            Self::Sudo
        } else {
            Self::Refused
        }
    }

    /// Installs packages, after having said what for.
    ///
    /// # Errors
    /// apt-get failed, or it takes someone else or another command, which is named.
    pub(crate) fn install(self, packages: &[Package], report: Report<'_>) -> Result<()> {
        match self {
            Self::Elsewhere => {
                bail!("this is no Debian: install {} with your system's packages", names(packages).join(" and "))
            }
            Self::Refused => bail!("{}", refused(packages)),
            Self::Root | Self::Sudo => {}
        }
        report.screen.note(&format!("As root, apt-get installs:\n{}", reasons(packages)));
        // A list that is out of date names files that are gone. When a source can't be reached the others still serve, and
        // the installation itself says what is lacking.
        process::run(self.apt(&["update"]), "apt-update", report)?;
        let mut arguments = vec!["install", "--yes", "--no-install-recommends"];
        arguments.extend(names(packages));
        process::expect(self.apt(&arguments), "apt-install", report).context("is the network reachable?")?;
        Ok(())
    }

    fn apt(self, arguments: &[&str]) -> Command {
        let mut command = match self {
            Self::Sudo => {
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

fn refused(packages: &[Package]) -> String {
    format!(
        "Debian packages are missing and only root may install them:\n{}\n  Run: sudo apt-get update && sudo apt-get install {}",
        reasons(packages),
        names(packages).join(" ")
    )
}

fn names(packages: &[Package]) -> Vec<&str> {
    packages.iter().map(|(name, _)| name.as_str()).collect()
}

fn reasons(packages: &[Package]) -> String {
    let lines: Vec<String> = packages.iter().map(|(name, why)| format!("    {name}: to {why}")).collect();
    lines.join("\n")
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
