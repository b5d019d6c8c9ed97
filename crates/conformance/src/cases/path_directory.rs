//! `path_create_directory`, `path_remove_directory`.

use super::refused;
use crate::check::{Cases, check};
use crate::files::{
    DATA, NO_FOLLOW, READ_ONLY, create, entries, folder, is_new, make_old, names, open, put, stat, symlink, text,
};
use crate::wasi;
use amphi_wasi::Errno::{Exist, Inval, Loop, Noent, Notdir, Notempty, Perm};
use amphi_wasi::types::FileType;

pub(crate) fn path_create_directory() -> Cases {
    make_old(".")?;
    check!(folder("new"), Ok(()));
    check!("the folder around it is modified", is_new(".")?);
    check!("it is a folder", stat("new").map(|stat| stat.file_type), Ok(FileType::Directory));
    check!("it is empty", names("new").as_deref(), Ok(""));
    check!("files go into it", put("new/file", "text"), Ok(()));
    check!("and come out", text("new/file").as_deref(), Ok("text"));
    check!("one in it", folder("new/inner"), Ok(()));
    check!("a slash at the end means nothing", folder("slash/"), Ok(()));
    check!("through . and ..", folder("./dir/../dir//dots"), Ok(()));
    check!("it is where the path says", names("dir").as_deref(), Ok("b.txt deep dots"));
    check!("a name of 255 bytes", folder(&"n".repeat(255)), Ok(()));
    // The folder is looked up alone, so its path and the name may each be as long as Linux lets them.
    check!("a path of 4260 bytes", folder(&("dir/../".repeat(580) + &"m".repeat(200))), Ok(()));
    check!("letters beyond ASCII", folder("zwölf 🦀"), Ok(()));
    check!("under an opened folder", wasi::path_create_directory(open("dir")?, "under"), Ok(()));
    check!("it is there", stat("dir/under").map(drop), Ok(()));
    check!("out of an opened folder", wasi::path_create_directory(open("dir")?, "../out"), Err(Perm));

    symlink("dir", "link")?;
    symlink("nowhere", "dangling")?;
    check!("through a link", folder("link/linked"), Ok(()));
    check!("it is where the link leads", stat("dir/linked").map(drop), Ok(()));
    for taken in
        ["dir", "dir/", "a.txt", "a.txt/", "link", "link/", "dangling", "dangling/", ".", "./", "dir/.", "dir/.."]
    {
        check!(format!("{taken:?} is taken"), folder(taken), Err(Exist));
    }
    check!("two at once", folder("one/two"), Err(Noent));
    check!("under the folder that may only be read", wasi::path_create_directory(READ_ONLY, "new"), Err(Perm));
    check!("even where the name is taken", wasi::path_create_directory(READ_ONLY, "dir"), Err(Perm));
    refused::paths(|path| wasi::path_create_directory(DATA, path))?;
    refused::no_folder(|fd| wasi::path_create_directory(fd, "x"))
}

pub(crate) fn path_remove_directory() -> Cases {
    let remove = |path: &str| wasi::path_remove_directory(DATA, path);
    folder("empty folder")?;
    make_old(".")?;
    check!(remove("empty folder"), Ok(()));
    check!("the folder around it is modified", is_new(".")?);
    check!("it is gone", stat("empty folder").map(drop), Err(Noent));
    check!("it is gone already", remove("empty folder"), Err(Noent));
    check!("a folder with something in it", remove("dir"), Err(Notempty));
    check!("it is all there", names("dir").as_deref(), Ok("b.txt deep"));
    check!("a file", remove("a.txt"), Err(Notdir));
    check!("a file, with a slash", remove("a.txt/"), Err(Notdir));
    symlink("dir/deep", "link")?;
    check!("a link to a folder", remove("link"), Err(Notdir));
    symlink("a.txt", "to_file")?;
    symlink("nowhere", "dangling")?;
    symlink("itself", "itself")?;
    for (path, expected) in [
        ("missing/", Noent),
        ("link/", Inval),
        ("to_file/", Notdir),
        ("dangling", Notdir),
        ("dangling/", Noent),
        ("itself/", Loop),
        ("..", Perm),
    ] {
        check!(format!("{path:?}"), remove(path), Err(expected));
    }

    folder("dir/inner")?;
    // wasmtime cannot name a folder so that it could be removed.
    for path in [".", "dir/inner/", "dir/inner/.", "dir/.."] {
        check!(format!("{path:?}, which does not end in a name"), remove(path), Err(Inval));
    }
    check!("through . and ..", remove("./dir/deep/..//inner"), Ok(()));

    folder("open")?;
    let open = open("open")?;
    check!("a folder that is open", remove("open"), Ok(()));
    let still = wasi::path_filestat_get(open, NO_FOLLOW, ".");
    check!("it is still a folder", still.map(|stat| stat.file_type), Ok(FileType::Directory));
    check!("nothing is in it", entries(open).map(|entries| entries.len()), Ok(2));
    check!("nothing can be made in it", wasi::path_create_directory(open, "new"), Err(Noent));
    check!("nor moved into it", wasi::path_rename(DATA, "a.txt", open, "new"), Err(Noent));
    check!("nor looked for above it", wasi::path_filestat_get(open, NO_FOLLOW, "..").map(drop), Err(Perm));
    check!("a new one of the same name", folder("open"), Ok(()));
    check!("is another", wasi::fd_filestat_get(open)?.inode != stat("open")?.inode);
    create("open/file")?;
    check!("under an opened folder", wasi::path_remove_directory(open, "x"), Err(Noent));

    check!("under the folder that may only be read", wasi::path_remove_directory(READ_ONLY, "dir"), Err(Perm));
    refused::paths(|path| wasi::path_remove_directory(DATA, path))?;
    refused::no_folder(|fd| wasi::path_remove_directory(fd, "x"))
}
