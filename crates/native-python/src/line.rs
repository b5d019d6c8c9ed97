//! One call between two threads: the one that waits for it, which can reach the guest, and Python's, which does it. This
//! file owns what they say to each other; it never knows what is called.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use amphi_core::{Handle, HostError, Value};
use pyo3::Python;

use crate::Interrupted;
use crate::queue::{Queue, Task, Work};
use crate::stop::Progress;

/// How often a call that is under way looks whether it should end.
const POLL: Duration = Duration::from_millis(20);

/// So many looks after it was told to, a call that has not ended is left behind.
const PATIENCE: u32 = 10;

/// What became of a task.
pub(crate) type Done = Result<Value, HostError>;

/// What Python's thread says.
enum News {
    /// The task is done.
    Done(Done),
    /// A callable of the guest is to be called; the answer is an [`Order`].
    Call(Handle, Vec<Value>),
}

/// What the thread that waits says, while Python's waits for an answer.
enum Order {
    /// What the callable gave.
    Answer(Done),
    /// First something else: the callable has called a host function.
    Task(Task),
}

/// Does a task in Python, and waits for it. Callables of the guest are called here, by `call`, on this thread.
///
/// A task that begins while this thread calls such a callable goes to the Python thread that waits for it: what Python
/// calls in a row is on one stack, as without the guest in between.
///
/// # Errors
/// What the task fails with; `KeyboardInterrupt`: it was interrupted.
pub(crate) fn run(
    queue: &'static Queue,
    interrupted: &Interrupted,
    task: Task,
    call: &mut dyn FnMut(&Handle, Vec<Value>) -> Done,
) -> Done {
    if let Some(waiter) = WAITERS.with_borrow(|waiters| waiters.last().cloned()) {
        // Where Python's thread is gone, its news end too.
        let _ = waiter.orders.send(Order::Task(task));
        return waiter.wait(interrupted, call);
    }
    let progress = Progress::new(queue);
    let ((say, news), (orders, hear)) = (channel(), channel());
    let side = Side(Arc::new(Ends { progress: progress.clone(), news: say, orders: Mutex::new(hear) }));
    queue
        .push(Work { side, task })
        .map_err(|error| HostError::host(format!("Python cannot have a thread for the call: {error}")))?;
    Rc::new(Waiter { progress, news, orders }).wait(interrupted, call)
}

/// Has a task done some time.
pub(crate) fn post(queue: &'static Queue, task: Task) {
    let progress = Progress::new(queue);
    let ((say, _), (_, hear)) = (channel(), channel());
    // What nobody waits for may be lost where there are no threads.
    let _ = queue.push(Work { side: Side(Arc::new(Ends { progress, news: say, orders: Mutex::new(hear) })), task });
}

thread_local! {
    /// The calls for which this thread is calling callables of the guest, the innermost last.
    static WAITERS: RefCell<Vec<Rc<Waiter>>> = const { RefCell::new(Vec::new()) };
    /// The call that this thread of Python does.
    static SIDE: RefCell<Option<Side>> = const { RefCell::new(None) };
}

/// The end of the thread that waits.
struct Waiter {
    progress: Arc<Progress>,
    news: Receiver<News>,
    orders: Sender<Order>,
}

impl Waiter {
    fn wait(self: Rc<Self>, interrupted: &Interrupted, call: &mut dyn FnMut(&Handle, Vec<Value>) -> Done) -> Done {
        let mut patience = None;
        loop {
            match self.news.recv_timeout(POLL) {
                Ok(News::Done(done)) => return done,
                Ok(News::Call(handle, args)) => {
                    let answer = {
                        let _out = Out::new(self.clone());
                        call(&handle, args)
                    };
                    if self.progress.is_left() {
                        // A call inside the callable was left behind, and with it the thread that this one is on.
                        return Err(interrupted_error());
                    }
                    // A guest whose run is over fails at once, and Python may try again for ever.
                    let failed = answer.is_err();
                    // Where Python's thread is gone, its news end too.
                    let _ = self.orders.send(Order::Answer(answer));
                    if failed && self.look(interrupted, &mut patience) {
                        return Err(interrupted_error());
                    }
                }
                Err(RecvTimeoutError::Timeout) => {
                    if self.look(interrupted, &mut patience) {
                        return Err(interrupted_error());
                    }
                }
                Err(RecvTimeoutError::Disconnected) => {
                    return Err(HostError::host("the thread of Python that did the call has ended"));
                }
            }
        }
    }

    /// Looks whether the call should end, and tells it so; whether it was told long enough ago to be left behind.
    fn look(&self, interrupted: &Interrupted, patience: &mut Option<u32>) -> bool {
        match patience {
            None if interrupted() => {
                self.progress.clone().tell();
                *patience = Some(PATIENCE);
                false
            }
            None => false,
            // What ended just now has said so.
            Some(0) => self.progress.leave(),
            Some(left) => {
                *left -= 1;
                false
            }
        }
    }
}

fn interrupted_error() -> HostError {
    HostError::new("KeyboardInterrupt", "a host function was interrupted, and left behind")
}

/// A callable of the guest is being called by this thread.
struct Out;

impl Out {
    fn new(waiter: Rc<Waiter>) -> Self {
        WAITERS.with_borrow_mut(|waiters| waiters.push(waiter));
        Self
    }
}

impl Drop for Out {
    fn drop(&mut self) {
        WAITERS.with_borrow_mut(Vec::pop);
    }
}

/// The end of Python's thread.
#[derive(Clone)]
pub(crate) struct Side(Arc<Ends>);

struct Ends {
    progress: Arc<Progress>,
    news: Sender<News>,
    /// Behind a lock only because Python's lock is let go while one is awaited, which nothing that is not shared may see.
    orders: Mutex<Receiver<Order>>,
}

impl Side {
    /// Does a task; whether the thread was left behind with it.
    pub(crate) fn work(self, py: Python<'_>, task: Task) -> bool {
        if !self.0.progress.begin() {
            return false;
        }
        SIDE.set(Some(self.clone()));
        let done = task(py);
        SIDE.set(None);
        let left = self.0.progress.end(py);
        // Nobody hears of what was left behind.
        let _ = self.0.news.send(News::Done(done));
        left
    }

    /// The call that this thread does.
    pub(crate) fn current() -> Option<Self> {
        SIDE.with_borrow(Clone::clone)
    }

    /// Has the thread that waits call a callable of the guest; does what that has to be done first.
    pub(crate) fn call(&self, py: Python<'_>, handle: Handle, args: Vec<Value>) -> Done {
        if self.0.news.send(News::Call(handle, args)).is_err() {
            return Err(interrupted_error());
        }
        loop {
            let order = py.detach(|| self.0.orders.lock().unwrap_or_else(PoisonError::into_inner).recv());
            match order {
                Ok(Order::Answer(answer)) => return answer,
                Ok(Order::Task(task)) => {
                    let done = task(py);
                    // Whoever does not wait any more gives no answer either.
                    let _ = self.0.news.send(News::Done(done));
                }
                Err(_) => return Err(interrupted_error()),
            }
        }
    }
}
