//! Finds the built page. Must never build it.

use std::env;
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

/// Names the folder of the built page.
const VARIABLE: &str = "AMPHI_DIST";

/// The folder that was named; else the one of `AMPHI_DIST`; else `dist` in a folder above this program, which is where a
/// checkout has it; else `dist` in or above the current folder.
///
/// # Errors
/// No page is there, with the places looked at and what to do.
pub(crate) fn find(named: Option<&Path>) -> Result<PathBuf> {
    let variable = env::var_os(VARIABLE).filter(|value| !value.is_empty()).map(PathBuf::from);
    let places = match named.map(Path::to_owned).or(variable) {
        // Whoever names a folder wants that one: falling back to another would hide a mistake.
        Some(place) => vec![place],
        None => {
            let starts = [env::current_exe().ok(), env::current_dir().ok().map(|folder| folder.join("."))];
            above(starts.iter().flatten().map(PathBuf::as_path))
        }
    };
    match places.iter().find(|place| place.join("index.html").is_file()) {
        Some(place) => Ok(place.clone()),
        None => {
            let tried: Vec<String> = places.iter().map(|place| format!("\n  {}", place.display())).collect();
            bail!(
                "the page is not built: run `cargo xtask setup` in the checkout. Looked for index.html in:{}",
                tried.concat()
            )
        }
    }
}

fn above<'a>(starts: impl Iterator<Item = &'a Path>) -> Vec<PathBuf> {
    let mut places = Vec::new();
    for start in starts {
        // A program sits in target/release, so three folders up is the checkout; more would find other people's folders.
        for folder in start.ancestors().skip(1).take(4) {
            let place = folder.join("dist");
            if !places.contains(&place) {
                places.push(place);
            }
        }
    }
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_checkout_finds_its_own_page() {
        let places = above([Path::new("/code/amphi/target/release/amphi")].into_iter());
        assert!(places.contains(&PathBuf::from("/code/amphi/dist")), "{places:?}");
    }

    #[test]
    fn a_named_folder_is_the_only_place() {
        let root = tempfile::tempdir().unwrap();
        let message = find(Some(root.path())).unwrap_err().to_string();
        assert!(
            message.contains("cargo xtask setup") && message.contains(&root.path().display().to_string()),
            "{message}"
        );
        std::fs::write(root.path().join("index.html"), "").unwrap();
        assert_eq!(find(Some(root.path())).unwrap(), root.path());
    }
}
