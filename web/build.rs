//! Embeds `examples/*/` into the page, as a Rust table that `examples.rs` includes.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let root =
        PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default()).join("../examples").canonicalize()?;
    println!("cargo::rerun-if-changed={}", root.display());
    let mut table = String::from("&[\n");
    for folder in entries(&root)?.into_iter().filter(|path| runs_here(path)) {
        let _ = writeln!(table, "    Example {{ name: {:?}, files: &[", name(&folder));
        files(&folder, &folder, &mut table)?;
        table.push_str("    ] },\n");
    }
    table.push_str("]\n");
    let out = PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default()).join("examples.rs");
    fs::write(out, table)
}

/// Whether a folder is a program that a browser can run: there is no Python of the machine's own.
fn runs_here(folder: &Path) -> bool {
    fs::read_to_string(folder.join("amphi.toml")).is_ok_and(|manifest| !manifest.contains("\nnative-python = "))
}

/// Adds `(path inside the example, its bytes)` for every file under `folder`.
fn files(example: &Path, folder: &Path, table: &mut String) -> io::Result<()> {
    println!("cargo::rerun-if-changed={}", folder.display());
    for path in entries(folder)? {
        if path.is_dir() {
            files(example, &path, table)?;
        } else {
            println!("cargo::rerun-if-changed={}", path.display());
            let inside = path.strip_prefix(example).unwrap_or(&path).to_string_lossy().replace('\\', "/");
            let _ = writeln!(table, "        ({inside:?}, include_bytes!({:?})),", path.display().to_string());
        }
    }
    Ok(())
}

/// The entries of a folder, sorted, so that the page does not depend on the file system's order.
fn entries(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut paths =
        fs::read_dir(folder)?.map(|entry| entry.map(|entry| entry.path())).collect::<io::Result<Vec<_>>>()?;
    paths.sort();
    Ok(paths.into_iter().filter(|path| !name(path).starts_with('.')).collect())
}

fn name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}
