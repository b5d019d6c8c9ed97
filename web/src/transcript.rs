//! What a run wrote, on its way to the screen: decoded, in order, and never more than a reader can use.
//!
//! It knows bytes and text only; how they are shown is `output.rs`'s.

use std::collections::VecDeque;

/// The most bytes that are shown, the last ones. A terminal would have scrolled the rest away, too.
pub const SHOWN: usize = 1 << 20;
/// A chunk of shown text ends at the first line end after so many bytes; chunks leave the screen whole.
pub const CHUNK: usize = 16 << 10;

/// Which stream text came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stream {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
    /// What the reader typed.
    Echo,
}

impl Stream {
    /// The name that tests and the style sheet know.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Stdout => "stdout",
            Self::Stderr => "stderr",
            Self::Echo => "echo",
        }
    }
}

/// Text to add to the screen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// Where it came from.
    pub stream: Stream,
    /// At least one character.
    pub text: String,
}

/// Bytes that were written and are not yet on the screen.
#[derive(Debug, Default)]
pub struct Transcript {
    waiting: VecDeque<(Stream, Vec<u8>)>,
    bytes_waiting: usize,
    skipped: u64,
    stdout: Decoder,
    stderr: Decoder,
    echo: Decoder,
}

impl Transcript {
    /// Takes what was written. What could never be shown is dropped at once, so that memory stays bounded.
    pub fn push(&mut self, stream: Stream, bytes: Vec<u8>) {
        self.bytes_waiting += bytes.len();
        self.waiting.push_back((stream, bytes));
        while self.bytes_waiting > SHOWN {
            let Some((_, first)) = self.waiting.front_mut() else { break };
            let over = (self.bytes_waiting - SHOWN).min(first.len());
            first.drain(..over);
            self.bytes_waiting -= over;
            self.skipped += over as u64;
            if first.is_empty() {
                self.waiting.pop_front();
            }
        }
    }

    /// Takes what is to be shown now, about `room` bytes: neighbours from one stream put together, and cut into pieces
    /// of at most a chunk, after a line where there is one.
    pub fn take(&mut self, room: usize) -> Vec<Piece> {
        let mut pieces: Vec<Piece> = Vec::new();
        let mut taken = 0;
        while taken < room {
            let Some((stream, bytes)) = self.waiting.pop_front() else { break };
            taken += bytes.len();
            let decoder = match stream {
                Stream::Stdout => &mut self.stdout,
                Stream::Stderr => &mut self.stderr,
                Stream::Echo => &mut self.echo,
            };
            let text = decoder.decode(&bytes);
            match pieces.last_mut() {
                Some(last) if last.stream == stream => last.text.push_str(&text),
                _ if text.is_empty() => {}
                _ => pieces.push(Piece { stream, text }),
            }
        }
        self.bytes_waiting -= taken;
        let cut_up = |Piece { stream, text }| cut(text).into_iter().map(move |text| Piece { stream, text });
        pieces.into_iter().flat_map(cut_up).collect()
    }

    /// True when everything was taken.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Bytes that were dropped before they were ever shown.
    #[must_use]
    pub fn skipped(&self) -> u64 {
        self.skipped
    }
}

/// The text in parts of at most [`CHUNK`] bytes.
fn cut(mut text: String) -> Vec<String> {
    let mut parts = Vec::new();
    while text.len() > CHUNK {
        let end = (0..=CHUNK).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(CHUNK);
        let line_end = text.get(..end).and_then(|head| head.rfind('\n')).map_or(end, |at| at + 1);
        let rest = text.split_off(line_end);
        parts.push(std::mem::replace(&mut text, rest));
    }
    parts.push(text);
    parts
}

/// Decodes UTF-8 that comes in parts; what is not UTF-8 becomes U+FFFD.
#[derive(Debug, Default)]
struct Decoder {
    /// The beginning of a character whose end has not come yet.
    begun: Vec<u8>,
}

impl Decoder {
    fn decode(&mut self, bytes: &[u8]) -> String {
        let mut all = std::mem::take(&mut self.begun);
        all.extend_from_slice(bytes);
        let mut text = String::with_capacity(all.len());
        let mut rest = all.as_slice();
        loop {
            match std::str::from_utf8(rest) {
                Ok(valid) => {
                    text.push_str(valid);
                    return text;
                }
                Err(error) => {
                    let (valid, after) = rest.split_at(error.valid_up_to());
                    text.push_str(&String::from_utf8_lossy(valid));
                    let Some(bad) = error.error_len() else {
                        self.begun = after.to_vec();
                        return text;
                    };
                    text.push('\u{FFFD}');
                    rest = after.get(bad..).unwrap_or_default();
                }
            }
        }
    }
}

/// How the screen is divided into chunks: where text goes, and how many old chunks must go for it.
#[derive(Debug, Default)]
pub struct Layout {
    chunks: VecDeque<(usize, bool)>,
    shown: usize,
}

/// Where a piece goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// True when the piece begins a chunk of its own.
    pub new_chunk: bool,
    /// So many of the oldest chunks leave the screen.
    pub leave: usize,
}

impl Layout {
    /// Makes room for a piece.
    pub fn place(&mut self, text: &str) -> Place {
        let new_chunk =
            self.chunks.back().is_none_or(|(size, line_ended)| *size >= 4 * CHUNK || (*size >= CHUNK && *line_ended));
        if new_chunk {
            self.chunks.push_back((0, false));
        }
        if let Some((size, line_ended)) = self.chunks.back_mut() {
            *size += text.len();
            *line_ended = text.ends_with('\n');
        }
        self.shown += text.len();
        let mut leave = 0;
        while self.shown > SHOWN && self.chunks.len() > 1 {
            if let Some((size, _)) = self.chunks.pop_front() {
                self.shown -= size;
                leave += 1;
            }
        }
        Place { new_chunk, leave }
    }
}

#[cfg(test)]
mod tests {
    use super::{CHUNK, Layout, Piece, Place, SHOWN, Stream, Transcript};

    fn piece(stream: Stream, text: &str) -> Piece {
        Piece { stream, text: text.to_owned() }
    }

    #[test]
    fn streams_keep_their_order_and_their_half_characters() {
        let mut transcript = Transcript::default();
        let cafe = "café\n".as_bytes();
        transcript.push(Stream::Stdout, cafe[..4].to_vec());
        transcript.push(Stream::Stderr, b"oh\xffno".to_vec());
        transcript.push(Stream::Stdout, cafe[4..].to_vec());
        transcript.push(Stream::Stdout, b"more".to_vec());
        assert_eq!(
            transcript.take(usize::MAX),
            [piece(Stream::Stdout, "caf"), piece(Stream::Stderr, "oh\u{FFFD}no"), piece(Stream::Stdout, "é\nmore")]
        );
        assert_eq!(transcript.take(usize::MAX), []);
        transcript.push(Stream::Stdout, b"first".to_vec());
        transcript.push(Stream::Stdout, b"second".to_vec());
        assert_eq!((transcript.take(3), transcript.is_empty()), (vec![piece(Stream::Stdout, "first")], false));
        assert_eq!((transcript.take(3), transcript.is_empty()), (vec![piece(Stream::Stdout, "second")], true));
    }

    #[test]
    fn long_text_is_cut_after_a_line() {
        let mut transcript = Transcript::default();
        let line = format!("{}é\n", "x".repeat(CHUNK / 2));
        transcript.push(Stream::Stdout, line.repeat(3).into_bytes());
        let lengths: Vec<usize> = transcript.take(usize::MAX).iter().map(|piece| piece.text.len()).collect();
        assert_eq!(lengths, [line.len(); 3]);
    }

    #[test]
    fn only_the_last_bytes_are_kept() {
        let mut transcript = Transcript::default();
        for letter in [b'a', b'b', b'c'] {
            transcript.push(Stream::Stdout, vec![letter; SHOWN / 2]);
        }
        let shown = transcript.take(usize::MAX);
        assert_eq!(shown.iter().map(|piece| piece.text.len()).sum::<usize>(), SHOWN);
        assert!(shown[0].text.starts_with('b'));
        assert!(shown.iter().all(|piece| piece.text.len() <= CHUNK));
        assert_eq!(transcript.skipped(), (SHOWN / 2) as u64);
    }

    #[test]
    fn chunks_end_with_a_line_and_leave_when_there_are_too_many() {
        let mut layout = Layout::default();
        let line = format!("{}\n", "x".repeat(CHUNK));
        let place = |new_chunk, leave| Place { new_chunk, leave };
        assert_eq!(layout.place("a"), place(true, 0));
        assert_eq!(layout.place(&line), place(false, 0));
        assert_eq!(layout.place("b"), place(true, 0));
        assert_eq!(layout.place(&line), place(false, 0));
        assert_eq!(layout.place(&"y".repeat(SHOWN)), place(true, 2));
    }
}
