//! How a stub names Python's own types, so that what the interface declares never hides them. This file never knows
//! where in the stub a type stands.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use crate::types::{Interface, Scalar, Type};

/// Python's names for types, and the modules they must be imported from.
pub(super) struct Spelling {
    /// Every name that the stub gives to something.
    taken: BTreeSet<String>,
    /// The names imported from each module.
    from: BTreeMap<&'static str, BTreeSet<&'static str>>,
    /// The modules imported under a name that nothing else has.
    whole: BTreeSet<&'static str>,
}

impl Spelling {
    pub(super) fn new(interface: &Interface) -> Self {
        let mut taken = BTreeSet::new();
        for function in &interface.functions {
            taken.insert(function.name.clone());
        }
        for named in &interface.types {
            taken.insert(named.name.clone());
            match &named.ty {
                Type::Record { fields, .. } => taken.extend(fields.iter().map(|(field, _)| field.clone())),
                Type::Variant { cases, .. } => taken.extend(cases.iter().map(|(case, _)| case.clone())),
                Type::Enum { cases: names, .. } | Type::Flags { flags: names, .. } => taken.extend(names.clone()),
                _ => {}
            }
        }
        Self { taken, from: BTreeMap::new(), whole: BTreeSet::new() }
    }

    /// The import lines for everything that was spelled so far.
    pub(super) fn imports(&self) -> String {
        let mut out = String::new();
        for module in &self.whole {
            // Writing to a string cannot fail.
            let _ = writeln!(out, "import {module} as {}", alias(module));
        }
        for (module, names) in &self.from {
            let names: Vec<&str> = names.iter().copied().collect();
            let _ = writeln!(out, "from {module} import {}", names.join(", "));
        }
        out
    }

    /// A built-in's name: `int`, or `_builtins.int` where the interface has an `int` of its own.
    pub(super) fn builtin(&mut self, name: &'static str) -> String {
        if self.taken.contains(name) {
            return self.qualified("builtins", name);
        }
        name.to_owned()
    }

    /// A name of the module `typing`.
    pub(super) fn typing(&mut self, name: &'static str) -> String {
        self.imported("typing", name)
    }

    /// A name of the module `enum`.
    pub(super) fn enumeration(&mut self, name: &'static str) -> String {
        self.imported("enum", name)
    }

    fn imported(&mut self, module: &'static str, name: &'static str) -> String {
        if self.taken.contains(name) {
            return self.qualified(module, name);
        }
        self.from.entry(module).or_default().insert(name);
        name.to_owned()
    }

    fn qualified(&mut self, module: &'static str, name: &str) -> String {
        self.whole.insert(module);
        format!("{}.{name}", alias(module))
    }

    /// Python's type of what a function gives.
    pub(super) fn outcome(&mut self, result: Option<&Type>) -> String {
        match result {
            // A failed result is raised, so Python only ever sees what succeeded.
            Some(Type::Result(ok, _)) => self.optional(ok.as_deref()),
            ty => self.optional(ty),
        }
    }

    fn optional(&mut self, ty: Option<&Type>) -> String {
        ty.map_or_else(|| "None".to_owned(), |ty| self.hint(ty))
    }

    /// Python's type for a type.
    pub(super) fn hint(&mut self, ty: &Type) -> String {
        match ty {
            Type::Scalar(Scalar::Bool) => self.builtin("bool"),
            Type::Scalar(Scalar::F32 | Scalar::F64) => self.builtin("float"),
            Type::Scalar(Scalar::Char) | Type::String => self.builtin("str"),
            Type::Scalar(_) => self.builtin("int"),
            Type::Bytes => self.builtin("bytes"),
            Type::Any => self.typing("Any"),
            Type::Callable { signature, .. } => {
                let callable = self.imported("collections.abc", "Callable");
                let params: Vec<String> = signature.params.iter().map(|param| self.hint(&param.ty)).collect();
                format!("{callable}[[{}], {}]", params.join(", "), self.outcome(signature.result.as_ref()))
            }
            Type::List(item) => format!("{}[{}]", self.builtin("list"), self.hint(item)),
            Type::Tuple(items) => {
                let items: Vec<String> = items.iter().map(|item| self.hint(item)).collect();
                let items = if items.is_empty() { "()".to_owned() } else { items.join(", ") };
                format!("{}[{items}]", self.builtin("tuple"))
            }
            Type::Option(item) if matches!(**item, Type::Option(_)) => {
                format!("{}[{}] | None", self.imported("amphi", "Some"), self.hint(item))
            }
            Type::Option(item) => format!("{} | None", self.hint(item)),
            // Here an err is a value: the exception.
            Type::Result(ok, _) => {
                let ok = self.optional(ok.as_deref());
                format!("{ok} | {}", self.imported("amphi", "HostError"))
            }
            Type::Record { name, .. }
            | Type::Variant { name, .. }
            | Type::Enum { name, .. }
            | Type::Flags { name, .. }
            | Type::Handle { name, .. } => name.clone(),
        }
    }
}

/// What a module is imported as: no name of WIT's begins so.
fn alias(module: &str) -> String {
    format!("_{}", module.replace('.', "_"))
}
