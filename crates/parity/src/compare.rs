//! Where outcomes differ. Owns what is compared and in which words it is told; must never run anything.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::Run;
use crate::calls::{Calls, first_difference};
use amphi_core::{Change, ChangedFile, Exit, Outcome, Program, Reply};

/// Where a run differs from the first habitat's, or from what the program expects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The habitat that differs.
    pub habitat: String,
    /// What it is held against: a habitat, or `amphi.toml`.
    pub reference: String,
    /// What differs.
    pub what: What,
}

/// What differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// A text: a stream, the exit, a file.
    Text {
        /// `stdout`, `stderr`, `exit`, `start`, or a file's path.
        name: String,
        /// What the reference left, cut to where the two part.
        expected: String,
        /// What this habitat left there.
        found: String,
    },
    /// A call.
    Calls(Box<Calls>),
}

impl What {
    /// A few words: `stdout`, `call 12`, a path.
    #[must_use]
    pub fn name(&self) -> String {
        match self {
            Self::Text { name, .. } => name.clone(),
            Self::Calls(calls) => match &calls.found.call {
                Some((number, _)) => format!("call {number}"),
                None => "the calls' end".to_owned(),
            },
        }
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { habitat, reference, what } = self;
        write!(out, "{habitat}: {} is not as in {reference}", what.name())?;
        let side = |out: &mut fmt::Formatter<'_>, name: &str, side: &crate::Side| {
            write!(out, "\n  {name}")?;
            for (number, line) in &side.before {
                write!(out, "\n    {number:>6}  {line}")?;
            }
            match &side.call {
                Some((number, line)) => write!(out, "\n  > {number:>6}  {line}"),
                None => write!(out, "\n  >         no more calls"),
            }
        };
        match what {
            What::Text { expected, found, .. } => write!(out, "\n  {reference}: {expected}\n  {habitat}: {found}"),
            What::Calls(calls) => {
                side(out, reference, &calls.expected)?;
                side(out, habitat, &calls.found)
            }
        }
    }
}

/// Holds every run against the first, and all against what the program expects. None differs: the habitats are alike.
#[must_use]
pub fn compare(program: &Program, runs: &[Run]) -> Vec<Difference> {
    let Some((first, others)) = runs.split_first() else { return Vec::new() };
    let mut differences: Vec<Difference> = runs.iter().flat_map(|run| unexpected(program, run)).collect();
    differences.extend(others.iter().flat_map(|other| between(first, other)));
    differences
}

/// Where a run is not as its program says.
fn unexpected(program: &Program, run: &Run) -> Vec<Difference> {
    let (Some(expect), Ok(outcome)) = (&program.expect, &run.outcome) else { return Vec::new() };
    let mut pairs = vec![Pair::of("exit", exit(&Exit::Code(expect.exit)), exit(&outcome.exit))];
    for (name, expected, found) in
        [("stdout", &expect.stdout, &outcome.stdout), ("stderr", &expect.stderr, &outcome.stderr)]
    {
        pairs.extend(expected.as_ref().map(|expected| Pair::of(name, &**expected, &**found)));
    }
    told(pairs, &run.habitat, "amphi.toml")
}

fn between(first: &Run, other: &Run) -> Vec<Difference> {
    let (expected, found) = match (&first.outcome, &other.outcome) {
        (Ok(expected), Ok(found)) => (expected, found),
        (expected, found) => {
            let pairs = vec![Pair::of("start", started(expected), started(found))];
            return told(pairs, &other.habitat, &first.habitat);
        }
    };
    let mut differences = told(outcome_pairs(expected, found), &other.habitat, &first.habitat);
    differences.extend(first_difference(first, other).map(|calls| Difference {
        habitat: other.habitat.clone(),
        reference: first.habitat.clone(),
        what: What::Calls(Box::new(calls)),
    }));
    differences
}

/// What is compared, on both sides. Bytes that are no text differ as any others do.
struct Pair {
    name: String,
    expected: Vec<u8>,
    found: Vec<u8>,
}

impl Pair {
    fn of(name: impl Into<String>, expected: impl Into<Vec<u8>>, found: impl Into<Vec<u8>>) -> Self {
        Self { name: name.into(), expected: expected.into(), found: found.into() }
    }
}

/// The pairs that differ, as differences.
fn told(pairs: Vec<Pair>, habitat: &str, reference: &str) -> Vec<Difference> {
    let differing = pairs.into_iter().filter(|pair| pair.expected != pair.found);
    differing
        .map(|Pair { name, expected, found }| {
            let (expected, found) = match (str::from_utf8(&expected), str::from_utf8(&found)) {
                (Ok(expected), Ok(found)) => from_first_difference(expected, found),
                _ => from_first_difference(&escaped(&expected), &escaped(&found)),
            };
            let what = What::Text { name, expected, found };
            Difference { habitat: habitat.to_owned(), reference: reference.to_owned(), what }
        })
        .collect()
}

fn started(outcome: &Result<Outcome, amphi_core::habitat::HabitatError>) -> String {
    outcome.as_ref().map_or_else(|error| format!("did not start: {error}"), |_| "started".to_owned())
}

/// What is compared of two outcomes.
fn outcome_pairs(expected: &Outcome, found: &Outcome) -> Vec<Pair> {
    let mut pairs = vec![
        Pair::of("stdout", &*expected.stdout, &*found.stdout),
        Pair::of("stderr", &*expected.stderr, &*found.stderr),
        Pair::of("replies", replies(&expected.replies), replies(&found.replies)),
        Pair::of("exit", exit(&expected.exit), exit(&found.exit)),
    ];
    file_pairs("", &expected.files, &found.files, &mut pairs);
    let mounts = expected.mounts.len().max(found.mounts.len());
    for number in 0..mounts {
        let of = |outcome: &Outcome| outcome.mounts.get(number).cloned().unwrap_or_default();
        file_pairs(&format!("mount {number}: "), &of(expected), &of(found), &mut pairs);
    }
    pairs
}

fn file_pairs(prefix: &str, expected: &[ChangedFile], found: &[ChangedFile], pairs: &mut Vec<Pair>) {
    let (before, after) = (by_path(expected), by_path(found));
    let paths: BTreeSet<&str> = before.keys().chain(after.keys()).copied().collect();
    let pair = |path: &str| Pair::of(format!("{prefix}{path}"), change(before.get(path)), change(after.get(path)));
    pairs.extend(paths.into_iter().map(pair));
}

fn escaped(bytes: &[u8]) -> String {
    bytes.escape_ascii().to_string()
}

/// What the calls of exports gave, in words.
fn replies(replies: &[Reply]) -> String {
    let told = replies.iter().map(|reply| match reply {
        Ok(value) => format!("gave {value}"),
        Err(why) => format!("raised {why}"),
    });
    told.collect::<Vec<_>>().join("; ")
}

/// Two engines word a trap differently; that the guest trapped is what must agree.
fn exit(exit: &Exit) -> String {
    match exit {
        Exit::Code(code) => format!("code {code}"),
        Exit::Limit(limit) => format!("the limit of {limit:?}").to_lowercase(),
        Exit::Interrupted => "interrupted".to_owned(),
        Exit::Trap(_) => "a trap".to_owned(),
    }
}

fn by_path(files: &[ChangedFile]) -> BTreeMap<&str, &Change> {
    files.iter().map(|file| (file.path.as_str(), &file.change)).collect()
}

fn change(change: Option<&&Change>) -> Vec<u8> {
    match change {
        None => b"as it was".to_vec(),
        Some(Change::Removed) => b"removed".to_vec(),
        Some(Change::Added(bytes)) => [b"added: ", &**bytes].concat(),
        Some(Change::Modified(bytes)) => [b"modified: ", &**bytes].concat(),
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
#[allow(clippy::unwrap_used, reason = "a test may fail so")]
mod tests {
    use super::*;
    use amphi_core::habitat::{Habitat, HabitatError, OutputStream, Streams};
    use amphi_wasi::trace::{HostCall, Recorder};

    /// A habitat that leaves what it was told to.
    struct Fixed {
        name: &'static str,
        outcome: Result<Outcome, &'static str>,
        calls: &'static [&'static str],
    }

    impl Habitat for Fixed {
        fn name(&self) -> &str {
            self.name
        }

        fn run(&mut self, _: &Program, streams: &mut dyn Streams) -> Result<Outcome, HabitatError> {
            let outcome = self.outcome.clone().map_err(HabitatError::new)?;
            streams.write(OutputStream::Stdout, &outcome.stdout);
            streams.write(OutputStream::Stderr, &outcome.stderr);
            let (sender, records) = std::sync::mpsc::channel();
            let mut recorder = Recorder::new(0, 0, move |record| sender.send(record.to_vec()).unwrap());
            for function in self.calls {
                recorder.host_call(HostCall { function, args: "", reply: Ok(""), begin_ns: 0, end_ns: 0 });
            }
            records.try_iter().for_each(|record| streams.trace(&record));
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
            replies: Vec::new(),
            timings: Vec::new(),
        }
    }

    fn compared(
        program: &Program,
        sides: [(Result<Outcome, &'static str>, &'static [&'static str]); 2],
    ) -> Vec<Difference> {
        let names = ["one", "other"].into_iter();
        let runs: Vec<Run> = names
            .zip(sides)
            .map(|(name, (outcome, calls))| crate::run(program, &mut Fixed { name, outcome, calls }))
            .collect();
        compare(program, &runs)
    }

    #[test]
    fn differences_are_named() {
        let reference = || outcome("30\n", Exit::Code(0), &[("a.txt", "one")]);
        let trap = |words: &str| outcome("", Exit::Trap(words.to_owned()), &[]);
        let files = outcome("30\n", Exit::Code(0), &[("a.txt", "two"), ("b", "")]);
        let bytes = |bytes: &[u8]| Outcome { stdout: bytes.to_vec().into(), ..outcome("", Exit::Code(0), &[]) };
        for (name, one, other, expected) in [
            ("alike", Ok(reference()), Ok(reference()), vec![]),
            ("output", Ok(reference()), Ok(outcome("31\n", Exit::Code(0), &[("a.txt", "one")])), vec!["stdout"]),
            ("code", Ok(reference()), Ok(outcome("30\n", Exit::Code(1), &[("a.txt", "one")])), vec!["exit"]),
            ("files", Ok(reference()), Ok(files), vec!["a.txt", "b"]),
            ("a trap in other words", Ok(trap("unreachable")), Ok(trap("unreachable executed")), vec![]),
            ("bytes that are no text", Ok(bytes(b"\xff\x80")), Ok(bytes(b"\xfe\x80")), vec!["stdout"]),
            ("one did not start", Ok(reference()), Err("no browser"), vec!["start"]),
        ] {
            let program = Program::script("main.py", "");
            let found = compared(&program, [(one, &[]), (other, &[])]);
            let found: Vec<String> = found.into_iter().map(|difference| difference.what.name()).collect();
            assert_eq!(found, expected, "{name}");
        }
    }

    #[test]
    fn the_first_call_that_differs_is_told_with_what_was_before() {
        let (program, same) = (Program::script("main.py", ""), || Ok(outcome("", Exit::Code(0), &[])));
        let long: &[&str] = &["a", "b", "c", "d", "e", "f", "g"];
        for (one, other, name, before, call) in [
            (long, &["a", "b", "c", "d", "e", "f", "x"][..], "call 6", 5, Some((6, "x()".to_owned()))),
            (&["a"], &[], "the calls' end", 0, None),
            (&["a"], &["a", "b"], "call 1", 1, Some((1, "b()".to_owned()))),
        ] {
            let found = compared(&program, [(same(), one), (same(), other)]);
            let [Difference { what, .. }] = found.as_slice() else { panic!("{found:?}") };
            let What::Calls(calls) = what else { panic!("{what:?}") };
            assert_eq!(what.name(), name);
            assert_eq!((calls.found.before.len(), calls.expected.before.len()), (before, before));
            assert_eq!(calls.found.call, call);
        }
        assert!(compared(&program, [(same(), long), (same(), long)]).is_empty());
    }

    #[test]
    fn each_run_is_held_against_what_the_program_expects() {
        let mut program = Program::script("main.py", "");
        program.expect = Some(amphi_core::Expect { exit: 3, stdout: Some("hi\n".into()), stderr: None });
        let given = || Ok(outcome("ho\n", Exit::Code(0), &[]));
        let found = compared(&program, [(given(), &[]), (given(), &[])]);
        let found: Vec<String> =
            found.iter().map(|one| format!("{} {} {}", one.habitat, one.what.name(), one.reference)).collect();
        assert_eq!(
            found,
            ["one exit amphi.toml", "one stdout amphi.toml", "other exit amphi.toml", "other stdout amphi.toml"]
        );
    }

    #[test]
    fn a_difference_shows_where_the_texts_part() {
        let long = "x".repeat(500);
        let (one, other) = from_first_difference(&format!("{long}a"), &format!("{long}b"));
        assert!(one.ends_with("a\"") && other.ends_with("b\""), "{one} {other}");
        assert!(one.len() < 40, "{one}");
    }
}
