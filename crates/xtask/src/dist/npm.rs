//! The npm package of `<amphi-playground>`. Must never know the page that the element shows.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};
use serde_json::Value;

use super::folder::put;
use crate::places;

/// The element, where it is written.
const SOURCE: &str = "web/embed";

/// Writes the package to `to`, in this project's version and with its licences.
///
/// # Errors
/// A file can't be read or written, or is not what it should be.
pub(crate) fn write(to: &Path) -> Result<()> {
    let root = places::root();
    let source = root.join(SOURCE);
    let read = |file: &Path| fs::read_to_string(file).with_context(|| format!("can't read {}", file.display()));
    let package = with_version(&read(&source.join("package.json"))?)?;
    for name in listed(&package)? {
        put(&to.join(&name), read(&source.join(&name))?.as_bytes())?;
    }
    for licence in ["LICENSE-APACHE", "LICENSE-MIT"] {
        put(&to.join(licence), read(&root.join(licence))?.as_bytes())?;
    }
    put(&to.join("README.md"), read(&source.join("README.md"))?.as_bytes())?;
    put(&to.join("package.json"), package.as_bytes())
}

/// The workspace has the version; the package's own is only there so that npm takes it as it lies.
fn with_version(package: &str) -> Result<String> {
    let mut package: Value = serde_json::from_str(package).context("package.json is no JSON")?;
    let fields = package.as_object_mut().context("package.json is no object")?;
    fields.insert("version".to_owned(), env!("CARGO_PKG_VERSION").into());
    Ok(format!("{package:#}\n"))
}

/// The files that package.json lists, but the licences, which are the project's.
fn listed(package: &str) -> Result<Vec<String>> {
    let package: Value = serde_json::from_str(package).context("package.json is no JSON")?;
    let files = package.get("files").and_then(Value::as_array).context("package.json lists no files")?;
    let names = files.iter().filter_map(Value::as_str).filter(|name| !name.starts_with("LICENSE"));
    Ok(names.map(str::to_owned).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_package_is_whole_and_has_the_projects_version_and_licence() {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path()).unwrap();
        let package: Value =
            serde_json::from_str(&fs::read_to_string(folder.path().join("package.json")).unwrap()).unwrap();
        assert_eq!(package["version"], env!("CARGO_PKG_VERSION"));
        assert_eq!(package["license"], env!("CARGO_PKG_LICENSE"));
        let exports = &package["exports"]["."];
        let files = package["files"].as_array().unwrap().iter().map(|file| file.as_str().unwrap());
        for file in files.chain([exports["types"].as_str().unwrap(), exports["default"].as_str().unwrap()]) {
            assert!(folder.path().join(file).is_file(), "{file}");
        }
    }
}
