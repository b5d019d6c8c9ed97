//! Where things are: the checkout, what is built in it, and the user's cache. Must never create anything.

use std::path::{Path, PathBuf};
use std::{env, ffi::OsString};

use anyhow::{Context as _, Result};

/// The root of the checkout.
pub(crate) fn root() -> PathBuf {
    let crate_folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    crate_folder.ancestors().nth(2).unwrap_or(crate_folder).to_owned()
}

/// Cargo's target folder.
pub(crate) fn target() -> PathBuf {
    match env::var_os("CARGO_TARGET_DIR").map(PathBuf::from) {
        Some(folder) if folder.is_absolute() => folder,
        Some(folder) => root().join(folder),
        None => root().join("target"),
    }
}

/// Logs and notes of the chores.
pub(crate) fn notes() -> PathBuf {
    target().join("xtask")
}

/// The built command.
pub(crate) fn amphi() -> PathBuf {
    target().join("release").join(format!("amphi{}", env::consts::EXE_SUFFIX))
}

/// The built page.
pub(crate) fn dist() -> PathBuf {
    root().join("dist")
}

/// The user's cache, shared by all checkouts.
///
/// # Errors
/// The environment names no home.
pub(crate) fn cache() -> Result<PathBuf> {
    amphi_python::cache_folder().context("this user has no cache folder: set HOME or XDG_CACHE_HOME")
}

/// `PATH` with `folders` before everything else.
///
/// # Errors
/// A folder holds the separator of `PATH`.
pub(crate) fn path_with(folders: &[PathBuf]) -> Result<OsString> {
    let path = env::var_os("PATH").unwrap_or_default();
    env::join_paths(folders.iter().cloned().chain(env::split_paths(&path)))
        .context("a folder of the tools can't be on PATH")
}

/// The first program on `PATH` that bears one of `names`.
pub(crate) fn program(names: &[&str]) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    let folders: Vec<PathBuf> = env::split_paths(&path).collect();
    names.iter().find_map(|name| {
        let file = format!("{name}{}", env::consts::EXE_SUFFIX);
        folders.iter().map(|folder| folder.join(&file)).find(|program| program.is_file())
    })
}
