//! Reads the page that was built, and writes the finished folder. Must never know what is in a file.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};

use super::names::{self, FIXED, Files, Named};
use super::version::{File, Manifest};
use super::{links, policy, version};
use crate::process::Report;
use crate::setup::{self, files_of, with_br};

/// What is in a finished folder, for people and for us: a folder that has it is one of ours.
pub(crate) const MANIFEST: &str = "versions.json";

/// What the page can't do without, and setup may not have brought yet.
const NEEDED: &[&str] = &["index.html", "worker.js", "python/python.wasm", "python/python313.zip"];

/// Makes the finished page in `to` out of the one built in `from`, and checks its links.
///
/// # Errors
/// The page is not whole, a link leads nowhere, or a file can't be read or written.
pub(crate) fn write(from: &Path, service: &Path, to: &Path, report: Report<'_>) -> Result<Manifest> {
    let mut built = read(from, is_of_page)?;
    if let Some(missing) = NEEDED.iter().find(|name| !built.contains_key(**name)) {
        bail!("{} has no {missing}: run `cargo xtask setup`", from.display());
    }
    let text = fs::read(service).with_context(|| format!("can't read {}", service.display()))?;
    built.insert("service.js".to_owned(), text);
    let mut named = names::name(&built)?;
    let (version, policy) = version::stamp(&mut named)?;

    let mut compress = Vec::new();
    for one in &named {
        let file = to.join(&one.file);
        put(&file, &one.bytes)?;
        let old = with_br(&from.join(&one.source));
        // What is still what it was is compressed already; python.wasm takes half a minute.
        if built.get(&one.source) == Some(&one.bytes) && old.is_file() {
            fs::copy(&old, with_br(&file)).with_context(|| format!("can't copy {}", old.display()))?;
        } else if setup::is_compressible(&file) || one.file == "index.html" {
            compress.push((file.clone(), with_br(&file)));
        }
    }
    setup::compress(compress, report)?;
    put(&to.join("_headers"), headers(&named, &policy).as_bytes())?;

    let broken = links::check(&read(to, |_| true)?);
    if !broken.is_empty() {
        bail!("{} links of the page are broken:\n  {}", broken.len(), broken.join("\n  "));
    }
    let manifest = Manifest { version, files: named.iter().map(|one| described(one, to)).collect() };
    let text = serde_json::to_string_pretty(&manifest).context("can't write the manifest")?;
    put(&to.join(MANIFEST), format!("{text}\n").as_bytes())?;
    Ok(manifest)
}

/// Not what trunk is about to put there, in a folder `.stage`, nor what is made anew here.
fn is_of_page(name: &str) -> bool {
    !name.starts_with('.') && !name.ends_with(".br")
}

fn headers(named: &[Named], policy: &str) -> String {
    let files: Vec<&str> = named.iter().map(|one| one.file.as_str()).collect();
    let worker = named.iter().find(|one| one.name == "worker.js").map_or("", |one| &one.file);
    policy::headers_file(policy, &files, worker)
}

fn described(one: &Named, folder: &Path) -> File {
    let size = |file: PathBuf| fs::metadata(file).map(|file| file.len()).ok();
    File {
        name: one.name.clone(),
        file: one.file.clone(),
        bytes: one.bytes.len() as u64,
        brotli: size(with_br(&folder.join(&one.file))),
        first_visit: one.is_first || FIXED.contains(&one.file.as_str()),
    }
}

/// All files of a folder that are wanted.
fn read(folder: &Path, wanted: impl Fn(&str) -> bool) -> Result<Files> {
    let mut files = Files::new();
    for file in files_of(folder)? {
        let name = file.strip_prefix(folder).unwrap_or(&file).to_string_lossy().replace('\\', "/");
        if wanted(&name) {
            files.insert(name, fs::read(&file).with_context(|| format!("can't read {}", file.display()))?);
        }
    }
    Ok(files)
}

/// Writes a file, and makes the folders that it is in.
///
/// # Errors
/// It can't be written.
pub(crate) fn put(file: &Path, bytes: &[u8]) -> Result<()> {
    let folder = file.parent().unwrap_or(file);
    fs::create_dir_all(folder).with_context(|| format!("can't make {}", folder.display()))?;
    fs::write(file, bytes).with_context(|| format!("can't write {}", file.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_belongs_to_the_page_is_taken() {
        for (name, expected) in
            [("index.html", true), ("js/editor.js", true), ("js/editor.js.br", false), (".stage/worker.js", false)]
        {
            assert_eq!(is_of_page(name), expected, "{name}");
        }
    }

    #[test]
    fn a_page_that_is_not_whole_is_refused_with_what_to_do() {
        let root = tempfile::tempdir().unwrap();
        put(&root.path().join("index.html"), b"<p>").unwrap();
        let report = Report { screen: &crate::screen::Screen::new(1), number: 1 };
        let error = write(root.path(), Path::new("service.js"), &root.path().join("out"), report).unwrap_err();
        assert!(error.to_string().contains("no worker.js: run `cargo xtask setup`"), "{error}");
    }
}
