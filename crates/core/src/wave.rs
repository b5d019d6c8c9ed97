//! Values as text, in WAVE (the component model's notation): `{name: "x", sizes: [1, 2]}`. This file never knows who
//! writes it or reads it.
//!
//! Names have `-` where Python's have `_`. Bytes are a list of numbers, or text, which stands for its UTF-8.

use std::fmt::Write as _;

use wasm_wave::ast::{Node, NodeType};
use wasm_wave::parser::ParserError;
use wasm_wave::untyped::UntypedValue;

use crate::types::{Scalar, Type};
use crate::value::Value;

/// Text that is no value of its type.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}, at column {column} of {text}")]
pub struct WaveError {
    message: String,
    /// Counted in characters, from 1.
    column: usize,
    text: String,
}

/// Reads a value of a type.
///
/// # Errors
/// The text is no WAVE, or of another shape. Ranges of numbers are [`crate::check`]'s.
pub fn parse(text: &str, ty: &Type) -> Result<Value, WaveError> {
    let read = UntypedValue::parse(text).map_err(Refused::from).and_then(|parsed| read(parsed.node(), ty, text));
    read.map_err(|Refused { message, at }| WaveError {
        message,
        column: text.get(..at).map_or(0, |before| before.chars().count()) + 1,
        text: text.to_owned(),
    })
}

struct Refused {
    message: String,
    /// A byte of the text.
    at: usize,
}

impl From<ParserError> for Refused {
    fn from(error: ParserError) -> Self {
        let message = error.detail().map_or_else(|| error.kind().to_string(), |why| format!("{}: {why}", error.kind()));
        Self { message, at: error.span().start }
    }
}

fn refuse<T>(node: &Node, message: impl Into<String>) -> Result<T, Refused> {
    Err(Refused { message: message.into(), at: node.span().start })
}

fn read(node: &Node, ty: &Type, text: &str) -> Result<Value, Refused> {
    let expected = || Refused { message: format!("expected {ty}"), at: node.span().start };
    let wrong = |_: ParserError| expected();
    Ok(match ty {
        Type::Any => return read_any(node, text),
        Type::Scalar(Scalar::Bool) => Value::Bool(node.as_bool().map_err(wrong)?),
        Type::Scalar(Scalar::F32 | Scalar::F64) => Value::Float(node.as_number(text).map_err(wrong)?),
        Type::Scalar(Scalar::Char) => Value::from(node.as_char(text).map_err(wrong)?),
        Type::Scalar(_) => Value::integer(node.as_number(text).map_err(wrong)?),
        Type::String => Value::Str(node.as_str(text).map_err(wrong)?.into_owned()),
        Type::Bytes => match node.as_str(text) {
            Ok(bytes) => Value::Bytes(bytes.into_owned().into_bytes()),
            Err(_) => {
                let items = node.as_list().map_err(wrong)?.map(|item| item.as_number(text));
                Value::Bytes(items.collect::<Result<_, _>>()?)
            }
        },
        Type::List(item) => {
            let items = node.as_list().map_err(wrong)?.map(|node| read(node, item, text));
            Value::List(items.collect::<Result<_, _>>()?)
        }
        Type::Tuple(types) => {
            let items = node.as_tuple().map_err(wrong)?;
            if items.len() != types.len() {
                return Err(expected());
            }
            Value::Tuple(items.zip(types).map(|(node, ty)| read(node, ty, text)).collect::<Result<_, _>>()?)
        }
        Type::Option(item) => match node.ty() {
            NodeType::OptionNone => Value::None,
            NodeType::OptionSome => match node.as_option()? {
                Some(inner) => Value::Some(Box::new(read(inner, item, text)?)),
                None => Value::None,
            },
            _ => Value::Some(Box::new(read(node, item, text)?)),
        },
        Type::Result(ok, err) => {
            let payload = |node: Option<&Node>, ty: &Option<Box<Type>>| match (node, ty) {
                (Some(node), Some(ty)) => read(node, ty, text).map(|value| Some(Box::new(value))),
                (None, None) => Ok(None),
                _ => Err(expected()),
            };
            match (node.ty(), node.as_result()) {
                (NodeType::ResultOk | NodeType::ResultErr, Ok(Ok(value))) => Value::Ok(payload(value, ok)?),
                (NodeType::ResultOk | NodeType::ResultErr, Ok(Err(value))) => Value::Err(payload(value, err)?),
                _ => Value::Ok(payload(Some(node), ok)?),
            }
        }
        Type::Record { fields, .. } => {
            let given: Vec<(&str, &Node)> = match node.ty() {
                NodeType::EmptySet => Vec::new(),
                _ => node.as_record(text).map_err(wrong)?.collect(),
            };
            let record = given.into_iter().map(|(label, node)| {
                let declared = fields.iter().find(|(name, _)| label_of(name) == label.trim_start_matches('%'));
                match declared {
                    Some((name, ty)) => Ok((name.clone(), read(node, ty, text)?)),
                    None => refuse(node, format!("{ty} has no field {label}")),
                }
            });
            Value::Record(record.collect::<Result<_, _>>()?)
        }
        Type::Variant { cases, .. } => {
            let (label, payload) = node.as_variant(text).map_err(wrong)?;
            let case = case(node, ty, label, cases.iter().map(|(name, _)| name))?;
            let declared = cases.get(case as usize).and_then(|(_, ty)| ty.as_ref());
            let payload = match (payload, declared) {
                (Some(node), Some(ty)) => Some(Box::new(read(node, ty, text)?)),
                (None, None) => None,
                _ => return Err(expected()),
            };
            Value::Variant(case, payload)
        }
        Type::Enum { cases, .. } => Value::Enum(case(node, ty, node.as_enum(text).map_err(wrong)?, cases.iter())?),
        Type::Flags { flags, .. } => {
            let mut words = vec![0; flags.len().div_ceil(32)];
            let set: Vec<&str> = match node.ty() {
                NodeType::EmptySet => Vec::new(),
                _ => node.as_flags(text).map_err(wrong)?.collect(),
            };
            for label in set {
                let flag = case(node, ty, label, flags.iter())?;
                if let Some(word) = words.get_mut(flag as usize / 32) {
                    *word |= 1 << (flag % 32);
                }
            }
            Value::Flags(words)
        }
        Type::Handle { .. } | Type::Callable { .. } => return refuse(node, format!("{ty} cannot be written as text")),
    })
}

/// The place of a label among declared names.
fn case<'a>(node: &Node, ty: &Type, label: &str, names: impl IntoIterator<Item = &'a String>) -> Result<u32, Refused> {
    let label = label.trim_start_matches('%');
    let place = names.into_iter().position(|name| label_of(name) == label);
    match place.and_then(|place| u32::try_from(place).ok()) {
        Some(place) => Ok(place),
        None => refuse(node, format!("{ty} has no case {label}")),
    }
}

/// A value that nobody declared: what it looks like.
fn read_any(node: &Node, text: &str) -> Result<Value, Refused> {
    let all = |nodes: &mut dyn Iterator<Item = &Node>| -> Result<Vec<Value>, Refused> {
        nodes.map(|node| read_any(node, text)).collect()
    };
    Ok(match node.ty() {
        NodeType::BoolTrue | NodeType::BoolFalse => Value::Bool(node.as_bool()?),
        NodeType::Number => match node.as_number::<i128>(text) {
            Ok(number) => Value::integer(number),
            Err(_) => Value::Float(node.as_number(text)?),
        },
        NodeType::Char => Value::from(node.as_char(text)?),
        NodeType::String | NodeType::MultilineString => Value::Str(node.as_str(text)?.into_owned()),
        NodeType::Tuple => Value::Tuple(all(&mut node.as_tuple()?)?),
        NodeType::List => Value::List(all(&mut node.as_list()?)?),
        NodeType::EmptySet => Value::Record(Vec::new()),
        NodeType::OptionNone => Value::None,
        NodeType::OptionSome => match node.as_option()? {
            Some(inner) => read_any(inner, text)?,
            None => Value::None,
        },
        _ => match node.as_record(text) {
            Ok(fields) => {
                let fields = fields.map(|(label, node)| Ok((label.replace('-', "_"), read_any(node, text)?)));
                Value::Record(fields.collect::<Result<_, Refused>>()?)
            }
            Err(_) => return refuse(node, "this needs a type hint where it goes"),
        },
    })
}

/// A declared name as WAVE spells it.
fn label_of(name: &str) -> String {
    name.trim_end_matches('_').replace('_', "-")
}

/// The text of a value of a type.
#[must_use]
pub fn to_text(value: &Value, ty: &Type) -> String {
    let mut out = String::new();
    write(&mut out, value, ty);
    out
}

fn write(out: &mut String, value: &Value, ty: &Type) {
    let any = Type::Any;
    match (value, ty) {
        (Value::Enum(case), Type::Enum { cases, .. }) => out.push_str(&name_of(cases.get(*case as usize))),
        (Value::Variant(case, payload), Type::Variant { cases, .. }) => {
            let declared = cases.get(*case as usize);
            let inner = declared.and_then(|(_, ty)| ty.as_ref()).unwrap_or(&any);
            carrying(out, &name_of(declared.map(|(name, _)| name)), payload.as_deref().map(|value| (value, inner)));
        }
        (Value::Flags(words), Type::Flags { flags, .. }) => {
            let set = |at: usize| words.get(at / 32).is_some_and(|word| word & (1 << (at % 32)) != 0);
            let names: Vec<String> =
                flags.iter().enumerate().filter(|(at, _)| set(*at)).map(|(_, name)| name_of(Some(name))).collect();
            let _ = write!(out, "{{{}}}", names.join(", "));
        }
        (Value::Str(text), Type::Scalar(Scalar::Char)) => quoted(out, text, '\''),
        (Value::List(items), Type::List(item)) => list(out, '[', items.iter().map(|value| (value, &**item)), ']'),
        (Value::Tuple(items), Type::Tuple(types)) => list(out, '(', items.iter().zip(types), ')'),
        (Value::Record(fields), Type::Record { fields: declared, .. }) => {
            let typed = fields.iter().enumerate().map(|(at, (name, value))| {
                let ty = declared.get(at).filter(|(other, _)| other == name).map_or(&any, |(_, ty)| ty);
                (name, value, ty)
            });
            record(out, typed);
        }
        (Value::Some(value), Type::Option(item)) => carrying(out, "some", Some((value, item))),
        (Value::Ok(payload), Type::Result(ok, _)) => {
            carrying(out, "ok", payload.as_deref().map(|value| (value, ok.as_deref().unwrap_or(&any))));
        }
        (Value::Err(payload), Type::Result(_, err)) => {
            carrying(out, "err", payload.as_deref().map(|value| (value, err.as_deref().unwrap_or(&any))));
        }
        (value, _) => write_any(out, value),
    }
}

/// The text of a value whose type says nothing about it.
fn write_any(out: &mut String, value: &Value) {
    let any = &Type::Any;
    match value {
        Value::None => out.push_str("none"),
        Value::Bool(truth) => out.push_str(if *truth { "true" } else { "false" }),
        Value::Float(number) if number.is_nan() => out.push_str("nan"),
        Value::Float(number) => drop(write!(out, "{number:?}")),
        Value::Str(text) => quoted(out, text, '"'),
        Value::Bytes(bytes) => {
            let numbers: Vec<String> = bytes.iter().map(u8::to_string).collect();
            let _ = write!(out, "[{}]", numbers.join(", "));
        }
        Value::List(items) => list(out, '[', items.iter().map(|value| (value, any)), ']'),
        Value::Tuple(items) => list(out, '(', items.iter().map(|value| (value, any)), ')'),
        Value::Record(fields) => record(out, fields.iter().map(|(name, value)| (name, value, any))),
        Value::Some(value) => write_any(out, value),
        other => drop(write!(out, "{other}")),
    }
}

fn name_of(name: Option<&String>) -> String {
    let label = name.map_or_else(String::new, |name| label_of(name));
    // What WAVE has a meaning for is marked as a name.
    let keyword = ["true", "false", "inf", "nan", "some", "none", "ok", "err"].contains(&label.as_str());
    if keyword { format!("%{label}") } else { label }
}

fn list<'a>(out: &mut String, open: char, items: impl Iterator<Item = (&'a Value, &'a Type)>, close: char) {
    out.push(open);
    for (at, (value, ty)) in items.enumerate() {
        out.push_str(if at == 0 { "" } else { ", " });
        write(out, value, ty);
    }
    out.push(close);
}

fn record<'a>(out: &mut String, fields: impl Iterator<Item = (&'a String, &'a Value, &'a Type)>) {
    let start = out.len();
    for (name, value, ty) in fields {
        out.push_str(if out.len() == start { "{" } else { ", " });
        out.push_str(&label_of(name));
        out.push_str(": ");
        write(out, value, ty);
    }
    out.push_str(if out.len() == start { "{:}" } else { "}" });
}

fn carrying(out: &mut String, name: &str, payload: Option<(&Value, &Type)>) {
    out.push_str(name);
    if let Some((value, ty)) = payload {
        out.push('(');
        write(out, value, ty);
        out.push(')');
    }
}

fn quoted(out: &mut String, text: &str, quote: char) {
    out.push(quote);
    for letter in text.chars() {
        match letter {
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            letter if letter == quote => out.extend(['\\', letter]),
            letter if letter.is_control() => drop(write!(out, "\\u{{{:x}}}", u32::from(letter))),
            letter => out.push(letter),
        }
    }
    out.push(quote);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(name: &str) -> String {
        name.to_owned()
    }

    #[test]
    fn text_and_values_agree() {
        let point = Type::Record {
            name: name("Point"),
            fields: vec![(name("x_at"), Scalar::S32.into()), (name("label"), Type::Option(Box::new(Type::String)))],
        };
        let shape = Type::Variant {
            name: name("Shape"),
            cases: vec![(name("none"), None), (name("circle_of"), Some(Scalar::F64.into()))],
        };
        let mode = Type::Flags { name: name("Mode"), flags: (0..40).map(|at| format!("f{at}")).collect() };
        let side = Type::Enum { name: name("Side"), cases: vec![name("left"), name("far_right")] };
        let outcome = Type::Result(Some(Box::new(Type::Bytes)), Some(Box::new(Type::String)));
        let some = |value: Value| Value::Some(Box::new(value));
        for (ty, value, text) in [
            (Scalar::S32.into(), Value::Int(-7), "-7"),
            (Scalar::U64.into(), Value::from(u64::MAX), "18446744073709551615"),
            (Scalar::F64.into(), Value::Float(1.5), "1.5"),
            (Scalar::F64.into(), Value::Float(f64::NEG_INFINITY), "-inf"),
            (Scalar::Bool.into(), Value::Bool(true), "true"),
            (Scalar::Char.into(), Value::from('\''), r"'\''"),
            (Type::String, Value::from("a\"b\\\n\u{1}é"), r#""a\"b\\\n\u{1}é""#),
            (Type::Bytes, Value::Bytes(vec![1, 255]), "[1, 255]"),
            (Type::List(Box::new(Type::String)), Value::List(vec!["a".into()]), r#"["a"]"#),
            (
                Type::Tuple(vec![Scalar::S8.into(), Type::String]),
                Value::Tuple(vec![1.into(), "b".into()]),
                r#"(1, "b")"#,
            ),
            (
                point.clone(),
                Value::Record(vec![(name("x_at"), 1.into()), (name("label"), Value::None)]),
                "{x-at: 1, label: none}",
            ),
            (
                point,
                Value::Record(vec![(name("x_at"), 1.into()), (name("label"), some("é".into()))]),
                "{x-at: 1, label: some(\"é\")}",
            ),
            (shape.clone(), Value::Variant(0, None), "%none"),
            (shape, Value::Variant(1, Some(Box::new(2.0.into()))), "circle-of(2.0)"),
            (mode.clone(), Value::Flags(vec![2, 128]), "{f1, f39}"),
            (mode, Value::Flags(vec![0, 0]), "{}"),
            (side, Value::Enum(1), "far-right"),
            (outcome.clone(), Value::Ok(Some(Box::new(Value::Bytes(vec![])))), "ok([])"),
            (outcome, Value::Err(Some(Box::new("no".into()))), r#"err("no")"#),
            (
                Type::Any,
                Value::Record(vec![(name("a_b"), Value::List(vec![1.into(), Value::None]))]),
                "{a-b: [1, none]}",
            ),
        ] {
            assert_eq!(to_text(&value, &ty), text);
            assert_eq!(parse(text, &ty), Ok(value), "{text}");
        }
    }

    #[test]
    fn short_forms_are_read() {
        let optional = Type::Option(Box::new(Scalar::S32.into()));
        assert_eq!(parse("5", &optional), Ok(Value::Some(Box::new(5.into()))));
        assert_eq!(parse(r#""ab""#, &Type::Bytes), Ok(Value::Bytes(b"ab".to_vec())));
    }

    #[test]
    fn mistakes_have_their_column() {
        let list = Type::List(Box::new(Scalar::S32.into()));
        for (text, ty, message) in [
            ("[1, \"x\"]", &list, "expected s32, at column 5 of [1, \"x\"]"),
            ("[1", &list, "unexpected end of input, at column 3 of [1"),
            ("x", &Type::Any, "this needs a type hint where it goes, at column 1 of x"),
            ("7", &Type::Handle { name: name("File"), own: true }, "File cannot be written as text, at column 1 of 7"),
        ] {
            assert_eq!(parse(text, ty).map_err(|error| error.to_string()), Err(message.to_owned()));
        }
    }
}
