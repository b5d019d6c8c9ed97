//! Builds the interpreter: takes the lock, finds sources and tools, runs the steps that are not done yet, and puts the
//! result into place. Must never know what a step does.

use std::collections::HashMap;
use std::error;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::slice;
use std::thread;
use std::time::Instant;

use crate::artifact::{self, Artifact};
use crate::atomic;
use crate::error::{Error, at};
use crate::finish;
use crate::lock::{self, Lock};
use crate::pins::{self, Pin};
use crate::place;
use crate::progress::{Ended, Progress, Step};
use crate::recipe::{self, Action, SETTINGS, STEPS, Tool};
use crate::run::Command;
use crate::sources::{self, Places};
use crate::toolchain::{self, Toolchain};

/// Initialises the interpreter in its first argument, a wasm module, and returns the module with its memory kept.
/// The second is a folder with the standard library's zip, which the interpreter sees as `/lib`.
pub type Snapshot<'a> = &'a dyn Fn(&[u8], &Path) -> Result<Vec<u8>, Box<dyn error::Error + Send + Sync>>;

/// What the caller may choose.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// A folder, or a file, with sources handed over by the user.
    pub sources: Option<PathBuf>,
    /// Builds even if the result is there; all steps run again.
    pub force: bool,
    /// wasm-opt, where the caller knows it.
    pub wasm_opt: Option<PathBuf>,
}

/// Builds the interpreter into the user's cache, or finds it there.
///
/// # Errors
/// See [`Error`]. Whatever fails, no half result is found later, and steps that were done are not done again.
pub fn build(options: &Options, snapshot: Snapshot<'_>, progress: &mut dyn Progress) -> Result<Artifact, Error> {
    let cache = place::cache_folder().ok_or(Error::NoCache)?;
    if cache.to_string_lossy().contains(char::is_whitespace) {
        return Err(Error::Blanks(cache));
    }
    let target = artifact::cached_folder().ok_or(Error::NoCache)?;
    let root = cache.join("build");
    let lock_file = root.join("lock");
    let lock = lock::take(&lock_file, |holder| {
        progress.note(&format!("waiting for another build of python.wasm (process {holder})"))
    })
    .map_err(at(&lock_file))?;
    // Another process may have finished while this one waited.
    if !options.force
        && let Ok(artifact) = artifact::open(&target)
    {
        return Ok(artifact);
    }
    let toolchain = toolchain::find(options.wasm_opt.as_deref())?;
    let mut builder = Builder {
        lock,
        files: HashMap::new(),
        folders: HashMap::new(),
        force: options.force,
        logs: root.join("logs"),
        progress,
        root,
        snapshot,
        toolchain,
        number: 0,
    };
    builder.fetch(&Places::new(options.sources.as_deref(), cache.join("sources")))?;
    for step in STEPS {
        builder.step(step)?;
    }
    builder.finish(&target)?;
    artifact::open(&target).map_err(|why| Error::File { path: target, source: io::Error::other(why) })
}

/// The file of one pin, in the user's cache: found there, or taken from where a build takes it. `line` is told what is
/// going on.
///
/// # Errors
/// It is not to be had, or the cache can't be written.
pub fn source(pin: &Pin, line: &mut dyn FnMut(&str)) -> Result<PathBuf, Error> {
    let cache = place::cache_folder().ok_or(Error::NoCache)?;
    let root = cache.join("build");
    let lock_file = root.join("lock");
    let _lock = lock::take(&lock_file, |holder| {
        line(&format!("waiting for a build of python.wasm (process {holder})"));
    })
    .map_err(at(&lock_file))?;
    let log = empty_log(&root.join("logs"), "sources")?;
    let places = Places::new(None, cache.join("sources"));
    sources::gather(slice::from_ref(pin), &places, &log, line)?;
    Ok(places.cache.join(pin.file()))
}

/// An empty file for what a step's programs print.
pub(crate) fn empty_log(logs: &Path, name: &str) -> Result<PathBuf, Error> {
    let log = logs.join(format!("{name}.log"));
    fs::create_dir_all(logs).and_then(|()| fs::write(&log, "")).map_err(at(&log))?;
    Ok(log)
}

/// The state of one build.
struct Builder<'a> {
    lock: Lock,
    /// Where each pinned file is, by the pin's name.
    files: HashMap<&'static str, PathBuf>,
    /// The folder of each step that is done, by its name.
    folders: HashMap<&'static str, PathBuf>,
    force: bool,
    logs: PathBuf,
    number: usize,
    progress: &'a mut dyn Progress,
    root: PathBuf,
    snapshot: Snapshot<'a>,
    toolchain: Toolchain,
}

impl Builder<'_> {
    /// Runs `body` as the next step, telling the caller.
    fn shown<T>(
        &mut self,
        name: &str,
        body: impl FnOnce(&mut Self, Instant) -> Result<(T, Ended), Error>,
    ) -> Result<T, Error> {
        self.number += 1;
        // Fetching comes before the table's steps, packing after them.
        let step = Step { number: self.number, of: STEPS.len() + 2, name };
        let started = Instant::now();
        self.progress.begin(step);
        let result = body(self, started);
        let ended = result.as_ref().map_or(Ended::Failed, |(_, ended)| *ended);
        self.progress.end(step, ended, started.elapsed());
        result.map(|(value, _)| value)
    }

    fn fetch(&mut self, places: &Places) -> Result<(), Error> {
        let from_sdk = self.toolchain.sdk_sysroot.is_some();
        let wanted: Vec<Pin> =
            pins::ALL.iter().filter(|pin| !(from_sdk && **pin == pins::WASI_LIBC)).copied().collect();
        self.shown("find the sources", |this, started| {
            let log = this.log("sources")?;
            let mut line = |line: &str| this.progress.line(line, started.elapsed());
            let files = sources::gather(&wanted, places, &log, &mut line)?;
            this.files = wanted.iter().map(|pin| pin.name).zip(files).collect();
            Ok(((), Ended::Done))
        })
    }

    fn step(&mut self, step: &'static recipe::Step) -> Result<(), Error> {
        let folder = self.root.join(format!("{}-{}", step.name, self.step_key(step)));
        self.folders.insert(step.name, folder.clone());
        self.shown(step.title, |this, started| {
            let stamp = folder.join("done");
            if this.force {
                atomic::remove_folder(&folder).map_err(at(&folder))?;
            } else if stamp.exists() {
                return Ok(((), Ended::Reused));
            }
            fs::create_dir_all(&folder).map_err(at(&folder))?;
            match step.action {
                Action::Script(script) => this.script(step, script, &folder, started)?,
                Action::Snapshot(_) => {
                    finish::snapshot(this.snapshot, this.folder("optimise"), this.folder("stdlib"), &folder)?
                }
            }
            atomic::write_file(&stamp, b"").map_err(at(&stamp))?;
            Ok(((), Ended::Done))
        })
    }

    /// Writes the step's script and texts into its folder and runs it there. A step that was interrupted runs again in
    /// the same folder: its script takes up what it finds, or clears it away.
    fn script(&mut self, step: &recipe::Step, script: &str, folder: &Path, started: Instant) -> Result<(), Error> {
        let recipe = folder.join("recipe");
        for input in step.inputs.iter().copied().flatten() {
            let path = recipe.join(input.path);
            atomic::write_file(&path, input.text.as_bytes()).map_err(at(&path))?;
        }
        let file = recipe.join(format!("{}.sh", step.name));
        atomic::write_file(&file, format!("{SETTINGS}\n{script}").as_bytes()).map_err(at(&file))?;
        let mut command = Command::new("sh", folder).args(["-eu".to_owned(), file.display().to_string()]);
        command.env = self.environment(step, folder);
        command.held = Some(self.lock.file());
        let log = self.log(step.name)?;
        command
            .run(&log, |line| self.progress.line(line, started.elapsed()))
            .map_err(|failed| Error::Step { step: step.title.to_owned(), failed })
    }

    /// What a script knows: tools, the folders of the steps it needs, its sources, and what keeps builds alike.
    fn environment(&self, step: &recipe::Step, folder: &Path) -> Vec<(String, String)> {
        let path = |path: &Path| path.display().to_string();
        let tools = &self.toolchain;
        let jobs = thread::available_parallelism().map_or(1, usize::from);
        let mut environment: Vec<(String, String)> = [
            ("AR", path(&tools.ar)),
            ("CLANG", path(&tools.clang)),
            ("JOBS", jobs.to_string()),
            ("LC_ALL", "C".to_owned()),
            ("OUT", path(folder)),
            // Python's own hashes decide the order of sets, and so of constants in .pyc files.
            ("PYTHONHASHSEED", "0".to_owned()),
            ("RANLIB", path(&tools.ranlib)),
            ("SDK_SYSROOT", tools.sdk_sysroot.as_deref().map(path).unwrap_or_default()),
            // When CPython 3.13.5 was packed: what compilers write for __DATE__,.
            ("SOURCE_DATE_EPOCH", "1749656217".to_owned()),
            ("TZ", "UTC".to_owned()),
            ("WASM_OPT", path(&tools.wasm_opt)),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into();
        environment
            .extend(step.needs.iter().map(|need| (format!("STEP_{}", need.to_uppercase()), path(self.folder(need)))));
        // A wasi-sdk brings its own C library; the variable of the pinned one is empty then.
        let file = |pin: &Pin| self.files.get(pin.name).map(|file| path(file)).unwrap_or_default();
        environment.extend(step.pins.iter().map(|(variable, pin)| ((*variable).to_owned(), file(pin))));
        environment
    }

    fn finish(&mut self, target: &Path) -> Result<(), Error> {
        self.shown("put it into place", |this, _| {
            let parts = finish::Parts {
                wasm: this.folder("snapshot"),
                stdlib: this.folder("stdlib"),
                link: this.folder("link"),
                toolchain: &this.toolchain.versions,
                sdk: this.toolchain.sdk_sysroot.is_some(),
            };
            finish::publish(&parts, target)?;
            finish::forget_old(&this.root, this.folders.values());
            Ok(((), Ended::Done))
        })
    }

    fn step_key(&self, step: &recipe::Step) -> String {
        let version = |tool| {
            let index = match tool {
                Tool::Clang => 0,
                Tool::WasmOpt => 1,
            };
            self.toolchain.versions.get(index).cloned().unwrap_or_default()
        };
        // The folder of a step bears its key, which makes it the key for those that need it.
        step.key(&version, &|need| self.folder(need).file_name().unwrap_or_default().to_string_lossy().into_owned())
    }

    fn folder(&self, step: &str) -> &Path {
        self.folders.get(step).map_or(&self.root, PathBuf::as_path)
    }

    /// An empty log for a step.
    fn log(&self, name: &str) -> Result<PathBuf, Error> {
        empty_log(&self.logs, name)
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::time::Duration;

    const fn step(name: &'static str, script: &'static str, needs: &'static [&'static str]) -> recipe::Step {
        recipe::Step {
            name,
            title: name,
            action: Action::Script(script),
            needs,
            pins: &[("ZLIB_FILE", pins::ZLIB)],
            inputs: &[&[recipe::Input { path: "c/a.c", text: "int a;" }]],
            tools: &[],
        }
    }

    const FIRST: recipe::Step = step("first", "cat recipe/c/a.c > made; echo \"$ZLIB_FILE\" >> made", &[]);
    const SECOND: recipe::Step = step("second", "cp \"$STEP_FIRST/made\" made", &["first"]);
    /// Fails the first time, as an interrupted step does, and finds there what it had done.
    const RESUMED: recipe::Step = step("resumed", "if ! test -e half; then touch half; echo no luck; exit 7; fi", &[]);

    #[derive(Default)]
    struct Recorded(Vec<(String, Ended)>);

    impl Progress for Recorded {
        fn end(&mut self, step: Step<'_>, ended: Ended, _elapsed: Duration) {
            self.0.push((step.name.to_owned(), ended));
        }
    }

    fn run(root: &Path, steps: &[&'static recipe::Step], force: bool) -> (Vec<(String, Ended)>, Result<(), Error>) {
        let none = PathBuf::new();
        let toolchain = Toolchain {
            clang: none.clone(),
            ar: none.clone(),
            ranlib: none.clone(),
            wasm_opt: none,
            sdk_sysroot: None,
            versions: Vec::new(),
        };
        let mut progress = Recorded::default();
        let lock_file = root.join("lock");
        let lock = match lock::take(&lock_file, |_| {}) {
            Ok(lock) => lock,
            Err(error) => return (Vec::new(), Err(at(&lock_file)(error))),
        };
        let mut builder = Builder {
            lock,
            files: HashMap::from([(pins::ZLIB.name, PathBuf::from("/sources/zlib.tar"))]),
            folders: HashMap::new(),
            force,
            logs: root.join("logs"),
            number: 0,
            progress: &mut progress,
            root: root.to_owned(),
            snapshot: &|_, _| Err("not in this test".into()),
            toolchain,
        };
        let result = steps.iter().try_for_each(|step| builder.step(step));
        (progress.0, result)
    }

    fn ended(names: &[(&str, Ended)]) -> Vec<(String, Ended)> {
        names.iter().map(|(name, ended)| ((*name).to_owned(), *ended)).collect()
    }

    #[test]
    fn a_step_runs_once_and_gives_to_those_that_need_it() {
        let root = tempfile::tempdir().unwrap();
        for (name, force, expected) in
            [("new", false, Ended::Done), ("again", false, Ended::Reused), ("forced", true, Ended::Done)]
        {
            let (told, result) = run(root.path(), &[&FIRST, &SECOND], force);
            result.unwrap();
            assert_eq!(told, ended(&[("first", expected), ("second", expected)]), "{name}");
        }
        let second = fs::read_dir(root.path()).unwrap().map(|entry| entry.unwrap().path());
        let second = second.into_iter().find(|path| path.to_string_lossy().contains("second-")).unwrap();
        assert_eq!(fs::read_to_string(second.join("made")).unwrap(), "int a;/sources/zlib.tar\n");
    }

    #[test]
    fn a_step_that_failed_says_why_and_goes_on_where_it_was() {
        let root = tempfile::tempdir().unwrap();
        let (told, result) = run(root.path(), &[&RESUMED, &FIRST], false);
        assert_eq!(told, ended(&[("resumed", Ended::Failed)]));
        let text = result.unwrap_err().to_string();
        assert!(text.starts_with("could not resumed: sh -eu ") && text.contains("\n    no luck\n"), "{text}");
        let (told, result) = run(root.path(), &[&RESUMED], false);
        result.unwrap();
        assert_eq!(told, ended(&[("resumed", Ended::Done)]));
    }
}
