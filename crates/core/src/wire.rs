//! The wire codec, version 1: values as bytes. This file owns the tags and the bounds; it never knows types or
//! functions.
//!
//! Everything is little-endian. A value is a tag byte and what the tag asks for:
//!
//! | tag | value | then |
//! | --- | --- | --- |
//! | 0 | none | |
//! | 1, 2 | false, true | |
//! | 3 | int | i64 |
//! | 4 | int of any size | u32 n, n bytes of two's complement |
//! | 5 | float | f64 |
//! | 6 | str | u32 length, UTF-8 |
//! | 7 | bytes | u32 length, the bytes |
//! | 8 | bytes, by view (guest to host only) | u32 pointer, u32 length in the guest's memory |
//! | 9, 10 | list, tuple | u32 n, n values |
//! | 11 | record | u32 n, n times: u32 length, UTF-8 name, value |
//! | 12 | enum | u32 case |
//! | 13 | flags | u32 n, n u32 words |
//! | 14 | variant | u32 case, u8 1 and a value, or u8 0 |
//! | 15 | some | value |
//! | 16, 17 | ok, err | u8 1 and a value, or u8 0 |
//! | 18 | a thing that the guest holds and others have | u32 number, u32 length, UTF-8 resource or nothing for a callable |
//! | 19 | a thing of the guest itself | the same |
//!
//! Numbers of things mean what [`crate::HostCalls`](crate::abi::HostCalls) keeps for the guest; elsewhere they are refused.

mod decode;
mod encode;

pub(crate) use decode::{Peer, decode_from, tuple};
pub use decode::{decode, decode_tuple};
pub use encode::encode;
pub(crate) use encode::{encode_error, encode_to};

/// Values nest at most this deep, the outermost counted as one.
pub const MAX_DEPTH: u32 = 64;

/// A message holds at most this many values, which bounds what a decoder allocates for a message of tiny ones.
pub const MAX_VALUES: u32 = 1 << 24;

/// A message is at most this many bytes, so that its length fits every answer of [`crate::abi`].
pub const MAX_MESSAGE: usize = 1 << 30;

/// Why bytes are no value, or a value cannot be written down.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WireError {
    /// The bytes end inside a value.
    #[error("the message ends too early, at byte {0}")]
    Short(usize),
    /// Bytes follow the value.
    #[error("{0} bytes follow the value")]
    Long(usize),
    /// A byte that is no tag, or neither 0 nor 1 where one of them must stand.
    #[error("byte {at} of the message is {byte}, which means nothing there")]
    Byte {
        /// Where it stands.
        at: usize,
        /// What it is.
        byte: u8,
    },
    /// Text that is not UTF-8.
    #[error("the text at byte {0} of the message is not UTF-8")]
    Text(usize),
    /// Values nest deeper than [`MAX_DEPTH`].
    #[error("values are nested more than {MAX_DEPTH} deep")]
    Deep,
    /// More than [`MAX_VALUES`] values or [`MAX_MESSAGE`] bytes, views included.
    #[error("the message is too large")]
    Large,
    /// A view of bytes that are not in the guest's memory, or where there is no guest.
    #[error("the view of {len} bytes at {at:#x} is outside the guest's memory")]
    View {
        /// Where it starts.
        at: u32,
        /// How long it is.
        len: u32,
    },
    /// A thing that the guest does not hold, or one where there is no guest.
    #[error("there is no thing of number {0}")]
    Thing(u32),
    /// One that cannot cross: the guest holds as many as it may, or there is none.
    #[error("a handle cannot be sent: the guest holds as many as it may")]
    Handle,
    /// Something other than a tuple where one must stand.
    #[error("the message is a {0}, not a tuple")]
    NoTuple(&'static str),
}

/// The tags, shared by both directions.
mod tag {
    pub(super) const NONE: u8 = 0;
    pub(super) const FALSE: u8 = 1;
    pub(super) const TRUE: u8 = 2;
    pub(super) const INT: u8 = 3;
    pub(super) const BIG: u8 = 4;
    pub(super) const FLOAT: u8 = 5;
    pub(super) const STR: u8 = 6;
    pub(super) const BYTES: u8 = 7;
    pub(super) const VIEW: u8 = 8;
    pub(super) const LIST: u8 = 9;
    pub(super) const TUPLE: u8 = 10;
    pub(super) const RECORD: u8 = 11;
    pub(super) const ENUM: u8 = 12;
    pub(super) const FLAGS: u8 = 13;
    pub(super) const VARIANT: u8 = 14;
    pub(super) const SOME: u8 = 15;
    pub(super) const OK: u8 = 16;
    pub(super) const ERR: u8 = 17;
    pub(super) const HELD: u8 = 18;
    pub(super) const OWN: u8 = 19;
}

#[cfg(test)]
mod tests;
