//! Owns what a run keeps beside its wasm: its guests, its control, its host functions, its memory limits.
//! It must never know which WASI a guest has: that is the parameter `W`.

use crate::control::Control;
use crate::engine::Checks;
use crate::footprint::Footprint;
use crate::host::{Entries, Renewer};
use amphi_core::Turns;
use amphi_core::abi::HostCalls;
use std::sync::Arc;
use wasmtime::{Caller, Engine, Extern, Instance, Memory, ResourceLimiter, Result, Store, UpdateDeadline};

/// What the store of a run holds.
pub(crate) struct State<W> {
    pub(crate) guests: Turns<Guest<W>>,
    pub(crate) run: Run,
}

/// One guest of a run.
pub(crate) struct Guest<W> {
    pub(crate) wasi: W,
    pub(crate) memory_limit: MemoryLimit,
    /// Its memory, looked up at its first call.
    pub(crate) memory: Option<Memory>,
    /// The guest, once it is instantiated.
    pub(crate) instance: Option<Instance>,
    /// What it exports for the host to call, looked up at the first such call: most guests have none.
    pub(crate) entries: Option<Arc<Entries>>,
    /// Why it can be entered no more, while the run goes on.
    pub(crate) ended: Option<String>,
    /// What its calls have left in its world.
    pub(crate) footprint: Footprint,
}

/// The part of a run's state that no guest has for itself.
pub(crate) struct Run {
    control: Arc<Control>,
    pub(crate) calls: HostCalls,
    /// Why the run ends, found while a host function had called into a guest.
    pub(crate) ending: Option<wasmtime::Error>,
    /// Where host modules come from while it goes on, if they do.
    pub(crate) renewer: Option<Renewer>,
}

impl Run {
    pub(crate) fn new(control: Arc<Control>, calls: HostCalls) -> Self {
        Self { control, calls, ending: None, renewer: None }
    }

    pub(crate) fn control(&self) -> &Arc<Control> {
        &self.control
    }

    /// Whether there may be new host modules, which this answers once.
    #[inline]
    pub(crate) fn renews(&self) -> bool {
        self.renewer.is_some() && self.control.take_news()
    }
}

impl<W> Guest<W> {
    /// A guest that is not instantiated yet; `memory` is the most bytes that its memory may have, `preopens` how many
    /// folders its world begins with.
    pub(crate) fn new(wasi: W, memory: u64, preopens: usize) -> Self {
        Self {
            wasi,
            memory_limit: MemoryLimit::new(memory),
            memory: None,
            instance: None,
            entries: None,
            ended: None,
            footprint: Footprint::new(preopens),
        }
    }
}

/// A store whose memories have limits and whose code asks the control, at every epoch where it has compiled checks.
pub(crate) fn store<W: 'static>(engine: &Engine, checks: Checks, state: State<W>) -> Store<State<W>> {
    let mut store = Store::new(engine, state);
    store.limiter(|state| &mut state.guests.now_mut().memory_limit);
    if checks == Checks::Compiled {
        watch(&mut store, |state| &state.run.control);
    }
    store
}

/// Lets a store's code run until the control wants its end. Epochs only tick when somebody has something to say.
pub(crate) fn watch<T: 'static>(store: &mut Store<T>, control: impl Fn(&T) -> &Arc<Control> + Send + Sync + 'static) {
    store.set_epoch_deadline(1);
    store.epoch_deadline_callback(move |context| match control(context.data()).end() {
        Some(end) => Err(end.into()),
        None => Ok(UpdateDeadline::Continue(1)),
    });
}

/// The memory that a guest's pointers mean: its export `memory`.
pub(crate) fn memory<W>(caller: &mut Caller<'_, State<W>>) -> Result<Memory> {
    if let Some(memory) = caller.data().guests.now().memory {
        return Ok(memory);
    }
    match caller.get_export("memory") {
        Some(Extern::Memory(memory)) => {
            caller.data_mut().guests.now_mut().memory = Some(memory);
            Ok(memory)
        }
        _ => Err(wasmtime::Error::msg("the module calls WASI or the host but exports no memory named `memory`")),
    }
}

/// Refuses a memory to grow past a limit, and remembers that it did.
#[derive(Debug)]
pub(crate) struct MemoryLimit {
    bytes: u64,
    refused: bool,
}

impl MemoryLimit {
    /// At most so many bytes in each memory.
    pub(crate) fn new(bytes: u64) -> Self {
        Self { bytes, refused: false }
    }

    /// Whether the guest wanted more than it may have.
    pub(crate) fn refused(&self) -> bool {
        self.refused
    }
}

impl ResourceLimiter for MemoryLimit {
    fn memory_growing(&mut self, _current: usize, desired: usize, maximum: Option<usize>) -> Result<bool> {
        let fits = desired as u64 <= self.bytes && maximum.is_none_or(|most| desired <= most);
        self.refused |= !fits;
        // A guest hears -1 and may go on: Python raises MemoryError.
        Ok(fits)
    }

    fn table_growing(&mut self, _current: usize, desired: usize, maximum: Option<usize>) -> Result<bool> {
        /// Far above any program's needs, far below what hurts the host.
        const ELEMENTS: usize = 10_000_000;
        Ok(desired <= ELEMENTS && maximum.is_none_or(|most| desired <= most))
    }
}
