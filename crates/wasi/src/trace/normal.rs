//! A call without what may differ between two runs or two habitats: descriptor numbers, inodes, times, addresses,
//! random bytes. Owns what counts as the same; must never know which habitats are compared.

use std::collections::BTreeMap;

use super::entry::{Arg, Entry, What};
use super::names::{Descriptors, Names};
use super::value::{DirEntry, FileStat, Subscription, Value, When};
use crate::table::Call;

/// Makes calls comparable, one after the other in the order of their run.
#[derive(Debug, Clone, Default)]
pub struct Normal {
    names: Names,
    inodes: Inodes,
}

/// Inodes in the order they were first seen. Each guest has its own: in memory they have trees of their own.
#[derive(Debug, Clone, Default)]
struct Inodes(BTreeMap<(Option<String>, u64), u64>);

impl Normal {
    /// The call as a line, with what may differ replaced by what it stands for.
    pub fn line(&mut self, entry: &Entry) -> String {
        let mut same = entry.clone();
        if let What::Wasi { call, args, results, .. } = &mut same.what {
            let call = *call;
            for arg in args.iter_mut().chain(results) {
                replace(self.names.at(entry), entry.guest.as_deref(), &mut self.inodes, call, arg);
            }
        }
        let opened =
            self.names.paths(entry).pop().filter(|_| matches!(same.what, What::Wasi { call: Call::PathOpen, .. }));
        let line = same.line(&self.names, true);
        if frees_inodes(entry) {
            self.inodes.0.retain(|(guest, _), _| *guest != entry.guest);
        }
        self.names.follow(entry);
        match opened {
            Some(path) if !entry.failed() => format!("{line} <{path}>"),
            _ => line,
        }
    }
}

/// Whether an inode may be of another file from then on, as soon as its file is gone.
fn frees_inodes(entry: &Entry) -> bool {
    use Call::{FdClose, FdRenumber, PathRemoveDirectory, PathRename, PathUnlinkFile};
    let What::Wasi { call, .. } = &entry.what else { return false };
    !entry.failed() && matches!(call, FdClose | FdRenumber | PathRemoveDirectory | PathRename | PathUnlinkFile)
}

fn replace(names: &Descriptors, guest: Option<&str>, inodes: &mut Inodes, call: Call, arg: &mut Arg) {
    match &mut arg.value {
        Value::Fd(fd) => {
            let name = names.of(*fd).unwrap_or("a descriptor");
            arg.value = Value::Word(if name.starts_with('<') { name.to_owned() } else { format!("<{name}>") });
        }
        Value::Time(_) => arg.value = Value::Word("a time".to_owned()),
        Value::Address(_) => arg.value = Value::Word("an address".to_owned()),
        Value::Bytes { whole, .. } if call == Call::RandomGet => arg.value = Value::Room(*whole),
        Value::FileStat(stat) => {
            stat.inode = inodes.number(guest, stat.inode);
            let FileStat { device, accessed, modified, changed, size, links, .. } = stat;
            for time in [device, accessed, modified, changed] {
                *time = 0;
            }
            // How large a directory is, and how many names it has, every file system answers in its own way.
            if stat.file_type == "directory" {
                (*size, *links) = (0, 0);
            }
        }
        Value::Listing(entries) => {
            for DirEntry { next, inode, .. } in entries.iter_mut() {
                (*next, *inode) = (0, 0);
            }
            entries.sort_by(|one, other| one.name.cmp(&other.name));
        }
        Value::Subscriptions(all) => {
            for Subscription { when, .. } in all {
                // How long to wait is reckoned from clocks; not to wait at all is not.
                if let When::Clock { timeout: timeout @ 1.., .. } = when {
                    *timeout = u64::MAX;
                }
            }
        }
        _ => {}
    }
}

impl Inodes {
    fn number(&mut self, guest: Option<&str>, inode: u64) -> u64 {
        let next = self.0.len() as u64 + 1;
        *self.0.entry((guest.map(str::to_owned), inode)).or_insert(next)
    }
}
