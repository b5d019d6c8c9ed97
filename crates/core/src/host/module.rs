//! A host module: an interface and a body for each of its functions. This file never knows how they are called.

use crate::check;
use crate::describe;
use crate::error::HostError;
use crate::host::convert::TypeError;
use crate::host::{Cx, HostFunction, panics};
use crate::names::{closest, is_python_name, python_name};
use crate::types::{Flat, Function, Interface, Place, Signature, Type};
use crate::value::Value;
use crate::wire::WireError;

/// Why an interface and its bodies do not make a module.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ModuleError {
    /// A declared function that nobody wrote.
    #[error("host module {module}: the function {function} is declared but has no body")]
    NoBody {
        /// The module.
        module: String,
        /// The function.
        function: String,
    },
    /// A body for a function that is not declared.
    #[error("host module {module}: a body for {function}, which is not declared; {offered}")]
    NotDeclared {
        /// The module.
        module: String,
        /// The function.
        function: String,
        /// What is declared.
        offered: String,
    },
    /// Two functions or two modules of one name.
    #[error("{0} is there twice")]
    Twice(String),
    /// A name that Python cannot import.
    #[error("'{0}' cannot be a Python name: letters, digits and _ make one, a digit cannot start it")]
    Name(String),
    /// An interface that cannot be described.
    #[error("host module {0}: its types are too large: {1}")]
    Large(String, WireError),
    /// Types of Rust that make no types of a module.
    #[error("host module {0}: {1}")]
    Types(String, TypeError),
    /// A body whose signature is another than the declared one.
    #[error("host module {module}: {function} is declared as {declared}, its body is {body}")]
    Signature {
        /// The module.
        module: String,
        /// The function.
        function: String,
        /// The declared signature.
        declared: String,
        /// The body's own.
        body: String,
    },
}

/// What Python imports as one module, with everything to call it. Once built it never changes, so that many runs may
/// share it.
///
/// ```
/// use amphi_core::{HostError, HostModule, Registry, Scalar, Signature, Value};
///
/// let signature = Signature::new().param("a", Scalar::S32).param("b", Scalar::S32).returns(Scalar::S32);
/// let demo = HostModule::builder("demo")
///     .function("demo", signature, |_, args| match args.as_slice() {
///         [Value::Int(a), Value::Int(b)] => Ok(Value::Int((a + b) * 10)),
///         _ => Err(HostError::host("arguments are checked first")),
///     })
///     .build()?;
/// let mut registry = Registry::new();
/// registry.add(demo)?;
/// assert!(registry.find("demo", "demo").is_ok());
/// # Ok::<(), amphi_core::ModuleError>(())
/// ```
pub struct HostModule {
    interface: Interface,
    /// One for each of the interface's functions, in order.
    bodies: Vec<Body>,
}

struct Body {
    function: Box<dyn HostFunction>,
    flat: Option<Flat>,
}

/// What became of a call with slots.
pub(crate) enum FlatCall {
    /// It is over.
    Done(Result<(), HostError>),
    /// The function takes values only.
    Values(Vec<Value>),
}

impl HostModule {
    /// A module that declares its functions one by one.
    #[must_use]
    pub fn builder(name: &str) -> Builder {
        Self::implement(Interface::new(name))
    }

    /// A module for functions that are declared already, for instance in WIT.
    #[must_use]
    pub fn implement(interface: Interface) -> Builder {
        let bodies = interface.functions.iter().map(|_| None).collect();
        Builder { interface, bodies, error: None }
    }

    /// What it declares.
    #[must_use]
    pub fn interface(&self) -> &Interface {
        &self.interface
    }

    /// The flat form of a function that has one.
    #[must_use]
    pub fn flat(&self, at: usize) -> Option<&Flat> {
        self.bodies.get(at)?.flat.as_ref()
    }

    /// Calls a function, by its place in the interface.
    ///
    /// # Errors
    /// What [`check::arguments`] and [`check::result`] find, what the function says, and an `err` that a function
    /// with a `result` type gave.
    pub fn call(&self, at: usize, cx: &mut Cx<'_>, args: Vec<Value>) -> Result<Value, HostError> {
        let (declared, body) = self.body(at)?;
        let args = check::arguments(&self.interface.name, declared, args)?;
        let value = body.function.call(cx, args)?;
        raised(check::result(&self.interface.name, declared, value)?, declared.signature.result.as_ref())
    }

    /// Checks what a function gave after it had returned.
    pub(crate) fn checked(&self, at: usize, value: Value) -> Result<Value, HostError> {
        let (declared, _) = self.body(at)?;
        raised(check::result(&self.interface.name, declared, value)?, declared.signature.result.as_ref())
    }

    /// Whether a function has to have a context that reaches the guest, even to be called with slots.
    pub(crate) fn needs_cx(&self, at: usize) -> bool {
        self.bodies.get(at).is_none_or(|body| body.function.needs_cx())
    }

    /// The number by which a function's habitat calls it, see [`HostFunction::straight`].
    pub(super) fn straight(&self, at: usize) -> Option<u32> {
        let body = self.bodies.get(at)?;
        body.flat.as_ref().and_then(|_| body.function.straight())
    }

    /// Begins a call with slots; `slots` has [`Flat::slots`] of them.
    pub(crate) fn call_flat(&self, at: usize, cx: &mut Cx<'_>, slots: &mut [u64]) -> FlatCall {
        match self.begin_flat(at, cx, slots) {
            Ok(FlatCall::Done(done)) => FlatCall::Done(done.and_then(|()| self.check_flat(at, slots))),
            Ok(call) => call,
            Err(error) => FlatCall::Done(Err(error)),
        }
    }

    fn begin_flat(&self, at: usize, cx: &mut Cx<'_>, slots: &mut [u64]) -> Result<FlatCall, HostError> {
        let (declared, body) = self.body(at)?;
        let flat = match &body.flat {
            Some(flat) if flat.slots() <= slots.len() => flat,
            _ => {
                let Interface { name, .. } = &self.interface;
                return Err(HostError::type_error(format!("{name}.{}() cannot be called flat", declared.name)));
            }
        };
        for (at, (scalar, slot)) in flat.params.iter().zip(slots.iter()).enumerate() {
            if !scalar.fits(*slot)
                && let Some(param) = declared.signature.params.get(at)
            {
                return Err(check::slot_error(&self.interface.name, declared, param, *scalar, *slot));
            }
        }
        Ok(match body.function.call_flat(cx, slots) {
            Some(done) => FlatCall::Done(done),
            None => FlatCall::Values(flat.params.iter().zip(slots).map(|(scalar, slot)| scalar.value(*slot)).collect()),
        })
    }

    /// Checks the result of a call with slots.
    fn check_flat(&self, at: usize, slots: &[u64]) -> Result<(), HostError> {
        let (declared, body) = self.body(at)?;
        match (body.flat.as_ref().and_then(|flat| flat.result), slots.first()) {
            (Some(scalar), Some(slot)) if !scalar.fits(*slot) => {
                Err(check::result_slot_error(&self.interface.name, declared, scalar, *slot))
            }
            _ => Ok(()),
        }
    }

    /// Calls a function with slots, the whole way.
    ///
    /// # Errors
    /// As [`Self::call`]; a function without a flat form is a `TypeError`.
    pub fn call_with_slots(&self, at: usize, cx: &mut Cx<'_>, slots: &mut [u64]) -> Result<(), HostError> {
        match self.call_flat(at, cx, slots) {
            FlatCall::Done(done) => done,
            FlatCall::Values(args) => {
                let value = self.call(at, cx, args)?;
                let result = self.flat(at).and_then(|flat| flat.result);
                if let (Some(scalar), Some(slot)) = (result, slots.first_mut()) {
                    // A checked value of a scalar type always has a slot.
                    *slot = scalar.slot(&value).unwrap_or_default();
                }
                Ok(())
            }
        }
    }

    fn body(&self, at: usize) -> Result<(&Function, &Body), HostError> {
        let found = self.interface.functions.get(at).zip(self.bodies.get(at));
        found.ok_or_else(|| HostError::type_error(format!("{} has no function {at}", self.interface.name)))
    }
}

/// What a call gave, or the error that its err is. `declared` is the type of what it gives.
pub(crate) fn raised(value: Value, declared: Option<&Type>) -> Result<Value, HostError> {
    match value {
        Value::Err(payload) => Err(HostError::of_err(payload.map(|value| *value), declared.and_then(Type::err))),
        value => Ok(value),
    }
}

/// Puts a module together; mistakes are told by [`Builder::build`].
pub struct Builder {
    pub(super) interface: Interface,
    pub(super) bodies: Vec<Option<Box<dyn HostFunction>>>,
    pub(super) error: Option<ModuleError>,
}

impl Builder {
    /// What `help()` says about the module.
    #[must_use]
    pub fn docs(mut self, docs: &str) -> Self {
        docs.clone_into(&mut self.interface.docs);
        self
    }

    /// Declares a function and gives it a body.
    #[must_use]
    pub fn function<C>(self, name: &str, signature: Signature, body: C) -> Self
    where
        C: Fn(&mut Cx<'_>, Vec<Value>) -> Result<Value, HostError> + Send + Sync + 'static,
    {
        self.documented(name, "", signature, body)
    }

    /// Declares a function with its documentation and gives it a body.
    #[must_use]
    pub fn documented<C>(mut self, name: &str, docs: &str, signature: Signature, body: C) -> Self
    where
        C: Fn(&mut Cx<'_>, Vec<Value>) -> Result<Value, HostError> + Send + Sync + 'static,
    {
        let python = python_name(name);
        self.interface.functions.push(Function {
            name: python.clone(),
            source_name: name.to_owned(),
            docs: docs.to_owned(),
            signature,
            place: Place::Free,
        });
        self.bodies.push(None);
        self.body(&python, body)
    }

    /// Gives a declared function its body; a resource's function has the resource before its name: `File.read`.
    #[must_use]
    pub fn body<C>(self, name: &str, body: C) -> Self
    where
        C: Fn(&mut Cx<'_>, Vec<Value>) -> Result<Value, HostError> + Send + Sync + 'static,
    {
        let signature = self.declared(name).map(|function| function.signature.clone());
        let closure = Closure { signature: signature.unwrap_or_default(), body };
        self.boxed(name, Box::new(closure))
    }

    /// Gives a declared function its body, boxed already.
    #[must_use]
    pub fn boxed(mut self, name: &str, function: Box<dyn HostFunction>) -> Self {
        let error = match self.place(name) {
            None => Some(self.not_declared(name)),
            Some(at) => self.interface.functions.get(at).and_then(|declared| {
                (declared.signature != *function.signature()).then(|| ModuleError::Signature {
                    module: self.interface.name.clone(),
                    function: name.to_owned(),
                    declared: declared.signature.to_string(),
                    body: function.signature().to_string(),
                })
            }),
        };
        self.error = self.error.or(error);
        let at = self.place(name);
        if let Some(body) = at.and_then(|at| self.bodies.get_mut(at)) {
            *body = Some(function);
        }
        self
    }

    /// The module.
    ///
    /// # Errors
    /// See [`ModuleError`]; the first mistake is told.
    pub fn build(self) -> Result<HostModule, ModuleError> {
        if let Some(error) = self.error {
            return Err(error);
        }
        let Interface { name, functions, .. } = &self.interface;
        let names = functions.iter().map(|function| &function.name);
        if let Some(name) = std::iter::once(name).chain(names).find(|name| !is_python_name(name)) {
            return Err(ModuleError::Name(name.clone()));
        }
        for (at, function) in functions.iter().enumerate() {
            let same = |other: &Function| other.path() == function.path();
            if functions.iter().skip(at + 1).any(same) {
                let twice = format!("the function {} of host module {name}", function.path());
                return Err(ModuleError::Twice(twice));
            }
        }
        let bodies = functions.iter().zip(self.bodies).map(|(function, body)| {
            body.ok_or_else(|| ModuleError::NoBody { module: name.clone(), function: function.path() })
        });
        let bodies = bodies.map(|body| body.map(|function| Body { flat: Flat::of(function.signature()), function }));
        let bodies = bodies.collect::<Result<_, _>>()?;
        // What cannot be described could never be imported: better to hear of it now.
        describe::encode(&self.interface, 0).map_err(|why| ModuleError::Large(name.clone(), why))?;
        Ok(HostModule { bodies, interface: self.interface })
    }

    /// The last declared function of that [path](Function::path).
    fn place(&self, path: &str) -> Option<usize> {
        self.interface.functions.iter().rposition(|function| function.path() == path)
    }

    fn declared(&self, name: &str) -> Option<&Function> {
        self.interface.functions.get(self.place(name)?)
    }

    fn not_declared(&self, name: &str) -> ModuleError {
        let names: Vec<String> = self.interface.functions.iter().map(Function::path).collect();
        let offered = match closest(name, names.iter().map(String::as_str)) {
            Some(close) => format!("did you mean {close}?"),
            None => format!("declared: {}", names.join(", ")),
        };
        ModuleError::NotDeclared { module: self.interface.name.clone(), function: name.to_owned(), offered }
    }
}

/// A Rust closure as a host function.
struct Closure<C> {
    signature: Signature,
    body: C,
}

impl<C> HostFunction for Closure<C>
where
    C: Fn(&mut Cx<'_>, Vec<Value>) -> Result<Value, HostError> + Send + Sync,
{
    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn call(&self, cx: &mut Cx<'_>, args: Vec<Value>) -> Result<Value, HostError> {
        panics::caught(|| (self.body)(cx, args)).and_then(|given| given)
    }
}
