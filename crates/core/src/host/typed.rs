//! Modules of functions that are plain Rust: what `#[host]` made is put into them. This file never knows how such a
//! function takes its arguments.

use std::sync::Arc;

use crate::host::convert::{HostResource, HostType as _, Resource, TypeError, Types};
use crate::host::module::{Builder, ModuleError};
use crate::host::written::{First, HostFn, Receiver, Shared};
use crate::names::python_name;
use crate::types::{Function, Place};

/// The functions of an `impl` block with `#[host]` before it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no host functions",
    label = "no host functions",
    note = "write `#[host]` before its `impl`"
)]
pub trait HostMethods: HostResource + Sized {
    /// All of them; methods are called on what the receiver finds.
    fn functions<R: Receiver<Self>>(receiver: &R) -> Vec<HostFn>;
}

impl Builder {
    /// Adds a function with `#[host]` before it, with its documentation and the types it uses.
    #[must_use]
    pub fn host(mut self, function: HostFn) -> Self {
        let HostFn { name, docs, place, types, body } = function;
        self = self.types(types);
        let declared = Function {
            name: python_name(name),
            source_name: name.to_owned(),
            docs: docs.to_owned(),
            signature: body.signature().clone(),
            place,
        };
        let path = declared.path();
        self.interface.functions.push(declared);
        self.bodies.push(None);
        self.boxed(&path, body)
    }

    /// Adds a resource: `T`'s functions become those of a Python class, `new` its constructor.
    #[must_use]
    pub fn resource<T: HostMethods>(mut self) -> Self {
        let mut types = Types::default();
        let _ = Resource::<T>::ty(&mut types);
        self = self.types(types);
        T::functions(&First).into_iter().fold(self, Self::host)
    }

    /// Adds `T`'s methods as functions of the module itself, all called on the one thing. Functions without `&self`
    /// stay Rust's own.
    #[must_use]
    pub fn methods<T: HostMethods>(mut self, shared: Arc<T>) -> Self {
        if self.interface.docs.is_empty() {
            T::DOCS.clone_into(&mut self.interface.docs);
        }
        let functions = T::functions(&Shared(shared)).into_iter();
        let methods = functions.filter(|function| matches!(function.place, Place::Method(_)));
        methods.fold(self, |builder, method| builder.host(HostFn { place: Place::Free, ..method }))
    }

    /// Adds the named types that are not there yet.
    fn types(mut self, types: Types) -> Self {
        let error = match types.finish() {
            Err(error) => Some(error),
            Ok(named) => named.into_iter().find_map(|named| {
                match self.interface.types.iter().find(|known| known.name == named.name) {
                    Some(known) if known.ty == named.ty => None,
                    Some(_) => Some(TypeError::Twice(named.name)),
                    None => {
                        self.interface.types.push(named);
                        None
                    }
                }
            }),
        };
        let error = error.map(|error| ModuleError::Types(self.interface.name.clone(), error));
        self.error = self.error.or(error);
        self
    }
}

#[cfg(test)]
mod tests {
    use crate::abi::testing::Habitat;
    use crate::abi::{AbiCall, GuestMemory as _, HostCalls, Step};
    use crate::error::HostError;
    use crate::handle::GuestId;
    use crate::host::{Cx, HostModule, Registry};
    use crate::value::Value;

    #[amphi_core::host]
    fn plain(a: i32, b: i32) -> i32 {
        (a + b) * 10
    }

    #[amphi_core::host]
    fn reaching(cx: &mut Cx<'_>, a: i32) -> Result<i32, HostError> {
        match cx.call_host("demo", "plain", vec![a.into(), 0.into()])? {
            Value::Int(number) => Ok(i32::try_from(number).unwrap_or_default()),
            _ => Ok(0),
        }
    }

    #[amphi_core::host]
    fn failing() -> Result<u8, HostError> {
        Err(HostError::value_error("no"))
    }

    #[test]
    fn only_what_needs_its_context_waits_for_it() {
        let demo = HostModule::builder("demo").host(plain::host()).host(reaching::host()).host(failing::host());
        let mut registry = Registry::new();
        registry.add(demo.build().expect("a module")).expect("the first of its name");
        let mut habitat = Habitat::new(HostCalls::new(registry, 0, 1));
        for (function, at_once, expected) in [(0, true, Some(30)), (1, false, Some(10)), (2, true, None)] {
            habitat.memory.write(64, &[1, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0]).expect("inside");
            let step = habitat.calls.begin(GuestId::PROGRAM, &mut habitat.memory, AbiCall::CallFlat, &[function, 64]);
            assert_eq!(matches!(step, Step::Done(_)), at_once, "{function}");
            let answer = match step {
                Step::Done(answer) => answer,
                Step::Invoke(invocation) => invocation.serve(&mut habitat),
            };
            assert_eq!(answer == 0, expected.is_some(), "{function}");
            if let Some(expected) = expected {
                assert_eq!(habitat.memory.copy(64, 2).expect("inside"), [expected, 0], "{function}");
            }
        }
    }
}
