//! A program: everything a run needs. This file owns the shape, which crosses as JSON or, to a worker, as bytes; it never
//! knows where a program came from or where it runs.

use std::collections::BTreeMap;

use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

use crate::bytes::Bytes;
use crate::guest::{Entry, Guest};
use crate::lesson::Lesson;
use crate::limits::Limits;
use crate::source::Source;

/// Where a Python program's files are in the guest, and its working directory.
pub const WORK: &str = "/work";

/// Where the standard library is in the guest, read-only.
pub const LIB: &str = "/lib";

/// Everything a run needs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, BorshSerialize, BorshDeserialize)]
pub struct Program {
    /// A short name: the folder's, the script's, or what a link says.
    pub name: String,
    /// A heading for lists of examples.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// A sentence or two for lists of examples.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub about: Option<String>,
    /// What runs.
    pub guest: Guest,
    /// The arguments after the script's or module's name.
    #[serde(default)]
    pub args: Vec<String>,
    /// The environment, in order.
    #[serde(default)]
    pub env: Vec<(String, String)>,
    /// Standard input.
    #[serde(default)]
    pub stdin: Stdin,
    /// Files under [`WORK`], by their path there, with `/` between its parts.
    #[serde(default)]
    pub files: BTreeMap<String, Bytes>,
    /// Folders of the machine that the guest sees.
    #[serde(default)]
    pub mounts: Vec<Mount>,
    /// The host functions.
    #[serde(default)]
    pub hosts: Vec<HostSource>,
    /// Functions that the script exports, called in this order once it has run.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub calls: Vec<ExportCall>,
    /// What the run may use.
    #[serde(default)]
    pub limits: Limits,
    /// Fixed clocks and random numbers, where they are asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub determinism: Option<Determinism>,
    /// How a run is watched.
    #[serde(default, skip_serializing_if = "Watch::is_nothing")]
    pub watch: Watch,
    /// What a run should leave.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expect: Option<Expect>,
    /// What it teaches, if it is a lesson. No guest needs it, so it does not cross to a worker.
    #[borsh(skip)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lesson: Option<Lesson>,
}

/// Where standard input comes from.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, BorshSerialize, BorshDeserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stdin {
    /// The habitat's own: the terminal or pipe of a command, the page's input line.
    #[default]
    Inherit,
    /// These bytes, then its end.
    Bytes(Bytes),
    /// Its end at once.
    Empty,
}

/// A folder of the machine that the guest sees.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, BorshSerialize, BorshDeserialize)]
pub struct Mount {
    /// The folder on the machine; a relative one starts at the program's folder.
    pub host: String,
    /// Its absolute path in the guest.
    pub guest: String,
    /// What the guest may do with it.
    #[serde(default)]
    pub access: Access,
    /// What is in the folder, by path, for a habitat that cannot reach the machine. What the run changes is in
    /// [`crate::Outcome::mounts`] then, and whoever made the copy writes it back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub copy: Option<BTreeMap<String, Bytes>>,
}

/// What the guest may do with a folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, BorshSerialize, BorshDeserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Access {
    /// Look.
    ReadOnly,
    /// Look and change.
    #[default]
    ReadWrite,
}

/// One host module, as its author wrote it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, BorshSerialize, BorshDeserialize)]
pub struct HostSource {
    /// The name Python imports.
    pub name: String,
    /// Its declaration; where there is none, it is inferred from the body.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wit: Option<Source>,
    /// Its functions.
    pub body: Body,
    /// Folders of the machine that its own guest sees, where its functions run in one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub mounts: Vec<Mount>,
    /// What its own guest may use; what the program may, if nothing is said. Time, output and depth are the run's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limits: Option<Limits>,
}

impl HostSource {
    /// A host module whose declaration is inferred.
    #[must_use]
    pub fn new(name: impl Into<String>, body: Body) -> Self {
        Self { name: name.into(), wit: None, body, mounts: Vec::new(), limits: None }
    }
}

/// The functions of a host module.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, BorshSerialize, BorshDeserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Body {
    /// WebAssembly text.
    Wat(Source),
    /// A WebAssembly module.
    Wasm {
        /// Its file's name, for messages.
        file: String,
        /// The module.
        bytes: Bytes,
    },
    /// Go, one file of a library, which has to be compiled before it can run.
    Go(Source),
    /// Python, which runs in a guest of its own.
    Python(Source),
    /// Python, which runs in the machine's own interpreter, with all that the machine has.
    NativePython(Source),
    /// A module of JavaScript, whose exports are the functions.
    #[serde(rename = "javascript")]
    JavaScript(Source),
    /// Written in Rust and handed to the habitat under the module's name.
    Registered,
}

/// A call of a function that a script exports with `@amphi.export`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, BorshSerialize, BorshDeserialize)]
pub struct ExportCall {
    /// The function's name.
    pub name: String,
    /// Its arguments, each as [`crate::wave`] has it.
    pub args: Vec<String>,
}

/// Clocks and random numbers that are the same in every run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, BorshSerialize, BorshDeserialize)]
#[serde(default)]
pub struct Determinism {
    /// What the realtime clock shows first, in nanoseconds since 1970 in UTC.
    pub clock_ns: u64,
    /// How much later each look at a clock is, in nanoseconds.
    pub step_ns: u64,
    /// The seed of the random numbers.
    pub seed: u64,
}

impl Default for Determinism {
    fn default() -> Self {
        Self {
            // 2024-01-01T00:00:00Z: any fixed moment would do, a recent one looks least strange in output.
            clock_ns: 1_704_067_200_000_000_000,
            step_ns: 1_000_000,
            seed: 0,
        }
    }
}

/// How a run is watched.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, BorshSerialize, BorshDeserialize)]
pub struct Watch {
    /// Whether every call is told to [`Streams::trace`](crate::habitat::Streams::trace), and how much of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trace: Option<Trace>,
    /// Calls that are to fail without being made, as `CALL[=PATH]:ERRNO[@COUNT]`; `amphi_wasi::Fault` reads them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub faults: Vec<String>,
}

impl Watch {
    /// Whether nobody watches.
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        *self == Self::default()
    }
}

/// How much is told of the calls of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, BorshSerialize, BorshDeserialize)]
pub struct Trace {
    /// Bytes that are kept of what one call reads or writes.
    pub shown: u32,
    /// Bytes of records that are gathered before they are told; with 0 each call is told at once.
    pub batch: u32,
    /// Whether each call comes with the line of Python that made it.
    pub lines: bool,
}

impl Trace {
    /// Bytes of a batch where nobody looks on.
    pub const BATCH: u32 = 1 << 20;
}

/// What a run should leave.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, BorshSerialize, BorshDeserialize)]
pub struct Expect {
    /// The exit code.
    #[serde(default)]
    pub exit: u32,
    /// Standard output; not looked at where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stdout: Option<Bytes>,
    /// Standard error; not looked at where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stderr: Option<Bytes>,
}

impl Program {
    /// A program that runs this guest, and nothing else said.
    #[must_use]
    pub fn new(name: impl Into<String>, guest: Guest) -> Self {
        Self {
            name: name.into(),
            title: None,
            about: None,
            guest,
            args: Vec::new(),
            env: Vec::new(),
            stdin: Stdin::default(),
            files: BTreeMap::new(),
            mounts: Vec::new(),
            hosts: Vec::new(),
            calls: Vec::new(),
            limits: Limits::default(),
            determinism: None,
            watch: Watch::default(),
            expect: None,
            lesson: None,
        }
    }

    /// A Python program of one script, `main.py`.
    #[must_use]
    pub fn script(name: impl Into<String>, text: impl Into<Bytes>) -> Self {
        let file = "main.py".to_owned();
        let mut program = Self::new(name, Guest::python(Entry::Script(file.clone())));
        program.files.insert(file, text.into());
        program
    }

    /// The folders of the machine that its guests see: the program's own, then those of its host modules.
    pub fn all_mounts(&self) -> impl Iterator<Item = &Mount> {
        self.mounts.iter().chain(self.hosts.iter().flat_map(|host| &host.mounts))
    }

    /// The same, to be changed.
    pub fn all_mounts_mut(&mut self) -> impl Iterator<Item = &mut Mount> {
        self.mounts.iter_mut().chain(self.hosts.iter_mut().flat_map(|host| &mut host.mounts))
    }

    /// Whether it, or a host module of it, runs on the Python of this project.
    #[must_use]
    pub fn needs_python(&self) -> bool {
        self.is_python() || self.hosts.iter().any(|host| matches!(host.body, Body::Python(_)))
    }

    /// Whether it runs on the Python of this project.
    #[must_use]
    pub fn is_python(&self) -> bool {
        matches!(self.guest, Guest::Python { .. })
    }

    /// All arguments of the guest, its own name first.
    #[must_use]
    pub fn argv(&self) -> Vec<String> {
        let mut argv = Vec::new();
        match &self.guest {
            Guest::Wasm(_) => argv.push(self.name.clone()),
            Guest::Python { entry, flags, .. } => {
                argv.push("python".to_owned());
                argv.extend(flags.iter().cloned());
                let (option, value) = match entry {
                    Entry::Script(path) => (None, Some(path.as_str())),
                    Entry::Command(text) => (Some("-c"), Some(text.as_str())),
                    Entry::Module(name) => (Some("-m"), Some(name.as_str())),
                    Entry::Stdin => (None, Some("-")),
                    // Arguments need a place after the name of what runs, and `-` is a person's.
                    Entry::Interactive if self.args.is_empty() => (Some("-i"), None),
                    Entry::Interactive => (Some("-i"), Some("-")),
                };
                argv.extend(option.into_iter().chain(value).map(str::to_owned));
            }
        }
        argv.extend(self.args.iter().cloned());
        argv
    }

    /// The guest's whole environment: the program's own, and for Python its working directory as `PWD`.
    #[must_use]
    pub fn guest_env(&self) -> Vec<(String, String)> {
        let mut env = self.env.clone();
        if self.is_python() && !env.iter().any(|(key, _)| key == "PWD") {
            env.push(("PWD".to_owned(), WORK.to_owned()));
        }
        env
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn python(entry: Entry) -> Guest {
        Guest::Python { entry, flags: vec!["-u".to_owned()], extended: None }
    }

    #[test]
    fn argv_is_what_the_guest_expects() {
        let wasm = Guest::Wasm(Bytes::default());
        for (guest, args, argv) in [
            (python(Entry::Script("a.py".to_owned())), "x", "python -u a.py x"),
            (python(Entry::Command("pass".to_owned())), "x", "python -u -c pass x"),
            (python(Entry::Module("json".to_owned())), "", "python -u -m json"),
            (python(Entry::Stdin), "x", "python -u - x"),
            (python(Entry::Interactive), "", "python -u -i"),
            (python(Entry::Interactive), "x", "python -u -i - x"),
            (wasm, "x", "p x"),
        ] {
            let mut program = Program::new("p", guest);
            program.args = args.split_whitespace().map(str::to_owned).collect();
            assert_eq!(program.argv().join(" "), argv);
        }
    }

    #[test]
    fn a_program_crosses_as_json() {
        let mut program = Program::script("hello", "print(1)");
        program.stdin = Stdin::Bytes(vec![0, 255].into());
        program.expect = Some(Expect { exit: 3, ..Expect::default() });
        program.hosts.push(HostSource::new("demo", Body::Wat(Source::new("demo.wat", "(module)"))));
        let json = serde_json::to_string(&program).expect("plain data");
        assert_eq!(serde_json::from_str::<Program>(&json).expect("the same"), program);
        let least = r#"{"name": "x", "guest": {"python": {"entry": "stdin"}}}"#;
        assert!(serde_json::from_str::<Program>(least).expect("enough").is_python());
    }
}
