//! Putting files and folders into place so that nobody ever sees half of one: two processes may write at once, and a
//! full disk or a killed process leaves only a temporary name that nobody reads.
//! Must never know what is in the files.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process;
use std::sync::atomic::{AtomicU32, Ordering};

/// How the names of unfinished files and folders end.
const UNFINISHED: &str = ".tmp";

/// A folder that is being filled beside its final place. Dropped before [`Draft::publish`], it is removed.
#[derive(Debug)]
pub(crate) struct Draft {
    folder: PathBuf,
    target: PathBuf,
}

impl Draft {
    /// An empty draft of `target`, in the same folder and so on the same disk.
    pub(crate) fn new(target: &Path) -> io::Result<Self> {
        let folder = beside(target)?;
        fs::create_dir_all(&folder)?;
        Ok(Self { folder, target: target.to_owned() })
    }

    /// Where to write until the draft is published.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Moves the draft into place; what was there before is replaced.
    pub(crate) fn publish(self) -> io::Result<()> {
        for entry in fs::read_dir(&self.folder)? {
            let entry = entry?;
            if entry.file_type()?.is_file() {
                // Without this a power cut after the rename could leave empty files under a name that promises whole ones.
                fs::File::open(entry.path())?.sync_all()?;
            }
        }
        // A folder can't be renamed over a full one, so the old one steps aside first.
        let aside = beside(&self.target)?;
        let replaced = match fs::rename(&self.target, &aside) {
            Ok(()) => true,
            Err(error) if error.kind() == io::ErrorKind::NotFound => false,
            Err(error) => return Err(error),
        };
        if let Err(error) = fs::rename(&self.folder, &self.target) {
            if replaced {
                // Best effort: the error of the move is the one to report.
                let _ = fs::rename(&aside, &self.target);
            }
            return Err(error);
        }
        if replaced {
            fs::remove_dir_all(&aside)?;
        }
        Ok(())
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        // After publishing there is nothing left under this name, which is fine.
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// Writes a file whole or not at all.
pub(crate) fn write_file(target: &Path, bytes: &[u8]) -> io::Result<()> {
    place_file(target, |draft| fs::write(draft, bytes))
}

/// Lets `fill` write a file under a temporary name and moves it to `target`; when `fill` fails nothing is left.
pub(crate) fn place_file(target: &Path, fill: impl FnOnce(&Path) -> io::Result<()>) -> io::Result<()> {
    if let Some(parent) = target.parent() {
        fs::create_dir_all(parent)?;
    }
    let draft = beside(target)?;
    let done = fill(&draft).and_then(|()| fs::File::open(&draft)?.sync_all()).and_then(|()| fs::rename(&draft, target));
    if done.is_err() {
        let _ = fs::remove_file(&draft);
    }
    done
}

/// Removes what killed processes left unfinished in a folder. Only while no other process writes there.
pub(crate) fn remove_abandoned(folder: &Path) -> io::Result<()> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        entries => entries?,
    };
    for entry in entries {
        let entry = entry?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if name.starts_with('.') && name.ends_with(UNFINISHED) {
            if entry.file_type()?.is_dir() { fs::remove_dir_all(entry.path()) } else { fs::remove_file(entry.path()) }?;
        }
    }
    Ok(())
}

/// Removes a folder if it is there.
pub(crate) fn remove_folder(folder: &Path) -> io::Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// A name in the same folder that no other process and no other call uses.
fn beside(target: &Path) -> io::Result<PathBuf> {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let name = target.file_name().ok_or(io::ErrorKind::InvalidInput)?.to_string_lossy();
    let unique = COUNT.fetch_add(1, Ordering::Relaxed);
    Ok(target.with_file_name(format!(".{name}.{}.{unique}{UNFINISHED}", process::id())))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> =
            fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn a_published_folder_replaces_the_old_one_whole() {
        let root = tempfile::tempdir().unwrap();
        let target = root.path().join("key");
        for content in ["old", "new"] {
            let draft = Draft::new(&target).unwrap();
            fs::write(draft.folder().join(content), content).unwrap();
            draft.publish().unwrap();
            assert_eq!(names(&target), [content]);
        }
        assert_eq!(names(root.path()), ["key"], "nothing temporary is left");
    }

    #[test]
    fn an_abandoned_draft_leaves_nothing() {
        let root = tempfile::tempdir().unwrap();
        let draft = Draft::new(&root.path().join("key")).unwrap();
        fs::write(draft.folder().join("half"), "half").unwrap();
        drop(draft);
        assert!(names(root.path()).is_empty());
    }

    #[test]
    fn what_a_killed_process_left_is_removed() {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir(root.path().join(".key.1.0.tmp")).unwrap();
        fs::write(root.path().join(".key.1.1.tmp"), "half").unwrap();
        fs::write(root.path().join("key.tmp"), "whole").unwrap();
        remove_abandoned(root.path()).unwrap();
        assert_eq!(names(root.path()), ["key.tmp"]);
        remove_abandoned(&root.path().join("nowhere")).unwrap();
    }

    #[test]
    fn a_file_that_could_not_be_filled_leaves_the_old_one() {
        let root = tempfile::tempdir().unwrap();
        let target = root.path().join("file");
        write_file(&target, b"old").unwrap();
        let failed = place_file(&target, |draft| {
            fs::write(draft, "half")?;
            Err(io::ErrorKind::StorageFull.into())
        });
        assert_eq!(failed.unwrap_err().kind(), io::ErrorKind::StorageFull);
        assert_eq!(fs::read(&target).unwrap(), b"old");
        assert_eq!(names(root.path()), ["file"]);
    }
}
