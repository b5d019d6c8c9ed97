//! Things that stay on their side: objects of Python that the guest holds, and what Python holds of the guest. This file
//! never knows how a call gets to the other side.

use std::sync::Arc;

use amphi_core::{Handle, Signature, Value};
use pyo3::exceptions::PyRuntimeError;
use pyo3::types::PyTuple;
use pyo3::{Bound, Py, PyAny, PyResult, Python, pyclass, pymethods};

use crate::line::Side;
use crate::module::call_object;
use crate::site::Site;
use crate::{decode, encode, error};

/// An object of Python that the guest holds.
pub(crate) struct Object {
    pub(crate) object: Py<PyAny>,
    /// The file whose function gave it.
    pub(crate) site: Arc<Site>,
    /// What it takes and gives, where it is a callable and that is declared.
    pub(crate) signature: Option<Box<Signature>>,
}

/// Lends the guest a callable.
pub(crate) fn lend_callable(site: &Arc<Site>, object: &Bound<'_, PyAny>, signature: Option<&Signature>) -> Handle {
    let signature = signature.map(|signature| Box::new(signature.clone()));
    let object = Arc::new(Object { object: object.clone().unbind(), site: site.clone(), signature });
    Handle::callable_of(object, |object, cx, args| call_object(object.clone(), cx, args))
}

/// Lends the guest a thing of a resource.
pub(crate) fn lend_resource(site: &Arc<Site>, object: &Bound<'_, PyAny>, resource: &str) -> Handle {
    let object = Object { object: object.clone().unbind(), site: site.clone(), signature: None };
    Handle::new(resource, Arc::new(object))
}

/// What a handle is to the functions of a file: its own object, or a thing of somebody else, which may be declared as a
/// callable.
///
/// # Errors
/// Python's memory is full.
pub(crate) fn take<'py>(
    py: Python<'py>,
    site: &Arc<Site>,
    handle: Handle,
    signature: Option<&Signature>,
) -> PyResult<Bound<'py, PyAny>> {
    match handle.get::<Arc<Object>>() {
        Some(own) if own.site.number == site.number => Ok(own.object.bind(py).clone()),
        _ => {
            let signature = signature.map(|signature| Box::new(signature.clone()));
            Ok(Bound::new(py, Held { handle, site: site.number, signature })?.into_any())
        }
    }
}

/// Something of the guest's side that Python holds, such as a callable.
#[pyclass(name = "Handle", module = "amphi", frozen, subclass)]
pub(crate) struct Held {
    pub(crate) handle: Handle,
    /// The number of the file to whose functions it was given: it means nothing in another run.
    pub(crate) site: u64,
    /// What it takes and gives, where it is a callable and that is declared.
    signature: Option<Box<Signature>>,
}

#[pymethods]
impl Held {
    #[pyo3(signature = (*args))]
    fn __call__<'py>(&self, args: &Bound<'py, PyTuple>) -> PyResult<Bound<'py, PyAny>> {
        let py = args.py();
        let (Some(side), Some(site)) = (Side::current(), Site::current()) else {
            return Err(PyRuntimeError::new_err(
                "a callable of the guest was called outside a call of a host function: only the thread that runs such a function reaches the guest, and only until it returns",
            ));
        };
        self.check(&site)?;
        let signature = self.signature.as_deref();
        let result = signature.and_then(|signature| signature.result.as_ref());
        let args = encode::arguments(&site, args, signature)?;
        match side.call(py, self.handle.clone(), args) {
            Ok(Value::Err(payload)) => Err(error::of_err(py, &site, payload.map(|value| *value), result)),
            Ok(value) => decode::value(py, &site, value, result),
            Err(why) => Err(error::to_python(py, &site, why, result)),
        }
    }

    fn __repr__(&self) -> String {
        format!("{:?}", self.handle)
    }
}

impl Held {
    /// Whether functions of that file may use it.
    ///
    /// # Errors
    /// `RuntimeError`: it was given to those of another, or in another run.
    pub(crate) fn check(&self, site: &Site) -> PyResult<()> {
        if self.site == site.number {
            return Ok(());
        }
        Err(PyRuntimeError::new_err(format!("{:?} was given to another host module or in another run", self.handle)))
    }
}
