//! Owns how host modules take the places of others while a run goes on. It must never know where they come from, nor how
//! one is made.

use super::Native;
use crate::store::State;
use crate::watch::Watched;
use amphi_core::{Cx, HostModule, PreparedBody, PreparedHost, renew_python};
use std::fmt::{self, Debug, Formatter};
use std::sync::Arc;
use wasmtime::{AsContextMut as _, StoreContextMut};

/// Where the host modules of a run come from once more while it goes on: files that somebody edits, for instance.
///
/// Asked on the run's own thread, before a host function is called, once [`Renew::soon`](crate::Renew::soon) was said or
/// the guest was given input. Calls that are under way end in the old module, as do the methods of its resources.
pub trait Renewals: Debug + Send {
    /// Those that are others than before.
    fn take(&mut self) -> Vec<Renewal>;

    /// One of them cannot take its place, and the old one stays.
    fn refused(&mut self, host: &str, reason: &str);
}

/// A host module that takes the place of the one of its name.
pub enum Renewal {
    /// Its file or its declaration is another.
    Prepared(PreparedHost),
    /// Made elsewhere.
    Module(Arc<HostModule>),
}

impl Debug for Renewal {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        let name = match self {
            Self::Prepared(host) => &host.name,
            Self::Module(module) => &module.interface().name,
        };
        out.debug_tuple("Renewal").field(name).finish()
    }
}

/// Makes a host module that has no Python; what is wrong is said in words.
pub(crate) type Build = Box<dyn FnMut(&PreparedHost) -> Result<HostModule, String> + Send>;

/// Where a run's host modules come from, and how they are made.
pub(crate) struct Renewer {
    pub(crate) source: Box<dyn Renewals>,
    pub(crate) build: Build,
}

/// Has new host modules take their places.
pub(super) fn renew<W: Watched + 'static>(mut store: StoreContextMut<'_, State<W>>) {
    // Making one may call host functions, which do not look for yet another.
    let Some(mut renewer) = store.data_mut().run.renewer.take() else { return };
    for renewal in renewer.source.take() {
        let built = match renewal {
            Renewal::Module(module) => Ok(module),
            Renewal::Prepared(PreparedHost { name, body: PreparedBody::Python { guest, interface } }) => {
                let mut crossing = Native(store.as_context_mut());
                if let Err(reason) = renew_python(&mut Cx::new(&mut crossing), &name, &guest, interface.as_ref()) {
                    renewer.source.refused(&name, &reason);
                }
                continue;
            }
            Renewal::Prepared(host) => (renewer.build)(&host).map(Arc::new).map_err(|reason| (host.name, reason)),
        };
        match built {
            Ok(module) => drop(store.data_mut().run.calls.registry_mut().replace(module)),
            Err((name, reason)) => renewer.source.refused(&name, &reason),
        }
    }
    store.data_mut().run.renewer = Some(renewer);
}
