//! Owns the folders of one run that is compared: copies of those it may write to, and what it did to them.

use amphi_core::{Access, Bytes, Change, ChangedFile, Program};
use amphi_wasmtime::folder;
use anyhow::Result;
use std::collections::BTreeMap;
use std::path::Path;
use tempfile::TempDir;

/// A program whose writable folders are copies.
pub(super) struct World {
    program: Program,
    folders: Vec<Option<Copy>>,
}

struct Copy {
    folder: TempDir,
    before: BTreeMap<String, Bytes>,
}

impl World {
    /// Copies the folders.
    ///
    /// # Errors
    /// One cannot be read, or there is no room for its copy.
    pub(super) fn of(program: &Program) -> Result<Self> {
        let mut program = program.clone();
        let mut folders = Vec::new();
        for mount in program.all_mounts_mut() {
            if mount.access == Access::ReadOnly {
                folders.push(None);
                continue;
            }
            let before = folder::read_copy(Path::new(&mount.host))?;
            let copy = tempfile::tempdir()?;
            let files: Vec<_> = before
                .iter()
                .map(|(path, bytes)| ChangedFile { path: path.clone(), change: Change::Added(bytes.clone()) })
                .collect();
            folder::write_back(copy.path(), &files)?;
            mount.host = copy.path().to_string_lossy().into_owned();
            folders.push(Some(Copy { folder: copy, before }));
        }
        Ok(Self { program, folders })
    }

    /// The program.
    pub(super) fn program(&self) -> &Program {
        &self.program
    }

    /// What the run did, for each mount.
    ///
    /// # Errors
    /// A folder cannot be read.
    pub(super) fn changes(&self) -> Result<Vec<Vec<ChangedFile>>> {
        self.folders.iter().map(|copy| copy.as_ref().map_or(Ok(Vec::new()), Copy::changes)).collect()
    }
}

impl Copy {
    fn changes(&self) -> Result<Vec<ChangedFile>> {
        let mut after = folder::read_copy(self.folder.path())?;
        let mut changes = Vec::new();
        for (path, before) in &self.before {
            match after.remove(path) {
                None => changes.push(ChangedFile { path: path.clone(), change: Change::Removed }),
                Some(bytes) if bytes == *before => {}
                Some(bytes) => changes.push(ChangedFile { path: path.clone(), change: Change::Modified(bytes) }),
            }
        }
        changes.extend(after.into_iter().map(|(path, bytes)| ChangedFile { path, change: Change::Added(bytes) }));
        Ok(changes)
    }
}
