//! What a host function is declared to take and give: types, signatures, interfaces. This file never knows how a
//! declaration is written (`wit`, `module`), sent (`describe`) or enforced (`check`).

mod flat;

use std::fmt;

use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

pub(crate) use flat::low_half;
pub use flat::{CoreType, Flat, MAX_FLAT_PARAMS, Scalar};
pub(crate) use flat::{core_params, core_text, narrow};

/// The type of one parameter, result, field or item. Names are Python's, see [`crate::names`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, BorshSerialize, BorshDeserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Type {
    /// `string`.
    String,
    /// `list<u8>`: Python's `bytes`.
    Bytes,
    /// Whatever the other side sends; nothing is checked.
    Any,
    /// `list<T>`.
    List(Box<Type>),
    /// `tuple<…>`.
    Tuple(Vec<Type>),
    /// `option<T>`.
    Option(Box<Type>),
    /// `result<T, E>`; either may be without a value.
    Result(Option<Box<Type>>, Option<Box<Type>>),
    /// `record`.
    Record {
        /// Its name.
        name: String,
        /// Each field's name and type, in order.
        fields: Vec<(String, Type)>,
    },
    /// `variant`.
    Variant {
        /// Its name.
        name: String,
        /// Each case's name and what it carries, in order.
        cases: Vec<(String, Option<Type>)>,
    },
    /// `enum`.
    Enum {
        /// Its name.
        name: String,
        /// The cases' names, in order.
        cases: Vec<String>,
    },
    /// `flags`.
    Flags {
        /// Its name.
        name: String,
        /// The flags' names, lowest bit first.
        flags: Vec<String>,
    },
    /// A resource that stays with its owner.
    Handle {
        /// The resource's name.
        name: String,
        /// Whether the handle is given away (`own`) or lent (`borrow`).
        own: bool,
    },
    /// A function: a resource whose only function is its method `call`.
    Callable {
        /// The resource's name.
        name: String,
        /// What it takes and gives.
        signature: Box<Signature>,
    },
    /// A type that fits one slot of a flat call.
    #[serde(untagged)]
    Scalar(Scalar),
}

impl Type {
    /// The name of the class that it is in Python, if it is one.
    #[must_use]
    pub fn class_name(&self) -> Option<&str> {
        match self {
            Self::Record { name, .. }
            | Self::Variant { name, .. }
            | Self::Enum { name, .. }
            | Self::Flags { name, .. }
            | Self::Handle { name, .. } => Some(name),
            Self::Scalar(_) | Self::String | Self::Bytes | Self::Any | Self::Callable { .. } => None,
            Self::List(_) | Self::Tuple(_) | Self::Option(_) | Self::Result(..) => None,
        }
    }

    /// What the err of a result carries; nothing where it is no result, too.
    #[must_use]
    pub fn err(&self) -> Option<&Self> {
        match self {
            Self::Result(_, err) => err.as_deref(),
            _ => None,
        }
    }

    /// The scalar this type is, if it is one.
    #[must_use]
    pub fn scalar(&self) -> Option<Scalar> {
        match self {
            Self::Scalar(scalar) => Some(*scalar),
            _ => None,
        }
    }

    /// Whether values of this type have resources in them.
    pub(crate) fn has_resource(&self) -> bool {
        match self {
            Self::Handle { .. } => true,
            Self::List(item) | Self::Option(item) => item.has_resource(),
            Self::Tuple(items) => items.iter().any(Self::has_resource),
            Self::Result(ok, err) => [ok, err].into_iter().flatten().any(|ty| ty.has_resource()),
            Self::Record { fields, .. } => fields.iter().any(|(_, ty)| ty.has_resource()),
            Self::Variant { cases, .. } => cases.iter().filter_map(|(_, ty)| ty.as_ref()).any(Self::has_resource),
            Self::Callable { signature, .. } => signature.has_resource(),
            Self::Scalar(_) | Self::String | Self::Bytes | Self::Any | Self::Enum { .. } | Self::Flags { .. } => false,
        }
    }

    /// Whether a value lies in a guest's memory, and crosses to core wasm as an address and a length.
    #[must_use]
    pub(crate) fn is_place(&self) -> bool {
        matches!(self, Self::String | Self::Bytes)
    }
}

impl From<Scalar> for Type {
    fn from(scalar: Scalar) -> Self {
        Self::Scalar(scalar)
    }
}

/// WIT's spelling; a type with a name is shown by it.
impl fmt::Display for Type {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Scalar(scalar) => out.write_str(scalar.name()),
            Self::String => out.write_str("string"),
            Self::Bytes => out.write_str("list<u8>"),
            Self::Any => out.write_str("any"),
            Self::List(item) => write!(out, "list<{item}>"),
            Self::Tuple(items) => {
                out.write_str("tuple<")?;
                for (at, item) in items.iter().enumerate() {
                    write!(out, "{}{item}", if at == 0 { "" } else { ", " })?;
                }
                out.write_str(">")
            }
            Self::Option(item) => write!(out, "option<{item}>"),
            Self::Result(None, None) => out.write_str("result"),
            Self::Result(Some(ok), None) => write!(out, "result<{ok}>"),
            Self::Result(None, Some(err)) => write!(out, "result<_, {err}>"),
            Self::Result(Some(ok), Some(err)) => write!(out, "result<{ok}, {err}>"),
            Self::Handle { name, own: false } => write!(out, "borrow<{name}>"),
            Self::Record { name, .. }
            | Self::Variant { name, .. }
            | Self::Enum { name, .. }
            | Self::Flags { name, .. }
            | Self::Callable { name, .. }
            | Self::Handle { name, own: true } => out.write_str(name),
        }
    }
}

/// One parameter of a function.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, BorshSerialize, BorshDeserialize)]
pub struct Param {
    /// Its name, as Python spells it.
    pub name: String,
    /// Its type.
    #[serde(rename = "type")]
    pub ty: Type,
}

/// What a function takes and gives.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, BorshSerialize, BorshDeserialize)]
pub struct Signature {
    /// The parameters, in order.
    pub params: Vec<Param>,
    /// What it gives back, if anything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result: Option<Type>,
}

impl Signature {
    /// How many arguments a call needs: options at the end may be left out.
    #[must_use]
    pub fn required(&self) -> usize {
        let needed = self.params.iter().rposition(|param| !matches!(param.ty, Type::Option(_)));
        needed.map_or(0, |last| last + 1)
    }

    /// In words how many arguments it takes, for a call with another number of them: `at least 1 argument`.
    #[must_use]
    pub fn takes(&self, given: usize) -> String {
        let (required, all) = (self.required(), self.params.len());
        let (few, count) = match (given < required, required == all) {
            (_, true) => ("", required),
            (true, false) => ("at least ", required),
            (false, false) => ("at most ", all),
        };
        format!("{few}{count} argument{}", if count == 1 { "" } else { "s" })
    }

    /// Whether a call may have so many arguments.
    #[must_use]
    pub fn may_have(&self, given: usize) -> bool {
        given == self.params.len() || (self.required()..self.params.len()).contains(&given)
    }

    /// A function that takes nothing and gives nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The same with one more parameter.
    #[must_use]
    pub fn param(mut self, name: &str, ty: impl Into<Type>) -> Self {
        self.params.push(Param { name: name.to_owned(), ty: ty.into() });
        self
    }

    /// The same with this result.
    #[must_use]
    pub fn returns(mut self, ty: impl Into<Type>) -> Self {
        self.result = Some(ty.into());
        self
    }

    /// Whether resources cross with it.
    pub(crate) fn has_resource(&self) -> bool {
        self.params.iter().map(|param| &param.ty).chain(&self.result).any(Type::has_resource)
    }
}

/// `(a: s32, b: s32) -> s32`.
impl fmt::Display for Signature {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("(")?;
        for (at, Param { name, ty }) in self.params.iter().enumerate() {
            write!(out, "{}{name}: {ty}", if at == 0 { "" } else { ", " })?;
        }
        out.write_str(")")?;
        match &self.result {
            Some(ty) => write!(out, " -> {ty}"),
            None => Ok(()),
        }
    }
}

/// Where in its interface a function stands.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, BorshSerialize, BorshDeserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Place {
    /// By itself.
    #[default]
    Free,
    /// It makes a resource of that name.
    Constructor(String),
    /// On each thing of that resource, which is its first parameter.
    Method(String),
    /// On that resource itself.
    Static(String),
}

impl Place {
    /// The resource it belongs to, if it does.
    #[must_use]
    pub fn resource(&self) -> Option<&str> {
        match self {
            Self::Free => None,
            Self::Constructor(name) | Self::Method(name) | Self::Static(name) => Some(name),
        }
    }
}

/// One function of an interface.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, BorshSerialize, BorshDeserialize)]
pub struct Function {
    /// Its name in Python.
    pub name: String,
    /// Its name where it was declared: WIT's kebab-case or the module's export.
    pub source_name: String,
    /// What the declaration says about it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub docs: String,
    /// What it takes and gives.
    pub signature: Signature,
    /// Whether it is a resource's.
    #[serde(default, skip_serializing_if = "is_free")]
    pub place: Place,
}

impl Function {
    /// Its name in the interface: a resource's function has the resource before it, a constructor is the resource.
    #[must_use]
    pub fn path(&self) -> String {
        match &self.place {
            Place::Free => self.name.clone(),
            Place::Constructor(resource) => resource.clone(),
            Place::Method(resource) | Place::Static(resource) => format!("{resource}.{}", self.name),
        }
    }

    /// Whether a caller of this function may call another in its place and never know: it has the same name and takes and
    /// gives the same. Resources are never the same.
    pub(crate) fn is_like(&self, other: &Self) -> bool {
        let free = self.place == Place::Free && other.place == Place::Free;
        free && self.name == other.name && self.signature == other.signature && !self.signature.has_resource()
    }
}

fn is_free(place: &Place) -> bool {
    *place == Place::Free
}

/// A type that an interface declares by name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, BorshSerialize, BorshDeserialize)]
pub struct NamedType {
    /// Its name in Python.
    pub name: String,
    /// What the declaration says about it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub docs: String,
    /// The type.
    #[serde(rename = "type")]
    pub ty: Type,
    /// The interface that it is declared in, where that is another: Python then has one class of both.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
}

/// What Python imports as a module: functions and the types they use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, BorshSerialize, BorshDeserialize)]
pub struct Interface {
    /// The name Python imports.
    pub name: String,
    /// What the declaration says about it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub docs: String,
    /// The functions, in the order they were declared.
    pub functions: Vec<Function>,
    /// The named types, in the order they were declared.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub types: Vec<NamedType>,
}

impl Interface {
    /// An interface without functions.
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self { name: name.to_owned(), docs: String::new(), functions: Vec::new(), types: Vec::new() }
    }
}
