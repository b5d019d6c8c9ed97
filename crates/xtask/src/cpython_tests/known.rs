//! The tests that are known to fail, by reason: `known.toml`, which people sort. Must never know whether a test failed.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;

use anyhow::{Context as _, Result};
use serde::Deserialize;
use serde_json::json;

use super::folder;

/// How the names of groups begin that nobody has sorted yet.
const UNSORTED: &str = "unsorted";

/// All groups, by name.
#[derive(Debug, Default, Deserialize)]
#[serde(transparent)]
pub(crate) struct Known {
    /// Each with a reason of its own.
    pub(crate) groups: BTreeMap<String, Group>,
}

/// Tests that fail for the same reason.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Group {
    /// A sentence.
    pub(crate) reason: String,
    /// Their ids.
    pub(crate) tests: BTreeSet<String>,
    /// Where they fail; everywhere, if nothing is said.
    pub(crate) habitats: Option<Vec<String>>,
}

/// What failed and is not listed: where, and why.
pub(crate) type Unlisted = BTreeMap<String, (Vec<String>, String)>;

impl Known {
    /// The groups as they are now.
    ///
    /// # Errors
    /// The file can't be read.
    pub(crate) fn load() -> Result<Self> {
        toml::from_str(&text()?).context("known.toml")
    }

    /// The name of the group that a test is in.
    pub(crate) fn group(&self, habitat: &str, test: &str) -> Option<&str> {
        self.listed(habitat).find(|(_, listed)| *listed == test).map(|(group, _)| group)
    }

    /// Every test that is known to fail in a habitat, with the name of its group.
    pub(crate) fn listed(&self, habitat: &str) -> impl Iterator<Item = (&str, &str)> {
        let here =
            move |group: &Group| group.habitats.as_ref().is_none_or(|all| all.iter().any(|name| name == habitat));
        let groups = self.groups.iter().filter(move |(_, group)| here(group));
        groups.flat_map(|(name, group)| group.tests.iter().map(move |test| (name.as_str(), test.as_str())))
    }

    /// Groups that nobody has sorted yet, with their size.
    pub(crate) fn unsorted(&self) -> impl Iterator<Item = (&str, usize)> {
        let unsorted = self.groups.iter().filter(|(name, _)| name.starts_with(UNSORTED));
        unsorted.map(|(name, group)| (name.as_str(), group.tests.len()))
    }

    /// The groups that people sorted.
    pub(crate) fn sorted(mut self) -> Self {
        self.groups.retain(|name, _| !name.starts_with(UNSORTED));
        self
    }
}

/// Writes the file anew: without those of `gone`, and with `unlisted` at its end, for a person to sort. `all` are the
/// habitats that ran.
///
/// # Errors
/// The file can't be read or written.
pub(crate) fn bless(gone: &BTreeSet<&str>, unlisted: &Unlisted, all: &[&str]) -> Result<()> {
    let path = folder().join("known.toml");
    fs::write(&path, renewed(&text()?, gone, unlisted, all)).with_context(|| format!("can't write {}", path.display()))
}

fn text() -> Result<String> {
    let path = folder().join("known.toml");
    fs::read_to_string(&path).with_context(|| format!("can't read {}", path.display()))
}

fn renewed(text: &str, gone: &BTreeSet<&str>, unlisted: &Unlisted, all: &[&str]) -> String {
    // A JSON string is a TOML string too.
    let quoted = |test: &str| format!("{},", json!(test));
    let gone: BTreeSet<String> = gone.iter().map(|test| quoted(test)).collect();
    let unsorted = format!("[{UNSORTED}");
    let kept = text.lines().take_while(|line| !line.starts_with(&unsorted)).filter(|line| !gone.contains(line.trim()));
    let mut new = kept.collect::<Vec<_>>().join("\n").trim_end().to_owned();
    new.push('\n');
    let mut groups: BTreeMap<&[String], Vec<(&String, &String)>> = BTreeMap::new();
    for (test, (habitats, why)) in unlisted {
        groups.entry(habitats).or_default().push((test, why));
    }
    for (habitats, tests) in groups {
        let everywhere = habitats == all;
        let name = if everywhere { UNSORTED.to_owned() } else { format!("{UNSORTED}-{}", habitats.join("-")) };
        // Writing to a String can't fail.
        let _ = writeln!(new, "\n[{name}]\nreason = \"Nobody has looked yet.\"");
        if !everywhere {
            let _ = writeln!(new, "habitats = {}", json!(habitats));
        }
        let _ = writeln!(new, "tests = [");
        for (test, why) in tests {
            let _ = writeln!(new, "    # {}\n    {}", why.replace(char::is_control, " "), quoted(test));
        }
        let _ = writeln!(new, "]");
    }
    new
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cpython_tests::modules::{Modules, owner};

    #[test]
    fn each_listed_test_is_listed_once_and_of_a_module_that_runs() {
        let (known, modules) = (Known::load().unwrap(), Modules::shipped().unwrap());
        let mut seen = BTreeSet::new();
        for test in known.groups.values().flat_map(|group| &group.tests) {
            assert!(owner(test, modules.wide.iter()).is_some(), "{test}");
            assert!(seen.insert(test), "{test}");
        }
    }

    #[test]
    fn what_passes_leaves_and_what_is_new_waits_to_be_sorted() {
        let text = "# Known.\n\n[threads]\nreason = \"None.\"\ntests = [\n    \"test.a\",\n    \"test.b\",\n]\n\n\
                    [unsorted]\nreason = \"\"\ntests = [\n    \"test.c\",\n]\n";
        let unlisted = Unlisted::from([
            ("test.\"d\"".to_owned(), (vec!["x".to_owned(), "y".to_owned()], "Error\u{1e}".to_owned())),
            ("test.e".to_owned(), (vec!["y".to_owned()], "died".to_owned())),
        ]);
        let new = renewed(text, &BTreeSet::from(["test.a"]), &unlisted, &["x", "y"]);
        assert!(
            new.starts_with("# Known.\n\n[threads]\nreason = \"None.\"\ntests = [\n    \"test.b\",\n]\n\n[unsorted"),
            "{new}"
        );
        let known: Known = toml::from_str(&new).unwrap();
        for (habitat, test, group) in [
            ("x", "test.a", None),
            ("x", "test.b", Some("threads")),
            ("x", "test.c", None),
            ("x", "test.\"d\"", Some("unsorted")),
            ("x", "test.e", None),
            ("y", "test.e", Some("unsorted-y")),
        ] {
            assert_eq!(known.group(habitat, test), group, "{test} in {habitat}");
        }
        assert_eq!(known.unsorted().collect::<Vec<_>>(), [("unsorted", 1), ("unsorted-y", 1)]);
        // Once all is sorted, nothing changes.
        let sorted = renewed(&new, &BTreeSet::new(), &Unlisted::new(), &["x", "y"]);
        assert_eq!(renewed(&sorted, &BTreeSet::new(), &Unlisted::new(), &["x"]), sorted);
        assert_eq!(known.sorted().unsorted().count(), 0);
    }
}
