//! Owns standard input: what a run reads, without ever blocking its thread in the system.
//! It must never know WASI or who waits; it rings the run's bell when there is something.

use crate::control::Control;
use crate::sync::lock;
use std::fs::File;
use std::io::{ErrorKind, IsTerminal as _, Read as _};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, Weak};

/// What one read of the system takes at most.
const CHUNK: usize = 64 << 10;

/// Where a run's standard input comes from.
#[derive(Debug)]
pub struct Stdin(Source);

#[derive(Debug)]
enum Source {
    /// Bytes given beforehand, and how many of them were read.
    Bytes(Mutex<(Vec<u8>, usize)>),
    /// This process's own.
    Process,
    /// Whatever somebody gives when asked.
    Feed(Arc<Feed>),
}

/// What a read gave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Read {
    /// So many bytes, at least one.
    Bytes(usize),
    /// There will be no more.
    End,
    /// Nothing yet; the run's bell rings when there is.
    Empty,
    /// The system could not read.
    Failed,
}

impl Stdin {
    /// Input that ends at once.
    #[must_use]
    pub fn empty() -> Self {
        Self::bytes(Vec::new())
    }

    /// These bytes, then the end.
    #[must_use]
    pub fn bytes(bytes: Vec<u8>) -> Self {
        Self(Source::Bytes(Mutex::new((bytes, 0))))
    }

    /// This process's own standard input.
    #[must_use]
    pub fn process() -> Self {
        Self(Source::Process)
    }

    pub(crate) fn feed(feed: Arc<Feed>) -> Self {
        Self(Source::Feed(feed))
    }

    /// Takes what is there; `out` must not be empty.
    pub(crate) fn read(&self, out: &mut [u8], control: &Arc<Control>) -> Read {
        let read = self.take(out, control);
        if let Read::Bytes(_) = read {
            // Who types may have edited a file before.
            control.tell_news();
        }
        read
    }

    fn take(&self, out: &mut [u8], control: &Arc<Control>) -> Read {
        match &self.0 {
            Source::Bytes(bytes) => {
                let mut bytes = lock(bytes);
                let (bytes, at) = &mut *bytes;
                let count = copy(out, bytes.get(*at..).unwrap_or_default());
                *at += count;
                if count == 0 { Read::End } else { Read::Bytes(count) }
            }
            Source::Process => match Process::get() {
                Process::File(file) => read_file(file, out),
                Process::Feed(feed) => feed.read(out, control),
            },
            Source::Feed(feed) => feed.read(out, control),
        }
    }

    /// Whether [`Stdin::read`] would give anything but [`Read::Empty`].
    pub(crate) fn ready(&self, control: &Arc<Control>) -> bool {
        match &self.0 {
            Source::Bytes(_) => true,
            Source::Process => match Process::get() {
                Process::File(_) => true,
                Process::Feed(feed) => feed.ready(control),
            },
            Source::Feed(feed) => feed.ready(control),
        }
    }

    /// Whether a person types it.
    pub(crate) fn is_terminal(&self) -> bool {
        matches!(self.0, Source::Process) && std::io::stdin().is_terminal()
    }
}

/// Input that arrives piece by piece, each when it was asked for: what no guest wants is left where it is.
pub(crate) struct Feed {
    state: Mutex<Arrived>,
    ask: Box<dyn Fn() + Send + Sync>,
}

impl std::fmt::Debug for Feed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Feed").finish_non_exhaustive()
    }
}

#[derive(Default)]
struct Arrived {
    bytes: Vec<u8>,
    /// How many of `bytes` were taken.
    taken: usize,
    /// Said once and then forgotten: at a terminal, input may go on after its end was typed.
    end: Option<Read>,
    asked: bool,
    waiting: Weak<Control>,
}

impl Feed {
    /// `ask` is called when input is wanted; an answer with [`Feed::give`] or [`Feed::end`] must follow from elsewhere.
    pub(crate) fn new(ask: impl Fn() + Send + Sync + 'static) -> Self {
        Self { state: Mutex::default(), ask: Box::new(ask) }
    }

    /// Answers with bytes; none at all are the end.
    pub(crate) fn give(&self, bytes: &[u8]) {
        self.answer(|state| {
            state.taken = 0;
            state.bytes.clear();
            state.bytes.extend_from_slice(bytes);
            state.end = bytes.is_empty().then_some(Read::End);
        });
    }

    fn fail(&self) {
        self.answer(|state| state.end = Some(Read::Failed));
    }

    fn answer(&self, change: impl FnOnce(&mut Arrived)) {
        let mut state = lock(&self.state);
        change(&mut state);
        state.asked = false;
        let waiting = state.waiting.upgrade();
        drop(state);
        if let Some(control) = waiting {
            control.bell().ring();
        }
    }

    fn read(&self, out: &mut [u8], control: &Arc<Control>) -> Read {
        let mut state = lock(&self.state);
        let count = copy(out, state.bytes.get(state.taken..).unwrap_or_default());
        if count > 0 {
            state.taken += count;
            return Read::Bytes(count);
        }
        if let Some(end) = state.end.take() {
            return end;
        }
        self.want(state, control);
        Read::Empty
    }

    fn ready(&self, control: &Arc<Control>) -> bool {
        let state = lock(&self.state);
        if state.taken < state.bytes.len() || state.end.is_some() {
            return true;
        }
        self.want(state, control);
        false
    }

    fn want(&self, mut state: MutexGuard<'_, Arrived>, control: &Arc<Control>) {
        state.waiting = Arc::downgrade(control);
        if !state.asked {
            state.asked = true;
            drop(state);
            (self.ask)();
        }
    }
}

/// This process's standard input, shared by all runs that inherit it: what one left unread the next one gets.
enum Process {
    /// A regular file never makes a reader wait, so it needs no thread.
    File(File),
    Feed(Arc<Feed>),
}

impl Process {
    fn get() -> &'static Self {
        static PROCESS: OnceLock<Process> = OnceLock::new();
        PROCESS.get_or_init(|| match regular_file() {
            Some(file) => Self::File(file),
            None => Self::Feed(Arc::new_cyclic(|feed: &Weak<Feed>| {
                let (wanted, wants) = channel();
                let reader = Mutex::new(Some((feed.clone(), wants)));
                Feed::new(move || ask_reader(&wanted, &reader))
            })),
        })
    }
}

/// Lets the reader thread read once; it starts with the first question.
fn ask_reader(wanted: &Sender<()>, reader: &Mutex<Option<(Weak<Feed>, Receiver<()>)>>) {
    // The thread listens as long as the process lives, so the question always arrives.
    let _ = wanted.send(());
    if let Some((feed, wants)) = lock(reader).take() {
        let thread = std::thread::Builder::new().name("amphi-stdin".to_owned());
        let fallback = feed.clone();
        if thread.spawn(move || fill(&feed, &wants)).is_err()
            && let Some(feed) = fallback.upgrade()
        {
            // Without a thread nothing can be read; an error tells the guest, where a wait would never end.
            feed.fail();
        }
    }
}

fn fill(feed: &Weak<Feed>, wants: &Receiver<()>) {
    let mut chunk = vec![0; CHUNK];
    while wants.recv().is_ok() {
        let read = loop {
            match std::io::stdin().lock().read(&mut chunk) {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                read => break read,
            }
        };
        let Some(feed) = feed.upgrade() else { return };
        match read {
            Ok(count) => feed.give(chunk.get(..count).unwrap_or_default()),
            Err(_) => feed.fail(),
        }
    }
}

fn read_file(mut file: &File, out: &mut [u8]) -> Read {
    loop {
        match file.read(out) {
            Ok(0) => return Read::End,
            Ok(count) => return Read::Bytes(count),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(_) => return Read::Failed,
        }
    }
}

/// Standard input as a file, if it is a regular one.
fn regular_file() -> Option<File> {
    #[cfg(unix)]
    let handle = std::os::fd::AsFd::as_fd(&std::io::stdin()).try_clone_to_owned();
    #[cfg(windows)]
    let handle = std::os::windows::io::AsHandle::as_handle(&std::io::stdin()).try_clone_to_owned();
    let file = File::from(handle.ok()?);
    file.metadata().is_ok_and(|metadata| metadata.is_file()).then_some(file)
}

fn copy(out: &mut [u8], from: &[u8]) -> usize {
    let count = out.len().min(from.len());
    if let (Some(out), Some(from)) = (out.get_mut(..count), from.get(..count)) {
        out.copy_from_slice(from);
    }
    count
}
