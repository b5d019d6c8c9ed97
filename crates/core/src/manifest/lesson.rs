//! `[lesson]` of a manifest: a text, a task, and files that solve it. The guest sees none of them.

use std::collections::{BTreeMap, BTreeSet};

use super::ManifestError;
use super::table::Table;
use crate::lesson::{Lesson, Task};

/// `[lesson]`; the files it names are added to those that the guest does not see.
pub(super) fn lesson(table: &Table<'_>, apart: &mut BTreeSet<String>) -> Result<Option<Lesson>, ManifestError> {
    let Some(given) = table.table("lesson")? else {
        return Ok(None);
    };
    given.known(&["text", "task", "exit", "prints", "calls", "solution"])?;
    let path = given.path("text")?;
    let path = path.ok_or_else(|| given.wrong("text", "'lesson' needs 'text', a file of Markdown".to_owned()))?;
    apart.insert(path.to_owned());
    let text = given.source("text", path)?.text;
    let Some(say) = given.text("task")? else {
        let without = ["exit", "prints", "calls", "solution"].into_iter().find(|key| given.has(key));
        return match without {
            Some(key) => Err(given.wrong(key, format!("'{key}' is of a 'task', and there is none"))),
            None => Ok(Some(Lesson { text, task: None })),
        };
    };
    let exit = given.number("exit")?.unwrap_or(0);
    let mut solution = BTreeMap::new();
    if let Some(folder) = given.path("solution")? {
        let under = format!("{folder}/");
        for file in given.all_files("solution")? {
            if let Some(path) = file.strip_prefix(&under) {
                solution.insert(path.to_owned(), given.read("solution", &file)?.into());
                apart.insert(file);
            }
        }
        if solution.is_empty() {
            return Err(given.wrong("solution", format!("'{folder}' is no folder with files in it")));
        }
    }
    let task = Task {
        say: say.to_owned(),
        exit: u32::try_from(exit).map_err(|_| given.wrong("exit", "'exit' is too large".to_owned()))?,
        prints: given.texts("prints")?,
        calls: given.texts("calls")?,
        solution,
    };
    Ok(Some(Lesson { text, task: Some(task) }))
}
