//! Objects of Python as values, guided by declared types, by the rules of the guest's Python (`crates/python/c/encode.c`);
//! errors name the place. This file never knows where a value goes.

use std::sync::Arc;

use amphi_core::wire::MAX_DEPTH;
use amphi_core::{Signature, Type, Value};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::types::{
    PyAnyMethods as _, PyBool, PyBoolMethods as _, PyByteArray, PyBytes, PyBytesMethods as _, PyDict,
    PyDictMethods as _, PyFloat, PyFloatMethods as _, PyInt, PyList, PyMemoryView, PyString, PyStringMethods as _,
    PyTuple, PyTupleMethods as _,
};
use pyo3::{Bound, PyAny, PyResult};

use crate::handles::{Held, lend_callable, lend_resource};
use crate::place::{Place, type_name};
use crate::scalars;
use crate::site::Site;

/// What a function declared to give that gave.
///
/// # Errors
/// `TypeError`, `OverflowError`, `ValueError`: it is no value of the type.
pub(crate) fn result(
    site: &Arc<Site>,
    value: &Bound<'_, PyAny>,
    ty: Option<&Type>,
    place: &Place<'_>,
) -> PyResult<Value> {
    match ty {
        Some(ty) => Encoder { site }.value(value, ty, place),
        // As in the guest, a function that is declared to give nothing may give anything.
        None => Ok(Value::None),
    }
}

/// A value by itself.
///
/// # Errors
/// `TypeError`: it has no form on the other side.
pub(crate) fn any(site: &Arc<Site>, value: &Bound<'_, PyAny>, place: &Place<'_>) -> PyResult<Value> {
    Encoder { site }.value(value, &Type::Any, place)
}

/// The arguments of a callable of the guest: as they are declared, else by themselves.
///
/// # Errors
/// As [`result`]; `TypeError`: there are more or less than are declared.
pub(crate) fn arguments(
    site: &Arc<Site>,
    args: &Bound<'_, PyTuple>,
    signature: Option<&Signature>,
) -> PyResult<Vec<Value>> {
    let Some(signature) = signature else {
        let place = Place::argument("arguments");
        let item = |(at, item): (usize, Bound<'_, PyAny>)| any(site, &item, &place.numbered("item", at));
        return args.iter().enumerate().map(item).collect();
    };
    let (params, given) = (&signature.params, args.len());
    if !signature.may_have(given) {
        let were = if given == 1 { "was" } else { "were" };
        let message = format!("callable() takes {} but {given} {were} given", signature.takes(given));
        return Err(PyTypeError::new_err(message));
    }
    let encoder = Encoder { site };
    let given = params.iter().zip(args.iter());
    let given = given.map(|(param, value)| encoder.value(&value, &param.ty, &Place::argument(&param.name)));
    let left_out = params.iter().skip(args.len()).map(|_| Ok(Value::None));
    given.chain(left_out).collect()
}

/// What an exception carries as the err of a declared result.
///
/// # Errors
/// As [`result`].
pub(crate) fn err(site: &Arc<Site>, error: &Bound<'_, PyAny>, ty: &Type, place: &Place<'_>) -> PyResult<Value> {
    Encoder { site }.err(error, ty, place)
}

struct Encoder<'a> {
    site: &'a Arc<Site>,
}

impl Encoder<'_> {
    fn value(&self, value: &Bound<'_, PyAny>, ty: &Type, place: &Place<'_>) -> PyResult<Value> {
        if place.depth() >= MAX_DEPTH {
            return Err(PyValueError::new_err(format!("a value nests deeper than {MAX_DEPTH}")));
        }
        match ty {
            Type::Scalar(scalar) => scalars::encode(value, *scalar, place),
            Type::String => match value.cast::<PyString>() {
                Ok(read) => text(read, place),
                Err(_) => Err(place.refuse(type_name(ty), value)),
            },
            Type::Bytes => bytes(value)?.map(Value::Bytes).ok_or_else(|| place.refuse(type_name(ty), value)),
            Type::Any => self.untyped(value, place),
            Type::List(item) => {
                let items = self.sequence(value, ty, place)?.into_iter().enumerate();
                let items = items.map(|(at, value)| self.value(&value, item, &place.numbered("item", at)));
                items.collect::<PyResult<_>>().map(Value::List)
            }
            Type::Tuple(types) => {
                let items = self.sequence(value, ty, place)?;
                if items.len() != types.len() {
                    return Err(place.refuse_count(types.len(), items.len()));
                }
                let items = items.iter().zip(types).enumerate();
                let items = items.map(|(at, (value, ty))| self.value(value, ty, &place.numbered("item", at)));
                items.collect::<PyResult<_>>().map(Value::Tuple)
            }
            Type::Option(_) if value.is_none() => Ok(Value::None),
            Type::Option(item) => {
                // Of an option of an option that is an amphi.Some, unless it cannot be mistaken.
                let nests = matches!(**item, Type::Option(_));
                let wrapped = nests && value.get_type().is(value.py().import("amphi")?.getattr("Some")?);
                let inner = if wrapped { value.get_item(0)? } else { value.clone() };
                Ok(Value::Some(Box::new(self.value(&inner, item, place)?)))
            }
            Type::Result(ok, err) => self.result(value, ok.as_deref(), err.as_deref(), place),
            Type::Record { fields, .. } => self.record(value, ty, fields, place),
            Type::Variant { cases, .. } => self.variant(value, ty, cases, place),
            Type::Enum { cases, .. } => {
                self.check(value, ty, place)?;
                let member: String = value.getattr("name")?.extract()?;
                let case = cases.iter().position(|case| *case == member).and_then(|at| u32::try_from(at).ok());
                case.map(Value::Enum)
                    .ok_or_else(|| PyValueError::new_err(format!("{place} is no declared case: {member}")))
            }
            Type::Flags { flags, .. } => {
                self.check(value, ty, place)?;
                self.flags(value, flags.len())
            }
            Type::Handle { name, .. } => {
                self.check(value, ty, place)?;
                match value.cast::<Held>() {
                    Ok(held) => self.held(held),
                    Err(_) => Ok(Value::Handle(lend_resource(self.site, value, name))),
                }
            }
            Type::Callable { signature, .. } => match value.cast::<Held>() {
                Ok(held) => self.held(held),
                Err(_) if value.is_callable() => Ok(Value::Handle(lend_callable(self.site, value, Some(signature)))),
                Err(_) => Err(place.refuse(type_name(ty), value)),
            },
        }
    }

    fn untyped(&self, value: &Bound<'_, PyAny>, place: &Place<'_>) -> PyResult<Value> {
        if value.is_none() {
            Ok(Value::None)
        } else if let Ok(truth) = value.cast::<PyBool>() {
            Ok(Value::Bool(truth.is_true()))
        } else if value.is_instance_of::<PyInt>() {
            scalars::integer(value)
        } else if let Ok(number) = value.cast::<PyFloat>() {
            Ok(Value::Float(number.value()))
        } else if let Ok(read) = value.cast::<PyString>() {
            text(read, place)
        } else if let Ok(dict) = value.cast::<PyDict>() {
            let fields = dict.iter().enumerate().map(|(at, (key, item))| {
                let inner = place.numbered("key", at + 1);
                let key = key.cast::<PyString>().map_err(|_| inner.refuse("string", &key))?.to_str()?.to_owned();
                Ok((key, self.value(&item, &Type::Any, &inner)?))
            });
            fields.collect::<PyResult<_>>().map(Value::Record)
        } else if value.is_instance_of::<PyList>() || value.is_instance_of::<PyTuple>() {
            let items = value.try_iter()?.enumerate();
            let items = items.map(|(at, item)| self.value(&item?, &Type::Any, &place.numbered("item", at)));
            let items = items.collect::<PyResult<_>>()?;
            Ok(if value.is_instance_of::<PyList>() { Value::List(items) } else { Value::Tuple(items) })
        } else if let Some(bytes) = bytes(value)? {
            Ok(Value::Bytes(bytes))
        } else if let Ok(held) = value.cast::<Held>() {
            self.held(held)
        } else if value.is_callable() {
            Ok(Value::Handle(lend_callable(self.site, value, None)))
        } else {
            Err(place.refuse("any", value))
        }
    }

    /// Something of the guest's side goes back as itself.
    fn held(&self, held: &Bound<'_, Held>) -> PyResult<Value> {
        held.get().check(self.site)?;
        Ok(Value::Handle(held.get().handle.clone()))
    }

    /// Whether it is of the class of a named type.
    fn check(&self, value: &Bound<'_, PyAny>, ty: &Type, place: &Place<'_>) -> PyResult<()> {
        let name = type_name(ty);
        if self.site.is_instance(value, name)? { Ok(()) } else { Err(place.refuse(name, value)) }
    }

    /// The items of anything that has some and is no text, bytes or dict.
    fn sequence<'py>(
        &self,
        value: &Bound<'py, PyAny>,
        ty: &Type,
        place: &Place<'_>,
    ) -> PyResult<Vec<Bound<'py, PyAny>>> {
        let refused = || place.refuse(type_name(ty), value);
        if value.is_instance_of::<PyString>() || value.is_instance_of::<PyBytes>() || value.is_instance_of::<PyDict>() {
            return Err(refused());
        }
        let items = value.try_iter().and_then(Iterator::collect::<PyResult<_>>);
        items.map_err(|why| if why.is_instance_of::<PyTypeError>(value.py()) { refused() } else { why })
    }

    /// A record is its class's instance, a dict, or any object with the fields as attributes.
    fn record(
        &self,
        value: &Bound<'_, PyAny>,
        ty: &Type,
        fields: &[(String, Type)],
        place: &Place<'_>,
    ) -> PyResult<Value> {
        let dict = value.cast::<PyDict>().ok();
        let field = |(name, field): &(String, Type)| {
            let found = match dict {
                Some(dict) => dict.get_item(name)?,
                None => value.getattr_opt(name.as_str())?,
            };
            let found = found.ok_or_else(|| place.refuse(type_name(ty), value))?;
            Ok((name.clone(), self.value(&found, field, &place.named("field", name))?))
        };
        let found = fields.iter().map(field).collect::<PyResult<_>>()?;
        for key in dict.filter(|dict| dict.len() > fields.len()).into_iter().flat_map(|dict| dict.keys()) {
            if !fields.iter().any(|(name, _)| key.eq(name).unwrap_or_default()) {
                return Err(place.refuse_field(&key, type_name(ty)));
            }
        }
        Ok(Value::Record(found))
    }

    /// An exception is an err, all else an ok.
    fn result(
        &self,
        value: &Bound<'_, PyAny>,
        ok: Option<&Type>,
        err: Option<&Type>,
        place: &Place<'_>,
    ) -> PyResult<Value> {
        if !value.is_instance_of::<pyo3::exceptions::PyBaseException>() {
            let inner = place.named("case", "ok");
            return match ok {
                Some(ty) => Ok(Value::Ok(Some(Box::new(self.value(value, ty, &inner)?)))),
                None if value.is_none() => Ok(Value::Ok(None)),
                None => Err(place.refuse("result", value)),
            };
        }
        let Some(ty) = err else { return Ok(Value::Err(None)) };
        Ok(Value::Err(Some(Box::new(self.err(value, ty, &place.named("case", "err"))?))))
    }

    /// What an exception carries: itself as text where the declaration wants text, else its `data`, or what it was made
    /// with.
    fn err(&self, error: &Bound<'_, PyAny>, ty: &Type, place: &Place<'_>) -> PyResult<Value> {
        if *ty == Type::String {
            return self.value(error.str()?.as_any(), ty, place);
        }
        if let Some(data) = error.getattr_opt("data")?.filter(|data| !data.is_none()) {
            return self.value(&data, ty, place);
        }
        let args = error.getattr("args")?;
        self.value(&if args.len()? == 1 { args.get_item(0)? } else { args }, ty, place)
    }

    fn variant(
        &self,
        value: &Bound<'_, PyAny>,
        ty: &Type,
        cases: &[(String, Option<Type>)],
        place: &Place<'_>,
    ) -> PyResult<Value> {
        self.check(value, ty, place)?;
        let case: u32 = value.getattr("_index")?.extract()?;
        let payload = match usize::try_from(case).ok().and_then(|at| cases.get(at)) {
            Some((name, Some(ty))) => {
                Some(Box::new(self.value(&value.getattr("_payload")?, ty, &place.named("case", name))?))
            }
            _ => None,
        };
        Ok(Value::Variant(case, payload))
    }

    /// The bits of a flags class's member, as words of 32 bits, the lowest first.
    fn flags(&self, value: &Bound<'_, PyAny>, flags: usize) -> PyResult<Value> {
        let words = flags.div_ceil(32);
        let bytes: Vec<u8> = value.getattr("value")?.call_method1("to_bytes", (words * 4, "little"))?.extract()?;
        Ok(Value::Flags(bytes.as_chunks().0.iter().map(|word| u32::from_le_bytes(*word)).collect()))
    }
}

/// Text, if all of it is Unicode.
fn text(text: &Bound<'_, PyString>, place: &Place<'_>) -> PyResult<Value> {
    let read = text.to_str().map_err(|why| place.unreadable(text.py(), &why))?;
    Ok(Value::Str(read.to_owned()))
}

/// The bytes of anything that has some; none where it has not.
fn bytes(value: &Bound<'_, PyAny>) -> PyResult<Option<Vec<u8>>> {
    if let Ok(bytes) = value.cast::<PyBytes>() {
        return Ok(Some(bytes.as_bytes().to_vec()));
    }
    if let Ok(bytes) = value.cast::<PyByteArray>() {
        return bytes.extract().map(Some);
    }
    match PyMemoryView::from(value) {
        Ok(view) => view.call_method0("tobytes")?.extract().map(Some),
        Err(_) => Ok(None),
    }
}
