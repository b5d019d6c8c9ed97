//! Values to bytes. Nothing here fails but for size and depth.

use crate::error::{HostError, Raised};
use crate::handle::{Crossed, Exchange, Handle};
use crate::value::Value;
use crate::wire::{MAX_DEPTH, MAX_MESSAGE, WireError, tag};

/// Adds a value without handles to `out`.
///
/// # Errors
/// [`WireError::Deep`], [`WireError::Large`] and [`WireError::Handle`]; `out` then holds a part of the value.
pub fn encode(value: &Value, out: &mut Vec<u8>) -> Result<(), WireError> {
    Encoder::new(out, None).value(value, MAX_DEPTH)
}

/// Adds a value to `out`, for the guest of this exchange.
///
/// # Errors
/// As [`encode`]; the guest then holds no more than before.
pub(crate) fn encode_to(value: &Value, out: &mut Vec<u8>, to: &mut Exchange) -> Result<(), WireError> {
    let mut encoder = Encoder::new(out, Some(to));
    let done = encoder.value(value, MAX_DEPTH);
    if done.is_err() {
        encoder.take_back();
    }
    done
}

/// Adds an error record to `out`: the tuple of kind, message, traceback, data, and the exception if it is the guest's.
///
/// An error too large to send is replaced by a shorter one that says so.
pub(crate) fn encode_error(error: &HostError, out: &mut Vec<u8>, to: Option<&mut Exchange>) {
    let start = out.len();
    let mut encoder = Encoder::new(out, to);
    if encoder.error(error).is_err() {
        encoder.take_back();
        out.truncate(start);
        let short = HostError::new(error.kind.clone(), "an error that is too large to send; its data was left out");
        if Encoder::new(out, None).error(&short).is_err() {
            // Not even its kind could be sent: none is a value of one byte that always can.
            out.truncate(start);
            out.push(tag::NONE);
        }
    }
}

struct Encoder<'a> {
    out: &'a mut Vec<u8>,
    to: Option<&'a mut Exchange>,
    /// What the guest got on the way.
    lent: Vec<u32>,
}

impl<'a> Encoder<'a> {
    fn new(out: &'a mut Vec<u8>, to: Option<&'a mut Exchange>) -> Self {
        Self { out, to, lent: Vec::new() }
    }

    /// Takes from the guest what it got: the message that told of it does not go out.
    fn take_back(&mut self) {
        if let Some(to) = &mut self.to {
            for number in self.lent.drain(..) {
                to.drop(number);
            }
        }
    }

    fn value(&mut self, value: &Value, depth: u32) -> Result<(), WireError> {
        let inner = depth.checked_sub(1).ok_or(WireError::Deep)?;
        match value {
            Value::None => self.out.push(tag::NONE),
            Value::Bool(false) => self.out.push(tag::FALSE),
            Value::Bool(true) => self.out.push(tag::TRUE),
            Value::Int(number) => {
                self.out.push(tag::INT);
                self.out.extend_from_slice(&number.to_le_bytes());
            }
            Value::Big(number) => {
                self.out.push(tag::BIG);
                self.sized(number.as_le_bytes())?;
            }
            Value::Float(number) => {
                self.out.push(tag::FLOAT);
                self.out.extend_from_slice(&number.to_le_bytes());
            }
            Value::Str(text) => {
                self.out.push(tag::STR);
                self.sized(text.as_bytes())?;
            }
            Value::Bytes(bytes) => {
                self.out.push(tag::BYTES);
                self.sized(bytes)?;
            }
            Value::List(items) => self.items(tag::LIST, items, inner)?,
            Value::Tuple(items) => self.items(tag::TUPLE, items, inner)?,
            Value::Record(fields) => {
                self.out.push(tag::RECORD);
                self.length(fields.len())?;
                for (name, value) in fields {
                    self.sized(name.as_bytes())?;
                    self.value(value, inner)?;
                }
            }
            Value::Enum(case) => {
                self.out.push(tag::ENUM);
                self.word(*case);
            }
            Value::Flags(words) => {
                self.out.push(tag::FLAGS);
                self.length(words.len())?;
                words.iter().for_each(|word| self.word(*word));
            }
            Value::Variant(case, payload) => {
                self.out.push(tag::VARIANT);
                self.word(*case);
                self.payload(payload.as_deref(), inner)?;
            }
            Value::Some(value) => {
                self.out.push(tag::SOME);
                self.value(value, inner)?;
            }
            Value::Ok(payload) => {
                self.out.push(tag::OK);
                self.payload(payload.as_deref(), inner)?;
            }
            Value::Err(payload) => {
                self.out.push(tag::ERR);
                self.payload(payload.as_deref(), inner)?;
            }
            Value::Handle(handle) => self.handle(handle)?,
        }
        if self.out.len() > MAX_MESSAGE {
            return Err(WireError::Large);
        }
        Ok(())
    }

    fn error(&mut self, error: &HostError) -> Result<(), WireError> {
        self.out.push(tag::TUPLE);
        self.length(6)?;
        for text in [error.kind.as_ref(), &error.message, &error.traceback] {
            self.text(text)?;
        }
        // The record itself is one level.
        self.value(&error.data, MAX_DEPTH - 1)?;
        match error.raised.as_deref().filter(|_| self.to.is_some()) {
            Some(Raised { exception, passed }) => {
                self.handle(exception)?;
                self.text(passed)
            }
            None => {
                self.out.push(tag::NONE);
                self.text("")
            }
        }
    }

    fn text(&mut self, text: &str) -> Result<(), WireError> {
        self.out.push(tag::STR);
        self.sized(text.as_bytes())
    }

    fn handle(&mut self, handle: &Handle) -> Result<(), WireError> {
        let (tag, number) = match self.to.as_mut().and_then(|to| to.give(handle)) {
            Some(Crossed::Back(number)) => (tag::OWN, number),
            Some(Crossed::Lent(number)) => {
                self.lent.push(number);
                (tag::HELD, number)
            }
            None => return Err(WireError::Handle),
        };
        self.out.push(tag);
        self.word(number);
        self.sized(handle.resource().unwrap_or_default().as_bytes())
    }

    fn items(&mut self, tag: u8, items: &[Value], depth: u32) -> Result<(), WireError> {
        self.out.push(tag);
        self.length(items.len())?;
        items.iter().try_for_each(|item| self.value(item, depth))
    }

    fn payload(&mut self, payload: Option<&Value>, depth: u32) -> Result<(), WireError> {
        self.out.push(u8::from(payload.is_some()));
        payload.map_or(Ok(()), |value| self.value(value, depth))
    }

    fn sized(&mut self, bytes: &[u8]) -> Result<(), WireError> {
        // Looked at before the bytes are copied: a refused message then costs nothing.
        if bytes.len() > MAX_MESSAGE {
            return Err(WireError::Large);
        }
        self.length(bytes.len())?;
        self.out.extend_from_slice(bytes);
        Ok(())
    }

    fn length(&mut self, length: usize) -> Result<(), WireError> {
        let length = u32::try_from(length).map_err(|_| WireError::Large)?;
        self.word(length);
        Ok(())
    }

    fn word(&mut self, word: u32) {
        self.out.extend_from_slice(&word.to_le_bytes());
    }
}
