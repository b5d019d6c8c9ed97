//! `amphi.toml` to a program. This file owns the keys and what they mean; `table` owns how a mistake is told. It never
//! touches a disk: the folder is handed in.

mod folder;
mod lesson;
mod sections;
mod table;
#[cfg(test)]
mod tests;

pub use folder::{Folder, FolderError};

use std::collections::{BTreeMap, BTreeSet};

use toml::de::DeTable;

use crate::bytes::Bytes;
use crate::guest::{Entry, Guest};
use crate::manifest::table::{Table, check_path};
use crate::program::{Program, Stdin};
use crate::source::Source;

/// The file's name.
pub const FILE: &str = "amphi.toml";

/// A mistake in a manifest, or a file it names that is not to be had.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}: {message}")]
pub struct ManifestError {
    /// The manifest's file, as it was handed in.
    pub file: String,
    /// Counted from 1.
    pub line: usize,
    /// What is wrong, and what was expected.
    pub message: String,
}

/// All keys of the file itself.
const KEYS: &[&str] = &[
    "title",
    "about",
    "script",
    "command",
    "module",
    "wasm",
    "extensions",
    "flags",
    "args",
    "env",
    "stdin",
    "stdin_file",
    "files",
    "mount",
    "host",
    "limits",
    "determinism",
    "faults",
    "expect",
    "lesson",
];

/// Reads a manifest and the files it names.
///
/// `file` is the manifest's path for messages, `name` the program's name, usually the folder's.
///
/// # Errors
/// See [`ManifestError`]; the first mistake is told.
pub fn parse(file: &str, text: &str, name: &str, folder: &dyn Folder) -> Result<Program, ManifestError> {
    let source = Source::new(file, text);
    let parsed = DeTable::parse(text).map_err(|error| {
        let at = error.span().map_or(0, |span| span.start);
        table::error(&source, at, error.message().to_owned())
    })?;
    let table = Table::new(&source, folder, parsed.get_ref());
    table.known(KEYS)?;
    let mut program = Program::new(name, guest(&table)?);
    program.title = table.text("title")?.map(str::to_owned);
    program.about = table.text("about")?.map(str::to_owned);
    program.args = table.texts("args")?;
    program.env = sections::env(&table)?;
    program.stdin = stdin(&table)?;
    program.mounts = sections::mounts(&table, program.is_python())?;
    program.hosts = sections::hosts(&table)?;
    program.limits = sections::limits(&table)?;
    program.determinism = sections::determinism(&table)?;
    program.watch.faults = table.texts("faults")?;
    let mut apart = BTreeSet::from([FILE.to_owned()]);
    program.expect = sections::expect(&table, &mut apart)?;
    program.lesson = lesson::lesson(&table, &mut apart)?;
    if let Guest::Python { extended: Some(extended), .. } = &program.guest {
        apart.extend(extended.modules.iter().map(|module| module.file.clone()));
    }
    program.files = files(&table, program.is_python(), &apart)?;
    script_is_there(&table, &program)?;
    Ok(program)
}

fn guest(table: &Table<'_>) -> Result<Guest, ManifestError> {
    table.at_most_one(&["script", "command", "module", "wasm"])?;
    let flags = table.texts("flags")?;
    if let Some(path) = table.path("wasm")? {
        if !flags.is_empty() {
            let message = "'flags' are Python's; a wasm program takes 'args'".to_owned();
            return Err(table.wrong("flags", message));
        }
        if table.has("extensions") {
            let message = "'extensions' are modules of Python's; a wasm program has none".to_owned();
            return Err(table.wrong("extensions", message));
        }
        return Ok(Guest::Wasm(table.read("wasm", path)?.into()));
    }
    let entry = if let Some(text) = table.text("command")? {
        Entry::Command(text.to_owned())
    } else if let Some(name) = table.text("module")? {
        Entry::Module(name.to_owned())
    } else {
        Entry::Script(table.path("script")?.unwrap_or("main.py").to_owned())
    };
    Ok(Guest::Python { entry, flags, extended: sections::extensions(table)? })
}

fn stdin(table: &Table<'_>) -> Result<Stdin, ManifestError> {
    table.at_most_one(&["stdin", "stdin_file"])?;
    if let Some(text) = table.text("stdin")? {
        return Ok(Stdin::Bytes(text.into()));
    }
    match table.path("stdin_file")? {
        Some(path) => Ok(Stdin::Bytes(table.read("stdin_file", path)?.into())),
        None => Ok(Stdin::Inherit),
    }
}

/// The files under `/work`: those that are named, or all but the manifest and what is only expected.
fn files(
    table: &Table<'_>,
    is_python: bool,
    apart: &BTreeSet<String>,
) -> Result<BTreeMap<String, Bytes>, ManifestError> {
    let named = table.list("files")?;
    if !is_python {
        return match named {
            Some(_) => {
                let message = "'files' are under /work, which only Python programs have; use [[mount]]";
                Err(table.wrong("files", message.to_owned()))
            }
            None => Ok(BTreeMap::new()),
        };
    }
    let all = table.all_files("files")?;
    let mut chosen = BTreeSet::new();
    match named {
        None => chosen.extend(all.into_iter().filter(|path| !apart.contains(path))),
        Some(named) => {
            for (at, path) in named {
                let path = path.trim_end_matches('/');
                check_path(path).map_err(|message| table.error(at, message))?;
                let under = format!("{path}/");
                let before = chosen.len();
                let found = |file: &&String| *file == path || file.starts_with(&under);
                chosen.extend(all.iter().filter(found).cloned());
                if chosen.len() == before && !chosen.contains(path) {
                    let message = format!("'{path}' is not in the folder");
                    return Err(table.error(at, message));
                }
            }
        }
    }
    let read = |path: String| {
        let bytes = table.read("files", &path)?;
        Ok((path, bytes.into()))
    };
    chosen.into_iter().map(read).collect()
}

fn script_is_there(table: &Table<'_>, program: &Program) -> Result<(), ManifestError> {
    let Guest::Python { entry: Entry::Script(path), .. } = &program.guest else {
        return Ok(());
    };
    let Some(bytes) = program.files.get(path) else {
        let hint = if table.has("script") { String::new() } else { "; 'script' names another".to_owned() };
        let message = format!("the script '{path}' is not among the program's files{hint}");
        return Err(table.wrong("script", message));
    };
    // Python also takes other encodings, declared in one of the first two lines; those are its to judge.
    let declared = bytes.split(|byte| *byte == b'\n').take(2);
    let mut declared = declared.filter(|line| line.starts_with(b"#"));
    if str::from_utf8(bytes).is_err() && !declared.any(|line| line.windows(6).any(|word| word == b"coding")) {
        return Err(table.wrong("script", format!("the script '{path}' is not UTF-8")));
    }
    Ok(())
}
