//! Which modules run, what each of them is allowed, and which tests are left out: `modules.toml`. Must never know what
//! came of a test.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

const FILE: &str = include_str!("modules.toml");

/// The whole table.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Modules {
    /// All of them.
    pub(crate) wide: Vec<String>,
    /// Those of the normal test run.
    pub(crate) quick: Vec<String>,
    stand_in: Vec<StandIn>,
    lift: Vec<Lift>,
    /// What is not run.
    pub(crate) leave_out: Vec<LeaveOut>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct StandIn {
    module: String,
    r#for: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Lift {
    claim: String,
    r#for: Vec<String>,
}

/// Tests that are not run.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct LeaveOut {
    /// Ids of tests or of classes.
    pub(crate) tests: Vec<String>,
    /// A sentence.
    pub(crate) reason: String,
    /// Where; everywhere, if nothing is said.
    pub(crate) habitats: Option<Vec<String>>,
}

/// What the runner does for one module; see `runner.py`.
#[derive(Debug, Default, Serialize)]
struct Allowance<'a> {
    stand_ins: Vec<&'a str>,
    lift: Vec<&'a str>,
}

impl Modules {
    /// The table as it was compiled in.
    ///
    /// # Errors
    /// It says what nobody asks for, or not what is needed.
    pub(crate) fn shipped() -> Result<Self> {
        toml::from_str(FILE).context("modules.toml")
    }

    /// The runner's argument.
    pub(crate) fn spec(&self, habitat: &str, modules: &[String], c_recursion_limit: u32) -> Value {
        let mut allowances: BTreeMap<&str, Allowance<'_>> = BTreeMap::new();
        for module in modules {
            let allowance = Allowance {
                stand_ins: self
                    .stand_in
                    .iter()
                    .filter(|s| s.r#for.contains(module))
                    .map(|s| s.module.as_str())
                    .collect(),
                lift: self
                    .lift
                    .iter()
                    .filter(|lift| lift.r#for.contains(module))
                    .map(|lift| lift.claim.as_str())
                    .collect(),
            };
            allowances.insert(module, allowance);
        }
        let here = |out: &&LeaveOut| out.habitats.as_ref().is_none_or(|all| all.iter().any(|name| name == habitat));
        let leave_out: Vec<&String> = self.leave_out.iter().filter(here).flat_map(|out| &out.tests).collect();
        json!({
            "modules": modules, "leave_out": leave_out, "allowances": allowances, "c_recursion_limit": c_recursion_limit,
        })
    }
}

/// The one of `modules` that a test belongs to. An id is `test.MODULE`, `test.MODULE.CLASS.METHOD`, or
/// `setUpClass (test.MODULE.CLASS)`.
pub(crate) fn owner<'a>(test: &str, modules: impl Iterator<Item = &'a String>) -> Option<&'a str> {
    let path = test.rsplit_once('(').map_or(test, |(_, path)| path).trim_end_matches(')');
    let path = path.strip_prefix("test.")?;
    let owns = |module: &&String| {
        path.strip_prefix(module.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    };
    modules.filter(owns).max_by_key(|module| module.len()).map(String::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lists_fit_together() {
        let modules = Modules::shipped().unwrap();
        assert!(modules.wide.is_sorted());
        let named = modules.stand_in.iter().map(|stand_in| &stand_in.r#for);
        let named = named.chain(modules.lift.iter().map(|lift| &lift.r#for)).chain([&modules.quick]).flatten();
        for module in named {
            assert!(modules.wide.contains(module), "{module} is not in the wide list");
        }
        for test in modules.leave_out.iter().flat_map(|out| &out.tests) {
            assert!(owner(test, modules.wide.iter()).is_some(), "{test} is of no module");
        }
    }

    #[test]
    fn a_test_belongs_to_the_module_that_its_id_begins_with() {
        let modules = ["test_a", "test_a.test_b", "test_ab"].map(str::to_owned);
        for (test, expected) in [
            ("test.test_a", Some("test_a")),
            ("test.test_a.test_a.T.x", Some("test_a")),
            ("test.test_a.test_b.T.x", Some("test_a.test_b")),
            ("test.test_ab.T.x", Some("test_ab")),
            ("setUpClass (test.test_ab.T)", Some("test_ab")),
            ("test.test_c.T.x", None),
            ("test_a.T.x", None),
        ] {
            assert_eq!(owner(test, modules.iter()), expected, "{test}");
        }
    }

    #[test]
    fn the_runner_is_told_what_concerns_its_modules() {
        let table: Modules = toml::from_str(
            "wide = []\nquick = []\n\
             [[stand_in]]\nmodule = '_x'\nfor = ['test_a', 'test_c']\n\
             [[lift]]\nclaim = 'has_y'\nfor = ['test_b']\n\
             [[leave_out]]\ntests = ['test.test_a.T']\nreason = ''\n\
             [[leave_out]]\ntests = ['test.test_b.T']\nreason = ''\nhabitats = ['shim']\n",
        )
        .unwrap();
        for (habitat, left_out) in
            [("wasmtime", json!(["test.test_a.T"])), ("shim", json!(["test.test_a.T", "test.test_b.T"]))]
        {
            let spec = table.spec(habitat, &["test_a".to_owned(), "test_b".to_owned()], 9);
            let expected = json!({
                "modules": ["test_a", "test_b"],
                "leave_out": left_out,
                "allowances": {
                    "test_a": { "stand_ins": ["_x"], "lift": [] },
                    "test_b": { "stand_ins": [], "lift": ["has_y"] },
                },
                "c_recursion_limit": 9,
            });
            assert_eq!(spec, expected, "{habitat}");
        }
    }
}
