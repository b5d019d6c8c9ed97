//! The values that cross between guest and host. This file never knows how a value is written down, nor what a
//! declaration says about it.

use std::fmt;

use crate::handle::Handle;

/// One value on its way across the boundary.
///
/// It says what Python holds, not what WIT declares: `s8` and `u32` are both [`Value::Int`], `char` is a
/// [`Value::Str`] of one character. A value that went through [`crate::check`] has the one shape its type asks for.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Value {
    /// Python's `None`, WIT's `option` without a value, and the result of a function without one.
    #[default]
    None,
    /// `bool`.
    Bool(bool),
    /// An integer that fits 64 signed bits.
    Int(i64),
    /// An integer that does not; see [`BigInt`].
    Big(BigInt),
    /// `f32` or `f64`.
    Float(f64),
    /// `string` or `char`.
    Str(String),
    /// `list<u8>`.
    Bytes(Vec<u8>),
    /// `list<T>`.
    List(Vec<Value>),
    /// `tuple<…>`.
    Tuple(Vec<Value>),
    /// `record`: each field's name, as Python spells it, and value.
    Record(Vec<(String, Value)>),
    /// `enum`: the number of the case, from 0.
    Enum(u32),
    /// `flags`: bit `n % 32` of word `n / 32` is flag `n`.
    Flags(Vec<u32>),
    /// `variant`: the number of the case, from 0, and what it carries.
    Variant(u32, Option<Box<Value>>),
    /// `option<T>` with a value.
    Some(Box<Value>),
    /// `result<T, E>` that succeeded.
    Ok(Option<Box<Value>>),
    /// `result<T, E>` that failed.
    Err(Option<Box<Value>>),
    /// A resource or a callable: it stays on the side that made it.
    Handle(Handle),
}

/// The most characters a value takes in a message.
const SHOWN: usize = 60;

impl Value {
    /// What Python calls this value's type.
    #[must_use]
    pub fn type_name(&self) -> &'static str {
        match self {
            Self::None => "None",
            Self::Bool(_) => "bool",
            Self::Int(_) | Self::Big(_) => "int",
            Self::Float(_) => "float",
            Self::Str(_) => "str",
            Self::Bytes(_) => "bytes",
            Self::List(_) => "list",
            Self::Tuple(_) => "tuple",
            Self::Record(_) => "record",
            Self::Enum(_) => "enum",
            Self::Flags(_) => "flags",
            Self::Variant(..) => "variant",
            Self::Some(value) => value.type_name(),
            Self::Ok(_) | Self::Err(_) => "result",
            Self::Handle(handle) if handle.resource().is_none() => "callable",
            Self::Handle(_) => "handle",
        }
    }

    /// An integer of any width up to 128 bits, as [`Value::Int`] where it fits.
    #[must_use]
    pub fn integer(number: i128) -> Self {
        i64::try_from(number).map_or_else(|_| Self::Big(BigInt::from_i128(number)), Self::Int)
    }

    /// The number of an integer value that fits 128 signed bits.
    #[must_use]
    pub fn as_integer(&self) -> Option<i128> {
        match self {
            Self::Int(number) => Some(i128::from(*number)),
            Self::Big(number) => number.to_i128(),
            _ => None,
        }
    }

    /// The text of a string value.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::Str(text) => Some(text),
            _ => None,
        }
    }
}

/// Python's spelling, cut after about 60 characters: made for messages, not for reading back.
impl fmt::Display for Value {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = Shown(String::new());
        let whole = text.value(self);
        out.write_str(&text.0)?;
        if whole { Ok(()) } else { out.write_str("…") }
    }
}

/// Text that stops growing at [`SHOWN`] characters, so that showing a huge value costs little.
struct Shown(String);

impl Shown {
    /// Adds text; false once the end was cut off.
    fn text(&mut self, text: &str) -> bool {
        let room = SHOWN.saturating_sub(self.0.chars().count());
        let mut chars = text.chars();
        self.0.extend(chars.by_ref().take(room));
        chars.next().is_none()
    }

    fn value(&mut self, value: &Value) -> bool {
        match value {
            Value::None => self.text("None"),
            Value::Bool(true) => self.text("True"),
            Value::Bool(false) => self.text("False"),
            Value::Int(number) => self.text(&number.to_string()),
            Value::Big(number) => self.text(&number.to_string()),
            Value::Float(number) => self.text(&format!("{number:?}")),
            Value::Str(text) => {
                let cut: String = text.chars().take(SHOWN).collect();
                self.text(&format!("'{}'", cut.escape_debug())) && cut.len() == text.len()
            }
            Value::Bytes(bytes) => {
                let cut = bytes.get(..SHOWN).unwrap_or(bytes);
                self.text(&format!("b'{}'", cut.escape_ascii())) && cut.len() == bytes.len()
            }
            Value::List(items) => self.items("[", items, "]"),
            Value::Tuple(items) if items.len() == 1 => self.items("(", items, ",)"),
            Value::Tuple(items) => self.items("(", items, ")"),
            Value::Record(fields) => {
                self.text("{")
                    && fields.iter().enumerate().all(|(at, (name, value))| {
                        (at == 0 || self.text(", ")) && self.text(name) && self.text(": ") && self.value(value)
                    })
                    && self.text("}")
            }
            Value::Enum(case) => self.text(&format!("case {case}")),
            Value::Flags(words) => {
                let cut = words.get(..4).unwrap_or(words);
                self.text(&format!("flags {cut:x?}")) && cut.len() == words.len()
            }
            Value::Variant(case, payload) => self.carrying(&format!("case {case}"), payload),
            Value::Some(value) => self.value(value),
            Value::Ok(payload) => self.carrying("ok", payload),
            Value::Err(payload) => self.carrying("err", payload),
            Value::Handle(handle) => self.text(&format!("<{}>", handle.resource().unwrap_or("callable"))),
        }
    }

    fn items(&mut self, open: &str, items: &[Value], close: &str) -> bool {
        self.text(open)
            && items.iter().enumerate().all(|(at, item)| (at == 0 || self.text(", ")) && self.value(item))
            && self.text(close)
    }

    fn carrying(&mut self, name: &str, payload: &Option<Box<Value>>) -> bool {
        self.text(name) && payload.as_ref().is_none_or(|value| self.text("(") && self.value(value) && self.text(")"))
    }
}

/// An integer of any size: two's complement, least significant byte first, as short as it can be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BigInt(Vec<u8>);

impl BigInt {
    /// Takes two's-complement bytes, least significant first, of any length; none at all is zero.
    #[must_use]
    pub fn from_le_bytes(mut bytes: Vec<u8>) -> Self {
        while let [.., before, last] = bytes.as_slice() {
            let sign = if before & 0x80 == 0 { 0x00 } else { 0xff };
            if *last != sign {
                break;
            }
            bytes.pop();
        }
        if bytes.is_empty() {
            bytes.push(0);
        }
        Self(bytes)
    }

    /// The number as a big integer.
    #[must_use]
    pub fn from_i128(number: i128) -> Self {
        Self::from_le_bytes(number.to_le_bytes().to_vec())
    }

    /// The number, where it fits.
    #[must_use]
    pub fn to_i128(&self) -> Option<i128> {
        let fill = if self.is_negative() { 0xff } else { 0x00 };
        let mut wide = [fill; 16];
        wide.get_mut(..self.0.len())?.copy_from_slice(&self.0);
        Some(i128::from_le_bytes(wide))
    }

    /// Whether it is below zero.
    #[must_use]
    pub fn is_negative(&self) -> bool {
        self.0.last().is_some_and(|byte| byte & 0x80 != 0)
    }

    /// Its bytes: two's complement, least significant first.
    #[must_use]
    pub fn as_le_bytes(&self) -> &[u8] {
        &self.0
    }
}

/// Decimal up to 128 bits, beyond that only the size: the digits of a million-bit number help nobody.
impl fmt::Display for BigInt {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.to_i128() {
            Some(number) => number.fmt(out),
            None => write!(out, "<int of {} bits>", self.0.len().saturating_mul(8)),
        }
    }
}

/// `impl From<T> for Value`, for the types whose value is a plain wrapper.
macro_rules! from {
    ($($from:ty => |$name:ident| $value:expr;)*) => {
        $(impl From<$from> for Value {
            fn from($name: $from) -> Self {
                $value
            }
        })*
    };
}

from! {
    () => |_none| Self::None;
    bool => |truth| Self::Bool(truth);
    i8 => |number| Self::Int(i64::from(number));
    i16 => |number| Self::Int(i64::from(number));
    i32 => |number| Self::Int(i64::from(number));
    i64 => |number| Self::Int(number);
    u8 => |number| Self::Int(i64::from(number));
    u16 => |number| Self::Int(i64::from(number));
    u32 => |number| Self::Int(i64::from(number));
    u64 => |number| Self::integer(i128::from(number));
    f32 => |number| Self::Float(f64::from(number));
    f64 => |number| Self::Float(number);
    char => |letter| Self::Str(letter.to_string());
    &str => |text| Self::Str(text.to_owned());
    String => |text| Self::Str(text);
    Vec<u8> => |bytes| Self::Bytes(bytes);
    Vec<Value> => |items| Self::List(items);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn big_integers_are_as_short_as_they_can_be() {
        for (bytes, short, number) in [
            (vec![], vec![0], 0),
            (vec![0, 0, 0], vec![0], 0),
            (vec![0xff, 0xff], vec![0xff], -1),
            (vec![0xff, 0], vec![0xff, 0], 255),
            (vec![0x7f, 0], vec![0x7f], 127),
        ] {
            let big = BigInt::from_le_bytes(bytes);
            assert_eq!(big.as_le_bytes(), short);
            assert_eq!(big.to_i128(), Some(number));
        }
        assert_eq!(BigInt::from_i128(i128::MIN).to_i128(), Some(i128::MIN));
        assert_eq!(BigInt::from_le_bytes(vec![1; 17]).to_i128(), None);
    }

    #[test]
    fn values_are_shown_short() {
        for (value, shown) in [
            (Value::None, "None"),
            (Value::from("it's"), "'it\\'s'"),
            (Value::from(vec![0u8, b'a']), "b'\\x00a'"),
            (Value::from(u64::MAX), "18446744073709551615"),
            (Value::Tuple(vec![1.into()]), "(1,)"),
            (Value::Record(vec![("x".to_owned(), 1.5.into())]), "{x: 1.5}"),
            (Value::Err(Some(Box::new("no".into()))), "err('no')"),
            (Value::Big(BigInt::from_le_bytes(vec![1; 100])), "<int of 800 bits>"),
        ] {
            assert_eq!(value.to_string(), shown);
        }
        let long = Value::from(vec![Value::from("x".repeat(1000)); 1000]).to_string();
        assert_eq!(long.chars().count(), SHOWN + 1);
        assert!(long.ends_with('…'));
    }
}
