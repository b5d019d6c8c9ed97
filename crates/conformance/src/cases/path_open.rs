//! `path_open`: from a path to a descriptor.

use super::refused;
use crate::check::{Cases, check};
use crate::files::{DATA, FOLLOW, NO_FOLLOW, READ, READ_ONLY, READ_WRITE, WRITE};
use crate::files::{
    folder, is_new, make_old, names, open, open_for, open_in, open_with, put, read, stat, symlink, text, write,
};
use crate::wasi;
use amphi_wasi::Errno::{Badf, Exist, Inval, Isdir, Loop, Noent, Notdir, Notsup, Perm};
use amphi_wasi::Result;
use amphi_wasi::types::{Fd, FdFlags, FileType, OFlags, Rights};

const NO_FLAGS: FdFlags = FdFlags::empty();

pub(crate) fn path_open() -> Cases {
    check!("a file", read(open("a.txt")?, 9).as_deref(), Ok("alpha\n"));
    check!("numbers go up", open("a.txt"), Ok(Fd(6)));
    check!("a folder", wasi::fd_filestat_get(open("dir")?).map(|stat| stat.file_type), Ok(FileType::Directory));
    let dir = open("dir")?;
    check!("under an opened folder", read(open_in(dir, "deep/c.txt")?, 9).as_deref(), Ok("gamma\n"));
    check!("out of an opened folder", open_in(dir, "../a.txt"), Err(Perm));
    check!("what may only be read", read(open_in(READ_ONLY, "dir/b.txt")?, 9).as_deref(), Ok("beta\n"));
    rights()?;
    makes()?;
    cuts()?;
    folders()?;
    links()?;
    flags()?;
    paths()?;
    descriptors()
}

/// Of the rights only reading and writing count.
fn rights() -> Cases {
    for (rights, reads, writes) in [
        (READ, Ok(1), Err(Badf)),
        (WRITE, Err(Badf), Ok(1)),
        (READ_WRITE, Ok(1), Ok(1)),
        // What is not to be written is opened for reading.
        (Rights::empty(), Ok(1), Err(Badf)),
        (Rights::FD_SEEK, Ok(1), Err(Badf)),
        (Rights::all(), Ok(1), Ok(1)),
    ] {
        put("file", "x")?;
        let fd = open_for(rights, "file")?;
        check!(format!("{rights:?} read"), read(fd, 9).map(|text| text.len()), reads);
        check!(format!("{rights:?} write"), write(fd, "y"), writes);
    }
    let inheriting = wasi::path_open(DATA, NO_FOLLOW, "file", OFlags::empty(), [READ, READ_WRITE], NO_FLAGS)?;
    check!("rights to inherit count for nothing", write(inheriting, "y"), Err(Badf));
    Ok(())
}

fn makes() -> Cases {
    let make = |path, oflags| open_with(DATA, path, OFlags::CREAT | oflags, READ, NO_FLAGS);
    check!("a new file", make("new", OFlags::empty()).map(drop), Ok(()));
    check!("it is empty", stat("new").map(|stat| (stat.file_type, stat.size)), Ok((FileType::RegularFile, 0)));
    // Making a file opens it for writing too.
    check!("it can be written", write(make("new", OFlags::empty())?, "text"), Ok(4));
    make_old("new")?;
    make_old(".")?;
    check!("one that is there", make("new", OFlags::empty()).map(drop), Ok(()));
    check!("it is not modified", !is_new("new")? && !is_new(".")?);
    check!("it keeps its text", text("new").as_deref(), Ok("text"));
    check!("one that must not be there", make("new", OFlags::EXCL), Err(Exist));
    check!("one that is not", make("newer", OFlags::EXCL).map(drop), Ok(()));
    check!("a new name modifies the folder", is_new(".")?);
    check!("only with CREAT", open_with(DATA, "newer", OFlags::EXCL, READ, NO_FLAGS).map(drop), Ok(()));
    check!("a folder", make("dir", OFlags::empty()), Err(Isdir));
    check!("a folder that must not be there", make("dir", OFlags::EXCL), Err(Exist));
    for (path, expected) in [
        (".", [Isdir, Exist]),
        ("dir/..", [Isdir, Exist]),
        // A file cannot end in a slash, be there what may.
        ("dir/", [Isdir, Isdir]),
        ("a.txt/", [Isdir, Isdir]),
        ("new/", [Isdir, Isdir]),
        ("a.txt/x", [Notdir, Notdir]),
        ("missing/../new", [Noent, Noent]),
        ("..", [Perm, Perm]),
        ("../new", [Perm, Perm]),
        ("/new", [Perm, Perm]),
        ("", [Noent, Noent]),
        ("new\0", [Inval, Inval]),
    ] {
        let [made, made_anew] = expected;
        check!(format!("{path:?} made"), make(path, OFlags::empty()), Err(made));
        check!(format!("{path:?} made anew"), make(path, OFlags::EXCL), Err(made_anew));
    }
    check!("in a missing folder", make("missing/new", OFlags::empty()), Err(Noent));
    for path in ["new", "a.txt"] {
        let made = open_with(READ_ONLY, path, OFlags::CREAT, READ, NO_FLAGS);
        check!(format!("{path:?} where one may only read"), made, Err(Perm));
    }
    let name = "n".repeat(255);
    check!("a name of 255 bytes", make(&name, OFlags::empty()).map(drop), Ok(()));
    check!("letters beyond ASCII", make("zwölf 🦀", OFlags::empty()).map(drop), Ok(()));
    check!("they are listed", names(".").is_ok_and(|names| names.contains("zwölf 🦀") && names.contains(&name)));
    Ok(())
}

fn cuts() -> Cases {
    let cut = |path, rights| open_with(DATA, path, OFlags::TRUNC, rights, NO_FLAGS);
    put("long", "a long text")?;
    let before = open("long")?;
    check!("a file for writing", cut("long", WRITE).map(drop), Ok(()));
    check!("nothing is left", text("long").as_deref(), Ok(""));
    check!("nor for those who had it open", read(before, 9).as_deref(), Ok(""));
    put("long", "a long text")?;
    // Cutting a file opens it for writing too.
    check!("a file for reading", write(cut("long", READ)?, "x"), Ok(1));
    check!("it is cut as well", text("long").as_deref(), Ok("x"));
    make_old("empty")?;
    cut("empty", WRITE)?;
    check!("it is modified, even where nothing was", is_new("empty")?);
    check!("a missing file", cut("missing", WRITE), Err(Noent));
    check!("a folder", cut("dir", READ), Err(Isdir));
    check!("what may only be read", open_with(READ_ONLY, "a.txt", OFlags::TRUNC, READ, NO_FLAGS), Err(Perm));
    Ok(())
}

fn folders() -> Cases {
    let folder = |path, oflags| open_with(DATA, path, OFlags::DIRECTORY | oflags, READ, NO_FLAGS);
    check!("a folder", folder("dir", OFlags::empty()).map(drop), Ok(()));
    check!("a file where a folder is wanted", folder("a.txt", OFlags::empty()), Err(Notdir));
    check!("a missing folder", folder("missing", OFlags::empty()), Err(Noent));
    check!("a folder is not made", folder("missing", OFlags::CREAT), Err(Inval));
    check!("nor kept from being there", folder("dir", OFlags::EXCL), Err(Inval));
    check!("nor cut", folder("dir", OFlags::TRUNC), Err(Inval));
    check!("a folder for writing", open_for(WRITE, "dir"), Err(Isdir));
    check!("a folder for reading", read(open("dir")?, 9), Err(Badf));
    let writing = open_with(READ_ONLY, "dir", OFlags::DIRECTORY, WRITE, NO_FLAGS);
    check!("one that may only be read", writing, Err(Perm));
    let read_only = open_with(READ_ONLY, "dir", OFlags::DIRECTORY, READ, NO_FLAGS)?;
    check!("nothing is made in it", wasi::path_create_directory(read_only, "new"), Err(Perm));
    check!("nothing is removed from it", wasi::path_unlink_file(read_only, "b.txt"), Err(Perm));
    Ok(())
}

fn links() -> Cases {
    symlink("a.txt", "link")?;
    symlink("dir", "to_dir")?;
    symlink("later", "dangling")?;
    symlink("../ro/a.txt", "out")?;
    symlink("itself", "itself")?;
    let open = |flags, path: &str, oflags| wasi::path_open(DATA, flags, path, oflags, [READ; 2], NO_FLAGS);
    let whole = |flags, path| open(flags, path, OFlags::empty()).and_then(|fd| read(fd, 9));
    check!("a link, followed", whole(FOLLOW, "link").as_deref(), Ok("alpha\n"));
    check!("a link itself cannot be opened", whole(NO_FOLLOW, "link"), Err(Loop));
    check!("a link on the way is always followed", whole(NO_FOLLOW, "to_dir/b.txt").as_deref(), Ok("beta\n"));
    check!("a link to a folder", open(FOLLOW, "to_dir", OFlags::DIRECTORY).map(drop), Ok(()));
    check!("a slash asks for what it leads to", open(NO_FOLLOW, "to_dir/", OFlags::empty()).map(drop), Ok(()));
    check!("a link to itself", whole(FOLLOW, "itself"), Err(Loop));
    check!("a link that leads out", whole(FOLLOW, "out"), Err(Perm));
    check!("a link that leads out, itself", whole(NO_FOLLOW, "out"), Err(Loop));
    check!("a link that leads nowhere", whole(FOLLOW, "dangling"), Err(Noent));
    check!("a link is there, wherever it leads", open(FOLLOW, "dangling", OFlags::CREAT | OFlags::EXCL), Err(Exist));
    check!("a link itself, cut", open(NO_FOLLOW, "link", OFlags::TRUNC), Err(Loop));
    check!("a link itself, made", open(NO_FOLLOW, "link", OFlags::CREAT), Err(Loop));
    check!("a link that leads nowhere, made", open(NO_FOLLOW, "dangling", OFlags::CREAT), Err(Loop));
    check!("a link itself, as a folder", open(NO_FOLLOW, "to_dir", OFlags::DIRECTORY), Err(Loop));
    check!("a link to itself, made", open(FOLLOW, "itself", OFlags::CREAT), Err(Loop));
    check!("a link that leads out, made", open(FOLLOW, "out", OFlags::CREAT), Err(Perm));
    check!("a slash after a link that leads nowhere, made", open(FOLLOW, "dangling/", OFlags::CREAT), Err(Isdir));
    check!("what it leads to is made", open(FOLLOW, "dangling", OFlags::CREAT).map(drop), Ok(()));
    check!("under its own name", stat("later").map(|stat| stat.size), Ok(0));

    // Linux follows forty links in one path, and no more.
    symlink("a.txt", "link0")?;
    for number in 1..=40 {
        symlink(&format!("link{}", number - 1), &format!("link{number}"))?;
    }
    check!("forty links", whole(FOLLOW, "link39").as_deref(), Ok("alpha\n"));
    check!("forty-one", whole(FOLLOW, "link40"), Err(Loop));
    Ok(())
}

fn flags() -> Cases {
    for flags in [FdFlags::DSYNC, FdFlags::RSYNC, FdFlags::SYNC] {
        check!(format!("{flags:?} cannot be had"), open_with(DATA, "a.txt", OFlags::empty(), READ, flags), Err(Notsup));
    }
    put("log", "one")?;
    check!("appending", write(open_with(DATA, "log", OFlags::empty(), WRITE, FdFlags::APPEND)?, " two"), Ok(4));
    check!("the text", text("log").as_deref(), Ok("one two"));
    check!("without waiting", open_with(DATA, "a.txt", OFlags::empty(), READ, FdFlags::NONBLOCK).map(drop), Ok(()));
    Ok(())
}

fn paths() -> Cases {
    folder("dir/zwölf")?;
    let opens = |path: &str| open(path).and_then(wasi::fd_close);
    for path in ["./a.txt", "dir//b.txt", "dir/../a.txt", "dir/deep/../../a.txt", "dir/zwölf/../b.txt"] {
        check!(format!("the file {path:?}"), opens(path), Ok(()));
    }
    for path in [".", "./", "dir", "dir/", "dir//", "dir/.", "dir/deep/..", "dir/.."] {
        check!(format!("the folder {path:?}"), opens(path), Ok(()));
    }
    for path in ["a.txt/", "a.txt/.", "a.txt/.."] {
        check!(format!("{path:?} is no folder"), opens(path), Err(Notdir));
    }
    let long = "./".repeat(2045) + "a.txt";
    check!("a path of 4095 bytes", opens(&long), Ok(()));
    check!("a missing file", opens("missing"), Err(Noent));
    refused::paths(|path| wasi::path_open(DATA, FOLLOW, path, OFlags::empty(), [READ; 2], NO_FLAGS))
}

fn descriptors() -> Cases {
    let under = |fd| -> Result<Fd> { open_in(fd, "a.txt") };
    check!("under a file", under(open("a.txt")?), Err(Notdir));
    refused::streams(under);
    refused::not_open(under);
    Ok(())
}
