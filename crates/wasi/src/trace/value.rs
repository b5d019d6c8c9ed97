//! The values of a decoded call: numbers by name, bytes, attributes, listings. Owns how they are read from their bytes;
//! must never know a record.

use crate::errno::Errno;
use crate::types::{Clock, EventRwFlags, EventType, FdFlags, FileType, Rights, SubclockFlags};

/// What an argument or a result was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// A count, a length, a place, a code.
    Number(u64),
    /// A distance.
    Signed(i64),
    /// A descriptor.
    Fd(u32),
    /// A value of an enumeration, by name; an unknown one as its number.
    Word(String),
    /// Flags by name, and the bits that have none.
    Flags {
        /// Those with a name.
        set: Vec<&'static str>,
        /// The others.
        rest: u64,
    },
    /// A time or a duration in nanoseconds.
    Time(u64),
    /// Bytes, or the first of them.
    Bytes {
        /// What was kept.
        shown: Vec<u8>,
        /// How many there were.
        whole: u64,
    },
    /// Room for so many bytes.
    Room(u64),
    /// An address in the guest's memory, where what lies there is not known.
    Address(u32),
    /// Texts: arguments, variables.
    Texts(Vec<Vec<u8>>),
    /// The attributes of a file.
    FileStat(FileStat),
    /// The state of a descriptor.
    FdStat(FdStat),
    /// A preopened directory, and the length of its name.
    Prestat(u32),
    /// Part of a directory's listing.
    Listing(Vec<DirEntry>),
    /// What a poll waits for.
    Subscriptions(Vec<Subscription>),
    /// What a poll found.
    Events(Vec<Event>),
}

/// `filestat`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileStat {
    /// The device.
    pub device: u64,
    /// The inode.
    pub inode: u64,
    /// The kind of file.
    pub file_type: String,
    /// Names of the file.
    pub links: u64,
    /// Bytes.
    pub size: u64,
    /// When it was last read, in nanoseconds since 1970.
    pub accessed: u64,
    /// When it was last written.
    pub modified: u64,
    /// When its attributes last changed.
    pub changed: u64,
}

/// `fdstat`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FdStat {
    /// What it stands for.
    pub file_type: String,
    /// Its state.
    pub flags: Vec<&'static str>,
    /// What may be done with it.
    pub rights: Vec<&'static str>,
    /// What may be done with what is opened under it.
    pub inheriting: Vec<&'static str>,
}

/// `dirent` and its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DirEntry {
    /// Where the next one is.
    pub next: u64,
    /// The inode.
    pub inode: u64,
    /// The kind of file.
    pub file_type: String,
    /// The name, as far as it fit the guest's buffer.
    pub name: Vec<u8>,
}

/// `subscription`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subscription {
    /// What the guest knows it by.
    pub userdata: u64,
    /// What is waited for.
    pub when: When,
}

/// What a subscription waits for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum When {
    /// A clock.
    Clock {
        /// Which.
        clock: String,
        /// In nanoseconds.
        timeout: u64,
        /// A moment, not a duration.
        absolute: bool,
    },
    /// A descriptor to be readable.
    Read(u32),
    /// A descriptor to be writable.
    Write(u32),
    /// An unknown kind, by its number.
    Unknown(u8),
}

/// `event`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// The subscription's.
    pub userdata: u64,
    /// What went wrong, `SUCCESS` for nothing.
    pub errno: Errno,
    /// What happened.
    pub kind: String,
    /// Nothing more will come.
    pub hangup: bool,
}

impl Value {
    /// A value of an enumeration by its Rust name, in the specification's spelling.
    pub(super) fn word(name: Option<&str>, raw: u64) -> Self {
        Self::Word(name.map_or_else(|| raw.to_string(), spelled))
    }

    /// Flags of a `bitflags` type.
    pub(super) fn flags<F: bitflags::Flags>(raw: u64) -> Self
    where
        F::Bits: TryFrom<u64> + Into<u64> + Copy,
    {
        let known: u64 = F::all().bits().into();
        let flags = F::Bits::try_from(raw & known).ok().and_then(F::from_bits);
        Self::Flags { set: flags.map(|flags| names(&flags)).unwrap_or_default(), rest: raw & !known }
    }
}

/// The names of the flags that are set.
fn names<F: bitflags::Flags>(flags: &F) -> Vec<&'static str> {
    F::FLAGS
        .iter()
        .filter(|flag| flags.contains(F::from_bits_retain(flag.value().bits())))
        .map(|flag| flag.name())
        .collect()
}

/// `CharacterDevice` as `character_device`.
fn spelled(name: &str) -> String {
    let mut out = String::new();
    for letter in name.chars() {
        if letter.is_ascii_uppercase() && !out.is_empty() {
            out.push('_');
        }
        out.push(letter.to_ascii_lowercase());
    }
    out
}

fn file_type(raw: u8) -> String {
    FileType::from_raw(raw.into()).map_or_else(|| raw.to_string(), |kind| spelled(kind.name()))
}

/// Reads numbers from the front of bytes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reader<'a>(pub(super) &'a [u8]);

impl<'a> Reader<'a> {
    pub(super) fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (front, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(front)
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.take(N)?.first_chunk().copied()
    }

    pub(super) fn u8(&mut self) -> Option<u8> {
        self.array().map(u8::from_le_bytes)
    }

    pub(super) fn u16(&mut self) -> Option<u16> {
        self.array().map(u16::from_le_bytes)
    }

    pub(super) fn u32(&mut self) -> Option<u32> {
        self.array().map(u32::from_le_bytes)
    }

    pub(super) fn u64(&mut self) -> Option<u64> {
        self.array().map(u64::from_le_bytes)
    }

    /// A number as [`Buffer::number`](super::buffer::Buffer::number) writes it; what goes beyond 64 bits is lost.
    pub(super) fn leb128(&mut self) -> Option<u64> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.u8()?;
            number |= u64::from(byte & 0x7F) << shift;
            if byte & 0x80 == 0 {
                return Some(number);
            }
        }
        None
    }

    /// A length, as such a number.
    pub(super) fn length(&mut self) -> Option<usize> {
        self.leb128().and_then(|length| usize::try_from(length).ok())
    }
}

pub(super) fn file_stat(bytes: &[u8]) -> Option<Value> {
    let mut from = Reader(bytes);
    let (device, inode) = (from.u64()?, from.u64()?);
    let [kind, ..] = from.array::<8>()?;
    Some(Value::FileStat(FileStat {
        device,
        inode,
        file_type: file_type(kind),
        links: from.u64()?,
        size: from.u64()?,
        accessed: from.u64()?,
        modified: from.u64()?,
        changed: from.u64()?,
    }))
}

pub(super) fn fd_stat(bytes: &[u8]) -> Option<Value> {
    let mut from = Reader(bytes);
    let [kind, _] = from.array()?;
    let flags = FdFlags::from_bits_truncate(from.u16()?);
    from.u32()?;
    let mut rights = || Some(names(&Rights::from_bits_truncate(from.u64()?)));
    Some(Value::FdStat(FdStat {
        file_type: file_type(kind),
        flags: names(&flags),
        rights: rights()?,
        inheriting: rights()?,
    }))
}

pub(super) fn prestat(bytes: &[u8]) -> Option<Value> {
    let mut from = Reader(bytes);
    from.u32()?;
    from.u32().map(Value::Prestat)
}

/// Texts, each ended by a NUL.
pub(super) fn texts(bytes: &[u8]) -> Value {
    let texts = bytes.strip_suffix(&[0]).unwrap_or(bytes).split(|byte| *byte == 0).map(<[u8]>::to_vec);
    Value::Texts(if bytes.is_empty() { Vec::new() } else { texts.collect() })
}

/// Entries of a directory, the last perhaps cut off.
pub(super) fn listing(bytes: &[u8]) -> Value {
    let mut from = Reader(bytes);
    let mut entry = || {
        let (next, inode, len) = (from.u64()?, from.u64()?, from.u32()?);
        let [kind, ..] = from.array::<4>()?;
        let name = from.take((len as usize).min(from.0.len()))?.to_vec();
        Some(DirEntry { next, inode, file_type: file_type(kind), name })
    };
    Value::Listing(std::iter::from_fn(&mut entry).collect())
}

pub(super) fn subscriptions(bytes: &[u8]) -> Value {
    let one = |bytes: &[u8; 48]| {
        let mut from = Reader(bytes);
        let userdata = from.u64()?;
        let [tag, ..] = from.array::<8>()?;
        let when = match EventType::from_raw(tag.into()) {
            Some(EventType::Clock) => {
                let id = from.u64()? & 0xFFFF_FFFF;
                let (timeout, _precision, flags) = (from.u64()?, from.u64()?, from.u16()?);
                let clock = u32::try_from(id).ok().and_then(Clock::from_raw);
                When::Clock {
                    clock: clock.map_or_else(|| id.to_string(), |clock| spelled(clock.name())),
                    timeout,
                    absolute: SubclockFlags::from_bits_truncate(flags).contains(SubclockFlags::ABSTIME),
                }
            }
            Some(EventType::FdRead) => When::Read(from.u32()?),
            Some(EventType::FdWrite) => When::Write(from.u32()?),
            None => When::Unknown(tag),
        };
        Some(Subscription { userdata, when })
    };
    Value::Subscriptions(bytes.as_chunks().0.iter().filter_map(one).collect())
}

pub(super) fn events(bytes: &[u8]) -> Value {
    let one = |bytes: &[u8; 32]| {
        let mut from = Reader(bytes);
        let userdata = from.u64()?;
        let errno = Errno::from_raw(from.u16()?.into())?;
        let [kind, ..] = from.array::<6>()?;
        from.u64()?;
        let kind = EventType::from_raw(kind.into());
        Some(Event {
            userdata,
            errno,
            kind: kind.map_or_else(String::new, |kind| spelled(kind.name())),
            hangup: EventRwFlags::from_bits_truncate(from.u16()?).contains(EventRwFlags::HANGUP),
        })
    };
    Value::Events(bytes.as_chunks().0.iter().filter_map(one).collect())
}
