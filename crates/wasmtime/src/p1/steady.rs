//! Owns what real folders would add by chance to a deterministic run: inode numbers, the times of what the run itself
//! makes, the order of listings. It must never know what a guest does with them.

use super::folders::{Folder, Folders};
use super::{HOSTCALL_FUEL, World, at_once};
use amphi_wasi::types::FileType;
use amphi_wasi::{Call, Determinism};
use std::collections::{HashMap, HashSet};
use std::time::UNIX_EPOCH;
use wasmtime::Result;
use wasmtime_wasi::p1::wasi_snapshot_preview1::{self as p1, WasiSnapshotPreview1 as _};
use wiggle::{GuestMemory, GuestPtr};

/// Offsets in a `filestat` and a `dirent` of preview1's `typenames.witx`.
mod layout {
    pub(super) const INODE: u32 = 8;
    pub(super) const KIND: u32 = 16;
    pub(super) const LINKS: u32 = 24;
    pub(super) const TIMES: [u32; 3] = [40, 48, 56];
    pub(super) const DIRENT: usize = 24;
}

/// What a deterministic run shows in place of what a file system tells.
pub(super) struct Steady {
    /// Numbers in the order in which inodes were first seen.
    inodes: HashMap<u64, u64>,
    /// The same of files without a name: a file system may give their inodes again once nobody has them open.
    nameless: HashMap<u64, u64>,
    /// How many numbers were given.
    given: u64,
    /// Those of amphi's own folders, whose times say when they were first needed and last read.
    own: HashSet<u64>,
    /// What is younger was made or touched by this run.
    began_ns: u64,
    clock_ns: u64,
}

impl Steady {
    pub(super) fn new(Determinism { clock_ns, .. }: Determinism, folders: &Folders) -> Self {
        let began = folders.began.duration_since(UNIX_EPOCH).unwrap_or_default();
        let began_ns = u64::try_from(began.as_nanos()).unwrap_or(u64::MAX);
        Self { inodes: HashMap::new(), nameless: HashMap::new(), given: 0, own: HashSet::new(), began_ns, clock_ns }
    }

    /// Replaces what depends on chance in what a call just told the guest: the attributes of a file.
    pub(super) fn told(&mut self, call: Call, args: &[u64], memory: &mut GuestMemory<'_>) -> Result<()> {
        let (Call::FdFilestatGet | Call::PathFilestatGet, Some(stat)) = (call, args.last()) else { return Ok(()) };
        let stat = u32::try_from(*stat)?;
        let field = |offset: u32| GuestPtr::<u64>::new(stat.wrapping_add(offset));
        let inode = memory.read(field(layout::INODE))?;
        let own = self.own.contains(&inode);
        // Streams have none.
        if inode != 0 {
            let named = memory.read(field(layout::LINKS))? > 0;
            memory.write(field(layout::INODE), self.number(inode, named))?;
        }
        for offset in layout::TIMES {
            if own || memory.read(field(offset))? >= self.began_ns {
                memory.write(field(offset), self.clock_ns)?;
            }
        }
        Ok(())
    }

    /// A file lost its last name: its inode may be another file's from now on.
    pub(super) fn unnamed(&mut self, inode: u64) {
        let number = self.number(inode, true);
        self.inodes.remove(&inode);
        self.nameless.insert(inode, number);
    }

    fn number(&mut self, inode: u64, named: bool) -> u64 {
        let Self { inodes, nameless, given, .. } = self;
        *if named { inodes } else { nameless }.entry(inode).or_insert_with(|| {
            *given += 1;
            *given
        })
    }
}

/// The inode that has no name any more once this call succeeded; in deterministic runs alone.
pub(super) fn last_name(world: &mut World, memory: &GuestMemory<'_>, call: Call, args: &[u64]) -> Result<Option<u64>> {
    if world.steady().is_none() {
        return Ok(None);
    }
    Ok(match (call, args) {
        (Call::PathUnlinkFile | Call::PathRemoveDirectory, [fd, path, len]) => {
            stat(world, memory, *fd, *path, *len)?.filter(Stat::is_last)
        }
        (Call::PathRename, [fd, old, old_len, new_fd, new, new_len]) => {
            let old = stat(world, memory, *fd, *old, *old_len)?;
            let new = stat(world, memory, *new_fd, *new, *new_len)?.filter(Stat::is_last);
            new.filter(|new| old.is_some_and(|old| old.inode != new.inode))
        }
        _ => None,
    }
    .map(|stat| stat.inode))
}

/// What is told of a name itself, not of what it links to.
struct Stat {
    inode: u64,
    links: u64,
    is_directory: bool,
}

impl Stat {
    /// Whether the name is the file's last.
    fn is_last(&self) -> bool {
        self.is_directory || self.links == 1
    }
}

/// Asks for a path of the guest's; of what is not to be found, nothing.
fn stat(world: &mut World, memory: &GuestMemory<'_>, fd: u64, path: u64, len: u64) -> Result<Option<Stat>> {
    let GuestMemory::Unshared(bytes) = memory else { return Ok(None) };
    let (from, len) = (usize::try_from(path)?, usize::try_from(len)?);
    match from.checked_add(len).and_then(|to| bytes.get(from..to)) {
        Some(path) => stat_at(world, u32::try_from(fd)?.cast_signed(), path),
        None => Ok(None),
    }
}

fn stat_at(world: &mut World, fd: i32, path: &[u8]) -> Result<Option<Stat>> {
    /// Where the path begins in the room for both; before it is the answer.
    const PATH: u32 = 64;
    let len = i32::try_from(path.len())?;
    let mut room = vec![0; PATH as usize];
    room.extend_from_slice(path);
    let mut own = GuestMemory::Unshared(&mut room);
    world.wasi().set_hostcall_fuel(HOSTCALL_FUEL);
    if at_once(p1::path_filestat_get(world.wasi(), &mut own, fd, 0, PATH.cast_signed(), len, 0))? != 0 {
        return Ok(None);
    }
    let number = |at: u32| own.read(GuestPtr::<u64>::new(at));
    let kind = own.read(GuestPtr::<u8>::new(layout::KIND))?;
    let is_directory = FileType::from_raw(kind.into()) == Some(FileType::Directory);
    Ok(Some(Stat { inode: number(layout::INODE)?, links: number(layout::LINKS)?, is_directory }))
}

/// Finds the inodes of amphi's own folders and of what is in them, as wasmtime-wasi has them.
pub(super) fn find_own(world: &mut World, folders: &Folders) -> Result<()> {
    /// The first preopened folder.
    const FIRST: i32 = 3;
    let mut own = HashSet::new();
    for (fd, Folder { host, .. }) in (FIRST..).zip(&folders.list).filter(|(_, folder)| folder.single) {
        let names = std::fs::read_dir(host).into_iter().flatten().flatten().map(|entry| entry.file_name());
        for name in std::iter::once(".".into()).chain(names) {
            own.extend(stat_at(world, fd, name.as_encoded_bytes())?.map(|stat| stat.inode));
        }
    }
    if let Some(steady) = world.steady() {
        steady.own = own;
    }
    Ok(())
}

/// Lists a directory by name. The whole listing is asked for each time, as wasmtime-wasi itself does.
pub(super) fn readdir(
    world: &mut World,
    memory: &mut GuestMemory<'_>,
    fd: i32,
    buf: i32,
    buf_len: i32,
    cookie: i64,
    used: i32,
) -> Result<i32> {
    /// Where the listing begins in the room for it; before it is its length.
    const START: usize = 8;
    let mut room = vec![0; 64 << 10];
    let entries = loop {
        let len = room.len() - START;
        let mut whole = GuestMemory::Unshared(&mut room);
        let answer = at_once(p1::fd_readdir(world.wasi(), &mut whole, fd, 8, i32::try_from(len)?, 0, 0))?;
        if answer != 0 {
            return Ok(answer);
        }
        let filled = room.first_chunk().map_or(0, |bytes| u32::from_le_bytes(*bytes)) as usize;
        if filled < len {
            break entries(room.get(START..START + filled).unwrap_or_default());
        }
        room = vec![0; room.len() * 2];
    };
    let Ok(from) = usize::try_from(cookie) else { return Ok(amphi_wasi::Errno::Overflow.raw()) };
    let limit = buf_len.cast_unsigned() as usize;
    let mut bytes = Vec::new();
    for (number, Entry { inode, kind, name }) in entries.into_iter().enumerate().skip(from) {
        if bytes.len() >= limit {
            break;
        }
        let inode = world.steady().map_or(inode, |steady| steady.number(inode, true));
        bytes.extend((number as u64 + 1).to_le_bytes());
        bytes.extend(inode.to_le_bytes());
        bytes.extend(u32::try_from(name.len())?.to_le_bytes());
        bytes.extend([kind, 0, 0, 0]);
        bytes.extend(name);
    }
    bytes.truncate(limit);
    let count = u32::try_from(bytes.len())?;
    memory.copy_from_slice(&bytes, GuestPtr::new((buf.cast_unsigned(), count)))?;
    memory.write(GuestPtr::<u32>::new(used.cast_unsigned()), count)?;
    Ok(0)
}

struct Entry {
    inode: u64,
    kind: u8,
    name: Vec<u8>,
}

/// The entries of a whole listing: `.` and `..`, then the others by name.
fn entries(mut listing: &[u8]) -> Vec<Entry> {
    let mut entries = Vec::new();
    while let Some((head, rest)) = listing.split_at_checked(layout::DIRENT) {
        let number = |from: usize| -> [u8; 8] {
            head.get(from..from + 8).and_then(<[u8]>::first_chunk).copied().unwrap_or_default()
        };
        let [a, b, c, d, kind, ..] = number(16);
        let Some((name, rest)) = rest.split_at_checked(u32::from_le_bytes([a, b, c, d]) as usize) else { break };
        entries.push(Entry { inode: u64::from_le_bytes(number(8)), kind, name: name.to_vec() });
        listing = rest;
    }
    if let Some(others) = entries.get_mut(2..) {
        others.sort_by(|one, other| one.name.cmp(&other.name));
    }
    entries
}
