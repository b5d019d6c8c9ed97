//! Owns what a run begins with, and the way of a program to it. It must never know how a module runs.

use crate::Error;
use crate::host::Renewals;
use crate::mounts::Mount;
use crate::output::Sink;
use crate::sandbox::Python;
use crate::stdin::Stdin;
use amphi_core::{Access, ExportCall, HostModule, LIB, Limits, Program, WORK};
use amphi_wasi::{Determinism, Gate};
use std::path::PathBuf;
use std::sync::Arc;

/// What a run begins with.
#[derive(Debug)]
pub struct Start {
    /// The arguments, the guest's own name first.
    pub args: Vec<String>,
    /// The environment, in order.
    pub env: Vec<(String, String)>,
    /// What the guest sees of files: descriptors 3, 4, … in order.
    pub mounts: Vec<Mount>,
    /// Standard input.
    pub stdin: Stdin,
    /// Standard output.
    pub stdout: Sink,
    /// Standard error.
    pub stderr: Sink,
    /// What the run may use.
    pub limits: Limits,
    /// Host modules written in Rust, for this run.
    pub registered: Registered,
    /// Clocks and random numbers that are the same in every run.
    pub determinism: Option<Determinism>,
    /// What watches the guest's calls.
    pub gate: Option<Gate>,
    /// Functions that the program exports, called once it has run.
    pub calls: Vec<ExportCall>,
    /// Where its host modules come from while it goes on, if they may change.
    pub renewals: Option<Box<dyn Renewals>>,
}

/// Host modules written in Rust.
#[derive(Default)]
pub struct Registered(pub Vec<Arc<HostModule>>);

impl std::fmt::Debug for Registered {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.0.iter().map(|module| &module.interface().name)).finish()
    }
}

impl Start {
    /// A run without arguments, environment, files or input, whose output is kept for the outcome.
    #[must_use]
    pub fn new(args: Vec<String>) -> Self {
        Self {
            args,
            env: Vec::new(),
            mounts: Vec::new(),
            stdin: Stdin::empty(),
            stdout: Sink::Capture,
            stderr: Sink::Capture,
            limits: Limits::default(),
            registered: Registered::default(),
            determinism: None,
            gate: None,
            calls: Vec::new(),
            renewals: None,
        }
    }

    /// Nobody watches the run, its clocks are the machine's, and its host modules stay.
    pub(crate) fn is_plain(&self) -> bool {
        self.gate.is_none() && self.determinism.is_none() && self.renewals.is_none()
    }

    /// A run of a program, whose output is kept; inherited input is this process's own. Nothing watches it.
    ///
    /// # Errors
    /// [`Error::NoPython`] when a Python program has no interpreter.
    pub(crate) fn of(program: &Program, python: Option<&Python>) -> Result<Self, Error> {
        let mut mounts = Vec::new();
        if program.is_python() {
            let files = program.files.iter().map(|(path, bytes)| (path.clone(), bytes.0.clone())).collect();
            mounts.push(Mount::Scratch { guest: WORK.to_owned(), files });
            mounts.push(Mount::Single { guest: LIB.to_owned(), file: python.ok_or(Error::NoPython)?.stdlib.clone() });
        }
        mounts.extend(program.mounts.iter().map(|mount| Mount::Folder {
            host: PathBuf::from(&mount.host),
            guest: mount.guest.clone(),
            writable: mount.access == Access::ReadWrite,
        }));
        let stdin = match &program.stdin {
            amphi_core::Stdin::Inherit => Stdin::process(),
            amphi_core::Stdin::Bytes(bytes) => Stdin::bytes(bytes.0.clone()),
            amphi_core::Stdin::Empty => Stdin::empty(),
        };
        Ok(Self {
            env: program.guest_env(),
            mounts,
            stdin,
            limits: program.limits.clone(),
            determinism: program.determinism.as_ref().map(determinism),
            calls: program.calls.clone(),
            ..Self::new(program.argv())
        })
    }
}

fn determinism(fixed: &amphi_core::Determinism) -> Determinism {
    let amphi_core::Determinism { clock_ns, step_ns, seed } = *fixed;
    Determinism { clock_ns, step_ns, seed }
}
