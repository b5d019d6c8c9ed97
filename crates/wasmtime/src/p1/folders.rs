//! Owns the real folders behind a run's mounts: the temporary one, the one with a single file, the host's own.
//! It must never know wasmtime-wasi.

use crate::Error;
use crate::mounts::Mount;
use amphi_core::{Change, ChangedFile};
use std::collections::BTreeMap;
use std::io;
use std::path::{Component, Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tempfile::TempDir;

/// A folder of the host that the guest sees.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Folder {
    pub(super) host: PathBuf,
    pub(super) guest: String,
    pub(super) writable: bool,
    /// It is amphi's and has a single file.
    pub(super) single: bool,
}

/// The folders of one run. Temporary ones go when this is dropped.
#[derive(Debug)]
pub(crate) struct Folders {
    /// Before the first of them was made, by the coarse steps in which a file system keeps time.
    pub(super) began: SystemTime,
    pub(super) list: Vec<Folder>,
    scratch: Vec<Scratch>,
}

/// A temporary folder and what was in it at first.
#[derive(Debug)]
struct Scratch {
    folder: TempDir,
    files: Vec<(String, Vec<u8>)>,
}

impl Folders {
    /// Makes the folders. `cache` is where folders with a single file are kept from run to run.
    pub(crate) fn make(mounts: Vec<Mount>, cache: Option<&Path>) -> Result<Self, Error> {
        /// A tick of the slowest clock that a kernel dates files by.
        const TICK: Duration = Duration::from_millis(10);
        let began = SystemTime::now().checked_sub(TICK).unwrap_or(UNIX_EPOCH);
        let mut folders = Self { began, list: Vec::new(), scratch: Vec::new() };
        for mount in mounts {
            let folder = match mount {
                Mount::Folder { host, guest, writable } => Folder { host, guest, writable, single: false },
                Mount::Single { guest, file } => {
                    let host = match folder_with(&file, cache) {
                        Ok(host) => host,
                        Err(_) => folders
                            .copy_of(&file)
                            .map_err(|error| Error::io(format!("cannot mount {}", file.display()), error))?,
                    };
                    Folder { host, guest, writable: false, single: true }
                }
                Mount::Scratch { guest, files } => {
                    let folder = fill(&files)
                        .map_err(|error| Error::io("cannot make a temporary folder for the program's files", error))?;
                    let host = folder.path().to_owned();
                    folders.scratch.push(Scratch { folder, files });
                    Folder { host, guest, writable: true, single: false }
                }
            };
            folders.list.push(folder);
        }
        Ok(folders)
    }

    /// The folders that go with the run.
    pub(crate) fn temporary(&self) -> Vec<PathBuf> {
        self.scratch.iter().map(|scratch| scratch.folder.path().to_owned()).collect()
    }

    /// What the run did to the files of its temporary folders.
    pub(crate) fn changes(&self) -> io::Result<Vec<ChangedFile>> {
        let mut changes = Vec::new();
        for Scratch { folder, files } in &self.scratch {
            let mut now = BTreeMap::new();
            collect(folder.path(), "", &mut now)?;
            for (path, before) in files {
                let change = match now.remove(path) {
                    None => Change::Removed,
                    Some(file) => match std::fs::read(file)? {
                        after if after == *before => continue,
                        after => Change::Modified(after.into()),
                    },
                };
                changes.push(ChangedFile { path: path.clone(), change });
            }
            for (path, file) in now {
                changes.push(ChangedFile { path, change: Change::Added(std::fs::read(file)?.into()) });
            }
        }
        changes.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(changes)
    }

    /// A temporary folder with a copy of the file, for machines whose cache cannot be written.
    fn copy_of(&mut self, file: &Path) -> io::Result<PathBuf> {
        let folder = tempfile::tempdir()?;
        std::fs::copy(file, folder.path().join(file.file_name().unwrap_or_default()))?;
        let host = folder.path().to_owned();
        self.scratch.push(Scratch { folder, files: Vec::new() });
        Ok(host)
    }
}

/// A folder in the cache that holds this file and nothing else.
///
/// The guest may see the file but not its neighbours. It is a copy: the guest of a link would see how many names the
/// file has on this machine.
fn folder_with(file: &Path, cache: Option<&Path>) -> io::Result<PathBuf> {
    let (Some(cache), Some(name)) = (cache, file.file_name()) else { return Err(io::ErrorKind::NotFound.into()) };
    let metadata = std::fs::metadata(file)?;
    let modified = metadata.modified()?.duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    let key = format!("{}-{}", metadata.len(), modified.as_nanos());
    let folder = cache.join("copies").join(key);
    let copied = folder.join(name);
    // One look is all that most runs need. Same size and time mean the same file.
    if std::fs::metadata(&copied).is_ok_and(|copied| copied.len() == metadata.len()) {
        return Ok(folder);
    }
    std::fs::create_dir_all(&folder)?;
    let temporary = tempfile::Builder::new().prefix(".copying-").tempdir_in(cache)?;
    let draft = temporary.path().join(name);
    std::fs::copy(file, &draft)?;
    std::fs::rename(draft, copied)?;
    Ok(folder)
}

/// A temporary folder with these files.
fn fill(files: &[(String, Vec<u8>)]) -> io::Result<TempDir> {
    let folder = tempfile::Builder::new().prefix("amphi-").tempdir()?;
    for (path, bytes) in files {
        let inside = Path::new(path);
        if inside.components().any(|part| !matches!(part, Component::Normal(_))) {
            return Err(io::Error::other(format!("{path} is no path inside a folder")));
        }
        let file = folder.path().join(inside);
        if let Some(parent) = file.parent() {
            std::fs::create_dir_all(parent)?;
        }
        std::fs::write(file, bytes)?;
    }
    Ok(folder)
}

/// Every regular file under a folder. Links are not followed: a guest can make one that leads anywhere.
fn collect(folder: &Path, prefix: &str, found: &mut BTreeMap<String, PathBuf>) -> io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        let path = if prefix.is_empty() {
            name.to_string_lossy().into_owned()
        } else {
            format!("{prefix}/{}", name.to_string_lossy())
        };
        let kind = entry.file_type()?;
        if kind.is_dir() {
            collect(&entry.path(), &path, found)?;
        } else if kind.is_file() {
            found.insert(path, entry.path());
        }
    }
    Ok(())
}
