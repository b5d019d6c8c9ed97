//! Finds the finished interpreter. Must stay fast, because every run begins here: it starts no process and hashes no
//! large file. Must never build.

use std::env;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use crate::package::{FileRecord, Package};
use crate::place;
use crate::recipe;

/// Names a folder with a finished interpreter, which then needs no cache.
pub const FOLDER_VARIABLE: &str = "AMPHI_PYTHON";

/// The file that says what the others are.
pub(crate) const RECORD: &str = "python.json";
/// The interpreter.
pub(crate) const WASM: &str = "python.wasm";
/// The standard library.
pub(crate) const STDLIB: &str = "python313.zip";
/// The folder with all that linking anew takes.
pub(crate) const LINK: &str = "link";

/// A finished interpreter on this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Artifact {
    /// The folder with all of it.
    pub folder: PathBuf,
    /// The interpreter: a snapshot, one wasm32-wasip1 module.
    pub python_wasm: PathBuf,
    /// The standard library, which guests see as `/lib/python313.zip`.
    pub stdlib_zip: PathBuf,
    /// The interpreter's SHA-256 in lower-case hex, as recorded when it was made.
    pub sha256: String,
    /// The whole record.
    pub package: Package,
}

/// There is no finished interpreter.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct Missing {
    /// Each place looked at and what was wrong there.
    pub tried: Vec<(PathBuf, String)>,
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("python.wasm is not here yet. Build it, once, with `cargo xtask setup` or `amphi python build`.\nLooked at:")?;
        if self.tried.is_empty() {
            f.write_str(" nothing; this user has no cache folder (set XDG_CACHE_HOME)")?;
        }
        self.tried.iter().try_for_each(|(place, why)| write!(f, "\n  {}: {why}", place.display()))
    }
}

/// The interpreter that `AMPHI_PYTHON` names, or else the one in the cache that this version of amphi builds.
///
/// # Errors
/// Neither is there, with the reason for each and what to do.
pub fn artifact() -> Result<Artifact, Missing> {
    let named = env::var_os(FOLDER_VARIABLE).filter(|value| !value.is_empty()).map(PathBuf::from);
    // Whoever names a folder wants that one: falling back to another would hide a mistake.
    let place = named.or_else(cached_folder);
    let tried = match place {
        Some(folder) => match open(&folder) {
            Ok(artifact) => return Ok(artifact),
            Err(why) => vec![(folder, why)],
        },
        None => Vec::new(),
    };
    Err(Missing { tried })
}

/// Where this version of amphi keeps its interpreter.
pub(crate) fn cached_folder() -> Option<PathBuf> {
    place::artifacts().map(|artifacts| artifacts.join(recipe::key()))
}

/// Reads the record and sees that the files are there whole, by their size.
pub(crate) fn open(folder: &Path) -> Result<Artifact, String> {
    let record = folder.join(RECORD);
    let text = fs::read_to_string(&record).map_err(|error| format!("{RECORD}: {error}"))?;
    let package: Package =
        serde_json::from_str(&text).map_err(|error| format!("{RECORD} is not a record of amphi's: {error}"))?;
    let file = |file: &FileRecord| {
        let path = folder.join(&file.file);
        match fs::metadata(&path) {
            Ok(metadata) if metadata.len() == file.size => Ok(path),
            Ok(metadata) => {
                Err(format!("{} has {} bytes where {RECORD} says {}", file.file, metadata.len(), file.size))
            }
            Err(error) => Err(format!("{}: {error}", file.file)),
        }
    };
    Ok(Artifact {
        python_wasm: file(&package.wasm)?,
        stdlib_zip: file(&package.stdlib)?,
        sha256: package.wasm.sha256.clone(),
        folder: folder.to_owned(),
        package,
    })
}

impl Artifact {
    /// The folder with what a further link takes: archives, objects, headers and `link.json`.
    #[must_use]
    pub fn link_folder(&self) -> PathBuf {
        self.folder.join(LINK)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(wasm: u64, stdlib: u64) -> Package {
        let file = |file: &str, size| FileRecord { file: file.to_owned(), size, sha256: "0".repeat(64) };
        Package {
            key: "0123".to_owned(),
            python: "3.13.5".to_owned(),
            wasm: file(WASM, wasm),
            stdlib: file(STDLIB, stdlib),
            toolchain: vec!["clang 19".to_owned()],
            sources: Vec::new(),
            extensions: Vec::new(),
        }
    }

    #[test]
    fn a_folder_is_taken_only_whole() {
        for (name, package, expected) in [
            ("whole", Some(record(4, 2)), Ok(())),
            ("cut short", Some(record(5, 2)), Err("python.wasm has 4 bytes where python.json says 5")),
            ("no record", None, Err("python.json: ")),
        ] {
            let root = tempfile::tempdir().unwrap();
            fs::write(root.path().join(WASM), "wasm").unwrap();
            fs::write(root.path().join(STDLIB), "PK").unwrap();
            if let Some(package) = package {
                fs::write(root.path().join(RECORD), serde_json::to_string(&package).unwrap()).unwrap();
            }
            match (open(root.path()), expected) {
                (Ok(artifact), Ok(())) => assert_eq!(artifact.python_wasm, root.path().join(WASM), "{name}"),
                (Err(why), Err(expected)) => assert!(why.starts_with(expected), "{name}: {why}"),
                (found, _) => panic!("{name}: {found:?}"),
            }
        }
    }

    #[test]
    fn the_error_says_what_to_do() {
        let text = Missing { tried: vec![(PathBuf::from("/cache/x"), "not there".to_owned())] }.to_string();
        for part in ["cargo xtask setup", "amphi python build", "/cache/x: not there"] {
            assert!(text.contains(part), "{text}");
        }
    }
}
