//! Links the finished interpreter anew with C extension modules: compiles them, links, and has the engine initialise the
//! result, which takes seconds. Must never build CPython.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Instant, SystemTime};

use crate::artifact::{self, Artifact, RECORD, STDLIB, WASM};
use crate::atomic::Draft;
use crate::build::{Snapshot, empty_log};
use crate::error::{Error, at};
use crate::finish::{self, write_json};
use crate::hash::{self, Key};
use crate::lock;
use crate::package::{FileRecord, LinkKit, Package};
use crate::place;
use crate::progress::{Ended, Progress, Step};
use crate::run::Command;
use crate::toolchain;

/// The table that stands in the place of `c/modules.c`.
const TABLE: &str = "modules";

/// So many lines of a compiler are shown.
const SAID: usize = 40;

/// Links `base` with C extension modules, each one file of C that Python imports by the file's name, or finds the result
/// in the user's cache: it is told apart by what was compiled. It is a whole [`Artifact`] but for what a further link
/// takes. What the compiler warns of is a [note](Progress::note).
///
/// # Errors
/// See [`Error`]: a file cannot be a module, does not compile or link, or does not initialise.
pub fn extend(
    base: &Artifact,
    modules: &[PathBuf],
    snapshot: Snapshot<'_>,
    progress: &mut dyn Progress,
) -> Result<Artifact, Error> {
    let cache = place::cache_folder().ok_or(Error::NoCache)?;
    let (clang, version) = toolchain::compiler()?;
    let names = names(modules)?;
    let root = cache.join("extended");
    let draft = Draft::new(&root.join("objects")).map_err(at(&root))?;
    let link = Link { kit: base.link_folder(), clang, objects: draft.folder().to_owned(), log: log(&cache, &names)? };
    let kit = link.kit.join("link.json");
    let text = fs::read(&kit).map_err(at(&kit))?;
    let LinkKit { arguments, compile } =
        serde_json::from_slice(&text).map_err(|error| at(&kit)(io::Error::from(error)))?;

    let mut key = Key::default();
    key.add(&base.sha256).add(&version);
    for (path, name) in modules.iter().zip(&names) {
        let path = fs::canonicalize(path).map_err(at(path))?;
        for warning in link.compile(&compile, &path, name)? {
            progress.note(&warning);
        }
        let object = link.object(name);
        key.add(name).add(&hash::file(&object).map_err(at(&object))?.0);
    }
    let target = root.join(key.finish());
    if let Some(found) = found(&target) {
        return Ok(found);
    }
    // One links at a time: whoever waited finds what the other made, and nobody replaces what somebody reads.
    let lock_file = root.join("lock");
    let _lock = lock::take(&lock_file, |holder| {
        progress.note(&format!("waiting for another link of python.wasm (process {holder})"));
    })
    .map_err(at(&lock_file))?;
    if let Some(found) = found(&target) {
        return Ok(found);
    }
    let mut steps = Steps { progress, number: 0 };
    steps.shown("link Python with them", || link.link(&compile, &arguments, modules, &names))?;
    let made = Draft::new(&target).map_err(at(&target))?;
    steps.shown("initialise it and keep its memory", || {
        let library = base.stdlib_zip.parent().unwrap_or(&base.folder);
        finish::snapshot(snapshot, &link.objects, library, made.folder())
    })?;
    describe(base, key.finish(), names, made.folder())?;
    made.publish().map_err(at(&target))?;
    finish::forget_old(&root, [&target].into_iter());
    artifact::open(&target).map_err(|why| Error::File { path: target, source: io::Error::other(why) })
}

/// What was linked before. It is kept from now on as if it were new.
fn found(target: &Path) -> Option<Artifact> {
    let found = artifact::open(target).ok()?;
    // That this cannot be noted does no harm.
    let _ = fs::File::open(target).and_then(|folder| folder.set_modified(SystemTime::now()));
    Some(found)
}

/// The names by which Python imports the files.
fn names(modules: &[PathBuf]) -> Result<Vec<String>, Error> {
    let mut names = BTreeSet::new();
    let name = |path: &PathBuf| {
        let wrong = |reason: String| Error::Module { path: path.clone(), reason };
        if path.extension().is_none_or(|extension| extension != "c") {
            return Err(wrong("a C extension module is one file of C, NAME.c".to_owned()));
        }
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let letters = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
        if name.starts_with(|first: char| first.is_ascii_digit()) || name.is_empty() || !name.chars().all(letters) {
            return Err(wrong(format!("Python cannot import {name}: letters, digits and _ make a name")));
        }
        if name == TABLE || !names.insert(name.clone()) {
            return Err(wrong(format!("there is another module {name}")));
        }
        Ok(name)
    };
    modules.iter().map(name).collect()
}

fn log(cache: &Path, names: &[String]) -> Result<PathBuf, Error> {
    empty_log(&cache.join("build/logs"), &format!("extend-{}", names.join("-")))
}

/// Writes what the folder is beside the interpreter: the library and the record.
fn describe(base: &Artifact, key: String, extensions: Vec<String>, folder: &Path) -> Result<(), Error> {
    let (wasm, library) = (folder.join(WASM), folder.join(STDLIB));
    let (sha256, size) = hash::file(&wasm).map_err(at(&wasm))?;
    // Ten megabytes that never change; another disk may have the cache's other half.
    fs::hard_link(&base.stdlib_zip, &library)
        .or_else(|_| fs::copy(&base.stdlib_zip, &library).map(drop))
        .map_err(at(&library))?;
    let wasm = FileRecord { file: WASM.to_owned(), size, sha256 };
    write_json(&folder.join(RECORD), &Package { key, wasm, extensions, ..base.package.clone() })
}

/// What all programs of one link share.
struct Link {
    /// They run here: paths in the kit's arguments are relative to it.
    kit: PathBuf,
    clang: PathBuf,
    objects: PathBuf,
    log: PathBuf,
}

impl Link {
    fn object(&self, name: &str) -> PathBuf {
        self.objects.join(format!("{name}.o"))
    }

    /// Compiles a file, and gives what the compiler said.
    fn compile(&self, arguments: &[String], source: &Path, name: &str) -> Result<Vec<String>, Error> {
        // Where the file lies should not shape the object, which tells one interpreter from another.
        let (path, folder) = (source.to_owned(), source.parent().unwrap_or(source).display());
        let (source, object) = (source.display().to_string(), self.object(name).display().to_string());
        let own = ["-Wall".to_owned(), format!("-ffile-prefix-map={folder}=."), "-c".to_owned(), source];
        let mut said = Vec::new();
        Command::new(&self.clang, &self.kit)
            .args(arguments.iter().cloned().chain(own).chain(["-o".to_owned(), object]))
            .run(&self.log, |line| said.push(line.to_owned()))
            .map_err(|failed| match said.is_empty() {
                true => Error::Step { step: format!("compile {name}.c"), failed },
                // The first mistakes, not those that follow from them.
                false => Error::Compile { path, said: said.iter().take(SAID).cloned().collect() },
            })?;
        Ok(said)
    }

    fn link(&self, compile: &[String], arguments: &[String], paths: &[PathBuf], names: &[String]) -> Result<(), Error> {
        let table = self.objects.join(format!("{TABLE}.c"));
        fs::write(&table, text(names)).map_err(at(&table))?;
        self.compile(compile, &table, TABLE)?;
        // With any other level clang runs the first wasm-opt that it finds on PATH, and the result would depend on whether
        // there is one. What is compiled here is optimised all the same.
        let objects =
            names.iter().map(String::as_str).chain([TABLE]).map(|name| self.object(name).display().to_string());
        let to = ["-O0".to_owned(), "-o".to_owned(), self.objects.join(WASM).display().to_string()];
        let linked = Command::new(&self.clang, &self.kit)
            .args(arguments.iter().cloned().chain(objects).chain(to))
            .run(&self.log, |_| {});
        linked.map_err(|failed| {
            let lacks =
                |name: &&String| failed.tail.iter().any(|line| line.contains(&format!("symbol: {}", init(name))));
            match paths.iter().zip(names).find(|(_, name)| lacks(name)) {
                Some((path, name)) => Error::Module {
                    path: path.clone(),
                    reason: format!("it has no function {}, by which Python imports it (PyMODINIT_FUNC)", init(name)),
                },
                None => Error::Step { step: "link Python with them".to_owned(), failed },
            }
        })
    }
}

/// The function by which Python imports a module.
fn init(name: &str) -> String {
    format!("PyInit_{name}")
}

/// The table of modules, in C.
fn text(names: &[String]) -> String {
    let mut text = "#include <Python.h>\n".to_owned();
    // Writing to a string cannot fail.
    for name in names {
        let _ = writeln!(text, "PyMODINIT_FUNC {}(void);", init(name));
    }
    text.push_str("extern struct _inittab amphi_modules[];\nstruct _inittab amphi_modules[] = {");
    for name in names {
        let _ = write!(text, "{{\"{name}\", {}}}, ", init(name));
    }
    text.push_str("{NULL, NULL}};\n");
    text
}

/// Tells the caller of each step.
struct Steps<'a> {
    progress: &'a mut dyn Progress,
    number: usize,
}

impl Steps<'_> {
    fn shown(&mut self, name: &str, body: impl FnOnce() -> Result<(), Error>) -> Result<(), Error> {
        self.number += 1;
        let step = Step { number: self.number, of: 2, name };
        let started = Instant::now();
        self.progress.begin(step);
        let result = body();
        let ended = if result.is_ok() { Ended::Done } else { Ended::Failed };
        self.progress.end(step, ended, started.elapsed());
        result
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_python_can_import_is_a_module() {
        let told = |paths: &[&str]| {
            let paths: Vec<PathBuf> = paths.iter().map(PathBuf::from).collect();
            names(&paths).map_err(|error| error.to_string())
        };
        assert_eq!(told(&["a/demo.c", "_x2.c"]), Ok(vec!["demo".to_owned(), "_x2".to_owned()]));
        for (paths, reason) in [
            (&["demo.cpp"][..], "demo.cpp: a C extension module is one file of C, NAME.c"),
            (&["2d.c"], "2d.c: Python cannot import 2d: letters, digits and _ make a name"),
            (&["my-demo.c"], "my-demo.c: Python cannot import my-demo: letters, digits and _ make a name"),
            (&["a/demo.c", "b/demo.c"], "b/demo.c: there is another module demo"),
            (&["modules.c"], "modules.c: there is another module modules"),
        ] {
            assert_eq!(told(paths), Err(reason.to_owned()));
        }
    }

    #[test]
    fn the_table_names_each_module() {
        let text = text(&["demo".to_owned(), "sdk".to_owned()]);
        assert!(text.contains("PyMODINIT_FUNC PyInit_sdk(void);"), "{text}");
        assert!(text.ends_with("= {{\"demo\", PyInit_demo}, {\"sdk\", PyInit_sdk}, {NULL, NULL}};\n"), "{text}");
    }
}
