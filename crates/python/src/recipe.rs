//! The recipe as data: the steps in order, the script of each, what it starts from and what it needs. Everything here
//! goes into the key, so a change of any of it builds anew, from the first step that it touches.
//! Must never run anything.

use std::sync::OnceLock;

use crate::hash::Key;
use crate::pins::{self, Pin};

/// A text that goes into the interpreter; it is compiled into amphi, so that a build needs no checkout.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Input {
    /// Its path inside `crates/python`, with forward slashes.
    pub(crate) path: &'static str,
    pub(crate) text: &'static str,
}

macro_rules! inputs {
    ($($path:literal),* $(,)?) => {
        &[$(Input { path: $path, text: include_str!(concat!("../", $path)) }),*]
    };
}

/// What a step does.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Action {
    /// Runs this with `sh -eu`, after [`SETTINGS`], in the step's folder.
    Script(&'static str),
    /// Has the caller's engine initialise the interpreter and keep its memory. The number counts how the engine's way
    /// of doing that has changed.
    Snapshot(u32),
}

/// A program whose version shapes what a step makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tool {
    Clang,
    WasmOpt,
}

/// One step. Its folder is `OUT` in its own script, and `STEP_` and its name in capitals in those that need it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Step {
    /// Names its folder and its log.
    pub(crate) name: &'static str,
    /// What it does, for people.
    pub(crate) title: &'static str,
    pub(crate) action: Action,
    /// The steps whose folders it reads; all stand before it.
    pub(crate) needs: &'static [&'static str],
    pub(crate) pins: &'static [(&'static str, Pin)],
    /// Texts that are written to `OUT/recipe` for it.
    pub(crate) inputs: &'static [&'static [Input]],
    pub(crate) tools: &'static [Tool],
}

/// Flags and names that several scripts share; part of every script.
pub(crate) const SETTINGS: &str = include_str!("../recipe/settings.sh");

/// amphi's changes to CPython, applied in this order.
pub(crate) const PATCHES: &[Input] = inputs![
    "patches/asyncio.patch",
    "patches/interrupt.patch",
    "patches/recursion.patch",
    "patches/resources.patch",
    "patches/serve.patch",
    "patches/snapshot.patch"
];

/// The C bridge.
pub(crate) const BRIDGE: &[Input] = inputs![
    "c/amphi.h",
    "c/decode.c",
    "c/encode.c",
    "c/encode.h",
    "c/enter.c",
    "c/finish.c",
    "c/function.c",
    "c/handle.c",
    "c/host.c",
    "c/interrupt.c",
    "c/keep.c",
    "c/memory.c",
    "c/modules.c",
    "c/names.h",
    "c/place.c",
    "c/scalar.c",
    "c/start.c",
    "c/types.c",
    "c/writer.c",
];

/// The Python side of the bridge, which goes into the standard library's zip, and the script that makes the zip.
pub(crate) const PYTHON: &[Input] = inputs![
    "py/amphi/__init__.py",
    "py/amphi/_error.py",
    "py/amphi/_export.py",
    "py/amphi/_host.py",
    "py/amphi/_snapshot.py",
    "py/amphi/_start.py",
    "py/amphi/_type.py",
    "recipe/stdlib.py",
];

/// All steps, in the order in which they run.
pub(crate) const STEPS: &[Step] = &[
    Step {
        name: "sysroot",
        title: "unpack the C library",
        action: Action::Script(include_str!("../recipe/sysroot.sh")),
        needs: &[],
        pins: &[("WASI_LIBC_FILE", pins::WASI_LIBC)],
        inputs: &[],
        tools: &[Tool::Clang],
    },
    Step {
        name: "native",
        title: "build the CPython that compiles the standard library",
        action: Action::Script(include_str!("../recipe/native.sh")),
        needs: &[],
        pins: &[("PYTHON_FILE", pins::PYTHON)],
        inputs: &[],
        tools: &[],
    },
    Step {
        name: "libs",
        title: "compile zlib, bzip2, xz and SQLite for WebAssembly",
        action: Action::Script(include_str!("../recipe/libs.sh")),
        needs: &["sysroot"],
        pins: &[
            ("ZLIB_FILE", pins::ZLIB),
            ("BZIP2_FILE", pins::BZIP2),
            ("XZ_FILE", pins::XZ),
            ("SQLITE_FILE", pins::SQLITE),
        ],
        inputs: &[],
        tools: &[Tool::Clang],
    },
    Step {
        name: "cpython",
        title: "build CPython for WebAssembly",
        action: Action::Script(include_str!("../recipe/cpython.sh")),
        needs: &["sysroot", "native", "libs"],
        pins: &[("PYTHON_FILE", pins::PYTHON)],
        inputs: &[PATCHES],
        tools: &[Tool::Clang],
    },
    Step {
        name: "kit",
        title: "keep CPython as one object for later links",
        action: Action::Script(include_str!("../recipe/kit.sh")),
        needs: &["sysroot", "libs", "cpython"],
        pins: &[],
        inputs: &[],
        tools: &[Tool::Clang],
    },
    Step {
        name: "link",
        title: "compile the bridge and link",
        action: Action::Script(include_str!("../recipe/link.sh")),
        needs: &["sysroot", "libs", "cpython", "kit"],
        pins: &[],
        inputs: &[BRIDGE],
        tools: &[Tool::Clang],
    },
    Step {
        name: "optimise",
        title: "optimise with wasm-opt",
        action: Action::Script(include_str!("../recipe/optimise.sh")),
        needs: &["link"],
        pins: &[],
        inputs: &[],
        tools: &[Tool::WasmOpt],
    },
    Step {
        name: "stdlib",
        title: "compile the standard library",
        action: Action::Script(include_str!("../recipe/stdlib.sh")),
        needs: &["sysroot", "native", "libs", "cpython"],
        pins: &[],
        inputs: &[PYTHON],
        tools: &[],
    },
    Step {
        name: "snapshot",
        title: "initialise the interpreter and keep its memory",
        action: Action::Snapshot(2),
        needs: &["optimise", "stdlib"],
        pins: &[],
        inputs: &[],
        tools: &[],
    },
];

/// The key of the interpreter that this version of amphi builds.
pub(crate) fn key() -> &'static str {
    static KEY: OnceLock<String> = OnceLock::new();
    KEY.get_or_init(|| {
        let mut key = Key::default();
        add_script(&mut key, SETTINGS);
        for step in STEPS {
            step.add_to(&mut key);
        }
        key.finish()
    })
}

/// Adds what a script does: its lines without the comments, so that a word better said builds nothing anew.
fn add_script(key: &mut Key, script: &str) {
    for line in script.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
        key.add(line);
    }
}

impl Step {
    /// Adds everything that shapes what this step makes, except the steps that it needs.
    fn add_to(&self, key: &mut Key) {
        key.add(self.name);
        match self.action {
            Action::Script(script) => add_script(key, script),
            Action::Snapshot(version) => drop(key.add(&version.to_string())),
        }
        for need in self.needs {
            key.add(need);
        }
        for (variable, pin) in self.pins {
            key.add(variable);
            pin.add_to(key);
        }
        for input in self.inputs.iter().copied().flatten() {
            key.add(input.path).add(input.text);
        }
    }

    /// The key of this step's own result: with the versions of its tools and the keys of the steps it needs.
    pub(crate) fn key(&self, versions: &dyn Fn(Tool) -> String, of: &dyn Fn(&str) -> String) -> String {
        let mut key = Key::default();
        add_script(&mut key, SETTINGS);
        self.add_to(&mut key);
        for tool in self.tools {
            key.add(&versions(*tool));
        }
        for need in self.needs {
            key.add(&of(need));
        }
        key.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::path::Path;

    #[test]
    fn every_file_of_the_recipe_is_in_the_table() {
        let crate_folder = Path::new(env!("CARGO_MANIFEST_DIR"));
        for (folder, table) in [("patches", PATCHES), ("c", BRIDGE), ("py", PYTHON)] {
            let mut found = Vec::new();
            list(&crate_folder.join(folder), folder, &mut found);
            found.sort();
            let mut listed: Vec<&str> =
                table.iter().map(|input| input.path).filter(|path| path.starts_with(folder)).collect();
            listed.sort_unstable();
            assert_eq!(found, listed, "the files in crates/python/{folder} and the table in recipe.rs");
        }
    }

    fn list(folder: &Path, name: &str, found: &mut Vec<String>) {
        for entry in fs::read_dir(folder).unwrap() {
            let entry = entry.unwrap();
            let name = format!("{name}/{}", entry.file_name().to_str().unwrap());
            if entry.file_type().unwrap().is_dir() {
                if !name.ends_with("__pycache__") {
                    list(&entry.path(), &name, found);
                }
            } else {
                found.push(name);
            }
        }
    }

    #[test]
    fn steps_need_only_what_stands_before_them() {
        for (index, step) in STEPS.iter().enumerate() {
            for need in step.needs {
                assert!(STEPS[..index].iter().any(|before| before.name == *need), "{} needs {need}", step.name);
            }
        }
    }

    #[test]
    fn a_steps_key_follows_its_inputs_its_tools_and_its_needs() {
        const SCRIPT: Step = Step {
            name: "a",
            title: "a",
            action: Action::Script("make"),
            needs: &["before"],
            pins: &[("FILE", pins::ZLIB)],
            inputs: &[&[Input { path: "c/a.c", text: "int a;" }]],
            tools: &[Tool::Clang],
        };
        let key = |step: Step, clang: &str, wasm_opt: &str, before: &str| {
            let versions = |tool| if tool == Tool::Clang { clang.to_owned() } else { wasm_opt.to_owned() };
            step.key(&versions, &|_| before.to_owned())
        };
        let base = key(SCRIPT, "19", "1", "x");
        for (name, other, same) in [
            ("the same again", key(SCRIPT, "19", "1", "x"), true),
            ("another title", key(Step { title: "b", ..SCRIPT }, "19", "1", "x"), true),
            ("a tool it doesn't use", key(SCRIPT, "19", "2", "x"), true),
            ("another compiler", key(SCRIPT, "20", "1", "x"), false),
            ("another result before it", key(SCRIPT, "19", "1", "y"), false),
            (
                "another comment",
                key(Step { action: Action::Script("# So.\n  make\n"), ..SCRIPT }, "19", "1", "x"),
                true,
            ),
            ("another script", key(Step { action: Action::Script("make all"), ..SCRIPT }, "19", "1", "x"), false),
            ("another source", key(Step { pins: &[("FILE", pins::XZ)], ..SCRIPT }, "19", "1", "x"), false),
            (
                "another text",
                key(Step { inputs: &[&[Input { path: "c/a.c", text: "int b;" }]], ..SCRIPT }, "19", "1", "x"),
                false,
            ),
        ] {
            assert_eq!(base == other, same, "{name}");
        }
        assert_eq!(super::key(), super::key());
        assert_eq!(super::key().len(), 16);
    }
}
