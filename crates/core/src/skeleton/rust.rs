//! The beginning of a host module in Rust.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::declaration;
use crate::names::python_class;
use crate::types::{Function, Interface, NamedType, Param, Place, Scalar, Signature, Type};

/// Words that only a raw identifier can be.
const WORDS: [&str; 48] = [
    "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "do", "dyn", "else", "enum",
    "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in", "let", "loop", "macro", "match", "mod", "move",
    "mut", "override", "priv", "pub", "ref", "return", "static", "struct", "trait", "true", "try", "type", "typeof",
    "unsafe", "unsized", "use", "virtual", "where", "while", "yield",
];

/// Words that no identifier can be.
const NEVER: [&str; 3] = ["crate", "self", "super"];

/// What no free function is called: a type of its name is made beside it, and hides another. `module` is the text's own.
const TAKEN: [&str; 14] =
    ["bool", "char", "f32", "f64", "i8", "i16", "i32", "i64", "module", "str", "u8", "u16", "u32", "u64"];

pub(super) fn skeleton(interface: &Interface) -> String {
    Rust { interface, used: BTreeSet::from(["HostModule", "ModuleError"]), out: String::new() }.whole()
}

struct Rust<'a> {
    interface: &'a Interface,
    /// What is imported.
    used: BTreeSet<&'static str>,
    out: String,
}

impl Rust<'_> {
    fn whole(mut self) -> String {
        let Interface { name, docs, functions, types } = self.interface;
        for named in types {
            self.data(named);
        }
        for function in functions.iter().filter(|function| function.place == Place::Free) {
            self.function(function, "", "");
        }
        for named in types {
            self.resource(named);
        }
        let mut head = String::new();
        if docs.is_empty() {
            let _ = writeln!(head, "//! What Python imports as `{name}`.");
        } else {
            documented(&mut head, "", "//!", docs);
        }
        head.push_str("#![allow(unused_variables, reason = \"nothing is written yet\")]\n\n");
        let used: Vec<&str> = self.used.iter().copied().collect();
        let _ = writeln!(head, "use amphi::{{{}}};\n", used.join(", "));
        let free = functions.iter().filter(|function| function.place == Place::Free);
        let hosts = free.map(|function| format!("        .host({}::host())\n", called(function)));
        let classes = types.iter().filter_map(|named| match &named.ty {
            Type::Handle { name, .. } if *name == named.name => Some(format!("        .resource::<{name}>()\n")),
            _ => None,
        });
        let parts: String = hosts.chain(classes).collect();
        let _ = write!(
            self.out,
            "/// The module, for `Start::registered` or a `Pool`.\n///\n/// # Errors\n/// Two of its functions have one name.\n\
             pub fn module() -> Result<HostModule, ModuleError> {{\n    HostModule::builder(\"{name}\")\n{parts}        .build()\n}}\n"
        );
        head + &self.out
    }

    /// A struct or an enum.
    fn data(&mut self, named: &NamedType) {
        let NamedType { name, docs, ty, .. } = named;
        let (Type::Record { name: own, .. }
        | Type::Variant { name: own, .. }
        | Type::Enum { name: own, .. }
        | Type::Flags { name: own, .. }) = ty
        else {
            return;
        };
        if own != name {
            return;
        }
        self.used.insert("HostType");
        documented(&mut self.out, "", "///", docs);
        let body: String = match ty {
            Type::Record { fields, .. } => {
                self.out.push_str("#[derive(Debug, Clone, HostType)]\n");
                fields.iter().map(|(field, ty)| format!("    pub {}: {},\n", ident(field), self.own(ty))).collect()
            }
            Type::Flags { flags, .. } => {
                self.out.push_str("#[derive(Debug, Clone, Copy, PartialEq, Eq, HostType)]\n#[host_type(flags)]\n");
                flags.iter().map(|flag| format!("    pub {}: bool,\n", ident(flag))).collect()
            }
            Type::Enum { cases, .. } => {
                self.out.push_str("#[derive(Debug, Clone, Copy, PartialEq, Eq, HostType)]\n");
                cases.iter().map(|case| format!("    {},\n", class(case))).collect()
            }
            Type::Variant { cases, .. } => {
                self.out.push_str("#[derive(Debug, Clone, HostType)]\n");
                let case = |(case, ty): &(String, Option<Type>)| match ty {
                    Some(Type::Tuple(items)) if items.len() > 1 => {
                        let items: Vec<String> = items.iter().map(|ty| self.own(ty)).collect();
                        format!("    {}({}),\n", class(case), items.join(", "))
                    }
                    Some(ty) => format!("    {}({}),\n", class(case), self.own(ty)),
                    None => format!("    {},\n", class(case)),
                };
                cases.iter().map(case).collect()
            }
            _ => String::new(),
        };
        let kind = if matches!(ty, Type::Record { .. } | Type::Flags { .. }) { "struct" } else { "enum" };
        let _ = writeln!(self.out, "pub {kind} {name} {{\n{body}}}\n");
    }

    /// A struct that stays with the host, and its methods.
    fn resource(&mut self, named: &NamedType) {
        let NamedType { name, docs, ty: Type::Handle { name: own, .. }, .. } = named else { return };
        if own != name {
            return;
        }
        let _ = writeln!(self.out, "pub struct {name};\n");
        // Python's docs of a class are those of its methods' block.
        documented(&mut self.out, "", "///", docs);
        let _ = writeln!(self.out, "#[amphi::host]\nimpl {name} {{");
        let functions = self.interface.functions.iter().filter(|function| function.place.resource() == Some(name));
        for function in functions {
            self.function(function, "    ", name);
        }
        let ends = self.out.trim_end().len();
        self.out.truncate(ends);
        self.out.push_str("\n}\n\n");
    }

    fn function(&mut self, function: &Function, indent: &str, class: &str) {
        let Function { name, docs, signature: Signature { params, result }, place, .. } = function;
        documented(&mut self.out, indent, "///", docs);
        let _ = writeln!(self.out, "{indent}// {}", declaration(function));
        let called = called(function);
        let renamed = called.strip_suffix('_') == Some(plain(name));
        let renamed = renamed.then(|| format!("(name = \"{name}\")"));
        match (place, renamed) {
            (Place::Free, renamed) => {
                let _ = writeln!(self.out, "{indent}#[amphi::host{}]", renamed.unwrap_or_default());
            }
            (_, Some(renamed)) => {
                let _ = writeln!(self.out, "{indent}#[host{renamed}]");
            }
            (_, None) => {}
        }
        let mut given: Vec<String> = Vec::new();
        let mut params = params.iter();
        if matches!(place, Place::Method(_)) {
            params.next();
            given.push("&self".to_owned());
        }
        given.extend(params.map(|Param { name, ty }| format!("{}: {}", ident(name), self.lent(ty))));
        let result = match result {
            None => String::new(),
            Some(Type::Handle { name, .. }) if name == class => " -> Self".to_owned(),
            Some(ty) => format!(" -> {}", self.own(ty)),
        };
        let path = format!("{}.{}", self.interface.name, function.path());
        let _ = writeln!(
            self.out,
            "{indent}pub fn {called}({}){result} {{\n{indent}    unimplemented!(\"{path}\")\n{indent}}}\n",
            given.join(", ")
        );
    }

    /// A type as a parameter has it.
    fn lent(&mut self, ty: &Type) -> String {
        match ty {
            Type::String => "&str".to_owned(),
            Type::Bytes => "&[u8]".to_owned(),
            Type::List(item) => format!("&[{}]", self.own(item)),
            Type::Handle { name, .. } => format!("&{name}"),
            ty => self.own(ty),
        }
    }

    /// A type as a result, a field or an item.
    fn own(&mut self, ty: &Type) -> String {
        match ty {
            Type::Scalar(scalar) => rust_scalar(*scalar).to_owned(),
            Type::String => "String".to_owned(),
            Type::Bytes => "Vec<u8>".to_owned(),
            Type::Any => {
                self.used.insert("Value");
                "Value".to_owned()
            }
            Type::List(item) => format!("Vec<{}>", self.own(item)),
            Type::Tuple(items) => self.tuple(items.iter()),
            Type::Option(item) => format!("Option<{}>", self.own(item)),
            Type::Result(ok, err) => {
                format!("Result<{}, {}>", self.payload(ok.as_deref()), self.payload(err.as_deref()))
            }
            Type::Handle { name, .. } => {
                self.used.insert("Resource");
                format!("Resource<{name}>")
            }
            Type::Callable { signature, .. } => {
                self.used.insert("Callable");
                let params = self.tuple(signature.params.iter().map(|param| &param.ty));
                match &signature.result {
                    None => format!("Callable<{params}>"),
                    // What it raises is the error of its call.
                    Some(Type::Result(ok, _)) => format!("Callable<{params}, {}>", self.payload(ok.as_deref())),
                    Some(ty) => format!("Callable<{params}, {}>", self.own(ty)),
                }
            }
            Type::Record { name, .. }
            | Type::Variant { name, .. }
            | Type::Enum { name, .. }
            | Type::Flags { name, .. } => name.clone(),
        }
    }

    fn payload(&mut self, ty: Option<&Type>) -> String {
        ty.map_or_else(|| "()".to_owned(), |ty| self.own(ty))
    }

    fn tuple<'t>(&mut self, items: impl Iterator<Item = &'t Type>) -> String {
        let items: Vec<String> = items.map(|ty| self.own(ty)).collect();
        let comma = if items.len() == 1 { "," } else { "" };
        format!("({}{comma})", items.join(", "))
    }
}

fn rust_scalar(scalar: Scalar) -> &'static str {
    match scalar {
        Scalar::Bool => "bool",
        Scalar::S8 => "i8",
        Scalar::U8 => "u8",
        Scalar::S16 => "i16",
        Scalar::U16 => "u16",
        Scalar::S32 => "i32",
        Scalar::U32 => "u32",
        Scalar::S64 => "i64",
        Scalar::U64 => "u64",
        Scalar::F32 => "f32",
        Scalar::F64 => "f64",
        Scalar::Char => "char",
    }
}

/// A Python name without what only Python needs.
fn plain(name: &str) -> &str {
    name.trim_end_matches('_')
}

fn ident(name: &str) -> String {
    match plain(name) {
        word if WORDS.contains(&word) => format!("r#{word}"),
        word if NEVER.contains(&word) => format!("{word}_"),
        word => word.to_owned(),
    }
}

/// A function's name in Rust.
fn called(function: &Function) -> String {
    match (&function.place, plain(&function.name)) {
        (Place::Constructor(_), _) => "new".to_owned(),
        (Place::Free, word) if TAKEN.contains(&word) => format!("{word}_"),
        (_, word) => ident(word),
    }
}

/// The name of a case: `not_found` is `NotFound`.
fn class(case: &str) -> String {
    match python_class(plain(case)) {
        word if word == "Self" => "Self_".to_owned(),
        word => plain(&word).to_owned(),
    }
}

fn documented(out: &mut String, indent: &str, mark: &str, docs: &str) {
    super::comments(out, indent, mark, docs, None);
}
