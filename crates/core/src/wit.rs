//! WIT text to interfaces. This file never knows what a declaration is used for.
//!
//! A text needs no `package` line; where it has one, it counts. Worlds are read and passed over. What a host function
//! cannot carry (futures, streams, `async`) is refused, with its place.
//!
//! WIT has no functions as values. A resource whose only function is its method `call` stands for one:
//! `resource visitor { call: func(name: string) -> bool; }`.

mod comments;

use std::collections::HashMap;

use wit_parser::{
    FunctionKind, Handle, InterfaceId, Resolve, SourceMap, Span, Type as WitType, TypeDefKind, TypeId, TypeOwner,
    UnresolvedPackageGroup,
};

use crate::names::{python_class, python_name};
use crate::source::{Source, SourceError};
use crate::types::{Function, Interface, NamedType, Param, Place, Scalar, Signature, Type};

/// The package of a text that names none.
const PACKAGE: &str = "package amphi:host;";

/// Types nest at most this deep, well inside what a description can carry.
const MAX_DEPTH: u32 = 16;

/// The parts of all types of one text together, each use counted anew: named types can double at each level.
const MAX_PARTS: u32 = 10_000;

/// The interfaces of a WIT text, in order.
///
/// # Errors
/// The first mistake, with its place.
pub fn parse(source: &Source) -> Result<Vec<Interface>, SourceError> {
    // Spans are 32-bit offsets, and the parser counts on it.
    if source.text.len() > 1 << 24 {
        return Err(source.error(0, "the declaration is longer than 16 MiB"));
    }
    let group = match parse_group(source, false) {
        // The one way the parser tells a text without a package from one with a mistake.
        Err((_, error)) if error.to_string().contains("no `package` header") => parse_group(source, true),
        result => result,
    };
    let group = group.map_err(|(map, error)| place(source, &map, error.kind().span(), error.to_string()))?;
    let mut resolve = Resolve::default();
    let package = match resolve.push_group(group) {
        Ok(package) => package,
        Err(error) => {
            let (span, message) = (error.kind().span(), error.to_string());
            return Err(place(source, &resolve.source_map, span, message));
        }
    };
    let interfaces = resolve.packages.get(package).map(|package| &package.interfaces);
    let ids: Vec<InterfaceId> = interfaces.into_iter().flat_map(|interfaces| interfaces.values().copied()).collect();
    if ids.is_empty() {
        let message = "it declares no interface; write for instance\n\
            interface demo { demo: func(a: s32, b: s32) -> s32; }";
        return Err(source.error(0, message));
    }
    let mut reader = Reader { source, resolve: &resolve, seen: HashMap::new(), parts_left: MAX_PARTS };
    ids.into_iter().map(|id| reader.interface(id)).collect()
}

type Parsed = Result<UnresolvedPackageGroup, (SourceMap, wit_parser::ParseError)>;

fn parse_group(source: &Source, add_package: bool) -> Parsed {
    let mut map = SourceMap::default();
    map.push_str(&source.file, comments::without_empty(&source.text));
    if add_package {
        // A file of its own, so that places in the text stay what they are.
        map.push_str("", PACKAGE);
    }
    map.parse()
}

fn place(source: &Source, map: &SourceMap, span: Span, message: String) -> SourceError {
    let place = map.resolve_span(span);
    let own = place.filter(|place| place.path == source.file);
    source.error(own.map_or(0, |place| place.range.start), message)
}

struct Reader<'a> {
    source: &'a Source,
    resolve: &'a Resolve,
    /// Types read already, and how many parts each has.
    seen: HashMap<TypeId, (Type, u32)>,
    parts_left: u32,
}

impl Reader<'_> {
    fn error(&self, span: Span, message: impl Into<String>) -> SourceError {
        place(self.source, &self.resolve.source_map, span, message.into())
    }

    fn interface(&mut self, id: InterfaceId) -> Result<Interface, SourceError> {
        let Some(declared) = self.resolve.interfaces.get(id) else {
            return Err(self.source.error(0, "an interface that is not there"));
        };
        let name = declared.name.as_deref().unwrap_or_default();
        let mut interface = Interface::new(&python_name(name));
        interface.docs = declared.docs.contents.clone().unwrap_or_default();
        for (name, id) in &declared.types {
            let Some(def) = self.resolve.types.get(*id) else {
                continue;
            };
            let named = NamedType {
                name: python_class(name),
                docs: def.docs.contents.clone().unwrap_or_default(),
                ty: self.type_of(WitType::Id(*id), def.span, MAX_DEPTH)?,
                owner: self.owner(*id).filter(|owner| *owner != interface.name),
            };
            // A type is known by the name that it was declared with, also where it is used under another.
            let own = |of: &NamedType| of.ty.class_name().map(|own| (own.to_owned(), of.owner.clone()));
            if let Some((class, owner)) = own(&named) {
                let twice = interface.types.iter().filter_map(own).any(|(other, from)| other == class && from != owner);
                if twice {
                    let message = format!("two interfaces declare a type {class}: one of them needs another name");
                    return Err(self.error(def.span, message));
                }
            }
            interface.types.push(named);
        }
        for function in declared.functions.values() {
            let callable = function.kind.resource().is_some_and(|id| self.method_call(id).is_some());
            if !callable {
                interface.functions.push(self.function(function)?);
            }
        }
        Ok(interface)
    }

    fn function(&mut self, function: &wit_parser::Function) -> Result<Function, SourceError> {
        let resource = |id| self.class(id);
        let place = match function.kind {
            FunctionKind::Freestanding => Place::Free,
            FunctionKind::Constructor(id) => Place::Constructor(resource(id)),
            FunctionKind::Method(id) => Place::Method(resource(id)),
            FunctionKind::Static(id) => Place::Static(resource(id)),
            FunctionKind::AsyncFreestanding | FunctionKind::AsyncMethod(_) | FunctionKind::AsyncStatic(_) => {
                let message = "host functions are not async: Python waits for each call";
                return Err(self.error(function.span, message));
            }
            _ => {
                let message = "host functions cannot be properties: write a function that gets, and one that sets";
                return Err(self.error(function.span, message));
            }
        };
        let signature = self.signature(function, MAX_DEPTH)?;
        let name = function.item_name();
        Ok(Function {
            name: python_name(name),
            source_name: name.to_owned(),
            docs: function.docs.contents.clone().unwrap_or_default(),
            signature,
            place,
        })
    }

    fn signature(&mut self, function: &wit_parser::Function, depth: u32) -> Result<Signature, SourceError> {
        let mut signature = Signature::new();
        for param in &function.params {
            signature
                .params
                .push(Param { name: python_name(&param.name), ty: self.type_of(param.ty, param.span, depth)? });
        }
        if let Some(result) = function.result {
            signature.result = Some(self.type_of(result, function.span, depth)?);
        }
        Ok(signature)
    }

    /// The interface that a type is declared in, by its name in Python; `use` gives it another name here.
    fn owner(&self, id: TypeId) -> Option<String> {
        let def = self.resolve.types.get(id)?;
        match (&def.kind, def.owner) {
            (TypeDefKind::Type(WitType::Id(other)), _) => self.owner(*other),
            (_, TypeOwner::Interface(id)) => Some(python_name(self.resolve.interfaces.get(id)?.name.as_deref()?)),
            _ => None,
        }
    }

    /// A resource's name in Python.
    fn class(&self, id: TypeId) -> String {
        python_class(self.resolve.types.get(id).and_then(|def| def.name.as_deref()).unwrap_or_default())
    }

    /// The method `call` of a resource that has no other function.
    fn method_call(&self, id: TypeId) -> Option<&wit_parser::Function> {
        let functions = self.resolve.interfaces.iter().flat_map(|(_, interface)| interface.functions.values());
        let mut own = functions.filter(|function| function.kind.resource() == Some(id));
        let call = own.next().filter(|function| matches!(function.kind, FunctionKind::Method(_)))?;
        (own.next().is_none() && call.item_name() == "call").then_some(call)
    }

    /// A thing of a resource, or a callable.
    fn thing(&mut self, id: TypeId, own: bool, span: Span, depth: u32) -> Result<Type, SourceError> {
        // A type may be another name of a resource.
        let id = match self.resolve.types.get(id).map(|def| &def.kind) {
            Some(TypeDefKind::Type(WitType::Id(other))) => return self.thing(*other, own, span, depth),
            _ => id,
        };
        let name = self.class(id);
        let Some(call) = self.method_call(id).cloned() else { return Ok(Type::Handle { name, own }) };
        let Some(inner) = depth.checked_sub(1) else { return Err(self.too_deep(span)) };
        let mut called = call;
        // What is called is no argument of its call.
        called.params.remove(0);
        let signature = Box::new(self.signature(&called, inner)?);
        Ok(Type::Callable { name, signature })
    }

    fn type_of(&mut self, ty: WitType, span: Span, depth: u32) -> Result<Type, SourceError> {
        self.spend(1, span)?;
        let scalar = match ty {
            WitType::Bool => Scalar::Bool,
            WitType::U8 => Scalar::U8,
            WitType::U16 => Scalar::U16,
            WitType::U32 => Scalar::U32,
            WitType::U64 => Scalar::U64,
            WitType::S8 => Scalar::S8,
            WitType::S16 => Scalar::S16,
            WitType::S32 => Scalar::S32,
            WitType::S64 => Scalar::S64,
            WitType::F32 => Scalar::F32,
            WitType::F64 => Scalar::F64,
            WitType::Char => Scalar::Char,
            WitType::String => return Ok(Type::String),
            WitType::ErrorContext => return Err(self.refuse(span, "error-context")),
            WitType::Id(id) => return self.defined(id, span, depth),
        };
        Ok(Type::Scalar(scalar))
    }

    fn defined(&mut self, id: TypeId, span: Span, depth: u32) -> Result<Type, SourceError> {
        if let Some((ty, parts)) = self.seen.get(&id) {
            let (ty, parts) = (ty.clone(), *parts);
            self.spend(parts, span)?;
            if nesting(&ty) > depth {
                return Err(self.too_deep(span));
            }
            return Ok(ty);
        }
        let before = self.parts_left;
        let ty = self.read(id, span, depth)?;
        self.seen.insert(id, (ty.clone(), before - self.parts_left));
        Ok(ty)
    }

    fn read(&mut self, id: TypeId, span: Span, depth: u32) -> Result<Type, SourceError> {
        let resolve = self.resolve;
        let Some(inner) = depth.checked_sub(1) else {
            return Err(self.too_deep(span));
        };
        let Some(def) = resolve.types.get(id) else {
            return Err(self.error(span, "a type that is not there"));
        };
        let name = || python_class(def.name.as_deref().unwrap_or_default());
        Ok(match &def.kind {
            TypeDefKind::Type(ty) => self.type_of(*ty, span, depth)?,
            TypeDefKind::List(WitType::U8) => Type::Bytes,
            TypeDefKind::List(item) => Type::List(self.boxed(*item, span, inner)?),
            TypeDefKind::Option(item) => Type::Option(self.boxed(*item, span, inner)?),
            TypeDefKind::Tuple(tuple) => {
                let types = tuple.types.iter();
                let types = types.map(|ty| self.type_of(*ty, span, inner));
                Type::Tuple(types.collect::<Result<_, _>>()?)
            }
            TypeDefKind::Result(result) => {
                let ok = result.ok.map(|ty| self.boxed(ty, span, inner)).transpose()?;
                let err = result.err.map(|ty| self.boxed(ty, span, inner)).transpose()?;
                Type::Result(ok, err)
            }
            TypeDefKind::Record(record) => {
                let field = |field: &wit_parser::Field| {
                    let ty = self.type_of(field.ty, field.span, inner)?;
                    Ok((python_name(&field.name), ty))
                };
                Type::Record { name: name(), fields: record.fields.iter().map(field).collect::<Result<_, _>>()? }
            }
            TypeDefKind::Variant(variant) => {
                let case = |case: &wit_parser::Case| {
                    let ty = case.ty.map(|ty| self.type_of(ty, case.span, inner));
                    Ok((python_name(&case.name), ty.transpose()?))
                };
                Type::Variant { name: name(), cases: variant.cases.iter().map(case).collect::<Result<_, _>>()? }
            }
            TypeDefKind::Enum(cases) => {
                Type::Enum { name: name(), cases: cases.cases.iter().map(|case| python_name(&case.name)).collect() }
            }
            TypeDefKind::Flags(flags) => {
                Type::Flags { name: name(), flags: flags.flags.iter().map(|flag| python_name(&flag.name)).collect() }
            }
            TypeDefKind::Resource => self.thing(id, true, span, depth)?,
            TypeDefKind::Handle(Handle::Own(id)) => self.thing(*id, true, span, depth)?,
            TypeDefKind::Handle(Handle::Borrow(id)) => self.thing(*id, false, span, depth)?,
            kind => return Err(self.refuse(span, kind.as_str())),
        })
    }

    fn boxed(&mut self, ty: WitType, span: Span, depth: u32) -> Result<Box<Type>, SourceError> {
        self.type_of(ty, span, depth).map(Box::new)
    }

    fn spend(&mut self, parts: u32, span: Span) -> Result<(), SourceError> {
        match self.parts_left.checked_sub(parts) {
            Some(left) => {
                self.parts_left = left;
                Ok(())
            }
            None => Err(self.error(span, format!("types have more than {MAX_PARTS} parts"))),
        }
    }

    fn too_deep(&self, span: Span) -> SourceError {
        self.error(span, format!("types nest more than {MAX_DEPTH} deep"))
    }

    fn refuse(&self, span: Span, kind: &str) -> SourceError {
        self.error(span, format!("host functions cannot carry {kind}"))
    }
}

/// How many types are inside one another.
fn nesting(ty: &Type) -> u32 {
    let deepest = match ty {
        Type::Scalar(_) | Type::String | Type::Any | Type::Handle { .. } => return 0,
        Type::Bytes | Type::Enum { .. } | Type::Flags { .. } => None,
        Type::List(item) | Type::Option(item) => Some(nesting(item)),
        Type::Tuple(items) => items.iter().map(nesting).max(),
        Type::Result(ok, err) => [ok, err].into_iter().flatten().map(|ty| nesting(ty)).max(),
        Type::Record { fields, .. } => fields.iter().map(|(_, ty)| nesting(ty)).max(),
        Type::Variant { cases, .. } => {
            let payloads = cases.iter().filter_map(|(_, ty)| ty.as_ref());
            payloads.map(nesting).max()
        }
        Type::Callable { signature, .. } => {
            let Signature { params, result } = &**signature;
            params.iter().map(|param| &param.ty).chain(result).map(nesting).max()
        }
    };
    1 + deepest.unwrap_or(0)
}

#[cfg(test)]
mod tests;
