//! A call of a host function in words, for whoever watches a run. This file never knows when calls are watched.

use crate::error::HostError;
use crate::types::Function;
use crate::value::Value;

/// A call of a host function, in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenCall {
    /// Module and function: `demo.demo`.
    pub function: String,
    /// The arguments by name: `a: 1, b: 2`.
    pub args: String,
    /// The reply, empty for none, or the error that the guest raises.
    pub reply: Result<String, String>,
}

impl SeenCall {
    /// A call that has no reply yet. Nothing if the guest called a function that does not exist.
    pub(super) fn begin<'a>(declared: Option<(&str, &Function)>, args: impl Iterator<Item = &'a Value>) -> Self {
        let Some((module, function)) = declared else {
            return Self { function: "?".to_owned(), args: String::new(), reply: Ok(String::new()) };
        };
        let params = function.signature.params.iter();
        let args: Vec<String> = params.zip(args).map(|(param, value)| format!("{}: {value}", param.name)).collect();
        Self { function: format!("{module}.{}", function.name), args: args.join(", "), reply: Ok(String::new()) }
    }

    pub(super) fn end(self, reply: Result<&Value, &HostError>) -> Self {
        let reply = match reply {
            Ok(Value::None) => Ok(String::new()),
            Ok(value) => Ok(value.to_string()),
            Err(error) => Err(error.to_string()),
        };
        Self { reply, ..self }
    }
}
