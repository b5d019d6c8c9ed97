//! Work for Python, and the threads that do it: as many as there are calls at a time. This file never knows what the work
//! is.

use std::collections::VecDeque;
use std::io;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use pyo3::Python;

use crate::line::Side;

/// The stack of a thread that runs Python, in bytes: what Python's own main thread usually has.
const STACK: usize = 8 << 20;

/// What is done with Python's lock held.
pub(crate) type Task = Box<dyn FnOnce(Python<'_>) -> crate::line::Done + Send>;

/// Files are loaded one at a time, by the thread that starts the interpreter.
pub(crate) static LOADS: Queue = Queue::new("amphi-python", 1);

/// Calls, each on a thread of its own while it runs, so that one that blocks is in nobody's way.
pub(crate) static CALLS: Queue = Queue::new("amphi-python-call", 64);

/// Work that waits, and the threads that take it.
#[derive(Debug)]
pub(crate) struct Queue {
    /// What the threads are called.
    name: &'static str,
    /// How many there may be, not counting those that were left behind.
    most: usize,
    state: Mutex<State>,
    ready: Condvar,
}

#[derive(Debug)]
struct State {
    waiting: VecDeque<Work>,
    /// Threads without work.
    idle: usize,
    threads: usize,
}

/// A task, and who waits for it.
pub(crate) struct Work {
    pub(crate) side: Side,
    pub(crate) task: Task,
}

impl std::fmt::Debug for Work {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("Work")
    }
}

impl Queue {
    const fn new(name: &'static str, most: usize) -> Self {
        let state = State { waiting: VecDeque::new(), idle: 0, threads: 0 };
        Self { name, most, state: Mutex::new(state), ready: Condvar::new() }
    }

    /// Has a thread do some work as soon as one is free.
    ///
    /// # Errors
    /// The system gives no thread, and there is none yet.
    pub(crate) fn push(&'static self, work: Work) -> io::Result<()> {
        let mut state = self.state();
        state.waiting.push_back(work);
        let grown = self.grow(&mut state);
        if state.threads == 0 {
            state.waiting.pop_back();
            return grown;
        }
        drop(state);
        self.ready.notify_one();
        Ok(())
    }

    /// A thread is not expected to come back: another may take its place.
    pub(crate) fn left_behind(&'static self) {
        let mut state = self.state();
        state.threads = state.threads.saturating_sub(1);
        // Where the system gives no thread now, the next work asks again.
        let _ = self.grow(&mut state);
    }

    /// Adds a thread if there is more work than threads for it, and there may be more.
    fn grow(&'static self, state: &mut State) -> io::Result<()> {
        if state.waiting.len() <= state.idle || state.threads >= self.most {
            return Ok(());
        }
        let thread = thread::Builder::new().name(self.name.to_owned()).stack_size(STACK);
        thread.spawn(move || self.serve())?;
        state.threads += 1;
        Ok(())
    }

    /// The life of a thread. It keeps its state in Python between calls, and ends if it was left behind.
    fn serve(&'static self) {
        let ended = Ended(self);
        let left = Python::attach(|py| {
            loop {
                let Work { side, task } = py.detach(|| self.next());
                if side.work(py, task) {
                    break true;
                }
            }
        });
        if left {
            // Whoever left it behind has counted it out.
            std::mem::forget(ended);
        }
    }

    fn next(&self) -> Work {
        let mut state = self.state();
        loop {
            if let Some(work) = state.waiting.pop_front() {
                return work;
            }
            state.idle += 1;
            state = self.ready.wait(state).unwrap_or_else(PoisonError::into_inner);
            state.idle -= 1;
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Counts out a thread that ends by a panic.
struct Ended(&'static Queue);

impl Drop for Ended {
    fn drop(&mut self) {
        self.0.left_behind();
    }
}
