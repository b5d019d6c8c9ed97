//! Finds every pinned file: handed over by the user, in the cache, or from the machine's Debian mirror; each is
//! believed only by its SHA-256. Must never name a host.

use std::env;
use std::fmt::{self, Write as _};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::apt::Apt;
use crate::atomic;
use crate::error::{Error, at};
use crate::hash;
use crate::mirrors::{self, Mirror};
use crate::pins::Pin;
use crate::run::Failed;

/// Names a folder with files handed over by the user.
pub const SOURCES_VARIABLE: &str = "AMPHI_SOURCES";

/// Names a Debian mirror for machines that are not set up with one, Ubuntu's among them.
pub const MIRROR_VARIABLE: &str = "AMPHI_DEBIAN_MIRROR";

/// Where to look, beside the mirror.
#[derive(Debug, Clone, Default)]
pub(crate) struct Places {
    /// Folders, or single files, that the user hands over, in order.
    pub(crate) handed_over: Vec<PathBuf>,
    /// `amphi/sources` in the user's cache.
    pub(crate) cache: PathBuf,
}

impl Places {
    /// `option` is what the command line named; it comes before the variable.
    pub(crate) fn new(option: Option<&Path>, cache: PathBuf) -> Self {
        let variable = env::var_os(SOURCES_VARIABLE).filter(|value| !value.is_empty()).map(PathBuf::from);
        Self { handed_over: option.map(Path::to_owned).into_iter().chain(variable).collect(), cache }
    }
}

/// Some files are not to be had.
#[derive(Debug, thiserror::Error)]
pub struct NotFound {
    /// What is missing.
    pub missing: Vec<Pin>,
    /// Every place that was tried and what came of it, in order.
    pub tried: Vec<String>,
}

impl fmt::Display for NotFound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the sources of python.wasm are not all to be had. Missing:")?;
        for pin in &self.missing {
            write!(f, "\n  {} {}: {}\n    SHA-256 {}", pin.name, pin.version, pin.files.join(" or "), pin.sha256)?;
        }
        f.write_str("\nTried:")?;
        self.tried.iter().try_for_each(|place| write!(f, "\n  {}", place.replace('\n', "\n    ")))?;
        write!(
            f,
            "\nTo hand them over, put the files into one folder, under any of the names above, and name the folder:\n  \
             amphi python build --sources FOLDER     (or {SOURCES_VARIABLE}=FOLDER cargo xtask setup)\n\
             A machine with apt can also fetch them itself from a Debian mirror: {MIRROR_VARIABLE}=ADDRESS"
        )
    }
}

/// The files in the order of `pins`, each in the cache and with the right SHA-256. `line` is told what is going on.
///
/// # Errors
/// What is missing, with every place that was tried; or the cache can't be written, and then nothing else is tried.
pub(crate) fn gather(
    pins: &[Pin],
    places: &Places,
    log: &Path,
    line: &mut dyn FnMut(&str),
) -> Result<Vec<PathBuf>, Error> {
    atomic::remove_abandoned(&places.cache).map_err(at(&places.cache))?;
    let mut tried = Vec::new();
    let mut missing = Vec::new();
    for pin in pins {
        line(&format!("{} {}", pin.name, pin.version));
        if !here(pin, places, &mut tried)? {
            missing.push(*pin);
        }
    }
    if !missing.is_empty() {
        for mirror in known_mirrors(&mut tried) {
            line(&format!("fetching from {}", mirror.uri));
            missing = from_mirror(missing, &mirror, places, log, &mut tried, line)?;
            if missing.is_empty() {
                break;
            }
        }
    }
    if missing.is_empty() {
        Ok(pins.iter().map(|pin| places.cache.join(pin.file())).collect())
    } else {
        Err(NotFound { missing, tried }.into())
    }
}

/// Whether the file is in the cache, or handed over and now copied there.
fn here(pin: &Pin, places: &Places, tried: &mut Vec<String>) -> Result<bool, Error> {
    let named = places.handed_over.iter().flat_map(|place| {
        // A file may be named itself, in place of the folder it is in.
        let whole = (place.is_file() && pin.files.iter().any(|file| place.ends_with(file))).then(|| place.clone());
        whole.into_iter().chain(pin.files.iter().map(|file| place.join(file)))
    });
    for candidate in named.chain([places.cache.join(pin.file())]) {
        if accept(pin, &candidate, places, tried)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Takes a file into the cache when it is the pinned one; otherwise notes why not.
fn accept(pin: &Pin, candidate: &Path, places: &Places, tried: &mut Vec<String>) -> Result<bool, Error> {
    let why = match hash::file(candidate) {
        Ok((sha256, _)) if sha256 == pin.sha256 => {
            let cached = places.cache.join(pin.file());
            if candidate != cached {
                atomic::place_file(&cached, |draft| fs::copy(candidate, draft).map(drop)).map_err(at(&cached))?;
            }
            return Ok(true);
        }
        Ok((sha256, size)) => format!("is another file: {size} bytes, SHA-256 {sha256}"),
        Err(error) if error.kind() == io::ErrorKind::NotFound => "is not there".to_owned(),
        Err(error) => error.to_string(),
    };
    tried.push(format!("{} {why}", candidate.display()));
    Ok(false)
}

fn known_mirrors(tried: &mut Vec<String>) -> Vec<Mirror> {
    if let Some(uri) = env::var(MIRROR_VARIABLE).ok().filter(|uri| !uri.is_empty()) {
        return vec![Mirror { uri: uri.trim_end_matches('/').to_owned(), signed_by: None }];
    }
    let mirrors = mirrors::configured(Path::new("/etc/apt"));
    if mirrors.is_empty() {
        tried.push("this machine's package sources (/etc/apt): they name no Debian mirror".to_owned());
    }
    mirrors
}

/// Fetches what is missing and returns what still is.
fn from_mirror(
    missing: Vec<Pin>,
    mirror: &Mirror,
    places: &Places,
    log: &Path,
    tried: &mut Vec<String>,
    line: &mut dyn FnMut(&str),
) -> Result<Vec<Pin>, Error> {
    let Some(program) = Apt::program() else {
        tried.push(format!("{}: this machine has no apt-get", mirror.uri));
        return Ok(missing);
    };
    let draft = atomic::Draft::new(&places.cache.join("fetched")).map_err(at(&places.cache))?;
    let apt = Apt::new(program, &draft.folder().join("apt"), mirror, &missing, log).map_err(at(&places.cache))?;
    if let Err(failed) = apt.update(&mut *line) {
        tried.push(format!("{}: {}", mirror.uri, told(&failed)));
        return Ok(missing);
    }
    let mut still = Vec::new();
    for pin in missing {
        let fetched = match apt.fetch(&pin, draft.folder(), &mut *line) {
            Ok(()) => accept(&pin, &fetched_as(&draft.folder().join(pin.file())), places, tried)?,
            Err(failed) => {
                tried.push(format!("{}: {}", mirror.uri, told(&failed)));
                false
            }
        };
        if !fetched {
            still.push(pin);
        }
    }
    Ok(still)
}

/// apt's own words about a failure; its command line is long and says nothing to the reader.
fn told(failed: &Failed) -> String {
    let said: Vec<&str> =
        failed.tail.iter().filter_map(|line| line.strip_prefix("E: ").or_else(|| line.strip_prefix("W: "))).collect();
    let said = if said.is_empty() { failed.why.clone() } else { said.join("\n") };
    format!("{said}\nThe whole log: {}", failed.log.display())
}

/// `apt-get download` writes reserved characters of a version (`:`) as `%3a`; the other names are as they are.
fn fetched_as(expected: &Path) -> PathBuf {
    if expected.exists() {
        return expected.to_owned();
    }
    let escaped =
        expected.file_name().unwrap_or_default().to_string_lossy().chars().fold(String::new(), |mut name, c| {
            // Writing to a String can't fail.
            let _ = if matches!(c, ':' | '~') { write!(name, "%{:02x}", u32::from(c)) } else { write!(name, "{c}") };
            name
        });
    expected.with_file_name(escaped)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pins::Debian;

    const ABC: Pin = Pin {
        name: "abc",
        version: "1",
        files: &["abc_1.orig.tar.gz", "abc-1.tar.gz"],
        sha256: "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
        size: 3,
        debian: Debian::Source("abc"),
    };

    #[test]
    fn a_file_is_found_by_any_of_its_names_and_believed_by_its_hash() {
        for (name, file, content, handed_over, expected) in [
            ("Debian's name", "in/abc_1.orig.tar.gz", "abc", "in", Ok(())),
            ("upstream's name", "in/abc-1.tar.gz", "abc", "in", Ok(())),
            ("the file itself", "in/abc-1.tar.gz", "abc", "in/abc-1.tar.gz", Ok(())),
            ("in the cache already", "cache/abc_1.orig.tar.gz", "abc", "in", Ok(())),
            (
                "another content",
                "in/abc-1.tar.gz",
                "abd",
                "in",
                Err("in/abc-1.tar.gz is another file: 3 bytes, SHA-256 a52d159f"),
            ),
            ("nowhere", "in/other", "abc", "in", Err("in/abc_1.orig.tar.gz is not there")),
        ] {
            let root = tempfile::tempdir().unwrap();
            let places = Places { handed_over: vec![root.path().join(handed_over)], cache: root.path().join("cache") };
            fs::create_dir_all(root.path().join(file).parent().unwrap()).unwrap();
            fs::write(root.path().join(file), content).unwrap();
            let mut tried = Vec::new();
            let found = here(&ABC, &places, &mut tried).unwrap();
            match expected {
                Ok(()) => {
                    assert!(found, "{name}: {tried:?}");
                    assert_eq!(fs::read(places.cache.join("abc_1.orig.tar.gz")).unwrap(), b"abc", "{name}");
                }
                Err(why) => assert!(!found && tried.iter().any(|tried| tried.contains(why)), "{name}: {tried:?}"),
            }
        }
    }

    #[test]
    fn the_error_says_what_where_and_how() {
        let text = NotFound { missing: vec![ABC], tried: vec!["/nowhere is not there".to_owned()] }.to_string();
        for part in ["abc_1.orig.tar.gz or abc-1.tar.gz", ABC.sha256, "/nowhere is not there", "--sources FOLDER"] {
            assert!(text.contains(part), "{part} in {text}");
        }
    }
}
