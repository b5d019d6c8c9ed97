//! The link check: whatever a file of the folder refers to is a file in it. Must never mend anything.

use std::collections::BTreeSet;

use super::names::Files;
use super::references::{self, Language, Stray};

/// Every reference that leads nowhere or out of the folder, as `file:line: what is wrong`.
pub(crate) fn check(files: &Files) -> Vec<String> {
    let mut broken = Vec::new();
    for (name, bytes) in files {
        let Some(language) = Language::of(name) else { continue };
        let Ok(text) = std::str::from_utf8(bytes) else {
            broken.push(format!("{name}: is no text"));
            continue;
        };
        for reference in references::find(text, language) {
            let address = text.get(reference.range.clone()).unwrap_or_default();
            let why = match references::targets(name, reference.kind, address) {
                Err(Stray::Absolute) => "is absolute; the folder may lie anywhere on a server",
                Err(Stray::Out) => "leads out of the folder",
                Ok(targets) if targets.is_empty() || targets.iter().any(|target| files.contains_key(target)) => {
                    continue;
                }
                Ok(_) => "is no file of the folder",
            };
            let line = text.get(..reference.range.start).unwrap_or_default().matches('\n').count() + 1;
            broken.push(format!("{name}:{line}: {address} {why}"));
        }
    }
    broken.extend(compressed(files));
    broken
}

/// Compressed files whose own is not there, as after a file was renamed.
fn compressed(files: &Files) -> impl Iterator<Item = String> {
    let names: BTreeSet<&str> = files.keys().map(String::as_str).collect();
    let alone = files.keys().filter_map(|name| name.strip_suffix(".br")).filter(move |name| !names.contains(name));
    alone.map(|name| format!("{name}.br: there is no {name}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_broken_link_is_told_with_its_place() {
        for (name, file, text, expected) in [
            ("whole", "index.html", "<a href=\"s/a.js\"><script>import(\"./s/a.js?x\")</script>", None),
            ("the folder itself", "s/a.js", "new URL(\".\", x); new URL(\"../\", y)", None),
            ("from the page's folder", "s/b.js", "get(\"s/a.js\")", None),
            ("gone", "index.html", "<p>\n<a href=\"b.js\">", Some("index.html:2: b.js is no file")),
            ("gone in a worker", "w.js", "get(\"python/python.wasm\")", Some("w.js:1: python/python.wasm is no file")),
            (
                "imports are from their own folder",
                "s/b.js",
                "import \"./s/a.js\"",
                Some("s/b.js:1: ./s/a.js is no file"),
            ),
            ("a package", "w.js", "import { a } from \"leptos\";", Some("w.js:1: leptos is no file")),
            ("absolute", "a.css", "b { c: url(/d.png) }", Some("a.css:1: /d.png is absolute")),
            (
                "another server",
                "w.js",
                "fetch(\"https://example.com/x\")",
                Some("w.js:1: https://example.com/x is absolute"),
            ),
            ("without a scheme", "index.html", "<script src=\"//example.com/x.js\"></script>", Some("is absolute")),
            ("out", "s/b.js", "import(\"../../x.js\")", Some("s/b.js:1: ../../x.js leads out")),
            ("no text", "w.js", "\u{fffd}", None),
            ("compressed alone", "w.js.br", "", Some("w.js.br: there is no w.js")),
        ] {
            let mut files: Files =
                ["index.html", "s/index.html", "s/a.js"].map(|name| (name.to_owned(), Vec::new())).into();
            files.insert(file.to_owned(), text.as_bytes().to_vec());
            let found = check(&files);
            match expected {
                None => assert!(found.is_empty(), "{name}: {found:?}"),
                Some(part) => assert!(found.len() == 1 && found[0].contains(part), "{name}: {found:?}"),
            }
        }
    }

    #[test]
    fn a_file_that_is_no_text_is_told() {
        assert_eq!(check(&[("a.js".to_owned(), vec![0xff])].into()), ["a.js: is no text"]);
    }
}
