//! A host module that is WebAssembly itself: how arguments become core values and bytes in its memory, and how a result
//! comes back. This file never knows an engine.
//!
//! Scalars are core values. A text or bytes is an address and a length, as the component model's canonical ABI has them:
//! two parameters, or a result that is the address of both. Where an argument lies the module's own `cabi_realloc` says,
//! and the function owns it; or C's `malloc`, and `free` takes it back after the call.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::abi::GuestMemory;
use crate::error::HostError;
use crate::host::{Builder, Cx, HostFunction, HostModule, ModuleError};
use crate::prepared::{Allocator, WasmHost};
use crate::types::{Function, MAX_FLAT_PARAMS, Scalar, Signature, Type, low_half};
use crate::value::Value;

/// An instance of a wasm host module, as a habitat runs it.
pub trait WasmInstance: Send + Sync {
    /// Calls an export, by its number in [`WasmHost::exports`]. `core` has its parameters as raw bits, and then its
    /// results; there is room for both.
    ///
    /// # Errors
    /// It trapped, exited, or the run has to end.
    fn call(&self, cx: &mut Cx<'_>, export: u32, core: &mut [u64]) -> Result<(), HostError>;

    /// Lends its memory.
    ///
    /// # Errors
    /// It exports none.
    fn memory(&self, act: &mut dyn FnMut(&mut dyn GuestMemory)) -> Result<(), HostError>;
}

/// The module that Python imports of an instance.
///
/// # Errors
/// As [`Builder::build`].
pub fn wasm_module(host: &WasmHost, instance: Arc<dyn WasmInstance>) -> Result<HostModule, ModuleError> {
    let WasmHost { interface, exports, posts, allocator, imports, wasi, .. } = host;
    let shared = Arc::new(Shared {
        instance,
        allocator: *allocator,
        busy: AtomicBool::new(false),
        alone: imports.is_empty() && !wasi,
    });
    let builder = HostModule::implement(interface.clone());
    let numbered = (0_u32..).zip(&interface.functions).zip(exports);
    let give = |builder: Builder, ((number, function), export): ((u32, &Function), &crate::HostExport)| {
        let post = posts.get(number as usize).copied().flatten();
        let room = export.params.len().max(export.results.len());
        let signature = function.signature.clone();
        builder
            .boxed(&function.path(), Box::new(Body { shared: shared.clone(), export: number, post, room, signature }))
    };
    numbered.fold(builder, give).build()
}

struct Shared {
    instance: Arc<dyn WasmInstance>,
    allocator: Option<Allocator>,
    /// One of its functions is being called. As with components, an instance is not entered twice.
    busy: AtomicBool,
    /// It imports nothing.
    alone: bool,
}

/// An instance that nobody else can enter.
struct Entered<'a>(&'a Shared);

impl Drop for Entered<'_> {
    fn drop(&mut self) {
        self.0.busy.store(false, Ordering::Release);
    }
}

impl Shared {
    fn enter(&self) -> Result<Entered<'_>, HostError> {
        if self.busy.swap(true, Ordering::Acquire) {
            return Err(HostError::host(
                "this host module is in the middle of a call, and WebAssembly is not entered twice",
            ));
        }
        Ok(Entered(self))
    }
}

impl Entered<'_> {
    fn call(&self, cx: &mut Cx<'_>, export: u32, core: &mut [u64]) -> Result<(), HostError> {
        self.0.instance.call(cx, export, core)
    }

    /// Puts bytes into the module's memory; gives their address.
    fn put(&self, cx: &mut Cx<'_>, bytes: &[u8]) -> Result<u32, HostError> {
        if bytes.is_empty() {
            // Nothing lies there; an address that is not 0 is a valid one for a slice of no bytes.
            return Ok(1);
        }
        let length = bytes.len() as u64;
        let at = match self.0.allocator {
            Some(Allocator::Canonical { realloc }) => {
                let mut core = [0, 0, 1, length];
                self.call(cx, realloc, &mut core)?;
                core[0]
            }
            Some(Allocator::C { malloc, .. }) => {
                let mut core = [length];
                self.call(cx, malloc, &mut core)?;
                core[0]
            }
            None => return Err(HostError::host("the module exports neither cabi_realloc nor malloc")),
        };
        let at = low_half(at);
        let mut written = Ok(());
        self.0.instance.memory(&mut |memory| written = memory.write(at, bytes))?;
        match written {
            Ok(()) if at != 0 => Ok(at),
            _ => Err(HostError::new("MemoryError", format!("the host module has no room for {length} bytes"))),
        }
    }

    /// Takes back what [`Self::put`] made, where that is the host's to do.
    fn free(&self, cx: &mut Cx<'_>, placed: &[u32]) -> Result<(), HostError> {
        if let Some(Allocator::C { free: Some(free), .. }) = self.0.allocator {
            for at in placed {
                self.call(cx, free, &mut [u64::from(*at)])?;
            }
        }
        Ok(())
    }

    /// The bytes whose address and length lie at an address.
    fn take(&self, at: u32) -> Result<Vec<u8>, HostError> {
        let mut taken = None;
        self.0.instance.memory(&mut |memory| {
            let mut pair = [0; 8];
            let read = memory.read(at, &mut pair);
            let [a, b, c, d, e, f, g, h] = pair;
            let (from, length) = (u32::from_le_bytes([a, b, c, d]), u32::from_le_bytes([e, f, g, h]));
            taken = Some(read.and_then(|()| memory.copy(from, length)));
        })?;
        let outside = || {
            HostError::host(format!(
                "the host module gave {at} as the place of an address and a length, which are not in its memory"
            ))
        };
        taken.and_then(Result::ok).ok_or_else(outside)
    }
}

/// One function of an instance.
struct Body {
    shared: Arc<Shared>,
    export: u32,
    post: Option<u32>,
    /// Core values that a call needs room for.
    room: usize,
    signature: Signature,
}

impl Body {
    fn lower(
        &self,
        entered: &Entered<'_>,
        cx: &mut Cx<'_>,
        args: &[Value],
        placed: &mut Vec<u32>,
    ) -> Result<Vec<u64>, HostError> {
        let mut core = Vec::with_capacity(self.room);
        for (param, arg) in self.signature.params.iter().zip(args) {
            let bytes = match (&param.ty, arg) {
                (Type::String, Value::Str(text)) => text.as_bytes(),
                (Type::Bytes, Value::Bytes(bytes)) => bytes,
                (ty, arg) => {
                    // The arguments were checked, so each scalar has a slot; 0 would stand for another.
                    let scalar = ty.scalar().unwrap_or(Scalar::S32);
                    core.push(scalar.core_from_slot(scalar.slot(arg).unwrap_or_default()));
                    continue;
                }
            };
            let at = entered.put(cx, bytes)?;
            if !bytes.is_empty() {
                placed.push(at);
            }
            core.extend([u64::from(at), bytes.len() as u64]);
        }
        core.resize(core.len().max(self.room), 0);
        Ok(core)
    }

    fn lift(&self, entered: &Entered<'_>, core: &[u64]) -> Result<Value, HostError> {
        let first = core.first().copied().unwrap_or_default();
        Ok(match &self.signature.result {
            None => Value::None,
            Some(Type::Bytes) => Value::Bytes(entered.take(low_half(first))?),
            Some(Type::String) => {
                let bytes = entered.take(low_half(first))?;
                let text = String::from_utf8(bytes);
                Value::Str(text.map_err(|_| HostError::host("the host module gave a string that is not UTF-8"))?)
            }
            Some(Type::Tuple(types)) => {
                Value::Tuple(types.iter().zip(core).map(|(ty, bits)| scalar_value(ty, *bits)).collect())
            }
            Some(ty) => scalar_value(ty, first),
        })
    }
}

fn scalar_value(ty: &Type, bits: u64) -> Value {
    ty.scalar().map_or(Value::None, |scalar| scalar.value(scalar.slot_from_core(bits)))
}

impl HostFunction for Body {
    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn needs_cx(&self) -> bool {
        !self.shared.alone
    }

    fn call(&self, cx: &mut Cx<'_>, args: Vec<Value>) -> Result<Value, HostError> {
        let entered = self.shared.enter()?;
        let mut placed = Vec::new();
        let mut core = self.lower(&entered, cx, &args, &mut placed)?;
        entered.call(cx, self.export, &mut core)?;
        let value = self.lift(&entered, &core);
        if let Some(post) = self.post {
            entered.call(cx, post, core.get_mut(..1).unwrap_or_default())?;
        }
        entered.free(cx, &placed)?;
        value
    }

    fn call_flat(&self, cx: &mut Cx<'_>, slots: &mut [u64]) -> Option<Result<(), HostError>> {
        let params = &self.signature.params;
        let mut core = [0; MAX_FLAT_PARAMS];
        if self.room > core.len() || slots.len() < params.len() {
            return None;
        }
        for (core, (param, slot)) in core.iter_mut().zip(params.iter().zip(slots.iter())) {
            *core = param.ty.scalar()?.core_from_slot(*slot);
        }
        let result = match &self.signature.result {
            None => None,
            Some(ty) => Some(ty.scalar()?),
        };
        let called = self
            .shared
            .enter()
            .and_then(|entered| entered.call(cx, self.export, core.get_mut(..self.room).unwrap_or_default()));
        if let Err(error) = called {
            return Some(Err(error));
        }
        if let (Some(scalar), Some(slot)) = (result, slots.first_mut()) {
            *slot = scalar.slot_from_core(core[0]);
        }
        Some(Ok(()))
    }
}
