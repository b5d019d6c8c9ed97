//! The memory a page and its worker share: a signal, a counter to wake by, a ring of input bytes, and room for a letter.
//!
//! One writer (the page) and one reader (the worker). It must never know who reads the bytes, nor what a signal does.

use js_sys::{Atomics, Int32Array, SharedArrayBuffer, Uint8Array};
use wasm_bindgen::JsValue;

/// Words before the ring, each an `i32` read and written atomically.
const WORDS: u32 = 8;
const SIGNAL: u32 = 0;
const WAKE: u32 = 1;
/// Bytes ever written, modulo 2^32.
const WRITTEN: u32 = 2;
/// Bytes ever read, modulo 2^32.
const READ: u32 = 3;
const ENDED: u32 = 4;
/// Bytes of the letter that lies there, or 0, or [`OPENED`].
const LETTER: u32 = 5;
/// The worker reads the letter.
const OPENED: u32 = u32::MAX;
/// Bytes in the ring; a power of two, so that positions may wrap.
const RING: u32 = 1 << 16;
/// Bytes that a letter has room for; what is never written takes no memory.
const ROOM: u32 = 4 << 20;

/// What both sides hold of the shared memory.
#[derive(Debug, Clone)]
pub struct Control {
    words: Int32Array,
    ring: Uint8Array,
    letter: Uint8Array,
}

/// What became of a letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Posted {
    /// It lies there, in the place of one that was not read.
    Done,
    /// The worker reads the one before: a moment later there is room.
    Busy,
    /// There is no room for so much.
    TooLarge,
}

impl Control {
    /// New shared memory. Only where [`crate::wait::Waiting::Shared`] is available.
    #[must_use]
    pub fn new() -> Self {
        Self::over(&SharedArrayBuffer::new(WORDS * 4 + RING + ROOM))
    }

    /// The other side's memory, as it came in a message.
    #[must_use]
    pub fn over(buffer: &SharedArrayBuffer) -> Self {
        Self {
            words: Int32Array::new_with_byte_offset_and_length(buffer, 0, WORDS),
            ring: Uint8Array::new_with_byte_offset_and_length(buffer, WORDS * 4, RING),
            letter: Uint8Array::new_with_byte_offset_and_length(buffer, WORDS * 4 + RING, ROOM),
        }
    }

    /// What is sent to the other side.
    #[must_use]
    pub fn buffer(&self) -> JsValue {
        self.words.buffer().into()
    }

    /// Page: appends as many of `bytes` as there is room for; returns how many.
    pub fn push(&self, bytes: &[u8]) -> usize {
        let (written, read) = (self.load(WRITTEN), self.load(READ));
        let room = RING - written.wrapping_sub(read).min(RING);
        let count = u32::try_from(bytes.len()).unwrap_or(u32::MAX).min(room);
        for (part, at) in spans(written, count) {
            let from = part as usize;
            let length = at.1 as usize;
            if let Some(bytes) = bytes.get(from..from + length) {
                self.ring.subarray(at.0, at.0 + at.1).copy_from(bytes);
            }
        }
        self.store(WRITTEN, written.wrapping_add(count));
        self.wake();
        count as usize
    }

    /// Page: forgets an earlier run's input and signal. Only while no run is under way.
    pub fn reset(&self) {
        for word in [SIGNAL, WRITTEN, READ, ENDED, LETTER] {
            self.store(word, 0);
        }
    }

    /// Page: no input will follow what was pushed.
    pub fn end(&self) {
        self.store(ENDED, 1);
        self.wake();
    }

    /// Page: leaves a letter for the worker to find.
    pub fn post(&self, letter: &[u8]) -> Posted {
        let length = u32::try_from(letter.len()).unwrap_or(u32::MAX);
        if length > ROOM {
            return Posted::TooLarge;
        }
        let before = self.load(LETTER);
        if before == OPENED || !self.swap(LETTER, before, 0) {
            return Posted::Busy;
        }
        self.letter.subarray(0, length).copy_from(letter);
        self.store(LETTER, length);
        Posted::Done
    }

    /// The word that is not 0 while a letter lies there, for JavaScript to look at.
    pub fn letter_word(&self) -> Int32Array {
        self.words.subarray(LETTER, LETTER + 1)
    }

    /// Whether a letter lies there that nobody has read to its end.
    #[must_use]
    pub fn has_letter(&self) -> bool {
        self.load(LETTER) != 0
    }

    /// Page: leaves a signal for the worker to find. Nought takes one back.
    pub fn signal(&self, number: u32) {
        self.store(SIGNAL, number);
        self.wake();
    }

    /// Worker: takes input, as much as there is and fits; 0 when there is none.
    pub fn pull(&self, out: &mut [u8]) -> usize {
        let (written, read) = (self.load(WRITTEN), self.load(READ));
        let there = written.wrapping_sub(read);
        let count = u32::try_from(out.len()).unwrap_or(u32::MAX).min(there);
        for (part, at) in spans(read, count) {
            let from = part as usize;
            let length = at.1 as usize;
            if let Some(out) = out.get_mut(from..from + length) {
                self.ring.subarray(at.0, at.0 + at.1).copy_to(out);
            }
        }
        self.store(READ, read.wrapping_add(count));
        count as usize
    }

    /// Worker: takes the letter, if there is one.
    pub fn letter(&self) -> Option<Vec<u8>> {
        let length = self.load(LETTER);
        if length == 0 || !self.swap(LETTER, length, OPENED) {
            return None;
        }
        let mut letter = vec![0; length as usize];
        self.letter.subarray(0, length).copy_to(&mut letter);
        self.store(LETTER, 0);
        Some(letter)
    }

    /// Worker: true when [`Control::pull`] would give something.
    #[must_use]
    pub fn has_input(&self) -> bool {
        self.load(WRITTEN) != self.load(READ)
    }

    /// Worker: true when the page said that no more will be pushed.
    #[must_use]
    pub fn has_ended(&self) -> bool {
        self.load(ENDED) != 0
    }

    /// Worker: the signal, which stays.
    #[must_use]
    pub fn pending_signal(&self) -> u32 {
        self.load(SIGNAL)
    }

    /// Worker: the signal, which is taken.
    pub fn take_signal(&self) -> u32 {
        if self.load(SIGNAL) == 0 { 0 } else { Atomics::exchange(&self.words, SIGNAL, 0).map_or(0, i32::cast_unsigned) }
    }

    /// Worker: a value to give to [`Control::wait`], taken before looking whether there is anything to wait for.
    #[must_use]
    pub fn ticket(&self) -> u32 {
        self.load(WAKE)
    }

    /// Worker: blocks until something happened since `ticket` was taken, or for `milliseconds` (infinity: for ever).
    pub fn wait(&self, ticket: u32, milliseconds: f64) {
        // It fails only where blocking is forbidden, on a page's own thread; then the caller spins, and nothing is lost.
        let _ = Atomics::wait_with_timeout(&self.words, WAKE, ticket.cast_signed(), milliseconds);
    }

    fn wake(&self) {
        let _ = Atomics::add(&self.words, WAKE, 1);
        let _ = Atomics::notify(&self.words, WAKE);
    }

    fn load(&self, word: u32) -> u32 {
        // It fails only for an index outside the array, and the indexes are the constants above.
        Atomics::load(&self.words, word).map_or(0, i32::cast_unsigned)
    }

    /// Whether the word was that, and is now the other.
    fn swap(&self, word: u32, from: u32, to: u32) -> bool {
        let found = Atomics::compare_exchange(&self.words, word, from.cast_signed(), to.cast_signed());
        found.is_ok_and(|found| found.cast_unsigned() == from)
    }

    fn store(&self, word: u32, value: u32) {
        let _ = Atomics::store(&self.words, word, value.cast_signed());
    }
}

impl Default for Control {
    fn default() -> Self {
        Self::new()
    }
}

/// The one or two pieces of the ring that hold `count` bytes from `position`: where each begins in the bytes, and
/// its (offset, length) in the ring.
fn spans(position: u32, count: u32) -> [(u32, (u32, u32)); 2] {
    let at = position % RING;
    let first = count.min(RING - at);
    [(0, (at, first)), (first, (0, count - first))]
}

#[cfg(test)]
mod tests {
    use super::{RING, spans};

    #[test]
    fn spans_cover_the_bytes_once() {
        for (name, position, count, expected) in [
            ("nothing", 5, 0, [(0, (5, 0)), (0, (0, 0))]),
            ("in one piece", 5, 10, [(0, (5, 10)), (10, (0, 0))]),
            ("to the end", RING - 4, 4, [(0, (RING - 4, 4)), (4, (0, 0))]),
            ("around the end", RING - 4, 10, [(0, (RING - 4, 4)), (4, (0, 6))]),
            ("after a wrap of the counter", u32::MAX - 1, 4, [(0, (RING - 2, 2)), (2, (0, 2))]),
        ] {
            assert_eq!(spans(position, count), expected, "{name}");
        }
    }
}
