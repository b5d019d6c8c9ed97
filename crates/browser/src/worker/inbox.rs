//! What comes to a worker while its guest runs: input and signals, through shared memory or through messages.
//!
//! It must never know what a signal does, nor who reads the input.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;

use amphi_wasi::Input;

use crate::Control;

/// Input and signals of one run.
#[derive(Debug)]
pub(super) struct Inbox {
    /// Input that was there from the start and is read first.
    given: RefCell<VecDeque<u8>>,
    /// True when nothing follows what was given or sent.
    ended: Cell<bool>,
    signal: Cell<u32>,
    /// Where the page leaves the rest, when memory is shared.
    control: Option<Control>,
    /// Input was read since somebody looked for a letter.
    news: Cell<bool>,
}

impl Inbox {
    /// `given` is all the input there will be; None means that the page sends it as it comes.
    pub(super) fn new(given: Option<Vec<u8>>, control: Option<Control>) -> Self {
        Self {
            ended: Cell::new(given.is_some()),
            given: RefCell::new(given.unwrap_or_default().into()),
            signal: Cell::default(),
            control,
            news: Cell::default(),
        }
    }

    /// A message brought input.
    pub(super) fn push(&self, bytes: &[u8]) {
        self.given.borrow_mut().extend(bytes);
    }

    /// A message said that no input follows.
    pub(super) fn end(&self) {
        self.ended.set(true);
    }

    /// A message brought a signal.
    pub(super) fn signal(&self, number: u32) {
        self.signal.set(number);
    }

    /// Takes input, at most `out.len()` bytes.
    pub(super) fn read(&self, out: &mut [u8]) -> Input {
        let mut given = self.given.borrow_mut();
        if !given.is_empty() {
            let (front, _) = given.as_slices();
            let count = front.len().min(out.len());
            for (to, from) in out.iter_mut().zip(given.drain(..count)) {
                *to = from;
            }
            return Input::Bytes(count);
        }
        if self.ended.get() {
            return Input::End;
        }
        let Some(control) = &self.control else { return Input::Empty };
        // The end is read first: whatever was pushed before it is then in the ring.
        let ended = control.has_ended();
        match control.pull(out) {
            0 if ended => Input::End,
            0 => Input::Empty,
            count => {
                // Whoever typed it may have sent a letter before.
                self.news.set(true);
                Input::Bytes(count)
            }
        }
    }

    /// Takes the letter that lies in shared memory, if there may be one: input was read, or `looks`.
    pub(super) fn letter(&self, looks: bool) -> Option<Vec<u8>> {
        if !self.news.take() && !looks {
            return None;
        }
        self.control.as_ref()?.letter()
    }

    /// True when [`Inbox::read`] would not say [`Input::Empty`].
    pub(super) fn is_ready(&self) -> bool {
        !self.given.borrow().is_empty()
            || self.ended.get()
            || self.control.as_ref().is_some_and(|control| control.has_input() || control.has_ended())
    }

    /// The signal that was sent and not yet taken, or 0.
    pub(super) fn pending_signal(&self) -> u32 {
        match &self.control {
            Some(control) => control.pending_signal(),
            None => self.signal.get(),
        }
    }

    /// Takes the signal, or 0.
    pub(super) fn take_signal(&self) -> u32 {
        match &self.control {
            Some(control) => control.take_signal(),
            None => self.signal.replace(0),
        }
    }

    /// The shared memory to wait on.
    pub(super) fn control(&self) -> Option<&Control> {
        self.control.as_ref()
    }
}

#[cfg(test)]
mod tests {
    use amphi_wasi::Input;

    use super::Inbox;

    #[test]
    fn given_input_is_read_to_its_end() {
        let inbox = Inbox::new(Some(b"abc".to_vec()), None);
        let mut out = [0; 2];
        assert_eq!((inbox.read(&mut out), &out), (Input::Bytes(2), b"ab"));
        assert_eq!((inbox.read(&mut out), &out), (Input::Bytes(1), b"cb"));
        assert_eq!(inbox.read(&mut out), Input::End);
    }

    #[test]
    fn sent_input_waits_until_it_is_ended() {
        let inbox = Inbox::new(None, None);
        let mut out = [0; 8];
        assert_eq!((inbox.read(&mut out), inbox.is_ready()), (Input::Empty, false));
        inbox.push(b"line\n");
        inbox.end();
        assert_eq!((inbox.is_ready(), inbox.read(&mut out)), (true, Input::Bytes(5)));
        assert_eq!((inbox.is_ready(), inbox.read(&mut out)), (true, Input::End));
    }

    #[test]
    fn a_signal_is_taken_once() {
        let inbox = Inbox::new(None, None);
        inbox.signal(2);
        assert_eq!([inbox.pending_signal(), inbox.take_signal(), inbox.take_signal()], [2, 2, 0]);
    }
}
