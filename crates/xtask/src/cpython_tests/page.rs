//! Writes `docs/cpython-tests.md` from the lists and the scoreboard alone. Must never know how a run went.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

use anyhow::{Context as _, Result};

use super::HABITATS;
use super::known::{Group, Known};
use super::modules::{LeaveOut, Modules, owner};
use super::scoreboard::{Counts, Row, Scoreboard};
use crate::places;

/// Writes the page.
///
/// # Errors
/// It can't be written.
pub(crate) fn write(board: &Scoreboard, known: &Known, modules: &Modules) -> Result<()> {
    fs::write(path(), text(board, known, modules)?).with_context(|| format!("can't write {}", path().display()))
}

fn path() -> PathBuf {
    places::root().join("docs/cpython-tests.md")
}

fn text(board: &Scoreboard, known: &Known, modules: &Modules) -> Result<String> {
    let version = amphi_python::pins::PYTHON.version;
    let mut page = format!(
        "# CPython's own tests

`cargo xtask cpython-tests` runs {} modules of CPython {version}'s own tests in several habitats and holds them against \
this page, which `BLESS=1` renews. A test that fails is listed with the reason in \
`crates/xtask/src/cpython_tests/known.toml`. The command fails when another one does, when a listed one does not, when \
fewer tests of a module pass than here, and when a test passes in `{}` and not elsewhere. `cargo xtask test` runs {} of \
the modules.

CPython itself skips many of its tests on WASI. Where a test module is skipped whole for what few of its tests need, those \
few are skipped or fail instead: see `modules.toml` beside the list.

",
        modules.wide.len(),
        super::REFERENCE,
        modules.quick.len(),
    );
    totals(&mut page, board)?;
    failures(&mut page, board, known)?;
    left_out(&mut page, &modules.leave_out)?;
    counts(&mut page, board)?;
    nothing(&mut page, board)?;
    Ok(page)
}

fn totals(page: &mut String, board: &Scoreboard) -> Result<()> {
    page.push_str("| habitat | ran | passed | skipped | failed |\n| --- | ---: | ---: | ---: | ---: |\n");
    for habitat in HABITATS {
        let mut total = [0; 3];
        for counts in board.modules.values().filter_map(|row| row.counts.get(*habitat)) {
            total.iter_mut().zip(counts).for_each(|(total, count)| *total += count);
        }
        let [passed, skipped, failed] = total;
        writeln!(page, "| `{habitat}` | {} | {passed} | {skipped} | {failed} |", passed + skipped + failed)?;
    }
    Ok(())
}

fn failures(page: &mut String, board: &Scoreboard, known: &Known) -> Result<()> {
    page.push_str("\n## Failures, by reason\n\n");
    let mut groups: Vec<&Group> = known.groups.values().collect();
    groups.sort_by_key(|group| std::cmp::Reverse(group.tests.len()));
    for group in groups {
        let mut modules: BTreeMap<&str, usize> = BTreeMap::new();
        for test in &group.tests {
            *modules.entry(owner(test, board.modules.keys()).unwrap_or(test)).or_default() += 1;
        }
        let modules: Vec<String> = modules.iter().map(|(module, count)| format!("`{module}` {count}")).collect();
        let only = only(group.habitats.as_deref());
        writeln!(page, "- **{}: {}**{only} {}.", group.tests.len(), group.reason, modules.join(", "))?;
    }
    Ok(())
}

fn left_out(page: &mut String, leave_out: &[LeaveOut]) -> Result<()> {
    page.push_str("\n## Left out\n\n");
    for LeaveOut { tests, reason, habitats } in leave_out {
        let tests: Vec<String> = tests.iter().map(|test| format!("`{test}`")).collect();
        writeln!(page, "- {}: {reason}{}", tests.join(", "), only(habitats.as_deref()))?;
    }
    Ok(())
}

fn only(habitats: Option<&[String]>) -> String {
    let Some(habitats) = habitats else { return String::new() };
    let habitats: Vec<String> = habitats.iter().map(|habitat| format!("`{habitat}`")).collect();
    format!(" Only in {}.", habitats.join(", "))
}

fn counts(page: &mut String, board: &Scoreboard) -> Result<()> {
    page.push_str(
        "\n## Modules\n\nOne figure where all habitats agree, otherwise one for each, in the order of the table above.\n\n\
         | module | passed | skipped | failed |\n| --- | ---: | ---: | ---: |\n",
    );
    for (module, row) in board.modules.iter().filter(|(_, row)| runs(row)) {
        let cell = |count: fn(&Counts) -> usize| {
            let figure =
                |habitat: &&str| row.counts.get(*habitat).map_or("–".to_owned(), |row| count(row).to_string());
            let mut figures: Vec<String> = HABITATS.iter().map(figure).collect();
            if figures.iter().all(|figure| Some(figure) == figures.first()) {
                figures.truncate(1);
            }
            figures.join(" / ")
        };
        let (passed, skipped, failed) = (cell(|[n, ..]| *n), cell(|[_, n, _]| *n), cell(|[.., n]| *n));
        writeln!(page, "| `{module}` | {passed} | {skipped} | {failed} |")?;
    }
    Ok(())
}

fn nothing(page: &mut String, board: &Scoreboard) -> Result<()> {
    page.push_str("\n## Modules of which nothing runs\n\n| CPython's reason | modules |\n| --- | --- |\n");
    let mut reasons: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for (module, row) in board.modules.iter().filter(|(_, row)| !runs(row)) {
        reasons.entry(row.nothing.as_deref().unwrap_or("–")).or_default().push(format!("`{module}`"));
    }
    let mut reasons: Vec<_> = reasons.into_iter().collect();
    reasons.sort_by_key(|(_, modules)| std::cmp::Reverse(modules.len()));
    for (reason, modules) in reasons {
        writeln!(page, "| {} | {} |", reason.replace('|', "\\|"), modules.join(", "))?;
    }
    Ok(())
}

/// Whether anything of a module runs anywhere.
fn runs(row: &Row) -> bool {
    row.counts.values().any(|[passed, _, failed]| passed + failed > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_says_what_the_lists_say() {
        let (board, known, modules) =
            (Scoreboard::load().unwrap(), Known::load().unwrap(), Modules::shipped().unwrap());
        if std::env::var_os("BLESS").is_some() {
            write(&board, &known, &modules).unwrap();
        }
        let expected = text(&board, &known, &modules).unwrap();
        assert!(fs::read_to_string(path()).unwrap() == expected, "BLESS=1 cargo test -p amphi-xtask renews the page");
    }

    #[test]
    fn figures_are_told_apart_where_habitats_differ() {
        let board: Scoreboard = serde_json::from_str(
            "{\"test_a\": {\"wasmtime\": [2,0,0], \"shim\": [2,0,0], \"chromium\": [1,0,0]},\
              \"test_b\": {\"wasmtime\": [1,2,3], \"shim\": [1,2,3]},\
              \"test_c\": {\"wasmtime\": [0,1,0], \"nothing\": \"a|b\"}}",
        )
        .unwrap();
        let known: Known = toml::from_str(
            "[few]\nreason = 'Few.'\ntests = ['test.test_a.T.x']\nhabitats = ['chromium']\n\
             [many]\nreason = 'Many.'\ntests = ['test.test_a.T.y', 'test.test_b.T.x']\n",
        )
        .unwrap();
        let page = text(&board, &known, &Modules::shipped().unwrap()).unwrap();
        for line in [
            "| `wasmtime` | 9 | 3 | 3 | 3 |",
            "| `test_a` | 2 / 2 / 1 | 0 | 0 |",
            "| `test_b` | 1 / 1 / – | 2 / 2 / – | 3 / 3 / – |",
            "| a\\|b | `test_c` |",
            "- **2: Many.** `test_a` 1, `test_b` 1.\n- **1: Few.** Only in `chromium`. `test_a` 1.",
        ] {
            assert!(page.contains(&format!("\n{line}\n")), "{line} in {page}");
        }
    }
}
