//! Finds a Go that compiles libraries for WebAssembly. Must never install one.

use std::path::{Path, PathBuf};

use crate::place;
use crate::run;

/// The first version whose libraries export functions: major and minor.
pub const GO_OLDEST: (u32, u32) = (1, 24);

/// A Go that is new enough, and its version, `go1.24.4`: on PATH, or among amphi's tools.
///
/// # Errors
/// There is none; the version of one that is too old, if that is here.
pub fn go() -> Result<(PathBuf, String), Option<String>> {
    let is_go = |folder: &PathBuf| folder.file_name().is_some_and(|name| name.to_string_lossy().starts_with("go-"));
    let tools = place::tools().into_iter().filter(is_go).map(|folder| folder.join("bin/go"));
    let mut old = None;
    for go in run::on_path("go").into_iter().chain(tools) {
        let Some(version) = version(&go) else { continue };
        if number(&version).is_some_and(|number| number >= GO_OLDEST) {
            return Ok((go, version));
        }
        old = old.or(Some(version));
    }
    Err(old)
}

/// `go1.24.4`, out of `go version go1.24.4 linux/amd64`.
fn version(go: &Path) -> Option<String> {
    run::first_line(go, &["version"])?.split(' ').find(|word| word.starts_with("go1")).map(str::to_owned)
}

/// `go1.24.4` as (1, 24).
fn number(version: &str) -> Option<(u32, u32)> {
    let mut parts = version.strip_prefix("go")?.split(|other: char| !other.is_ascii_digit());
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::number;

    #[test]
    fn versions_are_read() {
        for (text, expected) in [
            ("go1.24.4", Some((1, 24))),
            ("go1.30", Some((1, 30))),
            ("go1.25rc1", Some((1, 25))),
            ("go", None),
            ("devel", None),
        ] {
            assert_eq!(number(text), expected, "{text}");
        }
    }
}
