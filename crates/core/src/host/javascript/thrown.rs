//! Exceptions: what JavaScript throws as Python raises it, and what Python raises as JavaScript catches it. This file
//! never knows what was called.

use super::from_js::{any, from_js};
use super::into_js::to_js;
use super::{Engine, Failure, Held, Outcome, PRELUDE_NAME, kind, place, whole};
use crate::check;
use crate::error::HostError;
use crate::types::Type;
use crate::value::Value;

/// What Python raises for what happened in JavaScript: its own exception where one only passed through.
pub fn host_error<E: Engine>(engine: &E, failure: Failure<E::Value>) -> HostError {
    let thrown = match failure {
        Failure::Host(error) => return error,
        Failure::Thrown(thrown) => thrown,
    };
    match error_of(engine, &thrown) {
        Ok(error) => error,
        Err(Failure::Host(error)) => error,
        // Whatever looks at an exception should not throw another.
        Err(Failure::Thrown(_)) => HostError::host("JavaScript threw what cannot be looked at"),
    }
}

fn error_of<E: Engine>(engine: &E, thrown: &E::Value) -> Result<HostError, Failure<E::Value>> {
    Ok(match kind(engine, thrown)?.as_str() {
        "error" => told(engine, thrown)?.into_error(),
        "python" => python(engine, thrown)?.unwrap_or_else(|| HostError::host("JavaScript threw a thing of Python's")),
        _ => match any(engine, thrown) {
            Ok(Value::Str(text)) => HostError::host(text.clone()).with_data(text),
            Ok(value) => HostError::host(format!("JavaScript threw {value}")).with_data(value),
            Err(_) => HostError::host("JavaScript threw what cannot cross to Python"),
        },
    })
}

/// What a function whose result is declared as a `result` raises: the payload of its `err` is message and data.
pub(super) fn declared_error<E: Engine>(engine: &E, thrown: E::Value, err: Option<&Type>) -> HostError {
    match payload(engine, &thrown, err) {
        Ok(Some(error)) => error,
        Ok(None) => host_error(engine, Failure::Thrown(thrown)),
        Err(failure) => host_error(engine, failure),
    }
}

/// The error with the payload that was thrown; none where that is no payload.
fn payload<E: Engine>(
    engine: &E,
    thrown: &E::Value,
    err: Option<&Type>,
) -> Result<Option<HostError>, Failure<E::Value>> {
    let kind_of = kind(engine, thrown)?;
    let (given, traceback) = match (kind_of.as_str(), err) {
        ("python", _) => return Ok(None),
        ("error", Some(Type::String)) => {
            let told = told(engine, thrown)?;
            (Value::Str(told.message.clone()), told.frames())
        }
        ("error", None) => (Value::None, told(engine, thrown)?.frames()),
        ("error", Some(ty)) => {
            let payload = engine.get(thrown, "payload")?;
            if kind(engine, &payload)? == "nothing" {
                return Ok(None);
            }
            (from_js(engine, &payload, ty)?, told(engine, thrown)?.frames())
        }
        (_, Some(ty)) => (from_js(engine, thrown, ty)?, String::new()),
        (_, None) => (Value::None, String::new()),
    };
    let data = match err {
        Some(ty) => check::value_of(given, ty).map_err(|why| HostError::host(format!("what was thrown{why}")))?,
        None => Value::None,
    };
    Ok(Some(HostError::of_err(err.map(|_| data), err).with_traceback(traceback)))
}

/// What JavaScript catches for what Python raised; `err` is what the err of a declared result carries.
///
/// # Errors
/// There is no room for it.
pub fn thrown_python<E: Engine>(engine: &E, error: HostError, err: Option<&Type>) -> Outcome<E::Value> {
    let (name, message) = (engine.text(&error.kind)?, engine.text(&error.message)?);
    // Another error than the declared one brings its own, which may mean nothing to JavaScript.
    let declared = err.filter(|err| error.data != Value::None && check::value_of(error.data.clone(), err).is_ok());
    let payload = to_js(engine, error.data.clone(), declared.unwrap_or(&Type::Any));
    let payload = payload.unwrap_or_else(|_| engine.nothing());
    let number = engine.table().hold(Held::Error(Box::new(error)));
    engine.tool("raised", vec![place(engine, number), name, message, payload])
}

/// The exception of Python's that this is.
fn python<E: Engine>(engine: &E, thrown: &E::Value) -> Result<Option<HostError>, Failure<E::Value>> {
    let number = engine.tool("number", vec![thrown.clone()])?;
    Ok(match whole(engine, &number).and_then(|number| engine.table().get(number)) {
        Some(Held::Error(error)) => {
            let frames = told(engine, thrown)?.passed();
            Some(error.passing(&frames))
        }
        _ => None,
    })
}

struct Told {
    name: String,
    message: String,
    stack: String,
    /// Why it was thrown, where another error is.
    cause: Option<Box<Self>>,
}

/// As many causes of causes are told.
const CAUSES: u32 = 8;

fn told<E: Engine>(engine: &E, error: &E::Value) -> Result<Told, Failure<E::Value>> {
    told_with(engine, error, CAUSES)
}

fn told_with<E: Engine>(engine: &E, error: &E::Value, causes: u32) -> Result<Told, Failure<E::Value>> {
    let told = engine.tool("told", vec![error.clone()])?;
    let mut told = engine.as_list(&told).unwrap_or_default().into_iter();
    let mut text = || told.next().and_then(|text| engine.as_text(&text)).unwrap_or_default();
    let (name, message, stack) = (text(), text(), text());
    let cause = match told.next() {
        Some(cause) if causes > 0 && matches!(kind(engine, &cause)?.as_str(), "error" | "python") => {
            Some(Box::new(told_with(engine, &cause, causes - 1)?))
        }
        _ => None,
    };
    Ok(Told { name, message, stack, cause })
}

impl Told {
    fn into_error(self) -> HostError {
        let traceback = self.frames();
        let (kind, named) = python_kind(&self.name, &self.message);
        let message = if named { self.message } else { format!("{}: {}", self.name, self.message) };
        HostError::new(kind, message).with_traceback(traceback)
    }

    /// The frames of the host module's own functions.
    fn frames(&self) -> String {
        // Some engines begin with name and message, of as many lines as the message has.
        let has_at = self.stack.lines().any(|line| line.trim_start().starts_with("at "));
        let lines = self.stack.lines().skip_while(|line| has_at && !line.trim_start().starts_with("at "));
        // Below the host module's own functions there is the prelude, and the built-in through which it called them.
        let own = lines.take_while(|line| !line.contains(PRELUDE_NAME));
        let mut own: Vec<&str> = own.filter(|line| !line.trim().is_empty()).collect();
        while own.pop_if(|line| is_built_in(line)).is_some() {}
        let mut frames = own.join("\n");
        if let Some(cause) = &self.cause {
            let Self { name, message, .. } = &**cause;
            frames.push_str(&format!("\ncaused by {name}: {message}"));
            let below = cause.frames();
            if !below.is_empty() {
                frames.push_str(&format!("\n{below}"));
            }
        }
        frames
    }

    /// The frames that what Python raised passed: those below the function through which Python was called.
    fn passed(mut self) -> String {
        let is_way_in = |line: &str| line.contains(PRELUDE_NAME) && line.contains("callable");
        let below: Vec<&str> = self.stack.lines().skip_while(|line| !is_way_in(line)).skip(1).collect();
        self.stack = below.join("\n");
        self.frames()
    }
}

/// What an engine puts into a stack for its own functions.
fn is_built_in(line: &str) -> bool {
    ["(native)", "[native code]", "Reflect.apply"].iter().any(|part| line.contains(part))
}

/// The kind that Python knows an error of that name by, and whether the name is told by it.
fn python_kind(name: &str, message: &str) -> (&'static str, bool) {
    match (name, message) {
        // Engines differ in what a stack that is used up throws.
        ("RangeError", "Maximum call stack size exceeded" | "Maximum call stack size exceeded.")
        | ("InternalError", "too much recursion" | "stack overflow") => ("RecursionError", true),
        ("InternalError", "out of memory") => ("MemoryError", true),
        ("TypeError", _) => ("TypeError", true),
        ("RangeError", _) => ("ValueError", true),
        ("Error", _) => (HostError::HOST, true),
        _ => (HostError::HOST, false),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_become_pythons() {
        for (name, message, stack, shown, frames) in [
            ("TypeError", "no", "", "TypeError: no", ""),
            ("RangeError", "no", "", "ValueError: no", ""),
            (
                "RangeError",
                "Maximum call stack size exceeded",
                "",
                "RecursionError: Maximum call stack size exceeded",
                "",
            ),
            ("InternalError", "too much recursion", "", "RecursionError: too much recursion", ""),
            ("Error", "no", "Error: no\n    at f (demo.js:1:2)\n", "HostError: no", "    at f (demo.js:1:2)"),
            ("SyntaxError", "no", "", "HostError: SyntaxError: no", ""),
            ("Error", "a", "f@demo.js:1:2\ncall@amphi:prelude:3:4\n", "HostError: a", "f@demo.js:1:2"),
            (
                "Error",
                "a",
                "    at f (demo.js:1:2)\n    at apply (native)\n    at call (amphi:prelude:3:4)\n",
                "HostError: a",
                "    at f (demo.js:1:2)",
            ),
        ] {
            let told =
                Told { name: name.to_owned(), message: message.to_owned(), stack: stack.to_owned(), cause: None };
            let error = told.into_error();
            assert_eq!((error.to_string().as_str(), error.traceback.as_str()), (shown, frames));
        }
    }
}
