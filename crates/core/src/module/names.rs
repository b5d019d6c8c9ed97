//! What a module's name section says. This file never knows what the names are for.

use std::collections::HashMap;

use wasmparser::{Name, NameSectionReader};

/// The names that a module gives to itself, its functions and their locals.
#[derive(Debug, Default)]
pub(super) struct Names {
    pub(super) module: Option<String>,
    functions: HashMap<u32, String>,
    /// By function and local; parameters are the first locals.
    locals: HashMap<(u32, u32), String>,
}

impl Names {
    /// Reads the section; a broken one is as good as none, as the spec says.
    pub(super) fn read(section: NameSectionReader<'_>) -> Self {
        let mut names = Self::default();
        for part in section.into_iter().map_while(Result::ok) {
            match part {
                Name::Module { name, .. } => names.module = Some(name.to_owned()),
                Name::Function(functions) => {
                    let functions = functions.into_iter().map_while(Result::ok);
                    names.functions.extend(functions.map(|function| (function.index, function.name.to_owned())));
                }
                Name::Local(functions) => {
                    for function in functions.into_iter().map_while(Result::ok) {
                        let locals = function.names.into_iter().map_while(Result::ok);
                        let named = locals.map(|local| ((function.index, local.index), local.name.to_owned()));
                        names.locals.extend(named);
                    }
                }
                _ => {}
            }
        }
        names
    }

    /// A function's name.
    pub(super) fn function(&self, index: u32) -> Option<String> {
        self.functions.get(&index).cloned()
    }

    /// The names of a function's first `count` locals, which are its parameters.
    pub(super) fn params(&self, function: u32, count: usize) -> Vec<Option<String>> {
        let locals = (0..).take(count);
        locals.map(|local: u32| self.locals.get(&(function, local)).cloned()).collect()
    }
}
