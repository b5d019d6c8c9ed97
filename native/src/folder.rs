//! Owns a program's folder on disk, as the manifest's reader asks for it.

use amphi_core::manifest::{Folder, FolderError};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

/// A folder on this machine.
#[derive(Debug)]
pub(crate) struct Disk(PathBuf);

impl Disk {
    pub(crate) fn new(folder: &Path) -> Self {
        Self(folder.to_owned())
    }
}

impl Folder for Disk {
    fn read(&self, path: &str) -> Result<Vec<u8>, FolderError> {
        std::fs::read(self.0.join(path)).map_err(told)
    }

    fn list(&self) -> Result<Vec<String>, FolderError> {
        let mut found = Vec::new();
        collect(&self.0, "", &mut found).map_err(told)?;
        found.sort();
        Ok(found)
    }
}

/// Hidden files and Python's caches belong to the tools that made them, not to the program.
fn collect(folder: &Path, prefix: &str, found: &mut Vec<String>) -> io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let Ok(name) = entry.file_name().into_string() else { continue };
        if name.starts_with('.') || name == "__pycache__" {
            continue;
        }
        let path = format!("{prefix}{name}");
        // Follows links: whoever wrote the program may share files between folders so.
        if std::fs::metadata(entry.path())?.is_dir() {
            collect(&entry.path(), &format!("{path}/"), found)?;
        } else {
            found.push(path);
        }
    }
    Ok(())
}

fn told(error: io::Error) -> FolderError {
    match error.kind() {
        ErrorKind::NotFound => FolderError::Missing,
        _ => FolderError::Other(error.to_string()),
    }
}
