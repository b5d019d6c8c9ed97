//! A host module: an interface and a body for each of its functions. This file never knows how they are called.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::error::HostError;
use crate::host::{Holds, HostFunction};
use crate::names::{closest, is_python_name, python_name};
use crate::types::{Function, Interface, Signature};
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

/// What Python imports as one module, with everything to call it.
///
/// ```
/// use amphi_core::{HostError, Scalar, SendModule, SendRegistry, Signature, Value};
///
/// let signature = Signature::new().param("a", Scalar::S32).param("b", Scalar::S32).returns(Scalar::S32);
/// let demo = SendModule::builder("demo")
///     .function("demo", signature, |args| match args {
///         [Value::Int(a), Value::Int(b)] => Ok(Value::Int((a + b) * 10)),
///         _ => Err(HostError::host("the registry checks arguments first")),
///     })
///     .build()?;
/// let mut registry = SendRegistry::new();
/// registry.add(demo)?;
/// assert_eq!(registry.call(0, vec![1.into(), 2.into()]), Ok(Value::Int(30)));
/// # Ok::<(), amphi_core::ModuleError>(())
/// ```
pub struct HostModule<F: HostFunction + ?Sized> {
    pub(super) interface: Interface,
    /// One for each of the interface's functions, in order.
    pub(super) functions: Vec<Box<F>>,
}

impl<F: HostFunction + ?Sized> HostModule<F> {
    /// A module that declares its functions one by one.
    #[must_use]
    pub fn builder(name: &str) -> Builder<F> {
        Self::implement(Interface::new(name))
    }

    /// A module for functions that are declared already, for instance in WIT.
    #[must_use]
    pub fn implement(interface: Interface) -> Builder<F> {
        let bodies = interface.functions.iter().map(|_| None).collect();
        Builder { interface, bodies, error: None }
    }

    /// What it declares.
    #[must_use]
    pub fn interface(&self) -> &Interface {
        &self.interface
    }
}

/// Puts a module together; mistakes are told by [`Builder::build`].
pub struct Builder<F: HostFunction + ?Sized> {
    interface: Interface,
    bodies: Vec<Option<Box<F>>>,
    error: Option<ModuleError>,
}

impl<F: HostFunction + ?Sized> Builder<F> {
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
        C: FnMut(&[Value]) -> Result<Value, HostError>,
        F: Holds<Closure<C>>,
    {
        self.documented(name, "", signature, body)
    }

    /// Declares a function with its documentation and gives it a body.
    #[must_use]
    pub fn documented<C>(mut self, name: &str, docs: &str, signature: Signature, body: C) -> Self
    where
        C: FnMut(&[Value]) -> Result<Value, HostError>,
        F: Holds<Closure<C>>,
    {
        let python = python_name(name);
        self.interface.functions.push(Function {
            name: python.clone(),
            source_name: name.to_owned(),
            docs: docs.to_owned(),
            signature,
        });
        self.bodies.push(None);
        self.body(&python, body)
    }

    /// Gives a declared function its body.
    #[must_use]
    pub fn body<C>(self, name: &str, body: C) -> Self
    where
        C: FnMut(&[Value]) -> Result<Value, HostError>,
        F: Holds<Closure<C>>,
    {
        let signature = self.declared(name).map(|function| function.signature.clone());
        let closure = Closure { signature: signature.unwrap_or_default(), body };
        self.boxed(name, F::hold(closure))
    }

    /// Gives a declared function its body, boxed already.
    #[must_use]
    pub fn boxed(mut self, name: &str, function: Box<F>) -> Self {
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
    pub fn build(self) -> Result<HostModule<F>, ModuleError> {
        if let Some(error) = self.error {
            return Err(error);
        }
        let Interface { name, functions, .. } = &self.interface;
        let names = functions.iter().map(|function| &function.name);
        if let Some(name) = std::iter::once(name).chain(names).find(|name| !is_python_name(name)) {
            return Err(ModuleError::Name(name.clone()));
        }
        for (at, function) in functions.iter().enumerate() {
            let same = |other: &Function| other.name == function.name;
            if functions.iter().skip(at + 1).any(same) {
                let twice = format!("the function {} of host module {name}", function.name);
                return Err(ModuleError::Twice(twice));
            }
        }
        let bodies = functions.iter().zip(self.bodies).map(|(function, body)| {
            body.ok_or_else(|| ModuleError::NoBody { module: name.clone(), function: function.name.clone() })
        });
        let bodies = bodies.collect::<Result<_, _>>()?;
        Ok(HostModule { functions: bodies, interface: self.interface })
    }

    /// The last declared function of that name that has no body, or else the last of that name.
    fn place(&self, name: &str) -> Option<usize> {
        self.interface.functions.iter().rposition(|function| function.name == name)
    }

    fn declared(&self, name: &str) -> Option<&Function> {
        self.interface.functions.get(self.place(name)?)
    }

    fn not_declared(&self, name: &str) -> ModuleError {
        let names = || self.interface.functions.iter().map(|function| function.name.as_str());
        let offered = match closest(name, names()) {
            Some(close) => format!("did you mean {close}?"),
            None => format!("declared: {}", names().collect::<Vec<_>>().join(", ")),
        };
        ModuleError::NotDeclared { module: self.interface.name.clone(), function: name.to_owned(), offered }
    }
}

/// A Rust closure as a host function.
pub struct Closure<C> {
    signature: Signature,
    body: C,
}

impl<C: FnMut(&[Value]) -> Result<Value, HostError>> HostFunction for Closure<C> {
    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn call(&mut self, args: &[Value]) -> Result<Value, HostError> {
        // A panic is a mistake in the host function: the script hears of it, the run goes on. What the closure left
        // half done is its own; nothing of this crate is touched while it runs.
        catch_unwind(AssertUnwindSafe(|| (self.body)(args))).unwrap_or_else(|panic| {
            let message = panic
                .downcast_ref::<&str>()
                .map(|text| (*text).to_owned())
                .or_else(|| panic.downcast_ref::<String>().cloned())
                .unwrap_or_else(|| "no message".to_owned());
            Err(HostError::host(format!("the host function panicked: {message}")))
        })
    }
}
