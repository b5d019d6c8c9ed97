//! A guest that imports a host function by name with its core types, as C does. This file owns how core values become
//! arguments and a result; it never knows how an engine calls.

use std::sync::Arc;

use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

use super::{AbiCall, SeenCall};
use crate::error::HostError;
use crate::handle::GuestId;
use crate::host::{Crossing, Cx, HostModule};
use crate::types::{
    CoreType, Flat, Function, Interface, MAX_FLAT_PARAMS, Param, Scalar, Signature, Type, core_params, core_text,
    low_half,
};
use crate::value::Value;

/// A function of a host module as a guest imports it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, BorshSerialize, BorshDeserialize)]
pub struct TypedImport {
    /// The host module.
    pub module: String,
    /// The function's name, Python's or its author's.
    pub function: String,
    /// The types of its parameters.
    pub params: Vec<CoreType>,
    /// The type of its result.
    pub result: Option<CoreType>,
}

/// A host function that a guest called by name and that has not answered. The guest waits.
pub struct TypedOpen {
    guest: GuestId,
    module: Arc<HostModule>,
    at: usize,
    seen: Option<(u64, SeenCall)>,
}

impl TypedOpen {
    /// What the host function let go of the guest hears before it goes on, and who looks on what came of the call.
    fn end(self, crossing: &mut dyn Crossing, called: Result<Value, HostError>) -> Result<Value, HostError> {
        let called = Cx::new(crossing).release(self.guest).and(called);
        if let Some((begin_ns, seen)) = self.seen {
            crossing.tell(seen.end(called.as_ref()), begin_ns);
        }
        called
    }
}

/// How an interface offers an import.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TypedOffer {
    /// With these types.
    Fits,
    /// With others, in words.
    Otherwise(String),
    /// Not at all.
    Missing,
}

impl TypedImport {
    /// The type as WebAssembly text has it: `(param i32 i32) (result i32)`.
    #[must_use]
    pub fn shown(&self) -> String {
        core_text(&self.params, self.result.as_slice())
    }

    /// Whether an interface that is known before a run offers it.
    #[must_use]
    pub fn offer(&self, interface: &Interface) -> TypedOffer {
        let Some(function) = interface.functions.iter().find(|function| function.answers_to(&self.function)) else {
            return TypedOffer::Missing;
        };
        match lowered(&function.signature) {
            Some((params, result)) if self.params == params && self.result == result => TypedOffer::Fits,
            Some((params, result)) => TypedOffer::Otherwise(core_text(&params, result.as_slice())),
            None => {
                let signature = &function.signature;
                TypedOffer::Otherwise(format!("{signature}, which is more than core wasm values"))
            }
        }
    }

    fn is(&self, flat: &Flat) -> bool {
        self.params.iter().copied().eq(flat.params.iter().map(|scalar| scalar.core_type()))
            && self.result == flat.result.map(Scalar::core_type)
    }

    /// Calls the function for a guest. `core` has the parameters as raw bits; the result replaces the first. There is
    /// room for both.
    ///
    /// # Errors
    /// There is no such function, it does not take these values, or what it raises. Core wasm has no way to tell a guest.
    pub fn call(&self, crossing: &mut dyn Crossing, guest: GuestId, core: &mut [u64]) -> Result<(), HostError> {
        // Nobody says that it is open.
        self.begin(crossing, guest, core, &mut || false).map(drop)
    }

    /// The same where a host function may return before it has its result. Once it has returned, `is_open` is asked
    /// whether that is so; what it returned is dropped then, and [`finish`](Self::finish) puts what came of it.
    ///
    /// # Errors
    /// As for [`call`](Self::call).
    pub fn begin(
        &self,
        crossing: &mut dyn Crossing,
        guest: GuestId,
        core: &mut [u64],
        is_open: &mut dyn FnMut() -> bool,
    ) -> Result<Option<TypedOpen>, HostError> {
        let watched = crossing.watch();
        let mut cx = Cx::new(crossing);
        let (module, at) = cx.with(guest, |calls, _| calls.registry().find(&self.module, &self.function))??;
        let flat = module.flat(at).filter(|flat| self.is(flat));
        // Slots go as they are; only who looks on wants values.
        let args = match flat {
            Some(_) if watched.is_none() => Vec::new(),
            _ => self.args(module.interface().functions.get(at), core, guest, &mut cx)?,
        };
        let seen = watched.map(|begin_ns| (begin_ns, SeenCall::begin(&module, at, &args)));
        let called = match flat {
            Some(flat) => self.call_flat(&module, at, flat, &mut cx, core),
            None => module.call(at, &mut cx, args).and_then(|value| self.put(&value, core).map(|()| value)),
        };
        let open = TypedOpen { guest, module, at, seen };
        if is_open() {
            return Ok(Some(open));
        }
        open.end(crossing, called).map(|_| None)
    }

    /// Puts what came of a call that was open.
    ///
    /// # Errors
    /// As for [`call`](Self::call).
    pub fn finish(
        &self,
        open: TypedOpen,
        crossing: &mut dyn Crossing,
        given: Result<Value, HostError>,
        core: &mut [u64],
    ) -> Result<(), HostError> {
        let checked = given.and_then(|value| open.module.checked(open.at, value));
        let flat = open.module.flat(open.at).filter(|flat| self.is(flat));
        let put = checked.and_then(|value| {
            let declared = flat.and_then(|flat| flat.result);
            match (declared.and_then(|scalar| Some(scalar.core_from_slot(scalar.slot(&value)?))), core.first_mut()) {
                (Some(bits), Some(first)) => *first = bits,
                _ => self.put(&value, core)?,
            }
            Ok(value)
        });
        open.end(crossing, put).map(drop)
    }

    /// The arguments, as the function declares them where its types are those of the import: a text or bytes then lie in
    /// the guest's memory.
    fn args(
        &self,
        declared: Option<&Function>,
        core: &[u64],
        guest: GuestId,
        cx: &mut Cx<'_>,
    ) -> Result<Vec<Value>, HostError> {
        let mut declared = declared.into_iter().flat_map(|function| &function.signature.params);
        let mut given = self.params.iter().copied().zip(core.iter().copied());
        let mut args = Vec::with_capacity(self.params.len());
        while let Some((core_type, bits)) = given.next() {
            let param = declared.next();
            let place = param.filter(|param| param.ty.is_place() && core_type == CoreType::I32);
            if let Some(param) = place
                && let Some((CoreType::I32, length)) = given.clone().next()
            {
                given.next();
                args.push(self.placed(param, low_half(bits), low_half(length), guest, cx)?);
                continue;
            }
            let scalar = param.and_then(|param| param.ty.scalar()).filter(|scalar| scalar.core_type() == core_type);
            let scalar = scalar.unwrap_or_else(|| core_type.scalar());
            args.push(scalar.value(scalar.slot_from_core(bits)));
        }
        Ok(args)
    }

    /// A text or bytes in the guest's memory.
    fn placed(
        &self,
        Param { name, ty }: &Param,
        at: u32,
        length: u32,
        guest: GuestId,
        cx: &mut Cx<'_>,
    ) -> Result<Value, HostError> {
        let copied = cx.with(guest, |_, memory| memory.copy(at, length))?;
        let bytes = copied.map_err(|_| HostError::bad_pointer(name, at, length))?;
        if *ty == Type::Bytes {
            return Ok(Value::Bytes(bytes));
        }
        String::from_utf8(bytes).map(Value::Str).map_err(|_| {
            let Self { module, function, .. } = self;
            HostError::value_error(format!("{module}.{function}() argument '{name}' is not UTF-8"))
        })
    }

    fn call_flat(
        &self,
        module: &HostModule,
        at: usize,
        flat: &Flat,
        cx: &mut Cx<'_>,
        core: &mut [u64],
    ) -> Result<Value, HostError> {
        let mut slots = [0; MAX_FLAT_PARAMS];
        for (slot, (scalar, bits)) in slots.iter_mut().zip(flat.params.iter().zip(core.iter())) {
            *slot = scalar.slot_from_core(*bits);
        }
        module.call_with_slots(at, cx, slots.get_mut(..flat.slots()).unwrap_or_default())?;
        let Some(scalar) = flat.result else { return Ok(Value::None) };
        if let Some(first) = core.first_mut() {
            *first = scalar.core_from_slot(slots[0]);
        }
        Ok(scalar.value(slots[0]))
    }

    /// Puts a result where the guest takes it.
    fn put(&self, value: &Value, core: &mut [u64]) -> Result<(), HostError> {
        let Some(core_type) = self.result else { return Ok(()) };
        // A number of 32 bits is one with or without sign.
        let unsigned = if core_type == CoreType::I64 { Scalar::U64 } else { Scalar::U32 };
        let scalars = [core_type.scalar(), unsigned, Scalar::Bool];
        let integers = matches!(core_type, CoreType::I32 | CoreType::I64);
        let fitting = scalars.into_iter().take(if integers { 3 } else { 1 });
        let bits = fitting.filter_map(|scalar| Some(scalar.core_from_slot(scalar.slot(value)?))).next();
        let bits = bits.ok_or_else(|| {
            let Self { module, function, .. } = self;
            HostError::host(format!("{module}.{function}() gave {value}, which is no {}", core_type.name()))
        })?;
        if let Some(first) = core.first_mut() {
            *first = bits;
        }
        Ok(())
    }
}

/// A sentence's beginning that lists all that a guest may import: `wasi` functions of WASI, the host-call ABI, and what host
/// modules offer, as far as that is known before a run.
pub fn offered<'a>(wasi: usize, hosts: impl IntoIterator<Item = (&'a str, Option<&'a Interface>)>) -> String {
    let abi: Vec<&str> = AbiCall::ALL.iter().map(|call| call.name()).collect();
    let mut told =
        format!("Offered are all {wasi} functions of wasi_snapshot_preview1, {}.{{{}}}", super::MODULE, abi.join(", "));
    for (name, interface) in hosts {
        let functions = interface.into_iter().flat_map(|interface| &interface.functions);
        let names: Vec<&str> = functions.map(|function| function.source_name.as_str()).collect();
        let names = if interface.is_some() { names.join(", ") } else { "…".to_owned() };
        told.push_str(&format!(", {name}.{{{names}}}"));
    }
    told
}

/// The core types of a function's parameters and its result, as far as a guest may import it by name: scalars as the
/// component model flattens them, and as parameters texts and bytes, each an address and a length.
fn lowered(signature: &Signature) -> Option<(Vec<CoreType>, Option<CoreType>)> {
    let params = core_params(&signature.params).ok()?;
    let result = match &signature.result {
        Some(ty) => Some(ty.scalar()?.core_type()),
        None => None,
    };
    (params.len() <= MAX_FLAT_PARAMS).then_some((params, result))
}

impl Function {
    /// A function answers to its name in Python and to the one its author gave it.
    pub(crate) fn answers_to(&self, name: &str) -> bool {
        self.path() == name || self.source_name == name
    }
}

#[cfg(test)]
mod tests {
    use super::TypedImport;
    use crate::abi::HostCalls;
    use crate::abi::testing::Habitat;
    use crate::error::HostError;
    use crate::handle::GuestId;
    use crate::host::{HostModule, Registry};
    use crate::types::{CoreType, Scalar, Signature};
    use crate::value::Value;

    #[test]
    fn a_call_that_was_open_ends_as_one_that_was_not() {
        for (scalar, core, value, bits) in [
            (Scalar::Char, CoreType::I32, Value::from("é"), Some(0xe9)),
            (Scalar::Bool, CoreType::I32, true.into(), Some(1)),
            (Scalar::S8, CoreType::I32, (-1).into(), Some(0xffff_ffff)),
            (Scalar::U64, CoreType::I64, 7.into(), Some(7)),
            (Scalar::F64, CoreType::F64, 0.5.into(), Some(0.5_f64.to_bits())),
            (Scalar::U8, CoreType::I32, 256.into(), None),
            (Scalar::Char, CoreType::I32, "no".into(), None),
        ] {
            let gives = value.clone();
            let signature = Signature::new().returns(scalar);
            let module = HostModule::builder("demo").function("now", signature, move |_, _| Ok(gives.clone()));
            let mut registry = Registry::new();
            registry.add(module.build().unwrap()).unwrap();
            let mut habitat = Habitat::new(HostCalls::new(registry, 1 << 20, 4));
            let import = TypedImport {
                module: "demo".to_owned(),
                function: "now".to_owned(),
                params: Vec::new(),
                result: Some(core),
            };
            let (mut now, mut later) = ([0], [0]);
            let called = import.call(&mut habitat, GuestId::PROGRAM, &mut now);
            let open = import.begin(&mut habitat, GuestId::PROGRAM, &mut later, &mut || true).ok().flatten();
            let finished = import.finish(open.expect("open"), &mut habitat, Ok(value), &mut later);
            let words = |done: Result<(), HostError>| done.map_err(|error| error.to_string());
            assert_eq!(words(called), words(finished.clone()), "{scalar:?}");
            assert_eq!(finished.ok().map(|()| later[0]), bits, "{scalar:?}");
            assert!(bits.is_none() || now == later, "{scalar:?}: {now:?}");
        }
    }
}
