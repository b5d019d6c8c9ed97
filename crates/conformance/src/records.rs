//! The records of preview1 as they lie in memory: `fdstat`, `filestat`, `prestat`, `dirent`, `subscription`, `event`.
//! Owns where each field is; must never know a call.

use amphi_wasi::types::{EventRwFlags, EventType, Fd, FdFlags, FileType, Rights};
use amphi_wasi::{Errno, Result};

/// `fdstat`: what a descriptor is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct FdStat {
    pub(crate) file_type: FileType,
    pub(crate) flags: FdFlags,
    pub(crate) rights: Rights,
    pub(crate) inheriting: Rights,
}

/// `filestat`: the attributes of a file. Times are nanoseconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct FileStat {
    pub(crate) device: u64,
    pub(crate) inode: u64,
    pub(crate) file_type: FileType,
    pub(crate) links: u64,
    pub(crate) size: u64,
    pub(crate) accessed: u64,
    pub(crate) modified: u64,
    pub(crate) changed: u64,
}

/// `dirent` and the name after it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    /// The cookie with which a listing goes on after this entry.
    pub(crate) next: u64,
    pub(crate) inode: u64,
    pub(crate) file_type: FileType,
    pub(crate) name: String,
}

/// `subscription`: something to wait for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Subscription {
    pub(crate) userdata: u64,
    /// A number, so that it can be one without meaning.
    pub(crate) event_type: u8,
    /// The descriptor, or the clock.
    pub(crate) source: u32,
    pub(crate) timeout: u64,
    pub(crate) clock_flags: u16,
}

/// `event`: something that happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Event {
    pub(crate) userdata: u64,
    pub(crate) errno: Errno,
    pub(crate) event_type: EventType,
    pub(crate) bytes: u64,
    pub(crate) flags: EventRwFlags,
}

impl FdStat {
    /// The size of the record.
    pub(crate) const SIZE: usize = 24;

    /// # Errors
    /// `BADMSG`: a field holds a value that the specification does not have.
    pub(crate) fn decode(record: &[u8; Self::SIZE]) -> Result<Self> {
        let rights = |at| Rights::from_bits(u64_at(record, at)).ok_or(Errno::Badmsg);
        Ok(Self {
            file_type: file_type_at(record, 0)?,
            flags: FdFlags::from_bits(u16_at(record, 2)).ok_or(Errno::Badmsg)?,
            rights: rights(8)?,
            inheriting: rights(16)?,
        })
    }
}

impl FileStat {
    /// The size of the record.
    pub(crate) const SIZE: usize = 64;

    /// # Errors
    /// `BADMSG`: the type is none that the specification has.
    pub(crate) fn decode(record: &[u8; Self::SIZE]) -> Result<Self> {
        Ok(Self {
            device: u64_at(record, 0),
            inode: u64_at(record, 8),
            file_type: file_type_at(record, 16)?,
            links: u64_at(record, 24),
            size: u64_at(record, 32),
            accessed: u64_at(record, 40),
            modified: u64_at(record, 48),
            changed: u64_at(record, 56),
        })
    }
}

impl Entry {
    /// The size of the record before the name.
    pub(crate) const HEAD: usize = 24;

    /// The entries that are whole in what `fd_readdir` gave; the last may be cut off.
    ///
    /// # Errors
    /// `BADMSG`: a type that the specification does not have. `ILSEQ`: a name that is not UTF-8.
    pub(crate) fn decode_all(mut bytes: &[u8]) -> Result<Vec<Self>> {
        let mut entries = Vec::new();
        while let Some((head, rest)) = bytes.split_first_chunk::<{ Self::HEAD }>() {
            let Some((name, rest)) = rest.split_at_checked(u32_at(head, 16) as usize) else { break };
            entries.push(Self {
                next: u64_at(head, 0),
                inode: u64_at(head, 8),
                file_type: file_type_at(head, 20)?,
                name: String::from_utf8(name.to_vec()).map_err(|_| Errno::Ilseq)?,
            });
            bytes = rest;
        }
        Ok(entries)
    }
}

impl Subscription {
    /// Waits for a clock.
    pub(crate) fn clock(userdata: u64, clock: u32, timeout: u64, clock_flags: u16) -> Self {
        Self { userdata, event_type: EventType::Clock as u8, source: clock, timeout, clock_flags }
    }

    /// Waits until a descriptor can be read.
    pub(crate) fn read(userdata: u64, fd: Fd) -> Self {
        Self { userdata, event_type: EventType::FdRead as u8, source: fd.0, timeout: 0, clock_flags: 0 }
    }

    /// Waits until a descriptor can be written.
    pub(crate) fn write(userdata: u64, fd: Fd) -> Self {
        Self { event_type: EventType::FdWrite as u8, ..Self::read(userdata, fd) }
    }

    /// The record, as words of eight bytes; wasm is little-endian.
    pub(crate) fn encode(self) -> [u64; 6] {
        // The word before the last is the precision, which nobody asks for here.
        [self.userdata, self.event_type.into(), self.source.into(), self.timeout, 0, self.clock_flags.into()]
    }
}

impl Event {
    /// # Errors
    /// `BADMSG`: a field holds a value that the specification does not have.
    pub(crate) fn decode([userdata, kind, bytes, flags]: [u64; 4]) -> Result<Self> {
        let kind = kind.to_le_bytes();
        Ok(Self {
            userdata,
            errno: Errno::from_raw(u16_at(&kind, 0).into()).ok_or(Errno::Badmsg)?,
            event_type: EventType::from_raw(byte_at(&kind, 2).into()).ok_or(Errno::Badmsg)?,
            bytes,
            flags: EventRwFlags::from_bits(u16_at(&flags.to_le_bytes(), 0)).ok_or(Errno::Badmsg)?,
        })
    }
}

fn file_type_at(record: &[u8], at: usize) -> Result<FileType> {
    FileType::from_raw(byte_at(record, at).into()).ok_or(Errno::Badmsg)
}

fn byte_at(record: &[u8], at: usize) -> u8 {
    u8::from_le_bytes(bytes_at(record, at))
}

fn u16_at(record: &[u8], at: usize) -> u16 {
    u16::from_le_bytes(bytes_at(record, at))
}

/// A number of four bytes at that place of a record.
pub(crate) fn u32_at(record: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(bytes_at(record, at))
}

fn u64_at(record: &[u8], at: usize) -> u64 {
    u64::from_le_bytes(bytes_at(record, at))
}

fn bytes_at<const N: usize>(record: &[u8], at: usize) -> [u8; N] {
    record.get(at..).and_then(|rest| rest.first_chunk()).copied().unwrap_or([0; N])
}
