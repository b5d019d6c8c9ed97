//! Owns how what the user names on the command line becomes a program: a folder, a script, a module, standard input.
//! It must never know how a program runs.

use crate::folder::Disk;
use crate::go;
use crate::python;
use crate::share;
use amphi_core::module::{self, Compiled, ReadError};
use amphi_core::{Body, Entry, Guest, Program, Source, SourceError, link, manifest};
use anyhow::{Context as _, Result, bail};
use std::ffi::OsStr;
use std::path::Path;

/// The first bytes of every wasm file.
const WASM: &[u8] = b"\0asm";

/// The program that `path` names: `-`, a link, a folder with amphi.toml, WebAssembly as a module or text, or a Python
/// script.
///
/// # Errors
/// It is not there, or is none of these; the message says what was expected.
pub(crate) fn load(path: &Path, flags: Vec<String>) -> Result<Program> {
    if path == Path::new("-") {
        return Ok(of_python("stdin", Entry::Stdin, flags));
    }
    if let Some(text) = path.to_str().filter(|text| link::is_link(text)) {
        return with_flags(share::program(text)?, flags, "the program in the link");
    }
    let shown = path.display();
    if is_folder(path, "a folder with amphi.toml, a Python script or a .wasm file, or give a link")? {
        return folder(path, flags);
    }
    let bytes = std::fs::read(path).with_context(|| format!("cannot read {shown}"))?;
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let extension = path.extension();
    let bytes = if extension == Some(OsStr::new("wat")) { assemble(path, bytes)? } else { bytes };
    if bytes.starts_with(WASM) || extension == Some(OsStr::new("wasm")) {
        if let Some(flag) = flags.first() {
            bail!("{flag} is a flag of Python's, but {shown} is WebAssembly");
        }
        return Ok(Program::new(name, Guest::Wasm(bytes.into())));
    }
    script(path, name, bytes, flags)
}

/// Whether the path is a folder; `expected` is what the user could have named instead of what is not there.
fn is_folder(path: &Path, expected: &str) -> Result<bool> {
    let shown = path.display();
    match std::fs::metadata(path) {
        Ok(metadata) => Ok(metadata.is_dir()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => bail!("{shown} is not there; name {expected}"),
        Err(error) => Err(error).with_context(|| format!("cannot look at {shown}")),
    }
}

/// Text that a module was made of.
#[derive(Debug)]
pub(crate) struct Text {
    source: Source,
    functions: Vec<usize>,
}

impl Text {
    /// The module's mistake at its place in the text.
    pub(crate) fn place(&self, error: &ReadError) -> Option<SourceError> {
        module::place(&self.source, &self.functions, error)
    }
}

/// The bytes of a .wasm file; those of a .wat file with its text.
///
/// # Errors
/// It is not there, cannot be read, or is text with a mistake. Bytes are not looked at.
pub(crate) fn module(path: &Path) -> Result<(Vec<u8>, Option<Text>)> {
    let shown = path.display();
    if is_folder(path, "a .wasm or .wat file")? {
        bail!("{shown} is a folder; name a .wasm or .wat file");
    }
    let bytes = std::fs::read(path).with_context(|| format!("cannot read {shown}"))?;
    if path.extension() != Some(OsStr::new("wat")) {
        return Ok((bytes, None));
    }
    let (compiled, source) = compile(path, bytes)?;
    Ok((compiled.bytes, Some(Text { source, functions: compiled.functions })))
}

/// The module of WebAssembly text.
fn assemble(path: &Path, text: Vec<u8>) -> Result<Vec<u8>> {
    Ok(compile(path, text)?.0.bytes)
}

fn compile(path: &Path, text: Vec<u8>) -> Result<(Compiled, Source)> {
    let shown = path.display().to_string();
    let text = String::from_utf8(text).ok().with_context(|| format!("{shown} is not UTF-8"))?;
    let source = Source::new(shown, text);
    Ok((module::compile(&source)?, source))
}

/// A program of Python's that has no files.
pub(crate) fn of_python(name: &str, entry: Entry, flags: Vec<String>) -> Program {
    Program::new(name, Guest::Python { entry, flags, extended: None })
}

fn folder(path: &Path, more_flags: Vec<String>) -> Result<Program> {
    let file = path.join(manifest::FILE);
    let shown = file.display().to_string();
    let text = match std::fs::read(&file) {
        Ok(bytes) => String::from_utf8(bytes).ok().with_context(|| format!("{shown} is not UTF-8"))?,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            bail!("{} is a folder without {}; a program's folder has one", path.display(), manifest::FILE)
        }
        Err(error) => return Err(error).with_context(|| format!("cannot read {shown}")),
    };
    // `.` and `..` have no name of their own.
    let whole = std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let name = whole.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let mut program = manifest::parse(&shown, &text, &name, &Disk::new(path))?;
    for mount in program.all_mounts_mut() {
        mount.host = path.join(&mount.host).to_string_lossy().into_owned();
    }
    for host in &mut program.hosts {
        // It runs on the machine, where its `__file__` is to be found.
        if let Body::NativePython(source) = &mut host.body {
            source.file = path.join(&source.file).to_string_lossy().into_owned();
        }
    }
    if let Guest::Python { extended: Some(extended), .. } = &mut program.guest {
        for module in &mut extended.modules {
            module.file = path.join(&module.file).to_string_lossy().into_owned();
        }
    }
    go::compile(&mut program, path)?;
    python::extend(&mut program, &[])?;
    with_flags(program, more_flags, &path.display().to_string())
}

/// The program with more flags for its interpreter.
fn with_flags(mut program: Program, more: Vec<String>, shown: &str) -> Result<Program> {
    match (&mut program.guest, more.first()) {
        (Guest::Python { flags, .. }, _) => flags.extend(more),
        (Guest::Wasm(_), Some(flag)) => bail!("{flag} is a flag of Python's, but {shown} is WebAssembly"),
        (Guest::Wasm(_), None) => {}
    }
    Ok(program)
}

fn script(path: &Path, name: String, bytes: Vec<u8>, flags: Vec<String>) -> Result<Program> {
    if let Err(error) = std::str::from_utf8(&bytes)
        && !declares_encoding(&bytes)
    {
        let line = bytes.iter().take(error.valid_up_to()).filter(|byte| **byte == b'\n').count() + 1;
        bail!("{}:{line}: the script is not UTF-8, and its first lines declare no other encoding", path.display());
    }
    let mut program = of_python(&name, Entry::Script(name.clone()), flags);
    program.files.insert(name, bytes.into());
    Ok(program)
}

/// Whether one of the first two lines is a comment that names an encoding (PEP 263); then it is Python's to judge.
fn declares_encoding(bytes: &[u8]) -> bool {
    let mut lines = bytes.split(|byte| *byte == b'\n').take(2);
    lines.any(|line| line.trim_ascii_start().starts_with(b"#") && line.windows(6).any(|word| word == b"coding"))
}
