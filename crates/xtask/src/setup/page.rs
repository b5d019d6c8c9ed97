//! The page: trunk builds it into `dist/`, python.wasm lies beside it, and what a browser downloads is compressed.
//! Must never build anew what has not changed.

use std::ffi::OsStr;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{fs, io};

use anyhow::{Context as _, Result};

use super::tools::{self, Tool};
use crate::places;
use crate::process::{self, Report};
use crate::screen::Ended;

/// What the page is made of, from the root of the checkout.
const INPUTS: &[&str] = &[
    "Cargo.lock",
    "Cargo.toml",
    "Trunk.toml",
    "crates/browser",
    "crates/core",
    "crates/wasi",
    "examples",
    "index.html",
    "web",
];

/// The page's own JavaScript, and where the versions of its libraries are.
const SCRIPTS: &str = "web/js";
const LOCK: &str = "package-lock.json";

/// What finds faults of accessibility in a page.
const AXE: &str = "axe-core/axe.min.js";

/// The kinds of files that shrink. HTML is served by itself, because its scripts' hashes are in a header.
const COMPRESSED: &[&str] = &["css", "js", "json", "svg", "wasm"];

/// Compresses pairs of files, several at a time. Node has brotli built in; a compressor compiled without optimisation
/// would take minutes.
const COMPRESS: &str = "
const fs = require('fs'), { promisify } = require('util'), { brotliCompress, constants } = require('zlib');
const files = process.argv.slice(1), pairs = [];
for (let at = 0; at < files.length; at += 2) pairs.push([files[at], files[at + 1]]);
Promise.all(pairs.map(async ([from, to]) => {
  const input = fs.readFileSync(from), draft = to + '.' + process.pid;
  const params = { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_LGWIN]: 24, [constants.BROTLI_PARAM_SIZE_HINT]: input.length };
  fs.writeFileSync(draft, await promisify(brotliCompress)(input, { params }));
  fs.renameSync(draft, to);
  console.log('compressed ' + from);
}));";

/// The page's libraries of JavaScript as npm has them: in the user's cache, by what they are.
fn libraries() -> Result<PathBuf> {
    let lock = places::root().join(SCRIPTS).join(LOCK);
    let text = fs::read(&lock).with_context(|| format!("can't read {}", lock.display()))?;
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    Ok(places::cache()?.join("tools").join(format!("page-libraries-{:016x}", hasher.finish())))
}

/// Whether they are still to come, from npm.
pub(crate) fn needs_npm() -> bool {
    !libraries().is_ok_and(|folder| folder.is_dir())
}

/// Makes the files of JavaScript that the page loads, of its own and of the libraries.
///
/// # Errors
/// npm's registry can't be reached, or a file can't be read or written.
pub(crate) fn bundle(report: Report<'_>) -> Result<(Ended, String)> {
    let (scripts, folder) = (places::root().join(SCRIPTS), libraries()?);
    let is_in = |folder: &Path| folder.join("node_modules/.bin/esbuild").exists();
    let installed = tools::whole(&folder, "page-libraries", is_in, report, |draft| {
        fs::create_dir_all(draft).with_context(|| format!("can't make {}", draft.display()))?;
        for file in ["package.json", LOCK] {
            fs::copy(scripts.join(file), draft.join(file)).with_context(|| format!("can't copy {file}"))?;
        }
        let mut command = Command::new("npm");
        command.current_dir(draft).args(["ci", "--no-audit", "--no-fund", "--ignore-scripts"]);
        process::expect(command, "libraries", report).context("is npm's registry reachable?")?;
        Ok(())
    })?;
    let libraries = folder.join("node_modules");
    let draft = scripts.join(format!("out.{}.part", std::process::id()));
    let mut command = Command::new(libraries.join(".bin/esbuild"));
    command.current_dir(&scripts).env("NODE_PATH", &libraries);
    command.args(["editor.js", "--bundle", "--format=esm", "--splitting", "--minify", "--target=es2022"]);
    command.args(["--legal-comments=none", "--log-level=warning"]);
    command.arg(format!("--outdir={}", draft.display()));
    process::expect(command, "bundle", report)?;
    // Files have hashes in their names: those of before would stay beside them.
    let out = scripts.join("out");
    tools::remove(&out)?;
    fs::rename(&draft, &out).with_context(|| format!("can't make {}", out.display()))?;
    // For tests, which look for it there; no page loads it.
    fs::create_dir_all(places::notes()).with_context(|| format!("can't make {}", places::notes().display()))?;
    place(&libraries.join(AXE), &places::notes().join("axe.min.js"))?;
    Ok(installed)
}

/// Builds the page, if its inputs have changed.
///
/// # Errors
/// Trunk failed, or a file can't be read or written.
pub(crate) fn build(path: &OsStr, tools: &[Tool], report: Report<'_>) -> Result<(Ended, String)> {
    let root = places::root();
    let mut hasher = DefaultHasher::new();
    for tool in tools {
        (tool.name, &tool.version).hash(&mut hasher);
    }
    for input in INPUTS {
        hash_all(&root, &root.join(input), &mut hasher)?;
    }
    let key = format!("{:016x}\n", hasher.finish());
    let key_file = places::notes().join("page.key");
    let dist = places::dist();
    if dist.join("index.html").is_file() && fs::read_to_string(&key_file).is_ok_and(|old| old == key) {
        return Ok((Ended::Reused, String::new()));
    }
    // From here on the folder is not what the old key says.
    remove_file(&key_file)?;
    let mut command = Command::new("trunk");
    command.current_dir(&root).env("PATH", path).args(["build", "--release", "--dist"]).arg(&dist);
    // The variable means "no colours" to trunk only when it says true or false, and stops it otherwise.
    command.env_remove("NO_COLOR");
    process::expect(command, "page", report)?;
    let files = files_of(&dist)?;
    let compressible = files.iter().filter(|file| is_compressible(file));
    compress(compressible.map(|file| (file.clone(), with_br(file))).collect(), report)?;
    fs::write(&key_file, key).with_context(|| format!("can't write {}", key_file.display()))?;
    Ok((Ended::Done, String::new()))
}

/// Puts the interpreter beside the page, and its compressed form from the cache.
///
/// # Errors
/// There is no interpreter, or a file can't be written.
pub(crate) fn add_python(report: Report<'_>) -> Result<(Ended, String)> {
    let artifact = amphi_python::artifact()?;
    let cache = places::cache()?.join("brotli");
    fs::create_dir_all(&cache).with_context(|| format!("can't make {}", cache.display()))?;
    let package = &artifact.package;
    let files = [&package.wasm, &package.stdlib];
    let compressed = files.map(|file| (artifact.folder.join(&file.file), cache.join(format!("{}.br", file.sha256))));
    let missing: Vec<_> = compressed.iter().filter(|(_, br)| !br.is_file()).cloned().collect();
    let ended = if missing.is_empty() { Ended::Reused } else { Ended::Done };
    compress(missing, report)?;
    let folder = places::dist().join("python");
    fs::create_dir_all(&folder).with_context(|| format!("can't make {}", folder.display()))?;
    let mut sizes = 0;
    for (file, br) in &compressed {
        let name = file.file_name().unwrap_or_default();
        place(file, &folder.join(name))?;
        place(br, &with_br(&folder.join(name)))?;
        sizes += fs::metadata(br).with_context(|| format!("can't read {}", br.display()))?.len();
    }
    place(&artifact.folder.join("python.json"), &folder.join("python.json"))?;
    // Megabytes with one digit after the point, without floating point.
    let tenths = sizes / 100_000;
    Ok((ended, format!("{}.{} MB", tenths / 10, tenths % 10)))
}

/// Where the compressed form of a file lies.
pub(crate) fn with_br(file: &Path) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(".br");
    PathBuf::from(name)
}

/// A hard link costs nothing; across disks it is a copy. Either way the file is there whole or not at all.
fn place(from: &Path, to: &Path) -> Result<()> {
    let draft = to.with_extension(format!("{}.part", std::process::id()));
    remove_file(&draft)?;
    fs::hard_link(from, &draft)
        .or_else(|_| fs::copy(from, &draft).map(drop))
        .and_then(|()| fs::rename(&draft, to))
        .with_context(|| format!("can't place {} in {}", from.display(), to.display()))?;
    // Renaming one link of a file over another does nothing, and leaves the draft.
    remove_file(&draft)
}

fn remove_file(file: &Path) -> Result<()> {
    match fs::remove_file(file) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("can't remove {}", file.display()))
        }
        _ => Ok(()),
    }
}

/// Whether a file shrinks, and is served as it lies.
pub(crate) fn is_compressible(file: &Path) -> bool {
    file.extension().is_some_and(|kind| COMPRESSED.iter().any(|one| kind == *one))
}

/// Compresses each first file into the second.
///
/// # Errors
/// A file can't be read or written.
pub(crate) fn compress(files: Vec<(PathBuf, PathBuf)>, report: Report<'_>) -> Result<()> {
    if files.is_empty() {
        return Ok(());
    }
    let mut command = Command::new("node");
    command.args(["-e", COMPRESS, "--"]);
    for (from, to) in files {
        command.arg(from).arg(to);
    }
    process::expect(command, "compress", report)?;
    Ok(())
}

fn hash_all(root: &Path, path: &Path, hasher: &mut DefaultHasher) -> Result<()> {
    let files = if path.is_dir() { files_of(path)? } else { vec![path.to_owned()] };
    for file in files {
        file.strip_prefix(root).unwrap_or(&file).hash(hasher);
        fs::read(&file).with_context(|| format!("can't read {}", file.display()))?.hash(hasher);
    }
    Ok(())
}

/// All files below a folder, sorted.
pub(crate) fn files_of(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        let entries = fs::read_dir(&folder).with_context(|| format!("can't list {}", folder.display()))?;
        for entry in entries {
            let path = entry.with_context(|| format!("can't list {}", folder.display()))?.path();
            if path.is_dir() { folders.push(path) } else { files.push(path) }
        }
    }
    files.sort();
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_placed_file_replaces_the_old_one_and_leaves_no_draft() {
        let root = tempfile::tempdir().unwrap();
        let (from, to) = (root.path().join("from.wasm"), root.path().join("to.wasm"));
        fs::write(&to, "old").unwrap();
        fs::write(&from, "new").unwrap();
        for _ in 0..2 {
            place(&from, &to).unwrap();
            assert_eq!(fs::read(&to).unwrap(), b"new");
            assert_eq!(files_of(root.path()).unwrap(), [from.clone(), to.clone()]);
        }
    }

    #[test]
    fn the_compressed_name_keeps_the_kind() {
        assert_eq!(with_br(Path::new("a/b.wasm")), Path::new("a/b.wasm.br"));
    }
}
