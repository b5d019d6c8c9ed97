//! How far a task is, and how one ends that does not end: Python is told, then it is left behind. This file never knows
//! what is done, nor who waits for it.

use std::ffi::{c_long, c_ulong};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use pyo3::exceptions::PyKeyboardInterrupt;
use pyo3::{Py, PyAny, PyTypeInfo as _, Python, ffi};

use crate::queue::Queue;

/// How far a task is, which both its threads know.
#[derive(Debug)]
pub(crate) struct Progress {
    queue: &'static Queue,
    state: Mutex<State>,
}

#[derive(Debug)]
enum State {
    Waiting,
    /// Python knows the thread by that number.
    Running {
        thread: c_ulong,
        told: bool,
    },
    Over,
    /// Nobody waits for it any more; where it has begun, on that thread.
    Left(Option<c_ulong>),
}

impl Progress {
    /// A task that waits in that queue.
    pub(crate) fn new(queue: &'static Queue) -> Arc<Self> {
        Arc::new(Self { queue, state: Mutex::new(State::Waiting) })
    }

    /// The task begins on this thread; false if nobody waits for it any more.
    pub(crate) fn begin(&self) -> bool {
        let mut state = self.state();
        if matches!(*state, State::Left(_)) {
            return false;
        }
        *state = State::Running { thread: thread_number(), told: false };
        true
    }

    /// The task has ended on this thread; whether it was left behind.
    pub(crate) fn end(&self, py: Python<'_>) -> bool {
        let before = std::mem::replace(&mut *self.state(), State::Over);
        if matches!(before, State::Running { told: true, .. }) {
            // It may have ended before the exception was raised, which must not hit the next task.
            raise(py, thread_number(), None);
        }
        matches!(before, State::Left(_))
    }

    /// Whether the task was left behind.
    pub(crate) fn is_left(&self) -> bool {
        matches!(*self.state(), State::Left(_))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Raises `KeyboardInterrupt` in Python, when that gets its lock; nobody waits for it.
    pub(crate) fn tell(self: Arc<Self>) {
        let tell = move || {
            Python::attach(|py| {
                // The lock of Python and this one together: the task cannot end in between, nor the next one begin.
                let mut state = self.state();
                let thread = match &mut *state {
                    State::Running { thread, told } => {
                        *told = true;
                        Some(*thread)
                    }
                    State::Left(thread) => *thread,
                    State::Waiting | State::Over => None,
                };
                if let Some(thread) = thread {
                    raise(py, thread, Some(PyKeyboardInterrupt::type_object(py).into_any().unbind()));
                }
            });
        };
        // Without a thread for it the call is left behind untold.
        let _ = thread::Builder::new().name("amphi-python-interrupt".to_owned()).spawn(tell);
    }

    /// Leaves the task behind; false if it is over.
    pub(crate) fn leave(&self) -> bool {
        let mut state = self.state();
        match *state {
            State::Over => return false,
            State::Waiting => *state = State::Left(None),
            State::Left(_) => {}
            State::Running { thread, .. } => {
                *state = State::Left(Some(thread));
                drop(state);
                self.queue.left_behind();
            }
        }
        true
    }
}

/// Has Python raise that in a thread, the next time it runs bytecode; none takes back what was not raised yet.
#[expect(unsafe_code, reason = "PyO3 has no other way to it")]
fn raise(_: Python<'_>, thread: c_ulong, exception: Option<Py<PyAny>>) {
    // C has it without a sign, too.
    let thread: c_long = thread.cast_signed();
    let exception = exception.as_ref().map_or(std::ptr::null_mut(), Py::as_ptr);
    // SAFETY: Python's lock is held, and the function takes a reference of its own. A thread that is gone is none.
    unsafe { ffi::PyThreadState_SetAsyncExc(thread, exception) };
}

/// The number by which Python knows this thread.
#[expect(unsafe_code, reason = "PyO3 has no other way to it")]
fn thread_number() -> c_ulong {
    // SAFETY: it only asks the system which thread this is.
    unsafe { ffi::PyThread_get_thread_ident() }
}
