//! An interface as a `.pyi` file, so that editors and type checkers know a host module. This file never knows how the
//! module is called.

use std::fmt::Write as _;

use crate::types::{Function, Interface, NamedType, Place, Scalar, Type};

impl Interface {
    /// The text of the `.pyi` file.
    #[must_use]
    pub fn python_stub(&self) -> String {
        let mut out = String::new();
        docstring(&mut out, "", &self.docs);
        let mut body = String::new();
        for named in &self.types {
            class(&mut body, named, &self.functions);
        }
        let free = || self.functions.iter().filter(|function| function.place == Place::Free);
        for function in free() {
            define(&mut body, "", function);
        }
        for (needed, import) in [
            ("Any", "from typing import Any"),
            ("(NamedTuple):", "from typing import NamedTuple"),
            ("Callable[", "from collections.abc import Callable"),
            ("(Enum):", "from enum import Enum"),
            ("(Flag):", "from enum import Flag"),
        ] {
            if body.contains(needed) {
                let _ = writeln!(out, "{import}");
            }
        }
        let names = self.types.iter().map(|named| &named.name);
        let names = names.chain(free().map(|function| &function.name));
        let names: Vec<String> = names.map(|name| format!("\"{name}\"")).collect();
        let _ = writeln!(out, "\n__all__ = [{}]", names.join(", "));
        out.push_str(&body);
        out.trim_start().to_owned()
    }
}

/// Python's spelling of a function's signature: `(a: int, b: int) -> int`.
fn signature(function: &Function) -> String {
    let mut params = function.signature.params.iter();
    let own = match &function.place {
        Place::Free | Place::Static(_) => None,
        Place::Constructor(_) => Some("self".to_owned()),
        Place::Method(_) => params.next().map(|_| "self".to_owned()),
    };
    let params = params.map(|param| format!("{}: {}", param.name, hint(&param.ty)));
    let params: Vec<String> = own.into_iter().chain(params).collect();
    let result = match &function.place {
        Place::Constructor(_) => "None".to_owned(),
        _ => outcome(function.signature.result.as_ref()),
    };
    format!("({}) -> {result}", params.join(", "))
}

/// Python's type of what a function gives.
fn outcome(result: Option<&Type>) -> String {
    match result {
        // A failed result is raised, so Python only ever sees what succeeded.
        Some(Type::Result(ok, _)) => ok.as_deref().map_or("None".to_owned(), hint),
        Some(ty) => hint(ty),
        None => "None".to_owned(),
    }
}

fn define(out: &mut String, indent: &str, function: &Function) {
    let name = match &function.place {
        Place::Constructor(_) => "__init__",
        Place::Static(_) => {
            let _ = write!(out, "\n{indent}@staticmethod");
            &function.name
        }
        Place::Free | Place::Method(_) => &function.name,
    };
    let _ = write!(out, "\n{indent}def {name}{}:", signature(function));
    if function.docs.is_empty() {
        out.push_str(" ...\n");
    } else {
        let inside = format!("{indent}    ");
        out.push('\n');
        docstring(out, &inside, &function.docs);
        let _ = writeln!(out, "{inside}...");
    }
}

fn class(out: &mut String, named: &NamedType, functions: &[Function]) {
    let NamedType { name, docs, ty } = named;
    match ty {
        Type::Record { fields, .. } => {
            let _ = writeln!(out, "\nclass {name}(NamedTuple):");
            docstring(out, "    ", docs);
            for (field, ty) in fields {
                let _ = writeln!(out, "    {field}: {}", hint(ty));
            }
            if fields.is_empty() {
                out.push_str("    ...\n");
            }
        }
        Type::Enum { cases, .. } => {
            let _ = writeln!(out, "\nclass {name}(Enum):");
            docstring(out, "    ", docs);
            for (at, case) in cases.iter().enumerate() {
                let _ = writeln!(out, "    {case} = {at}");
            }
        }
        Type::Flags { flags, .. } => {
            let _ = writeln!(out, "\nclass {name}(Flag):");
            docstring(out, "    ", docs);
            for (at, flag) in flags.iter().enumerate() {
                let _ = writeln!(out, "    {flag} = 1 << {at}");
            }
        }
        Type::Variant { cases, .. } => {
            let _ = writeln!(out, "\nclass {name}:");
            docstring(out, "    ", docs);
            for (case, ty) in cases {
                let param = ty.as_ref().map(|ty| format!("value: {}", hint(ty)));
                let param = param.unwrap_or_default();
                let _ = writeln!(out, "    @staticmethod\n    def {case}({param}) -> {name}: ...");
            }
        }
        Type::Handle { name: resource, .. } if resource == name => {
            let _ = write!(out, "\nclass {name}:");
            let mut own = functions.iter().filter(|function| function.place.resource() == Some(name)).peekable();
            if docs.is_empty() && own.peek().is_none() {
                out.push_str(" ...");
            }
            out.push('\n');
            docstring(out, "    ", docs);
            own.for_each(|function| define(out, "    ", function));
        }
        other => {
            let _ = writeln!(out, "\n{name} = {}", hint(other));
        }
    }
}

/// A docstring, with what would end it early made harmless.
fn docstring(out: &mut String, indent: &str, docs: &str) {
    if docs.is_empty() {
        return;
    }
    let docs = docs.replace('\\', "\\\\").replace("\"\"\"", "\\\"\\\"\\\"");
    let docs = docs.trim_end();
    // A quote just before the closing ones would be read with them.
    let end = if docs.ends_with('"') { " " } else { "" };
    let docs = docs.replace('\n', &format!("\n{indent}"));
    let _ = writeln!(out, "{indent}\"\"\"{docs}{end}\"\"\"");
}

/// Python's type for a type.
fn hint(ty: &Type) -> String {
    match ty {
        Type::Scalar(Scalar::Bool) => "bool".to_owned(),
        Type::Scalar(Scalar::F32 | Scalar::F64) => "float".to_owned(),
        Type::Scalar(Scalar::Char) | Type::String => "str".to_owned(),
        Type::Scalar(_) => "int".to_owned(),
        Type::Bytes => "bytes".to_owned(),
        Type::Any => "Any".to_owned(),
        Type::Callable { signature, .. } => {
            let params: Vec<String> = signature.params.iter().map(|param| hint(&param.ty)).collect();
            format!("Callable[[{}], {}]", params.join(", "), outcome(signature.result.as_ref()))
        }
        Type::List(item) => format!("list[{}]", hint(item)),
        Type::Tuple(items) if items.is_empty() => "tuple[()]".to_owned(),
        Type::Tuple(items) => {
            let items: Vec<String> = items.iter().map(hint).collect();
            format!("tuple[{}]", items.join(", "))
        }
        Type::Option(item) => format!("{} | None", hint(item)),
        Type::Result(ok, err) => {
            let part = |ty: &Option<Box<Type>>| ty.as_deref().map_or("None".to_owned(), hint);
            format!("{} | {}", part(ok), part(err))
        }
        Type::Record { name, .. }
        | Type::Variant { name, .. }
        | Type::Enum { name, .. }
        | Type::Flags { name, .. }
        | Type::Handle { name, .. } => name.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::Signature;

    #[test]
    fn a_stub_reads_like_python() {
        let mut demo = Interface::new("demo");
        demo.docs = "Adds, and more.".to_owned();
        let point = Type::Record { name: "Point".to_owned(), fields: vec![("x".to_owned(), Scalar::F64.into())] };
        demo.types.push(NamedType { name: "Point".to_owned(), docs: String::new(), ty: point.clone() });
        for (name, docs, signature) in [
            ("demo", "Adds.\nSays \"\"\"so\"", Signature::new().param("a", Scalar::S32).returns(Scalar::S32)),
            (
                "find",
                "",
                Signature::new()
                    .param("points", Type::List(Box::new(point)))
                    .param("key", Type::Any)
                    .returns(Type::Option(Box::new(Type::Bytes))),
            ),
        ] {
            demo.functions.push(Function {
                name: name.to_owned(),
                source_name: name.to_owned(),
                docs: docs.to_owned(),
                signature,
                place: Place::Free,
            });
        }
        let expected = r#""""Adds, and more."""
from typing import Any
from typing import NamedTuple

__all__ = ["Point", "demo", "find"]

class Point(NamedTuple):
    x: float

def demo(a: int) -> int:
    """Adds.
    Says \"\"\"so" """
    ...

def find(points: list[Point], key: Any) -> bytes | None: ...
"#;
        assert_eq!(demo.python_stub(), expected);
    }
}
