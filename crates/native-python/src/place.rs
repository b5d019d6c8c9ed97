//! Where in a value something is wrong, in the words of the guest's Python. This file never looks at a value.

use std::fmt;

use amphi_core::Type;
use pyo3::exceptions::{PyOverflowError, PyTypeError, PyUnicodeError, PyValueError};
use pyo3::types::PyAnyMethods as _;
use pyo3::{Bound, PyAny, PyErr, Python};

/// A place in a value, from the inside out.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place<'a> {
    outer: Option<&'a Place<'a>>,
    what: &'static str,
    name: Name<'a>,
    depth: u32,
}

#[derive(Debug, Clone, Copy)]
enum Name<'a> {
    /// The outermost: a function's argument or result.
    Of {
        function: &'a str,
        name: &'a str,
    },
    Text(&'a str),
    Number(usize),
}

impl<'a> Place<'a> {
    /// What a function gives.
    pub(crate) fn result(function: &'a str) -> Self {
        Self { outer: None, what: "result of", name: Name::Of { function, name: function }, depth: 0 }
    }

    /// What a callable of the guest is given.
    pub(crate) fn argument(name: &'a str) -> Self {
        Self { outer: None, what: "argument", name: Name::Of { function: "callable", name }, depth: 0 }
    }

    /// Something inside this that has a name.
    pub(crate) fn named(&'a self, what: &'static str, name: &'a str) -> Self {
        Self { outer: Some(self), what, name: Name::Text(name), depth: self.depth + 1 }
    }

    /// Something inside this that has a number.
    pub(crate) fn numbered(&'a self, what: &'static str, number: usize) -> Self {
        Self { outer: Some(self), what, name: Name::Number(number), depth: self.depth + 1 }
    }

    /// How many values this one is in.
    pub(crate) fn depth(&self) -> u32 {
        self.depth
    }

    /// The error for a value of another type.
    pub(crate) fn refuse(&self, expected: &str, value: &Bound<'_, PyAny>) -> PyErr {
        let shown = value.py().import("amphi._error").and_then(|error| error.call_method1("shown", (value,)));
        match shown {
            Ok(given) => PyTypeError::new_err(format!("{self} must be {expected}, not {given}")),
            Err(why) => why,
        }
    }

    /// What Python says of a value that cannot be read, with the place before it.
    pub(crate) fn unreadable(&self, py: Python<'_>, why: &PyErr) -> PyErr {
        let said = format!("{self}: {}", why.value(py));
        // One that was made for a text and a place in it takes no words.
        if why.is_instance_of::<PyUnicodeError>(py) {
            return PyValueError::new_err(said);
        }
        PyErr::from_type(why.get_type(py), said)
    }

    /// A dict with a key that is no field.
    pub(crate) fn refuse_field(&self, key: &Bound<'_, PyAny>, record: &str) -> PyErr {
        PyValueError::new_err(format!("{self}: there is no field '{key}' in {record}"))
    }

    /// The error for a tuple of another length.
    pub(crate) fn refuse_count(&self, expected: usize, given: usize) -> PyErr {
        PyTypeError::new_err(format!("{self} must be a tuple of {expected}, not of {given}"))
    }

    /// The error for a number that its type cannot hold.
    pub(crate) fn out_of_range(&self, expected: &str, number: impl fmt::Display) -> PyErr {
        PyOverflowError::new_err(format!("{self} is out of range for {expected}: {number}"))
    }
}

impl fmt::Display for Place<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(outer) = self.outer {
            write!(out, "{outer}, ")?;
        }
        match self.name {
            Name::Of { function, name } => write!(out, "{function}() {} '{name}'", self.what),
            Name::Text(name) => write!(out, "{} '{name}'", self.what),
            Name::Number(number) => write!(out, "{} {number}", self.what),
        }
    }
}

/// What a type is called in messages: a named one by its name, others by their kind.
pub(crate) fn type_name(ty: &Type) -> &str {
    match ty {
        Type::Scalar(scalar) => scalar.name(),
        Type::String => "string",
        Type::Bytes => "bytes",
        Type::Any => "any",
        Type::List(_) => "list",
        Type::Tuple(_) => "tuple",
        Type::Option(_) => "option",
        Type::Result(..) => "result",
        Type::Callable { .. } => "callable",
        Type::Record { name, .. }
        | Type::Variant { name, .. }
        | Type::Enum { name, .. }
        | Type::Flags { name, .. }
        | Type::Handle { name, .. } => name,
    }
}
