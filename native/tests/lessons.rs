//! Every lesson of `examples/`: its program does not do its task, and does once what solves it takes the places of its
//! files. What each prints at first, and that it does so everywhere, is held by `examples.rs`.
#![allow(clippy::unwrap_used, reason = "a test may fail so")]

mod common;

use std::collections::BTreeMap;
use std::path::Path;

use amphi_core::manifest::{self, FILE};
use amphi_core::{Bytes, Exit, Task};
use common::{amphi, files, folder, write};

/// What a run of a program's folder lacks of a task.
fn lacks(program: &Path, task: &Task) -> Vec<String> {
    let traced = |terms: &str| {
        let args = ["trace", "--json", "--out", "../calls.jsonl", "--filter", terms, "."];
        let (code, told, said) = amphi(program, &args);
        let calls = std::fs::read_to_string(program.join("../calls.jsonl")).unwrap_or_default();
        // A trace says how many calls it left out, too.
        let calls = calls.lines().filter(|line| !line.starts_with("{\"dropped\"")).count();
        (code, told, said, calls)
    };
    let (code, told, said, _) = traced("");
    let exit = Exit::Code(u32::try_from(code.unwrap()).unwrap());
    assert!(!said.contains("amphi: "), "{}: {said}", program.display());
    task.lacks(&exit, &told, |terms| traced(terms).3 > 0)
}

#[test]
fn each_lesson_has_a_task_that_is_done_by_its_solution_alone() {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples");
    let mut count = 0;
    for entry in std::fs::read_dir(&examples).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        if !name.starts_with("lesson-") {
            continue;
        }
        let own = files(&entry.path());
        let text = String::from_utf8(own.get(FILE).unwrap().0.clone()).unwrap();
        let program = manifest::parse(FILE, &text, &name, &own).unwrap();
        let lesson = program.lesson.unwrap_or_else(|| panic!("{name} has no [lesson]"));
        assert!(!program.files.contains_key("lesson.md"), "{name}: the guest sees its text");
        let task = lesson.task.unwrap_or_else(|| panic!("{name} has no task"));
        let place = folder(&[("program/amphi.toml", "")]);
        let place = place.path().join("program");
        let all = |files: &BTreeMap<String, Bytes>| -> Vec<(String, Vec<u8>)> {
            files.iter().map(|(path, bytes)| (path.clone(), bytes.0.clone())).collect()
        };
        let put = |files: &[(String, Vec<u8>)]| {
            let files: Vec<(&str, &[u8])> =
                files.iter().map(|(path, bytes)| (path.as_str(), bytes.as_slice())).collect();
            write(&place, &files);
        };
        put(&all(&own));
        assert_ne!(lacks(&place, &task), Vec::<String>::new(), "{name} is done before it is begun");
        put(&all(&task.solution));
        assert_eq!(lacks(&place, &task), Vec::<String>::new(), "{name}");
        count += 1;
    }
    assert!(count >= 12, "only {count} lessons were found");
}
