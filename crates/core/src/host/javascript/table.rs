//! Things of Python's that JavaScript holds, by number. This file never knows how JavaScript lets go of one.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::error::HostError;
use crate::handle::Handle;
use crate::types::Signature;

/// A thing of Python's.
#[derive(Debug, Clone)]
pub enum Held {
    /// A callable, with its declaration if it has one; or a resource, which can only be given back.
    Handle(Handle, Option<Arc<Signature>>),
    /// An exception on its way through JavaScript.
    Error(Box<HostError>),
}

/// What JavaScript holds. It hears from the engine's garbage collector what it no longer does.
#[derive(Debug, Default)]
pub struct Table(Mutex<Slots>);

#[derive(Debug, Default)]
struct Slots {
    things: Vec<Option<Held>>,
    free: Vec<u32>,
}

impl Table {
    /// Keeps a thing, and gives its number.
    pub fn hold(&self, thing: Held) -> u32 {
        let mut slots = self.slots();
        if let Some(number) = slots.free.pop() {
            if let Some(place) = slots.things.get_mut(number as usize) {
                *place = Some(thing);
            }
            return number;
        }
        let number = u32::try_from(slots.things.len()).unwrap_or(u32::MAX);
        slots.things.push(Some(thing));
        number
    }

    /// The thing of that number.
    #[must_use]
    pub fn get(&self, number: u32) -> Option<Held> {
        self.slots().things.get(number as usize).cloned().flatten()
    }

    /// JavaScript holds it no longer.
    pub fn drop(&self, number: u32) {
        let mut slots = self.slots();
        let thing = slots.things.get_mut(number as usize).and_then(Option::take);
        if thing.is_some() {
            slots.free.push(number);
        }
        // What hears of its end must not find the table locked.
        std::mem::drop(slots);
    }

    /// How many things there are.
    #[must_use]
    pub fn len(&self) -> usize {
        let slots = self.slots();
        slots.things.len() - slots.free.len()
    }

    /// Whether nothing is held.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn slots(&self) -> MutexGuard<'_, Slots> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_come_back() {
        let table = Table::default();
        let thing = || Held::Error(Box::new(HostError::host("no")));
        assert_eq!((table.hold(thing()), table.hold(thing())), (0, 1));
        table.drop(0);
        table.drop(0);
        table.drop(9);
        assert!(table.get(0).is_none() && table.get(1).is_some());
        assert_eq!((table.len(), table.hold(thing()), table.len()), (1, 0, 2));
    }
}
