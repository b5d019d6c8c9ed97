//! The ends of the build that are not scripts: the snapshot, the package put into place, old results removed.
//! Must never know an engine.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use crate::artifact::{LINK, RECORD, STDLIB, WASM};
use crate::atomic::{self, Draft};
use crate::build::Snapshot;
use crate::error::{Error, at};
use crate::hash;
use crate::package::{FileRecord, LinkKit, Package, SourceRecord};
use crate::pins;
use crate::recipe;

/// How long the folder of a step that the recipe no longer has is kept: switching between two checkouts for a few days
/// should not build anew each time.
const KEPT: Duration = Duration::from_secs(3 * 24 * 60 * 60);

/// Has the engine initialise the optimised interpreter, with the standard library as its `/lib`.
pub(crate) fn snapshot(take: Snapshot<'_>, optimised: &Path, stdlib: &Path, folder: &Path) -> Result<(), Error> {
    let raw = optimised.join(WASM);
    let raw = fs::read(&raw).map_err(at(&raw))?;
    // The guest should see the zip alone, not what else lies in the step's folder.
    let library = folder.join("lib");
    fs::create_dir_all(&library).map_err(at(&library))?;
    let zip = library.join(STDLIB);
    fs::copy(stdlib.join(STDLIB), &zip).map_err(at(&zip))?;
    let wasm = take(&raw, &library).map_err(Error::Snapshot)?;
    let target = folder.join(WASM);
    atomic::write_file(&target, &wasm).map_err(at(&target))?;
    atomic::remove_folder(&library).map_err(at(&library))
}

/// The folders of the steps whose results are published.
#[derive(Debug)]
pub(crate) struct Parts<'a> {
    pub(crate) wasm: &'a Path,
    pub(crate) stdlib: &'a Path,
    pub(crate) link: &'a Path,
    pub(crate) toolchain: &'a [String],
    /// The C library came from a wasi-sdk.
    pub(crate) sdk: bool,
}

/// Copies everything into a draft, describes it, and moves it to `target` as one.
pub(crate) fn publish(parts: &Parts<'_>, target: &Path) -> Result<(), Error> {
    if let Some(parent) = target.parent() {
        fs::create_dir_all(parent).map_err(at(parent))?;
        atomic::remove_abandoned(parent).map_err(at(parent))?;
    }
    let draft = Draft::new(target).map_err(at(target))?;
    let folder = draft.folder();
    let file = |name: &str, from: &Path| {
        let (from, to) = (from.join(name), folder.join(name));
        fs::copy(&from, &to).map_err(at(&from))?;
        let (sha256, size) = hash::file(&to).map_err(at(&to))?;
        Ok::<_, Error>(FileRecord { file: name.to_owned(), size, sha256 })
    };
    let package = Package {
        key: recipe::key().to_owned(),
        python: pins::PYTHON.version.to_owned(),
        wasm: file(WASM, parts.wasm)?,
        stdlib: file(STDLIB, parts.stdlib)?,
        toolchain: parts.toolchain.to_vec(),
        sources: pins::ALL
            .iter()
            .filter(|pin| !(parts.sdk && **pin == pins::WASI_LIBC))
            .map(|pin| SourceRecord {
                name: pin.name.to_owned(),
                version: pin.version.to_owned(),
                sha256: pin.sha256.to_owned(),
            })
            .collect(),
        extensions: Vec::new(),
    };
    let kit = parts.link.join("kit");
    copy_folder(&kit, &folder.join(LINK)).map_err(at(&kit))?;
    let arguments = LinkKit { compile: lines(&kit.join("compile.txt"))?, arguments: lines(&kit.join("link.txt"))? };
    write_json(&folder.join(LINK).join("link.json"), &arguments)?;
    write_json(&folder.join(RECORD), &package)?;
    draft.publish().map_err(at(target))
}

/// Removes folders of steps that are not of this build, once nobody can want them any more. What can't be removed stays:
/// the build itself is done.
pub(crate) fn forget_old<'a>(root: &Path, current: impl Iterator<Item = &'a PathBuf>) {
    let current: Vec<&PathBuf> = current.collect();
    let Ok(entries) = fs::read_dir(root) else { return };
    for entry in entries.filter_map(Result::ok) {
        let path = entry.path();
        let modified = entry.metadata().and_then(|metadata| metadata.modified());
        let old = modified.is_ok_and(|time| SystemTime::now().duration_since(time).is_ok_and(|age| age > KEPT));
        if old && path.is_dir() && !current.contains(&&path) {
            let _ = fs::remove_dir_all(path);
        }
    }
}

fn lines(path: &Path) -> Result<Vec<String>, Error> {
    let text = fs::read_to_string(path).map_err(at(path))?;
    Ok(text.lines().map(str::to_owned).collect())
}

pub(crate) fn write_json(path: &Path, value: &impl serde::Serialize) -> Result<(), Error> {
    let mut text = serde_json::to_vec_pretty(value).map_err(io::Error::from).map_err(at(path))?;
    text.push(b'\n');
    atomic::write_file(path, &text).map_err(at(path))
}

fn copy_folder(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let to = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_folder(&entry.path(), &to)?;
        } else {
            fs::copy(entry.path(), &to)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::artifact;

    #[test]
    fn what_is_published_is_found_again() {
        let root = tempfile::tempdir().unwrap();
        let (wasm, stdlib, link) = (root.path().join("wasm"), root.path().join("stdlib"), root.path().join("link"));
        for folder in [&wasm, &stdlib, &link.join("kit/lib")] {
            fs::create_dir_all(folder).unwrap();
        }
        fs::write(wasm.join(WASM), "wasm").unwrap();
        fs::write(stdlib.join(STDLIB), "PK").unwrap();
        fs::write(link.join("kit/lib/libz.a"), "!<arch>").unwrap();
        fs::write(link.join("kit/link.txt"), "-O3\nlib/libz.a\n").unwrap();
        fs::write(link.join("kit/compile.txt"), "-O3\n").unwrap();
        let target = root.path().join("python/key");
        let parts = Parts { wasm: &wasm, stdlib: &stdlib, link: &link, toolchain: &["clang 19".to_owned()], sdk: true };
        publish(&parts, &target).unwrap();
        let artifact = artifact::open(&target).unwrap();
        assert_eq!(artifact.package.wasm.size, 4);
        assert_eq!(artifact.sha256, hash::file(&wasm.join(WASM)).unwrap().0);
        assert!(artifact.package.sources.iter().all(|source| source.name != "wasi-libc"));
        let kit: LinkKit =
            serde_json::from_slice(&fs::read(artifact.link_folder().join("link.json")).unwrap()).unwrap();
        assert_eq!(kit.arguments, ["-O3", "lib/libz.a"]);
        assert!(artifact.link_folder().join("lib/libz.a").exists());

        fs::remove_file(wasm.join(WASM)).unwrap();
        publish(&parts, &target).unwrap_err();
        assert!(artifact::open(&target).is_ok(), "a failed build leaves the old result");
        assert_eq!(fs::read_dir(root.path().join("python")).unwrap().count(), 1, "and nothing beside it");
    }

    #[test]
    fn the_snapshot_sees_the_zip_and_its_failure_is_told() {
        let root = tempfile::tempdir().unwrap();
        fs::write(root.path().join(WASM), "raw").unwrap();
        fs::write(root.path().join(STDLIB), "PK").unwrap();
        let out = root.path().join("snapshot");
        let take = |raw: &[u8], library: &Path| Ok([raw, &fs::read(library.join(STDLIB))?].concat());
        snapshot(&take, root.path(), root.path(), &out).unwrap();
        assert_eq!(fs::read(out.join(WASM)).unwrap(), b"rawPK");
        let failing = |_: &[u8], _: &Path| Err("no memory".into());
        let failed = snapshot(&failing, root.path(), root.path(), &out).unwrap_err();
        assert_eq!(failed.to_string(), "could not take the snapshot of the interpreter: no memory");
    }
}
