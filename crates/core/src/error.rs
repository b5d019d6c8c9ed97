//! The error a host call gives Python. This file never knows how it is sent.

use std::borrow::Cow;
use std::fmt;

use crate::handle::Handle;
use crate::types::Type;
use crate::value::Value;
use crate::wave;

/// Why a host call failed, as Python will raise it.
#[derive(Debug, Clone, PartialEq)]
pub struct HostError {
    /// The name of one of Python's built-in exceptions, or [`HostError::HOST`].
    pub kind: Cow<'static, str>,
    /// What went wrong, for the person who wrote the script.
    pub message: String,
    /// Where it went wrong on the host's side, line by line; empty where nobody knows.
    pub traceback: String,
    /// Whatever the host function added for the script to look at.
    pub data: Value,
    /// The exception itself, where a guest raised it: that guest gets it back, and no copy.
    pub raised: Option<Box<Raised>>,
}

/// An exception of a guest on its way through the host.
#[derive(Debug, Clone, PartialEq)]
pub struct Raised {
    /// The guest's object.
    pub exception: Handle,
    /// Where it passed since, line by line: all that is new to the guest that gets it back.
    pub passed: String,
}

impl HostError {
    /// The kind of a failure that is nobody else's: `amphi.HostError` in Python.
    pub const HOST: &str = "HostError";

    /// An error of any kind.
    #[must_use]
    pub fn new(kind: impl Into<Cow<'static, str>>, message: impl Into<String>) -> Self {
        Self { kind: kind.into(), message: message.into(), traceback: String::new(), data: Value::None, raised: None }
    }

    /// The host function itself failed.
    #[must_use]
    pub fn host(message: impl Into<String>) -> Self {
        Self::new(Self::HOST, message)
    }

    /// A value of the wrong type, or the wrong number of them.
    #[must_use]
    pub fn type_error(message: impl Into<String>) -> Self {
        Self::new("TypeError", message)
    }

    /// A value of the right type that makes no sense.
    #[must_use]
    pub fn value_error(message: impl Into<String>) -> Self {
        Self::new("ValueError", message)
    }

    /// An integer that its type cannot hold.
    #[must_use]
    pub fn overflow(message: impl Into<String>) -> Self {
        Self::new("OverflowError", message)
    }

    /// The guest named bytes outside its memory: an error of that call alone.
    #[must_use]
    pub fn bad_pointer(what: &str, at: u32, len: u32) -> Self {
        Self::new("MemoryError", format!("{what} at {at:#x}, {len} bytes long, is outside the guest's memory"))
    }

    /// The error that a guest's record tells, see [`crate::wire::encode_error`].
    pub(crate) fn from_record(record: Value) -> Self {
        let Value::Tuple(parts) = record else { return Self::host("the guest failed and did not say how") };
        let mut parts = parts.into_iter();
        let mut text = || match parts.next() {
            Some(Value::Str(text)) => text,
            _ => String::new(),
        };
        let (kind, message, traceback) = (text(), text(), text());
        let data = parts.next().unwrap_or_default();
        let raised = match parts.next() {
            Some(Value::Handle(exception)) => {
                let passed = parts.next().and_then(|passed| passed.as_str().map(str::to_owned)).unwrap_or_default();
                Some(Box::new(Raised { exception, passed }))
            }
            _ => None,
        };
        Self { kind: kind.into(), message, traceback, data, raised }
    }

    /// The same error, which has passed these lines of the host's code since a guest raised it.
    #[must_use]
    pub fn passing(mut self, lines: &str) -> Self {
        let passed = self.raised.as_deref_mut().map(|raised| &mut raised.passed);
        for told in std::iter::once(&mut self.traceback).chain(passed).filter(|_| !lines.is_empty()) {
            told.push_str(if told.is_empty() { "" } else { "\n" });
            told.push_str(lines);
        }
        self
    }

    /// What a failed `result` raises: the payload of its err is message and data. `err` is its declared type.
    #[must_use]
    pub fn of_err(payload: Option<Value>, err: Option<&Type>) -> Self {
        let Some(data) = payload else { return Self::host("the function failed") };
        let message = match (&data, err) {
            (Value::Str(text), _) => text.clone(),
            (data, Some(err)) => wave::to_text(data, err),
            (data, None) => data.to_string(),
        };
        Self::host(message).with_data(data)
    }

    /// The same error with this traceback.
    #[must_use]
    pub fn with_traceback(mut self, traceback: impl Into<String>) -> Self {
        self.traceback = traceback.into();
        self
    }

    /// The same error with this data.
    #[must_use]
    pub fn with_data(mut self, data: impl Into<Value>) -> Self {
        self.data = data.into();
        self
    }
}

impl fmt::Display for HostError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}: {}", self.kind, self.message)
    }
}

impl std::error::Error for HostError {}
