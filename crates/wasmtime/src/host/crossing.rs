//! Owns the way of the host into a guest: which exports it is called by, and what becomes of a run that ends there.

use super::Bytes;
use super::module::low_half;
use crate::ready::exit;
use crate::store::{Guest, State};
use crate::watch::{self, Watched};
use amphi_core::abi::{GuestExport, GuestMemory, HostCalls, SeenCall};
use amphi_core::{Crossing, GuestId, HostError};
use std::sync::Arc;
use wasmtime::{AsContextMut, Instance, Memory, StoreContextMut, TypedFunc};

/// The exports of a guest that the host calls; a guest that is not Python has none.
pub(crate) struct Entries {
    room: Option<TypedFunc<i32, i32>>,
    call_export: Option<TypedFunc<(i32, i32), i64>>,
    call_object: Option<TypedFunc<(i32, i32), i64>>,
    release: Option<TypedFunc<i32, ()>>,
    serve: Option<TypedFunc<(), i32>>,
    exports: Option<TypedFunc<i32, i64>>,
    again: Option<TypedFunc<i32, i32>>,
    finish: Option<TypedFunc<(), i32>>,
    allocate: Option<TypedFunc<i32, i32>>,
    deallocate: Option<TypedFunc<(i32, i32), ()>>,
    run: Option<TypedFunc<(i32, i32, i32), ()>>,
}

impl Entries {
    /// The exports of an instance, as far as it has them.
    fn of(instance: Instance, mut store: impl AsContextMut) -> Self {
        macro_rules! find {
            ($export:ident) => {
                instance.get_typed_func(&mut store, GuestExport::$export.declared().0).ok()
            };
        }
        Self {
            room: find!(Room),
            call_export: find!(CallExport),
            call_object: find!(CallObject),
            release: find!(Release),
            serve: find!(Serve),
            exports: find!(Exports),
            again: find!(Again),
            finish: find!(Finish),
            allocate: find!(Allocate),
            deallocate: find!(Deallocate),
            run: find!(Run),
        }
    }
}

/// A run in the middle of a host function.
pub(crate) struct Native<'a, W: 'static>(pub(crate) StoreContextMut<'a, State<W>>);

impl<W: Watched + 'static> Native<'_, W> {
    fn call(&mut self, export: GuestExport, core: &mut [u64]) -> wasmtime::Result<()> {
        let store = &mut self.0;
        let Guest { instance, entries: known, .. } = store.data().guests.now();
        let entries = match (known, instance) {
            (None, Some(instance)) => {
                let found = Arc::new(Entries::of(*instance, &mut *store));
                store.data_mut().guests.now_mut().entries.insert(found).clone()
            }
            (Some(known), _) => known.clone(),
            (None, None) => return Err(wasmtime::Error::msg("the guest is not instantiated yet")),
        };
        let word = |at: usize| low_half(core.get(at).copied().unwrap_or_default()).cast_signed();
        let missing = || {
            let name = export.declared().0;
            wasmtime::Error::msg(format!("the guest exports no function {name} that can be called"))
        };
        let bits = |number: i32| u64::from(number.cast_unsigned());
        let answer = match export {
            GuestExport::Room | GuestExport::Allocate | GuestExport::Again => {
                let entry = match export {
                    GuestExport::Room => &entries.room,
                    GuestExport::Allocate => &entries.allocate,
                    _ => &entries.again,
                };
                bits(entry.as_ref().ok_or_else(missing)?.call(store, word(0))?)
            }
            GuestExport::Deallocate => {
                let deallocate = entries.deallocate.as_ref().ok_or_else(missing)?;
                deallocate.call(store, (word(0), word(1)))?;
                0
            }
            GuestExport::Run => {
                let run = entries.run.as_ref().ok_or_else(missing)?;
                run.call(store, (word(0), word(1), word(2)))?;
                0
            }
            GuestExport::CallExport | GuestExport::CallObject => {
                let call = if export == GuestExport::CallExport { &entries.call_export } else { &entries.call_object };
                let call = call.as_ref().ok_or_else(missing)?;
                call.call(store, (word(0), word(1)))?.cast_unsigned()
            }
            GuestExport::Release => {
                let release = entries.release.as_ref().ok_or_else(missing)?;
                release.call(store, word(0))?;
                0
            }
            GuestExport::Exports => {
                let exports = entries.exports.as_ref().ok_or_else(missing)?;
                exports.call(store, word(0))?.cast_unsigned()
            }
            GuestExport::Serve | GuestExport::Finish => {
                let run = if export == GuestExport::Serve { &entries.serve } else { &entries.finish };
                let run = run.as_ref().ok_or_else(missing)?;
                bits(run.call(store, ())?)
            }
        };
        if let Some(first) = core.first_mut() {
            *first = answer;
        }
        Ok(())
    }
}

impl<W: Watched + 'static> Native<'_, W> {
    /// Acts in a guest's turn.
    fn in_turn<T>(
        &mut self,
        guest: GuestId,
        act: impl FnOnce(&mut Self) -> Result<T, HostError>,
    ) -> Result<T, HostError> {
        let before = self.0.data_mut().guests.to(guest)?;
        let done = act(self);
        self.0.data_mut().guests.to(before)?;
        done
    }

    /// The memory of the guest whose turn it is, once it has one.
    fn memory(&mut self) -> Option<Memory> {
        let Guest { memory, instance, .. } = *self.0.data().guests.now();
        memory.or_else(|| instance?.get_memory(&mut self.0, "memory"))
    }

    /// What becomes of a guest that did not return: with the program's own the run ends, and with whatever ends a run.
    fn ended(&mut self, error: wasmtime::Error) -> HostError {
        let State { guests, run } = self.0.data_mut();
        let why = if guests.id() == GuestId::PROGRAM { None } else { exit(&error).of_host_guest() };
        match why {
            None => {
                run.ending = Some(error);
                over()
            }
            Some(why) => HostError::host(guests.now_mut().ended.insert(why).clone()),
        }
    }
}

fn over() -> HostError {
    HostError::host("the run has ended")
}

impl<W: Watched + 'static> Crossing for Native<'_, W> {
    fn with(
        &mut self,
        guest: GuestId,
        act: &mut dyn FnMut(&mut HostCalls, &mut dyn GuestMemory),
    ) -> Result<(), HostError> {
        self.in_turn(guest, |this| {
            let memory = this.memory().ok_or_else(|| HostError::host("the guest has not started, or has no memory"))?;
            let (bytes, state) = memory.data_and_store_mut(&mut this.0);
            act(&mut state.run.calls, &mut Bytes(bytes));
            Ok(())
        })
    }

    fn enter(&mut self, guest: GuestId, export: GuestExport, core: &mut [u64]) -> Result<(), HostError> {
        self.in_turn(guest, |this| {
            let State { guests, run } = this.0.data();
            if run.ending.is_some() {
                return Err(over());
            }
            if let Some(why) = &guests.now().ended {
                return Err(HostError::host(why.clone()));
            }
            // A trap leaves the guest in the middle of something: nothing can go on in it.
            this.call(export, core).map_err(|error| this.ended(error))
        })
    }

    fn watch(&mut self) -> Option<u64> {
        let state = self.0.data_mut();
        let wasi = &mut state.guests.now_mut().wasi;
        wasi.gate().is_some().then(|| wasi.seen_ns())
    }

    fn tell(&mut self, call: SeenCall, begin_ns: u64) {
        match self.memory() {
            Some(memory) => {
                let (bytes, state) = memory.data_and_store_mut(&mut self.0);
                watch::host_call(bytes, state, &call, begin_ns);
            }
            None => watch::host_call(&mut [], self.0.data_mut(), &call, begin_ns),
        }
    }
}
