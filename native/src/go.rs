//! Owns how host modules in Go become WebAssembly: compiled once by the machine's own Go, and kept.
//! It must never know what they export.

use amphi_core::{Body, Program, Source};
use anyhow::{Context as _, Result, bail};
use sha2::{Digest as _, Sha256};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The first version whose libraries export functions.
const OLDEST: (u32, u32) = (1, 24);

/// Compiles every host module of a program that is written in Go. A file is found from `folder`.
///
/// # Errors
/// There is no Go, or it does not take a file; its own words say why.
pub(crate) fn compile(program: &mut Program, folder: &Path) -> Result<()> {
    for host in &mut program.hosts {
        if let Body::Go(source) = &host.body {
            host.body = Body::Wasm { file: source.file.clone(), bytes: module(source, folder)?.into() };
        }
    }
    Ok(())
}

/// The module of one file.
fn module(source: &Source, folder: &Path) -> Result<Vec<u8>> {
    let (go, version) = find()?;
    let cache = amphi_python::cache_folder().context("there is no folder for caches: set XDG_CACHE_HOME or HOME")?;
    let cache = cache.join("go");
    let key = Sha256::new().chain_update(&version).chain_update([0]).chain_update(&source.text).finalize();
    let kept = cache.join(format!("{}.wasm", key.iter().take(8).map(|byte| format!("{byte:02x}")).collect::<String>()));
    if let Ok(bytes) = fs::read(&kept) {
        return Ok(bytes);
    }
    fs::create_dir_all(&cache).with_context(|| format!("cannot make {}", cache.display()))?;
    crate::say(&format!("compiling {} with {version}; this happens once …", source.file));
    // Built beside its place, so that nobody ever reads half of it.
    let draft = tempfile::tempdir_in(&cache).with_context(|| format!("cannot write into {}", cache.display()))?;
    let built = draft.path().join("module.wasm");
    let output = Command::new(&go)
        .args(["build", "-buildmode=c-shared", "-trimpath", "-ldflags=-s -w", "-o"])
        .arg(&built)
        .arg(folder.join(&source.file))
        .env("GOOS", "wasip1")
        .env("GOARCH", "wasm")
        // A file on its own, of this Go and its library alone: nothing is fetched.
        .envs([("GO111MODULE", "off"), ("GOTOOLCHAIN", "local"), ("GOFLAGS", ""), ("GOWORK", "off")])
        .env_remove("GOROOT")
        .env("GOCACHE", cache.join("build"))
        .output()
        .with_context(|| format!("cannot start {}", go.display()))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        let said = said.lines().filter(|line| !line.starts_with('#')).collect::<Vec<_>>().join("\n    ");
        bail!("{} does not compile:\n    {said}", source.file);
    }
    let bytes = fs::read(&built).with_context(|| format!("cannot read {}", built.display()))?;
    fs::rename(&built, &kept).with_context(|| format!("cannot write {}", kept.display()))?;
    Ok(bytes)
}

/// A Go that is new enough, and its version: on PATH, or among amphi's tools.
fn find() -> Result<(PathBuf, String)> {
    let tools = amphi_python::cache_folder().map(|cache| cache.join("tools"));
    let found = tools.and_then(|tools| fs::read_dir(tools).ok()).into_iter().flatten().filter_map(Result::ok);
    let found = found.filter(|entry| entry.file_name().to_string_lossy().starts_with("go-"));
    let found = found.map(|entry| entry.path().join("bin/go"));
    let known = std::iter::once(PathBuf::from("go")).chain(found);
    let mut old = None;
    for go in known {
        let Ok(output) = Command::new(&go).arg("version").output() else { continue };
        let said = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        let version = said.split(' ').find(|word| word.starts_with("go1")).unwrap_or_default().to_owned();
        if number(&version).is_some_and(|number| number >= OLDEST) {
            return Ok((go, version));
        }
        old = old.or(Some(version));
    }
    let (major, minor) = OLDEST;
    let here = old.map_or_else(|| "there is none here".to_owned(), |old| format!("here is {old}"));
    bail!(
        "a host module in Go needs Go {major}.{minor} or newer, and {here}: `cargo xtask setup` brings it on Debian, \
         elsewhere https://go.dev/dl; or compile it yourself, with GOOS=wasip1 GOARCH=wasm go build -buildmode=c-shared, \
         and name the .wasm"
    )
}

/// `go1.24.4` as (1, 24).
fn number(version: &str) -> Option<(u32, u32)> {
    let mut parts = version.strip_prefix("go")?.split(|other: char| !other.is_ascii_digit());
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::number;

    #[test]
    fn versions_are_read() {
        for (text, expected) in [
            ("go1.24.4", Some((1, 24))),
            ("go1.30", Some((1, 30))),
            ("go1.25rc1", Some((1, 25))),
            ("go", None),
            ("devel", None),
        ] {
            assert_eq!(number(text), expected, "{text}");
        }
    }
}
