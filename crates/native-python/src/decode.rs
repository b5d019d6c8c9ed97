//! Values as objects of Python, by the rules of the guest's Python (`crates/python/c/decode.c`). This file never knows
//! where a value came from.

use std::sync::Arc;

use amphi_core::{Signature, Type, Value};
use pyo3::exceptions::PyValueError;
use pyo3::types::{
    PyAnyMethods as _, PyBool, PyBytes, PyDict, PyDictMethods as _, PyFloat, PyInt, PyList, PyModule, PyString, PyTuple,
};
use pyo3::{Bound, IntoPyObject as _, PyAny, PyResult, Python};

use crate::handles;
use crate::scalars::decode_big;
use crate::site::Site;

type Made<'py> = PyResult<Bound<'py, PyAny>>;

/// A value of that type; without one, of what it is by itself.
///
/// # Errors
/// The class of a named type does not take it.
pub(crate) fn value<'py>(py: Python<'py>, site: &Arc<Site>, value: Value, ty: Option<&Type>) -> Made<'py> {
    Decoder { py, site }.value(value, ty, 0)
}

/// The arguments of a call, whose types are a signature's.
///
/// # Errors
/// As [`value`].
pub(crate) fn arguments<'py>(
    py: Python<'py>,
    site: &Arc<Site>,
    args: Vec<Value>,
    signature: Option<&Signature>,
) -> PyResult<Bound<'py, PyTuple>> {
    let decoder = Decoder { py, site };
    let types = signature.map_or(&[][..], |signature| &signature.params);
    let typed = args.into_iter().enumerate();
    let items = typed.map(|(at, arg)| decoder.value(arg, types.get(at).map(|param| &param.ty), 1));
    PyTuple::new(py, items.collect::<PyResult<Vec<_>>>()?)
}

struct Decoder<'py, 'a> {
    py: Python<'py>,
    site: &'a Arc<Site>,
}

impl<'py> Decoder<'py, '_> {
    fn value(&self, value: Value, ty: Option<&Type>, depth: u32) -> Made<'py> {
        if depth >= amphi_core::wire::MAX_DEPTH {
            return Err(PyValueError::new_err(format!("a value nests deeper than {}", amphi_core::wire::MAX_DEPTH)));
        }
        let (py, depth) = (self.py, depth + 1);
        Ok(match value {
            Value::None => py.None().into_bound(py),
            Value::Bool(truth) => PyBool::new(py, truth).to_owned().into_any(),
            Value::Int(number) => number.into_pyobject(py)?.into_any(),
            Value::Big(number) => decode_big(py, &number)?,
            Value::Float(number) => PyFloat::new(py, number).into_any(),
            Value::Str(text) => PyString::new(py, &text).into_any(),
            Value::Bytes(bytes) => PyBytes::new(py, &bytes).into_any(),
            Value::List(items) => {
                let item = match ty {
                    Some(Type::List(item)) => Some(&**item),
                    _ => None,
                };
                let items = items.into_iter().map(|value| self.value(value, item, depth));
                PyList::new(py, items.collect::<PyResult<Vec<_>>>()?)?.into_any()
            }
            Value::Tuple(items) => {
                let types = match ty {
                    Some(Type::Tuple(types)) => types.as_slice(),
                    _ => &[],
                };
                let items = items.into_iter().enumerate().map(|(at, value)| self.value(value, types.get(at), depth));
                PyTuple::new(py, items.collect::<PyResult<Vec<_>>>()?)?.into_any()
            }
            Value::Record(fields) => self.record(fields, ty, depth)?,
            Value::Enum(case) => match ty {
                Some(Type::Enum { name, cases }) if let Some(case) = at(cases, case) => {
                    self.site.class(py, name)?.get_item(case)?
                }
                _ => case.into_pyobject(py)?.into_any(),
            },
            Value::Flags(words) => self.flags(&words, ty)?,
            Value::Variant(case, payload) => self.variant(case, payload, ty, depth)?,
            Value::Some(value) => {
                let item = option_item(ty);
                let value = self.value(*value, item, depth)?;
                // What there is of an option of an option, which None would not tell.
                if matches!(item, Some(Type::Option(_))) { amphi(py)?.call_method1("Some", (value,))? } else { value }
            }
            Value::Ok(payload) => self.payload(payload, result_ok(ty), depth)?,
            // An err that is not a whole call's, which is raised, is an exception as a value.
            Value::Err(payload) => {
                let payload = self.payload(payload, ty.and_then(Type::err), depth)?;
                amphi(py)?.getattr("HostError")?.call_method1("_of_err", (payload,))?
            }
            Value::Handle(handle) => {
                let signature = match ty {
                    Some(Type::Callable { signature, .. }) => Some(&**signature),
                    _ => None,
                };
                handles::take(py, self.site, handle, signature)?
            }
        })
    }

    fn payload(&self, payload: Option<Box<Value>>, ty: Option<&Type>, depth: u32) -> Made<'py> {
        self.value(payload.map_or(Value::None, |value| *value), ty, depth)
    }

    /// Untyped records become dicts; typed ones instances of their class.
    fn record(&self, fields: Vec<(String, Value)>, ty: Option<&Type>, depth: u32) -> Made<'py> {
        let declared = match ty {
            Some(Type::Record { name, fields }) => Some((name, fields)),
            _ => None,
        };
        let made = PyDict::new(self.py);
        for (at, (field, value)) in fields.into_iter().enumerate() {
            let ty = declared.and_then(|(_, types)| types.get(at)).map(|(_, ty)| ty);
            made.set_item(field, self.value(value, ty, depth)?)?;
        }
        match declared {
            Some((name, _)) => self.site.class(self.py, name)?.call((), Some(&made)),
            None => Ok(made.into_any()),
        }
    }

    /// Words of 32 bits, the lowest first; the member of the class where there is one.
    fn flags(&self, words: &[u32], ty: Option<&Type>) -> Made<'py> {
        let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
        let number =
            self.py.get_type::<PyInt>().call_method1("from_bytes", (PyBytes::new(self.py, &bytes), "little"))?;
        match ty {
            Some(Type::Flags { name, .. }) => self.site.class(self.py, name)?.call1((number,)),
            _ => Ok(number),
        }
    }

    /// A case of the class; without one, its number and what it carries.
    fn variant(&self, case: u32, payload: Option<Box<Value>>, ty: Option<&Type>, depth: u32) -> Made<'py> {
        match ty {
            Some(Type::Variant { name, cases }) => {
                let payload = self.payload(payload, at(cases, case).and_then(|(_, ty)| ty.as_ref()), depth)?;
                self.site.class(self.py, name)?.call_method1("_make", (case, payload))
            }
            _ => Ok((case, self.payload(payload, None, depth)?).into_pyobject(self.py)?.into_any()),
        }
    }
}

fn amphi(py: Python<'_>) -> PyResult<Bound<'_, PyModule>> {
    py.import("amphi")
}

fn at<T>(items: &[T], number: u32) -> Option<&T> {
    items.get(usize::try_from(number).ok()?)
}

fn option_item(ty: Option<&Type>) -> Option<&Type> {
    match ty {
        Some(Type::Option(item)) => Some(item),
        _ => None,
    }
}

fn result_ok(ty: Option<&Type>) -> Option<&Type> {
    match ty {
        Some(Type::Result(ok, _)) => ok.as_deref(),
        _ => None,
    }
}
