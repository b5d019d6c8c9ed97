//! `fd_readdir`: listings. Only `.` and `..` have their place in one, so names are compared sorted.

use super::refused;
use crate::check::{Cases, check};
use crate::files::{DATA, READ_ONLY, entries, folder, names, open, put, stat, symlink};
use crate::memory::UNTOUCHED;
use crate::records::Entry;
use crate::wasi;
use amphi_wasi::Errno::Badf;
use amphi_wasi::types::{Fd, FileType};
use amphi_wasi::{Errno, Result};

pub(crate) fn fd_readdir() -> Cases {
    symlink("a.txt", "link")?;
    let all = entries(DATA)?;
    let named = |name: &str| all.iter().find(|entry| entry.name == name).cloned().ok_or(Errno::Noent);
    check!("everything", names(".").as_deref(), Ok("a.txt dir empty link"));
    check!("the folder itself comes first", all.first().is_some_and(|entry| entry.name == "."));
    check!("then the one above", all.get(1).is_some_and(|entry| entry.name == ".."));
    check!("cookies count", all.iter().zip(1..).all(|(entry, next)| entry.next == next));
    check!("a file", named("a.txt").map(|entry| entry.file_type), Ok(FileType::RegularFile));
    check!("a folder", named("dir").map(|entry| entry.file_type), Ok(FileType::Directory));
    check!("a link is a link", named("link").map(|entry| entry.file_type), Ok(FileType::SymbolicLink));
    check!("a file's own number", named("a.txt").map(|entry| entry.inode), Ok(stat("a.txt")?.inode));
    check!("a link's own number", named("link").map(|entry| entry.inode), Ok(stat("link")?.inode));
    check!("the number of .", named(".").map(|entry| entry.inode), Ok(stat(".")?.inode));
    // What is above cannot be looked at, so wasmtime gives it the same number.
    check!("the number of ..", named("..").map(|entry| entry.inode), Ok(stat(".")?.inode));
    check!("a folder in it", names("dir").as_deref(), Ok("b.txt deep"));
    check!("the folder that may only be read", entries(READ_ONLY).map(|all| all.len()), Ok(4));

    buffers(&all)?;
    changes()?;

    let list = |fd| wasi::fd_readdir(fd, &mut [0; 64], 0);
    check!("a file", list(open("a.txt")?), Err(Badf));
    refused::streams(list);
    refused::not_open(list);
    Ok(())
}

/// A buffer is filled to its end, the last entry cut off; one that is not full means that there is no more.
fn buffers(all: &[Entry]) -> Cases {
    let len = |from| all.iter().skip(from).map(|entry| Entry::HEAD + entry.name.len()).sum::<usize>();
    let used = |room, cookie| filled(DATA, room, cookie).map(|bytes| bytes.len());
    check!("just enough room", used(len(0), 0), Ok(len(0)));
    check!("one byte less", used(len(0) - 1, 0), Ok(len(0) - 1));
    check!("one byte more", used(len(0) + 1, 0), Ok(len(0)));
    check!("no room", used(0, 0), Ok(0));
    check!("room for a part of an entry", filled(DATA, 10, 0)?.starts_with(&[1, 0, 0, 0, 0, 0, 0, 0]));
    check!("room for an entry without its name", used(Entry::HEAD, 0), Ok(Entry::HEAD));
    check!("an entry and a half", Entry::decode_all(&filled(DATA, 40, 0)?).map(|entries| entries.len()), Ok(1));
    for (from, cookie) in (0..=all.len()).zip(0..) {
        let rest = Entry::decode_all(&filled(DATA, 4096, cookie)?);
        check!(format!("from cookie {cookie} on"), rest.as_deref(), Ok(all.get(from..).unwrap_or_default()));
        check!(format!("no more than is left from cookie {cookie} on"), used(4096, cookie), Ok(len(from)));
    }
    check!("a cookie that was not given out", used(4096, 99), Ok(0));
    check!("the largest cookie", used(4096, u64::MAX), Ok(0));

    let rest = Entry::decode_all(&filled(open(".")?, 4096, 3)?);
    check!("a cookie of another descriptor", rest.as_deref(), Ok(all.get(3..).unwrap_or_default()));

    // Room for one entry at a time, as a program with little memory reads.
    let mut found = Vec::new();
    while let Some(entry) = Entry::decode_all(&filled(DATA, 32, found.len() as u64)?)?.into_iter().next() {
        found.push(entry);
    }
    check!("one at a time", found == all);
    Ok(())
}

/// What comes and goes is seen by a listing that begins anew. One that is under way may see it or not.
fn changes() -> Cases {
    folder("changing")?;
    let changing = open("changing")?;
    let count = || entries(changing).map(|all| all.len());
    check!("an empty folder", count(), Ok(2));
    for number in 0..50 {
        put(&format!("changing/{number}"), "")?;
    }
    check!("fifty files later", count(), Ok(52));
    wasi::path_rename(DATA, "changing/7", DATA, "changing/seven")?;
    check!("a new name for one", entries(changing)?.iter().any(|entry| entry.name == "seven"));
    for entry in entries(changing)?.iter().skip(2) {
        wasi::path_unlink_file(changing, &entry.name)?;
    }
    check!("all of them gone", count(), Ok(2));
    wasi::path_remove_directory(DATA, "changing")?;
    check!("the folder itself gone", count(), Ok(2));
    Ok(())
}

/// What a listing puts into a buffer of that size, after making sure that the rest of it is left.
fn filled(fd: Fd, room: usize, cookie: u64) -> Result<Vec<u8>> {
    let mut buffer = vec![UNTOUCHED; room + 8];
    let used = wasi::fd_readdir(fd, buffer.get_mut(..room).unwrap_or_default(), cookie)?;
    let (bytes, rest) = buffer.split_at_checked(used as usize).ok_or(Errno::Overflow)?;
    check!("the rest of the buffer is left", rest.iter().all(|byte| *byte == UNTOUCHED));
    Ok(bytes.to_vec())
}
