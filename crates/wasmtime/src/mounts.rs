//! Owns what a guest sees of the file system, as the caller says it, before a habitat makes it so.

use std::path::PathBuf;

/// One preopened folder of the guest; they get the descriptors 3, 4, … in order.
#[derive(Debug, Clone)]
pub enum Mount {
    /// A writable folder that exists for the run alone and begins with these files. The outcome tells what became of them.
    Scratch {
        /// Its path in the guest.
        guest: String,
        /// Paths inside it, with `/` between their parts, and contents.
        files: Vec<(String, Vec<u8>)>,
    },
    /// A read-only folder that holds one file of the host.
    Single {
        /// Its path in the guest.
        guest: String,
        /// The file on the host; it keeps its name.
        file: PathBuf,
    },
    /// A folder of the host.
    Folder {
        /// The folder on the host.
        host: PathBuf,
        /// Its path in the guest.
        guest: String,
        /// Whether the guest may change it.
        writable: bool,
    },
}
