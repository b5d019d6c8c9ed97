//! Owns host folders for habitats that work on a copy: the copy itself, and the way of what a run changed back.
//! It must never know a guest, and never follow a link out of the folder.

use crate::Error;
use amphi_core::{Bytes, Change, ChangedFile};
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

/// All files of a folder, by path with `/` between its parts. Links, empty folders and names that are not UTF-8 are
/// left out.
///
/// # Errors
/// The folder, or something in it, cannot be read.
pub fn read_copy(host: &Path) -> Result<BTreeMap<String, Bytes>, Error> {
    let mut files = BTreeMap::new();
    collect(host, "", &mut files).map_err(|error| Error::Mount { path: host.to_owned(), reason: error.to_string() })?;
    Ok(files)
}

fn collect(folder: &Path, prefix: &str, files: &mut BTreeMap<String, Bytes>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let Ok(name) = entry.file_name().into_string() else { continue };
        let kind = entry.file_type()?;
        if kind.is_dir() {
            collect(&entry.path(), &format!("{prefix}{name}/"), files)?;
        } else if kind.is_file() {
            files.insert(format!("{prefix}{name}"), fs::read(entry.path())?.into());
        }
    }
    Ok(())
}

/// Makes a folder as a run left its copy.
///
/// # Errors
/// The first file that could not be written or removed; the others are done nevertheless.
pub fn write_back(host: &Path, changes: &[ChangedFile]) -> Result<(), Error> {
    let mut failed = None;
    for ChangedFile { path, change } in changes {
        let done = match change {
            Change::Added(bytes) | Change::Modified(bytes) => write(host, path, bytes),
            Change::Removed => remove(host, path),
        };
        failed = failed.or(done.err().map(|error| (host.join(path), error)));
    }
    failed.map_or(Ok(()), |(path, error)| Err(Error::io(format!("cannot write {} back", path.display()), error)))
}

fn remove(host: &Path, path: &str) -> io::Result<()> {
    match inside(host, path, false).and_then(fs::remove_file) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

fn write(host: &Path, path: &str, bytes: &[u8]) -> io::Result<()> {
    let file = inside(host, path, true)?;
    let folder = file.parent().unwrap_or(host);
    // The rename replaces a link that stands there, where a plain write would follow it out of the mount.
    let mut temporary = tempfile::Builder::new().prefix(".amphi-").tempfile_in(folder)?;
    temporary.write_all(bytes)?;
    if let Ok(metadata) = fs::symlink_metadata(&file)
        && metadata.is_file()
    {
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
