//! Host functions in JavaScript: every rule that holds whatever engine runs them. How declared names are spelled, how
//! values cross with and without a declaration, what an exception becomes, what a module's exports offer. This file never
//! knows an engine: that is behind [`Engine`].
//!
//! | WIT | JavaScript | without a declaration |
//! | --- | --- | --- |
//! | `bool`, `string`, `char` | boolean, string | the same |
//! | integers of up to 32 bits | number | `int`: a number, or a bigint beyond 2^53 |
//! | `s64`, `u64` | bigint; a safe number is taken too | the same |
//! | `f32`, `f64` | number | `float`: a number; one that is integral comes back as `int` |
//! | `list<u8>` | `Uint8Array` | `bytes`: the same |
//! | `list`, `tuple` | array | the same |
//! | `option` | undefined, or the value | `None`: undefined |
//! | `record` | object with camelCase fields | `dict`: object with the same keys |
//! | `variant` | `{ tag, val }` | |
//! | `enum` | string | |
//! | `flags` | object of booleans | |
//! | `result` | a value, or what is thrown; elsewhere `{ tag: "ok" or "err", val }` | |
//! | resource | an instance of the exported class | |
//! | resource with only `call` | function | callables: functions |

mod calls;
mod from_js;
mod imports;
mod into_js;
pub mod names;
mod offer;
mod table;
mod thrown;

use std::sync::Arc;

use crate::error::HostError;
use crate::handle::Handle;
use crate::types::Signature;

pub use calls::{call, call_function, call_python, conclude, conclude_function, invoke, invoke_function};
pub use imports::import;
pub use offer::{infer, missing};
pub use table::{Held, Table};
pub use thrown::{host_error, thrown_python};

/// JavaScript that every engine evaluates first, as a module; [`Engine::tool`] calls what it exports.
pub const PRELUDE: &str = include_str!("javascript/prelude.js");

/// The name that the prelude's own frames have in a stack.
pub const PRELUDE_NAME: &str = "amphi:prelude";

/// The greatest number up to which all integers are numbers of JavaScript: 2^53 - 1.
const SAFE: i64 = (1 << 53) - 1;

/// The names that the code of a host module finds around it: what the language has, and what [`PRELUDE`] and each engine
/// add, which is the same in all. Everything else that an engine has is taken away.
pub const GLOBALS: &[&str] = &[
    "AggregateError",
    "Array",
    "ArrayBuffer",
    "Atomics",
    "BigInt",
    "BigInt64Array",
    "BigUint64Array",
    "Boolean",
    "DataView",
    "Date",
    "Error",
    "EvalError",
    "FinalizationRegistry",
    "Float32Array",
    "Float64Array",
    "Infinity",
    "Int16Array",
    "Int32Array",
    "Int8Array",
    "Iterator",
    "JSON",
    "Map",
    "Math",
    "NaN",
    "Number",
    "Object",
    "Promise",
    "Proxy",
    "RangeError",
    "ReferenceError",
    "Reflect",
    "RegExp",
    "Set",
    "String",
    "Symbol",
    "SyntaxError",
    "TextDecoder",
    "TextEncoder",
    "TypeError",
    "URIError",
    "Uint16Array",
    "Uint32Array",
    "Uint8Array",
    "Uint8ClampedArray",
    "WeakMap",
    "WeakRef",
    "WeakSet",
    "clearTimeout",
    "console",
    "decodeURI",
    "decodeURIComponent",
    "encodeURI",
    "encodeURIComponent",
    "escape",
    "globalThis",
    "isFinite",
    "isNaN",
    "parseFloat",
    "parseInt",
    "queueMicrotask",
    "setTimeout",
    "undefined",
    "unescape",
];

/// Why something failed in JavaScript.
#[derive(Debug, Clone)]
pub enum Failure<V> {
    /// JavaScript threw this.
    Thrown(V),
    /// Something else happened, which JavaScript cannot catch.
    Host(HostError),
}

impl<V> From<HostError> for Failure<V> {
    fn from(error: HostError) -> Self {
        Self::Host(error)
    }
}

/// What becomes of a call into JavaScript.
pub type Outcome<V> = Result<V, Failure<V>>;

/// What a thing of JavaScript is to Python.
#[derive(Debug, Clone)]
pub enum Role {
    /// One of the resource of that name.
    Resource(String),
    /// A callable, with its declaration if it has one.
    Callable(Option<Arc<Signature>>),
}

/// An engine that runs JavaScript, in the middle of a call: makes its values, and looks at them.
pub trait Engine {
    /// A value of the engine's.
    type Value: Clone;

    /// Undefined.
    fn nothing(&self) -> Self::Value;
    /// A boolean.
    fn truth(&self, truth: bool) -> Self::Value;
    /// A number.
    fn number(&self, number: f64) -> Self::Value;
    /// A string.
    ///
    /// # Errors
    /// There is no room for it, here and below.
    fn text(&self, text: &str) -> Outcome<Self::Value>;
    /// A `Uint8Array` of its own.
    ///
    /// # Errors
    /// As [`Self::text`].
    fn bytes(&self, bytes: &[u8]) -> Outcome<Self::Value>;
    /// An array.
    ///
    /// # Errors
    /// As [`Self::text`].
    fn list(&self, items: Vec<Self::Value>) -> Outcome<Self::Value>;

    /// The boolean it is, if it is one.
    fn as_truth(&self, value: &Self::Value) -> Option<bool>;
    /// The number it is, if it is one.
    fn as_number(&self, value: &Self::Value) -> Option<f64>;
    /// The string it is, if it is one, with U+FFFD where it is no Unicode.
    fn as_text(&self, value: &Self::Value) -> Option<String>;
    /// A copy of the bytes, if it is a `Uint8Array`.
    fn as_bytes(&self, value: &Self::Value) -> Option<Vec<u8>>;
    /// The items, if it is an array.
    fn as_list(&self, value: &Self::Value) -> Option<Vec<Self::Value>>;

    /// A property.
    ///
    /// # Errors
    /// What a getter throws.
    fn get(&self, object: &Self::Value, name: &str) -> Outcome<Self::Value>;

    /// Calls what [`PRELUDE`] exports under that name.
    ///
    /// # Errors
    /// What it throws.
    fn tool(&self, name: &str, args: Vec<Self::Value>) -> Outcome<Self::Value>;

    /// The host module's exports.
    fn exports(&self) -> Self::Value;

    /// What JavaScript holds of Python's.
    fn table(&self) -> &Table;

    /// A handle of a thing of JavaScript, which the prelude holds under that number until the handle is dropped.
    fn handle(&self, number: u32, role: Role) -> Handle;

    /// The number of such a thing, if the handle is of this engine's.
    fn own(&self, handle: &Handle) -> Option<u32>;

    /// What a promise comes to; other values are themselves.
    ///
    /// # Errors
    /// What it is rejected with, or why it cannot be waited for.
    fn settle(&self, value: Self::Value) -> Outcome<Self::Value>;
}

/// What is behind a kind that only the prelude tells.
fn kind<E: Engine>(engine: &E, value: &E::Value) -> Result<String, Failure<E::Value>> {
    let kind = engine.tool("kind", vec![value.clone()])?;
    Ok(engine.as_text(&kind).unwrap_or_default())
}

/// A number that the prelude gave; none below 0.
fn whole<E: Engine>(engine: &E, value: &E::Value) -> Option<u32> {
    let number = engine.as_number(value)?;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it was a u32, or is -1")]
    (number >= 0.0).then_some(number as u32)
}

/// A place in the prelude as JavaScript has it.
fn place<E: Engine>(engine: &E, number: u32) -> E::Value {
    engine.number(f64::from(number))
}
