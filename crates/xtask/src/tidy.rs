//! `cargo xtask tidy`: the rules that no compiler checks: how long a file may be, how it begins, words that must not
//! stay, and who may know whom. Must never change a file.

mod dependencies;
mod files;

use std::fs;

use anyhow::{Context as _, Result, bail};

use crate::setup::files_of;
use crate::{places, screen};

/// Checks file lengths, file heads, forbidden words and the direction of dependencies.
#[derive(Debug, clap::Args)]
pub(crate) struct Tidy {}

impl Tidy {
    /// Checks everything.
    ///
    /// # Errors
    /// Every breach, one a line.
    pub(crate) fn run(self) -> Result<()> {
        let breaches = breaches()?;
        if breaches.is_empty() {
            screen::say("tidy: all is well");
            return Ok(());
        }
        bail!("{} breaches of the house rules:\n  {}", breaches.len(), breaches.join("\n  "))
    }
}

/// Every breach of the rules in this checkout.
///
/// # Errors
/// A file can't be read, or cargo can't say who knows whom.
pub(crate) fn breaches() -> Result<Vec<String>> {
    let root = places::root();
    let mut breaches = Vec::new();
    for folder in ["crates", "native", "web"] {
        for file in files_of(&root.join(folder))? {
            if file.extension().is_none_or(|kind| kind != "rs") {
                continue;
            }
            let text = fs::read_to_string(&file).with_context(|| format!("can't read {}", file.display()))?;
            let name = file.strip_prefix(&root).unwrap_or(&file).to_string_lossy().replace('\\', "/");
            breaches.extend(files::check(&name, &text));
        }
    }
    breaches.extend(dependencies::check(&dependencies::metadata(&root)?)?);
    Ok(breaches)
}
