//! `cargo xtask dist`: the page as a folder for any static host, and the npm package that shows it in other pages.
//! Must never build the page: `cargo xtask setup` does.

mod folder;
mod links;
mod names;
mod npm;
mod policy;
mod references;
mod table;
mod version;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use anyhow::{Context as _, Result, bail};

use crate::plan::{self, Step};
use crate::screen::{self, Ended};
use crate::{places, setup};

/// The page's folder in the one that is made, and the package's.
const PAGE: &str = "page";
const NPM: &str = "npm";

/// Makes a folder of the page for any static host, and an npm package of it.
///
/// Takes the page that `cargo xtask setup` built, and writes
///
///   DIR/page  for a server: at any path, on any host, also one whose
///             headers can't be set
///   DIR/npm   the package amphi-playground: `npm publish` or `npm pack` in it
///
/// Files have hashes of their contents in their names, so that a server may say
/// of them that they never change; _headers says so to hosts that read it. Only
/// the page, the service worker, _headers and versions.json, which lists what is
/// there, keep their names. Beside each file that shrinks lies its brotli form,
/// FILE.br, for servers that send such files (nginx: `brotli_static on`).
///
/// The service worker keeps the page for the time without a network, and adds
/// the headers that give it shared memory where a server does not send them.
///
/// To put a new version on a server, copy the new folder over the old one: pages
/// that are open still find their files.
///
/// To look at the result: `amphi serve --dist DIR/page`.
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Dist {
    /// The folder to make; one that this command made before is replaced [default: target/dist].
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

impl Dist {
    /// Makes the folder, checks its links, and prints what a first visit loads.
    ///
    /// # Errors
    /// The page is not built, a link leads nowhere, the folder is somebody else's, or a file can't be written.
    pub(crate) fn run(self) -> Result<()> {
        let out = self.out.unwrap_or_else(|| places::target().join("dist"));
        refuse_others(&out)?;
        let draft = with_pid(&out);
        let made = make(&draft);
        if made.is_err() {
            // Nobody should take a folder that is not whole for one that is.
            setup::remove(&draft)?;
        }
        let manifest = made?;
        setup::remove(&out)?;
        fs::rename(&draft, &out).with_context(|| format!("can't make {}", out.display()))?;
        for line in table::lines(&manifest) {
            screen::result(&line);
        }
        screen::say(&format!(
            "Version {} is in {}. Put `{PAGE}` on a server; `amphi serve --dist {}` shows it.",
            manifest.version,
            out.display(),
            out.join(PAGE).display()
        ));
        Ok(())
    }
}

fn make(out: &Path) -> Result<version::Manifest> {
    let made = Mutex::new(None);
    let service = places::root().join("web/assets/service.js");
    plan::run(vec![
        Step::new("page", "the page, its names and links", &[], |report| {
            let manifest = folder::write(&places::dist(), &service, &out.join(PAGE), report)?;
            let note = format!("version {}", manifest.version);
            *made.lock().unwrap_or_else(PoisonError::into_inner) = Some(manifest);
            Ok((Ended::Done, note))
        }),
        Step::new("npm", "the package amphi-playground", &[], |_| {
            npm::write(&out.join(NPM)).map(|()| (Ended::Done, String::new()))
        }),
    ])?;
    made.into_inner().unwrap_or_else(PoisonError::into_inner).context("no page was made")
}

/// A folder that was not made here is not deleted.
fn refuse_others(out: &Path) -> Result<()> {
    let is_ours = out.join(PAGE).join(folder::MANIFEST).is_file();
    let is_empty = fs::read_dir(out).map_or_else(|_| !out.exists(), |mut entries| entries.next().is_none());
    if is_ours || is_empty {
        return Ok(());
    }
    bail!("{} is there, and `cargo xtask dist` did not make it: name another folder, or remove it", out.display())
}

/// Beside the folder, so that it takes its place in one step.
fn with_pid(out: &Path) -> PathBuf {
    let mut name = out.as_os_str().to_owned();
    name.push(format!(".{}.part", std::process::id()));
    PathBuf::from(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_of_somebody_else_is_not_touched() {
        let root = tempfile::tempdir().unwrap();
        let (empty, theirs, ours) = (root.path().join("empty"), root.path().join("theirs"), root.path().join("ours"));
        fs::create_dir(&empty).unwrap();
        folder::put(&theirs.join("letter.txt"), b"dear").unwrap();
        folder::put(&ours.join(PAGE).join(folder::MANIFEST), b"{}").unwrap();
        for (folder, expected) in [(&empty, true), (&theirs, false), (&ours, true), (&root.path().join("new"), true)] {
            assert_eq!(refuse_others(folder).is_ok(), expected, "{}", folder.display());
        }
    }
}
