//! The lock that lets one process build while others wait for its result.
//! Must never know what is built.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::path::Path;
use std::process;
use std::sync::Arc;

/// Held while building. The system frees it with the last process that has the file open, however that ends, so no
/// stale lock can be left.
#[derive(Debug)]
pub(crate) struct Lock {
    file: Arc<File>,
}

impl Lock {
    /// The locked file. A program that has it open holds the lock too: one that outlives this process, because only
    /// this process was killed, is waited for.
    pub(crate) fn file(&self) -> Arc<File> {
        Arc::clone(&self.file)
    }
}

/// Takes the lock at `path`, waiting for another holder; `waiting` is told the holder's process id first, if it wrote one.
pub(crate) fn take(path: &Path, waiting: impl FnOnce(&str)) -> io::Result<Lock> {
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent)?;
    }
    let mut file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let mut holder = String::new();
            // On systems with mandatory locks the text can't be read; the wait is announced without a number then.
            let _ = file.read_to_string(&mut holder);
            waiting(holder.trim());
            file.lock()?;
        }
        Err(TryLockError::Error(error)) => return Err(error),
    }
    file.set_len(0)?;
    file.rewind()?;
    write!(file, "{}", process::id())?;
    Ok(Lock { file: Arc::new(file) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;
    use std::thread;

    #[test]
    fn the_second_waits_and_says_for_whom() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("build").join("lock");
        let first = take(&path, |_| panic!("nobody holds it yet")).unwrap();
        let (said, heard) = mpsc::channel();
        let second = thread::spawn(move || take(&path, |holder| said.send(holder.to_owned()).unwrap()).map(drop));
        assert_eq!(heard.recv().unwrap(), process::id().to_string());
        // A program that this process started has the file open.
        let file = first.file();
        drop(first);
        assert!(!second.is_finished());
        drop(file);
        second.join().unwrap().unwrap();
    }
}
