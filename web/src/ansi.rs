//! Colours and faces of text that is written for a terminal (ECMA-48's "select graphic rendition"). What else a terminal
//! would do, such as moving its cursor, is left out. It must never know how a face looks.

use anstyle_parse::{DefaultCharAccumulator, Params, Parser, Perform};

/// A colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Colour {
    /// One of a terminal's sixteen, by its number: 8 and more are the bright ones.
    Named(u8),
    /// Red, green and blue.
    Rgb(u8, u8, u8),
}

/// How text looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own in a terminal")]
pub struct Face {
    /// Of the letters.
    pub ink: Option<Colour>,
    /// Behind them.
    pub paper: Option<Colour>,
    /// Stronger letters.
    pub bold: bool,
    /// Fainter letters.
    pub dim: bool,
    /// Slanted letters.
    pub italic: bool,
    /// A line below.
    pub underline: bool,
    /// A line through.
    pub struck: bool,
    /// Ink and paper change places.
    pub inverse: bool,
}

/// Reads what one stream writes: it goes on where it was, also in the middle of a sequence.
#[derive(Default)]
pub struct Painter {
    parser: Parser<DefaultCharAccumulator>,
    face: Face,
    /// There was one, and it may not have ended.
    sees_sequences: bool,
}

impl Painter {
    /// The text in runs of one face, without the sequences.
    pub fn runs(&mut self, text: &str) -> Vec<(Face, String)> {
        // Most text has none.
        if !self.sees_sequences && !text.contains(is_control) {
            return vec![(self.face, text.to_owned())];
        }
        let mut reader = Reader { face: self.face, runs: Vec::new(), lines: 0 };
        for byte in text.bytes() {
            let before = reader.lines;
            self.parser.advance(&mut reader, byte);
            // Some sequences hold any text, such as a window's title. None holds a line's end: it was never ended.
            if byte == b'\n' && reader.lines == before {
                self.parser = Parser::default();
                reader.execute(byte);
            }
        }
        self.face = reader.face;
        // Only the parser knows whether one is under way.
        self.sees_sequences = true;
        reader.runs
    }
}

fn is_control(letter: char) -> bool {
    letter.is_control() && !matches!(letter, '\n' | '\t' | '\r')
}

struct Reader {
    face: Face,
    runs: Vec<(Face, String)>,
    /// Ends of lines.
    lines: usize,
}

impl Reader {
    fn add(&mut self, letter: char) {
        match self.runs.last_mut() {
            Some((face, text)) if *face == self.face => text.push(letter),
            _ => self.runs.push((self.face, letter.to_string())),
        }
    }
}

impl Perform for Reader {
    fn print(&mut self, letter: char) {
        self.add(letter);
    }

    fn execute(&mut self, byte: u8) {
        if matches!(byte, b'\n' | b'\t' | b'\r') {
            self.add(char::from(byte));
        }
        self.lines += usize::from(byte == b'\n');
    }

    fn csi_dispatch(&mut self, params: &Params, intermediates: &[u8], ignore: bool, action: u8) {
        if ignore || !intermediates.is_empty() || action != b'm' {
            return;
        }
        let numbers: Vec<u16> = params.iter().flat_map(plainly).collect();
        // No number is a zero.
        let mut rest = if numbers.is_empty() { &[0][..] } else { &numbers };
        while let Some((number, after)) = rest.split_first() {
            rest = self.face.select(*number, after);
        }
    }
}

/// A parameter with its parts, which colons part, as it is without colons.
fn plainly(parts: &[u16]) -> Vec<u16> {
    match parts {
        // A line below of no kind.
        [4, 0] => vec![24],
        // With the number of a colour space, which nobody has another of.
        [target @ (38 | 48 | 58), 2, _, red, green, blue, ..] => vec![*target, 2, *red, *green, *blue],
        [38 | 48 | 58, ..] => parts.to_vec(),
        [first, ..] => vec![*first],
        [] => Vec::new(),
    }
}

impl Face {
    /// Selects by one number of a sequence, and gives the numbers after it that are not part of it.
    fn select<'n>(&mut self, number: u16, after: &'n [u16]) -> &'n [u16] {
        let named = |first: u16| u8::try_from(number.saturating_sub(first)).ok().map(Colour::Named);
        match number {
            0 => *self = Self::default(),
            1 => self.bold = true,
            2 => self.dim = true,
            3 => self.italic = true,
            4 => self.underline = true,
            7 => self.inverse = true,
            9 => self.struck = true,
            22 => (self.bold, self.dim) = (false, false),
            23 => self.italic = false,
            24 => self.underline = false,
            27 => self.inverse = false,
            29 => self.struck = false,
            30..=37 => self.ink = named(30),
            39 => self.ink = None,
            40..=47 => self.paper = named(40),
            49 => self.paper = None,
            90..=97 => self.ink = named(90 - 8),
            100..=107 => self.paper = named(100 - 8),
            38 | 48 | 58 => {
                let (colour, rest) = extended(after);
                match number {
                    38 => self.ink = colour.or(self.ink),
                    48 => self.paper = colour.or(self.paper),
                    // A line below has the colour of its letters.
                    _ => {}
                }
                return rest;
            }
            _ => {}
        }
        after
    }
}

/// The colour after 38 or 48: `5;N` of 256, or `2;R;G;B`. What is none ends the sequence.
fn extended(numbers: &[u16]) -> (Option<Colour>, &[u16]) {
    let byte = |number: u16| u8::try_from(number).unwrap_or(u8::MAX);
    match numbers {
        [5, number, rest @ ..] => (Some(of_256(byte(*number))), rest),
        [2, red, green, blue, rest @ ..] => (Some(Colour::Rgb(byte(*red), byte(*green), byte(*blue))), rest),
        _ => (None, &[]),
    }
}

/// The palette of xterm: sixteen named ones, a cube of six steps a side, and greys.
fn of_256(number: u8) -> Colour {
    let step = |level: u8| if level == 0 { 0 } else { 55 + 40 * level };
    match number {
        0..16 => Colour::Named(number),
        16..232 => {
            let at = number - 16;
            Colour::Rgb(step(at / 36), step(at / 6 % 6), step(at % 6))
        }
        _ => {
            let grey = 8 + 10 * (number - 232);
            Colour::Rgb(grey, grey, grey)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Colour, Face, Painter};

    #[test]
    fn sequences_become_faces() {
        let plain = Face::default();
        let red = Face { ink: Some(Colour::Named(1)), ..plain };
        for (text, runs) in [
            ("plain\ttext\n", &[(plain, "plain\ttext\n")][..]),
            ("a\u{1b}[31mb\u{1b}[0mc", &[(plain, "a"), (red, "b"), (plain, "c")]),
            (
                "\u{1b}[1;91mx\u{1b}[22my\u{1b}[mz",
                &[
                    (Face { ink: Some(Colour::Named(9)), bold: true, ..plain }, "x"),
                    (Face { ink: Some(Colour::Named(9)), ..plain }, "y"),
                    (plain, "z"),
                ],
            ),
            ("\u{1b}[38;5;208;4mé", &[(Face { ink: Some(Colour::Rgb(255, 135, 0)), underline: true, ..plain }, "é")]),
            ("\u{1b}[48;2;1;2;300mx", &[(Face { paper: Some(Colour::Rgb(1, 2, 255)), ..plain }, "x")]),
            ("\u{1b}[38;5;250mg", &[(Face { ink: Some(Colour::Rgb(188, 188, 188)), ..plain }, "g")]),
            ("\u{1b}[4:3mx\u{1b}[4:0my", &[(Face { underline: true, ..plain }, "x"), (plain, "y")]),
            ("\u{1b}[38:2::1:2:3mx", &[(Face { ink: Some(Colour::Rgb(1, 2, 3)), ..plain }, "x")]),
            // What moves a cursor or names a window is left out, and what is broken takes nothing else away.
            ("a\u{1b}[2J\u{1b}]0;title\u{7}b\u{8}\u{1b}[38;9mc", &[(plain, "abc")]),
            ("\u{1b}[31", &[]),
            ("\u{1b}]0;no end\nb", &[(plain, "\nb")]),
            ("\u{1b}[58;5;1;31mx", &[(red, "x")]),
        ] {
            let found = Painter::default().runs(text);
            let found: Vec<(Face, &str)> = found.iter().map(|(face, text)| (*face, text.as_str())).collect();
            assert_eq!(found, runs, "{text:?}");
        }
    }

    #[test]
    fn a_sequence_may_come_in_parts() {
        let mut painter = Painter::default();
        let mut all = String::new();
        for part in ["a\u{1b}", "[3", "1mb", "c\u{1b}[0m", "d"] {
            for (face, text) in painter.runs(part) {
                all.push_str(&format!("{}{text}", if face.ink.is_some() { "*" } else { "" }));
            }
        }
        assert_eq!(all, "a*b*cd");
    }
}
