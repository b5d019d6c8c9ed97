//! Owns a module as the user handed it over: its bytes, its name in messages, its hash.
//! It must never know what compiling or running it takes.

use crate::Error;
use crate::engine::Checks;
use sha2::{Digest as _, Sha256};
use std::borrow::Cow;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

/// The four bytes that every module and component begins with.
const MAGIC: &[u8] = b"\0asm";
/// Version 1, layer 0: a core module.
const CORE_MODULE: &[u8] = &[1, 0, 0, 0];

/// A wasm module that is to be run.
#[derive(Debug, Clone)]
pub struct Wasm {
    name: String,
    source: Source,
    sha256: OnceLock<String>,
    checks: Checks,
}

#[derive(Debug, Clone)]
enum Source {
    File(PathBuf),
    Bytes(Arc<[u8]>),
}

impl Wasm {
    /// A file whose SHA-256 is known in lower-case hex, so that it is not read at all when its compiled code is at hand.
    #[must_use]
    pub fn known(name: &str, file: PathBuf, sha256: String) -> Self {
        Self {
            name: name.to_owned(),
            source: Source::File(file),
            sha256: OnceLock::from(sha256),
            checks: Checks::Compiled,
        }
    }

    /// A module in memory.
    #[must_use]
    pub fn from_bytes(name: &str, bytes: impl Into<Arc<[u8]>>) -> Self {
        Self {
            name: name.to_owned(),
            source: Source::Bytes(bytes.into()),
            sha256: OnceLock::new(),
            checks: Checks::Compiled,
        }
    }

    /// The same module, trusted to call `amphi:host@1.interrupt` often enough by itself, as this project's Python does.
    ///
    /// It then runs without the checks that end other modules' runs wherever they are, which cost an interpreter about
    /// a sixth of its speed.
    #[must_use]
    pub fn asking(self) -> Self {
        self.with_checks(Checks::Own)
    }

    pub(crate) fn with_checks(self, checks: Checks) -> Self {
        Self { checks, ..self }
    }

    pub(crate) fn checks(&self) -> Checks {
        self.checks
    }

    /// What the user calls it.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn sha256(&self) -> Result<String, Error> {
        if let Some(known) = self.sha256.get() {
            return Ok(known.clone());
        }
        let digest = Sha256::digest(self.bytes()?);
        let text: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(self.sha256.get_or_init(|| text).clone())
    }

    pub(crate) fn bytes(&self) -> Result<Cow<'_, [u8]>, Error> {
        match &self.source {
            Source::Bytes(bytes) => Ok(Cow::Borrowed(bytes)),
            Source::File(file) => match std::fs::read(file) {
                Ok(bytes) => Ok(Cow::Owned(bytes)),
                Err(error) => Err(Error::io(format!("cannot read {}", file.display()), error)),
            },
        }
    }

    /// Refuses what is no core module, before the compiler gives a less helpful reason.
    pub(crate) fn check(&self, bytes: &[u8]) -> Result<(), Error> {
        let name = self.name.clone();
        match bytes.split_at_checked(8) {
            Some((head, _)) if head.starts_with(MAGIC) && head.ends_with(CORE_MODULE) => Ok(()),
            Some((head, _)) if head.starts_with(MAGIC) && head.get(6) == Some(&1) => Err(Error::Component { name }),
            Some((head, _)) if head.starts_with(MAGIC) => {
                let reason =
                    format!("its version is {:?}, where version 1 is expected", head.get(4..8).unwrap_or_default());
                Err(Error::NotWasm { name, reason })
            }
            _ => {
                let reason = if bytes.is_empty() { "it is empty" } else { "it does not begin with the bytes \\0asm" };
                Err(Error::NotWasm { name, reason: reason.to_owned() })
            }
        }
    }

    /// The compiler's reason as the user's message.
    pub(crate) fn invalid(&self, error: &wasmtime::Error) -> Error {
        Error::NotWasm { name: self.name.clone(), reason: format!("{error:#}") }
    }
}

#[cfg(test)]
mod tests {
    use super::Wasm;

    #[test]
    fn only_core_modules_pass() {
        for (name, bytes, expected) in [
            ("empty", &b""[..], Some("m is not a WebAssembly module: it is empty")),
            ("text", b"hello, world", Some("m is not a WebAssembly module: it does not begin with the bytes \\0asm")),
            ("cut short", b"\0asm", Some("m is not a WebAssembly module: it does not begin with the bytes \\0asm")),
            ("component", b"\0asm\x0d\0\x01\0", Some("m is a WebAssembly component")),
            ("future", b"\0asm\x02\0\0\0", Some("m is not a WebAssembly module: its version is [2, 0, 0, 0]")),
            ("module", b"\0asm\x01\0\0\0", None),
        ] {
            let found = Wasm::from_bytes("m", bytes).check(bytes).err().map(|error| error.to_string());
            match (&found, expected) {
                (Some(found), Some(expected)) => assert!(found.starts_with(expected), "{name}: {found}"),
                (None, None) => {}
                _ => panic!("{name}: {found:?}"),
            }
        }
    }
}
