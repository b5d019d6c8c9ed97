//! Owns `amphi new`: the beginning of a host module, as a file. It must never know how a language spells a function; the
//! core does.

use amphi_core::{Interface, Language, Source, wit};
use anyhow::{Context as _, Result, bail, ensure};
use std::fs::OpenOptions;
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

/// Writes the beginning of a host module: all functions that a declaration has, with their docs, none written yet.
///
/// Each interface of the declaration becomes a file of its name, beside the declaration. Nothing is overwritten.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct New {
    /// The declaration, in WIT.
    #[arg(long, value_name = "FILE.wit")]
    host: PathBuf,
    /// The language to write it in: python, javascript, rust, wat, c or go.
    #[arg(long = "in", value_name = "LANGUAGE", value_parser = language)]
    language: Language,
    /// Write into this folder, which is made if it is not there.
    #[arg(long, value_name = "DIR", conflicts_with = "print")]
    out: Option<PathBuf>,
    /// Print it instead.
    #[arg(long)]
    print: bool,
}

const EXAMPLES: &str = "\
Examples:
  amphi new --host demo.wit --in python       # demo.py
  amphi new --host demo.wit --in rust --out src
  amphi new --host demo.wit --in wat --print

Python, JavaScript and Rust have a shape for every type of WIT; wat, c and go for numbers, bool,
char, string and list<u8>. `amphi run` takes the file with [host.demo] in amphi.toml, see the README.";

fn language(given: &str) -> Result<Language, String> {
    let found = Language::ALL.into_iter().find(|language| [language.name(), language.extension()].contains(&given));
    found.ok_or_else(|| "choose one of python, javascript, rust, wat, c and go".to_owned())
}

impl New {
    /// Writes or prints it.
    ///
    /// # Errors
    /// The declaration cannot be read, the language has no shape for it, or a file is there already.
    pub(crate) fn run(self) -> Result<()> {
        let path = &self.host;
        let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
        let interfaces = wit::parse(&Source::new(path.display().to_string(), text))?;
        ensure!(!interfaces.is_empty(), "{} declares no interface", path.display());
        let texts = interfaces.iter().map(|interface| {
            let text = interface.skeleton(self.language);
            text.map_err(|why| anyhow::anyhow!("{} cannot be written in {}: {why}", interface.name, self.language))
        });
        let texts = texts.collect::<Result<Vec<String>>>()?;
        if self.print {
            // Whoever closed the output does not want to read on.
            let _ = std::io::stdout().write_all(texts.join("\n").as_bytes());
            return Ok(());
        }
        let folder = self.out.as_deref().or_else(|| path.parent()).unwrap_or(Path::new(""));
        if !folder.as_os_str().is_empty() {
            std::fs::create_dir_all(folder).with_context(|| format!("cannot make the folder {}", folder.display()))?;
        }
        let mut told = String::new();
        for (interface, text) in interfaces.iter().zip(&texts) {
            let file = folder.join(format!("{}.{}", interface.name, self.language.extension()));
            create(&file, text)?;
            told.push_str(&format!("{}\n", file.display()));
        }
        let _ = std::io::stdout().write_all(told.as_bytes());
        let _ = std::io::stderr().write_all(self.next(&interfaces).as_bytes());
        Ok(())
    }

    /// How a program gets what was written.
    fn next(&self, interfaces: &[Interface]) -> String {
        let wit = self.host.file_name().unwrap_or_default().to_string_lossy();
        let body = |name: &str| match self.language {
            Language::Rust => None,
            Language::C => Some(format!("wasm = \"{name}.wasm\"")),
            language => Some(format!("{language} = \"{name}.{}\"", language.extension())),
        };
        let tables = interfaces.iter().filter_map(|Interface { name, .. }| {
            Some(format!("\n  [host.{name}]\n  wit = \"{wit}\"\n  {}\n", body(name)?))
        });
        match tables.collect::<String>() {
            none if none.is_empty() => {
                "\nA program that embeds amphi gives its module() to a run or a pool, see the README.\n".to_owned()
            }
            tables => format!("\nIn a program's amphi.toml:\n{tables}"),
        }
    }
}

/// Makes a file that is not there.
fn create(file: &Path, text: &str) -> Result<()> {
    let shown = file.display();
    let mut made = match OpenOptions::new().write(true).create_new(true).open(file) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            bail!(
                "{shown} is there already, and nothing is overwritten; --out DIR writes elsewhere, --print only shows"
            );
        }
        made => made.with_context(|| format!("cannot write {shown}"))?,
    };
    made.write_all(text.as_bytes()).with_context(|| format!("cannot write {shown}"))
}
