//! Owns what may end or interrupt a run from outside: the interrupt, the kill, the wall limit. One `Control` a run.
//! It must never know WASI or what the guest is.

use crate::Engine;
use crate::bell::Bell;
use crate::sync::lock;
use crate::watchdog;
use std::io;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// The number that `amphi:host@1.interrupt` gives for an interrupt: SIGINT.
const SIGINT: u32 = 2;

/// How long a run that has to end may take to notice. A guest that checks by itself does so between its own steps,
/// and one step may be long: a single call of Python's `sum`, say.
const GRACE: Duration = Duration::from_secs(1);

/// Why a run has to end, other than by the guest's own doing. It travels through wasm as the error of a host call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum End {
    /// `proc_exit`.
    #[error("the guest exited with code {0}")]
    Exit(u32),
    /// The wall limit.
    #[error("the wall limit was met")]
    Wall,
    /// The output limit.
    #[error("the output limit was met")]
    Output,
    /// The user ended the run.
    #[error("the run was interrupted")]
    Interrupted,
}

/// What is done about a run that has to end and does not.
pub(crate) type Overdue = Box<dyn FnOnce(End) + Send>;

/// What the run's thread and the outside share.
pub(crate) struct Control {
    bell: Bell,
    signal: AtomicU32,
    killed: AtomicBool,
    /// The wall limit has passed; the watchdog says so.
    expired: AtomicBool,
    /// The run was told to end once; the next alarm finds it overdue.
    ordered: AtomicBool,
    /// Somebody may have changed host modules.
    news: AtomicBool,
    /// Whether the guest asks for signals itself. One that does not is ended by its first interrupt, as a program
    /// without a handler is.
    asks: bool,
    wall: Option<Duration>,
    deadline: Mutex<Option<Instant>>,
    engine: Engine,
    overdue: Mutex<Option<Overdue>>,
    /// Temporary folders, which have to go even if the run never ends.
    folders: Mutex<Vec<PathBuf>>,
}

impl std::fmt::Debug for Control {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Control").field("end", &self.end()).finish_non_exhaustive()
    }
}

impl Control {
    /// The control of a run that begins now. `asks`: the guest imports `amphi:host@1.interrupt`.
    ///
    /// # Errors
    /// The system gives no thread to watch the limit.
    pub(crate) fn new(engine: &Engine, wall: Option<Duration>, asks: bool) -> io::Result<Arc<Self>> {
        let control = Arc::new(Self {
            bell: Bell::default(),
            signal: AtomicU32::new(0),
            killed: AtomicBool::new(false),
            expired: AtomicBool::new(false),
            ordered: AtomicBool::new(false),
            news: AtomicBool::new(false),
            asks,
            wall,
            deadline: Mutex::default(),
            engine: engine.clone(),
            overdue: Mutex::default(),
            folders: Mutex::default(),
        });
        if let Some(deadline) = control.restart() {
            watchdog::watch(deadline, &control)?;
        }
        Ok(control)
    }

    /// Has the wall limit count from now; gives when it passes.
    pub(crate) fn restart(&self) -> Option<Instant> {
        let deadline = self.wall.and_then(|wall| Instant::now().checked_add(wall));
        *lock(&self.deadline) = deadline;
        deadline
    }

    /// The bell that ends this run's waits.
    pub(crate) fn bell(&self) -> &Bell {
        &self.bell
    }

    /// Why the run must end at once, if it must. Asked at every call of the host and in compiled checks: it only looks.
    pub(crate) fn end(&self) -> Option<End> {
        if self.killed.load(Ordering::Acquire) || (self.signalled() && !self.asks) {
            return Some(End::Interrupted);
        }
        self.expired.load(Ordering::Acquire).then_some(End::Wall)
    }

    /// Whether an interrupt is waiting for the guest to take it: waits end with `INTR` until then.
    pub(crate) fn signalled(&self) -> bool {
        self.signal.load(Ordering::Acquire) != 0
    }

    /// Gives the guest its interrupt, once: 0 or a signal number.
    pub(crate) fn take_signal(&self) -> u32 {
        // Nearly every question finds nothing, and a load is cheaper than a swap.
        if !self.signalled() { 0 } else { self.signal.swap(0, Ordering::AcqRel) }
    }

    /// Host modules are looked for before the next host call.
    pub(crate) fn tell_news(&self) {
        self.news.store(true, Ordering::Release);
    }

    /// Whether that was told since it was last asked.
    pub(crate) fn take_news(&self) -> bool {
        self.news.load(Ordering::Acquire) && self.news.swap(false, Ordering::AcqRel)
    }

    /// Blocks until `done`, until `until`, or until the run is interrupted or must end.
    pub(crate) fn wait(&self, until: Option<Instant>, mut done: impl FnMut() -> bool) -> Woken {
        let woken = self.bell.wait(until, || match self.end() {
            Some(end) => Some(Woken::End(end)),
            None if done() => Some(Woken::Done),
            None => self.signalled().then_some(Woken::Interrupted),
        });
        woken.unwrap_or(Woken::Done)
    }

    /// The watchdog's call, at the deadline and a while after the end was ordered. How long until the next one.
    pub(crate) fn alarm(&self) -> Option<Duration> {
        let left = lock(&self.deadline).map(|deadline| deadline.saturating_duration_since(Instant::now()));
        if left == Some(Duration::ZERO) {
            self.expired.store(true, Ordering::Release);
        }
        let Some(end) = self.end() else {
            // The limit was made to count anew.
            return left;
        };
        self.nudge();
        if !self.ordered.swap(true, Ordering::AcqRel) {
            return Some(GRACE);
        }
        let overdue = lock(&self.overdue).take()?;
        for folder in lock(&self.folders).drain(..) {
            // The process is about to end; a folder that cannot be removed is left to the system.
            let _ = std::fs::remove_dir_all(folder);
        }
        overdue(end);
        None
    }

    /// What to do when the run has to end and does not within a second.
    pub(crate) fn on_overdue(&self, overdue: Overdue, folders: Vec<PathBuf>) {
        *lock(&self.folders) = folders;
        *lock(&self.overdue) = Some(overdue);
    }

    /// Makes running code and waits ask [`Control::end`] soon.
    fn nudge(&self) {
        self.engine.nudge();
        self.bell.ring();
    }
}

/// What ended a wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Woken {
    /// What was waited for, or its time.
    Done,
    /// An interrupt that the guest has yet to take.
    Interrupted,
    /// The run must end.
    End(End),
}

/// Interrupts a run from any thread. Cheap to clone; outlives its run without harm.
#[derive(Debug, Clone)]
pub struct Interrupt(Arc<Control>);

impl Interrupt {
    pub(crate) fn of(control: &Arc<Control>) -> Self {
        Self(control.clone())
    }

    /// Asks the guest to stop, as Ctrl-C does: Python raises `KeyboardInterrupt`, also inside a wait; a guest that
    /// does not ask for signals ends with [`amphi_core::Exit::Interrupted`].
    ///
    /// False when an earlier interrupt is still waiting to be taken: time for [`Interrupt::kill`].
    pub fn raise(&self) -> bool {
        let fresh = self.0.signal.swap(SIGINT, Ordering::AcqRel) == 0;
        self.0.nudge();
        fresh
    }

    /// Takes the interrupt that waits for the guest, for a host function that waits in a way of its own and raises
    /// `KeyboardInterrupt` in the guest's place: whether there was one. It is true, too, when the run must end.
    #[must_use]
    pub fn take(&self) -> bool {
        self.0.end().is_some() || self.0.take_signal() != 0
    }

    /// Ends the run wherever it is, as soon as it notices; see [`crate::Running::on_overdue`].
    pub fn kill(&self) {
        self.0.killed.store(true, Ordering::Release);
        self.0.ordered.store(true, Ordering::Release);
        self.0.nudge();
        // Without a watchdog the run still ends, only not if it never looks.
        let _ = watchdog::watch(Instant::now() + GRACE, &self.0);
    }
}

/// Has a run look for new host modules, from any thread; see [`Renewals`](crate::Renewals). Cheap to clone; outlives its
/// run without harm.
#[derive(Debug, Clone)]
pub struct Renew(Arc<Control>);

impl Renew {
    pub(crate) fn of(control: &Arc<Control>) -> Self {
        Self(control.clone())
    }

    /// The next host call finds new host modules where there are any.
    pub fn soon(&self) {
        self.0.tell_news();
    }
}
