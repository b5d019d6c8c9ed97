//! The recipe of python.wasm: CPython for wasm32-wasip1, built from pinned sources into the user's cache, and found there.
//!
//! [`artifact()`] finds the finished interpreter, fast. [`build()`] makes it: it finds the sources ([`pins`]), the programs
//! ([`debian_packages`] lists them), and runs the steps that are not done yet. The scripts of the steps are in `recipe/`,
//! the C bridge in `c/`, its Python side in `py/`, the changes to CPython in `patches/`; all are compiled in, so that a
//! build needs no checkout. [`extend()`] links the finished interpreter anew with C extension modules. The crate must never know an engine: who builds brings the function that takes the snapshot.

mod apt;
mod artifact;
mod atomic;
mod build;
mod error;
mod extend;
mod finish;
mod go;
mod hash;
mod lock;
mod mirrors;
mod missing;
mod package;
pub mod pins;
mod place;
mod progress;
mod recipe;
mod run;
mod sources;
mod toolchain;

pub use artifact::{Artifact, FOLDER_VARIABLE, Missing, artifact};
pub use build::{Options, Snapshot, build, source};
pub use error::Error;
pub use extend::extend;
pub use go::{GO_OLDEST, go};
pub use missing::{MISSING, MissingModule};
pub use package::{FileRecord, LinkKit, Package, SourceRecord};
pub use place::cache_folder;
pub use progress::{Ended, Progress, Silent, Step};
pub use run::Failed;
pub use sources::{MIRROR_VARIABLE, NotFound, SOURCES_VARIABLE};
pub use toolchain::{
    Lacking, Missing as MissingTools, Package as DebianPackage, SDK_VARIABLE, WASM_OPT_VARIABLE, debian_packages,
};
