//! From a path to an inode. Owns what `.`, `..`, slashes and symbolic links mean, and that no path leaves the directory
//! it starts from; must never know what is done with what it finds.
//!
//! The rules are those that wasmtime gets from Linux's `openat2` with `RESOLVE_BENEATH`.

use super::names::Place;
use super::{Body, InodeId, Tree};
use crate::errno::{Errno, Result};

/// The longest name, in bytes.
pub(crate) const NAME_MAX: usize = 255;

/// The longest path, in bytes; Linux counts a terminating NUL too.
pub(crate) const PATH_MAX: usize = 4095;

/// How many symbolic links one path may go through.
const LINKS_MAX: u32 = 40;

/// The end of a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Last<'a> {
    /// The directory that was reached itself: the path ends in `.`, `..` or, where that matters, in a slash.
    Dot,
    /// A name that is still to be looked up.
    Name(&'a str),
}

/// Refuses what no lookup could accept.
///
/// # Errors
/// `INVAL`: a NUL in it. `NAMETOOLONG`: longer than [`PATH_MAX`]. `NOENT`: empty.
pub(crate) fn check(path: &str) -> Result<()> {
    if path.len() > PATH_MAX { Err(Errno::Nametoolong) } else { check_text(path) }
}

/// # Errors
/// `INVAL`: a NUL in it. `NOENT`: empty.
fn check_text(path: &str) -> Result<()> {
    if path.is_empty() {
        Err(Errno::Noent)
    } else if path.as_bytes().contains(&0) {
        Err(Errno::Inval)
    } else {
        Ok(())
    }
}

/// A path being walked, part by part. Symbolic links are followed in place; nothing is copied.
#[derive(Debug)]
pub(crate) struct Walk<'a> {
    tree: &'a Tree,
    /// The directory that `..` may not leave.
    base: InodeId,
    at: InodeId,
    rest: &'a str,
    /// What is left of the paths whose links are being followed, the innermost last. None is empty.
    outer: Vec<&'a str>,
    links: u32,
    /// A slash at the end asked for a directory.
    pub(crate) directory_only: bool,
}

impl<'a> Walk<'a> {
    /// # Errors
    /// Those of [`check`]. `PERM`: the path is absolute.
    pub(crate) fn new(tree: &'a Tree, base: InodeId, path: &'a str) -> Result<Self> {
        check(path)?;
        let mut walk = Self { tree, base, at: base, rest: "", outer: Vec::new(), links: 0, directory_only: false };
        walk.enter(path)?;
        Ok(walk)
    }

    /// Walks all but the last part, and says where that would be.
    ///
    /// # Errors
    /// `NOENT`, `NOTDIR`, `LOOP`, `NAMETOOLONG`: a part before the last is not there, is no directory, ….
    /// `PERM`: the path leads out.
    pub(crate) fn last(&mut self) -> Result<Place<'a>> {
        loop {
            let rest = self.rest.trim_start_matches('/');
            if rest.is_empty() {
                match self.outer.pop() {
                    Some(outer) => self.rest = outer,
                    None => return Ok(Place { directory: self.at, last: Last::Dot }),
                }
                continue;
            }
            let (name, after) = rest.split_once('/').unwrap_or((rest, ""));
            self.rest = after;
            match name {
                "." => {}
                ".." if self.at == self.base => return Err(Errno::Perm),
                ".." => self.at = self.tree.directory(self.at)?.parent.ok_or(Errno::Noent)?,
                _ if name.len() > NAME_MAX => return Err(Errno::Nametoolong),
                _ if after.is_empty() && self.outer.is_empty() => {
                    return Ok(Place { directory: self.at, last: Last::Name(name) });
                }
                _ => self.step(name)?,
            }
        }
    }

    /// Goes on with what a symbolic link says.
    ///
    /// # Errors
    /// `LOOP`: one link too many. `PERM`: it is absolute.
    pub(crate) fn follow(&mut self, target: &'a str) -> Result<()> {
        self.links += 1;
        if self.links > LINKS_MAX {
            return Err(Errno::Loop);
        }
        self.enter(target)
    }

    /// The inode at the end. `follow`: a symbolic link there is followed too.
    ///
    /// # Errors
    /// Those of [`last`](Self::last), for the whole path.
    pub(crate) fn inode(mut self, follow: bool) -> Result<InodeId> {
        loop {
            let place = self.last()?;
            let Last::Name(name) = place.last else { return Ok(place.directory) };
            let id = self.tree.lookup(place.directory, name)?;
            match &self.tree.inode(id)?.body {
                Body::Symlink(target) if follow || self.directory_only => self.follow(target)?,
                Body::Directory(_) => return Ok(id),
                _ if self.directory_only => return Err(Errno::Notdir),
                _ => return Ok(id),
            }
        }
    }

    fn enter(&mut self, path: &'a str) -> Result<()> {
        if path.starts_with('/') {
            return Err(Errno::Perm);
        }
        let trimmed = path.trim_end_matches('/');
        let is_end = self.rest.is_empty() && self.outer.is_empty();
        self.directory_only |= is_end && trimmed.len() < path.len();
        if !self.rest.is_empty() {
            self.outer.push(self.rest);
        }
        self.rest = trimmed;
        Ok(())
    }

    fn step(&mut self, name: &str) -> Result<()> {
        let id = self.tree.lookup(self.at, name)?;
        match &self.tree.inode(id)?.body {
            Body::Directory(_) => self.at = id,
            Body::Symlink(target) => self.follow(target)?,
            Body::File(_) => return Err(Errno::Notdir),
        }
        Ok(())
    }
}

/// Finds the directory of a path's last part, which is not looked up. A path that ends in a slash, `.` or `..` ends in
/// the directory itself, which must then be there. The limit on paths holds for the way to the directory, without what
/// means nothing at its end.
///
/// # Errors
/// Those of [`Walk`]. `NOTDIR`: what should be a directory is not.
pub(crate) fn parent<'a>(tree: &Tree, base: InodeId, path: &'a str) -> Result<Place<'a>> {
    check_text(path)?;
    let (before, last) = split(path);
    let before = trimmed(before);
    if before.is_empty() {
        return Ok(Place { directory: base, last });
    }
    let directory = Walk::new(tree, base, before)?.inode(true)?;
    tree.directory(directory)?;
    Ok(Place { directory, last })
}

/// A path without the slashes at its end, for the calls that let them mean nothing; `/` stays.
pub(crate) fn without_slashes(path: &str) -> &str {
    match path.trim_end_matches('/') {
        "" => path.get(..1).unwrap_or(path),
        trimmed => trimmed,
    }
}

/// A directory's path without slashes and `/.` at its end, but for one slash, which asks for a directory.
fn trimmed(path: &str) -> &str {
    let double = |path: &str| path.ends_with("//");
    let mut short = path;
    while let Some(shorter) = short.strip_suffix("/.").or(short.strip_suffix('/').filter(|_| double(short))) {
        short = shorter;
    }
    short
}

fn split(path: &str) -> (&str, Last<'_>) {
    if path == "." {
        return ("", Last::Dot);
    }
    if path.ends_with('/') || path.ends_with("/.") {
        return (path, Last::Dot);
    }
    match path.rsplit_once('/') {
        Some((_, "..")) => (path, Last::Dot),
        None if path == ".." => (path, Last::Dot),
        Some(("", name)) => ("/", Last::Name(name)),
        Some((before, name)) => (before, Last::Name(name)),
        None => ("", Last::Name(path)),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may fail so")]
mod tests {
    use super::{Last, Walk, parent};
    use crate::errno::Errno;
    use crate::tree::{Content, InodeId, Tree};

    fn tree() -> Tree {
        let mut tree = Tree::new(0);
        tree.insert_file("home/a/file", Content::from("x")).unwrap();
        tree.insert_file("home/a/b/deep", Content::from("x")).unwrap();
        tree.insert_file("outside", Content::from("secret")).unwrap();
        for (path, target) in [
            ("home/to_a", "a"),
            ("home/to_file", "a/file"),
            ("home/to_file_slash", "a/file/"),
            ("home/a/up", ".."),
            ("home/a/out", "../../outside"),
            ("home/root", "/outside"),
            ("home/loop", "loop"),
            ("home/ping", "pong"),
            ("home/pong", "ping"),
            ("home/dangling", "nowhere"),
            ("home/l0", "a/file"),
        ] {
            tree.insert_symlink(path, target).unwrap();
        }
        for link in 1..=40 {
            tree.insert_symlink(&format!("home/l{link}"), &format!("l{}", link - 1)).unwrap();
        }
        tree
    }

    fn id(tree: &Tree, path: &str) -> InodeId {
        Walk::new(tree, InodeId::ROOT, path).unwrap().inode(false).unwrap()
    }

    #[test]
    fn paths_end_where_linux_says() {
        let tree = tree();
        let home = id(&tree, "home");
        let long = "n".repeat(256);
        let longer = "a/".repeat(2048);
        for (path, follow, expected) in [
            ("a/file", true, Ok("home/a/file")),
            ("./a//./file", true, Ok("home/a/file")),
            ("a", true, Ok("home/a")),
            ("a/", true, Ok("home/a")),
            ("a/.", true, Ok("home/a")),
            ("a/b/..", true, Ok("home/a")),
            (".", true, Ok("home")),
            ("a/..", true, Ok("home")),
            ("a/up/a/file", true, Ok("home/a/file")),
            ("to_a/b/deep", true, Ok("home/a/b/deep")),
            ("to_a", false, Ok("home/to_a")),
            ("to_a/", false, Ok("home/a")),
            ("to_file", true, Ok("home/a/file")),
            ("to_file", false, Ok("home/to_file")),
            ("to_file_slash", true, Err(Errno::Notdir)),
            ("to_file/", false, Err(Errno::Notdir)),
            ("a/file/", true, Err(Errno::Notdir)),
            ("a/file/.", true, Err(Errno::Notdir)),
            ("a/file/..", true, Err(Errno::Notdir)),
            ("", true, Err(Errno::Noent)),
            ("missing", true, Err(Errno::Noent)),
            ("missing/..", true, Err(Errno::Noent)),
            ("dangling", true, Err(Errno::Noent)),
            ("..", true, Err(Errno::Perm)),
            ("a/../..", true, Err(Errno::Perm)),
            ("../home/a", true, Err(Errno::Perm)),
            ("/", true, Err(Errno::Perm)),
            ("/home", true, Err(Errno::Perm)),
            ("a/out", true, Err(Errno::Perm)),
            ("root", true, Err(Errno::Perm)),
            ("root", false, Ok("home/root")),
            ("loop", true, Err(Errno::Loop)),
            ("loop", false, Ok("home/loop")),
            ("ping/x", true, Err(Errno::Loop)),
            ("l39", true, Ok("home/a/file")),
            ("l40", true, Err(Errno::Loop)),
            ("a\0", true, Err(Errno::Inval)),
            (long.as_str(), true, Err(Errno::Nametoolong)),
            (longer.as_str(), true, Err(Errno::Nametoolong)),
        ] {
            let found = Walk::new(&tree, home, path).and_then(|walk| walk.inode(follow));
            assert_eq!(found, expected.map(|path| id(&tree, path)), "{path:?} follow {follow}");
        }
    }

    #[test]
    fn parents_are_found_as_wasmtime_finds_them() {
        let tree = tree();
        let home = id(&tree, "home");
        let (dots, detours) = (format!("{}new", "./".repeat(3000)), format!("{}new", "a/../".repeat(1000)));
        for (path, expected) in [
            // What means nothing at the end of the way there does not make it too long.
            (dots.as_str(), Ok(("home", Last::Name("new")))),
            (detours.as_str(), Err(Errno::Nametoolong)),
            ("new", Ok(("home", Last::Name("new")))),
            ("a/new", Ok(("home/a", Last::Name("new")))),
            ("to_a/new", Ok(("home/a", Last::Name("new")))),
            ("a/file", Ok(("home/a", Last::Name("file")))),
            ("a/", Ok(("home/a", Last::Dot))),
            ("to_a/", Ok(("home/a", Last::Dot))),
            (".", Ok(("home", Last::Dot))),
            ("a/.", Ok(("home/a", Last::Dot))),
            ("a/..", Ok(("home", Last::Dot))),
            ("new/", Err(Errno::Noent)),
            ("a/file/", Err(Errno::Notdir)),
            ("a/file/x", Err(Errno::Notdir)),
            ("..", Err(Errno::Perm)),
            ("/new", Err(Errno::Perm)),
            ("", Err(Errno::Noent)),
        ] {
            let found = parent(&tree, home, path).map(|place| (place.directory, place.last));
            assert_eq!(found, expected.map(|(path, last)| (id(&tree, path), last)), "{path:?}");
        }
    }
}
