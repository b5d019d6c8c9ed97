//! What a file finds in the interpreter: the package `amphi`, and the way of a file to a module. This file owns the Python
//! that is part of this crate; it never knows a file.

use std::ffi::CString;

use pyo3::sync::PyOnceLock;
use pyo3::types::{PyAnyMethods as _, PyModule};
use pyo3::{Bound, Py, PyResult, Python};

use crate::handles::Held;

/// The guest's own rules, so that there is one set of them.
const SOURCES: [(&str, &str); 5] = [
    ("amphi._error", include_str!("../../python/py/amphi/_error.py")),
    ("amphi._type", include_str!("../../python/py/amphi/_type.py")),
    ("amphi._host", include_str!("../../python/py/amphi/_host.py")),
    ("amphi._export", include_str!("../../python/py/amphi/_export.py")),
    ("amphi", include_str!("../../python/py/amphi/__init__.py")),
];

/// `py/native.py` of this crate, once it has made the package.
///
/// # Errors
/// Python is too old.
pub(crate) fn stage(py: Python<'_>) -> PyResult<&Bound<'_, PyModule>> {
    static STAGE: PyOnceLock<Py<PyModule>> = PyOnceLock::new();
    let made = STAGE.get_or_try_init(py, || {
        let code = CString::new(include_str!("../py/native.py"))?;
        let stage = PyModule::from_code(py, &code, c"<amphi_native>", c"amphi_native")?;
        stage.call_method1("prepare", (py.get_type::<Held>(), SOURCES))?;
        PyResult::Ok(stage.unbind())
    });
    made.map(|stage| stage.bind(py))
}
