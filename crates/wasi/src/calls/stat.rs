//! The records of attributes as they lie in memory: `filestat`, `fdstat`, `prestat`. Must never know where the values
//! come from.

use crate::errno::{Errno, Result};
use crate::memory::put;
use crate::tree::Stat;
use crate::types::{FdFlags, FileType, FstFlags, Rights};

/// The device of every file; standard streams have 0, as in wasmtime.
const DEVICE: u64 = 1;

/// `filestat` of a file: 64 bytes.
pub(crate) fn filestat(stat: &Stat) -> [u8; 64] {
    let mut record = [0; 64];
    put(&mut record, 0, DEVICE.to_le_bytes());
    put(&mut record, 8, stat.ino.to_le_bytes());
    put(&mut record, 16, [stat.file_type as u8]);
    put(&mut record, 24, stat.links.to_le_bytes());
    put(&mut record, 32, stat.size.to_le_bytes());
    put(&mut record, 40, stat.accessed.to_le_bytes());
    put(&mut record, 48, stat.modified.to_le_bytes());
    put(&mut record, 56, stat.changed.to_le_bytes());
    record
}

/// `filestat` of a standard stream: its type, and nothing else.
pub(crate) fn stream_filestat(file_type: FileType) -> [u8; 64] {
    let mut record = [0; 64];
    put(&mut record, 16, [file_type as u8]);
    record
}

/// `fdstat`: 24 bytes.
pub(crate) fn fdstat(file_type: FileType, flags: FdFlags, base: Rights, inheriting: Rights) -> [u8; 24] {
    let mut record = [0; 24];
    put(&mut record, 0, [file_type as u8]);
    put(&mut record, 2, flags.bits().to_le_bytes());
    put(&mut record, 8, base.bits().to_le_bytes());
    put(&mut record, 16, inheriting.bits().to_le_bytes());
    record
}

/// `prestat` of a directory: 8 bytes.
pub(crate) fn prestat(name_len: u32) -> [u8; 8] {
    let mut record = [0; 8];
    put(&mut record, 4, name_len.to_le_bytes());
    record
}

/// Access and modification time to set, nothing where they stay.
///
/// # Errors
/// `INVAL`: one of them is to be both a value and now.
pub(crate) fn new_times(atim: u64, mtim: u64, flags: FstFlags, now: u64) -> Result<(Option<u64>, Option<u64>)> {
    let one = |value, set, set_now| match (flags.contains(set), flags.contains(set_now)) {
        (true, true) => Err(Errno::Inval),
        (true, false) => Ok(Some(value)),
        (false, true) => Ok(Some(now)),
        (false, false) => Ok(None),
    };
    let accessed = one(atim, FstFlags::ATIM, FstFlags::ATIM_NOW)?;
    let modified = one(mtim, FstFlags::MTIM, FstFlags::MTIM_NOW)?;
    Ok((accessed, modified))
}
