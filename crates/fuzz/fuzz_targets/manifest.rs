//! Text as `amphi.toml`. It becomes a program whose files are all there, or a mistake in one line that lies inside the
//! text; sizes and times of any text are numbers or refused.
#![no_main]

use std::collections::BTreeMap;

use amphi_core::manifest::{self, Folder, FolderError};
use amphi_core::{Bytes, Entry, Guest, units};
use libfuzzer_sys::fuzz_target;

/// The program's folder, as it is without the manifest.
const FILES: &[(&str, &[u8])] = &[
    ("amphi.toml", b""),
    ("main.py", b"print(1)\n"),
    ("bad.py", b"\xFF"),
    ("data/in.txt", b"1 2 3"),
    ("data/out.txt", b"6"),
    ("demo.wit", b"interface demo { demo: func(a: s32, b: s32) -> s32; }"),
    ("demo.wat", b"(module)"),
];

/// A folder that is read as it was asked.
struct Files(BTreeMap<String, Bytes>);

impl Folder for Files {
    fn read(&self, path: &str) -> Result<Vec<u8>, FolderError> {
        assert!(!path.starts_with('/') && path.split('/').all(|part| part != ".."), "{path:?} leaves the folder");
        self.0.read(path)
    }

    fn list(&self) -> Result<Vec<String>, FolderError> {
        self.0.list()
    }
}

fuzz_target!(|data: &[u8]| {
    let Ok(text) = str::from_utf8(data) else { return };
    let folder = Files(FILES.iter().map(|(path, bytes)| ((*path).to_owned(), bytes.to_vec().into())).collect());
    match manifest::parse("x/amphi.toml", text, "x", &folder) {
        Ok(program) => {
            for (path, bytes) in &program.files {
                assert_eq!(folder.0.get(path), Some(bytes), "{path}");
            }
            if let Guest::Python { entry: Entry::Script(script), .. } = &program.guest {
                assert!(program.files.contains_key(script), "{script}");
            }
        }
        Err(error) => {
            let lines = text.matches('\n').count() + 1;
            assert!((1..=lines).contains(&error.line), "line {} of {lines}: {error}", error.line);
            assert!(!error.message.is_empty());
        }
    }
    for told in [units::parse_size(text).err(), units::parse_time(text).err()].into_iter().flatten() {
        assert!(!told.to_string().is_empty());
    }
});
