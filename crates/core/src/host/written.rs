//! A host function written in plain Rust, as `#[host]` makes it: how its arguments are taken from values or slots. This
//! file never knows modules.

use std::ops::Deref;
use std::sync::Arc;

use crate::error::HostError;
use crate::host::convert::{FromValue, HostResource, HostResult, HostType as _, Resource, Types};
use crate::host::{Cx, HostFunction, panics};
use crate::names::{python_class, python_name};
use crate::types::{Param, Place, Signature, Type};
use crate::value::Value;

/// A function that `#[host]` made, for [`Builder::host`](crate::Builder::host).
pub struct HostFn {
    pub(super) name: &'static str,
    pub(super) docs: &'static str,
    pub(super) place: Place,
    pub(super) types: Types,
    pub(super) body: Box<dyn HostFunction>,
}

/// How the type of a parameter is found.
pub type TypeOf = fn(&mut Types) -> Type;

/// What the source says about a function.
#[derive(Debug, Clone, Copy)]
pub struct Declared {
    /// Its name in Rust.
    pub name: &'static str,
    /// Its doc comment.
    pub docs: &'static str,
    /// The parameters but for `self` and the context: names in Rust, and types.
    pub params: &'static [(&'static str, TypeOf)],
    /// The result.
    pub result: fn(&mut Types) -> Option<Type>,
    /// Whether it takes a context.
    pub needs_cx: bool,
}

impl HostFn {
    /// What it does, for whoever calls it without a module.
    #[must_use]
    pub fn body(&self) -> &dyn HostFunction {
        &*self.body
    }

    /// A function by itself: one body that takes values, and one that takes slots where it can.
    #[doc(hidden)]
    pub fn free<V, S>(declared: Declared, values: V, slots: S) -> Self
    where
        V: Fn(&mut Cx<'_>, &mut Args) -> Result<Value, HostError> + Send + Sync + 'static,
        S: Fn(&mut Cx<'_>, &mut [u64]) -> Option<Result<(), HostError>> + Send + Sync + 'static,
    {
        Self::new(declared, Place::Free, None, Types::default(), values, slots)
    }

    /// A function of a resource that takes no thing of it. One that is named `new` and gives a thing is the constructor.
    #[doc(hidden)]
    pub fn associated<T, V, S>(declared: Declared, values: V, slots: S) -> Self
    where
        T: HostResource,
        V: Fn(&mut Cx<'_>, &mut Args) -> Result<Value, HostError> + Send + Sync + 'static,
        S: Fn(&mut Cx<'_>, &mut [u64]) -> Option<Result<(), HostError>> + Send + Sync + 'static,
    {
        let resource = python_class(T::NAME);
        let made = Self::new(declared, Place::Static(resource.clone()), None, Types::default(), values, slots);
        let gives_one = matches!(&made.body.signature().result, Some(Type::Handle { name, .. }) if *name == resource);
        let place = if declared.name == "new" && gives_one { Place::Constructor(resource) } else { made.place };
        Self { place, ..made }
    }

    /// A method of whatever the receiver finds.
    #[doc(hidden)]
    pub fn method<T, R, V, S>(receiver: &R, declared: Declared, values: V, slots: S) -> Self
    where
        T: HostResource,
        R: Receiver<T>,
        V: Fn(&T, &mut Cx<'_>, &mut Args) -> Result<Value, HostError> + Send + Sync + 'static,
        S: Fn(&T, &mut Cx<'_>, &mut [u64]) -> Option<Result<(), HostError>> + Send + Sync + 'static,
    {
        let mut types = Types::default();
        let this = R::param(&mut types);
        let (of_values, of_slots) = (receiver.clone(), receiver.clone());
        Self::new(
            declared,
            Place::Method(python_class(T::NAME)),
            this,
            types,
            move |cx, args| {
                let this = of_values.take(args)?;
                values(&this, cx, args)
            },
            move |cx, given| slots(&*of_slots.at_hand()?, cx, given),
        )
    }

    fn new<V, S>(declared: Declared, place: Place, this: Option<Type>, mut types: Types, values: V, slots: S) -> Self
    where
        V: Fn(&mut Cx<'_>, &mut Args) -> Result<Value, HostError> + Send + Sync + 'static,
        S: Fn(&mut Cx<'_>, &mut [u64]) -> Option<Result<(), HostError>> + Send + Sync + 'static,
    {
        let Declared { name, docs, params, result, needs_cx } = declared;
        let mut signature = Signature::new();
        signature.params.extend(this.map(|ty| Param { name: "self".to_owned(), ty }));
        for (name, ty) in params {
            signature.params.push(Param { name: python_name(name), ty: ty(&mut types) });
        }
        signature.result = result(&mut types);
        let body = Box::new(Written { signature, values, slots, needs_cx });
        Self { name, docs, place, types, body }
    }
}

/// The body of a [`HostFn`].
struct Written<V, S> {
    signature: Signature,
    values: V,
    slots: S,
    needs_cx: bool,
}

impl<V, S> HostFunction for Written<V, S>
where
    V: Fn(&mut Cx<'_>, &mut Args) -> Result<Value, HostError> + Send + Sync,
    S: Fn(&mut Cx<'_>, &mut [u64]) -> Option<Result<(), HostError>> + Send + Sync,
{
    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn call(&self, cx: &mut Cx<'_>, args: Vec<Value>) -> Result<Value, HostError> {
        panics::caught(|| (self.values)(cx, &mut Args(args.into_iter()))).and_then(|given| given)
    }

    fn call_flat(&self, cx: &mut Cx<'_>, slots: &mut [u64]) -> Option<Result<(), HostError>> {
        panics::caught(|| (self.slots)(cx, slots)).unwrap_or_else(|panicked| Some(Err(panicked)))
    }

    fn needs_cx(&self) -> bool {
        self.needs_cx
    }
}

/// The arguments of a call, taken one by one.
#[derive(Debug)]
pub struct Args(std::vec::IntoIter<Value>);

impl Args {
    /// The next argument.
    ///
    /// # Errors
    /// It is of another type.
    pub fn take<T: FromValue>(&mut self) -> Result<T, HostError> {
        // Their number was checked.
        T::from_value(self.0.next().unwrap_or_default())
    }
}

/// The argument in that slot.
#[inline]
#[must_use]
pub fn slot<T: FromValue>(slots: &[u64], at: usize) -> Option<T> {
    T::from_slot(*slots.get(at)?)
}

/// Puts a result into the first slot. A function without a result has none there to replace, and its caller looks at
/// none.
///
/// # Errors
/// What the function said.
#[inline]
pub fn answer<R: HostResult>(result: R, slots: &mut [u64]) -> Result<(), HostError> {
    let slot = result.reply_slot()?;
    if let Some(first) = slots.first_mut() {
        *first = slot;
    }
    Ok(())
}

/// Where a method finds the thing it is called on.
pub trait Receiver<T>: Clone + Send + Sync + 'static {
    /// What is found.
    type Found<'a>: Deref<Target = T>
    where
        Self: 'a;

    /// The type of the first parameter, where that is the thing.
    fn param(types: &mut Types) -> Option<Type>;

    /// The thing of a call with values.
    ///
    /// # Errors
    /// The first argument is none.
    fn take<'a>(&'a self, args: &mut Args) -> Result<Self::Found<'a>, HostError>;

    /// The thing, where no argument is needed to find it.
    fn at_hand(&self) -> Option<Self::Found<'_>>;
}

/// The first argument is the thing.
#[derive(Debug, Clone, Copy)]
pub(super) struct First;

impl<T: HostResource> Receiver<T> for First {
    type Found<'a> = Resource<T>;

    fn param(types: &mut Types) -> Option<Type> {
        Some(Resource::<T>::ty(types))
    }

    fn take(&self, args: &mut Args) -> Result<Resource<T>, HostError> {
        args.take()
    }

    fn at_hand(&self) -> Option<Resource<T>> {
        None
    }
}

/// All functions of a module share the thing.
#[derive(Debug)]
pub(super) struct Shared<T>(pub(super) Arc<T>);

impl<T> Clone for Shared<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T: HostResource> Receiver<T> for Shared<T> {
    type Found<'a> = &'a T;

    fn param(_: &mut Types) -> Option<Type> {
        None
    }

    fn take<'a>(&'a self, _: &mut Args) -> Result<&'a T, HostError> {
        Ok(&self.0)
    }

    fn at_hand(&self) -> Option<&T> {
        Some(&self.0)
    }
}
