//! Who may know whom, checked over `cargo metadata`. Must never follow a dependency further than its name: a crate
//! answers for what it names itself.

use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, bail};
use serde_json::Value;

use crate::setup;

/// Each crate of the project and the others it may name. `ARCHITECTURE.md` draws it.
const MAY_KNOW: &[(&str, &[&str])] = &[
    ("amphi-core", &["amphi-macros"]),
    // What it writes names core, so its tests use that; nobody else names it.
    ("amphi-macros", &["amphi-core"]),
    ("amphi-wasi", &[]),
    ("amphi-quickjs", &["amphi-core"]),
    ("amphi-wasmtime", &["amphi-core", "amphi-quickjs", "amphi-wasi"]),
    ("amphi-browser", &["amphi-core", "amphi-wasi"]),
    ("amphi-python", &[]),
    ("amphi-native-python", &["amphi-core"]),
    // It knows habitats only through a trait of core's.
    ("amphi-parity", &["amphi-core", "amphi-wasi"]),
    // A guest: what it knows is the table of calls it checks.
    ("amphi-conformance", &["amphi-wasi"]),
    ("amphi-xtask", &["amphi-python"]),
    ("amphi", &["amphi-core", "amphi-native-python", "amphi-parity", "amphi-python", "amphi-wasi", "amphi-wasmtime"]),
    ("amphi-web", &["amphi-browser", "amphi-core", "amphi-wasi"]),
    // What an embedder writes.
    ("amphi-example-embed", &["amphi-core", "amphi-python", "amphi-wasmtime"]),
];

/// Crates of others that only some of ours may name; a name that ends in `*` stands for all that begin so.
const RESERVED: &[(&str, &[&str])] = &[
    ("wasm-bindgen*", &["amphi-browser", "amphi-web"]),
    ("js-sys", &["amphi-browser", "amphi-web"]),
    ("web-sys", &["amphi-browser", "amphi-web"]),
    ("rquickjs*", &["amphi-quickjs"]),
    ("wasmtime*", &["amphi-wasmtime", "amphi"]),
    ("pyo3*", &["amphi-native-python"]),
];

/// What cargo knows of the workspace's own crates.
///
/// # Errors
/// Cargo fails, for instance over a Cargo.toml that is wrong.
pub(crate) fn metadata(root: &Path) -> Result<Value> {
    let output = Command::new(setup::cargo()?)
        .current_dir(root)
        .args(["metadata", "--format-version", "1", "--no-deps"])
        .output()
        .context("can't run cargo metadata")?;
    if !output.status.success() {
        bail!("cargo metadata failed:\n{}", String::from_utf8_lossy(&output.stderr));
    }
    serde_json::from_slice(&output.stdout).context("cargo metadata printed no JSON")
}

/// Every dependency that must not be, of any kind: a test that names an engine ties a crate to it as well.
///
/// # Errors
/// The metadata lacks what it always has.
pub(crate) fn check(metadata: &Value) -> Result<Vec<String>> {
    let mut breaches = Vec::new();
    for package in array(metadata, "packages")? {
        let name = text(package, "name")?;
        let Some((_, known)) = MAY_KNOW.iter().find(|(one, _)| *one == name) else {
            breaches
                .push(format!("{name}: a new crate; say in crates/xtask/src/tidy/dependencies.rs whom it may know"));
            continue;
        };
        for dependency in array(package, "dependencies")? {
            let wanted = text(dependency, "name")?;
            let ours = MAY_KNOW.iter().any(|(one, _)| *one == wanted);
            if ours && !known.contains(&wanted) {
                breaches.push(format!("{name} must not know {wanted}"));
            }
            // An engine inside a crate of ours is reserved by its crate's own name, which is in the other table.
            for (reserved, owners) in RESERVED.iter().filter(|(reserved, _)| !ours && matches(reserved, wanted)) {
                if !owners.contains(&name) {
                    breaches
                        .push(format!("{name} must not name {wanted}: {reserved} belongs to {}", owners.join(" and ")));
                }
            }
        }
    }
    Ok(breaches)
}

fn matches(pattern: &str, name: &str) -> bool {
    pattern.strip_suffix('*').map_or(pattern == name, |start| name.starts_with(start))
}

fn array<'a>(value: &'a Value, key: &str) -> Result<&'a Vec<Value>> {
    value.get(key).and_then(Value::as_array).with_context(|| format!("cargo metadata has no list `{key}`"))
}

fn text<'a>(value: &'a Value, key: &str) -> Result<&'a str> {
    value.get(key).and_then(Value::as_str).with_context(|| format!("cargo metadata has no text `{key}`"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_dependency_in_the_wrong_direction_is_found() {
        for (name, package, dependency, expected) in [
            ("down", "amphi-wasmtime", "amphi-core", None),
            ("across", "amphi-wasi", "amphi-core", Some("amphi-wasi must not know amphi-core")),
            ("up", "amphi-wasmtime", "amphi", Some("amphi-wasmtime must not know amphi")),
            ("an engine in the core", "amphi-core", "wasmtime-wasi", Some("amphi-core must not name wasmtime-wasi")),
            ("an engine's part elsewhere", "amphi-core", "wasmparser", None),
            ("the web outside the web", "amphi", "wasm-bindgen-futures", Some("amphi must not name")),
            ("a crate nobody placed", "amphi-new", "anyhow", Some("amphi-new: a new crate")),
        ] {
            let metadata =
                json!({ "packages": [{ "name": package, "dependencies": [{ "name": dependency, "kind": "dev" }] }] });
            let found = check(&metadata).unwrap();
            match expected {
                None => assert!(found.is_empty(), "{name}: {found:?}"),
                Some(start) => assert!(found.len() == 1 && found[0].starts_with(start), "{name}: {found:?}"),
            }
        }
    }

    #[test]
    fn metadata_of_another_shape_is_an_error() {
        assert!(check(&json!({})).is_err());
    }
}
