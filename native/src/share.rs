//! Owns `amphi share` and `amphi unpack`: programs as links, and links as folders. It must never know how a program runs.

use crate::folder::Disk;
use amphi_core::link::Shared;
use amphi_core::manifest::{FILE, Folder as _};
use amphi_core::{Bytes, link, manifest};
use anyhow::{Context as _, Result, bail};
use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};

/// Where a page is, unless another is named.
const BASE: &str = "http://127.0.0.1:8000/";
/// Many a program that passes links on cuts longer ones.
const LONG: usize = 8_000;

/// Makes a link that carries a whole program.
///
/// The program is compressed behind the # of the link: whoever opens it in a browser has it in their page, and no server
/// sees it. `amphi run LINK` runs it here.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  amphi share examples/hello
  amphi share script.py --base https://example.org/amphi/
  amphi run \"$(amphi share examples/hello)\"")]
pub(crate) struct Share {
    /// A folder with amphi.toml, or a Python script.
    program: PathBuf,
    /// The address of the page that the link opens.
    #[arg(long, value_name = "ADDRESS", default_value = BASE)]
    base: String,
}

/// Writes the files of a link into a new folder, to be read, changed and run.
#[derive(Debug, clap::Args)]
pub(crate) struct Unpack {
    /// What `amphi share` or the page gave; - reads it from standard input.
    link: String,
    /// The folder; it must not be there yet. The program's name, unless it is given.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

impl Share {
    /// Prints the link.
    pub(crate) fn run(self) -> Result<()> {
        let shared = gather(&self.program)?;
        let link = format!("{}{}", self.base.trim_end_matches('#'), shared.to_link());
        if link.len() > link::LONGEST {
            bail!("the link would have {} characters, which no browser takes; send the folder instead", link.len());
        }
        if link.len() > LONG {
            crate::say(&format!("the link has {} characters: not every mail or chat passes it on whole", link.len()));
        }
        // Whoever closed the output does not want it.
        let _ = writeln!(std::io::stdout(), "{link}");
        Ok(())
    }
}

impl Unpack {
    /// Writes the files.
    pub(crate) fn run(self) -> Result<()> {
        let link = if self.link == "-" { std::io::read_to_string(std::io::stdin())? } else { self.link };
        let Shared { name, files } = Shared::of_link(&link)?;
        let folder = self.out.unwrap_or_else(|| PathBuf::from(&name));
        let shown = folder.display();
        std::fs::create_dir(&folder).with_context(|| format!("cannot make the folder {shown}"))?;
        for (path, bytes) in &files {
            let path = folder.join(path);
            let write = || -> std::io::Result<()> {
                std::fs::create_dir_all(path.parent().unwrap_or(&folder))?;
                std::fs::write(&path, &bytes.0)
            };
            write().with_context(|| format!("cannot write {}", path.display()))?;
        }
        let _ = writeln!(std::io::stdout(), "{shown}");
        Ok(())
    }
}

/// The files that a path names: a folder's, or a script with a manifest that names it.
fn gather(path: &Path) -> Result<Shared> {
    let shown = path.display();
    let whole = std::fs::canonicalize(path).with_context(|| format!("{shown} is not there"))?;
    let name = whole.file_name().unwrap_or_default().to_string_lossy().into_owned();
    if !whole.is_dir() {
        let bytes = std::fs::read(path).with_context(|| format!("cannot read {shown}"))?;
        let name = name.trim_end_matches(".py").to_owned();
        let manifest = format!("script = \"{name}.py\"\n");
        let files = [(FILE.to_owned(), manifest.as_str().into()), (format!("{name}.py"), Bytes(bytes))];
        return Ok(Shared { name, files: files.into() });
    }
    let disk = Disk::new(path);
    let mut files = BTreeMap::new();
    for file in disk.list().map_err(|error| anyhow::anyhow!("cannot list {shown}: {error}"))? {
        let bytes = disk.read(&file).map_err(|error| anyhow::anyhow!("cannot read {file} of {shown}: {error}"))?;
        files.insert(file, Bytes(bytes));
    }
    let text = files.get(FILE).with_context(|| format!("{shown} is a folder without {FILE}"))?;
    let text = str::from_utf8(text).with_context(|| format!("{FILE} of {shown} is not UTF-8"))?;
    // What does not read here does not read there.
    manifest::parse(&path.join(FILE).display().to_string(), text, &name, &files)?;
    Ok(Shared { name, files })
}

/// The program in a link, with nothing of this machine's.
///
/// # Errors
/// The link is broken, its program has a mistake, or it wants what only a folder on this machine can have.
pub(crate) fn program(text: &str) -> Result<amphi_core::Program> {
    let Shared { name, files } = Shared::of_link(text)?;
    let manifest = files.get(FILE).map(|bytes| String::from_utf8_lossy(bytes).into_owned()).unwrap_or_default();
    let program = manifest::parse(FILE, &manifest, &name, &files).context("in the link")?;
    let native = program
        .hosts
        .iter()
        .any(|host| matches!(host.body, amphi_core::Body::NativePython(_) | amphi_core::Body::Go(_)));
    let extended = matches!(&program.guest, amphi_core::Guest::Python { extended: Some(_), .. });
    let wants = if program.all_mounts().next().is_some() {
        Some("folders of this machine")
    } else if native {
        Some("host functions that this machine runs or compiles outside a guest")
    } else if extended {
        Some("C modules that this machine compiles")
    } else {
        None
    };
    match wants {
        Some(what) => {
            bail!("the program in the link wants {what}; `amphi unpack LINK` makes a folder of it, to be read and run")
        }
        None => Ok(program),
    }
}
