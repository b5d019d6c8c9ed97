//! Where amphi keeps what it made on this machine: the user's cache folder and the folders inside it.
//! Must never know what is kept there.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::PathBuf;

/// The user's cache folder for amphi: `$XDG_CACHE_HOME/amphi`, or the system's usual place for caches.
/// `None` where the environment names no home at all.
#[must_use]
pub fn cache_folder() -> Option<PathBuf> {
    choose(env::consts::OS, &|name| env::var_os(name), env::home_dir())
}

/// Where the finished interpreters are, one folder per key.
pub(crate) fn artifacts() -> Option<PathBuf> {
    cache_folder().map(|cache| cache.join("python"))
}

/// The folders of amphi's tools, the last by name first: several versions may lie there, and the same one is taken every
/// time.
pub(crate) fn tools() -> Vec<PathBuf> {
    let tools = cache_folder().and_then(|cache| fs::read_dir(cache.join("tools")).ok());
    let mut folders: Vec<PathBuf> =
        tools.into_iter().flatten().filter_map(|entry| entry.ok().map(|entry| entry.path())).collect();
    folders.sort_unstable_by(|one, other| other.cmp(one));
    folders
}

/// XDG_CACHE_HOME counts on every system, so that one variable moves everything; a relative one is invalid by the XDG
/// specification and is passed over.
fn choose(os: &str, variable: &dyn Fn(&str) -> Option<OsString>, home: Option<PathBuf>) -> Option<PathBuf> {
    let absolute = |name: &str| variable(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let caches = absolute("XDG_CACHE_HOME").or_else(|| match os {
        "windows" => absolute("LOCALAPPDATA"),
        "macos" => home.map(|home| home.join("Library/Caches")),
        _ => home.map(|home| home.join(".cache")),
    });
    caches.map(|caches| caches.join("amphi"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cache_is_where_the_system_keeps_caches() {
        for (name, os, variables, home, expected) in [
            ("XDG wins", "linux", &[("XDG_CACHE_HOME", "/x")][..], Some("/home/a"), Some("/x/amphi")),
            ("home", "linux", &[], Some("/home/a"), Some("/home/a/.cache/amphi")),
            ("relative XDG", "linux", &[("XDG_CACHE_HOME", "x")], Some("/home/a"), Some("/home/a/.cache/amphi")),
            ("macOS", "macos", &[], Some("/Users/a"), Some("/Users/a/Library/Caches/amphi")),
            ("no home", "linux", &[], None, None),
        ] {
            let variable =
                |wanted: &str| variables.iter().find(|(name, _)| *name == wanted).map(|(_, value)| value.into());
            assert_eq!(choose(os, &variable, home.map(PathBuf::from)), expected.map(PathBuf::from), "{name}");
        }
    }
}
