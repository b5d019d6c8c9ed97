//! A program that teaches: a text beside it, a task, and when that is done. It must never know how a text is shown, nor
//! how a call is recorded.

use std::collections::BTreeMap;

use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

use crate::bytes::Bytes;
use crate::outcome::Exit;

/// What makes a lesson of a program.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, BorshSerialize, BorshDeserialize)]
pub struct Lesson {
    /// Markdown.
    pub text: String,
    /// What its reader is to do, if anything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task: Option<Task>,
}

/// What the reader of a lesson is to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, BorshSerialize, BorshDeserialize)]
pub struct Task {
    /// A sentence or two.
    pub say: String,
    /// The exit code of a program that does it.
    pub exit: u32,
    /// What such a program prints, each somewhere on standard output.
    pub prints: Vec<String>,
    /// Calls that such a program makes, as terms of a trace's filter; one that begins with `!` is of calls that it does
    /// not make.
    pub calls: Vec<String>,
    /// Files that solve it, by their paths in the program, in place of those that are there.
    pub solution: BTreeMap<String, Bytes>,
}

impl Task {
    /// What a run lacks, in words; nothing where the task is done. `has_call` tells whether a call of the run fits a term.
    #[must_use]
    pub fn lacks(&self, exit: &Exit, stdout: &str, mut has_call: impl FnMut(&str) -> bool) -> Vec<String> {
        let mut lacks = Vec::new();
        if *exit != Exit::Code(self.exit) {
            lacks.push(format!("The program is to end with exit code {}.", self.exit));
        }
        for text in self.prints.iter().filter(|text| !stdout.contains(text.as_str())) {
            lacks.push(format!("It is to print `{text}`."));
        }
        for term in &self.calls {
            match term.strip_prefix('!') {
                Some(term) if has_call(term) => lacks.push(format!("No call is to be one of `{term}`.")),
                None if !has_call(term) => lacks.push(format!("A call is to be one of `{term}`.")),
                _ => {}
            }
        }
        lacks
    }
}

#[cfg(test)]
mod tests {
    use super::Task;
    use crate::outcome::Exit;

    #[test]
    fn a_task_tells_what_is_lacking() {
        let task = Task {
            say: "Do it.".to_owned(),
            exit: 0,
            prints: vec!["done".to_owned()],
            calls: vec!["fd_sync".to_owned(), "!error".to_owned()],
            solution: std::collections::BTreeMap::new(),
        };
        for (exit, stdout, calls, lacks) in [
            (0, "all done\n", &["fd_sync"][..], 0),
            (0, "all done\n", &["fd_sync", "error"], 1),
            (1, "", &["error"], 4),
        ] {
            let lacking = task.lacks(&Exit::Code(exit), stdout, |term| calls.contains(&term));
            assert_eq!(lacking.len(), lacks, "{lacking:?}");
        }
    }
}
