//! Exceptions of Python as errors of host functions, and back, by the rules of the guest's Python: `amphi._error`. This file
//! never knows who failed.

use std::sync::Arc;

use amphi_core::{HostError, Raised, Type, Value};
use pyo3::types::PyAnyMethods as _;
use pyo3::{Bound, PyAny, PyErr, PyResult, Python};

use crate::handles::{self, Held};
use crate::place::Place;
use crate::site::Site;
use crate::{decode, encode};

/// An exception: its kind, message and whole traceback, and the err that it is raised for, where `result` declares one.
pub(crate) fn to_host(py: Python<'_>, site: &Arc<Site>, error: PyErr, result: Option<&Type>) -> HostError {
    // Only so the exception has its traceback.
    let error = error.into_value(py).into_bound(py).into_any();
    match record(py, site, &error, result) {
        Ok(told) => told,
        // What cannot even be described is told by its text.
        Err(_) => HostError::host(error.to_string()),
    }
}

fn record(py: Python<'_>, site: &Arc<Site>, error: &Bound<'_, PyAny>, result: Option<&Type>) -> PyResult<HostError> {
    let host = py.import("amphi._error")?;
    let record = host.call_method1("record", (error,))?;
    type Record<'py> = (String, String, String, Bound<'py, PyAny>, Bound<'py, PyAny>, String);
    let (kind, message, traceback, data, raised, passed): Record<'_> = record.extract()?;
    let place = Place::result("record");
    let err = result
        .and_then(Type::err)
        .filter(|_| host.getattr("HostError").is_ok_and(|cls| error.is_instance(&cls).unwrap_or_default()));
    let declared = err.and_then(|err| encode::err(site, error, err, &place).ok());
    // What cannot be sent stays here; the error is told without it.
    let data = declared.unwrap_or_else(|| encode::any(site, &data, &place).unwrap_or_default());
    let mut told = HostError::new(kind, message).with_traceback(traceback).with_data(data);
    // The exception of a guest, which that guest gets back.
    if let Ok(held) = raised.cast::<Held>()
        && held.get().check(site).is_ok()
    {
        let exception = held.get().handle.clone();
        told.raised = Some(Box::new(Raised { exception, passed }));
    }
    Ok(told)
}

/// The exception for an error of the guest's callable; its traceback is a note.
pub(crate) fn to_python(py: Python<'_>, site: &Arc<Site>, error: HostError, result: Option<&Type>) -> PyErr {
    make(py, site, error, result.and_then(Type::err)).unwrap_or_else(|failed| failed)
}

/// The exception for an err that the guest's callable gave.
pub(crate) fn of_err(py: Python<'_>, site: &Arc<Site>, payload: Option<Value>, result: Option<&Type>) -> PyErr {
    let payload = decode::value(py, site, payload.unwrap_or_default(), result.and_then(Type::err));
    let made = payload
        .and_then(|payload| py.import("amphi._error")?.getattr("HostError")?.call_method1("_of_err", (payload,)));
    made.map_or_else(|failed| failed, PyErr::from_value)
}

fn make(py: Python<'_>, site: &Arc<Site>, error: HostError, err: Option<&Type>) -> PyResult<PyErr> {
    let HostError { kind, message, traceback, data, raised, .. } = error;
    // Another error than the declared one brings its own.
    let typed = err.and_then(|err| decode::value(py, site, data.clone(), Some(err)).ok());
    let data = typed.map_or_else(|| decode::value(py, site, data, None), Ok)?;
    let (raised, passed) = match raised.map(|raised| *raised) {
        Some(Raised { exception, passed }) => (handles::take(py, site, exception, None)?, passed),
        None => (py.None().into_bound(py), String::new()),
    };
    let record = (kind.as_ref(), message, traceback, data, raised, passed);
    let made = py.import("amphi._error")?.getattr("HostError")?.call_method1("_from_record", (record,))?;
    Ok(PyErr::from_value(made))
}

/// The error for a file that cannot be a host module.
pub(crate) fn unusable(error: impl std::fmt::Display) -> HostError {
    HostError::host(error.to_string())
}
