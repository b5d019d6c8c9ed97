//! What every call with a descriptor, or every call with a path, refuses alike.

use crate::check::{Cases, check};
use crate::files::{NOT_OPEN, STDERR, STDIN, STDOUT, open, symlink};
use amphi_wasi::types::Fd;
use amphi_wasi::{Errno, Result};

/// A descriptor that is not open is `BADF`.
#[track_caller]
pub(super) fn not_open<T>(call: impl Fn(Fd) -> Result<T>) {
    for fd in NOT_OPEN {
        check!(format!("descriptor {} is not open", fd.0), call(fd).map(drop), Err(Errno::Badf));
    }
}

/// A standard stream is `BADF` to a call about files or folders.
#[track_caller]
pub(super) fn streams<T>(call: impl Fn(Fd) -> Result<T>) {
    for fd in [STDIN, STDOUT, STDERR] {
        check!(format!("descriptor {} is a stream", fd.0), call(fd).map(drop), Err(Errno::Badf));
    }
}

/// A call with a path needs a folder to look in; all else is `BADF`.
#[track_caller]
pub(super) fn no_folder<T>(call: impl Fn(Fd) -> Result<T>) -> Cases {
    let file = open("a.txt")?;
    check!("a file is no folder", call(file).map(drop), Err(Errno::Badf));
    streams(&call);
    not_open(&call);
    Ok(())
}

/// Paths of `/data` that no call takes. It makes the links `loop` and `up` there, and needs the file `a.txt`.
#[track_caller]
pub(super) fn paths<T>(call: impl Fn(&[u8]) -> Result<T>) -> Cases {
    for (target, path) in [("loop", "loop"), ("..", "up")] {
        match symlink(target, path) {
            // A call with two paths is tried twice.
            Ok(()) | Err(Errno::Exist) => {}
            Err(errno) => return Err(errno.into()),
        }
    }
    let long_name = "n".repeat(256);
    let long_path = "dir/../".repeat(1000) + "x";
    for (path, expected) in [
        ("", Errno::Noent),
        ("missing/x", Errno::Noent),
        ("missing/../a.txt", Errno::Noent),
        ("a.txt/x", Errno::Notdir),
        ("a.txt/../a.txt", Errno::Notdir),
        ("loop/x", Errno::Loop),
        // Nothing outside the folder is seen, nor told whether it is there.
        ("..", Errno::Perm),
        ("../data/a.txt", Errno::Perm),
        ("dir/../../data/a.txt", Errno::Perm),
        ("up/data/a.txt", Errno::Perm),
        ("/data/a.txt", Errno::Perm),
        ("a.txt\0", Errno::Inval),
        (&long_name, Errno::Nametoolong),
        (&long_path, Errno::Nametoolong),
    ] {
        let shown = path.get(..20).unwrap_or(path);
        check!(format!("the path {shown:?}"), call(path.as_bytes()).map(drop), Err(expected));
    }
    check!("a path that is not UTF-8", call(b"a.txt\xFF").map(drop), Err(Errno::Ilseq));
    check!("half a character", call(b"\xC3").map(drop), Err(Errno::Ilseq));
    Ok(())
}
