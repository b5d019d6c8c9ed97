//! What a parameter of a call means, and how its raw number becomes a typed value.
//! Owns the refusal of numbers out of range; must never know what a call does with a value.

use crate::errno::{Errno, Result};

/// The core wasm type of a parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CoreType {
    /// 32 bits; the upper half of the raw argument is ignored.
    I32,
    /// 64 bits.
    I64,
}

/// Turns the raw number of one kind of parameter into what a handler takes.
pub(crate) trait Decode {
    type Value;

    /// # Errors
    /// `OVERFLOW` where the number does not fit the type, `INVAL` where it fits but has no meaning, `FAULT` for an
    /// address that is not aligned for what it points to. For all three wasmtime ends the guest.
    fn decode(raw: u64) -> Result<Self::Value>;
}

/// A raw argument's lower half: an `i32` parameter, extended by the caller however it likes.
#[inline]
pub(crate) const fn low(raw: u64) -> u32 {
    (raw & 0xFFFF_FFFF) as u32
}

/// A number of a type with that largest value. Types of 32 bits and less arrive as `i32`, so the sign bit is refused too.
#[inline]
fn small(raw: u64, max: u32) -> Result<u32> {
    let value = low(raw);
    if value > max || value > i32::MAX.unsigned_abs() { Err(Errno::Overflow) } else { Ok(value) }
}

macro_rules! kinds {
    (
        $(flags $flags:ident: $core:ident, $doc:literal, $bits:ty;)*
        $(enumeration $enum:ident: $edoc:literal, $emax:expr;)*
        $(number $number:ident: $ncore:ident, $ndoc:literal, $value:ty, $decode:expr;)*
        $(address $address:ident: $adoc:literal, $align:literal, $out:literal;)*
    ) => {
        /// What a parameter means; the trace and the reference page say it with these.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Kind {
            $(#[doc = $doc] $flags,)*
            $(#[doc = $edoc] $enum,)*
            $(#[doc = $ndoc] $number,)*
            $(#[doc = $adoc] $address,)*
        }

        impl Kind {
            /// Every kind there is.
            pub const ALL: &[Self] = &[$(Self::$flags,)* $(Self::$enum,)* $(Self::$number,)* $(Self::$address,)*];

            /// How the parameter is passed.
            #[must_use]
            pub const fn core(self) -> CoreType {
                match self {
                    $(Self::$flags => CoreType::$core,)*
                    $(Self::$enum => CoreType::I32,)*
                    $(Self::$number => CoreType::$ncore,)*
                    $(Self::$address => CoreType::I32,)*
                }
            }

            /// One plain sentence for a learner.
            #[must_use]
            pub const fn sentence(self) -> &'static str {
                match self {
                    $(Self::$flags => $doc,)*
                    $(Self::$enum => $edoc,)*
                    $(Self::$number => $ndoc,)*
                    $(Self::$address => $adoc,)*
                }
            }

            /// Whether it is an address.
            #[must_use]
            pub const fn is_address(self) -> bool {
                matches!(self, $(Self::$address)|*)
            }

            /// Whether it is an address that the call writes to.
            #[must_use]
            pub const fn is_result(self) -> bool {
                match self {
                    $(Self::$address => $out,)*
                    _ => false,
                }
            }
        }

        /// A type for each kind, named alike, so that the table can name both at once.
        pub(crate) mod of {
            pub(crate) use crate::types::{$($flags,)* $($enum,)*};
            $(pub(crate) enum $number {})*
            $(pub(crate) enum $address {})*
        }

        $(impl Decode for of::$flags {
            type Value = Self;
            #[inline]
            fn decode(raw: u64) -> Result<Self> {
                let bits = match CoreType::$core {
                    CoreType::I32 => u64::from(small(raw, u32::try_from(<$bits>::MAX).unwrap_or(u32::MAX))?),
                    CoreType::I64 if i64::try_from(raw).is_err() => return Err(Errno::Overflow),
                    CoreType::I64 => raw,
                };
                <$bits>::try_from(bits).ok().and_then(Self::from_bits).ok_or(Errno::Inval)
            }
        })*

        $(impl Decode for of::$enum {
            type Value = Self;
            #[inline]
            fn decode(raw: u64) -> Result<Self> {
                Self::from_raw(small(raw, $emax)?).ok_or(Errno::Inval)
            }
        })*

        $(impl Decode for of::$number {
            type Value = $value;
            #[inline]
            fn decode(raw: u64) -> Result<$value> {
                $decode(raw)
            }
        })*

        $(impl Decode for of::$address {
            type Value = u32;
            #[inline]
            fn decode(raw: u64) -> Result<u32> {
                let at = low(raw);
                if at.is_multiple_of($align) { Ok(at) } else { Err(Errno::Fault) }
            }
        })*
    };
}

kinds! {
    flags LookupFlags: I32, "How a path is resolved.", u32;
    flags OFlags: I32, "How a file is opened.", u16;
    flags FdFlags: I32, "The state of a descriptor.", u16;
    flags FstFlags: I32, "Which times to set, and to what.", u16;
    flags RiFlags: I32, "How to receive.", u16;
    flags SdFlags: I32, "What to shut.", u8;
    flags Rights: I64, "What may be done with a descriptor.", u64;

    enumeration Clock: "A clock.", u32::MAX;
    enumeration Advice: "How a file will be used.", 0xFF;
    enumeration Whence: "What a seek counts from.", 0xFF;

    number Fd: I32, "The number of a descriptor.", crate::types::Fd, |raw| Ok(crate::types::Fd(low(raw)));
    number Size: I32, "A length in bytes, or a count.", u32, |raw| Ok(low(raw));
    number FileSize: I64, "A size of a file, or a place in it, in bytes.", u64, Ok;
    number FileDelta: I64, "A distance in a file in bytes, backwards if negative.", i64, |raw: u64| Ok(raw.cast_signed());
    number Timestamp: I64, "A time or a duration in nanoseconds.", u64, Ok;
    number DirCookie: I64, "A place in a directory listing; 0 is its start.", u64, Ok;
    number SiFlags: I32, "How to send; no flag is defined.", u32, |raw| small(raw, 0xFFFF);
    number Signal: I32, "A signal.", crate::types::Signal, signal;
    number ExitCode: I32, "The exit code of the program.", u32, |raw| Ok(low(raw));

    address Path: "Where a path is: UTF-8 without a terminating NUL; its length follows.", 1, false;
    address Iovecs: "Where a list of buffers to fill is: (address, length) pairs; their count follows.", 4, false;
    address Ciovecs: "Where a list of buffers to write out is: (address, length) pairs; their count follows.", 4, false;
    address Subscriptions: "Where a list of subscriptions is, 48 bytes each.", 8, false;
    address EventsOut: "Where the events go, 32 bytes each.", 8, true;
    address BytesOut: "Where bytes go.", 1, true;
    address PointersOut: "Where a list of addresses goes.", 4, true;
    address SizeOut: "Where a length or a count goes.", 4, true;
    address FdOut: "Where the number of a descriptor goes.", 4, true;
    address FileSizeOut: "Where a size or a place goes.", 8, true;
    address TimestampOut: "Where a time goes.", 8, true;
    address FdStatOut: "Where the state of a descriptor goes, 24 bytes.", 8, true;
    address FileStatOut: "Where the attributes of a file go, 64 bytes.", 8, true;
    address PrestatOut: "Where the description of a preopen goes, 8 bytes.", 4, true;
    address RoFlagsOut: "Where the flags of a message go, 2 bytes.", 2, true;
}

fn signal(raw: u64) -> Result<crate::types::Signal> {
    match u8::try_from(small(raw, 0xFF)?) {
        Ok(number) if number <= crate::types::Signal::LAST => Ok(crate::types::Signal(number)),
        _ => Err(Errno::Inval),
    }
}

#[cfg(test)]
mod tests {
    use super::{Decode, of};
    use crate::errno::Errno;

    #[test]
    fn numbers_out_of_range_are_refused() {
        fn check<T: Decode>(name: &str, raw: u64, expected: Option<Errno>) {
            assert_eq!(T::decode(raw).err(), expected, "{name} {raw:#x}");
        }
        check::<of::OFlags>("all flags", 0b1111, None);
        check::<of::OFlags>("unknown flag", 0b1_0000, Some(Errno::Inval));
        check::<of::OFlags>("beyond 16 bits", 0x1_0000, Some(Errno::Overflow));
        check::<of::SdFlags>("beyond 8 bits", 0x100, Some(Errno::Overflow));
        check::<of::LookupFlags>("unknown flag", 2, Some(Errno::Inval));
        check::<of::LookupFlags>("sign bit", 0x8000_0000, Some(Errno::Overflow));
        check::<of::Rights>("all rights", 0x3FFF_FFFF, None);
        check::<of::Rights>("unknown right", 1 << 30, Some(Errno::Inval));
        check::<of::Rights>("sign bit", 1 << 63, Some(Errno::Overflow));
        check::<of::Clock>("thread clock", 3, None);
        check::<of::Clock>("unknown clock", 9, Some(Errno::Inval));
        check::<of::Whence>("unknown", 3, Some(Errno::Inval));
        check::<of::Whence>("beyond 8 bits", 256, Some(Errno::Overflow));
        check::<of::Whence>("sign extended", u64::MAX, Some(Errno::Overflow));
        check::<of::Signal>("last", 30, None);
        check::<of::Signal>("unknown", 31, Some(Errno::Inval));
        check::<of::SiFlags>("beyond 16 bits", 0x1_0000, Some(Errno::Overflow));
        check::<of::Fd>("any", u64::MAX, None);
        check::<of::FileStatOut>("aligned", 16, None);
        check::<of::FileStatOut>("not aligned", 12, Some(Errno::Fault));
        check::<of::Path>("bytes need none", 13, None);
    }
}
