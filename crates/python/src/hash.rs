//! SHA-256 of files and of the inputs of a build.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use sha2::{Digest, Sha256};

/// The SHA-256 of a file as 64 lower-case hex digits, and its size in bytes.
pub(crate) fn file(path: &Path) -> io::Result<(String, u64)> {
    let mut file = File::open(path)?;
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 1 << 16];
    let mut size = 0;
    loop {
        let read = file.read(&mut buffer)?;
        let Some(bytes) = buffer.get(..read).filter(|bytes| !bytes.is_empty()) else { break };
        hasher.update(bytes);
        size += bytes.len() as u64;
    }
    Ok((hex(&hasher.finalize()), size))
}

/// A key over named inputs. Each field is preceded by its length, so that no two lists of inputs run together.
#[derive(Debug, Default)]
pub(crate) struct Key(Sha256);

impl Key {
    /// Adds one input.
    pub(crate) fn add(&mut self, field: &str) -> &mut Self {
        self.0.update((field.len() as u64).to_le_bytes());
        self.0.update(field);
        self
    }

    /// The first 16 hex digits: enough to tell builds apart, short enough for a folder name.
    pub(crate) fn finish(&self) -> String {
        let mut digits = hex(&self.0.clone().finalize());
        digits.truncate(16);
        digits
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(fields: &[&str]) -> String {
        let mut key = Key::default();
        for field in fields {
            key.add(field);
        }
        key.finish()
    }

    #[test]
    fn keys_tell_inputs_apart_and_stay() {
        assert_eq!(key(&["a", "b"]), key(&["a", "b"]));
        assert_ne!(key(&["ab", ""]), key(&["a", "b"]));
        assert_ne!(key(&["a", "b"]), key(&["b", "a"]));
        assert_eq!(key(&["amphi"]), "d29b0eba548eb9c7", "SHA-256 of the length and the text, cut");
    }

    #[test]
    fn a_file_is_hashed_whole() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("abc");
        std::fs::write(&path, "abc").unwrap();
        let expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(file(&path).unwrap(), (expected.to_owned(), 3));
    }
}
