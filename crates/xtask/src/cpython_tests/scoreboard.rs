//! How many tests of each module passed, were skipped and failed in each habitat: `scoreboard.json`. Must never judge.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;

use anyhow::{Context as _, Result};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::guest::{Ended, Found};
use super::{Run, folder};

/// Tests that passed, were skipped, failed.
pub(crate) type Counts = [usize; 3];

/// All modules that ever ran, by name.
#[derive(Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub(crate) struct Scoreboard {
    /// One line each.
    pub(crate) modules: BTreeMap<String, Row>,
}

/// One module.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Row {
    /// By habitat; one where the guest died in the module is missing.
    #[serde(flatten)]
    pub(crate) counts: BTreeMap<String, Counts>,
    /// Why nothing runs of the module, where that is so: what most of its tests are skipped for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) nothing: Option<String>,
}

impl Scoreboard {
    /// The counts as they were blessed last.
    ///
    /// # Errors
    /// The file can't be read.
    pub(crate) fn load() -> Result<Self> {
        let path = folder().join("scoreboard.json");
        let text = fs::read_to_string(&path).with_context(|| format!("can't read {}", path.display()))?;
        serde_json::from_str(&text).with_context(|| path.display().to_string())
    }

    /// How many tests passed when it was blessed last.
    pub(crate) fn passed(&self, habitat: &str, module: &str) -> Option<usize> {
        self.modules.get(module)?.counts.get(habitat).map(|[passed, ..]| *passed)
    }

    /// Takes over what a run found.
    pub(crate) fn take(&mut self, runs: &[Run]) {
        for run in runs {
            for (module, ended) in &run.modules {
                let row = self.modules.entry(module.clone()).or_default();
                match ended {
                    Ended::Ran(found) => {
                        row.counts.insert(run.habitat.clone(), counts(found));
                        row.nothing = nothing(found);
                    }
                    Ended::Died { .. } => drop(row.counts.remove(&run.habitat)),
                }
            }
        }
    }

    /// Writes the file, one module a line.
    ///
    /// # Errors
    /// It can't be written.
    pub(crate) fn save(&self) -> Result<()> {
        let path = folder().join("scoreboard.json");
        fs::write(&path, self.text()?).with_context(|| format!("can't write {}", path.display()))
    }

    fn text(&self) -> Result<String> {
        let mut text = String::from("{\n");
        for ((module, row), left) in self.modules.iter().zip((0..self.modules.len()).rev()) {
            let comma = if left == 0 { "" } else { "," };
            writeln!(text, "{}: {}{comma}", json!(module), serde_json::to_string(row)?)?;
        }
        text.push_str("}\n");
        Ok(text)
    }
}

/// The counts of one module.
pub(crate) fn counts(found: &Found) -> Counts {
    [found.passed.len(), found.skipped.len(), found.failed.len()]
}

fn nothing(found: &Found) -> Option<String> {
    if !found.passed.is_empty() || !found.failed.is_empty() {
        return None;
    }
    let mut reasons: BTreeMap<&str, usize> = BTreeMap::new();
    for reason in found.skipped.values() {
        *reasons.entry(reason).or_default() += 1;
    }
    let most = reasons.into_iter().max_by_key(|(_, count)| *count);
    Some(most.map_or("It has no tests.", |(reason, _)| reason).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_module_is_a_line_and_comes_back() {
        let skipped = |reason: &str| (format!("test.{reason}"), reason.to_owned());
        let ran = |found: Found| Ended::Ran(found);
        let run = |habitat: &str, b: Ended| {
            let a = Found { passed: ["x".to_owned()].into(), ..Found::default() };
            Run::new(habitat, [("test_a".to_owned(), ran(a)), ("test_b".to_owned(), b)].into())
        };
        let b = Found { skipped: [skipped("no fork")].into(), ..Found::default() };
        let died = Ended::Died { test: String::new(), how: String::new() };
        let mut board = Scoreboard::default();
        board.take(&[run("shim", ran(b.clone())), run("wasmtime", ran(b))]);
        let text = board.text().unwrap();
        let expected = "{\n\"test_a\": {\"shim\":[1,0,0],\"wasmtime\":[1,0,0]},\n\
                        \"test_b\": {\"shim\":[0,1,0],\"wasmtime\":[0,1,0],\"nothing\":\"no fork\"}\n}\n";
        assert_eq!(text, expected);
        assert_eq!(serde_json::from_str::<Scoreboard>(&text).unwrap(), board);
        board.take(&[run("shim", died)]);
        assert_eq!((board.passed("shim", "test_b"), board.passed("wasmtime", "test_b")), (None, Some(0)));
    }
}
