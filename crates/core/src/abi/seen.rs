//! A call of a host function in words, for whoever watches a run. This file never knows when calls are watched.

use crate::error::HostError;
use crate::host::HostModule;
use crate::types::{Function, Interface};
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
    /// A call that has no reply yet.
    pub(crate) fn begin(module: &HostModule, at: usize, args: &[Value]) -> Self {
        let Interface { name, functions, .. } = module.interface();
        match functions.get(at) {
            Some(function) => {
                Self { function: format!("{name}.{}", function.path()), ..Self::exported(function, args) }
            }
            None => Self::callable(args),
        }
    }

    /// A call of a function that the guest exports, which has no reply yet.
    pub(crate) fn exported(function: &Function, args: &[Value]) -> Self {
        let params = function.signature.params.iter();
        let args: Vec<String> = params.zip(args).map(|(param, value)| format!("{}: {value}", param.name)).collect();
        Self { function: function.path(), args: args.join(", "), reply: Ok(String::new()) }
    }

    /// A call of something callable, which has no reply yet.
    pub(crate) fn callable(args: &[Value]) -> Self {
        let args: Vec<String> = args.iter().map(Value::to_string).collect();
        Self { function: "callable".to_owned(), args: args.join(", "), reply: Ok(String::new()) }
    }

    pub(crate) fn end(self, reply: Result<&Value, &HostError>) -> Self {
        let reply = match reply {
            Ok(Value::None) => Ok(String::new()),
            Ok(value) => Ok(value.to_string()),
            Err(error) => Err(error.to_string()),
        };
        Self { reply, ..self }
    }
}
