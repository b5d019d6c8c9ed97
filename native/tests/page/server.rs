//! A server with the page, which ends with whoever started it. Must never know who visits.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// `amphi serve`.
pub(crate) struct Server {
    process: Child,
    /// Where it is.
    pub(crate) url: String,
}

impl Server {
    /// Serves the page that is in a folder.
    pub(crate) fn start(dist: &Path) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_amphi"));
        command.args(["serve", "--port", "0", "--dist"]).arg(dist);
        let mut process = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let url = line.split_whitespace().find(|word| word.starts_with("http://")).unwrap().to_owned();
        Self { process, url }
    }
}

/// The folder of the built page.
pub(crate) fn dist() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../dist")
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
