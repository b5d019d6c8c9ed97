//! Owns what may end or interrupt a run from outside: the interrupt, the kill, the wall limit. One `Control` a run.
//! It must never know WASI or what the guest is.

use crate::bell::Bell;
use crate::watchdog;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::{Duration, Instant};

/// The number that `amphi:host@1.interrupt` gives for an interrupt: SIGINT.
const SIGINT: u32 = 2;

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
    /// A limit of amphi's WASI that ends the run.
    #[error("a limit on {0} was met")]
    Files(amphi_wasi::Limit),
    /// The user ended the run.
    #[error("the run was interrupted")]
    Interrupted,
}

/// What the run's thread and the outside share.
#[derive(Debug)]
pub(crate) struct Control {
    bell: Bell,
    signal: AtomicU32,
    killed: AtomicBool,
    /// Whether the guest asks for signals itself. One that does not is ended by its first interrupt, as a program
    /// without a handler is.
    asks: AtomicBool,
    deadline: Option<Instant>,
    engine: wasmtime::Engine,
}

impl Control {
    /// The control of a run that begins now. `asks`: the guest imports `amphi:host@1.interrupt`.
    pub(crate) fn new(engine: &wasmtime::Engine, wall: Option<Duration>, asks: bool) -> Arc<Self> {
        let control = Arc::new(Self {
            bell: Bell::default(),
            signal: AtomicU32::new(0),
            killed: AtomicBool::new(false),
            asks: AtomicBool::new(asks),
            deadline: wall.and_then(|wall| Instant::now().checked_add(wall)),
            engine: engine.clone(),
        });
        if let Some(deadline) = control.deadline {
            watchdog::watch(deadline, &control);
        }
        control
    }

    /// The bell that ends this run's waits.
    pub(crate) fn bell(&self) -> &Bell {
        &self.bell
    }

    /// Why the run must end at once, if it must. Asked at epochs, at host calls and in waits.
    pub(crate) fn end(&self) -> Option<End> {
        if self.killed.load(Ordering::Acquire) {
            return Some(End::Interrupted);
        }
        if self.signalled() && !self.asks.load(Ordering::Relaxed) {
            return Some(End::Interrupted);
        }
        match self.deadline {
            Some(deadline) if Instant::now() >= deadline => Some(End::Wall),
            _ => None,
        }
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

    /// Blocks until `done`, until `until`, or until the run is interrupted or must end.
    pub(crate) fn wait(&self, until: Option<Instant>, mut done: impl FnMut() -> bool) -> Woken {
        let first = match (until, self.deadline) {
            (Some(until), Some(deadline)) => Some(until.min(deadline)),
            (until, deadline) => until.or(deadline),
        };
        let woken = self.bell.wait(first, || match self.end() {
            Some(end) => Some(Woken::End(end)),
            None if done() => Some(Woken::Done),
            None => self.signalled().then_some(Woken::Interrupted),
        });
        match woken {
            Some(woken) => woken,
            None => self.end().map_or(Woken::Done, Woken::End),
        }
    }

    /// Makes running code ask [`Control::end`] soon.
    pub(crate) fn nudge(&self) {
        self.engine.increment_epoch();
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

    /// Ends the run wherever it is.
    pub fn kill(&self) {
        self.0.killed.store(true, Ordering::Release);
        self.0.nudge();
    }
}
