//! An interface as a wire value: what the guest is told when Python imports a host module. This file owns that form,
//! both ways; it never knows who asks.
//!
//! A description is the tuple (name, docs, functions, named types): a function is (name, index, docs, flat as 0 or 1,
//! parameters, result or none, place), a parameter (name, type), a named type (name, docs, type, owner or none). A type is
//! a tuple whose first item is its kind; [`type_value`] lists them. A place is none, or (constructor, method or static;
//! resource).

use crate::types::{Flat, Function, Interface, NamedType, Param, Place, Scalar, Signature, Type};
use crate::value::Value;
use crate::wire::{self, WireError};

/// A description read back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Described {
    /// The interface. Names at their source are not sent: they are Python's here.
    pub interface: Interface,
    /// The number of each function, in order, and whether it may be called flat.
    pub functions: Vec<(u32, bool)>,
}

/// Why bytes are no description.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DescribeError {
    /// They are no value.
    #[error(transparent)]
    Wire(#[from] WireError),
    /// They are a value of another shape.
    #[error("the description's {0} is not what it should be")]
    Shape(&'static str),
}

impl Described {
    /// Reads a description.
    ///
    /// # Errors
    /// See [`DescribeError`].
    pub fn decode(bytes: &[u8]) -> Result<Self, DescribeError> {
        Self::read(wire::decode(bytes, None)?)
    }

    /// Reads a description that is a value already.
    ///
    /// # Errors
    /// [`DescribeError::Shape`].
    pub fn read(value: Value) -> Result<Self, DescribeError> {
        let [name, docs, functions, types] = tuple(value, "outermost tuple")?;
        let mut described = Self {
            interface: Interface {
                name: text(name, "name")?,
                docs: text(docs, "docs")?,
                functions: Vec::new(),
                types: Vec::new(),
            },
            functions: Vec::new(),
        };
        for function in list(functions, "functions")? {
            let [name, index, docs, flat, params, result, place] = tuple(function, "function")?;
            let name = text(name, "function's name")?;
            let index = number(&index, "function's index")?;
            let flat = number(&flat, "function's flatness")? != 0;
            described.functions.push((index, flat));
            described.interface.functions.push(Function {
                source_name: name.clone(),
                name,
                docs: text(docs, "function's docs")?,
                signature: read_signature(params, result)?,
                place: read_place(place)?,
            });
        }
        for named in list(types, "named types")? {
            let [name, docs, ty, owner] = tuple(named, "named type")?;
            described.interface.types.push(NamedType {
                name: text(name, "type's name")?,
                docs: text(docs, "type's docs")?,
                ty: read_type(ty)?,
                owner: match owner {
                    Value::None => None,
                    owner => Some(text(owner, "type's owner")?),
                },
            });
        }
        Ok(described)
    }
}

impl Interface {
    /// Its description as a value, as [`Described::read`] takes it; its first function has the number 0.
    #[must_use]
    pub fn describe(&self) -> Value {
        to_value(self, 0)
    }
}

/// The description of an interface whose first function has the number `first`, in bytes.
///
/// # Errors
/// [`WireError::Deep`] and [`WireError::Large`]: its types nest too deep or are too many.
pub(crate) fn encode(interface: &Interface, first: u32) -> Result<Vec<u8>, WireError> {
    let mut bytes = Vec::new();
    wire::encode(&to_value(interface, first), &mut bytes)?;
    Ok(bytes)
}

/// The same as a value.
pub(crate) fn to_value(interface: &Interface, first: u32) -> Value {
    let function = |(number, function): (u32, &Function)| {
        let [params, result] = signature_value(&function.signature);
        Value::Tuple(vec![
            function.name.as_str().into(),
            number.into(),
            function.docs.as_str().into(),
            u8::from(Flat::of(&function.signature).is_some()).into(),
            params,
            result,
            place_value(&function.place),
        ])
    };
    let named = |named: &NamedType| {
        let owner = named.owner.as_deref().map_or(Value::None, Value::from);
        Value::Tuple(vec![named.name.as_str().into(), named.docs.as_str().into(), type_value(&named.ty), owner])
    };
    Value::Tuple(vec![
        interface.name.as_str().into(),
        interface.docs.as_str().into(),
        Value::List((first..).zip(&interface.functions).map(function).collect()),
        Value::List(interface.types.iter().map(named).collect()),
    ])
}

/// A type as a wire value.
fn type_value(ty: &Type) -> Value {
    let kind = |name: &str, rest: Vec<Value>| Value::Tuple(std::iter::once(name.into()).chain(rest).collect());
    let names = |names: &[String]| Value::List(names.iter().map(|name| name.as_str().into()).collect());
    match ty {
        Type::Scalar(scalar) => kind(scalar.name(), vec![]),
        Type::String => kind("string", vec![]),
        Type::Bytes => kind("bytes", vec![]),
        Type::Any => kind("any", vec![]),
        Type::List(item) => kind("list", vec![type_value(item)]),
        Type::Tuple(items) => kind("tuple", vec![Value::List(items.iter().map(type_value).collect())]),
        Type::Option(item) => kind("option", vec![type_value(item)]),
        Type::Result(ok, err) => {
            let payloads = vec![optional_type(ok.as_deref()), optional_type(err.as_deref())];
            kind("result", payloads)
        }
        Type::Record { name, fields } => {
            let fields = fields.iter().map(|(name, ty)| pair(name, type_value(ty)));
            kind("record", vec![name.as_str().into(), Value::List(fields.collect())])
        }
        Type::Variant { name, cases } => {
            let cases = cases.iter().map(|(name, ty)| pair(name, optional_type(ty.as_ref())));
            kind("variant", vec![name.as_str().into(), Value::List(cases.collect())])
        }
        Type::Enum { name, cases } => kind("enum", vec![name.as_str().into(), names(cases)]),
        Type::Flags { name, flags } => kind("flags", vec![name.as_str().into(), names(flags)]),
        Type::Handle { name, own } => {
            let ownership = if *own { "own" } else { "borrow" };
            kind("handle", vec![name.as_str().into(), ownership.into()])
        }
        Type::Callable { name, signature } => {
            let [params, result] = signature_value(signature);
            kind("callable", vec![name.as_str().into(), Value::Tuple(vec![params, result])])
        }
    }
}

/// Parameters and result.
fn signature_value(Signature { params, result }: &Signature) -> [Value; 2] {
    let params = params.iter().map(|param| pair(&param.name, type_value(&param.ty)));
    [Value::List(params.collect()), optional_type(result.as_ref())]
}

fn read_signature(params: Value, result: Value) -> Result<Signature, DescribeError> {
    let params = list(params, "parameters")?.into_iter().map(|param| {
        let [name, ty] = tuple(param, "parameter")?;
        Ok(Param { name: text(name, "parameter's name")?, ty: read_type(ty)? })
    });
    let params = params.collect::<Result<_, DescribeError>>()?;
    Ok(Signature { params, result: optional(result)? })
}

fn place_value(place: &Place) -> Value {
    match place {
        Place::Free => Value::None,
        Place::Constructor(resource) => pair("constructor", resource.as_str().into()),
        Place::Method(resource) => pair("method", resource.as_str().into()),
        Place::Static(resource) => pair("static", resource.as_str().into()),
    }
}

fn read_place(place: Value) -> Result<Place, DescribeError> {
    if place == Value::None {
        return Ok(Place::Free);
    }
    let [kind, resource] = tuple(place, "place")?;
    let resource = text(resource, "place")?;
    match text(kind, "place")?.as_str() {
        "constructor" => Ok(Place::Constructor(resource)),
        "method" => Ok(Place::Method(resource)),
        "static" => Ok(Place::Static(resource)),
        _ => Err(DescribeError::Shape("place")),
    }
}

fn pair(name: &str, value: Value) -> Value {
    Value::Tuple(vec![name.into(), value])
}

fn optional_type(ty: Option<&Type>) -> Value {
    ty.map_or(Value::None, type_value)
}

fn read_type(value: Value) -> Result<Type, DescribeError> {
    let wrong = DescribeError::Shape("type");
    let Value::Tuple(items) = value else {
        return Err(wrong);
    };
    let mut items = items.into_iter();
    let kind = text(items.next().unwrap_or_default(), "type's kind")?;
    let boxed = |ty: Option<Type>| ty.map(Box::new);
    match (kind.as_str(), items.next(), items.next()) {
        ("string", None, None) => Ok(Type::String),
        ("bytes", None, None) => Ok(Type::Bytes),
        ("any", None, None) => Ok(Type::Any),
        ("list", Some(item), None) => Ok(Type::List(Box::new(read_type(item)?))),
        ("option", Some(item), None) => Ok(Type::Option(Box::new(read_type(item)?))),
        ("tuple", Some(items), None) => {
            let items = list(items, "type")?.into_iter().map(read_type);
            Ok(Type::Tuple(items.collect::<Result<_, _>>()?))
        }
        ("result", Some(ok), Some(err)) => Ok(Type::Result(boxed(optional(ok)?), boxed(optional(err)?))),
        ("record", Some(name), Some(fields)) => {
            let field = |field| {
                let [name, ty] = tuple(field, "field")?;
                Ok((text(name, "field's name")?, read_type(ty)?))
            };
            let fields = list(fields, "fields")?.into_iter().map(field);
            Ok(Type::Record { name: text(name, "type's name")?, fields: fields.collect::<Result<_, DescribeError>>()? })
        }
        ("variant", Some(name), Some(cases)) => {
            let case = |case| {
                let [name, ty] = tuple(case, "case")?;
                Ok((text(name, "case's name")?, optional(ty)?))
            };
            let cases = list(cases, "cases")?.into_iter().map(case);
            Ok(Type::Variant { name: text(name, "type's name")?, cases: cases.collect::<Result<_, DescribeError>>()? })
        }
        ("enum", Some(name), Some(cases)) => Ok(Type::Enum { name: text(name, "type's name")?, cases: texts(cases)? }),
        ("flags", Some(name), Some(flags)) => {
            Ok(Type::Flags { name: text(name, "type's name")?, flags: texts(flags)? })
        }
        ("handle", Some(name), Some(ownership)) => {
            Ok(Type::Handle { name: text(name, "type's name")?, own: text(ownership, "ownership")? == "own" })
        }
        ("callable", Some(name), Some(signature)) => {
            let [params, result] = tuple(signature, "callable")?;
            let signature = Box::new(read_signature(params, result)?);
            Ok(Type::Callable { name: text(name, "type's name")?, signature })
        }
        (name, None, None) => {
            Scalar::ALL.into_iter().find(|scalar| scalar.name() == name).map(Type::Scalar).ok_or(wrong)
        }
        _ => Err(wrong),
    }
}

fn optional(value: Value) -> Result<Option<Type>, DescribeError> {
    match value {
        Value::None => Ok(None),
        value => read_type(value).map(Some),
    }
}

fn tuple<const N: usize>(value: Value, what: &'static str) -> Result<[Value; N], DescribeError> {
    match value {
        Value::Tuple(items) => items.try_into().map_err(|_| DescribeError::Shape(what)),
        _ => Err(DescribeError::Shape(what)),
    }
}

fn list(value: Value, what: &'static str) -> Result<Vec<Value>, DescribeError> {
    match value {
        Value::List(items) => Ok(items),
        _ => Err(DescribeError::Shape(what)),
    }
}

fn text(value: Value, what: &'static str) -> Result<String, DescribeError> {
    match value {
        Value::Str(text) => Ok(text),
        _ => Err(DescribeError::Shape(what)),
    }
}

fn texts(value: Value) -> Result<Vec<String>, DescribeError> {
    let names = list(value, "list of names")?.into_iter();
    names.map(|name| text(name, "list of names")).collect()
}

fn number(value: &Value, what: &'static str) -> Result<u32, DescribeError> {
    value.as_integer().and_then(|number| u32::try_from(number).ok()).ok_or(DescribeError::Shape(what))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_description_is_read_as_it_was_written() {
        let name = || "T".to_owned();
        let string = || Some(Box::new(Type::String));
        let types = [
            Type::String,
            Type::Bytes,
            Type::Any,
            Type::List(Box::new(Scalar::U8.into())),
            Type::Tuple(vec![Type::String, Scalar::Char.into()]),
            Type::Option(Box::new(Type::String)),
            Type::Result(None, string()),
            Type::Result(string(), None),
            Type::Record { name: name(), fields: vec![("x".to_owned(), Type::Any)] },
            Type::Variant { name: name(), cases: vec![("a".to_owned(), None), ("b".to_owned(), Some(Type::String))] },
            Type::Enum { name: name(), cases: vec!["a".to_owned()] },
            Type::Flags { name: name(), flags: vec!["f".to_owned()] },
            Type::Handle { name: name(), own: true },
            Type::Handle { name: name(), own: false },
            Type::Callable {
                name: name(),
                signature: Box::new(Signature::new().param("a", Type::Any).returns(Type::String)),
            },
        ];
        let types: Vec<Type> = Scalar::ALL.map(Type::from).into_iter().chain(types).collect();
        let mut interface = Interface::new("demo");
        interface.docs = "Docs.".to_owned();
        let mut expected = Vec::new();
        for (at, ty) in (0..).zip(&types) {
            interface.functions.push(Function {
                name: format!("f{at}"),
                source_name: format!("f{at}"),
                docs: format!("About {ty}."),
                signature: Signature::new().param("a", ty.clone()).returns(ty.clone()),
                place: [Place::Free, Place::Method("T".to_owned())][at as usize % 2].clone(),
            });
            interface.types.push(NamedType {
                name: format!("T{at}"),
                docs: String::new(),
                ty: ty.clone(),
                owner: None,
            });
            expected.push((7 + at, ty.scalar().is_some()));
        }
        let described = Described::decode(&encode(&interface, 7).expect("fits")).expect("own bytes");
        assert_eq!(described.interface, interface);
        assert_eq!(described.functions, expected);
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_give_a_description_or_an_error(
            at in proptest::prelude::any::<proptest::sample::Index>(),
            byte in proptest::prelude::any::<u8>(),
        ) {
            let mut interface = Interface::new("demo");
            interface.functions.push(Function {
                name: "f".to_owned(),
                source_name: "f".to_owned(),
                docs: String::new(),
                signature: Signature::new().param("a", Type::List(Box::new(Type::String))),
                place: Place::Free,
            });
            let mut bytes = encode(&interface, 0).expect("fits");
            let at = at.index(bytes.len());
            bytes[at] = byte;
            let _ = Described::decode(&bytes);
        }
    }

    #[test]
    fn other_values_are_refused() {
        let mut bytes = Vec::new();
        wire::encode(&Value::Tuple(vec![Value::None; 4]), &mut bytes).expect("fits");
        assert_eq!(Described::decode(&bytes), Err(DescribeError::Shape("name")));
        assert_eq!(Described::decode(&[0]), Err(DescribeError::Shape("outermost tuple")));
    }
}
