//! Bytes to values. The bytes are hostile: every length is held against what is left before anything is allocated.

use crate::abi::GuestMemory;
use crate::handle::Exchange;
use crate::value::{BigInt, Value};
use crate::wire::{MAX_DEPTH, MAX_MESSAGE, MAX_VALUES, WireError, tag};

/// The most items room is made for before they are seen.
const ROOM: usize = 1024;

/// Reads the one value that the bytes are; views are read from `memory`, and refused where there is none.
///
/// # Errors
/// See [`WireError`].
pub fn decode(bytes: &[u8], memory: Option<&dyn GuestMemory>) -> Result<Value, WireError> {
    decode_from(bytes, Peer { memory, exchange: None })
}

/// Where a message is from: the guest's memory, for views, and what it and the host hold of each other.
#[derive(Clone, Copy)]
pub(crate) struct Peer<'a> {
    pub(crate) memory: Option<&'a dyn GuestMemory>,
    pub(crate) exchange: Option<&'a Exchange>,
}

/// Reads the one value that the bytes of a guest are.
///
/// # Errors
/// See [`WireError`].
pub(crate) fn decode_from(bytes: &[u8], from: Peer<'_>) -> Result<Value, WireError> {
    let mut decoder = Decoder::new(bytes, from);
    let value = decoder.value(MAX_DEPTH)?;
    match decoder.left() {
        0 => Ok(value),
        left => Err(WireError::Long(left)),
    }
}

/// Reads the tuple that the bytes are, as the arguments of a call.
///
/// # Errors
/// See [`WireError`].
pub fn decode_tuple(bytes: &[u8], memory: Option<&dyn GuestMemory>) -> Result<Vec<Value>, WireError> {
    tuple(decode(bytes, memory)?)
}

/// The items of a tuple.
pub(crate) fn tuple(value: Value) -> Result<Vec<Value>, WireError> {
    match value {
        Value::Tuple(items) => Ok(items),
        other => Err(WireError::NoTuple(other.type_name())),
    }
}

struct Decoder<'a> {
    bytes: &'a [u8],
    at: usize,
    from: Peer<'a>,
    values_left: u32,
    views_left: usize,
}

impl<'a> Decoder<'a> {
    fn new(bytes: &'a [u8], from: Peer<'a>) -> Self {
        Self { bytes, at: 0, from, values_left: MAX_VALUES, views_left: MAX_MESSAGE }
    }

    fn left(&self) -> usize {
        self.bytes.len().saturating_sub(self.at)
    }

    fn value(&mut self, depth: u32) -> Result<Value, WireError> {
        let inner = depth.checked_sub(1).ok_or(WireError::Deep)?;
        self.values_left = self.values_left.checked_sub(1).ok_or(WireError::Large)?;
        let at = self.at;
        Ok(match self.byte()? {
            tag::NONE => Value::None,
            tag::FALSE => Value::Bool(false),
            tag::TRUE => Value::Bool(true),
            tag::INT => Value::Int(i64::from_le_bytes(self.array()?)),
            tag::BIG => {
                let big = BigInt::from_le_bytes(self.sized()?.to_vec());
                big.to_i128().map_or(Value::Big(big), Value::integer)
            }
            tag::FLOAT => Value::Float(f64::from_le_bytes(self.array()?)),
            tag::STR => Value::Str(self.text()?),
            tag::BYTES => Value::Bytes(self.sized()?.to_vec()),
            tag::VIEW => Value::Bytes(self.view()?),
            tag::LIST => Value::List(self.items(inner)?),
            tag::TUPLE => Value::Tuple(self.items(inner)?),
            tag::RECORD => {
                // A field is at least a length and a tag.
                let count = self.count(5)?;
                let mut fields = Vec::with_capacity(count.min(ROOM));
                for _ in 0..count {
                    fields.push((self.text()?, self.value(inner)?));
                }
                Value::Record(fields)
            }
            tag::ENUM => Value::Enum(self.word()?),
            tag::FLAGS => {
                let count = self.count(4)?;
                let words: Result<_, _> = (0..count).map(|_| self.word()).collect();
                Value::Flags(words?)
            }
            tag::VARIANT => Value::Variant(self.word()?, self.payload(inner)?),
            tag::SOME => Value::Some(Box::new(self.value(inner)?)),
            tag::OK => Value::Ok(self.payload(inner)?),
            tag::ERR => Value::Err(self.payload(inner)?),
            tag::HELD => {
                let number = self.word()?;
                self.text()?;
                let held = self.from.exchange.and_then(|exchange| exchange.held(number));
                Value::Handle(held.ok_or(WireError::Thing(number))?.clone())
            }
            tag::OWN => {
                let number = self.word()?;
                let resource = self.text()?;
                let resource = (!resource.is_empty()).then_some(resource.as_str());
                let exchange = self.from.exchange.ok_or(WireError::Thing(number))?;
                Value::Handle(exchange.object(number, resource))
            }
            byte => return Err(WireError::Byte { at, byte }),
        })
    }

    fn items(&mut self, depth: u32) -> Result<Vec<Value>, WireError> {
        let count = self.count(1)?;
        let mut items = Vec::with_capacity(count.min(ROOM));
        for _ in 0..count {
            items.push(self.value(depth)?);
        }
        Ok(items)
    }

    fn payload(&mut self, depth: u32) -> Result<Option<Box<Value>>, WireError> {
        let at = self.at;
        match self.byte()? {
            0 => Ok(None),
            1 => Ok(Some(Box::new(self.value(depth)?))),
            byte => Err(WireError::Byte { at, byte }),
        }
    }

    fn text(&mut self) -> Result<String, WireError> {
        let at = self.at;
        let bytes = self.sized()?;
        match str::from_utf8(bytes) {
            Ok(text) => Ok(text.to_owned()),
            Err(_) => Err(WireError::Text(at)),
        }
    }

    fn view(&mut self) -> Result<Vec<u8>, WireError> {
        let (at, len) = (self.word()?, self.word()?);
        let outside = WireError::View { at, len };
        let bytes = usize::try_from(len).map_err(|_| WireError::Large)?;
        self.views_left = self.views_left.checked_sub(bytes).ok_or(WireError::Large)?;
        let memory = self.from.memory.ok_or(outside.clone())?;
        memory.copy(at, len).map_err(|_| outside)
    }

    /// How many things follow, each of `least` bytes or more.
    fn count(&mut self, least: usize) -> Result<usize, WireError> {
        let count = usize::try_from(self.word()?).map_err(|_| WireError::Large)?;
        if count > self.left() / least {
            return Err(WireError::Short(self.bytes.len()));
        }
        Ok(count)
    }

    fn sized(&mut self) -> Result<&'a [u8], WireError> {
        let len = usize::try_from(self.word()?).map_err(|_| WireError::Large)?;
        self.take(len)
    }

    fn word(&mut self) -> Result<u32, WireError> {
        Ok(u32::from_le_bytes(self.array()?))
    }

    fn byte(&mut self) -> Result<u8, WireError> {
        let [byte] = self.array()?;
        Ok(byte)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], WireError> {
        let (array, _) =
            self.bytes.get(self.at..).and_then(<[u8]>::split_first_chunk).ok_or(WireError::Short(self.bytes.len()))?;
        self.at += N;
        Ok(*array)
    }

    fn take(&mut self, len: usize) -> Result<&'a [u8], WireError> {
        let end = self.at.checked_add(len);
        let bytes = end.and_then(|end| self.bytes.get(self.at..end)).ok_or(WireError::Short(self.bytes.len()))?;
        self.at += len;
        Ok(bytes)
    }
}
