//! Owns the compiled code kept on disk: one file for a module, an engine's settings and a wasmtime, mapped when it is used.
//! It must never know what a module does. Losing the whole folder only costs time.

use crate::{Engine, Error, Wasm};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io::{self, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use wasmtime::{Engine as Wasmtime, Module};

/// How many compiled modules stay on disk.
const KEPT: usize = 64;

/// What the user may like to hear while a module is made ready.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Notice {
    /// The module is being compiled, which may take seconds; it is kept for the next time.
    Compiling {
        /// What the user calls the module.
        name: String,
        /// How large it is, which tells how long it takes: a MiB is about a third of a second.
        bytes: usize,
    },
    /// The compiled module is ready.
    Compiled {
        /// What the user calls the module.
        name: String,
    },
    /// Compiled code could not be kept. The run goes on without.
    NotKept {
        /// Why not, and where.
        reason: String,
    },
}

/// A folder of compiled modules, or none: then everything is compiled anew.
#[derive(Debug, Clone)]
pub struct Cache {
    folder: Option<PathBuf>,
}

impl Cache {
    /// A cache in `folder`, which is made when first needed.
    #[must_use]
    pub fn new(folder: Option<PathBuf>) -> Self {
        Self { folder }
    }

    /// The folder, if there is one.
    pub(crate) fn folder(&self) -> Option<&Path> {
        self.folder.as_deref()
    }

    /// The compiled module of `wasm`: from the folder, or compiled now and put there.
    ///
    /// # Errors
    /// The bytes cannot be read or are no core module. A cache that cannot be written is only a notice.
    pub(crate) fn module(&self, engine: &Engine, wasm: &Wasm, tell: &mut dyn FnMut(Notice)) -> Result<Module, Error> {
        let engine = engine.wasmtime(wasm.checks())?;
        let Some(folder) = &self.folder else {
            return compile(engine, wasm, tell).and_then(|code| from_bytes(engine, wasm, &code));
        };
        let file = folder.join(format!("{}-{}.cwasm", wasm.sha256()?, settings(engine)));
        if let Some(module) = open(engine, &file) {
            return Ok(module);
        }
        let code = compile(engine, wasm, tell)?;
        match write(folder, &file, &code) {
            // Mapping the file shares its pages with every other run; the bytes in memory would be a copy of our own.
            Ok(()) => match open(engine, &file) {
                Some(module) => Ok(module),
                None => from_bytes(engine, wasm, &code),
            },
            Err(error) => {
                let reason =
                    format!("cannot keep the compiled code of {} in {}: {error}", wasm.name(), folder.display());
                tell(Notice::NotKept { reason });
                from_bytes(engine, wasm, &code)
            }
        }
    }
}

/// Stands for everything besides the module that compiled code depends on: wasmtime's version, its settings, the processor.
fn settings(engine: &Wasmtime) -> String {
    let mut hasher = DefaultHasher::new();
    engine.precompile_compatibility_hash().hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}

fn compile(engine: &Wasmtime, wasm: &Wasm, tell: &mut dyn FnMut(Notice)) -> Result<Vec<u8>, Error> {
    let bytes = wasm.bytes()?;
    wasm.check(&bytes)?;
    tell(Notice::Compiling { name: wasm.name().to_owned(), bytes: bytes.len() });
    let code = engine.precompile_module(&bytes).map_err(|error| wasm.invalid(&error))?;
    tell(Notice::Compiled { name: wasm.name().to_owned() });
    Ok(code)
}

#[allow(unsafe_code, reason = "the bytes come from our own compiler, in this process")]
fn from_bytes(engine: &Wasmtime, wasm: &Wasm, code: &[u8]) -> Result<Module, Error> {
    // SAFETY: `precompile_module` of this same engine made `code`.
    unsafe { Module::deserialize(engine, code) }.map_err(|error| wasm.invalid(&error))
}

/// Maps a compiled module. A file that is not there or does not fit this engine is none: it is made again.
#[allow(unsafe_code, reason = "mapping compiled code is what the cache is for")]
fn open(engine: &Wasmtime, file: &Path) -> Option<Module> {
    if !file.exists() {
        return None;
    }
    // SAFETY: only `write` puts files here, whole and by rename, from our own compiler's bytes; nobody changes one
    // afterwards. Whoever else can write to the user's own cache folder can run code as that user anyway.
    unsafe { Module::deserialize_file(engine, file) }.ok()
}

/// Puts `code` under its final name in one step, so that no other process ever sees half of it.
fn write(folder: &Path, file: &Path, code: &[u8]) -> io::Result<()> {
    std::fs::create_dir_all(folder)?;
    // Dropped before `persist`, the temporary file is removed: a full disk leaves nothing behind.
    let mut temporary = tempfile::Builder::new().prefix(".compiling-").tempfile_in(folder)?;
    write_sparse(temporary.as_file_mut(), code)?;
    temporary.as_file().sync_all()?;
    temporary.persist(file).map_err(|error| error.error)?;
    // A folder that cannot be tidied today is tidied another day.
    let _ = tidy(folder);
    Ok(())
}

/// Removes the oldest files beyond [`KEPT`]. Whoever has one mapped keeps it, and whoever needs it again compiles it again.
fn tidy(folder: &Path) -> io::Result<()> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        if entry.path().extension().is_some_and(|extension| extension == "cwasm") {
            files.push((entry.metadata()?.modified()?, entry.path()));
        }
    }
    files.sort_unstable();
    let surplus = files.len().saturating_sub(KEPT);
    files.into_iter().take(surplus).try_for_each(|(_, file)| std::fs::remove_file(file))
}

/// A snapshot's memory image is mostly zeros between what is used; those become holes that take no disk.
fn write_sparse(file: &mut std::fs::File, code: &[u8]) -> io::Result<()> {
    const PAGE: usize = 4096;
    let mut pending: &[u8] = &[];
    let mut start = 0_usize;
    for (index, page) in code.chunks(PAGE).enumerate() {
        if page.iter().all(|byte| *byte == 0) {
            file.write_all(pending)?;
            file.seek(SeekFrom::Current(i64::try_from(page.len()).unwrap_or(0)))?;
            pending = &[];
            start = (index + 1) * PAGE;
        } else {
            pending = code.get(start..index * PAGE + page.len()).unwrap_or_default();
        }
    }
    file.write_all(pending)?;
    file.set_len(code.len() as u64)
}

#[cfg(test)]
mod tests {
    use super::write_sparse;
    use std::io::{Read as _, Seek as _, SeekFrom};

    #[test]
    fn holes_read_as_the_zeros_they_were() {
        for (name, pages) in [
            ("empty", &[][..]),
            ("all zero", &[0, 0, 0]),
            ("zeros first", &[0, 1, 2]),
            ("zeros between", &[1, 0, 0, 2, 3, 0, 4]),
            ("zeros last", &[5, 0]),
        ] {
            let mut code: Vec<u8> = pages.iter().flat_map(|byte| [*byte; 4096]).collect();
            code.extend([7; 100]);
            let mut file = tempfile::tempfile().unwrap();
            write_sparse(&mut file, &code).unwrap();
            let mut back = Vec::new();
            file.seek(SeekFrom::Start(0)).unwrap();
            file.read_to_end(&mut back).unwrap();
            assert!(back == code, "{name}");
        }
    }
}
