//! Owns `amphi stubs`: what editors and type checkers are told of a program's host modules.
//! It must never know how a declaration looks in Python; the core does.

use crate::{habitat, program, run};
use amphi_core::{Interface, PreparedBody, PreparedHost, Source, prepare, wit};
use anyhow::{Context as _, Result, bail, ensure};
use std::ffi::OsStr;
use std::io::Write as _;
use std::path::{Path, PathBuf};

/// Writes a .pyi file for each host module of a program, so that editors and type checkers know it.
///
/// What a module offers is what its WIT declares, or else what its exports show.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Stubs {
    /// A folder with amphi.toml, a Python script, or a .wit file whose functions are written elsewhere, as in Rust.
    program: PathBuf,
    /// A host module besides the program's own, as `amphi run` takes it. Repeat it for more.
    #[arg(long, value_name = "NAME=[native:]FILE")]
    host: Vec<String>,
    /// Write NAME.pyi for each into this folder, which is made if it is not there, beside amphi.pyi for the module amphi,
    /// and print their paths. Without it the stubs themselves are printed.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

/// What a script imports of amphi itself, and what stubs name.
const AMPHI: &str = include_str!("amphi.pyi");

const EXAMPLES: &str = "\
Examples:
  amphi stubs examples/hello                  # to look at
  amphi stubs examples/hello --out examples/hello
  amphi stubs script.py --host demo=demo.wat --out .
  amphi stubs demo.wit --out .

Editors and mypy find demo.pyi beside the script that imports demo; `mypy script.py` then checks its calls.";

impl Stubs {
    /// Writes or prints them.
    ///
    /// # Errors
    /// The program cannot be read, has no host modules, or a file cannot be written.
    pub(crate) fn run(self) -> Result<()> {
        let mut interfaces = self.interfaces()?;
        let names: Vec<String> = interfaces.iter().map(|(name, _)| name.clone()).collect();
        for named in interfaces.iter_mut().flat_map(|(_, interface)| &mut interface.types) {
            // What no other module offers is this one's own.
            named.owner.take_if(|owner| !names.contains(owner));
        }
        let stubs: Vec<(String, String)> =
            interfaces.into_iter().map(|(name, interface)| (name, interface.python_stub())).collect();
        if stubs.is_empty() {
            let shown = self.program.display();
            bail!("{shown} has no host modules; [host.NAME] in amphi.toml or --host NAME=FILE gives it one");
        }
        let told = match &self.out {
            None => printed(&stubs),
            Some(folder) => written(&stubs, folder)?,
        };
        // Whoever closed the output does not want to read on.
        let _ = std::io::stdout().write_all(told.as_bytes());
        Ok(())
    }

    /// Each host module's name and what it declares.
    fn interfaces(&self) -> Result<Vec<(String, Interface)>> {
        let path = &self.program;
        if path.extension() == Some(OsStr::new("wit")) {
            ensure!(self.host.is_empty(), "--host adds to a program, but {} is a declaration", path.display());
            let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
            let declared = wit::parse(&Source::new(path.display().to_string(), text))?;
            return Ok(declared.into_iter().map(|interface| (interface.name.clone(), interface)).collect());
        }
        let mut program = program::load(path, Vec::new())?;
        run::add_hosts(&mut program, &self.host)?;
        let hosts = prepare(&program)?.hosts;
        // What Python and JavaScript offer without a declaration is known once the file has run.
        let inferred = |host: &PreparedHost| {
            use PreparedBody::{JavaScript, NativePython, Python};
            matches!(
                host.body,
                Python { interface: None, .. }
                    | NativePython { interface: None, .. }
                    | JavaScript { interface: None, .. }
            )
        };
        let offered = match hosts.iter().any(inferred) {
            true => habitat::offered(program)?,
            false => Vec::new(),
        };
        let interface = |PreparedHost { name, body }| {
            // Nothing is known of what somebody's Rust would offer, unless it is declared.
            let interface = body.interface().cloned();
            let interface = interface.or_else(|| offered.iter().find(|offered| offered.name == name).cloned());
            Some((name, interface?))
        };
        Ok(hosts.into_iter().filter_map(interface).collect())
    }
}

/// One stub as it is; several with the name of each before it.
fn printed(stubs: &[(String, String)]) -> String {
    match stubs {
        [(_, stub)] => stub.clone(),
        several => {
            let named = several.iter().map(|(name, stub)| format!("# {name}.pyi\n{stub}"));
            named.collect::<Vec<_>>().join("\n")
        }
    }
}

/// Writes them, and gives their paths, one a line.
fn written(stubs: &[(String, String)], folder: &Path) -> Result<String> {
    std::fs::create_dir_all(folder).with_context(|| format!("cannot make the folder {}", folder.display()))?;
    let mut paths = String::new();
    let own = ("amphi".to_owned(), AMPHI.to_owned());
    for (name, stub) in stubs.iter().chain([&own]) {
        let path = folder.join(format!("{name}.pyi"));
        std::fs::write(&path, stub).with_context(|| format!("cannot write {}", path.display()))?;
        paths.push_str(&format!("{}\n", path.display()));
    }
    Ok(paths)
}
