//! Owns how host modules in Go become WebAssembly: compiled once by the machine's own Go, and kept.
//! It must never know what they export.

use amphi_core::{Body, Program, Source};
use amphi_python::GO_OLDEST;
use anyhow::{Context as _, Result, anyhow, bail};
use sha2::{Digest as _, Sha256};
use std::fs;
use std::path::Path;
use std::process::Command;

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
    let (go, version) = amphi_python::go().map_err(lacking)?;
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

/// What to do where there is no Go that is new enough.
fn lacking(old: Option<String>) -> anyhow::Error {
    let (major, minor) = GO_OLDEST;
    let here = old.map_or_else(|| "there is none here".to_owned(), |old| format!("here is {old}"));
    anyhow!(
        "a host module in Go needs Go {major}.{minor} or newer, and {here}: `cargo xtask setup` brings it on Debian, \
         elsewhere https://go.dev/dl; or compile it yourself, with GOOS=wasip1 GOARCH=wasm go build -buildmode=c-shared, \
         and name the .wasm"
    )
}
