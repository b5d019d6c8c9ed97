//! Exceptions of Python as errors of host functions, and back, by the rules of the guest's Python: `amphi._host`. This file
//! never knows who failed.

use std::sync::Arc;

use amphi_core::HostError;
use pyo3::types::{PyAnyMethods as _, PyTuple};
use pyo3::{Bound, PyAny, PyErr, PyResult, Python};

use crate::handles::{self, Held};
use crate::place::Place;
use crate::site::Site;
use crate::{decode, encode};

/// Where an exception keeps the guest's own, which the guest gets back.
const RAISED: &str = "_amphi_raised";

/// An exception: its kind, message and whole traceback.
pub(crate) fn to_host(py: Python<'_>, site: &Arc<Site>, error: PyErr) -> HostError {
    // Only so the exception has its traceback.
    let error = error.into_value(py).into_bound(py).into_any();
    match record(py, site, &error) {
        Ok(told) => told,
        // What cannot even be described is told by its text.
        Err(_) => HostError::host(error.to_string()),
    }
}

fn record(py: Python<'_>, site: &Arc<Site>, error: &Bound<'_, PyAny>) -> PyResult<HostError> {
    let record = py.import("amphi._host")?.call_method1("_record", (error,))?;
    let (kind, message, traceback, data): (String, String, String, Bound<'_, PyAny>) = record.extract()?;
    // What cannot be sent stays here; the error is told without it.
    let data = encode::any(site, &data, &Place::result("_record")).unwrap_or_default();
    let mut told = HostError::new(kind, message).with_traceback(traceback).with_data(data);
    if let Ok(raised) = error.getattr(RAISED)
        && let Ok(held) = raised.cast::<Held>()
        && held.get().check(site).is_ok()
    {
        told.raised = Some(held.get().handle.clone());
    }
    Ok(told)
}

/// The exception for an error of the guest's callable; its traceback is a note.
pub(crate) fn to_python(py: Python<'_>, site: &Arc<Site>, error: HostError) -> PyErr {
    make(py, site, error).unwrap_or_else(|failed| failed)
}

fn make(py: Python<'_>, site: &Arc<Site>, error: HostError) -> PyResult<PyErr> {
    let HostError { kind, message, traceback, data, raised } = error;
    let data = decode::value(py, site, data, None)?;
    let record = PyTuple::new(py, [kind.as_ref(), &message, &traceback])?.add((data,))?;
    let made = py.import("amphi._host")?.getattr("HostError")?.call_method1("_from_record", (record,))?;
    if let Some(raised) = raised {
        made.setattr(RAISED, handles::take(py, site, raised)?)?;
    }
    Ok(PyErr::from_value(made))
}

/// The error for a file that cannot be a host module.
pub(crate) fn unusable(error: impl std::fmt::Display) -> HostError {
    HostError::host(error.to_string())
}
