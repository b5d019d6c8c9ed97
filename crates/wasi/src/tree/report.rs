//! What a run left: every file, and which differ from the start. Owns the memory of what was there at the start; must
//! never know what the report is used for.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

use super::{Body, FileBytes, InodeId, Tree};
use crate::errno::Result;

/// What was there when the guest started.
#[derive(Debug, Clone, Default)]
pub(super) struct Start {
    /// The directories a guest may write under, as paths from the root.
    roots: Vec<String>,
    /// The files under them, by path from the root.
    files: BTreeMap<String, Before>,
    /// Inodes from this number on are newer.
    next_ino: u64,
}

/// A file as it was then.
#[derive(Debug, Clone)]
struct Before {
    ino: u64,
    bytes: FileBytes,
}

impl Start {
    pub(super) fn of(tree: &Tree, writable: &[String]) -> Self {
        let mut start = Self { next_ino: tree.next_ino, ..Self::default() };
        for root in writable {
            let root = plain(root);
            let mut found = Vec::new();
            if let Ok(id) = tree.find(&root) {
                tree.collect(id, &mut found);
            }
            for (path, id) in found {
                if let Ok(inode) = tree.inode(id)
                    && let Body::File(bytes) = &inode.body
                {
                    start.files.insert(join(&root, &path), Before { ino: inode.ino, bytes: bytes.clone() });
                }
            }
            start.roots.push(root);
        }
        start
    }

    fn covers(&self, path: &str) -> bool {
        self.roots.iter().any(|root| inside(path, root).is_some())
    }
}

/// A file as it is now.
#[derive(Debug, Clone)]
pub struct TreeFile<'a> {
    /// Its path from the directory asked for, without a slash in front.
    pub path: String,
    /// Whether it is new, was written, or was moved here since the guest started.
    pub changed: bool,
    before: Option<&'a FileBytes>,
    bytes: &'a FileBytes,
}

impl<'a> TreeFile<'a> {
    /// Its bytes; copied only if they do not lie together.
    #[must_use]
    pub fn bytes(&self) -> Cow<'a, [u8]> {
        self.bytes.to_bytes()
    }

    /// Its size.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.bytes.len()
    }

    /// Whether a file was at its path when the guest started.
    #[must_use]
    pub fn was_there(&self) -> bool {
        self.before.is_some()
    }

    /// Whether the file that was at its path held the same bytes.
    #[must_use]
    pub fn is_as_before(&self) -> bool {
        self.before.is_some_and(|before| before.len() == self.size() && before.to_bytes() == self.bytes())
    }
}

/// What is at a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TreeNode {
    /// Its path from the directory asked for, without a slash in front.
    pub path: String,
    /// Whether it is new, was written, or was moved here since the guest started.
    pub changed: bool,
    /// What it is.
    pub kind: NodeKind,
}

/// What can be at a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NodeKind {
    /// A file of so many bytes.
    File(u64),
    /// A directory.
    Directory,
    /// A symbolic link, and where it leads.
    Symlink(String),
}

impl Tree {
    /// Everything under a directory, given as a path from the root, in the order of paths; a directory before what is in
    /// it.
    pub fn nodes_under(&self, dir: &str) -> impl Iterator<Item = TreeNode> {
        let root = plain(dir);
        let mut found = Vec::new();
        if let Ok(id) = self.find(&root) {
            self.walk(id, |path, id| found.push((path.to_owned(), id)));
        }
        found.into_iter().filter(|(path, _)| !path.is_empty()).filter_map(move |(path, id)| {
            let inode = self.inode(id).ok()?;
            let kind = match &inode.body {
                Body::File(bytes) => NodeKind::File(bytes.len()),
                Body::Directory(_) => NodeKind::Directory,
                Body::Symlink(target) => NodeKind::Symlink(target.to_string()),
            };
            let whole = join(&root, &path);
            let moved = match self.start.files.get(&whole) {
                Some(before) => before.ino != inode.ino,
                // A file that was elsewhere then is another here.
                None => {
                    inode.ino >= self.start.next_ino || (matches!(kind, NodeKind::File(_)) && self.start.covers(&whole))
                }
            };
            Some(TreeNode { path, changed: inode.modified || moved, kind })
        })
    }

    /// The paths of inodes under a directory, from there, as far as they have names there: the first of each.
    pub(crate) fn paths_under(&self, dir: &str, wanted: &[InodeId]) -> HashMap<InodeId, String> {
        let mut paths = HashMap::new();
        if let Ok(root) = self.find(&plain(dir)) {
            self.walk(root, |at, id| {
                if wanted.contains(&id) {
                    paths.entry(id).or_insert_with(|| at.to_owned());
                }
            });
        }
        paths
    }

    /// The files under a directory, given as a path from the root, in the order of their paths.
    ///
    /// Symbolic links and empty directories are not files. A directory that the guest removed has none.
    pub fn files_under(&self, dir: &str) -> impl Iterator<Item = TreeFile<'_>> {
        let root = plain(dir);
        let mut found = Vec::new();
        if let Ok(id) = self.find(&root) {
            self.collect(id, &mut found);
        }
        found.into_iter().filter_map(move |(path, id)| {
            let inode = self.inode(id).ok()?;
            let Body::File(bytes) = &inode.body else { return None };
            let whole = join(&root, &path);
            let before = self.start.files.get(&whole);
            let moved = match before {
                Some(before) => before.ino != inode.ino,
                None => inode.ino >= self.start.next_ino || self.start.covers(&whole),
            };
            Some(TreeFile { path, changed: inode.modified || moved, before: before.map(|before| &before.bytes), bytes })
        })
    }

    /// The files that were under a directory when the guest started and are not any more, in order.
    pub fn removed_under(&self, dir: &str) -> impl Iterator<Item = String> {
        let root = plain(dir);
        self.start.files.keys().filter_map(move |path| {
            let relative = inside(path, &root)?;
            let id = self.find(path);
            let is_file = id.and_then(|id| self.inode(id)).is_ok_and(|inode| matches!(inode.body, Body::File(_)));
            (!is_file).then(|| relative.to_owned())
        })
    }

    /// The bytes of the file at a plain path from the root.
    ///
    /// # Errors
    /// `NOENT`, `NOTDIR`: it is not there. `BADF`: it is not a file.
    pub fn read(&self, path: &str) -> Result<Cow<'_, [u8]>> {
        Ok(self.file(self.find(path)?)?.to_bytes())
    }

    /// Every file under a directory with its path, in order of names.
    fn collect(&self, root: InodeId, found: &mut Vec<(String, InodeId)>) {
        self.walk(root, |path, id| {
            if matches!(self.inode(id).map(|inode| &inode.body), Ok(Body::File(_))) {
                found.push((path.to_owned(), id));
            }
        });
    }

    /// Everything from a directory on, with its path, in order of names. A stack, not recursion: a guest may nest deeply.
    fn walk(&self, root: InodeId, mut visit: impl FnMut(&str, InodeId)) {
        let mut stack = vec![(String::new(), root)];
        while let Some((path, id)) = stack.pop() {
            visit(&path, id);
            if let Ok(Body::Directory(directory)) = self.inode(id).map(|inode| &inode.body) {
                let entries = directory.entries.iter().rev();
                stack.extend(entries.map(|(name, id)| (join(&path, name), *id)));
            }
        }
    }
}

/// A path without slashes around it, doubled slashes and dots.
fn plain(path: &str) -> String {
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
    parts.join("/")
}

fn join(before: &str, name: &str) -> String {
    if before.is_empty() { name.to_owned() } else { format!("{before}/{name}") }
}

/// The rest of `path` if it lies in `root`.
fn inside<'a>(path: &'a str, root: &str) -> Option<&'a str> {
    if root.is_empty() { Some(path) } else { path.strip_prefix(root)?.strip_prefix('/') }
}
