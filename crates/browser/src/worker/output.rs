//! What the guest writes, gathered into messages: often enough to read along, seldom enough for 50 MB.
//!
//! It must never know who reads it.

use js_sys::Uint8Array;

use crate::message::ToPage;

/// A message is sent when it has this many bytes…
const FULL: usize = 64 * 1024;
/// …or when the last one is this old, in milliseconds: half a frame.
const OLD_MS: f64 = 8.0;

/// Bytes on their way to the page, and how many there may be in all.
#[derive(Debug)]
pub(super) struct Output {
    held: Vec<u8>,
    held_is_stderr: bool,
    sent_ms: f64,
    left: u64,
}

impl Output {
    /// `limit` is how many bytes both streams may have together.
    pub(super) fn new(limit: u64) -> Self {
        Self { held: Vec::new(), held_is_stderr: false, sent_ms: f64::NEG_INFINITY, left: limit }
    }

    /// Takes bytes, and sends what is full or old. False when the limit is passed: what fits is then still sent.
    pub(super) fn write(&mut self, stderr: bool, bytes: &[u8], now_ms: f64) -> bool {
        let fits = usize::try_from(self.left).unwrap_or(usize::MAX).min(bytes.len());
        self.left -= fits as u64;
        if stderr != self.held_is_stderr {
            self.send(now_ms);
            self.held_is_stderr = stderr;
        }
        self.held.extend_from_slice(bytes.get(..fits).unwrap_or(bytes));
        if self.held.len() >= FULL {
            self.send(now_ms);
        } else {
            self.send_old(now_ms);
        }
        fits == bytes.len()
    }

    /// Sends what is held if the last message is old.
    pub(super) fn send_old(&mut self, now_ms: f64) {
        if now_ms - self.sent_ms >= OLD_MS {
            self.send(now_ms);
        }
    }

    /// Sends what is held.
    pub(super) fn send(&mut self, now_ms: f64) {
        if self.held.is_empty() {
            return;
        }
        let bytes = Uint8Array::from(self.held.as_slice());
        super::post_giving(&ToPage::Output { stderr: self.held_is_stderr, bytes: bytes.clone() }, &bytes.buffer());
        self.held.clear();
        self.sent_ms = now_ms;
    }
}
