//! Owns the way of files into amphi's in-memory file system and back: the program's own, a shared one, host folders.
//! It must never know what a guest does with them.

use crate::Error;
use crate::mounts::Mount;
use amphi_core::{Change, ChangedFile};
use amphi_wasi::{Access, Content, Preopen, Tree};
use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
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
    /// Scratch folders: the place in the tree, and what was in it at first.
    scratch: Vec<(String, BTreeSet<String>)>,
    /// Writable host folders: the place in the tree, and the folder.
    folders: Vec<(String, PathBuf)>,
}

impl Files {
    /// Puts the mounts into a tree. A host folder is read whole: the guest works on a copy, written back at the end.
    pub(crate) fn make(mounts: Vec<Mount>) -> Result<(Self, Back), Error> {
        let now = nanoseconds(SystemTime::now());
        let mut files = Self { tree: Tree::new(now), preopens: Vec::new() };
        let mut back = Back::default();
        for (number, mount) in mounts.into_iter().enumerate() {
            // Places of their own, whatever the guest calls them: one may lie in another there.
            let dir = format!("/{number}");
            let (guest, writable) = match mount {
                Mount::Scratch { guest, files: list } => {
                    let mut first = BTreeSet::new();
                    for (path, bytes) in list {
                        let inserted = files.tree.insert_file(&format!("{dir}/{path}"), bytes.into());
                        inserted.map_err(|errno| Error::io(format!("{path} cannot be a file of the program"), io::Error::other(errno)))?;
                        first.insert(path);
                    }
                    back.scratch.push((dir.clone(), first));
                    (guest, true)
                }
                Mount::Single { guest, file } => {
                    let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
                    let content = shared(&file).map_err(|error| Error::io(format!("cannot mount {}", file.display()), error))?;
                    let inserted = files.tree.insert_file(&format!("{dir}/{name}"), content);
                    inserted.map_err(|errno| Error::io(format!("cannot mount {}", file.display()), io::Error::other(errno)))?;
                    (guest, false)
                }
                Mount::Folder { host, guest, writable } => {
                    read_folder(&mut files.tree, &dir, &host).map_err(|error| Error::Mount { path: host.clone(), reason: error.to_string() })?;
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
        let mut changes = Vec::new();
        for (dir, first) in &self.scratch {
            for file in tree.files_under(dir).filter(|file| file.changed) {
                let bytes = file.bytes().into_owned().into();
                let change = if first.contains(&file.path) { Change::Modified(bytes) } else { Change::Added(bytes) };
                changes.push(ChangedFile { path: file.path, change });
            }
            changes.extend(tree.removed_under(dir).map(|path| ChangedFile { path, change: Change::Removed }));
        }
        changes.sort_by(|a, b| a.path.cmp(&b.path));
        changes
    }

    /// Writes what the run changed in writable host folders.
    ///
    /// # Errors
    /// A file that could not be written or removed; the others are done nevertheless.
    pub(crate) fn write_back(&self, tree: &Tree) -> Result<(), Error> {
        let mut failed = None;
        for (dir, host) in &self.folders {
            for file in tree.files_under(dir).filter(|file| file.changed) {
                let done = write(host, &file.path, &file.bytes());
                failed = failed.or(done.err().map(|error| (host.join(&file.path), error)));
            }
            for path in tree.removed_under(dir) {
                let done = inside(host, &path, false).and_then(|file| match fs::remove_file(file) {
                    Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
                    _ => Ok(()),
                });
                failed = failed.or(done.err().map(|error| (host.join(&path), error)));
            }
        }
        failed.map_or(Ok(()), |(path, error)| Err(Error::io(format!("cannot write {} back", path.display()), error)))
    }
}

fn write(host: &Path, path: &str, bytes: &[u8]) -> io::Result<()> {
    let file = inside(host, path, true)?;
    let folder = file.parent().unwrap_or(host);
    // The rename replaces a link that stands there, where a plain write would follow it out of the mount.
    let mut temporary = tempfile::Builder::new().prefix(".amphi-").tempfile_in(folder)?;
    temporary.write_all(bytes)?;
    if let Ok(metadata) = fs::symlink_metadata(&file) && metadata.is_file() {
        temporary.as_file().set_permissions(metadata.permissions())?;
    } else {
        default_permissions(temporary.as_file())?;
    }
    temporary.persist(file).map_err(|error| error.error)?;
    Ok(())
}

/// A temporary file is for its owner alone; one that stays is as readable as any new file.
#[cfg(unix)]
fn default_permissions(file: &File) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    file.set_permissions(fs::Permissions::from_mode(0o644))
}

#[cfg(not(unix))]
fn default_permissions(_file: &File) -> io::Result<()> {
    Ok(())
}

/// The file of the host behind a path of the guest, its folders made where they are missing.
///
/// # Errors
/// A folder on the way is a link: it could lead out of the mount.
fn inside(host: &Path, path: &str, make: bool) -> io::Result<PathBuf> {
    let mut at = host.to_owned();
    let mut parts = path.split('/').peekable();
    while let Some(part) = parts.next() {
        at.push(part);
        if parts.peek().is_none() {
            break;
        }
        match fs::symlink_metadata(&at) {
            Ok(metadata) if metadata.is_dir() => {}
            Ok(_) => return Err(io::Error::other("a folder on its way is a link or a file on the host")),
            Err(error) if error.kind() == io::ErrorKind::NotFound && make => fs::create_dir(&at)?,
            Err(error) => return Err(error),
        }
    }
    Ok(at)
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
    let mut mapped = MAPPED.lock().unwrap_or_else(PoisonError::into_inner);
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
