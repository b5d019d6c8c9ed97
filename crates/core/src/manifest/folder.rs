//! A program's folder, as its owner hands it in.

use std::collections::BTreeMap;

use crate::bytes::Bytes;

/// Why a folder cannot give a file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FolderError {
    /// It is not there.
    #[error("not found")]
    Missing,
    /// It is there and cannot be read; the reason.
    #[error("{0}")]
    Other(String),
}

/// A program's folder. Paths start at it, with `/` between their parts, and never leave it.
pub trait Folder {
    /// A file's bytes.
    ///
    /// # Errors
    /// It is missing, or cannot be read.
    fn read(&self, path: &str) -> Result<Vec<u8>, FolderError>;

    /// The paths of all files, at any depth, `amphi.toml` included.
    ///
    /// # Errors
    /// The folder cannot be listed.
    fn list(&self) -> Result<Vec<String>, FolderError>;
}

/// Files by path.
impl Folder for BTreeMap<String, Bytes> {
    fn read(&self, path: &str) -> Result<Vec<u8>, FolderError> {
        self.get(path).map(|bytes| bytes.to_vec()).ok_or(FolderError::Missing)
    }

    fn list(&self) -> Result<Vec<String>, FolderError> {
        Ok(self.keys().cloned().collect())
    }
}
