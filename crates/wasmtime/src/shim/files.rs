//! Owns the way of files into amphi's in-memory file system and back: the program's own, a shared one, host folders.
//! It must never know what a guest does with them.

use crate::mounts::Mount;
use crate::sync::lock;
use crate::{Error, folder};
use amphi_core::{Change, ChangedFile};
use amphi_wasi::{Access, Content, Preopen, Tree, TreeFile};
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{SystemTime, UNIX_EPOCH};

/// The files of one run.
#[derive(Debug)]
pub(crate) struct Files {
    pub(super) tree: Tree,
    pub(super) preopens: Vec<Preopen>,
}

/// What has to leave the tree after the run.
#[derive(Debug, Default)]
pub(crate) struct Back {
    /// Scratch folders: the place in the tree.
    scratch: Vec<String>,
    /// Writable host folders: the place in the tree, and the folder.
    folders: Vec<(String, PathBuf)>,
}

impl Files {
    /// Puts the mounts into a tree. A host folder is read whole: the guest works on a copy, written back at the end.
    /// What the tree makes is as old as `now_ns` says, or as it is.
    pub(crate) fn make(mounts: Vec<Mount>, now_ns: Option<u64>) -> Result<(Self, Back), Error> {
        let now = now_ns.unwrap_or_else(|| nanoseconds(SystemTime::now()));
        let mut files = Self { tree: Tree::new(now), preopens: Vec::new() };
        let mut back = Back::default();
        for (number, mount) in mounts.into_iter().enumerate() {
            // Places of their own, whatever the guest calls them: one may lie in another there.
            let dir = format!("/{number}");
            let (guest, writable) = match mount {
                Mount::Scratch { guest, files: list } => {
                    for (path, bytes) in list {
                        let inserted = files.tree.insert_file(&format!("{dir}/{path}"), bytes.into());
                        inserted.map_err(|errno| {
                            Error::io(format!("{path} cannot be a file of the program"), io::Error::other(errno))
                        })?;
                    }
                    back.scratch.push(dir.clone());
                    (guest, true)
                }
                Mount::Single { guest, file } => {
                    let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
                    let content =
                        shared(&file).map_err(|error| Error::io(format!("cannot mount {}", file.display()), error))?;
                    let inserted = files.tree.insert_file(&format!("{dir}/{name}"), content);
                    inserted.map_err(|errno| {
                        Error::io(format!("cannot mount {}", file.display()), io::Error::other(errno))
                    })?;
                    (guest, false)
                }
                Mount::Folder { host, guest, writable } => {
                    read_folder(&mut files.tree, &dir, &host)
                        .map_err(|error| Error::Mount { path: host.clone(), reason: error.to_string() })?;
                    if writable {
                        back.folders.push((dir.clone(), host));
                    }
                    (guest, writable)
                }
            };
            let access = if writable { Access::ReadWrite } else { Access::ReadOnly };
            files.preopens.push(Preopen { guest, dir, access });
        }
        Ok((files, back))
    }
}

impl Back {
    /// What the run did to the files of its scratch folders.
    pub(crate) fn changes(&self, tree: &Tree) -> Vec<ChangedFile> {
        let differs = |file: &TreeFile<'_>| !file.is_as_before();
        let mut changes: Vec<_> = self.scratch.iter().flat_map(|dir| changes(tree, dir, differs)).collect();
        changes.sort_by(|a, b| a.path.cmp(&b.path));
        changes
    }

    /// Writes what the run changed in writable host folders.
    ///
    /// # Errors
    /// A file that could not be written or removed; the others are done nevertheless.
    pub(crate) fn write_back(&self, tree: &Tree) -> Result<(), Error> {
        let done: Vec<_> = self
            .folders
            .iter()
            // A file that was written with the bytes it had is a newer file nevertheless.
            .map(|(dir, host)| folder::write_back(host, &changes(tree, dir, |_| true)))
            .collect();
        done.into_iter().collect()
    }
}

/// What the run did below a place in the tree; of the files that it wrote, those that count.
fn changes(tree: &Tree, dir: &str, counts: impl Fn(&TreeFile<'_>) -> bool) -> Vec<ChangedFile> {
    let written = tree.files_under(dir).filter(|file| file.changed && counts(file)).map(|file| {
        let bytes = file.bytes().into_owned().into();
        let change = if file.was_there() { Change::Modified(bytes) } else { Change::Added(bytes) };
        ChangedFile { path: file.path, change }
    });
    let removed = tree.removed_under(dir).map(|path| ChangedFile { path, change: Change::Removed });
    written.chain(removed).collect()
}

/// Puts a host folder into the tree. Links stay links, what is neither file, folder nor link is left out.
fn read_folder(tree: &mut Tree, dir: &str, host: &Path) -> io::Result<()> {
    tree.insert_directory(dir).map_err(io::Error::other)?;
    for entry in fs::read_dir(host)? {
        let entry = entry?;
        let Ok(name) = entry.file_name().into_string() else { continue };
        let path = format!("{dir}/{name}");
        let kind = entry.file_type()?;
        if kind.is_dir() {
            read_folder(tree, &path, &entry.path())?;
        } else if kind.is_symlink() {
            if let Some(target) = fs::read_link(entry.path())?.to_str() {
                tree.insert_symlink(&path, target).map_err(io::Error::other)?;
            }
        } else if kind.is_file() {
            tree.insert_file(&path, fs::read(entry.path())?.into()).map_err(io::Error::other)?;
        }
        if let Ok(modified) = entry.metadata().and_then(|metadata| metadata.modified()) {
            // A link to nowhere has no time to set, and needs none.
            let _ = tree.set_time(&path, nanoseconds(modified));
        }
    }
    Ok(())
}

/// A file mapped into memory, the same mapping for all runs of this process.
#[allow(unsafe_code, reason = "a mapped file is shared by all runs instead of being read by each")]
fn shared(file: &Path) -> io::Result<Content> {
    static MAPPED: Mutex<Vec<(PathBuf, Arc<memmap2::Mmap>)>> = Mutex::new(Vec::new());
    let mut mapped = lock(&MAPPED);
    let map = match mapped.iter().find(|(path, _)| path == file) {
        Some((_, map)) => map.clone(),
        None => {
            // SAFETY: files mounted singly are parts of an installed interpreter, which are replaced by rename and
            // never changed in place.
            let map = Arc::new(unsafe { memmap2::Mmap::map(&File::open(file)?)? });
            mapped.push((file.to_owned(), map.clone()));
            map
        }
    };
    Ok(Content::shared(Shared(map)))
}

struct Shared(Arc<memmap2::Mmap>);

impl AsRef<[u8]> for Shared {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

fn nanoseconds(time: SystemTime) -> u64 {
    u64::try_from(time.duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos()).unwrap_or(u64::MAX)
}
