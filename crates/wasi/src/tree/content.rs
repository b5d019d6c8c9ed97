//! The bytes of one file. Owns how they are kept: shared until first written, then in chunks, so that growing a file
//! costs linear time and never needs a second copy of it. Must never know names, times or limits.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use crate::errno::{Errno, Result};

/// A chunk holds so many bytes of a file; large enough that most reads lie in one.
const CHUNK: usize = 256 << 10;

/// What a hole reads as, lent out piece by piece.
static ZEROS: [u8; 4096] = [0; 4096];

/// Bytes that many files, trees and runs may share; a writer gets a copy of its own.
#[derive(Clone)]
pub struct Content(Arc<dyn AsRef<[u8]> + Send + Sync>);

impl Content {
    /// Shares whatever lends its bytes: a mapped file, say.
    pub fn shared(bytes: impl AsRef<[u8]> + Send + Sync + 'static) -> Self {
        Self(Arc::new(bytes))
    }

    /// The bytes.
    #[inline]
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        (*self.0).as_ref()
    }
}

impl From<Vec<u8>> for Content {
    fn from(bytes: Vec<u8>) -> Self {
        Self::shared(bytes)
    }
}

impl From<Arc<[u8]>> for Content {
    fn from(bytes: Arc<[u8]>) -> Self {
        Self::shared(bytes)
    }
}

impl From<&'static [u8]> for Content {
    fn from(bytes: &'static [u8]) -> Self {
        Self::shared(bytes)
    }
}

impl From<&str> for Content {
    fn from(text: &str) -> Self {
        Self::shared(text.as_bytes().to_vec())
    }
}

impl fmt::Debug for Content {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Content({} bytes)", self.bytes().len())
    }
}

/// The bytes of a file.
#[derive(Debug, Clone)]
pub struct FileBytes(Store);

#[derive(Debug, Clone)]
enum Store {
    Shared(Content),
    /// Each chunk holds the front of its part of the file, the last ones may be missing: what is not there, up to
    /// `len`, is zeros.
    Own {
        len: u64,
        chunks: Vec<Vec<u8>>,
    },
}

/// The chunk a place lies in, and where in it.
fn place(at: u64) -> (usize, usize) {
    let chunk = usize::try_from(at / CHUNK as u64).unwrap_or(usize::MAX);
    let within = usize::try_from(at % CHUNK as u64).unwrap_or(0);
    (chunk, within)
}

impl FileBytes {
    pub(crate) const fn empty() -> Self {
        Self(Store::Own { len: 0, chunks: Vec::new() })
    }

    pub(crate) const fn shared(content: Content) -> Self {
        Self(Store::Shared(content))
    }

    /// The size of the file.
    #[inline]
    #[must_use]
    pub fn len(&self) -> u64 {
        match &self.0 {
            Store::Shared(content) => content.bytes().len() as u64,
            Store::Own { len, .. } => *len,
        }
    }

    /// Whether it has no bytes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The size, if the bytes are this file's own; shared ones take no space.
    pub(crate) fn own_len(&self) -> u64 {
        match &self.0 {
            Store::Shared(_) => 0,
            Store::Own { len, .. } => *len,
        }
    }

    /// Bytes from `at` on: at most `max`, as many as lie together, none at the end of the file.
    #[inline]
    #[must_use]
    pub fn slice_at(&self, at: u64, max: u64) -> &[u8] {
        let max = usize::try_from(max.min(self.len().saturating_sub(at))).unwrap_or(usize::MAX);
        if max == 0 {
            return &[];
        }
        match &self.0 {
            Store::Shared(content) => {
                let rest = usize::try_from(at).ok().and_then(|at| content.bytes().get(at..)).unwrap_or(&[]);
                rest.get(..max).unwrap_or(rest)
            }
            Store::Own { chunks, .. } => {
                let (chunk, within) = place(at);
                let rest = chunks.get(chunk).and_then(|chunk| chunk.get(within..)).unwrap_or(&[]);
                let source = if rest.is_empty() { &ZEROS[..] } else { rest };
                // A hole ends with its chunk at the latest: the next one may hold bytes.
                let max = max.min(CHUNK - within);
                source.get(..max).unwrap_or(source)
            }
        }
    }

    /// All of it; borrowed if it lies together.
    #[must_use]
    pub fn to_bytes(&self) -> Cow<'_, [u8]> {
        let len = self.len();
        let first = self.slice_at(0, len);
        if first.len() as u64 == len {
            return Cow::Borrowed(first);
        }
        let mut all = Vec::new();
        loop {
            let piece = self.slice_at(all.len() as u64, len);
            if piece.is_empty() {
                return Cow::Owned(all);
            }
            all.extend_from_slice(piece);
        }
    }

    /// Writes `len` bytes at `at`, growing the file; the caller has checked that the end fits `u64`.
    /// `source` fills pieces of the file in order, each with its distance from the first byte.
    ///
    /// # Errors
    /// `NOSPC`: no memory. Whatever `source` fails with; the bytes from there on are then zeros.
    pub(crate) fn write(
        &mut self,
        at: u64,
        len: u32,
        mut source: impl FnMut(u64, &mut [u8]) -> Result<()>,
    ) -> Result<()> {
        let (file_len, chunks) = self.own()?;
        let mut done = 0;
        while done < u64::from(len) {
            let (index, within) = place(at + done);
            let count = usize::try_from(u64::from(len) - done).unwrap_or(usize::MAX).min(CHUNK - within);
            if index >= chunks.len() {
                let missing = index - chunks.len() + 1;
                chunks.try_reserve(missing).map_err(|_| Errno::Nospc)?;
                chunks.resize_with(index + 1, Vec::new);
            }
            let chunk = chunks.get_mut(index).ok_or(Errno::Io)?;
            grow(chunk, within + count)?;
            let piece = chunk.get_mut(within..within + count).ok_or(Errno::Io)?;
            *file_len = (*file_len).max(at + done + count as u64);
            source(done, piece)?;
            done += count as u64;
        }
        Ok(())
    }

    /// Cuts the file, or grows it with zeros that take no memory.
    ///
    /// # Errors
    /// `NOSPC`: no memory for a copy of shared bytes.
    pub(crate) fn set_len(&mut self, new: u64) -> Result<()> {
        if new == 0 {
            *self = Self::empty();
            return Ok(());
        }
        let (len, chunks) = self.own()?;
        if new < *len {
            let (index, within) = place(new);
            chunks.truncate(index.saturating_add(1));
            if let Some(last) = chunks.get_mut(index) {
                last.truncate(within);
            }
        }
        *len = new;
        Ok(())
    }

    /// The bytes as this file's own, copied if they were shared.
    fn own(&mut self) -> Result<(&mut u64, &mut Vec<Vec<u8>>)> {
        if let Store::Shared(content) = &self.0 {
            let bytes = content.bytes();
            let mut chunks = Vec::new();
            chunks.try_reserve_exact(bytes.len().div_ceil(CHUNK)).map_err(|_| Errno::Nospc)?;
            for piece in bytes.chunks(CHUNK) {
                let mut chunk = Vec::new();
                chunk.try_reserve_exact(piece.len()).map_err(|_| Errno::Nospc)?;
                chunk.extend_from_slice(piece);
                chunks.push(chunk);
            }
            self.0 = Store::Own { len: bytes.len() as u64, chunks };
        }
        match &mut self.0 {
            Store::Own { len, chunks } => Ok((len, chunks)),
            Store::Shared(_) => Err(Errno::Io),
        }
    }
}

/// Makes a chunk at least `len` long. Its room doubles up to [`CHUNK`], so that small appends cost linear time.
fn grow(chunk: &mut Vec<u8>, len: usize) -> Result<()> {
    if len > chunk.capacity() {
        let room = len.max(chunk.capacity() * 2).clamp(512, CHUNK);
        chunk.try_reserve_exact(room - chunk.len()).map_err(|_| Errno::Nospc)?;
    }
    if len > chunk.len() {
        chunk.resize(len, 0);
    }
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may fail so")]
mod tests {
    use super::{CHUNK, Content, FileBytes};

    fn put(file: &mut FileBytes, at: u64, bytes: &[u8]) {
        let len = u32::try_from(bytes.len()).unwrap();
        file.write(at, len, |from, piece| {
            let from = usize::try_from(from).unwrap();
            piece.copy_from_slice(&bytes[from..from + piece.len()]);
            Ok(())
        })
        .unwrap();
    }

    #[test]
    fn a_file_is_its_model() {
        let chunk = CHUNK as u64;
        for (name, start, writes) in [
            ("from nothing", vec![], vec![(0, 3)]),
            ("over shared bytes", vec![9; 10], vec![(4, 2), (8, 10)]),
            ("with a hole", vec![], vec![(5, 1), (100, 1)]),
            ("over a chunk's end", vec![7; 20], vec![(chunk - 2, 4)]),
            ("with a hole of chunks", vec![], vec![(3 * chunk + 5, 3), (chunk, 1)]),
            ("longer than a chunk", vec![1], vec![(1, 2 * CHUNK + 3)]),
        ] {
            let mut model = start.clone();
            let mut file = FileBytes::shared(Content::from(start));
            for (step, (at, len)) in writes.into_iter().enumerate() {
                let bytes: Vec<u8> = (0..len).map(|index| u8::try_from(index % 251).unwrap() + 1).collect();
                put(&mut file, at, &bytes);
                let at = usize::try_from(at).unwrap();
                model.resize(model.len().max(at + len), 0);
                model[at..at + len].copy_from_slice(&bytes);
                assert!(file.to_bytes() == model, "{name}, write {step}");
            }
            for cut in [model.len() + 10, model.len() / 2, 1, 4, 0] {
                file.set_len(cut as u64).unwrap();
                model.resize(cut, 0);
                assert!(file.to_bytes() == model, "{name}, cut to {cut}");
            }
        }
    }

    #[test]
    fn shared_bytes_are_lent_not_copied() {
        let content = Content::from(vec![1, 2, 3, 4]);
        let file = FileBytes::shared(content.clone());
        assert!(std::ptr::eq(file.slice_at(1, 2), &content.bytes()[1..3]));
        assert_eq!(file.slice_at(4, 1), &[] as &[u8]);
        assert_eq!(file.slice_at(u64::MAX, u64::MAX), &[] as &[u8]);
        assert_eq!(file.own_len(), 0);
    }
}
