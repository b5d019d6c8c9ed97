//! An interface as a `.pyi` file, so that editors and type checkers know a host module. This file never knows how the
//! module is called.
//!
//! A stub promises what `import` gives and no more: a type that is another's second name, or a callable, is no class in
//! Python, so it is spelled out where it is used.

mod spelling;
#[cfg(test)]
mod tests;

use std::fmt::Write as _;

use crate::types::{Function, Interface, NamedType, Place, Type};
use spelling::Spelling;

impl Interface {
    /// The text of the `.pyi` file.
    #[must_use]
    pub fn python_stub(&self) -> String {
        let mut stub = Stub { spelling: Spelling::new(self), out: String::new(), of: None };
        let declared = |name: &str| self.types.iter().any(|named| named.name == name);
        let mut known: Vec<&str> = Vec::new();
        for named in &self.types {
            let own = named.ty.class_name();
            // A class of another interface, used here under another name, is still meant by its own.
            let foreign = own.filter(|own| named.owner.is_some() || !declared(own));
            if let Some(own) = foreign.filter(|own| !known.contains(own)) {
                known.push(own);
                match &named.owner {
                    // Writing to a string cannot fail.
                    Some(owner) => drop(writeln!(stub.out, "\nfrom {owner} import {own} as {own}")),
                    None => stub.class(&NamedType { name: own.to_owned(), ..named.clone() }, &self.functions),
                }
            }
            // What was imported under its own name is there.
            if named.owner.is_none() || own != Some(&named.name) {
                stub.class(named, &self.functions);
            }
        }
        let free = || self.functions.iter().filter(|function| function.place == Place::Free);
        for function in free() {
            stub.define("", function);
        }
        let body = stub.out;
        stub.out = String::new();
        stub.docstring("", &self.docs);
        let imports = stub.spelling.imports();
        stub.out.push_str(&imports);
        let classes = self.types.iter().filter(|named| named.ty.class_name().is_some()).map(|named| &named.name);
        let names = classes.chain(free().map(|function| &function.name));
        let names: Vec<String> = names.map(|name| format!("\"{name}\"")).collect();
        // Writing to a string cannot fail.
        let _ = writeln!(stub.out, "\n__all__ = [{}]", names.join(", "));
        stub.out.push_str(&body);
        stub.out.trim_start().to_owned()
    }

    /// The text of a host module in Python whose functions are not written yet.
    pub(crate) fn python_skeleton(&self) -> String {
        let mut stub = Stub { spelling: Spelling::new(self), out: String::new(), of: Some(&self.name) };
        let (own, imported): (Vec<&NamedType>, Vec<_>) =
            self.types.iter().partition(|named| named.owner.is_none() && matches!(named.ty, Type::Handle { .. }));
        let has_classes = !own.is_empty();
        for function in self.functions.iter().filter(|function| function.place == Place::Free) {
            stub.out.push('\n');
            stub.define("", function);
        }
        for named in own {
            stub.out.push('\n');
            stub.class(named, &self.functions);
        }
        let body = std::mem::take(&mut stub.out);
        stub.docstring("", &self.docs);
        if has_classes {
            // A class may name itself.
            stub.out.push_str("from __future__ import annotations\n\n");
        }
        let imports = stub.spelling.imports();
        stub.out.push_str(&imports);
        let mut names: Vec<&str> = imported.iter().filter_map(|named| named.ty.class_name()).collect();
        names.sort_unstable();
        names.dedup();
        if !names.is_empty() {
            // What is declared is there before this file runs. Writing to a string cannot fail.
            let _ = writeln!(stub.out, "from {} import {}", self.name, names.join(", "));
        }
        (stub.out + &body).trim_start().to_owned()
    }
}

/// What has a type checker take a member that hides what every member has. Python takes it.
fn hiding(member: &str) -> &'static str {
    if member == "name" { "  # type: ignore" } else { "" }
}

/// A stub that is being written.
struct Stub<'a> {
    spelling: Spelling,
    out: String,
    /// The module whose functions get a body that says that they are not written yet; a stub has none.
    of: Option<&'a str>,
}

impl Stub<'_> {
    /// Python's spelling of a function's signature: `(a: int, b: int) -> int`.
    fn signature(&mut self, function: &Function) -> String {
        let required = function.signature.required();
        let mut params = function.signature.params.iter().zip(0..);
        let own = match &function.place {
            Place::Free | Place::Static(_) => None,
            Place::Constructor(_) => Some("self".to_owned()),
            Place::Method(_) => params.next().map(|_| "self".to_owned()),
        };
        let params = params.map(|(param, at)| {
            let default = if at < required { "" } else { " = None" };
            format!("{}: {}{default}", param.name, self.spelling.hint(&param.ty))
        });
        let params: Vec<String> = own.into_iter().chain(params).collect();
        let result = match &function.place {
            Place::Constructor(_) => "None".to_owned(),
            _ => self.spelling.outcome(function.signature.result.as_ref()),
        };
        format!("({}) -> {result}", params.join(", "))
    }

    fn define(&mut self, indent: &str, function: &Function) {
        let name = match &function.place {
            Place::Constructor(_) => "__init__",
            Place::Static(_) => {
                let decorator = self.spelling.builtin("staticmethod");
                let _ = write!(self.out, "\n{indent}@{decorator}");
                &function.name
            }
            Place::Free | Place::Method(_) => &function.name,
        };
        let signature = self.signature(function);
        let _ = write!(self.out, "\n{indent}def {name}{signature}:");
        if function.docs.is_empty() && self.of.is_none() {
            self.out.push_str(" ...\n");
            return;
        }
        let inside = format!("{indent}    ");
        self.out.push('\n');
        self.docstring(&inside, &function.docs);
        let body = self.of.map(|module| format!("raise NotImplementedError(\"{module}.{}\")", function.path()));
        let _ = writeln!(self.out, "{inside}{}", body.as_deref().unwrap_or("..."));
    }

    fn class(&mut self, named: &NamedType, functions: &[Function]) {
        let NamedType { name, docs, ty, .. } = named;
        if let Some(own) = ty.class_name().filter(|own| own != name) {
            let _ = writeln!(self.out, "\n{name} = {own}");
            return;
        }
        match ty {
            Type::Record { fields, .. } => {
                let base = self.spelling.typing("NamedTuple");
                self.head(name, &base, docs);
                for (field, ty) in fields {
                    let hint = self.spelling.hint(ty);
                    let _ = writeln!(self.out, "    {field}: {hint}");
                }
                if fields.is_empty() {
                    self.out.push_str("    ...\n");
                }
            }
            Type::Enum { cases, .. } => {
                let base = self.spelling.enumeration("Enum");
                self.head(name, &base, docs);
                for (at, case) in cases.iter().enumerate() {
                    let _ = writeln!(self.out, "    {case} = {at}{}", hiding(case));
                }
            }
            Type::Flags { flags, .. } => {
                let base = self.spelling.enumeration("Flag");
                self.head(name, &base, docs);
                for (at, flag) in flags.iter().enumerate() {
                    let _ = writeln!(self.out, "    {flag} = 1 << {at}{}", hiding(flag));
                }
            }
            Type::Variant { cases, .. } => self.variant(name, docs, cases),
            Type::Handle { .. } => {
                let _ = write!(self.out, "\nclass {name}:");
                let mut own = functions.iter().filter(|function| function.place.resource() == Some(name)).peekable();
                if docs.is_empty() && own.peek().is_none() {
                    self.out.push_str(" ...");
                }
                self.out.push('\n');
                self.docstring("    ", docs);
                own.for_each(|function| self.define("    ", function));
            }
            // What is no class is not in the module.
            _ => {}
        }
    }

    /// A class of cases: one way to make each, and what can be asked of any.
    fn variant(&mut self, name: &str, docs: &str, cases: &[(String, Option<Type>)]) {
        let _ = writeln!(self.out, "\nclass {name}:");
        self.docstring("    ", docs);
        let mut values: Vec<String> = Vec::new();
        for (case, ty) in cases {
            let hint = ty.as_ref().map(|ty| self.spelling.hint(ty));
            let param = hint.as_ref().map(|hint| format!(", value: {hint}")).unwrap_or_default();
            let decorator = self.spelling.builtin("classmethod");
            let _ = writeln!(self.out, "    @{decorator}\n    def {case}(cls{param}) -> {name}: ...");
            let value = hint.unwrap_or_else(|| "None".to_owned());
            if !values.contains(&value) {
                values.push(value);
            }
        }
        let (property, text) = (self.spelling.builtin("property"), self.spelling.builtin("str"));
        for (asked, ty) in [("case", text), ("value", values.join(" | "))] {
            // A case of that name has the class's attribute; a value's is this all the same, which no stub can say.
            if !cases.iter().any(|(case, _)| case == asked) {
                let _ = writeln!(self.out, "    @{property}\n    def {asked}(self) -> {ty}: ...");
            }
        }
    }

    fn head(&mut self, name: &str, base: &str, docs: &str) {
        let _ = writeln!(self.out, "\nclass {name}({base}):");
        self.docstring("    ", docs);
    }

    /// A docstring, with what would end it early made harmless.
    fn docstring(&mut self, indent: &str, docs: &str) {
        let docs = docs.trim_end();
        if docs.is_empty() {
            return;
        }
        let docs = docs.replace('\\', "\\\\").replace("\"\"\"", "\\\"\\\"\\\"");
        // A quote just before the closing ones would be read with them.
        let end = if docs.ends_with('"') { " " } else { "" };
        let mut lines = docs.lines();
        let _ = write!(self.out, "{indent}\"\"\"{}", lines.next().unwrap_or_default().trim_end());
        for line in lines {
            let line = line.trim_end();
            // An empty line stays empty.
            let indent = if line.is_empty() { "" } else { indent };
            let _ = write!(self.out, "\n{indent}{line}");
        }
        let _ = writeln!(self.out, "{end}\"\"\"");
    }
}
