//! The program that is being written: a folder of files, as on disk. It must never know how they are edited.

use std::collections::BTreeMap;

use amphi_core::link::Shared;
use amphi_core::manifest::{self, FILE, ManifestError};
use amphi_core::{Body, Bytes, Entry, Guest, Lesson, PrepareError, Prepared, Program, SourceError};

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
    lesson: Option<Lesson>,
    /// Files of a lesson that are not the program's: its text, what solves it.
    apart: Vec<String>,
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

impl From<Shared> for Project {
    fn from(Shared { name, files }: Shared) -> Self {
        Self::new(&name, files.into_iter().map(|(path, bytes)| (path, bytes.0)))
    }
}

/// A longer text is data, which nobody edits on a page.
const LONGEST_TEXT: usize = 1 << 20;

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
        let Ok(Program { title, about, guest, hosts, files, lesson, .. }) = self.program() else { return };
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
        let is_apart = |path: &&String| *path != FILE && !files.contains_key(*path) && !hosts.contains(path);
        let apart = if lesson.is_some() { self.files.keys().filter(is_apart).cloned().collect() } else { Vec::new() };
        self.parts = Parts { title, about: about.unwrap_or_default(), script, hosts, lesson, apart };
    }

    /// A folder with an empty script.
    #[must_use]
    pub fn empty() -> Self {
        Self::new("untitled", [(FILE.to_owned(), Vec::new()), ("main.py".to_owned(), Vec::new())])
    }

    /// The program that the files make, with its host functions not yet compiled.
    ///
    /// # Errors
    /// The manifest has a mistake.
    pub fn program(&self) -> Result<Program, ManifestError> {
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
        let is_text = |bytes: &Bytes| {
            bytes.len() <= LONGEST_TEXT && std::str::from_utf8(bytes).is_ok_and(|text| !text.contains('\0'))
        };
        for (path, bytes) in &self.files {
            if *path != script && !paths.contains(path) && !self.parts.apart.contains(path) && is_text(bytes) {
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

    /// All files, by their paths.
    #[must_use]
    pub fn files(&self) -> &BTreeMap<String, Bytes> {
        &self.files
    }

    /// Bytes of all files.
    #[must_use]
    pub fn size(&self) -> usize {
        self.files.values().map(|file| file.len()).sum()
    }

    /// Adds a file, or puts another in its place.
    ///
    /// # Errors
    /// In words: the path cannot be a file's.
    pub fn add(&mut self, path: &str, bytes: Bytes) -> Result<(), String> {
        let is_odd = |part: &str| matches!(part, "" | "." | "..") || part.contains(['\\', '\0', ':']);
        if path.split('/').any(is_odd) {
            return Err(format!("'{path}' cannot be a file: parts of a path are joined by one /, and none is . or .."));
        }
        let under = format!("{path}/");
        let clashes = |other: &String| {
            other.starts_with(&under) || path.strip_prefix(other.as_str()).is_some_and(|rest| rest.starts_with('/'))
        };
        if let Some(other) = self.files.keys().find(|other| clashes(other)) {
            return Err(format!("'{path}' cannot be a file beside '{other}': one of them would be a folder"));
        }
        self.files.insert(path.to_owned(), bytes);
        self.read();
        Ok(())
    }

    /// Takes a file out.
    pub fn remove(&mut self, path: &str) {
        self.files.remove(path);
        self.read();
    }

    /// All of it, for a link.
    #[must_use]
    pub fn to_shared(&self) -> Shared {
        Shared { name: self.name.clone(), files: self.files.clone() }
    }

    /// What it teaches, if it is a lesson.
    #[must_use]
    pub fn lesson(&self) -> Option<&Lesson> {
        self.parts.lesson.as_ref()
    }

    /// Does what the lesson asks for.
    pub fn solve(&mut self) {
        if let Some(task) = self.parts.lesson.as_ref().and_then(|lesson| lesson.task.as_ref()) {
            self.files.extend(task.solution.clone());
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
    fn files_are_added_where_they_can_be() {
        let mut project = Project::empty();
        for (path, ok) in [
            ("a.txt", true),
            ("data/b.txt", true),
            ("data", false),
            ("a.txt/c", false),
            ("../x", false),
            ("/x", false),
            ("", false),
            ("a//b", false),
        ] {
            assert_eq!(project.add(path, "x".into()).is_ok(), ok, "{path}");
        }
        project.remove("a.txt");
        assert_eq!(project.files().keys().collect::<Vec<_>>(), ["amphi.toml", "data/b.txt", "main.py"]);
    }

    #[test]
    fn a_new_host_function_can_be_called() {
        let mut project = Project::empty();
        assert_eq!(project.add_host(), "demo.wat");
        assert_eq!(project.prepare().expect("valid").hosts.len(), 1);
        assert_eq!(project.hosts(), ["demo.wat"]);
    }
}
