//! What is a finding: a failure that is not listed, a listed one that did not fail, fewer passes than before, and what
//! passes in the reference but not elsewhere. Must never run anything, and never change a list.

use std::collections::BTreeSet;
use std::fmt;

use super::guest::{Ended, Found};
use super::known::{Known, Unlisted};
use super::modules::owner;
use super::scoreboard::Scoreboard;
use super::{REFERENCE, Run};

/// Something that must not stay as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Finding {
    /// Where.
    pub(crate) habitat: String,
    /// In which module.
    pub(crate) module: String,
    /// In one line.
    pub(crate) what: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}: {}", self.habitat, self.module, self.what)
    }
}

/// All findings of a run.
pub(crate) fn findings(runs: &[Run], known: &Known, board: &Scoreboard) -> Vec<Finding> {
    let reference = runs.iter().find(|run| run.habitat == REFERENCE);
    let mut findings = Vec::new();
    for run in runs {
        let habitat = run.habitat.as_str();
        for (module, ended) in &run.modules {
            let mut lines = Vec::new();
            for (test, why) in failures(ended) {
                if known.group(habitat, test).is_none() {
                    lines.push(format!("{test} {why}"));
                }
            }
            if let Ended::Ran(found) = ended {
                let before = board.passed(habitat, module).unwrap_or_default();
                if found.passed.len() < before {
                    lines.push(format!("{} tests passed, {before} before", found.passed.len()));
                }
                if let Some(Ended::Ran(expected)) = reference.and_then(|reference| reference.modules.get(module)) {
                    lines.extend(unlike(expected, found));
                }
            }
            findings.extend(lines.into_iter().map(|what| Finding {
                habitat: habitat.into(),
                module: module.clone(),
                what,
            }));
        }
        for (module, group, test) in listed(run, known) {
            if let Some(Ended::Ran(found)) = run.modules.get(module).filter(|_| !failed(run, module, test)) {
                let what = format!("{test} is listed under [{group}], and {}", instead(found, test));
                findings.push(Finding { habitat: habitat.into(), module: module.into(), what });
            }
        }
    }
    findings
}

/// What is to change in the list: tests that did not fail in any habitat they are listed for, and failures that are not
/// listed.
pub(crate) fn changes<'a>(runs: &'a [Run], known: &'a Known) -> (BTreeSet<&'a str>, Unlisted) {
    let (mut fine, mut broken, mut unlisted) = (BTreeSet::new(), BTreeSet::new(), Unlisted::new());
    for run in runs {
        for (module, _, test) in listed(run, known) {
            let died = matches!(run.modules.get(module), Some(Ended::Died { .. }));
            if died || failed(run, module, test) {
                broken.insert(test)
            } else {
                fine.insert(test)
            };
        }
        for (test, why) in run.modules.values().flat_map(failures) {
            if known.group(&run.habitat, test).is_none() {
                let (habitats, _) = unlisted.entry(test.to_owned()).or_insert_with(|| (Vec::new(), why));
                habitats.push(run.habitat.clone());
            }
        }
    }
    (fine.difference(&broken).copied().collect(), unlisted)
}

/// What failed in a module, and how: its tests, or the one that the guest died in.
fn failures(ended: &Ended) -> Vec<(&str, String)> {
    match ended {
        Ended::Ran(found) => found.failed.iter().map(|(test, why)| (test.as_str(), format!("failed: {why}"))).collect(),
        Ended::Died { test, how } => vec![(test, format!("ended the guest: {how}"))],
    }
}

fn failed(run: &Run, module: &str, test: &str) -> bool {
    run.modules.get(module).is_some_and(|ended| failures(ended).iter().any(|(failed, _)| *failed == test))
}

/// What is listed for the modules of a run: module, group, test.
fn listed<'a>(run: &'a Run, known: &'a Known) -> impl Iterator<Item = (&'a str, &'a str, &'a str)> {
    let listed = known.listed(&run.habitat);
    listed.filter_map(|(group, test)| Some((owner(test, run.modules.keys())?, group, test)))
}

/// Tests that passed in the reference and neither passed nor failed here. A failure is judged by itself.
fn unlike<'a>(reference: &'a Found, here: &'a Found) -> impl Iterator<Item = String> + 'a {
    let explained = |test: &String| here.failed.contains_key(test) || here.left_out.contains(test);
    let missing = reference.passed.difference(&here.passed).filter(move |test| !explained(test));
    missing.map(|test| format!("{test} passes in {REFERENCE}; here it {}", instead(here, test)))
}

/// What came of a test that did not fail.
fn instead(found: &Found, test: &str) -> String {
    match found.skipped.get(test) {
        Some(why) => format!("was skipped: {why}"),
        None if found.passed.contains(test) => "passed".to_owned(),
        None => "did not run".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    /// `+a -b =c ~d`: a passed, b failed, c was skipped, d was left out; `!e`: the guest died in e.
    fn ended(tests: &str) -> Ended {
        let mut found = Found { module: "test_m".to_owned(), ..Found::default() };
        for test in tests.split_whitespace() {
            let (outcome, name) = test.split_at(1);
            let id = format!("test.test_m.{name}");
            match outcome {
                "+" => drop(found.passed.insert(id)),
                "-" => drop(found.failed.insert(id, "E".to_owned())),
                "=" => drop(found.skipped.insert(id, "S".to_owned())),
                "~" => drop(found.left_out.insert(id)),
                _ => return Ended::Died { test: id, how: "134".to_owned() },
            }
        }
        Ended::Ran(found)
    }

    fn run(habitat: &str, tests: &str) -> Run {
        Run::new(habitat, BTreeMap::from([("test_m".to_owned(), ended(tests))]))
    }

    fn known() -> Known {
        toml::from_str(
            "[all]\nreason = ''\ntests = ['test.test_m.k', 'test.test_other.x']\n\
             [some]\nreason = ''\ntests = ['test.test_m.s']\nhabitats = ['shim']\n",
        )
        .unwrap()
    }

    #[test]
    fn each_kind_of_finding_is_found() {
        let board = Scoreboard {
            modules: serde_json::from_str("{\"test_m\": {\"wasmtime\": [2,0,0], \"shim\": [2,0,0]}}").unwrap(),
        };
        for (name, wasmtime, shim, expected) in [
            ("as known", "+a +b +s -k", "+a +b -s -k", &[][..]),
            ("more passes", "+a +b +c +s -k", "+a +b +c -s -k", &[]),
            ("a new failure", "+a +b +s -k", "+b +c -a -s -k", &["shim: test_m: test.test_m.a failed: E"]),
            (
                "fewer passes",
                "+a -k",
                "+a -s -k",
                &["wasmtime: test_m: 1 tests passed, 2 before", "shim: test_m: 1 tests passed, 2 before"],
            ),
            (
                "a listed one passes",
                "+a +k",
                "+a +k -s",
                &[
                    "wasmtime: test_m: test.test_m.k is listed under [all], and passed",
                    "shim: test_m: test.test_m.k is listed under [all], and passed",
                ],
            ),
            (
                "a listed one is skipped",
                "+a +b -k",
                "+a +b -k =s",
                &["shim: test_m: test.test_m.s is listed under [some], and was skipped: S"],
            ),
            (
                "a listed one is gone",
                "+a +b -k",
                "+a +b -k",
                &["shim: test_m: test.test_m.s is listed under [some], and did not run"],
            ),
            ("listed elsewhere only", "+a +b -s -k", "+a +b -s -k", &["wasmtime: test_m: test.test_m.s failed: E"]),
            (
                "skipped elsewhere only",
                "+a +b +c -k",
                "+a +b =c -s -k",
                &["shim: test_m: test.test_m.c passes in wasmtime; here it was skipped: S"],
            ),
            (
                "missing elsewhere only",
                "+a +b +c -k",
                "+a +b -s -k",
                &["shim: test_m: test.test_m.c passes in wasmtime; here it did not run"],
            ),
            ("left out elsewhere", "+a +b +c -k", "+a +b ~c -s -k", &[]),
            ("a death", "+a +b -k", "!a", &["shim: test_m: test.test_m.a ended the guest: 134"]),
            ("a listed death", "+a +b -k", "!s", &[]),
        ] {
            let runs = [run("wasmtime", wasmtime), run("shim", shim)];
            let found: Vec<String> = findings(&runs, &known(), &board).iter().map(ToString::to_string).collect();
            assert_eq!(found, expected, "{name}");
        }
    }

    #[test]
    fn a_blessing_lists_what_is_new_and_drops_what_passes_everywhere() {
        let failed =
            |habitats: &[&str], why: &str| (habitats.iter().map(|name| (*name).to_owned()).collect(), why.to_owned());
        for (name, wasmtime, shim, gone, unlisted) in [
            ("as known", "+a -k", "+a -k -s", &[][..], vec![]),
            ("fixed", "+a +k", "+a +k -s", &["test.test_m.k"], vec![]),
            ("fixed in one", "+a +k", "+a -k -s", &[], vec![]),
            ("not known of", "+a +k", "!s", &[], vec![]),
            (
                "new in both",
                "-a -k",
                "-a -k -s",
                &[],
                vec![("test.test_m.a", failed(&["wasmtime", "shim"], "failed: E"))],
            ),
            ("new in one", "+a -k", "!a", &[], vec![("test.test_m.a", failed(&["shim"], "ended the guest: 134"))]),
        ] {
            let known = known();
            let runs = [run("wasmtime", wasmtime), run("shim", shim)];
            let (fine, new) = changes(&runs, &known);
            assert_eq!(fine, gone.iter().copied().collect(), "{name}");
            assert_eq!(new, unlisted.into_iter().map(|(test, entry)| (test.to_owned(), entry)).collect(), "{name}");
        }
    }
}
