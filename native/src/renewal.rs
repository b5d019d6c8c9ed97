//! Owns the host modules of a session that goes on while their files are edited: reads the files again, and hands on what
//! has changed. It must never know how a module takes another's place.

use crate::native_python::NativePython;
use amphi_core::{PreparedBody, PreparedHost, Program, not_renewed, prepare};
use amphi_wasmtime::{Renew, Renewal, Renewals};
use anyhow::Result;
use std::fmt::{self, Debug, Formatter};
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, SystemTime};

/// How often a session looks at files while nobody types.
const OFTEN: Duration = Duration::from_millis(100);

/// A file that was written to within this time may be half of what it is to be. It is looked at so often again at most.
const SETTLED: Duration = Duration::from_millis(10);
const PATIENCE: u32 = 20;

/// The files of a program's host modules, and how the program is read from them.
pub(crate) struct Files {
    list: Box<dyn Fn() -> Vec<PathBuf> + Send>,
    stamps: Vec<Stamp>,
    read: Box<dyn Fn() -> Result<Program> + Send>,
    /// What the run has.
    hosts: Vec<PreparedHost>,
    python: Arc<NativePython>,
}

/// What tells a file from what it was: nothing, where there is none.
type Stamp = (PathBuf, Option<(SystemTime, u64)>);

impl Files {
    /// Looks at the files that `list` names, which `read` makes the program of: from now on, so before it is read first.
    pub(crate) fn new(
        list: impl Fn() -> Vec<PathBuf> + Send + 'static,
        read: impl Fn() -> Result<Program> + Send + 'static,
    ) -> Self {
        let stamps = list().into_iter().map(stamp).collect();
        Self { list: Box::new(list), stamps, read: Box::new(read), hosts: Vec::new(), python: Arc::default() }
    }

    /// The same, with what is done to a program before it runs.
    pub(crate) fn then(self, change: impl Fn(&Program) -> Result<Program> + Send + 'static) -> Self {
        let read = self.read;
        Self { read: Box::new(move || change(&read()?)), ..self }
    }

    /// The host modules that the run begins with.
    pub(crate) fn begin(&mut self, hosts: &[PreparedHost], python: Arc<NativePython>) {
        (self.hosts, self.python) = (hosts.to_vec(), python);
    }

    /// Has the run look at its files now and then, for as long as this process lives.
    pub(crate) fn look_often(renew: Renew) {
        thread::spawn(move || {
            loop {
                thread::sleep(OFTEN);
                renew.soon();
            }
        });
    }

    fn look(&self) -> Vec<Stamp> {
        (self.list)().into_iter().map(stamp).collect()
    }

    /// The host modules that are others than before; what is wrong with a file is said.
    pub(crate) fn changed(&mut self) -> Vec<PreparedHost> {
        let mut stamps = self.look();
        if stamps == self.stamps {
            return Vec::new();
        }
        for _ in 0..PATIENCE {
            let oldest = SystemTime::now() - SETTLED;
            if stamps.iter().filter_map(|(_, stamp)| *stamp).all(|(modified, _)| modified < oldest) {
                break;
            }
            thread::sleep(SETTLED);
            stamps = self.look();
        }
        self.stamps = stamps;
        let hosts = match (self.read)().and_then(|program| Ok(prepare(&program)?.hosts)) {
            Ok(hosts) => hosts,
            Err(error) => {
                crate::say(&format!("the host modules stay as they were: {error}"));
                return Vec::new();
            }
        };
        let known: Vec<PreparedHost> = self.hosts.iter().map(bare).collect();
        let changed = hosts.iter().filter(|host| !known.contains(&bare(host))).cloned().collect();
        self.hosts = hosts;
        changed
    }
}

impl Debug for Files {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        out.debug_struct("Files").field("stamps", &self.stamps).finish_non_exhaustive()
    }
}

impl Renewals for Files {
    fn take(&mut self) -> Vec<Renewal> {
        let (native, others): (Vec<_>, Vec<_>) =
            self.changed().into_iter().partition(|host| matches!(host.body, PreparedBody::NativePython { .. }));
        let mut renewals: Vec<Renewal> = others.into_iter().map(Renewal::Prepared).collect();
        for host in native {
            match self.python.renewed(std::slice::from_ref(&host)) {
                Ok(modules) => renewals.extend(modules.into_iter().map(Renewal::Module)),
                Err(error) => self.refused(&host.name, &error.to_string()),
            }
        }
        renewals
    }

    fn refused(&mut self, host: &str, reason: &str) {
        crate::say(&not_renewed(host, reason));
    }
}

fn stamp(path: PathBuf) -> Stamp {
    let stamp = fs::metadata(&path).ok().and_then(|metadata| Some((metadata.modified().ok()?, metadata.len())));
    (path, stamp)
}

/// A host module without copies of the folders that it mounts, which change by themselves.
fn bare(host: &PreparedHost) -> PreparedHost {
    let mut host = host.clone();
    let guest = match &mut host.body {
        PreparedBody::Python { guest, .. } => guest,
        PreparedBody::Wasm(wasm) => &mut wasm.guest,
        _ => return host,
    };
    guest.all_mounts_mut().for_each(|mount| mount.copy = None);
    host
}
