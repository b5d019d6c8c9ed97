//! `path_filestat_*`: the attributes of what a path stands for. What is not checked of them stands in
//! `fd_filestat.rs`.

use super::refused;
use crate::check::{Cases, check};
use crate::files::{DATA, FOLLOW, NO_FOLLOW, READ_ONLY, folder, is_new, is_now, open, stat, symlink};
use crate::wasi;
use amphi_wasi::Errno::{Inval, Loop, Noent, Notdir, Perm};
use amphi_wasi::types::FileType::{Directory, RegularFile, SymbolicLink};
use amphi_wasi::types::FstFlags;

/// The links that both calls are tried on.
fn links() -> Cases {
    symlink("a.txt", "link")?;
    symlink("dir", "to_dir")?;
    symlink("link", "to_link")?;
    symlink("nowhere", "dangling")?;
    symlink("../ro/a.txt", "out")?;
    Ok(())
}

pub(crate) fn path_filestat_get() -> Cases {
    links()?;
    let get = |flags, path: &str| wasi::path_filestat_get(DATA, flags, path);
    check!("a file", stat("a.txt").map(|stat| (stat.file_type, stat.links, stat.size)), Ok((RegularFile, 1, 6)));
    check!("a file has a device", stat("a.txt").map(|stat| stat.device), Ok(stat("dir/b.txt")?.device));
    check!("a link is as long as its text", stat("to_link").map(|stat| stat.size), Ok(4));
    check!("the same file by two paths", stat("dir/../a.txt"), stat("a.txt"));
    check!("another file", stat("a.txt")?.inode != stat("empty")?.inode);
    check!("under an opened folder", wasi::path_filestat_get(open("dir")?, NO_FOLLOW, "b.txt"), stat("dir/b.txt"));
    let read_only = wasi::path_filestat_get(READ_ONLY, NO_FOLLOW, "a.txt");
    check!("what may only be read", read_only.map(|stat| stat.size), Ok(6));

    let kind = |flags, path| get(flags, path).map(|stat| stat.file_type);
    for (path, itself, followed) in [
        ("a.txt", Ok(RegularFile), Ok(RegularFile)),
        ("dir", Ok(Directory), Ok(Directory)),
        (".", Ok(Directory), Ok(Directory)),
        ("dir/", Ok(Directory), Ok(Directory)),
        ("dir/.", Ok(Directory), Ok(Directory)),
        ("dir/deep/..", Ok(Directory), Ok(Directory)),
        ("link", Ok(SymbolicLink), Ok(RegularFile)),
        ("to_link", Ok(SymbolicLink), Ok(RegularFile)),
        ("to_dir", Ok(SymbolicLink), Ok(Directory)),
        ("to_dir/b.txt", Ok(RegularFile), Ok(RegularFile)),
        ("dangling", Ok(SymbolicLink), Err(Noent)),
        ("out", Ok(SymbolicLink), Err(Perm)),
        ("missing", Err(Noent), Err(Noent)),
        // A slash asks for a folder, or for what a link leads to. Wasmtime does not hear it after a lone name that is
        // meant itself.
        ("a.txt/", Ok(RegularFile), Err(Notdir)),
        ("./a.txt/", Err(Notdir), Err(Notdir)),
        ("link/", Ok(SymbolicLink), Err(Notdir)),
        ("to_dir/", Ok(SymbolicLink), Ok(Directory)),
        ("./link/", Err(Notdir), Err(Notdir)),
        ("./to_dir/", Ok(Directory), Ok(Directory)),
    ] {
        check!(format!("{path:?} itself"), kind(NO_FOLLOW, path), itself);
        check!(format!("{path:?} followed"), kind(FOLLOW, path), followed);
    }
    refused::paths(|path| wasi::path_filestat_get(DATA, FOLLOW, path))?;
    check!("a link to itself", kind(FOLLOW, "loop"), Err(Loop));
    check!("the link alone", kind(NO_FOLLOW, "loop"), Ok(SymbolicLink));
    refused::no_folder(|fd| wasi::path_filestat_get(fd, FOLLOW, "x"))
}

pub(crate) fn path_filestat_set_times() -> Cases {
    links()?;
    let both = FstFlags::ATIM | FstFlags::MTIM;
    let times = |path: &str| stat(path).map(|stat| (stat.accessed, stat.modified));
    let set = |flags, path: &str, accessed, modified, fst_flags: FstFlags| {
        wasi::path_filestat_set_times(DATA, flags, path, accessed, modified, fst_flags)
    };
    // Nine digits of a nanosecond each, so that none can get lost.
    let (first, second) = (1_234_567_890_123_456_789, 987_654_321_987_654_321);
    for flags in [NO_FOLLOW, FOLLOW] {
        check!("both", set(flags, "a.txt", first, second, both), Ok(()));
        check!("to the nanosecond", times("a.txt"), Ok((first, second)));
        check!("one alone", set(flags, "a.txt", 7, 8, FstFlags::ATIM), Ok(()));
        check!("the other stays", times("a.txt"), Ok((7, second)));
        check!("the other alone", set(flags, "a.txt", 9, 8, FstFlags::MTIM), Ok(()));
        check!("the one stays", times("a.txt"), Ok((7, 8)));
        check!("neither", set(flags, "a.txt", 1, 2, FstFlags::empty()), Ok(()));
        check!("both stay", times("a.txt"), Ok((7, 8)));
        check!("one to now, one to a value", set(flags, "a.txt", 1, 3, FstFlags::ATIM_NOW | FstFlags::MTIM), Ok(()));
        check!("each is", is_now(times("a.txt")?.0)? && times("a.txt")?.1 == 3);
        check!("a folder", set(flags, "dir", 5, 6, both), Ok(()));
        check!("its times", times("dir"), Ok((5, 6)));
        check!("a missing file", set(flags, "missing", 1, 1, both), Err(Noent));
    }
    check!("through a link", set(FOLLOW, "to_link", 11, 12, both), Ok(()));
    check!("the file's times", times("a.txt"), Ok((11, 12)));
    check!("a link itself", set(NO_FOLLOW, "to_link", 21, 22, both), Ok(()));
    check!("the link's times", times("to_link")?.1 == 22);
    check!("the file's times stay", times("a.txt"), Ok((11, 12)));
    check!("a link that leads nowhere", set(FOLLOW, "dangling", 1, 1, both), Err(Noent));
    check!("the link itself", set(NO_FOLLOW, "dangling", 1, 1, both), Ok(()));
    check!("a link that leads out", set(FOLLOW, "out", 1, 1, both), Err(Perm));

    for (path, followed, itself) in [
        ("dir/", Ok(()), Ok(())),
        (".", Ok(()), Ok(())),
        ("dir/deep/..", Ok(()), Ok(())),
        ("a.txt/", Err(Notdir), Err(Notdir)),
        ("link/", Err(Notdir), Err(Notdir)),
        ("to_dir/", Ok(()), Ok(())),
        ("dangling/", Err(Noent), Err(Noent)),
        ("missing", Err(Noent), Err(Noent)),
        ("..", Err(Perm), Err(Perm)),
    ] {
        check!(format!("{path:?} followed"), set(FOLLOW, path, 11, 12, both), followed);
        check!(format!("{path:?} itself"), set(NO_FOLLOW, path, 11, 12, both), itself);
    }
    folder("dir/new")?;
    check!("something new in a folder is a modification", is_new("dir")?);

    check!("both a value and now", set(FOLLOW, "a.txt", 1, 1, FstFlags::ATIM | FstFlags::ATIM_NOW), Err(Inval));
    check!("the same of the other", set(FOLLOW, "a.txt", 1, 1, FstFlags::MTIM | FstFlags::MTIM_NOW), Err(Inval));
    check!("none of them set anything", times("a.txt"), Ok((11, 12)));
    let on = |fd, path: &[u8]| wasi::path_filestat_set_times(fd, FOLLOW, path, 1, 1, both);
    check!("under the folder that may only be read", on(READ_ONLY, b"a.txt"), Err(Perm));
    refused::paths(|path| on(DATA, path))?;
    refused::no_folder(|fd| on(fd, b"x"))
}
