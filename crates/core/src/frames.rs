//! Where a Python guest is: the file and the line of its own program that it runs, read out of its memory while it waits
//! for the host. CPython keeps a table for that, `_Py_DebugOffsets` in `Include/internal/pycore_runtime.h`, which says
//! where everything lies; nothing of the guest runs, and nothing in it changes.
//!
//! It must never know an engine, nor trust what it reads: a guest may have written anything there.

use std::collections::HashMap;

/// What the table begins with.
const COOKIE: [u8; 8] = *b"xdebugpy";
/// The only layout of the table that is known here: that of CPython 3.13.
const VERSION: u64 = 0x030D;
/// The table lies among the static data, which is where memory begins.
const SEARCHED: u64 = 64 << 20;
/// How much is searched at a time.
const PART: usize = 1 << 16;
/// A chain of frames is followed so far.
const DEEPEST: usize = 64;
/// Code objects that are remembered; then all are forgotten, for a program may make ever more.
const REMEMBERED: usize = 4_096;
/// A longer name of a file, or a longer table of lines, is none.
const LONGEST: u32 = 1 << 20;
/// Files of amphi's own and of the standard library are not the program's.
const NOT_ITS_OWN: [&str; 2] = ["/lib/", "<frozen "];

/// Copies bytes of the guest's memory, and says whether all of them are there.
pub type Read<'a> = &'a dyn Fn(u32, &mut [u8]) -> bool;

/// Reads where one guest is. Looking again costs little: what is known of a code object is kept.
#[derive(Debug, Default)]
pub struct Frames {
    place: Place,
    codes: HashMap<Key, Code>,
}

/// A line of a program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Line<'a> {
    /// As Python names the file: `/work/main.py`, `<console>`.
    pub file: &'a str,
    /// Counted from 1.
    pub number: u32,
}

/// Where the table is.
#[derive(Debug, Default)]
enum Place {
    /// Nobody has looked.
    #[default]
    Unknown,
    /// The guest has none.
    Nowhere,
    /// What of it is used, and the address of the runtime.
    Known(u32, Box<Offsets>),
}

/// The part of the table that is used; all in bytes.
#[derive(Debug)]
struct Offsets {
    interpreters_head: u32,
    threads_head: u32,
    current_frame: u32,
    frame: FrameOffsets,
    code: CodeOffsets,
    bytes_size: u32,
    bytes: u32,
    text_state: u32,
    text_length: u32,
    text: u32,
}

#[derive(Debug)]
struct FrameOffsets {
    previous: u32,
    executable: u32,
    instruction: u32,
    owner: u32,
}

#[derive(Debug)]
struct CodeOffsets {
    file: u32,
    lines: u32,
    first_line: u32,
    instructions: u32,
}

/// What tells a code object from one that had its address before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Key {
    code: u32,
    file: u32,
    lines: u32,
    first_line: u32,
}

/// What is kept of a code object.
#[derive(Debug)]
struct Code {
    file: String,
    its_own: bool,
    lines: Vec<u8>,
}

impl Frames {
    /// The innermost line of the guest's own program, not of the library's it may be in; none if there is no such, or
    /// no CPython that is known here.
    pub fn line(&mut self, read: Read<'_>) -> Option<Line<'_>> {
        if matches!(self.place, Place::Unknown) {
            self.place = find(read).map_or(Place::Nowhere, |(at, offsets)| Place::Known(at, Box::new(offsets)));
        }
        let Place::Known(runtime, offsets) = &self.place else { return None };
        let interpreter = pointer(read, runtime.wrapping_add(offsets.interpreters_head))?;
        let thread = pointer(read, interpreter.wrapping_add(offsets.threads_head))?;
        let mut frame = pointer(read, thread.wrapping_add(offsets.current_frame))?;
        for _ in 0..DEEPEST {
            let of_frame = &offsets.frame;
            let mut owner = [0];
            if !read(frame.wrapping_add(of_frame.owner), &mut owner) {
                return None;
            }
            // A frame of C has no code.
            if let [0..=2] = owner {
                let code = pointer(read, frame.wrapping_add(of_frame.executable))?;
                let key = offsets.code.key(read, code)?;
                if !self.codes.contains_key(&key) {
                    if self.codes.len() >= REMEMBERED {
                        self.codes.clear();
                    }
                    self.codes.insert(key, offsets.code(read, key)?);
                }
                if self.codes.get(&key).is_some_and(|code| code.its_own) {
                    let at = pointer(read, frame.wrapping_add(of_frame.instruction))?;
                    let unit = at.wrapping_sub(code.wrapping_add(offsets.code.instructions)) / 2;
                    let code = self.codes.get(&key)?;
                    let number = line_of(&code.lines, key.first_line, unit)?;
                    return Some(Line { file: &code.file, number });
                }
            }
            frame = pointer(read, frame.wrapping_add(of_frame.previous))?;
        }
        None
    }
}

/// The address of the runtime, which begins with the table, and what the table says.
fn find(read: Read<'_>) -> Option<(u32, Offsets)> {
    let mut part = vec![0; PART];
    // The runtime is aligned for its numbers, and so is each part.
    for start in (0..SEARCHED).step_by(PART) {
        let start = u32::try_from(start).ok()?;
        if !read(start, &mut part) {
            return None;
        }
        let (words, _) = part.as_chunks::<8>();
        for (at, _) in words.iter().enumerate().filter(|(_, word)| **word == COOKIE) {
            let runtime = start + u32::try_from(at * 8).ok()?;
            if let Some(offsets) = Offsets::read(read, runtime) {
                return Some((runtime, offsets));
            }
        }
    }
    None
}

impl Offsets {
    /// Each number of the table is 64 bits wide; they are numbered as `_Py_DebugOffsets` has them.
    fn read(read: Read<'_>, runtime: u32) -> Option<Self> {
        let word = |at: u32| {
            let mut bytes = [0; 8];
            read(runtime.checked_add(at.checked_mul(8)?)?, &mut bytes).then(|| u64::from_le_bytes(bytes))
        };
        let offset = |at: u32| word(at).and_then(|offset| u32::try_from(offset).ok());
        if word(1)? >> 16 != VERSION {
            return None;
        }
        Some(Self {
            interpreters_head: offset(5)?,
            threads_head: offset(9)?,
            current_frame: offset(23)?,
            frame: FrameOffsets {
                previous: offset(29)?,
                executable: offset(30)?,
                instruction: offset(31)?,
                owner: offset(33)?,
            },
            code: CodeOffsets {
                file: offset(35)?,
                lines: offset(38)?,
                first_line: offset(39)?,
                instructions: offset(43)?,
            },
            bytes_size: offset(65)?,
            bytes: offset(66)?,
            text_state: offset(68)?,
            text_length: offset(69)?,
            text: offset(70)?,
        })
    }

    fn code(&self, read: Read<'_>, key: Key) -> Option<Code> {
        let file = self.text(read, key.file)?;
        let its_own = !NOT_ITS_OWN.iter().any(|start| file.starts_with(start));
        let length = pointer(read, key.lines.wrapping_add(self.bytes_size))?;
        let lines = bytes(read, key.lines.wrapping_add(self.bytes), length)?;
        Some(Code { file, its_own, lines })
    }

    /// The text of a `str` object.
    fn text(&self, read: Read<'_>, at: u32) -> Option<String> {
        const COMPACT: u32 = 1 << 5;
        const ASCII: u32 = 1 << 6;
        let state = pointer(read, at.wrapping_add(self.text_state))?;
        let length = pointer(read, at.wrapping_add(self.text_length))?;
        let (width, data) = match ((state >> 2) & 7, state & COMPACT != 0, state & ASCII != 0) {
            (1, true, true) => (1, at.wrapping_add(self.text)),
            // Its UTF-8 form comes first: a length and an address.
            (width @ (1 | 2 | 4), true, false) => (width, at.wrapping_add(self.text.wrapping_add(8))),
            _ => return None,
        };
        let units = bytes(read, data, length.checked_mul(width)?)?;
        let point = |unit: &[u8]| {
            let mut number = [0; 4];
            number.iter_mut().zip(unit).for_each(|(to, from)| *to = *from);
            char::from_u32(u32::from_le_bytes(number)).unwrap_or(char::REPLACEMENT_CHARACTER)
        };
        Some(units.chunks(width as usize).map(point).collect())
    }
}

impl CodeOffsets {
    fn key(&self, read: Read<'_>, code: u32) -> Option<Key> {
        let field = |offset: u32| pointer(read, code.wrapping_add(offset));
        Some(Key { code, file: field(self.file)?, lines: field(self.lines)?, first_line: field(self.first_line)? })
    }
}

/// A word of memory; none for 0, which is no address and no length that is of use here.
fn pointer(read: Read<'_>, at: u32) -> Option<u32> {
    let mut bytes = [0; 4];
    read(at, &mut bytes).then(|| u32::from_le_bytes(bytes)).filter(|word| *word != 0)
}

fn bytes(read: Read<'_>, at: u32, length: u32) -> Option<Vec<u8>> {
    if length > LONGEST {
        return None;
    }
    let mut bytes = vec![0; length as usize];
    read(at, &mut bytes).then_some(bytes)
}

/// The line of an instruction, by its place in units of two bytes; the table's form is that of `Objects/locations.md`.
fn line_of(table: &[u8], first: u32, unit: u32) -> Option<u32> {
    let mut from = table.iter().copied();
    let (mut line, mut start) = (i64::from(first), 0_u32);
    loop {
        let head = from.next()?;
        let end = start.checked_add(u32::from(head & 7) + 1)?;
        let code = (head >> 3) & 15;
        match code {
            // Only columns.
            0..=9 => drop(from.next()?),
            10..=12 => {
                line += i64::from(code - 10);
                from.next()?;
                from.next()?;
            }
            13 => line += signed(&mut from)?,
            14 => {
                line += signed(&mut from)?;
                for _ in 0..3 {
                    varint(&mut from)?;
                }
            }
            // No place in the text.
            _ => {}
        }
        if (start..end).contains(&unit) {
            return if code == 15 { None } else { u32::try_from(line).ok() };
        }
        start = end;
    }
}

/// Six bits a byte, the lowest first.
fn varint(from: &mut impl Iterator<Item = u8>) -> Option<u32> {
    let mut number = 0_u32;
    for shift in (0..32).step_by(6) {
        let byte = from.next()?;
        number |= u32::from(byte & 63).wrapping_shl(shift);
        if byte & 64 == 0 {
            return Some(number);
        }
    }
    None
}

/// Such a number whose lowest bit is its sign.
fn signed(from: &mut impl Iterator<Item = u8>) -> Option<i64> {
    let number = varint(from)?;
    let size = i64::from(number >> 1);
    Some(if number & 1 == 0 { size } else { -size })
}

#[cfg(test)]
mod tests {
    use super::{Frames, line_of};

    #[test]
    fn lines_are_those_of_python() {
        // `f.__code__.co_linetable` of CPython 3.13, and `f.__code__.co_lines()`, for
        // "def f(a):\n    b = [\n      a,\n\n\n\n\n\n\n      2]\n    return [x for x in b]".
        let table = [
            0x80, 0x00, 0xE0, 0x06, 0x07, 0xF0, 0x0E, 0x00, 0x07, 0x08, 0xF0, 0x11, 0x08, 0x09, 0x09, 0x80, 0x41, 0xF1,
            0x12, 0x00, 0x18, 0x19, 0x8B, 0x3E, 0x92, 0x71, 0x90, 0x21, 0x8A, 0x41, 0x91, 0x71, 0x89, 0x3E, 0xD0, 0x04,
            0x19, 0xF9, 0x8A, 0x3E,
        ];
        let lines = [
            (0..2, Some(1)),
            (2..4, Some(3)),
            (4..6, Some(10)),
            (6..10, Some(2)),
            (10..46, Some(11)),
            (46..50, None),
            (50..56, Some(11)),
            (56..60, None),
        ];
        for (bytes, line) in lines {
            for at in bytes {
                assert_eq!(line_of(&table, 1, at / 2), line, "at {at}");
            }
        }
        for cut in 0..table.len() {
            // A part of a table is read to its end.
            let _ = line_of(table.get(..cut).unwrap_or_default(), 1, 99);
        }
    }

    #[test]
    fn a_guest_that_is_no_python_has_no_lines() {
        for memory in [vec![], vec![0; 1 << 17], b"xdebugpy".repeat(1 << 14)] {
            let read = |at: u32, out: &mut [u8]| {
                let at = at as usize;
                let part = memory.get(at..at + out.len());
                part.map(|part| out.copy_from_slice(part)).is_some()
            };
            let mut frames = Frames::default();
            assert_eq!(frames.line(&read), None);
            assert_eq!(frames.line(&read), None);
        }
    }
}
