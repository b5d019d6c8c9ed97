//! `path_link`, `path_symlink`, `path_readlink`: second names, and names of names.

use super::refused;
use crate::check::{Cases, check};
use crate::files::{
    DATA, FOLLOW, NO_FOLLOW, READ_ONLY, append_to, is_new, make_old, open, put, stat, symlink, text, write,
};
use crate::memory::UNTOUCHED;
use crate::wasi;
use amphi_wasi::Errno::{Exist, Ilseq, Inval, Nametoolong, Noent, Notdir, Perm};
use amphi_wasi::types::FileType::SymbolicLink;
use amphi_wasi::types::{Fd, FdFlags, OFlags, Rights};
use amphi_wasi::{Errno, Result};

pub(crate) fn path_link() -> Cases {
    let link = |old: &str, new: &str| wasi::path_link(DATA, NO_FOLLOW, old, DATA, new);
    make_old("a.txt")?;
    make_old(".")?;
    check!(link("a.txt", "second"), Ok(()));
    check!("the folder is modified, the file is not", is_new(".")? && !is_new("a.txt")?);
    check!("the text by the second name", text("second").as_deref(), Ok("alpha\n"));
    check!("it is one file", stat("second"), stat("a.txt"));
    check!("with two names", stat("a.txt").map(|stat| stat.links), Ok(2));
    check!("a third", link("second", "dir/third"), Ok(()));
    check!("three names", stat("a.txt").map(|stat| stat.links), Ok(3));
    write(append_to("second")?, "more")?;
    check!("what one name gets, all have", text("dir/third").as_deref(), Ok("alpha\nmore"));
    wasi::path_unlink_file(DATA, "a.txt")?;
    check!("without the first", text("second").as_deref(), Ok("alpha\nmore"));
    check!("two names", stat("second").map(|stat| stat.links), Ok(2));
    check!("between folders", wasi::path_link(open("dir")?, NO_FOLLOW, "b.txt", DATA, "b"), Ok(()));
    check!("the text", text("b").as_deref(), Ok("beta\n"));

    symlink("b", "link")?;
    symlink("nowhere", "dangling")?;
    symlink("dir", "to_dir")?;
    check!("a link", link("link", "link too"), Ok(()));
    check!("it is linked itself", stat("link too").map(|stat| (stat.file_type, stat.links)), Ok((SymbolicLink, 2)));
    check!("a link that leads nowhere", link("dangling", "dangling too"), Ok(()));
    check!("a link, followed", wasi::path_link(DATA, FOLLOW, "link", DATA, "new"), Err(Inval));

    for taken in ["b", "dir", "link", "dangling"] {
        check!(format!("{taken:?} is taken"), link("b", taken), Err(Exist));
    }
    for (old, new, expected) in [
        ("dir", "new", Perm),
        (".", "new", Perm),
        ("dir/", "new", Perm),
        ("dir/..", "new", Perm),
        ("dir", "a.txt", Perm),
        ("b", "b", Exist),
        ("b", ".", Exist),
        ("b", "dir/", Exist),
        ("b", "b/", Notdir),
        ("missing", "dir", Noent),
        ("missing", "missing/new", Noent),
        ("link/", "new", Notdir),
        ("to_dir/", "new", Perm),
        ("dangling/", "new", Noent),
        ("b", "dangling/", Noent),
    ] {
        check!(format!("{old:?} as {new:?}"), link(old, new), Err(expected));
    }
    check!("a missing file", link("missing", "new"), Err(Noent));
    check!("into a missing folder", link("b", "missing/new"), Err(Noent));
    check!("a slash after a file", link("b/", "new"), Err(Notdir));
    check!("a slash after the new name", link("b", "new/"), Err(Noent));
    let read_only = |old, new| wasi::path_link(old, NO_FOLLOW, "a.txt", new, "new");
    check!("from the folder that may only be read", read_only(READ_ONLY, DATA), Err(Perm));
    check!("to the folder that may only be read", read_only(DATA, READ_ONLY), Err(Perm));
    check!("none of them made anything", stat("new").map(drop), Err(Noent));
    put("a.txt", "")?;
    refused::paths(|path| wasi::path_link(DATA, NO_FOLLOW, path, DATA, "new"))?;
    refused::paths(|path| wasi::path_link(DATA, NO_FOLLOW, "b", DATA, path))?;
    refused::no_folder(|fd| wasi::path_link(fd, NO_FOLLOW, "b", DATA, "new"))?;
    refused::no_folder(|fd| wasi::path_link(DATA, NO_FOLLOW, "b", fd, "new"))
}

pub(crate) fn path_symlink() -> Cases {
    make_old(".")?;
    check!(symlink("a.txt", "link"), Ok(()));
    check!("the folder is modified", is_new(".")?);
    check!("it is a link", stat("link").map(|stat| stat.file_type), Ok(SymbolicLink));
    check!("it says", readlink("link").as_deref(), Ok("a.txt"));
    check!("it leads to the text", text_through("link").as_deref(), Ok("alpha\n"));
    check!("from another folder", symlink("../a.txt", "dir/link"), Ok(()));
    check!("it leads on from where it is", text_through("dir/link").as_deref(), Ok("alpha\n"));
    check!("to a folder", symlink("dir", "to_dir"), Ok(()));
    check!("it leads on", text_through("to_dir/b.txt").as_deref(), Ok("beta\n"));
    check!("a link to a link", symlink("to_dir/link", "far"), Ok(()));
    check!("through both", text_through("far").as_deref(), Ok("alpha\n"));
    check!("to what is not there", symlink("later", "early"), Ok(()));
    check!("it leads nowhere", text_through("early"), Err(Noent));
    put("later", "text")?;
    check!("until it does", text_through("early").as_deref(), Ok("text"));

    // Linux counts a NUL after the text too.
    let long = "n/".repeat(2047) + "n";
    // A target is text until somebody follows it.
    check!("out of the folder", symlink("../ro/a.txt", "out"), Ok(()));
    check!("where nobody may follow", text_through("out"), Err(Perm));
    check!("a target of 4095 bytes", symlink(&long, "long"), Ok(()));
    check!("it is all there", stat("long").map(|stat| stat.size), Ok(4095));
    check!("a target of 4096", symlink(&"n/".repeat(2048), "new"), Err(Nametoolong));
    check!("a target from the root", symlink("/data/a.txt", "new"), Err(Perm));
    check!("no target", symlink("", "new"), Err(Noent));
    check!("a NUL in the target", symlink("a\0b", "new"), Err(Inval));
    check!("a target that is not UTF-8", wasi::path_symlink(b"\xFF", DATA, "new"), Err(Ilseq));

    for taken in ["a.txt", "dir", "link", "out", "dir/", ".", "to_dir/"] {
        check!(format!("{taken:?} is taken"), symlink("a.txt", taken), Err(Exist));
    }
    for (path, expected) in
        [("new/", Noent), ("a.txt/", Notdir), ("link/", Notdir), ("missing/new", Noent), ("..", Perm)]
    {
        check!(format!("a link at {path:?}"), symlink("a.txt", path), Err(expected));
    }
    check!("under the folder that may only be read", wasi::path_symlink("a.txt", READ_ONLY, "new"), Err(Perm));
    check!("none of them made anything", stat("new").map(drop), Err(Noent));
    refused::paths(|path| wasi::path_symlink("a.txt", DATA, path))?;
    refused::no_folder(|fd| wasi::path_symlink("a.txt", fd, "new"))
}

pub(crate) fn path_readlink() -> Cases {
    symlink("dir/deep/c.txt", "link")?;
    check!(readlink("link").as_deref(), Ok("dir/deep/c.txt"));
    let mut buffer = [UNTOUCHED; 8];
    check!("a short buffer", wasi::path_readlink(DATA, "link", &mut buffer), Ok(8));
    check!("as much as fits, without a NUL", buffer == *b"dir/deep");
    let mut buffer = [UNTOUCHED; 16];
    check!("a long one", wasi::path_readlink(DATA, "link", &mut buffer), Ok(14));
    check!("what is after the text is left", buffer == *b"dir/deep/c.txt\xA5\xA5");
    check!("no room", wasi::path_readlink(DATA, "link", &mut []), Ok(0));

    symlink("link", "to_link")?;
    check!("a link to a link", readlink("to_link").as_deref(), Ok("link"));
    symlink("zwölf/🦀", "letters")?;
    check!("letters beyond ASCII", readlink("letters").as_deref(), Ok("zwölf/🦀"));
    check!("cut off within one", wasi::path_readlink(DATA, "letters", &mut [0; 3]), Ok(3));
    symlink("dir", "to_dir")?;
    symlink("../a.txt", "dir/link")?;
    check!("in another folder", readlink("dir/link").as_deref(), Ok("../a.txt"));
    check!("through a link", readlink("to_dir/link").as_deref(), Ok("../a.txt"));
    check!("a slash asks for what it leads to", readlink("to_dir/"), Err(Inval));

    for path in ["a.txt", "dir", ".", "dir/.."] {
        check!(format!("{path:?} is no link"), readlink(path), Err(Inval));
    }
    symlink("nowhere", "dangling")?;
    check!("a link that leads nowhere", readlink("dangling").as_deref(), Ok("nowhere"));
    for (path, expected) in [
        ("a.txt/", Notdir),
        ("missing", Noent),
        ("dangling/", Noent),
        ("link/", Notdir),
        ("to_dir/.", Inval),
        ("..", Perm),
    ] {
        check!(format!("{path:?}"), readlink(path), Err(expected));
    }
    check!("a file that may only be read", wasi::path_readlink(READ_ONLY, "a.txt", &mut [0; 8]), Err(Inval));
    let read = |fd, path: &[u8]| wasi::path_readlink(fd, path, &mut [0; 8]);
    refused::paths(|path| read(DATA, path))?;
    check!("a link to itself", readlink("loop").as_deref(), Ok("loop"));
    refused::no_folder(|fd| read(fd, b"link"))
}

fn readlink(path: &str) -> Result<String> {
    let mut buffer = vec![0; 64];
    let used = wasi::path_readlink(DATA, path, &mut buffer)?;
    buffer.truncate(used as usize);
    String::from_utf8(buffer).map_err(|_| Errno::Ilseq)
}

/// The text of a file, a link in the last place followed.
fn text_through(path: &str) -> Result<String> {
    let mut buffer = vec![0; 64];
    let fd: Fd = wasi::path_open(DATA, FOLLOW, path, OFlags::empty(), [Rights::FD_READ; 2], FdFlags::empty())?;
    let count = wasi::fd_read(fd, &mut [&mut buffer])?;
    buffer.truncate(count as usize);
    String::from_utf8(buffer).map_err(|_| Errno::Ilseq)
}
