//! Runs one program in several habitats and says where their outcomes differ: streams, exit and the files left behind.
//!
//! It knows habitats only through [`amphi_core::Habitat`]; it must never know an engine or a browser.

use std::collections::BTreeMap;
use std::fmt;

use amphi_core::habitat::{Captured, HabitatError};
use amphi_core::{Change, ChangedFile, Exit, Habitat, Outcome, Program};

/// One run of the program.
#[derive(Debug)]
pub struct Run {
    /// The habitat's name.
    pub habitat: String,
    /// What the run left, or why it did not start.
    pub outcome: Result<Outcome, HabitatError>,
}

/// Where a habitat's outcome differs from the first habitat's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The habitat that differs.
    pub habitat: String,
    /// Whose outcome it is held against.
    pub reference: String,
    /// What differs: `stdout`, `stderr`, `exit`, `start` or a file's path under `/work`.
    pub what: String,
    /// What the reference left, cut to its first difference.
    pub expected: String,
    /// What this habitat left there.
    pub found: String,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { habitat, reference, what, expected, found } = self;
        write!(f, "{what} differs\n  {reference}: {expected}\n  {habitat}: {found}")
    }
}

/// Runs the program in each habitat, in their order, with its streams kept.
pub fn run(program: &Program, habitats: &mut [&mut dyn Habitat]) -> Vec<Run> {
    habitats
        .iter_mut()
        .map(|habitat| {
            let mut streams = Captured::default();
            let outcome = habitat.run(program, &mut streams).map(|outcome| Outcome {
                stdout: streams.stdout.into(),
                stderr: streams.stderr.into(),
                ..outcome
            });
            Run { habitat: habitat.name().to_owned(), outcome }
        })
        .collect()
}

/// Holds every run against the first. None differs: the habitats are alike.
#[must_use]
pub fn compare(runs: &[Run]) -> Vec<Difference> {
    let Some((first, others)) = runs.split_first() else { return Vec::new() };
    others.iter().flat_map(|other| differences(first, other)).collect()
}

fn differences(first: &Run, other: &Run) -> Vec<Difference> {
    let pairs = match (&first.outcome, &other.outcome) {
        (Ok(expected), Ok(found)) => outcome_pairs(expected, found),
        (expected, found) => vec![("start".to_owned(), started(expected), started(found))],
    };
    pairs
        .into_iter()
        .filter(|(_, expected, found)| expected != found)
        .map(|(what, expected, found)| {
            let (expected, found) = from_first_difference(&expected, &found);
            Difference { habitat: other.habitat.clone(), reference: first.habitat.clone(), what, expected, found }
        })
        .collect()
}

fn started(outcome: &Result<Outcome, HabitatError>) -> String {
    outcome.as_ref().map_or_else(|error| format!("did not start: {error}"), |_| "started".to_owned())
}

/// What is compared, each with its name, both sides as text.
fn outcome_pairs(expected: &Outcome, found: &Outcome) -> Vec<(String, String, String)> {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let mut pairs = vec![
        ("stdout".to_owned(), text(&expected.stdout), text(&found.stdout)),
        ("stderr".to_owned(), text(&expected.stderr), text(&found.stderr)),
        ("exit".to_owned(), exit(&expected.exit), exit(&found.exit)),
    ];
    let (before, after) = (by_path(&expected.files), by_path(&found.files));
    let paths: std::collections::BTreeSet<_> = before.keys().chain(after.keys()).collect();
    pairs.extend(paths.into_iter().map(|path| ((*path).to_owned(), change(before.get(path)), change(after.get(path)))));
    pairs
}

/// Two engines word a trap differently; that the guest trapped is what must agree.
fn exit(exit: &Exit) -> String {
    match exit {
        Exit::Trap(_) => "trap".to_owned(),
        other => format!("{other:?}"),
    }
}

fn by_path(files: &[ChangedFile]) -> BTreeMap<&str, &Change> {
    files.iter().map(|file| (file.path.as_str(), &file.change)).collect()
}

fn change(change: Option<&&Change>) -> String {
    match change {
        None => "as it was".to_owned(),
        Some(Change::Removed) => "removed".to_owned(),
        Some(Change::Added(bytes)) => format!("added: {}", String::from_utf8_lossy(bytes)),
        Some(Change::Modified(bytes)) => format!("modified: {}", String::from_utf8_lossy(bytes)),
    }
}

/// Both texts from a little before the place where they part, cut to a line's length.
fn from_first_difference(one: &str, other: &str) -> (String, String) {
    const BEFORE: usize = 20;
    const SHOWN: usize = 120;
    let same = one.chars().zip(other.chars()).take_while(|(a, b)| a == b).count();
    let from = same.saturating_sub(BEFORE);
    let cut = |text: &str| {
        let shown: String = text.chars().skip(from).take(SHOWN).collect();
        format!("{}{shown:?}", if from > 0 { "… " } else { "" })
    };
    (cut(one), cut(other))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A habitat that leaves what it was told to.
    struct Fixed(&'static str, Result<Outcome, &'static str>);

    impl Habitat for Fixed {
        fn name(&self) -> &str {
            self.0
        }

        fn run(
            &mut self,
            _: &Program,
            streams: &mut dyn amphi_core::habitat::Streams,
        ) -> Result<Outcome, HabitatError> {
            let outcome = self.1.clone().map_err(HabitatError::new)?;
            streams.write(amphi_core::habitat::OutputStream::Stdout, &outcome.stdout);
            streams.write(amphi_core::habitat::OutputStream::Stderr, &outcome.stderr);
            Ok(outcome)
        }
    }

    fn outcome(stdout: &str, exit: Exit, files: &[(&str, &str)]) -> Outcome {
        let files = files.iter().map(|(path, text)| ChangedFile {
            path: (*path).to_owned(),
            change: Change::Added(text.as_bytes().to_vec().into()),
        });
        Outcome {
            stdout: stdout.as_bytes().to_vec().into(),
            stderr: Vec::new().into(),
            exit,
            files: files.collect(),
            mounts: Vec::new(),
            timings: Vec::new(),
        }
    }

    #[test]
    fn differences_are_named() {
        let reference = || outcome("30\n", Exit::Code(0), &[("a.txt", "one")]);
        let trap = |words: &str| outcome("", Exit::Trap(words.to_owned()), &[]);
        for (name, one, other, expected) in [
            ("alike", Ok(reference()), Ok(reference()), vec![]),
            ("output", Ok(reference()), Ok(outcome("31\n", Exit::Code(0), &[("a.txt", "one")])), vec!["stdout"]),
            ("code", Ok(reference()), Ok(outcome("30\n", Exit::Code(1), &[("a.txt", "one")])), vec!["exit"]),
            (
                "files",
                Ok(reference()),
                Ok(outcome("30\n", Exit::Code(0), &[("a.txt", "two"), ("b", "")])),
                vec!["a.txt", "b"],
            ),
            ("a trap in other words", Ok(trap("unreachable")), Ok(trap("unreachable executed")), vec![]),
            ("one did not start", Ok(reference()), Err("no browser"), vec!["start"]),
        ] {
            let mut habitats = (Fixed("one", one), Fixed("other", other));
            let runs = run(&Program::script("main.py", ""), &mut [&mut habitats.0, &mut habitats.1]);
            let found: Vec<_> = compare(&runs).into_iter().map(|difference| difference.what).collect();
            assert_eq!(found, expected, "{name}");
        }
    }

    #[test]
    fn a_difference_shows_where_the_texts_part() {
        let long = "x".repeat(500);
        let (one, other) = from_first_difference(&format!("{long}a"), &format!("{long}b"));
        assert!(one.ends_with("a\"") && other.ends_with("b\""), "{one} {other}");
        assert!(one.len() < 40, "{one}");
    }
}
