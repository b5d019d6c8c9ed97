//! Owns the host modules of a run that are written in the machine's own Python: loaded before it begins, interrupted with
//! it. It must never know what their functions do.

use amphi_core::{HostModule, PreparedHost};
use amphi_wasmtime::{Interrupt, Registered};
use anyhow::Result;
use std::sync::{Arc, OnceLock};

/// The host modules of one run.
#[derive(Default)]
pub(crate) struct NativePython {
    modules: Vec<Arc<HostModule>>,
    /// What interrupts the run, once it has begun; calls of host functions look at it.
    interrupt: Arc<OnceLock<Interrupt>>,
}

impl NativePython {
    /// Loads the files of those host modules that are written so.
    ///
    /// # Errors
    /// A file fails or cannot be a host module; this command was built without Python.
    pub(crate) fn load(hosts: &[PreparedHost]) -> Result<Self> {
        let interrupt = Arc::default();
        Ok(Self { modules: with::load(hosts, &interrupt)?, interrupt })
    }

    /// What a run is to be started with.
    pub(crate) fn modules(&self) -> Registered {
        Registered(self.modules.clone())
    }

    /// Those of these host modules that are written so, loaded for the run that goes on.
    ///
    /// # Errors
    /// As [`Self::load`].
    pub(crate) fn renewed(&self, hosts: &[PreparedHost]) -> Result<Vec<Arc<HostModule>>> {
        with::load(hosts, &self.interrupt)
    }

    /// From now on, what interrupts or ends the run ends calls that are under way.
    pub(crate) fn heed(&self, interrupt: Interrupt) {
        // Each run has its own, and begins once.
        let _ = self.interrupt.set(interrupt);
    }
}

#[cfg(feature = "native-python")]
mod with {
    use super::*;
    use amphi_core::PreparedBody;
    use anyhow::bail;

    pub(super) fn load(hosts: &[PreparedHost], interrupt: &Arc<OnceLock<Interrupt>>) -> Result<Vec<Arc<HostModule>>> {
        let mut modules = Vec::new();
        for PreparedHost { name, body } in hosts {
            let PreparedBody::NativePython { source, interface } = body else { continue };
            let interrupt = interrupt.clone();
            let interrupted = Arc::new(move || interrupt.get().is_some_and(Interrupt::take));
            match amphi_native_python::load(name, source, interface.as_ref(), interrupted) {
                Ok(module) => modules.push(Arc::new(module)),
                // Where the file itself failed, its lines say more than the message.
                Err(error) if error.traceback.contains(&source.file) => {
                    bail!("the host module {name} failed in Python:\n{}", error.traceback.trim_end())
                }
                Err(error) => bail!("the host module {name}: {}: {error}", source.file),
            }
        }
        Ok(modules)
    }
}

#[cfg(not(feature = "native-python"))]
mod with {
    use super::*;
    use amphi_core::PreparedBody;
    use anyhow::bail;

    pub(super) fn load(hosts: &[PreparedHost], _: &Arc<OnceLock<Interrupt>>) -> Result<Vec<Arc<HostModule>>> {
        for PreparedHost { name, body } in hosts {
            if let PreparedBody::NativePython { source, .. } = body {
                bail!(
                    "the host module {name} runs {} in the machine's own Python (native-python), and this amphi was built without it; `cargo install --path native --features native-python` builds one with it, given Python 3.11 or newer and its development files (Debian: python3-dev)",
                    source.file
                );
            }
        }
        Ok(Vec::new())
    }
}
