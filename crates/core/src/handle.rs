//! Things that stay on the side that made them and cross as a number: resources, callables, a guest's exceptions. This
//! file owns who holds what and when the owner is told; it never knows how a number is written down.

use std::any::Any;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use crate::error::HostError;
use crate::host::Cx;
use crate::value::Value;

/// Which guest of a run: the program's own, or one that is behind a host module.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct GuestId(pub u32);

impl GuestId {
    /// The program's own.
    pub const PROGRAM: Self = Self(0);
}

/// A thing that somebody holds and its owner keeps: clones share it, and with the last one the owner is told.
#[derive(Clone)]
pub struct Handle(Arc<Held>);

struct Held {
    /// The resource it is one of; none for a callable.
    resource: Option<Box<str>>,
    owner: Owner,
}

enum Owner {
    /// A guest knows it by a number.
    Guest(GuestObject),
    /// The host has the thing itself.
    Host(Box<dyn Any + Send + Sync>),
    /// A function of the host.
    Function(Box<dyn HostCallable>),
}

/// A function of the host that a guest may hold, with the thing that it is called on.
trait HostCallable: Send + Sync {
    fn call(&self, cx: &mut Cx<'_>, args: Vec<Value>) -> Result<Value, HostError>;

    fn thing(&self) -> &dyn Any;
}

struct CalledOn<T, F>(T, F);

impl<T, F> HostCallable for CalledOn<T, F>
where
    T: Any + Send + Sync,
    F: Fn(&T, &mut Cx<'_>, Vec<Value>) -> Result<Value, HostError> + Send + Sync,
{
    fn call(&self, cx: &mut Cx<'_>, args: Vec<Value>) -> Result<Value, HostError> {
        self.1(&self.0, cx, args)
    }

    fn thing(&self) -> &dyn Any {
        &self.0
    }
}

impl Handle {
    /// A thing of the host, one of the resource of that name (Python's).
    pub fn new<T: Any + Send + Sync>(resource: &str, thing: T) -> Self {
        Self(Arc::new(Held { resource: Some(resource.into()), owner: Owner::Host(Box::new(thing)) }))
    }

    /// A function of the host that Python can call like any other.
    pub fn callable(
        function: impl Fn(&mut Cx<'_>, Vec<Value>) -> Result<Value, HostError> + Send + Sync + 'static,
    ) -> Self {
        Self::callable_of((), move |(), cx, args| function(cx, args))
    }

    /// The same with a thing that it is called on, which [`Self::get`] finds.
    pub fn callable_of<T: Any + Send + Sync>(
        thing: T,
        function: impl Fn(&T, &mut Cx<'_>, Vec<Value>) -> Result<Value, HostError> + Send + Sync + 'static,
    ) -> Self {
        Self(Arc::new(Held { resource: None, owner: Owner::Function(Box::new(CalledOn(thing, function))) }))
    }

    /// The resource it is one of; none for a callable.
    #[must_use]
    pub fn resource(&self) -> Option<&str> {
        self.0.resource.as_deref()
    }

    /// The host's thing, or what its function is called on, if that is of the type.
    #[must_use]
    pub fn get<T: Any>(&self) -> Option<&T> {
        match &self.0.owner {
            Owner::Host(thing) => thing.downcast_ref(),
            Owner::Function(function) => function.thing().downcast_ref(),
            Owner::Guest(_) => None,
        }
    }

    /// The object that it is in a guest.
    fn in_guest(&self) -> Option<&GuestObject> {
        match &self.0.owner {
            Owner::Guest(object) => Some(object),
            Owner::Host(_) | Owner::Function(..) => None,
        }
    }

    /// Calls it, wherever it is.
    ///
    /// # Errors
    /// What it raises; `TypeError` for a resource, which is no function.
    pub fn call(&self, cx: &mut Cx<'_>, args: Vec<Value>) -> Result<Value, HostError> {
        match (&self.0.owner, &self.0.resource) {
            (Owner::Function(function), _) => function.call(cx, args),
            (Owner::Guest(object), None) => {
                if !cx.with(object.guest, |calls, _| calls.is_of(object.guest, &object.released))? {
                    return Err(HostError::value_error("the guest of this callable has ended"));
                }
                cx.call_guest(object.guest, object.number, args)
            }
            (_, resource) => {
                let name = resource.as_deref().unwrap_or("this");
                Err(HostError::type_error(format!("{name} is a resource, which cannot be called")))
            }
        }
    }
}

/// Whether both are the same thing.
impl PartialEq for Handle {
    fn eq(&self, other: &Self) -> bool {
        let same = |a: &GuestObject, b: &GuestObject| a.number == b.number && Arc::ptr_eq(&a.released, &b.released);
        Arc::ptr_eq(&self.0, &other.0)
            || matches!((self.in_guest(), other.in_guest()), (Some(a), Some(b)) if same(a, b))
    }
}

impl fmt::Debug for Handle {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "<{}", self.resource().unwrap_or("callable"))?;
        match self.in_guest() {
            Some(object) => write!(out, " {} of guest {}>", object.number, object.guest.0),
            None => out.write_str(" of the host>"),
        }
    }
}

/// An object in a guest.
struct GuestObject {
    guest: GuestId,
    number: u32,
    /// The guest's own, which tells it from a guest of the same number in another run.
    released: Arc<Released>,
}

impl Drop for GuestObject {
    fn drop(&mut self) {
        self.released.push(self.number);
    }
}

/// The objects of a guest that the host no longer holds; the guest hears of them when it is next entered.
#[derive(Debug, Default)]
pub(crate) struct Released {
    any: AtomicBool,
    numbers: Mutex<Vec<u32>>,
}

impl Released {
    fn push(&self, number: u32) {
        self.numbers.lock().unwrap_or_else(PoisonError::into_inner).push(number);
        self.any.store(true, Ordering::Release);
    }

    /// What was released since the last time.
    pub(crate) fn take(&self) -> Vec<u32> {
        if !self.any.swap(false, Ordering::Acquire) {
            return Vec::new();
        }
        std::mem::take(&mut *self.numbers.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// What the host and one guest hold of each other.
#[derive(Debug)]
pub(crate) struct Exchange {
    guest: GuestId,
    /// What the guest holds of others, by its number.
    given: Vec<Option<Handle>>,
    /// Numbers that are free again.
    free: Vec<u32>,
    released: Arc<Released>,
}

/// How a handle goes to a guest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Crossed {
    /// It is the guest's own object of that number.
    Back(u32),
    /// The guest knows it by that number from now on, until it drops it.
    Lent(u32),
}

impl Exchange {
    /// Things that a guest may hold at a time.
    const MOST: usize = 1 << 20;

    pub(crate) fn new(guest: GuestId) -> Self {
        Self { guest, given: Vec::new(), free: Vec::new(), released: Arc::default() }
    }

    /// Gives the guest a handle. None if it holds too many.
    pub(crate) fn give(&mut self, handle: &Handle) -> Option<Crossed> {
        if let Some(object) = handle.in_guest().filter(|object| self.is(&object.released)) {
            return Some(Crossed::Back(object.number));
        }
        if let Some(number) = self.free.pop() {
            if let Some(place) = self.given.get_mut(number as usize) {
                *place = Some(handle.clone());
            }
            return Some(Crossed::Lent(number));
        }
        let number = u32::try_from(self.given.len()).ok().filter(|_| self.given.len() < Self::MOST)?;
        self.given.push(Some(handle.clone()));
        Some(Crossed::Lent(number))
    }

    /// Whether an object that tells this when it is dropped is of the guest's own.
    pub(crate) fn is(&self, released: &Arc<Released>) -> bool {
        Arc::ptr_eq(&self.released, released)
    }

    /// Whether the guest holds nothing of others, and nobody holds anything of it.
    pub(crate) fn is_idle(&self) -> bool {
        self.count() == 0 && Arc::strong_count(&self.released) == 1 && !self.has_released()
    }

    /// What the guest holds under that number.
    pub(crate) fn held(&self, number: u32) -> Option<&Handle> {
        self.given.get(number as usize)?.as_ref()
    }

    /// The guest no longer holds it; false if it did not.
    pub(crate) fn drop(&mut self, number: u32) -> bool {
        let held = self.given.get_mut(number as usize).and_then(Option::take);
        if held.is_some() {
            self.free.push(number);
        }
        held.is_some()
    }

    /// How many things the guest holds.
    pub(crate) fn count(&self) -> usize {
        self.given.len() - self.free.len()
    }

    /// A handle of the guest's own object of that number; `resource` is none for a callable.
    pub(crate) fn object(&self, number: u32, resource: Option<&str>) -> Handle {
        let object = GuestObject { guest: self.guest, number, released: self.released.clone() };
        Handle(Arc::new(Held { resource: resource.map(Into::into), owner: Owner::Guest(object) }))
    }

    /// Whether the guest is to hear of objects that the host no longer holds.
    pub(crate) fn has_released(&self) -> bool {
        self.released.any.load(Ordering::Acquire)
    }

    /// The guest's objects that the host no longer holds.
    pub(crate) fn released(&self) -> Vec<u32> {
        self.released.take()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::abi::HostCalls;
    use crate::abi::testing::Habitat;
    use crate::host::{Nowhere, Registry};

    #[test]
    fn numbers_come_back_and_nothing_leaks() {
        let mut exchange = Exchange::new(GuestId(1));
        let thing = Handle::new("File", 7_u32);
        assert_eq!(thing.get::<u32>(), Some(&7));
        assert_eq!(exchange.give(&thing), Some(Crossed::Lent(0)));
        assert_eq!(exchange.give(&thing), Some(Crossed::Lent(1)));
        assert_eq!(exchange.held(1), Some(&thing));
        assert!(exchange.drop(0) && !exchange.drop(0) && !exchange.drop(9));
        assert_eq!((exchange.count(), Arc::strong_count(&thing.0)), (1, 2));
        assert_eq!(exchange.give(&thing), Some(Crossed::Lent(0)));
    }

    #[test]
    fn a_callable_thing_is_called_and_found_again() {
        let thing = Handle::callable_of(7_i64, |number, _, args| Ok((number + args.len() as i64).into()));
        let called = thing.call(&mut Cx::new(&mut Nowhere), vec![Value::None]);
        assert_eq!((called, thing.get::<i64>(), thing.get::<u8>()), (Ok(Value::Int(8)), Some(&7), None));
        assert!(thing.resource().is_none() && thing.in_guest().is_none());
    }

    #[test]
    fn an_object_goes_home_as_itself_and_is_released_once() {
        let mut own = Exchange::new(GuestId(1));
        let mut other = Exchange::new(GuestId(2));
        let object = own.object(5, None);
        assert_eq!(own.give(&object), Some(Crossed::Back(5)));
        assert_eq!(other.give(&object), Some(Crossed::Lent(0)));
        drop(object);
        assert!(own.released().is_empty(), "the other guest holds it");
        other.drop(0);
        assert!(!own.is_idle(), "what was released is yet to be told");
        assert_eq!(own.released(), [5]);
        assert!(own.released().is_empty() && own.is_idle());
    }

    #[test]
    fn an_object_of_another_run_is_a_stranger() {
        let before = Exchange::new(GuestId::PROGRAM).object(5, None);
        let mut habitat = Habitat::new(HostCalls::new(Registry::new(), 0, 1));
        let called = before.call(&mut Cx::new(&mut habitat), Vec::new());
        assert_eq!(called.map_err(|error| error.message), Err("the guest of this callable has ended".to_owned()));
        let mut exchange = Exchange::new(GuestId::PROGRAM);
        assert_eq!(exchange.give(&before), Some(Crossed::Lent(0)));
        assert!(before != exchange.object(5, None));
    }
}
