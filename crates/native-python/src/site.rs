//! What a loaded file is to the values that cross: its classes, and its number. This file never knows its functions.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;

use pyo3::exceptions::PySystemError;
use pyo3::types::PyAnyMethods as _;
use pyo3::{Bound, Py, PyAny, PyResult, Python};

use crate::Interrupted;

/// A loaded file, as values see it. Each loading has one of its own, so it stands for the run, too.
pub(crate) struct Site {
    /// No other of the process has it.
    pub(crate) number: u64,
    /// What the guest imports.
    pub(crate) name: String,
    /// The classes of its named types.
    pub(crate) classes: HashMap<String, Py<PyAny>>,
    /// Whether calls should end.
    pub(crate) interrupted: Interrupted,
}

thread_local! {
    /// The file whose function this thread of Python is running.
    static CURRENT: RefCell<Option<Arc<Site>>> = const { RefCell::new(None) };
}

impl Site {
    /// The class of a named type.
    ///
    /// # Errors
    /// `SystemError`: there is none.
    pub(crate) fn class<'py>(&self, py: Python<'py>, name: &str) -> PyResult<Bound<'py, PyAny>> {
        match self.classes.get(name) {
            Some(class) => Ok(class.bind(py).clone()),
            None => Err(PySystemError::new_err(format!("no class for the declared type '{name}'"))),
        }
    }

    /// Whether a value is an instance of the class of a named type.
    ///
    /// # Errors
    /// There is no such class; what the class raises when it is asked.
    pub(crate) fn is_instance(&self, value: &Bound<'_, PyAny>, name: &str) -> PyResult<bool> {
        value.is_instance(&self.class(value.py(), name)?)
    }

    /// The file whose function this thread is running.
    pub(crate) fn current() -> Option<Arc<Self>> {
        CURRENT.with_borrow(Clone::clone)
    }

    /// Runs something as a function of this file; such runs nest.
    pub(crate) fn enter<T>(self: &Arc<Self>, run: impl FnOnce() -> T) -> T {
        let _entered = Entered(CURRENT.replace(Some(self.clone())));
        run()
    }
}

/// Puts back what was current before.
struct Entered(Option<Arc<Site>>);

impl Drop for Entered {
    fn drop(&mut self) {
        CURRENT.set(self.0.take());
    }
}
