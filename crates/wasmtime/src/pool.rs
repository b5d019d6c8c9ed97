//! Owns runs of a program that are made ready before somebody wants one, so that a thread that takes one need not wait,
//! and that are made ready again by who had them. It must never know what they are taken for.

use crate::run::Running;
use crate::sandbox::Sandbox;
use crate::start::Start;
use crate::sync::lock;
use crate::{Error, Interrupt};
use std::collections::VecDeque;
use std::ops::{Deref, DerefMut};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

/// Runs that are ready, each with a clean state of its own. Threads share it.
pub struct Pool {
    shared: Arc<Shared>,
    filler: Option<JoinHandle<()>>,
}

/// A run out of a [`Pool`], which nobody had before. When it is dropped, its memory goes back to the pool, where it can be
/// [restored](Sandbox::restore).
pub struct Pooled {
    /// Always there until it is dropped.
    running: Option<Running>,
    shared: Arc<Shared>,
}

struct Shared {
    sandbox: Sandbox,
    make: Box<dyn Fn() -> Result<Start, Error> + Send + Sync>,
    /// The script of each has run, and its exports can be called.
    serving: bool,
    size: usize,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    ready: VecDeque<Running>,
    /// Taken ones that come back.
    lent: usize,
    /// What the filler makes now can be interrupted by this.
    making: Option<Interrupt>,
    closed: bool,
}

impl std::fmt::Debug for Pool {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pool").field("size", &self.shared.size).field("ready", &self.ready()).finish_non_exhaustive()
    }
}

impl Pool {
    /// Keeps `size` runs at their first instruction; `make` gives what each begins with.
    ///
    /// # Errors
    /// [`Error::Io`]: the system gives no thread to make them on.
    pub fn new(
        sandbox: Sandbox,
        size: usize,
        make: impl Fn() -> Result<Start, Error> + Send + Sync + 'static,
    ) -> Result<Self, Error> {
        Self::of(sandbox, size, Box::new(make), false)
    }

    /// Keeps `size` runs whose script has run, so that what it exports can be called at once. `make` gives what each
    /// begins with; arguments, environment and files are the same each time, see [`Sandbox::restore`].
    ///
    /// # Errors
    /// As [`Self::new`].
    pub fn serving(
        sandbox: Sandbox,
        size: usize,
        make: impl Fn() -> Result<Start, Error> + Send + Sync + 'static,
    ) -> Result<Self, Error> {
        Self::of(sandbox, size, Box::new(make), true)
    }

    fn of(
        sandbox: Sandbox,
        size: usize,
        make: Box<dyn Fn() -> Result<Start, Error> + Send + Sync>,
        serving: bool,
    ) -> Result<Self, Error> {
        let (state, changed) = (Mutex::default(), Condvar::new());
        let shared = Arc::new(Shared { sandbox, make, serving, size, state, changed });
        let filler = std::thread::Builder::new().name("amphi-pool".to_owned()).spawn({
            let shared = shared.clone();
            move || shared.fill()
        });
        let filler = filler.map_err(|error| Error::io("cannot start the thread of a pool", error))?;
        Ok(Self { shared, filler: Some(filler) })
    }

    /// A run with a clean state. Where none is ready it is made on this thread. Its wall limit counts from now.
    ///
    /// # Errors
    /// It cannot be made, see [`Sandbox::start`]; [`Error::NotServing`] where its script failed.
    pub fn take(&self) -> Result<Pooled, Error> {
        let ready = self.shared.lock().ready.pop_front();
        let running = ready.map_or_else(|| self.shared.make(&|_| ()), Ok)?;
        running.restart_clock();
        if running.saved.is_some() {
            self.shared.lock().lent += 1;
        } else {
            self.shared.changed.notify_all();
        }
        Ok(Pooled { running: Some(running), shared: self.shared.clone() })
    }

    /// How many are ready.
    #[must_use]
    pub fn ready(&self) -> usize {
        self.shared.lock().ready.len()
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        let mut state = self.shared.lock();
        state.closed = true;
        if let Some(making) = state.making.take() {
            making.kill();
        }
        drop(state);
        self.shared.changed.notify_all();
        if let Some(filler) = self.filler.take() {
            // A filler that panicked has nothing left to do.
            let _ = filler.join();
        }
    }
}

impl Pooled {
    /// Takes the run out of its pool, to [finish](Running::finish) it.
    #[must_use]
    pub fn into_running(mut self) -> Running {
        let Some(running) = self.running.take() else { unreachable!("a run is there until it is dropped") };
        if running.saved.is_some() {
            self.shared.returned(None);
        }
        running
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }

    /// Makes runs ready until the pool is gone. What cannot be made is left to who takes one, and hears why.
    fn fill(&self) {
        let mut state = self.lock();
        loop {
            if state.closed {
                return;
            }
            if state.ready.len() + state.lent >= self.size {
                state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
                continue;
            }
            drop(state);
            let made = self.make(&|making| self.lock().making = Some(making));
            state = self.lock();
            state.making = None;
            match made {
                Ok(running) => state.ready.push_back(running),
                Err(_) if state.closed => {}
                Err(_) => state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner),
            }
        }
    }

    fn make(&self, making: &dyn Fn(Interrupt)) -> Result<Running, Error> {
        let start = (self.make)()?;
        if !self.serving {
            let running = self.sandbox.start(start)?;
            making(running.interrupt());
            return Ok(running);
        }
        let mut running = self.sandbox.serving(start, making)?;
        // One that cannot be taken back is thrown away, and another made.
        self.sandbox.checkpoint(&mut running);
        Ok(running)
    }

    /// A run that was lent is over, or ready again.
    fn returned(&self, restored: Option<Running>) {
        let mut state = self.lock();
        state.lent = state.lent.saturating_sub(1);
        let full = state.ready.len() + state.lent >= self.size;
        match restored.filter(|_| !full) {
            Some(running) => state.ready.push_back(running),
            None => self.changed.notify_all(),
        }
    }
}

impl Drop for Pooled {
    fn drop(&mut self) {
        let Some(running) = self.running.take().filter(|running| running.saved.is_some()) else { return };
        // Starting another would keep this thread too long: the pool does that on its own.
        let restored = if running.is_over() || self.shared.lock().closed {
            None
        } else {
            let taken = (self.shared.make)().and_then(|start| self.shared.sandbox.take_back(running, start));
            taken.ok().and_then(Result::ok)
        };
        self.shared.returned(restored);
    }
}

impl Deref for Pooled {
    type Target = Running;

    fn deref(&self) -> &Running {
        let Some(running) = &self.running else { unreachable!("a run is there until it is dropped") };
        running
    }
}

impl DerefMut for Pooled {
    fn deref_mut(&mut self) -> &mut Running {
        let Some(running) = &mut self.running else { unreachable!("a run is there until it is dropped") };
        running
    }
}

impl std::fmt::Debug for Pooled {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pooled").field("running", &self.running).finish_non_exhaustive()
    }
}
