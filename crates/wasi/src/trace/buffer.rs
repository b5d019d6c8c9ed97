//! Bytes of records under way. Owns how they are put down quickly; must never know what they mean.
//!
//! All of it is zeroed once and then written over, so that a byte is one store and the guest's memory is read straight
//! into its place. Compiled to wasm, a copy or a fill of a few bytes is a call into the engine, and dearer than its bytes.

use crate::memory::{Memory, put};

/// Bytes that grow at their end.
#[derive(Debug, Default)]
pub(super) struct Buffer {
    bytes: Vec<u8>,
    /// How many of them are written.
    length: usize,
}

impl Buffer {
    /// An empty one with room for so many bytes.
    pub(super) fn new(room: usize) -> Self {
        Self { bytes: vec![0; room], length: 0 }
    }

    pub(super) fn len(&self) -> usize {
        self.length
    }

    pub(super) fn written(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or_default()
    }

    #[inline]
    pub(super) fn byte(&mut self, byte: u8) {
        self.array([byte]);
    }

    /// A few bytes, whose count the compiler knows.
    #[inline]
    pub(super) fn array<const N: usize>(&mut self, bytes: [u8; N]) {
        if let Some(place) = self.room() {
            *place = bytes;
            self.length += N;
        }
    }

    /// A number as LEB128: seven bits a byte, the lowest first.
    #[inline]
    pub(super) fn number(&mut self, mut number: u64) {
        let Some(place) = self.room::<10>() else { return };
        let mut length = 0;
        for byte in place {
            let [low, ..] = number.to_le_bytes();
            number >>= 7;
            length += 1;
            if number == 0 {
                *byte = low;
                break;
            }
            *byte = low | 0x80;
        }
        self.length += length;
    }

    pub(super) fn append(&mut self, bytes: &[u8]) {
        self.reserve(bytes.len());
        if let Some(place) = self.bytes.get_mut(self.length..self.length + bytes.len()) {
            place.copy_from_slice(bytes);
            self.length += bytes.len();
        }
    }

    /// Appends bytes of a guest's memory; false, and nothing, if they are not all in it.
    pub(super) fn copy<M: Memory + ?Sized>(&mut self, memory: &M, at: u32, length: usize) -> bool {
        self.reserve(length);
        let place = self.bytes.get_mut(self.length..self.length + length);
        let copied = place.is_some_and(|place| memory.read(at, place).is_ok());
        if copied {
            self.length += length;
        }
        copied
    }

    /// Writes over what is there.
    #[inline]
    pub(super) fn put<const N: usize>(&mut self, at: usize, bytes: [u8; N]) {
        put(&mut self.bytes, at, bytes);
    }

    pub(super) fn truncate(&mut self, length: usize) {
        self.length = self.length.min(length);
    }

    /// Drops the first bytes.
    pub(super) fn drop_front(&mut self, count: usize) {
        let count = count.min(self.length);
        self.bytes.copy_within(count..self.length, 0);
        self.length -= count;
    }

    /// The next bytes; always there, which the compiler does not know.
    #[inline]
    fn room<const N: usize>(&mut self) -> Option<&mut [u8; N]> {
        self.reserve(N);
        self.bytes.get_mut(self.length..)?.first_chunk_mut()
    }

    #[inline]
    fn reserve(&mut self, more: usize) {
        if self.bytes.len() - self.length < more {
            self.grow(more);
        }
    }

    #[cold]
    fn grow(&mut self, more: usize) {
        let room = self.length.saturating_add(more).saturating_mul(2).max(1024);
        self.bytes.resize(room, 0);
    }
}

#[cfg(test)]
mod tests {
    use super::Buffer;
    use crate::SliceMemory;

    #[test]
    fn what_is_put_down_is_there() {
        let mut guest = [7; 8];
        let memory = SliceMemory::new(&mut guest);
        let mut buffer = Buffer::default();
        for number in [0, 127, 128, u64::MAX] {
            buffer.number(number);
        }
        let numbers = buffer.len();
        assert_eq!(numbers, 1 + 1 + 2 + 10);
        buffer.append(b"abc");
        assert!(buffer.copy(&memory, 4, 4));
        assert!(!buffer.copy(&memory, 5, 4));
        buffer.put(numbers, [b'x']);
        assert_eq!(&buffer.written()[numbers..], b"xbc\x07\x07\x07\x07");
        buffer.truncate(numbers + 2);
        buffer.drop_front(numbers + 1);
        assert_eq!(buffer.written(), b"b");
    }
}
