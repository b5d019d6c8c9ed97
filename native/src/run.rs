//! Owns `amphi run`: its options, and what they do to the program it runs.
//! It must never know how a habitat runs a program.

use crate::flags::PythonFlags;
use crate::folder::Disk;
use crate::go;
use crate::habitat::{self, Name};
use crate::program;
use crate::python;
use crate::renewal::Files;
use amphi_core::manifest::Folder as _;
use amphi_core::names::is_python_name;
use amphi_core::units::{parse_size, parse_time};
use amphi_core::{Access, Body, Entry, HostSource, LIB, Mount, Program, Source, WORK};
use anyhow::{Context as _, Result, bail, ensure};
use std::collections::BTreeSet;
use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};

/// Runs a program in one habitat and exits with the guest's code.
///
/// A program is a folder with amphi.toml, a Python script, any wasm32-wasip1 module, a link that `amphi share` or the
/// page made, or text after -c. Options go before the program or right after it; what follows is the program's own.
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Run {
    /// A folder with amphi.toml, a Python script, a .wasm or .wat file, a link, or - for a script on standard input.
    program: Option<PathBuf>,
    /// What the program gets as its arguments.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    args: Vec<String>,
    /// Python code to run.
    #[arg(short = 'c', value_name = "CODE", allow_hyphen_values = true, conflicts_with = "module")]
    code: Option<String>,
    /// A Python module to run as a program.
    #[arg(short = 'm', value_name = "MODULE")]
    module: Option<String>,
    #[command(flatten)]
    pub(crate) options: Options,
    #[command(flatten)]
    flags: PythonFlags,
}

/// What a run is given besides its program.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Options {
    /// Where it runs.
    #[arg(long, value_enum, default_value_t)]
    pub(crate) habitat: Name,
    /// A folder the guest may see; with :ro only see. Repeat it for more.
    #[arg(long, value_name = "HOST::GUEST[:ro]")]
    dir: Vec<String>,
    /// A variable of the guest's environment, which is empty otherwise. Repeat it for more.
    #[arg(long, value_name = "KEY=VALUE")]
    env: Vec<String>,
    /// A host module that the guest imports as NAME: WebAssembly text or a module, Python (.py), which runs in a guest of
    /// its own, with native: before the file in the machine's own Python, JavaScript (.js, .mjs) or Go (.go). Repeat it for
    /// more.
    #[arg(long, value_name = "NAME=[native:]FILE")]
    host: Vec<String>,
    /// A C extension module that Python is linked with before it runs, which takes seconds the first time. Repeat it for
    /// more.
    #[arg(long, value_name = "NAME.c")]
    extension: Vec<PathBuf>,
    /// The most memory the guest may have, for instance 256MiB.
    #[arg(long, value_name = "SIZE", value_parser = parse_size)]
    memory: Option<u64>,
    /// The longest the run may take, for instance 10s.
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    wall: Option<u64>,
    /// The most the run may print, for instance 1MiB.
    #[arg(long, value_name = "SIZE", value_parser = parse_size)]
    output_limit: Option<u64>,
    #[command(flatten)]
    conditions: Conditions,
}

/// What a run is put to.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Conditions {
    /// Calls that fail without being made, for instance fd_write:NOSPC@2.. from the second on, or path_open=*.txt:ACCES.
    /// Repeat it for more.
    #[arg(long, value_name = "CALL[=PATH]:ERRNO[@COUNT]")]
    fault: Vec<String>,
    /// Clocks, random numbers and inodes that are the same in every run, from this seed; 0 if none is given.
    #[arg(long, value_name = "SEED", num_args = 0..=1, require_equals = true, default_missing_value = "0")]
    deterministic: Option<u64>,
}

impl Conditions {
    /// Puts them into a program, beside what it says itself.
    pub(crate) fn apply(&self, program: &mut Program) {
        program.watch.faults.extend(self.fault.iter().cloned());
        if let Some(seed) = self.deterministic {
            program.determinism.get_or_insert_default().seed = seed;
        }
    }
}

const EXAMPLES: &str = "\
Examples:
  amphi run script.py one two < input.txt
  amphi run -c 'import json; print(json.dumps({}))'
  amphi run -m timeit -n 100 '[]'
  amphi run examples/hello --habitat firefox
  amphi run prog.wasm --dir ./data::/data:ro --env LANG=C -- --flag-of-prog
  amphi run --host demo=demo.wat -c 'import demo; print(demo.demo(1, 2))'

Exit codes: the guest's own; 121 memory, 122 wall time, 123 output: a limit was met; 130 interrupted; 134 trapped;
1 with a message of amphi's: the run could not begin; 2: the command line is wrong.";

impl Run {
    /// Runs it, and gives the exit code.
    pub(crate) fn run(self) -> Result<i32> {
        if !self.flags.inspect {
            let (habitat, program) = self.into_program()?;
            return habitat::run(habitat, program, |_| {});
        }
        let (named, again) = (self.clone(), self.clone());
        let list = move || named.options.files(named.program.as_deref());
        let files = Files::new(list, move || Ok(again.clone().into_program()?.1));
        let (habitat, program) = self.into_program()?;
        habitat::session(habitat, program, files)
    }

    /// The program, and where it is to run.
    pub(crate) fn into_program(self) -> Result<(habitat::Name, Program)> {
        let Self { program: path, mut args, code, module, options, flags } = self;
        let habitat = options.habitat;
        let list = flags.list();
        let mut program = match (code, module) {
            (None, None) => match path {
                Some(path) => program::load(&path, list)?,
                None if flags.version > 0 || !std::io::stdin().is_terminal() => {
                    program::of_python("stdin", Entry::Stdin, list)
                }
                None => bail!("there is nothing to run: name a program, give code with -c, or start `amphi repl`"),
            },
            (code, module) => {
                // What looks like a program behind -c and -m is the first argument.
                if let Some(first) = path {
                    args.insert(0, first.to_string_lossy().into_owned());
                }
                match (code, module) {
                    (Some(code), _) => program::of_python("-c", Entry::Command(code), list),
                    (None, module) => program::of_python("-m", Entry::Module(module.unwrap_or_default()), list),
                }
            }
        };
        // A program's own arguments are what its author would type; the user's take their place.
        if !args.is_empty() {
            program.args = args;
        }
        if flags.inspect && std::io::stdin().is_terminal() {
            // A person's pauses are no reason to end a session.
            program.limits.wall_ms = None;
        }
        options.apply(&mut program)?;
        Ok((habitat, program))
    }
}

impl Options {
    /// The files that host modules come from: those that are named, and all of a program that is a folder.
    pub(crate) fn files(&self, program: Option<&Path>) -> Vec<PathBuf> {
        let named = self.host.iter().filter_map(|given| given.split_once('=').map(|(_, file)| file));
        let named = named.map(|file| PathBuf::from(file.strip_prefix("native:").unwrap_or(file)));
        // What is no folder is a script, which has run by then.
        let own = program.and_then(|folder| Some((folder, Disk::new(folder).list().ok()?)));
        let own = own.into_iter().flat_map(|(folder, files)| files.into_iter().map(|file| folder.join(file)));
        named.chain(own).collect()
    }

    /// Puts the options into a program, beside and before what it says itself.
    pub(crate) fn apply(self, program: &mut Program) -> Result<()> {
        for given in &self.env {
            let (key, value) = given.split_once('=').with_context(|| format!("--env {given}: write KEY=VALUE"))?;
            ensure!(!key.is_empty(), "--env {given}: the variable has no name");
            program.env.retain(|(other, _)| other != key);
            program.env.push((key.to_owned(), value.to_owned()));
        }
        for given in &self.dir {
            let mount = mount(given, program)?;
            program.mounts.push(mount);
        }
        for mount in &program.mounts {
            let host = &mount.host;
            let metadata =
                std::fs::metadata(host).with_context(|| format!("cannot mount {host} as {}", mount.guest))?;
            ensure!(metadata.is_dir(), "cannot mount {host} as {}: it is not a folder", mount.guest);
        }
        add_hosts(program, &self.host)?;
        if !self.extension.is_empty() {
            python::extend(program, &self.extension)?;
        }
        self.conditions.apply(program);
        let limits = &mut program.limits;
        limits.memory_bytes = self.memory.unwrap_or(limits.memory_bytes);
        limits.output_bytes = self.output_limit.unwrap_or(limits.output_bytes);
        if let Some(wall) = self.wall {
            // Less than a millisecond is one: no time at all would end every run.
            limits.wall_ms = Some((wall / 1_000_000).max(1));
        }
        Ok(())
    }
}

/// A mount from `HOST::GUEST`, perhaps with `:ro` or `:rw` behind.
fn mount(given: &str, program: &Program) -> Result<Mount> {
    let example = "write HOST::GUEST, for instance ./data::/data or ./data::/data:ro";
    let (host, guest) = given.split_once("::").with_context(|| format!("--dir {given}: {example}"))?;
    let (guest, access) = match (guest.strip_suffix(":ro"), guest.strip_suffix(":rw")) {
        (Some(guest), _) => (guest, Access::ReadOnly),
        (None, Some(guest)) => (guest, Access::ReadWrite),
        (None, None) => (guest, Access::ReadWrite),
    };
    ensure!(!host.is_empty() && !guest.is_empty(), "--dir {given}: {example}");
    let absolute = guest.starts_with('/') && !guest.split('/').any(|part| part == ".." || part == ".");
    // Modules other than Python may have a folder `.`, which WASI programs open relative paths in.
    ensure!(
        absolute || (guest == "." && !program.is_python()),
        "--dir {given}: the guest's path should be absolute, like /data"
    );
    let taken = program.mounts.iter().any(|mount| mount.guest == guest);
    ensure!(!taken, "--dir {given}: {guest} is mounted already");
    let own = program.is_python() && (guest == WORK || guest == LIB);
    ensure!(!own, "--dir {given}: Python programs have {guest} already; choose another path");
    Ok(Mount { host: host.to_owned(), guest: guest.to_owned(), access, copy: None })
}

/// Adds the host modules that are given as `NAME=FILE`; one takes the place of the program's own of that name.
pub(crate) fn add_hosts(program: &mut Program, given: &[String]) -> Result<()> {
    let mut named = BTreeSet::new();
    for given in given {
        let host = host(given)?;
        ensure!(named.insert(host.name.clone()), "--host {given}: there is another {} on the command line", host.name);
        program.hosts.retain(|other| other.name != host.name);
        program.hosts.push(host);
    }
    go::compile(program, Path::new(""))
}

/// A host module from `NAME=FILE` or `NAME=native:FILE`.
fn host(given: &str) -> Result<HostSource> {
    let (name, file) = given
        .split_once('=')
        .with_context(|| format!("--host {given}: write NAME=FILE, for instance demo=demo.wat"))?;
    ensure!(is_python_name(name), "--host {given}: Python cannot import '{name}'; letters, digits and _ make a name");
    let (native, file) = file.strip_prefix("native:").map_or((false, file), |file| (true, file));
    let bytes = std::fs::read(file).with_context(|| format!("--host {given}: cannot read {file}"))?;
    let body = if native {
        let text = String::from_utf8(bytes).ok();
        Body::NativePython(Source::new(file, text.with_context(|| format!("--host {given}: {file} is not UTF-8"))?))
    } else if bytes.starts_with(b"\0asm") {
        Body::Wasm { file: file.to_owned(), bytes: bytes.into() }
    } else {
        let text = String::from_utf8(bytes).ok();
        let text = text.with_context(|| format!("--host {given}: {file} is neither wasm nor text"))?;
        let source = Source::new(file, text);
        match file.rsplit_once('.').map(|(_, ending)| ending) {
            Some("py") => Body::Python(source),
            Some("js" | "mjs") => Body::JavaScript(source),
            Some("go") => Body::Go(source),
            _ => Body::Wat(source),
        }
    };
    Ok(HostSource::new(name, body))
}
