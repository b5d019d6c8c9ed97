//! The program that is being written: a folder of files, as on disk. It must never know how they are edited.

use std::collections::BTreeMap;

use amphi_core::manifest::{self, FILE, ManifestError};
use amphi_core::{Body, Bytes, Entry, Guest, PrepareError, Prepared, Program, SourceError};

use crate::mark::Mark;

/// A folder of files, with its `amphi.toml`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Project {
    /// The folder's name.
    pub name: String,
    files: BTreeMap<String, Bytes>,
    parts: Parts,
}

/// What the manifest said when it was last without a mistake: who writes in it breaks it with every other key.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Parts {
    title: Option<String>,
    about: String,
    script: Option<String>,
    /// The texts of host functions, bodies before declarations.
    hosts: Vec<String>,
}

/// A mistake in the program, and the file it is in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The file's path.
    pub file: String,
    /// What is wrong and where, in one or more lines.
    pub message: String,
    /// The line, if it is in one.
    pub mark: Option<Mark>,
}

/// A first host function, to be changed.
const NEW_WAT: &str = r#";; Python calls it as demo.demo(a, b): import demo first.
(module
  (func (export "demo") (param $a i32) (param $b i32) (result i32)
    (i32.add (local.get $a) (local.get $b))))
"#;
const NEW_TABLE: &str = "\n[host.demo]\nwat = \"demo.wat\"\n";

impl Project {
    /// A folder of these files.
    #[must_use]
    pub fn new(name: &str, files: impl IntoIterator<Item = (String, Vec<u8>)>) -> Self {
        let files = files.into_iter().map(|(path, bytes)| (path, Bytes(bytes))).collect();
        let mut project = Self { name: name.to_owned(), files, parts: Parts::default() };
        project.read();
        project
    }

    /// Reads the manifest, if it can be read.
    fn read(&mut self) {
        let Ok(Program { title, about, guest, hosts, .. }) = self.program() else { return };
        let script = match guest {
            Guest::Python { entry: Entry::Script(path), .. } => Some(path),
            _ => None,
        };
        let bodies = hosts.iter().filter_map(|host| match &host.body {
            Body::Wat(source)
            | Body::Go(source)
            | Body::Python(source)
            | Body::NativePython(source)
            | Body::JavaScript(source) => Some(source.file.clone()),
            Body::Wasm { .. } | Body::Registered => None,
        });
        let declarations = hosts.iter().filter_map(|host| host.wit.as_ref().map(|wit| wit.file.clone()));
        let mut hosts: Vec<String> = Vec::new();
        for path in bodies.chain(declarations) {
            // Hosts may share a file.
            if !hosts.contains(&path) {
                hosts.push(path);
            }
        }
        self.parts = Parts { title, about: about.unwrap_or_default(), script, hosts };
    }

    /// A folder with an empty script.
    #[must_use]
    pub fn empty() -> Self {
        Self::new("untitled", [(FILE.to_owned(), Vec::new()), ("main.py".to_owned(), Vec::new())])
    }

    /// The program that the files make.
    fn program(&self) -> Result<Program, ManifestError> {
        manifest::parse(FILE, &self.text(FILE), &self.name, &self.files)
    }

    /// Compiles the host functions: what a run needs.
    ///
    /// # Errors
    /// The first mistake in a file.
    pub fn prepare(&self) -> Result<Prepared, Problem> {
        let program = self.program().map_err(|error| {
            let message = error.to_string();
            let mark = Mark { file: FILE.to_owned(), line: error.line, column: None, message: error.message };
            Problem { file: FILE.to_owned(), message, mark: Some(mark) }
        })?;
        amphi_core::prepare(&program).map_err(|error| {
            let message = error.to_string();
            match error {
                PrepareError::Source(SourceError { file, line, column, message: why, .. }) => {
                    let mark = Mark { file: file.clone(), line, column: Some(column), message: why };
                    Problem { file, message, mark: Some(mark) }
                }
                PrepareError::Host { file, .. } => Problem { file, message, mark: None },
                PrepareError::Name { .. } | PrepareError::Guest { .. } => {
                    Problem { file: FILE.to_owned(), message, mark: None }
                }
            }
        })
    }

    /// The heading, from the manifest.
    #[must_use]
    pub fn title(&self) -> String {
        self.parts.title.clone().unwrap_or_else(|| self.name.clone())
    }

    /// A sentence or two about it, from the manifest.
    #[must_use]
    pub fn about(&self) -> String {
        self.parts.about.clone()
    }

    /// The path of the script.
    #[must_use]
    pub fn script(&self) -> String {
        self.parts.script.clone().unwrap_or_else(|| "main.py".to_owned())
    }

    /// The paths of the host functions' texts, bodies before declarations.
    #[must_use]
    pub fn hosts(&self) -> Vec<String> {
        self.parts.hosts.clone()
    }

    /// The texts beside the script: host functions first, then the rest by name.
    #[must_use]
    pub fn beside(&self) -> Vec<String> {
        let (script, mut paths) = (self.script(), self.hosts());
        let is_text = |bytes: &Bytes| std::str::from_utf8(bytes).is_ok_and(|text| !text.contains('\0'));
        for (path, bytes) in &self.files {
            if *path != script && !paths.contains(path) && is_text(bytes) {
                paths.push(path.clone());
            }
        }
        paths
    }

    /// A file's text; empty where there is none.
    #[must_use]
    pub fn text(&self, path: &str) -> String {
        self.files.get(path).map(|bytes| String::from_utf8_lossy(bytes).into_owned()).unwrap_or_default()
    }

    /// Changes a file's text.
    pub fn set_text(&mut self, path: &str, text: String) {
        let is_new = self.files.insert(path.to_owned(), text.into()).is_none();
        // What a manifest says depends on which files there are, not on what is in others.
        if is_new || path == FILE {
            self.read();
        }
    }

    /// Adds a host function to begin with; gives back the path of its body.
    pub fn add_host(&mut self) -> String {
        let path = "demo.wat".to_owned();
        let manifest = self.text(FILE);
        self.files.entry(path.clone()).or_insert_with(|| NEW_WAT.into());
        self.set_text(FILE, format!("{manifest}{NEW_TABLE}"));
        path
    }
}

#[cfg(test)]
mod tests {
    use super::Project;

    fn project(manifest: &str, wat: &str) -> Project {
        let files = [("amphi.toml", manifest), ("main.py", "import demo"), ("demo.wat", wat)];
        Project::new("test", files.map(|(path, text)| (path.to_owned(), text.as_bytes().to_vec())))
    }

    const HOST: &str = "[host.demo]\nwat = \"demo.wat\"\n";

    #[test]
    fn mistakes_name_their_file() {
        for (manifest, wat, file, part) in [
            ("banana = 1\n", "(module)", "amphi.toml", "banana"),
            (HOST, "(module", "demo.wat", "demo.wat:1"),
            ("[host.for]\nwat = \"demo.wat\"\n", "(module)", "amphi.toml", "'for'"),
        ] {
            let problem = project(manifest, wat).prepare().expect_err("a mistake");
            assert_eq!(problem.file, file);
            assert!(problem.message.contains(part), "{}", problem.message);
        }
    }

    #[test]
    fn files_are_found_beside_the_script() {
        let mut project = project(HOST, "(module)");
        assert_eq!(project.script(), "main.py");
        assert_eq!(project.beside(), ["demo.wat", "amphi.toml"]);
        project.set_text("notes.txt", "x".to_owned());
        assert_eq!(project.beside(), ["demo.wat", "amphi.toml", "notes.txt"]);
        // A manifest that is being written says nothing new.
        project.set_text("amphi.toml", "[host.demo".to_owned());
        assert_eq!(project.beside(), ["demo.wat", "amphi.toml", "notes.txt"]);
        project.set_text("amphi.toml", "script = \"notes.txt\"\n".to_owned());
        assert_eq!(
            (project.script(), project.beside()),
            ("notes.txt".to_owned(), vec!["amphi.toml".to_owned(), "demo.wat".to_owned(), "main.py".to_owned()])
        );
    }

    #[test]
    fn a_new_host_function_can_be_called() {
        let mut project = Project::empty();
        assert_eq!(project.add_host(), "demo.wat");
        assert_eq!(project.prepare().expect("valid").hosts.len(), 1);
        assert_eq!(project.hosts(), ["demo.wat"]);
    }
}
