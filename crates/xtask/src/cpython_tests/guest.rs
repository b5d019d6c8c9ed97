//! Reads what the runner in the guest says among all that the tests print: which test begins, what came of a module.
//! Must never know how the guest was run.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

/// How the runner's own lines begin: U+001E.
const MARK: char = '\u{1e}';

/// What came of one module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Ended {
    /// It ran to its end.
    Ran(Found),
    /// The guest ended in the middle of it.
    Died {
        /// The test that had begun last, or the module itself.
        test: String,
        /// How the guest ended.
        how: String,
    },
}

/// The tests of one module by outcome; skipped and failed ones with the reason.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub(crate) struct Found {
    /// Its name without `test.`.
    pub(crate) module: String,
    /// Among them those that were expected to fail, and did.
    pub(crate) passed: BTreeSet<String>,
    /// Also the module itself, where it is skipped whole.
    pub(crate) skipped: BTreeMap<String, String>,
    /// Also the module itself, where it can't be imported.
    pub(crate) failed: BTreeMap<String, String>,
    /// Not run, because modules.toml says so.
    pub(crate) left_out: BTreeSet<String>,
}

/// All that one guest said.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Said {
    /// Whether the runner began at all.
    pub(crate) began: bool,
    /// What came of the modules that ran to their end, in their order.
    pub(crate) found: Vec<Found>,
    /// The test that began last and is not part of `found`.
    pub(crate) last: Option<String>,
    /// The last line that is not the runner's: where the guest was ended, it says why.
    pub(crate) words: String,
}

/// Reads the output of a guest.
pub(crate) fn read(output: &str) -> Said {
    let mut said = Said::default();
    for line in output.lines() {
        let Some(own) = line.strip_prefix(MARK) else {
            if !line.trim().is_empty() {
                line.trim().clone_into(&mut said.words);
            }
            continue;
        };
        if let Some(test) = own.strip_prefix("> ") {
            said.began = true;
            said.last = Some(test.to_owned());
        } else if let Ok(found) = serde_json::from_str(own) {
            // A line that is no JSON was cut by the guest's end; its module has no result then.
            said.found.push(found);
            said.last = None;
        }
    }
    said
}

#[cfg(test)]
mod tests {
    use super::*;

    const DONE: &str = "\u{1e}{\"module\": \"test_a\", \"passed\": [\"test.test_a.T.x\"], \"skipped\": {}, \"failed\": \
                        {\"test.test_a.T.y\": \"ValueError\"}, \"left_out\": []}";

    #[test]
    fn the_runners_lines_are_read_among_others() {
        for (name, output, began, modules, last, words) in [
            ("nothing", "error: no such file\n".to_owned(), false, 0, None, "error: no such file"),
            (
                "a test begins",
                "\u{1e}> test.test_a\n\n\u{1e}> test.test_a.T.x\n".into(),
                true,
                0,
                Some("test.test_a.T.x"),
                "",
            ),
            ("a module is done", format!("\u{1e}> test.test_a\n{DONE}\n"), true, 1, None, ""),
            (
                "a death in the middle",
                format!("\u{1e}> test.test_a\n{DONE}\n\u{1e}> test.test_b.T.z\namphi: the guest trapped\n\n"),
                true,
                1,
                Some("test.test_b.T.z"),
                "amphi: the guest trapped",
            ),
            (
                "a death in the middle of a line",
                format!("\u{1e}> test.test_a.T.x\n{}", DONE.get(..60).unwrap()),
                true,
                0,
                Some("test.test_a.T.x"),
                "",
            ),
            (
                "what tests print",
                format!("> no mark\n\u{1e}> test.test_a\n\u{1e}garbage\n\u{1e}[1]\nx {DONE}\n{DONE}\nlast"),
                true,
                1,
                None,
                "last",
            ),
        ] {
            let said = read(&output);
            assert_eq!(
                (said.began, said.found.len(), said.last.as_deref(), said.words.as_str()),
                (began, modules, last, words),
                "{name}"
            );
        }
        let found = read(DONE).found.remove(0);
        assert_eq!(found.module, "test_a");
        assert_eq!(found.passed, BTreeSet::from(["test.test_a.T.x".to_owned()]));
        assert_eq!(found.failed.get("test.test_a.T.y").map(String::as_str), Some("ValueError"));
    }
}
