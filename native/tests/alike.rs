//! Runs every example in `wasmtime` and in `shim` through the library, and holds the outcomes against each other, the
//! files they leave behind included. The command's own tests in `examples.rs` know only what a process prints.
#![allow(clippy::unwrap_used, reason = "a test may fail so")]

mod common;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use amphi_core::{Body, Bytes, Guest, Program, manifest};

fn program(folder: &Path) -> Program {
    let name = folder.file_name().unwrap().to_string_lossy().into_owned();
    let files: BTreeMap<String, Bytes> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| (path.file_name().unwrap().to_string_lossy().into_owned(), fs::read(&path).unwrap().into()))
        .collect();
    let text = fs::read_to_string(folder.join("amphi.toml")).unwrap();
    manifest::parse("amphi.toml", &text, &name, &files).unwrap()
}

#[test]
fn the_native_habitats_leave_the_same() {
    let [mut wasmtime, mut shim] = common::habitats(amphi_python::artifact().unwrap());
    let mut changed = 0;
    for entry in fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples")).unwrap() {
        let folder = entry.unwrap().path();
        // Programs in Rust have no manifest.
        if !folder.join("amphi.toml").is_file() {
            continue;
        }
        let program = amphi_parity::watched(&program(&folder));
        // What runs in the machine's own Python needs a command that was built for it; what has to be compiled or linked
        // first is the command's to make, too.
        let extended = matches!(&program.guest, Guest::Python { extended: Some(_), .. });
        if extended || program.hosts.iter().any(|host| matches!(host.body, Body::NativePython(_) | Body::Go(_))) {
            continue;
        }
        let runs = vec![amphi_parity::run(&program, &mut wasmtime), amphi_parity::run(&program, &mut shim)];
        let compared = amphi_parity::Compared::new(&program, runs);
        assert!(compared.is_alike(), "{}", amphi_parity::text(&compared));
        assert!(compared.runs.iter().all(|run| run.calls > 10), "{}: no calls were recorded", folder.display());
        let left = |run: &amphi_parity::Run| run.outcome.as_ref().map_or(0, |outcome| outcome.files.len());
        changed += compared.runs.iter().map(left).sum::<usize>();
    }
    assert!(changed > 0, "no example left a file behind, so nothing was compared");
}
