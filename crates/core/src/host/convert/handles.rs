//! What stays on its side: resources of the host, callables of either. This file never knows how handles are numbered.

use std::any::Any;
use std::fmt;
use std::marker::PhantomData;
use std::ops::Deref;
use std::sync::Arc;

use super::{FromValue, HostType, IntoValue, Lent, Types, from_unchecked, refused};
use crate::error::HostError;
use crate::handle::Handle;
use crate::host::Cx;
use crate::names::python_class;
use crate::types::{Param, Signature, Type};
use crate::value::Value;

/// A Rust type whose things Python holds and the host keeps. `#[host]` before its `impl` implements it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no resource",
    label = "no resource",
    note = "write `#[host]` before its `impl`"
)]
pub trait HostResource: Any + Send + Sync {
    /// Its name in Rust; Python's is [`python_class`] of it.
    const NAME: &'static str;
    /// What `help()` says about it.
    const DOCS: &'static str;
}

/// A thing of the host that Python holds too. It derefs to the thing.
pub struct Resource<T> {
    thing: Arc<T>,
    handle: Handle,
}

impl<T: HostResource> Resource<T> {
    /// A thing to give to Python, and to keep.
    #[must_use]
    pub fn new(thing: impl Into<Arc<T>>) -> Self {
        let thing = thing.into();
        Self { handle: Handle::new(&python_class(T::NAME), thing.clone()), thing }
    }

    /// The thing, shared.
    #[must_use]
    pub fn shared(&self) -> &Arc<T> {
        &self.thing
    }
}

/// Both hold the same thing.
impl<T> Clone for Resource<T> {
    fn clone(&self) -> Self {
        Self { thing: self.thing.clone(), handle: self.handle.clone() }
    }
}

impl<T> Deref for Resource<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.thing
    }
}

impl<T> fmt::Debug for Resource<T> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.handle.fmt(out)
    }
}

impl<T: HostResource> HostType for Resource<T> {
    fn ty(types: &mut Types) -> Type {
        match owned::<T>(types) {
            // Python goes on holding what it shows to a function.
            Type::Handle { name, .. } => Type::Handle { name, own: types.is_given() },
            other => other,
        }
    }
}

/// The type of a thing that is given away.
pub fn owned<T: HostResource>(types: &mut Types) -> Type {
    types.named::<T>(T::NAME, T::DOCS, |_, name| Type::Handle { name, own: true })
}

impl<T: HostResource> FromValue for Resource<T> {
    fn from_value(value: Value) -> Result<Self, HostError> {
        match value {
            Value::Handle(handle) => match handle.get::<Arc<T>>() {
                Some(thing) => Ok(Self { thing: thing.clone(), handle }),
                None => {
                    let name = python_class(T::NAME);
                    Err(HostError::type_error(format!("a value: expected {name} of this host, got {handle:?}")))
                }
            },
            other => Err(refused::<Self>(other)),
        }
    }
}

impl<T: HostResource> IntoValue for Resource<T> {
    fn into_value(self) -> Value {
        Value::Handle(self.handle)
    }
}

/// Any callable, whatever it takes.
impl HostType for Handle {
    fn ty(_: &mut Types) -> Type {
        Type::Any
    }
}

impl FromValue for Handle {
    fn from_value(value: Value) -> Result<Self, HostError> {
        match value {
            Value::Handle(handle) => Ok(handle),
            other => {
                let given = other.type_name();
                Err(HostError::type_error(format!("a value: expected a callable, got {other} ({given})")))
            }
        }
    }
}

impl IntoValue for Handle {
    fn into_value(self) -> Value {
        Value::Handle(self)
    }
}

impl Lent for Handle {
    type Kept = Self;

    fn lend(kept: &Self) -> &Self {
        kept
    }
}

/// A callable that takes the items of the tuple `A` and gives an `R`. It derefs to its [`Handle`].
pub struct Callable<A, R = ()> {
    handle: Handle,
    typed: PhantomData<fn(A) -> R>,
}

impl<A: CallArgs, R: FromValue> Callable<A, R> {
    /// Calls it, wherever it is.
    ///
    /// # Errors
    /// What it raises, and a result of another type.
    pub fn call(&self, cx: &mut Cx<'_>, args: A) -> Result<R, HostError> {
        from_unchecked(self.handle.call(cx, args.into_args())?)
    }
}

impl<A, R> From<Handle> for Callable<A, R> {
    fn from(handle: Handle) -> Self {
        Self { handle, typed: PhantomData }
    }
}

/// Both are the same callable.
impl<A, R> Clone for Callable<A, R> {
    fn clone(&self) -> Self {
        self.handle.clone().into()
    }
}

impl<A, R> Deref for Callable<A, R> {
    type Target = Handle;

    fn deref(&self) -> &Handle {
        &self.handle
    }
}

impl<A, R> fmt::Debug for Callable<A, R> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.handle.fmt(out)
    }
}

impl<A: CallArgs, R: HostType> HostType for Callable<A, R> {
    fn ty(types: &mut Types) -> Type {
        let params = types.going(true, A::types).into_iter().zip(0..);
        let params = params.map(|(ty, at)| Param { name: format!("arg{at}"), ty }).collect();
        let result = types.going(false, R::payload_ty);
        Type::Callable { name: "callable".to_owned(), signature: Box::new(Signature { params, result }) }
    }
}

impl<A: CallArgs, R: HostType> FromValue for Callable<A, R> {
    fn from_value(value: Value) -> Result<Self, HostError> {
        match value {
            Value::Handle(handle) if handle.resource().is_none() => Ok(handle.into()),
            other => Err(refused::<Self>(other)),
        }
    }
}

impl<A: CallArgs, R: HostType> IntoValue for Callable<A, R> {
    fn into_value(self) -> Value {
        Value::Handle(self.handle)
    }
}

impl<A: CallArgs, R: HostType> Lent for Callable<A, R> {
    type Kept = Self;

    fn lend(kept: &Self) -> &Self {
        kept
    }
}

/// The arguments of a callable: a tuple of up to 8.
pub trait CallArgs {
    /// Their types.
    fn types(types: &mut Types) -> Vec<Type>;

    /// Their values.
    fn into_args(self) -> Vec<Value>;
}

macro_rules! args {
    ($($name:ident)*) => {
        impl<$($name: IntoValue),*> CallArgs for ($($name,)*) {
            fn types(types: &mut Types) -> Vec<Type> {
                vec![$($name::ty(types)),*]
            }

            #[expect(non_snake_case, reason = "an item is bound by the name of its type")]
            fn into_args(self) -> Vec<Value> {
                let ($($name,)*) = self;
                vec![$($name.into_value()),*]
            }
        }
    };
}

args!(A);
args!(A B);
args!(A B C);
args!(A B C D);
args!(A B C D E);
args!(A B C D E F);
args!(A B C D E F G);
args!(A B C D E F G H);

impl CallArgs for () {
    fn types(_: &mut Types) -> Vec<Type> {
        Vec::new()
    }

    fn into_args(self) -> Vec<Value> {
        Vec::new()
    }
}
