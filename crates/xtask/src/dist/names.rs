//! Gives each file a name with a hash of its contents in it, and renames what others call it.
//! Must never read or write a file.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Result, bail};
use sha2::{Digest as _, Sha256};

use super::references::{self, Kind, Language};

/// Where a visit begins, and what browsers know by its address: they keep their names.
pub(crate) const FIXED: &[&str] = &["index.html", "service.js"];

/// Hexadecimal digits of a hash in a name; `amphi serve` and the service worker know names by them.
const DIGITS: usize = 16;

/// The folder of what esbuild made; what is imported there by a call is fetched when somebody asks for it.
const LAZY: &str = "js/";

/// Files by their paths from the folder's root, with `/` between the parts.
pub(crate) type Files = BTreeMap<String, Vec<u8>>;

/// A file under its new name.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Named {
    /// Its path in the page as it was built, without what trunk put into it.
    pub(crate) name: String,
    /// Its path in the finished folder.
    pub(crate) file: String,
    /// Its path in the page as it was built.
    pub(crate) source: String,
    /// Its contents, which call others by their new names.
    pub(crate) bytes: Vec<u8>,
    /// Whether the first visit loads it.
    pub(crate) is_first: bool,
}

/// Names all `files`. A name's hash is of the file and of all it leads to, as they were: so it changes with any of
/// them, and files may refer to each other in a circle.
///
/// # Errors
/// Two files would have one name.
pub(crate) fn name(files: &Files) -> Result<Vec<Named>> {
    let graph = Graph::of(files);
    let first = graph.reach("index.html", true);
    let mut renamed = BTreeMap::new();
    for path in files.keys() {
        let fixed = FIXED.contains(&path.as_str());
        renamed.insert(
            path.as_str(),
            if fixed { path.clone() } else { with_hash(&plain(path), &graph.hash(path, files)) },
        );
    }
    if renamed.values().collect::<BTreeSet<_>>().len() < renamed.len() {
        bail!("two files of the page have the same name and contents");
    }
    let named = files.iter().map(|(path, bytes)| Named {
        name: plain(path),
        file: renamed.get(path.as_str()).cloned().unwrap_or_default(),
        source: path.clone(),
        bytes: graph.rewrite(path, bytes, &renamed),
        is_first: first.contains(path.as_str()),
    });
    Ok(named.collect())
}

/// The first digits of a SHA-256.
pub(crate) fn digits(hash: Sha256) -> String {
    let text: String = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    text.chars().take(DIGITS).collect()
}

/// Who leads to whom: for each file where in it, how, and to which.
struct Graph<'a>(BTreeMap<&'a str, Vec<(references::Reference, &'a str)>>);

impl<'a> Graph<'a> {
    fn of(files: &'a Files) -> Self {
        // One text in wasm-bindgen's code names a file by what trunk called it first.
        let plain_names: BTreeMap<String, &str> = files.keys().map(|path| (plain(path), path.as_str())).collect();
        let there = |target: &String| {
            let exact = files.get_key_value(target).map(|(path, _)| path.as_str());
            exact.or_else(|| plain_names.get(target).copied())
        };
        let links = |path: &str, bytes: &[u8]| {
            let (Some(language), Ok(text)) = (Language::of(path), std::str::from_utf8(bytes)) else {
                return Vec::new();
            };
            let target = |reference: &references::Reference| {
                let address = text.get(reference.range.clone())?;
                references::targets(path, reference.kind, address).ok()?.iter().find_map(there)
            };
            references::find(text, language)
                .into_iter()
                .filter_map(|reference| target(&reference).map(|target| (reference, target)))
                .collect()
        };
        Self(files.iter().map(|(path, bytes)| (path.as_str(), links(path, bytes))).collect())
    }

    /// All files that `start` leads to, itself among them; at once, or with what is fetched later.
    fn reach(&self, start: &'a str, at_once: bool) -> BTreeSet<&'a str> {
        let mut reached = BTreeSet::new();
        let mut waiting = vec![start];
        while let Some(path) = waiting.pop() {
            if reached.insert(path) {
                let links = self.0.get(path).into_iter().flatten();
                let later = |kind: Kind| at_once && kind == Kind::Later && path.starts_with(LAZY);
                waiting.extend(links.filter(|(link, _)| !later(link.kind)).map(|(_, target)| *target));
            }
        }
        reached
    }

    fn hash(&self, path: &'a str, files: &Files) -> String {
        let mut hash = Sha256::new();
        let mut add = |path: &str| {
            hash.update(path);
            hash.update([0]);
            hash.update(Sha256::digest(files.get(path).map_or(&[][..], Vec::as_slice)));
        };
        // First itself: files in a circle lead to the same others.
        add(path);
        // The page and the service worker change with every name.
        self.reach(path, false).into_iter().filter(|path| !FIXED.contains(path)).for_each(add);
        digits(hash)
    }

    fn rewrite(&self, path: &str, bytes: &[u8], renamed: &BTreeMap<&str, String>) -> Vec<u8> {
        let mut written = Vec::with_capacity(bytes.len());
        let mut at = 0;
        for (link, target) in self.0.get(path).into_iter().flatten() {
            let file = renamed.get(target).and_then(|name| name.rsplit('/').next()).unwrap_or_default();
            let address = bytes.get(link.range.clone()).unwrap_or_default();
            // Only the last part of a path is ever another; the page itself may be meant by its folder.
            let last = address.iter().rposition(|byte| *byte == b'/').map_or(0, |slash| slash + 1);
            let end = address.iter().position(|byte| b"?#".contains(byte)).unwrap_or(address.len());
            if FIXED.contains(target) {
                continue;
            }
            written.extend_from_slice(bytes.get(at..link.range.start + last).unwrap_or_default());
            written.extend_from_slice(file.as_bytes());
            at = link.range.start + end;
        }
        written.extend_from_slice(bytes.get(at..).unwrap_or_default());
        written
    }
}

/// `js/editor.js` with a hash: `js/editor-0123456789abcdef.js`.
fn with_hash(path: &str, hash: &str) -> String {
    match path.rsplit_once('.') {
        Some((stem, kind)) => format!("{stem}-{hash}.{kind}"),
        None => format!("{path}-{hash}"),
    }
}

/// `amphi-web-4ae069baf5f9dd4_bg.wasm` without trunk's hash: `amphi-web_bg.wasm`. Trunk writes a number without zeros
/// before it, so that some are short.
fn plain(path: &str) -> String {
    let (folder, name) = path.rsplit_once('/').map_or(("", path), |(folder, name)| (folder, name));
    let Some((before, rest)) = name.rsplit_once('-') else { return path.to_owned() };
    let length = rest.find(['_', '.']).unwrap_or(rest.len());
    let (hash, after) = rest.split_at(length);
    if !(12..=16).contains(&hash.len()) || !hash.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return path.to_owned();
    }
    if folder.is_empty() { format!("{before}{after}") } else { format!("{folder}/{before}{after}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(list: &[(&str, &str)]) -> Files {
        list.iter().map(|(name, text)| ((*name).to_owned(), text.as_bytes().to_vec())).collect()
    }

    const PAGE: &[(&str, &str)] = &[
        ("index.html", "<link href=\"./app-4ae069baf5f9dd4.js\"><script>worker(\"worker.js\")</script>"),
        ("app-4ae069baf5f9dd4.js", "new URL('app_bg.wasm', import.meta.url); import './s/a.js'"),
        ("app-4ae069baf5f9dd4_bg.wasm", "wasm"),
        ("worker.js", "import('./s/b.js'); get(\"big.zip\"); ({ x, \"./s/b.js\": b })"),
        ("s/a.js", "import {b} from \"./b.js\""),
        ("s/b.js", "import {a} from \"./a.js?x\"; new URL(\"big.zip\", self.location)"),
        ("js/e.js", "import(\"./vim.js\")"),
        ("js/vim.js", "vim"),
        ("big.zip", "zip"),
        ("service.js", "\"index.html\""),
    ];

    fn named(list: &[(&str, &str)]) -> BTreeMap<String, (String, String, bool)> {
        let text = |bytes| String::from_utf8(bytes).unwrap();
        let named = name(&files(list)).unwrap();
        named.into_iter().map(|one| (one.name, (one.file, text(one.bytes), one.is_first))).collect()
    }

    #[test]
    fn every_reference_has_the_new_name_and_a_circle_is_no_matter() {
        let named = named(PAGE);
        let file = |name: &str| named[name].0.as_str();
        let last = |name: &str| file(name).rsplit('/').next().unwrap().to_owned();
        for (name, expected) in [
            (
                "index.html",
                format!("<link href=\"./{}\"><script>worker(\"{}\")</script>", file("app.js"), file("worker.js")),
            ),
            ("app.js", format!("new URL('{}', import.meta.url); import './s/{}'", file("app_bg.wasm"), last("s/a.js"))),
            // A key of an import object is the wasm's own name for a module.
            (
                "worker.js",
                format!("import('./s/{}'); get(\"{}\"); ({{ x, \"./s/b.js\": b }})", last("s/b.js"), file("big.zip")),
            ),
            (
                "s/b.js",
                format!(
                    "import {{a}} from \"./{}?x\"; new URL(\"{}\", self.location)",
                    last("s/a.js"),
                    file("big.zip")
                ),
            ),
            ("service.js", "\"index.html\"".to_owned()),
        ] {
            assert_eq!(named[name].1, expected, "{name}");
        }
        assert_eq!((file("index.html"), file("service.js")), ("index.html", "service.js"));
        let (stem, hash) = file("app_bg.wasm").strip_suffix(".wasm").unwrap().rsplit_once('-').unwrap();
        assert!(
            stem == "app_bg" && hash.len() == DIGITS && hash.bytes().all(|byte| byte.is_ascii_hexdigit()),
            "{hash}"
        );
    }

    #[test]
    fn a_name_changes_with_the_file_and_with_all_it_leads_to() {
        let before = named(PAGE);
        for (changed, expected) in [
            ("big.zip", &["big.zip", "worker.js", "s/a.js", "s/b.js", "app.js"][..]),
            ("js/vim.js", &["js/e.js", "js/vim.js"]),
            ("worker.js", &["worker.js"]),
            ("index.html", &[]),
        ] {
            let page: Vec<_> = PAGE
                .iter()
                .map(|(name, text)| (*name, format!("{text} {}", if name == &changed { "new" } else { "" })))
                .collect();
            let same: Vec<_> = PAGE.iter().map(|(name, text)| (*name, format!("{text} "))).collect();
            let borrowed = |list: &[(&'static str, String)]| {
                named(&list.iter().map(|(name, text)| (*name, text.as_str())).collect::<Vec<_>>())
            };
            let (after, same) = (borrowed(&page), borrowed(&same));
            let others: BTreeSet<&str> =
                after.iter().filter(|(name, one)| one.0 != same[*name].0).map(|(name, _)| name.as_str()).collect();
            assert_eq!(others, expected.iter().copied().collect(), "{changed}");
        }
        assert_eq!(before, named(PAGE));
    }

    #[test]
    fn what_the_first_visit_loads_is_known() {
        let named = named(&[("index.html", "<script src=\"js/e.js\"></script>"), PAGE[6], PAGE[7], PAGE[9]]);
        let first: Vec<&str> = named.iter().filter(|(_, one)| one.2).map(|(name, _)| name.as_str()).collect();
        assert_eq!(first, ["index.html", "js/e.js"]);
    }

    #[test]
    fn trunks_hash_is_left_out() {
        for (path, expected) in [
            ("amphi-web-4ae069baf5f9dd4_bg.wasm", "amphi-web_bg.wasm"),
            ("page-59fc641607f8caa6.css", "page.css"),
            ("js/chunk-XNPIG37Q.js", "js/chunk-XNPIG37Q.js"),
            ("snippets/amphi-browser-5cb540658be2fa08/src/a.js", "snippets/amphi-browser-5cb540658be2fa08/src/a.js"),
            ("amphi-worker_bg.wasm", "amphi-worker_bg.wasm"),
        ] {
            assert_eq!(plain(path), expected);
        }
    }
}
