//! Why there is no interpreter, in words for the user.

use std::error;
use std::io;
use std::path::{Path, PathBuf};

use crate::run::{Failed, Indented};
use crate::sources::NotFound;
use crate::toolchain;

/// Why there is no interpreter.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Sources are not to be had.
    #[error(transparent)]
    Sources(#[from] NotFound),
    /// Programs are not here.
    #[error(transparent)]
    Toolchain(#[from] toolchain::Missing),
    /// A step failed.
    #[error("could not {step}: {failed}")]
    Step {
        /// What it was to do.
        step: String,
        /// The program and its last words.
        failed: Failed,
    },
    /// A file cannot be made a C extension module.
    #[error("{}: {reason}", path.display())]
    Module {
        /// The file.
        path: PathBuf,
        /// What is wrong with it, and what was expected.
        reason: String,
    },
    /// A C extension module does not compile.
    #[error("{} does not compile:{}", path.display(), Indented(said))]
    Compile {
        /// The file.
        path: PathBuf,
        /// What the compiler said, its first lines.
        said: Vec<String>,
    },
    /// The engine could not take the snapshot.
    #[error("could not take the snapshot of the interpreter: {0}")]
    Snapshot(Box<dyn error::Error + Send + Sync>),
    /// A file or folder could not be written or read.
    #[error("{}: {source}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// This user has no place for caches.
    #[error("there is no folder for caches: neither XDG_CACHE_HOME nor a home folder is set")]
    NoCache,
    /// The build runs programs that can't work in such a folder.
    #[error("{}: CPython's makefiles cannot work in a folder with blanks in its path; set XDG_CACHE_HOME to another", .0.display())]
    Blanks(PathBuf),
}

/// Turns an I/O error into one that names the path.
pub(crate) fn at(path: &Path) -> impl FnOnce(io::Error) -> Error {
    let path = path.to_owned();
    move |source| Error::File { path, source }
}
