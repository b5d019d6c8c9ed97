//! `cargo xtask play`: sets everything up and serves the playground. Must never serve anything by itself.

use std::process::Command;

use anyhow::{Result, bail};

use crate::{places, process, setup};

/// Sets everything up, then serves the playground on this machine's loopback address.
#[derive(Debug, clap::Args)]
pub(crate) struct Play {
    /// The port.
    #[arg(long, default_value_t = 8000)]
    port: u16,
    /// Opens the page in the browser.
    #[arg(long)]
    open: bool,
}

impl Play {
    /// Serves until it is interrupted.
    ///
    /// # Errors
    /// Those of the set-up, and a server that can't start.
    pub(crate) fn run(self) -> Result<()> {
        setup::everything()?;
        let mut command = Command::new(places::amphi());
        command.args(["serve", "--port", &self.port.to_string(), "--dist"]).arg(places::dist());
        if self.open {
            command.arg("--open");
        }
        // The server speaks for itself, on this terminal.
        let status = process::start(&mut command)?.wait()?;
        // Ctrl-C ends both; that is how one leaves.
        if status.success() || status.code().is_none() {
            return Ok(());
        }
        bail!("the server ended ({status})")
    }
}
