//! Numbers and characters of Python as values. This file never knows what they are part of.

use amphi_core::{BigInt, Scalar, Value};
use pyo3::exceptions::PyOverflowError;
use pyo3::types::{
    PyAnyMethods as _, PyBool, PyBoolMethods as _, PyBytes, PyDict, PyDictMethods as _, PyFloat, PyInt, PyString,
    PyStringMethods as _,
};
use pyo3::{Bound, PyAny, PyErr, PyResult, Python};

use crate::place::Place;

/// A scalar of Python's as a value of that type.
///
/// # Errors
/// `TypeError`, `OverflowError`, and what a number of another class raises when it is asked for its value.
pub(crate) fn encode(value: &Bound<'_, PyAny>, scalar: Scalar, place: &Place<'_>) -> PyResult<Value> {
    let refused = || place.refuse(scalar.name(), value);
    match scalar {
        Scalar::Bool => value.cast::<PyBool>().map(|truth| Value::Bool(truth.is_true())).map_err(|_| refused()),
        Scalar::F32 | Scalar::F64 => {
            let number = value.is_instance_of::<PyFloat>()
                || value.is_instance_of::<PyInt>()
                || value.hasattr("__float__")?
                || value.hasattr("__index__")?;
            if !number {
                return Err(refused());
            }
            let overflows = |why: PyErr| {
                let unreadable = why.is_instance_of::<PyOverflowError>(value.py());
                if unreadable { place.unreadable(value.py(), &why) } else { why }
            };
            let number: f64 = value.extract().map_err(overflows)?;
            #[expect(clippy::cast_possible_truncation, reason = "whether it is lost so is asked")]
            let vanishes = scalar == Scalar::F32 && number.is_finite() && !(number as f32).is_finite();
            if vanishes { Err(place.out_of_range(scalar.name(), number)) } else { Ok(Value::Float(number)) }
        }
        Scalar::Char => {
            let text = value.cast::<PyString>().map_err(|_| refused())?;
            // A half of a surrogate pair has no UTF-8 and is no character.
            let text = text.to_cow().map_err(|_| refused())?;
            if text.chars().count() == 1 { Ok(Value::Str(text.into_owned())) } else { Err(refused()) }
        }
        _ => {
            let number = if value.is_instance_of::<PyInt>() {
                integer(value)?
            } else if value.hasattr("__index__")? {
                integer(&value.call_method0("__index__")?)?
            } else {
                return Err(refused());
            };
            if scalar.slot(&number).is_some() { Ok(number) } else { Err(place.out_of_range(scalar.name(), number)) }
        }
    }
}

/// An int of any size.
///
/// # Errors
/// Python's memory is full.
pub(crate) fn integer(value: &Bound<'_, PyAny>) -> PyResult<Value> {
    if let Ok(number) = value.extract::<i64>() {
        return Ok(Value::Int(number));
    }
    let bits: usize = value.call_method0("bit_length")?.extract()?;
    // One bit more for the sign.
    let bytes = value.call_method("to_bytes", (bits / 8 + 1, "little"), Some(&signed(value.py())?))?;
    Ok(Value::Big(BigInt::from_le_bytes(bytes.extract()?)))
}

/// A large number as Python's int.
///
/// # Errors
/// Python's memory is full.
pub(crate) fn decode_big<'py>(py: Python<'py>, number: &BigInt) -> PyResult<Bound<'py, PyAny>> {
    let bytes = PyBytes::new(py, number.as_le_bytes());
    py.get_type::<PyInt>().call_method("from_bytes", (bytes, "little"), Some(&signed(py)?))
}

/// The keyword argument of two's complement.
fn signed(py: Python<'_>) -> PyResult<Bound<'_, PyDict>> {
    let keywords = PyDict::new(py);
    keywords.set_item("signed", true)?;
    Ok(keywords)
}
