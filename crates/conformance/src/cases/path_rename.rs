//! `path_rename`, `path_unlink_file`: names that change and names that go.

use super::refused;
use crate::check::{Cases, check};
use crate::files::{
    DATA, NO_FOLLOW, READ_ONLY, create, folder, is_new, make_old, names, open, put, read, stat, symlink, text, write,
};
use crate::wasi;
use amphi_wasi::Errno::{Busy, Inval, Isdir, Loop, Noent, Notdir, Notempty, Perm};
use amphi_wasi::Result;
use amphi_wasi::types::FileType::SymbolicLink;

fn rename(old: &str, new: &str) -> Result<()> {
    wasi::path_rename(DATA, old, DATA, new)
}

fn unlink(path: &str) -> Result<()> {
    wasi::path_unlink_file(DATA, path)
}

pub(crate) fn path_rename() -> Cases {
    let inode = stat("a.txt")?.inode;
    check!(rename("a.txt", "new"), Ok(()));
    check!("the old name is gone", stat("a.txt").map(drop), Err(Noent));
    check!("the text has the new one", text("new").as_deref(), Ok("alpha\n"));
    check!("it is the same file", stat("new").map(|stat| stat.inode), Ok(inode));
    for path in ["new", "dir", "."] {
        make_old(path)?;
    }
    check!("into a folder", rename("new", "dir/../dir/new"), Ok(()));
    check!("both folders are modified, the file is not", is_new("dir")? && is_new(".")? && !is_new("dir/new")?);
    check!("out of it", wasi::path_rename(open("dir")?, "new", DATA, "a.txt"), Ok(()));
    check!("onto itself", rename("a.txt", "a.txt"), Ok(()));
    check!("the text", text("a.txt").as_deref(), Ok("alpha\n"));

    put("other", "other")?;
    let replaced = open("other")?;
    check!("over a file", rename("a.txt", "other"), Ok(()));
    check!("its text is there", text("other").as_deref(), Ok("alpha\n"));
    check!("what was there is still open", read(replaced, 9).as_deref(), Ok("other"));
    check!("without a name", wasi::fd_filestat_get(replaced).map(|stat| stat.links), Ok(0));
    wasi::path_link(DATA, NO_FOLLOW, "other", DATA, "a.txt")?;
    check!("over the same file by another name", rename("other", "a.txt"), Ok(()));
    check!("that changes nothing", stat("other").map(|stat| stat.links), Ok(2));
    unlink("other")?;

    symlink("a.txt", "link")?;
    check!("a link", rename("link", "moved"), Ok(()));
    check!("is moved itself", stat("moved").map(|stat| stat.file_type), Ok(SymbolicLink));
    put("other", "other")?;
    check!("over a link", rename("other", "moved"), Ok(()));
    check!("the link is replaced", text("moved").as_deref(), Ok("other"));
    check!("not what it leads to", text("a.txt").as_deref(), Ok("alpha\n"));
    let open = create("open")?;
    rename("open", "renamed")?;
    check!("an open file", write(open, "x"), Ok(1));
    check!("is the same under its new name", text("renamed").as_deref(), Ok("x"));
    folders()?;
    refusals()
}

fn folders() -> Cases {
    folder("one")?;
    put("one/file", "text")?;
    let one = open("one")?;
    check!("a folder", rename("one", "dir/two"), Ok(()));
    check!("what is in it goes with it", text("dir/two/file").as_deref(), Ok("text"));
    check!("what was open stays open", wasi::path_filestat_get(one, NO_FOLLOW, "file"), stat("dir/two/file"));
    check!("and its way up leads elsewhere", stat("dir/two/../b.txt").map(|stat| stat.size), Ok(5));
    folder("empty folder")?;
    check!("over an empty folder", rename("dir/two", "empty folder"), Ok(()));
    check!("it is there", names("empty folder").as_deref(), Ok("file"));
    check!("slashes after both", rename("empty folder/", "one/"), Ok(()));
    check!("over a full folder", rename("one", "dir"), Err(Notempty));
    check!("over the folder it is in", rename("dir/deep", "dir"), Err(Notempty));
    check!("a file over the folder it is in", rename("dir/b.txt", "dir"), Err(Notempty));
    check!("a folder into itself", rename("dir", "dir/deep/dir"), Err(Inval));
    check!("a folder over a file", rename("one", "a.txt"), Err(Notdir));
    folder("empty folder")?;
    check!("a file over a folder", rename("a.txt", "empty folder"), Err(Isdir));
    symlink("dir", "to_dir")?;
    symlink("itself", "itself")?;
    check!("a folder over a link to one", rename("one", "to_dir"), Err(Notdir));
    check!("a slash after a link to one", rename("to_dir/", "new"), Err(Notdir));
    for (old, new, expected) in [
        ("a.txt", "dir/", Notdir),
        ("a.txt", "a.txt/", Notdir),
        ("dir/", "a.txt", Notdir),
        ("one", "a.txt/", Notdir),
        ("missing/", "new", Noent),
        ("missing", "new/", Noent),
        ("missing", "a.txt", Noent),
        ("missing", ".", Busy),
        (".", ".", Busy),
        ("dir/.", "new", Busy),
        ("dir", "..", Perm),
        ("..", "new", Perm),
        ("dir", "dir/..", Busy),
        ("to_dir", "dir", Isdir),
        ("dir", "itself", Notdir),
        ("itself/", "new", Notdir),
    ] {
        check!(format!("{old:?} to {new:?}"), rename(old, new), Err(expected));
    }
    check!("a folder to its own name", rename("dir", "dir/"), Ok(()));
    check!("all is as it was", names("dir").as_deref(), Ok("b.txt deep"));
    Ok(())
}

fn refusals() -> Cases {
    check!("a slash after a file", rename("a.txt/", "new"), Err(Notdir));
    check!("a slash after a file's new name", rename("a.txt", "new/"), Err(Notdir));
    check!("a folder that is asked for by .", rename(".", "new"), Err(Busy));
    check!("a folder over .", rename("dir", "."), Err(Busy));
    check!("a folder that is asked for by ..", rename("dir/deep/..", "new"), Err(Busy));
    check!("a missing file", rename("missing", "new"), Err(Noent));
    check!("into a missing folder", rename("a.txt", "missing/new"), Err(Noent));
    check!("from the folder that may only be read", wasi::path_rename(READ_ONLY, "a.txt", DATA, "new"), Err(Perm));
    check!("to the folder that may only be read", wasi::path_rename(DATA, "a.txt", READ_ONLY, "new"), Err(Perm));
    check!("within it", wasi::path_rename(READ_ONLY, "a.txt", READ_ONLY, "new"), Err(Perm));
    check!("none of them made anything", stat("new").map(drop), Err(Noent));
    refused::paths(|path| wasi::path_rename(DATA, path, DATA, "new"))?;
    refused::paths(|path| wasi::path_rename(DATA, "a.txt", DATA, path))?;
    check!("the text", text("a.txt").as_deref(), Ok("alpha\n"));
    refused::no_folder(|fd| wasi::path_rename(fd, "a.txt", DATA, "new"))?;
    refused::no_folder(|fd| wasi::path_rename(DATA, "a.txt", fd, "new"))
}

pub(crate) fn path_unlink_file() -> Cases {
    let file = open("a.txt")?;
    make_old(".")?;
    check!(unlink("a.txt"), Ok(()));
    check!("the folder is modified", is_new(".")?);
    check!("it is gone", stat("a.txt").map(drop), Err(Noent));
    check!("it is gone already", unlink("a.txt"), Err(Noent));
    check!("the rest stays", names(".").as_deref(), Ok("dir empty"));
    check!("who has it open can go on", read(file, 9).as_deref(), Ok("alpha\n"));
    put("a.txt", "new")?;
    check!("a new file of that name is another", wasi::fd_filestat_get(file)?.inode != stat("a.txt")?.inode);
    check!("through . and ..", unlink("./dir//deep/../b.txt"), Ok(()));
    check!("it is gone", names("dir").as_deref(), Ok("deep"));
    check!("under an opened folder", wasi::path_unlink_file(open("dir/deep")?, "c.txt"), Ok(()));

    symlink("a.txt", "link")?;
    symlink("dir", "to_dir")?;
    symlink("loop", "loop")?;
    symlink("nowhere", "dangling")?;
    for (path, expected) in [
        ("link/", Notdir),
        ("to_dir/", Isdir),
        ("dangling/", Noent),
        ("loop/", Loop),
        ("..", Perm),
        ("missing/", Noent),
    ] {
        check!(format!("{path:?}"), unlink(path), Err(expected));
    }
    for link in ["link", "to_dir", "loop", "dangling"] {
        check!(format!("the link {link:?}"), unlink(link), Ok(()));
    }
    check!("what they led to stays", names(".").as_deref(), Ok("a.txt dir empty"));
    wasi::path_link(DATA, NO_FOLLOW, "a.txt", DATA, "second")?;
    check!("a name of two", unlink("a.txt"), Ok(()));
    check!("the other stays", text("second").as_deref(), Ok("new"));
    put("a.txt", "alpha\n")?;

    for path in ["dir", "dir/", ".", "dir/.", "dir/deep", "dir/deep/.."] {
        check!(format!("{path:?} is a folder"), unlink(path), Err(Isdir));
    }
    check!("a slash after a file", unlink("a.txt/"), Err(Notdir));
    check!("a missing file", unlink("missing"), Err(Noent));
    check!("under the folder that may only be read", wasi::path_unlink_file(READ_ONLY, "a.txt"), Err(Perm));
    refused::paths(|path| wasi::path_unlink_file(DATA, path))?;
    check!("through a link to itself", unlink("loop/x"), Err(Loop));
    refused::no_folder(|fd| wasi::path_unlink_file(fd, "x"))
}
