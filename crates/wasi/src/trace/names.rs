//! What each descriptor stands for, followed through a run: the name of a stream, the path of what was opened. Made of
//! the calls alone, so that a reader of a trace needs nothing else.

use std::collections::BTreeMap;

use super::entry::{Arg, Entry, What};
use super::record::Answer;
use super::value::Value;
use crate::errno::Errno;
use crate::table::Call;

/// The descriptors of a run, as far as its calls told.
#[derive(Debug, Clone, Default)]
pub struct Names {
    /// Those of the program's own guest.
    own: Descriptors,
    /// Those of the others, by their names.
    others: BTreeMap<String, Descriptors>,
    /// Those of a guest that made no call yet.
    fresh: Descriptors,
}

/// The descriptors of one guest.
#[derive(Debug, Clone)]
pub(super) struct Descriptors(BTreeMap<u32, String>);

impl Default for Descriptors {
    fn default() -> Self {
        Self([(0, "<stdin>"), (1, "<stdout>"), (2, "<stderr>")].map(|(fd, name)| (fd, name.to_owned())).into())
    }
}

impl Names {
    /// Those of the guest that made a call.
    pub(super) fn at(&self, entry: &Entry) -> &Descriptors {
        match &entry.guest {
            None => &self.own,
            Some(guest) => self.others.get(guest).unwrap_or(&self.fresh),
        }
    }

    /// All paths that a call means: those it was given, each under its directory, or else those of its descriptors.
    #[must_use]
    pub fn paths(&self, entry: &Entry) -> Vec<String> {
        self.at(entry).paths(entry)
    }

    /// Follows a call that has ended.
    pub fn follow(&mut self, entry: &Entry) {
        match &entry.guest {
            None => self.own.follow(entry),
            Some(guest) => self.others.entry(guest.clone()).or_default().follow(entry),
        }
    }
}

impl Descriptors {
    /// What a descriptor stands for: a path as the guest knows it, `<stdin>`; nothing if no call told.
    pub(super) fn of(&self, fd: u32) -> Option<&str> {
        self.0.get(&fd).map(String::as_str)
    }

    /// The path that a call means by a directory and a path under it.
    pub(super) fn path(&self, fd: u32, path: &[u8]) -> String {
        let path = String::from_utf8_lossy(path);
        match self.of(fd) {
            Some(dir) if path != "." => format!("{}/{path}", dir.trim_end_matches('/')),
            Some(dir) => dir.to_owned(),
            None => path.into_owned(),
        }
    }

    /// All paths that a call means: those it was given, each under its directory, or else those of its descriptors.
    fn paths(&self, entry: &Entry) -> Vec<String> {
        let mut dir = None;
        let mut paths = Vec::new();
        for arg in entry.args() {
            match &arg.value {
                Value::Fd(fd) => dir = Some(*fd),
                Value::Bytes { shown, .. } if arg.name.ends_with("path") => {
                    paths.push(
                        dir.map_or_else(|| String::from_utf8_lossy(shown).into_owned(), |fd| self.path(fd, shown)),
                    );
                }
                _ => {}
            }
        }
        if paths.is_empty() {
            paths.extend(dir.and_then(|fd| self.of(fd)).map(str::to_owned));
        }
        paths
    }

    /// Follows a call that has ended.
    fn follow(&mut self, entry: &Entry) {
        let What::Wasi { call, args, results, answer: Answer::Errno(Errno::Success) } = &entry.what else { return };
        let fd = |args: &[Arg], at: usize| match args.get(at).map(|arg| &arg.value) {
            Some(Value::Fd(fd)) => Some(*fd),
            _ => None,
        };
        match call {
            Call::PathOpen => {
                if let (Some(opened), Some(path)) = (fd(results, 0), self.paths(entry).pop()) {
                    self.0.insert(opened, path);
                }
            }
            Call::FdPrestatDirName => {
                if let (Some(dir), Some(Value::Bytes { shown, .. })) =
                    (fd(args, 0), results.first().map(|result| &result.value))
                {
                    self.0.insert(dir, String::from_utf8_lossy(shown).into_owned());
                }
            }
            Call::FdClose => {
                fd(args, 0).map(|fd| self.0.remove(&fd));
            }
            Call::FdRenumber => {
                if let (Some(from), Some(to)) = (fd(args, 0), fd(args, 1))
                    && let Some(name) = self.0.remove(&from)
                {
                    self.0.insert(to, name);
                }
            }
            _ => {}
        }
    }
}
