//! Reads the machine's own package sources, in both of apt's formats, to learn which Debian mirror it uses.
//! Must never fetch, and must never name a host itself: a machine behind its own mirror stays behind it.

use std::fs;
use std::path::{Path, PathBuf};

/// A Debian mirror that this machine is set up with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mirror {
    /// The archive's address, as apt takes it.
    pub(crate) uri: String,
    /// The key ring that signs it, where the entry names one by path.
    pub(crate) signed_by: Option<String>,
}

/// One entry of a source list: what both formats have in common.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
struct Entry {
    types: Vec<String>,
    uris: Vec<String>,
    suites: Vec<String>,
    components: Vec<String>,
    signed_by: Option<String>,
}

/// Releases of Debian by name. Other archives name their suites otherwise, which is how Debian's entries are told
/// from those of Ubuntu and of single vendors.
const DEBIAN_SUITES: &[&str] = &[
    "buster",
    "bullseye",
    "bookworm",
    "trixie",
    "forky",
    "duke",
    "sid",
    "oldoldstable",
    "oldstable",
    "stable",
    "testing",
    "unstable",
];

/// The Debian mirrors in apt's configuration folder (`/etc/apt`), in the order of the files, each once; those that
/// Debian's own key ring signs come first.
pub(crate) fn configured(apt: &Path) -> Vec<Mirror> {
    let mut files = vec![apt.join("sources.list")];
    let mut parts: Vec<PathBuf> = fs::read_dir(apt.join("sources.list.d"))
        .map(|entries| entries.filter_map(|entry| entry.ok().map(|entry| entry.path())).collect())
        .unwrap_or_default();
    parts.sort();
    files.append(&mut parts);
    let mut entries = Vec::new();
    for file in files {
        // A list that isn't there or can't be read names no mirror.
        let Ok(text) = fs::read_to_string(&file) else { continue };
        match file.extension().and_then(|extension| extension.to_str()) {
            Some("list") => entries.extend(one_line(&text)),
            Some("sources") => entries.extend(deb822(&text)),
            _ => {}
        }
    }
    mirrors(&entries)
}

fn mirrors(entries: &[Entry]) -> Vec<Mirror> {
    let mut mirrors: Vec<Mirror> = Vec::new();
    let debian = entries.iter().filter(|entry| {
        entry.types.iter().any(|kind| kind == "deb")
            && entry.components.iter().any(|component| component == "main")
            && entry.suites.iter().any(|suite| DEBIAN_SUITES.contains(&suite.as_str()))
    });
    for entry in debian {
        for uri in entry.uris.iter().filter(|uri| !uri.starts_with("cdrom:")) {
            let uri = uri.trim_end_matches('/').to_owned();
            if mirrors.iter().all(|mirror| mirror.uri != uri) {
                mirrors.push(Mirror { uri, signed_by: entry.signed_by.clone() });
            }
        }
    }
    // A vendor may name its suite after Debian's release; its own key gives it away.
    mirrors.sort_by_key(|mirror| mirror.signed_by.as_ref().is_some_and(|ring| !ring.contains("debian-archive")));
    mirrors
}

/// `deb [option=value …] uri suite component…`, a line an entry (sources.list(5)).
fn one_line(text: &str) -> Vec<Entry> {
    text.lines().filter_map(|line| one_line_entry(line.split('#').next().unwrap_or_default())).collect()
}

fn one_line_entry(line: &str) -> Option<Entry> {
    let (kind, rest) = line.trim().split_once(char::is_whitespace)?;
    let rest = rest.trim_start();
    let (options, rest) = match rest.strip_prefix('[') {
        Some(rest) => rest.split_once(']')?,
        None => ("", rest),
    };
    let option = |wanted: &str| {
        let mut options = options.split_whitespace().filter_map(|option| option.split_once('='));
        options.find(|(name, _)| name.eq_ignore_ascii_case(wanted)).map(|(_, value)| value.to_owned())
    };
    let mut words = rest.split_whitespace().map(str::to_owned);
    Some(Entry {
        types: vec![kind.to_owned()],
        uris: vec![words.next()?],
        suites: vec![words.next()?],
        components: words.collect(),
        signed_by: option("signed-by"),
    })
}

/// Stanzas of `Field: value`, divided by empty lines, with continuation lines (deb822(5)).
fn deb822(text: &str) -> Vec<Entry> {
    let mut entries = Vec::new();
    let mut fields: Vec<(String, String)> = Vec::new();
    for line in text.lines().chain([""]) {
        if line.starts_with('#') {
            continue;
        }
        if line.trim().is_empty() {
            entries.extend(deb822_entry(&fields));
            fields.clear();
        } else if line.starts_with([' ', '\t']) {
            if let Some((_, value)) = fields.last_mut() {
                value.push('\n');
                value.push_str(line.trim());
            }
        } else if let Some((name, value)) = line.split_once(':') {
            fields.push((name.trim().to_ascii_lowercase(), value.trim().to_owned()));
        }
    }
    entries
}

fn deb822_entry(fields: &[(String, String)]) -> Option<Entry> {
    let field = |wanted: &str| fields.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.as_str());
    let words = |name: &str| field(name).unwrap_or_default().split_whitespace().map(str::to_owned).collect();
    let enabled =
        field("enabled").is_none_or(|enabled| !matches!(enabled, "no" | "false" | "0" | "off" | "without" | "disable"));
    // The field may also hold the key itself; then the machine's usual key ring has to do.
    let signed_by = field("signed-by").filter(|value| value.starts_with('/')).map(str::to_owned);
    enabled.then(|| Entry {
        types: words("types"),
        uris: words("uris"),
        suites: words("suites"),
        components: words("components"),
        signed_by,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const RING: &str = "/usr/share/keyrings/debian-archive-keyring.gpg";

    fn check(name: &str, entries: &[Entry], expected: &[(&str, Option<&str>)]) {
        let found = mirrors(entries);
        let found: Vec<_> = found.iter().map(|mirror| (mirror.uri.as_str(), mirror.signed_by.as_deref())).collect();
        assert_eq!(found, expected, "{name}");
    }

    #[test]
    fn one_line_lists() {
        for (name, text, expected) in [
            (
                "plain",
                "deb http://mirror.example/debian bookworm main contrib",
                &[("http://mirror.example/debian", None)][..],
            ),
            ("slash", "deb  http://a.example/debian/\tsid   main", &[("http://a.example/debian", None)]),
            (
                "options",
                "deb [arch=amd64 signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://a.example/d trixie main",
                &[("http://a.example/d", Some(RING))],
            ),
            (
                "comments",
                "# deb http://a.example/d trixie main\n\ndeb http://b.example/d trixie main # b",
                &[("http://b.example/d", None)],
            ),
            ("sources only", "deb-src http://a.example/d trixie main", &[]),
            ("a disc", "deb cdrom:[Debian]/ bookworm main", &[]),
            ("Ubuntu", "deb http://a.example/ubuntu noble main universe", &[]),
            ("a vendor", "deb https://a.example/apt cloud-sdk-bookworm main", &[]),
            ("a vendor with other components", "deb https://a.example/linux/debian bookworm stable", &[]),
            ("broken", "deb [signed-by=/x http://a.example/d trixie main\ndeb\ndeb http://a.example/d", &[]),
            (
                "Debian's own before a vendor's, each once",
                "deb [signed-by=/v.gpg] https://v.example/d bookworm main\ndeb http://a.example/d bookworm main\ndeb http://a.example/d sid main",
                &[("http://a.example/d", None), ("https://v.example/d", Some("/v.gpg"))],
            ),
        ] {
            check(name, &one_line(text), expected);
        }
    }

    #[test]
    fn deb822_lists() {
        let usual = "Types: deb deb-src\n# a comment\nURIs: http://a.example/debian http://b.example/debian/\nSuites: bookworm bookworm-updates\n\
                     Components: main\nSigned-By: /usr/share/keyrings/debian-archive-keyring.gpg\n\n\
                     Types: deb\nURIs: http://a.example/debian-security\nSuites: bookworm-security\nComponents: main\n";
        for (name, text, expected) in [
            ("usual", usual, &[("http://a.example/debian", Some(RING)), ("http://b.example/debian", Some(RING))][..]),
            ("switched off", "Enabled: no\nTypes: deb\nURIs: http://a.example/d\nSuites: sid\nComponents: main", &[]),
            (
                "continued, with a key in place",
                "types: deb\nuris:\n http://a.example/d\nsuites:\n sid\ncomponents: main\nsigned-by:\n -----BEGIN PGP\n .\n abc",
                &[("http://a.example/d", None)],
            ),
            (
                "Ubuntu",
                "Types: deb\nURIs: http://a.example/ubuntu/\nSuites: noble noble-updates\nComponents: main",
                &[],
            ),
            ("nothing", "", &[]),
        ] {
            check(name, &deb822(text), expected);
        }
    }

    #[test]
    fn both_formats_are_found_in_the_folder() {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir(root.path().join("sources.list.d")).unwrap();
        fs::write(root.path().join("sources.list"), "deb http://a.example/d sid main").unwrap();
        let deb822 = "Types: deb\nURIs: http://b.example/d\nSuites: sid\nComponents: main";
        fs::write(root.path().join("sources.list.d/b.sources"), deb822).unwrap();
        fs::write(root.path().join("sources.list.d/c.sources.bak"), deb822.replace("b.example", "c.example")).unwrap();
        let uris: Vec<String> = configured(root.path()).into_iter().map(|mirror| mirror.uri).collect();
        assert_eq!(uris, ["http://a.example/d", "http://b.example/d"]);
        assert!(configured(&root.path().join("nowhere")).is_empty());
    }
}
