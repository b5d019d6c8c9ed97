//! Fetches pinned files from a Debian mirror with apt, without root and without touching the machine's own lists: the
//! source list, apt's indexes and its caches are all private and are removed afterwards.
//! Must never judge what it fetched; the caller compares hashes.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::mirrors::Mirror;
use crate::pins::{Debian, Pin};
use crate::run::{self, Command, Failed, Surroundings};

/// Debian's key ring, where its own package puts it. Other systems have it in a package of the same name.
const KEY_RING: &str = "/usr/share/keyrings/debian-archive-keyring.gpg";

/// A private apt set-up for one mirror. Its files live as long as it does.
#[derive(Debug)]
pub(crate) struct Apt {
    program: PathBuf,
    folder: PathBuf,
    log: PathBuf,
}

impl Apt {
    /// Where apt-get is, if this machine has one.
    pub(crate) fn program() -> Option<PathBuf> {
        run::on_path("apt-get")
    }

    /// Writes the private set-up into `folder`, which must not be there yet: it knows where these pins are.
    pub(crate) fn new(program: PathBuf, folder: &Path, mirror: &Mirror, pins: &[Pin], log: &Path) -> io::Result<Self> {
        let apt = Self { program, folder: folder.to_owned(), log: log.to_owned() };
        fs::create_dir_all(folder.join("lists/partial"))?;
        fs::create_dir_all(folder.join("cache/archives/partial"))?;
        fs::write(folder.join("sources.list"), source_list(mirror, pins, Path::new(KEY_RING).exists()))?;
        Ok(apt)
    }

    /// Fetches the mirror's indexes.
    pub(crate) fn update(&self, line: impl FnMut(&str)) -> Result<(), Failed> {
        self.command(&["update"]).run(&self.log, line)
    }

    /// Fetches one pinned file into `folder`, under Debian's name.
    pub(crate) fn fetch(&self, pin: &Pin, folder: &Path, line: impl FnMut(&str)) -> Result<(), Failed> {
        let mut command = match pin.debian {
            Debian::Source(package) => {
                self.command(&["source", "--only-source", "--download-only", "--tar-only", package])
            }
            Debian::Package { name, version, .. } => self.command(&["download", &format!("{name}={version}")]),
        };
        folder.clone_into(&mut command.folder);
        command.run(&self.log, line)
    }

    fn command(&self, args: &[&str]) -> Command {
        let inside = |name: &str| self.folder.join(name).display().to_string();
        let options = [
            format!("Dir::Etc::SourceList={}", inside("sources.list")),
            "Dir::Etc::SourceParts=-".to_owned(),
            format!("Dir::State::Lists={}", inside("lists")),
            format!("Dir::Cache={}", inside("cache")),
            "Dir::Cache::pkgcache=".to_owned(),
            "Dir::Cache::srcpkgcache=".to_owned(),
            // Root's apt would otherwise fetch as a user who may not write into the cache folder.
            format!("APT::Sandbox::User={}", std::env::var("USER").unwrap_or_else(|_| "root".to_owned())),
            "Acquire::Languages=none".to_owned(),
            // Otherwise indexes that could not be fetched are only a warning, and each file then fails with a riddle.
            "APT::Update::Error-Mode=any".to_owned(),
            // A mirror that is out of reach should soon be one line of the error.
            "Acquire::http::Timeout=20".to_owned(),
            "Acquire::https::Timeout=20".to_owned(),
        ];
        Command::new(&self.program, &self.folder)
            .args(options.into_iter().flat_map(|option| ["-o".to_owned(), option]))
            .args(["-q".to_owned()])
            .args(args.iter().copied())
            .surroundings(Surroundings::Whole)
    }
}

impl Drop for Apt {
    fn drop(&mut self) {
        // The indexes are 23 MB that nobody needs again.
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// The private source list: the suites that have the pins, each once.
fn source_list(mirror: &Mirror, pins: &[Pin], key_ring: bool) -> String {
    let ring = mirror.signed_by.as_deref().or(key_ring.then_some(KEY_RING));
    // Ubuntu does not know Debian's keys. What is fetched is believed by its SHA-256 alone, so unsigned indexes will do.
    let options = ring.map_or_else(|| "[trusted=yes] ".to_owned(), |ring| format!("[signed-by={ring}] "));
    let uri = &mirror.uri;
    let lists = pins.iter().map(|pin| match pin.debian {
        Debian::Source(_) => ("deb-src", "trixie"),
        Debian::Package { suite, .. } => ("deb", suite),
    });
    let lists: BTreeSet<_> = lists.collect();
    lists.into_iter().map(|(kind, suite)| format!("{kind} {options}{uri} {suite} main\n")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pins;

    #[test]
    fn the_private_list_uses_the_machines_mirror_and_key_ring() {
        let mirror = |signed_by: Option<&str>| Mirror {
            uri: "http://a.example/d".to_owned(),
            signed_by: signed_by.map(Into::into),
        };
        for (name, mirror, key_ring, expected) in [
            ("its own ring", mirror(Some("/r.gpg")), true, "deb-src [signed-by=/r.gpg] http://a.example/d trixie main"),
            (
                "Debian's ring",
                mirror(None),
                true,
                "deb-src [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://a.example/d trixie main",
            ),
            ("no ring", mirror(None), false, "deb-src [trusted=yes] http://a.example/d trixie main"),
        ] {
            assert_eq!(source_list(&mirror, &[pins::ZLIB, pins::XZ], key_ring), format!("{expected}\n"), "{name}");
        }
        let all = [pins::PYTHON, pins::WASI_LIBC, pins::GO[0], pins::GO[1]];
        let list = source_list(&mirror(None), &all, true);
        for (kind, suite) in [("deb-src", "trixie"), ("deb", "trixie"), ("deb", "bookworm-backports")] {
            let lines = list.lines().filter(|line| line.starts_with(&format!("{kind} ")) && line.contains(suite));
            assert_eq!(lines.count(), 1, "{kind} {suite} in {list}");
        }
    }
}
