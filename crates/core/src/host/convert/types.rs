//! The named types that functions use, gathered while their signatures are put together. This file never knows values.

use std::any::TypeId;

use crate::names::python_class;
use crate::types::{NamedType, Type};

/// Named types, each once.
#[derive(Debug, Clone, Default)]
pub struct Types {
    known: Vec<(TypeId, NamedType)>,
    /// Those whose parts are being looked at.
    open: Vec<TypeId>,
    error: Option<TypeError>,
    /// Whether what is looked at goes to Python.
    given: bool,
}

/// Why Rust types make no types of the boundary.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TypeError {
    /// Two types of one name.
    #[error("two types are named {0}; Python tells types apart by their names")]
    Twice(String),
    /// A type that is inside itself.
    #[error("the type {0} is inside itself; types are finite, let one side hold the other as a resource")]
    Endless(String),
}

impl Types {
    /// The type of that name, made of its parts if it is not known yet.
    pub fn named<T: 'static>(&mut self, name: &str, docs: &str, make: impl FnOnce(&mut Self, String) -> Type) -> Type {
        let id = TypeId::of::<T>();
        if let Some((_, known)) = self.known.iter().find(|(known, _)| *known == id) {
            return known.ty.clone();
        }
        let name = python_class(name);
        if self.open.contains(&id) {
            self.error.get_or_insert(TypeError::Endless(name));
            // It stands in for the rest; with the error no module is made of it.
            return Type::Any;
        }
        self.open.push(id);
        // A named type is one type, whichever way it goes.
        let ty = self.going(false, |types| make(types, name.clone()));
        self.open.pop();
        if self.known.iter().any(|(_, known)| known.name == name) {
            self.error.get_or_insert(TypeError::Twice(name.clone()));
        }
        self.known.push((id, NamedType { name, docs: docs.to_owned(), ty: ty.clone(), owner: None }));
        ty
    }

    /// Looks at types that go to Python, or that come from there.
    pub(crate) fn going<T>(&mut self, to_python: bool, look: impl FnOnce(&mut Self) -> T) -> T {
        let before = std::mem::replace(&mut self.given, to_python);
        let seen = look(self);
        self.given = before;
        seen
    }

    /// Whether what is looked at goes to Python.
    pub(crate) fn is_given(&self) -> bool {
        self.given
    }

    /// The types, those that others are made of first.
    ///
    /// # Errors
    /// The first mistake among them.
    pub fn finish(self) -> Result<Vec<NamedType>, TypeError> {
        match self.error {
            Some(error) => Err(error),
            None => Ok(self.known.into_iter().map(|(_, named)| named).collect()),
        }
    }
}
