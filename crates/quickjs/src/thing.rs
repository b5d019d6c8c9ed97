//! Things of JavaScript that Python holds. This file never knows how they are called.

use std::sync::{Arc, Weak};

use amphi_core::javascript::{self, Role};
use amphi_core::{Cx, Handle, HostError, Value};

use crate::machine::Machine;

/// A thing of JavaScript, by the number that the prelude has it under.
pub(crate) struct Thing {
    /// Whoever holds it does not hold the engine, which goes with its run.
    machine: Weak<Machine>,
    pub(crate) number: u32,
}

impl Thing {
    pub(crate) fn handle(machine: &Arc<Machine>, number: u32, role: Role) -> Handle {
        let thing = Self { machine: Arc::downgrade(machine), number };
        match role {
            Role::Resource(name) => Handle::new(&name, thing),
            Role::Callable(declared) => Handle::callable_of(thing, move |thing, cx, args| {
                let call = |js: &crate::engine::Js<'_>| {
                    let given = javascript::call_function(js, thing.number, declared.as_deref(), args);
                    js.drain();
                    given
                };
                thing.entered(cx, call)
            }),
        }
    }

    /// Whether it is this engine's.
    pub(crate) fn is_of(&self, machine: &Arc<Machine>) -> bool {
        std::ptr::eq(self.machine.as_ptr(), Arc::as_ptr(machine))
    }

    fn entered(
        &self,
        cx: &mut Cx<'_>,
        act: impl for<'js> FnOnce(&crate::engine::Js<'js>) -> Result<Value, HostError>,
    ) -> Result<Value, HostError> {
        let machine = self.machine.upgrade();
        let done = machine.and_then(|machine| machine.enter(Some(cx), act));
        done.unwrap_or_else(|| Err(HostError::host("the host module of this function is gone")))
    }
}

impl Drop for Thing {
    fn drop(&mut self) {
        if let Some(machine) = self.machine.upgrade() {
            machine.release(self.number);
        }
    }
}
