//! Owns the guests of one run: instantiated, entered, taken apart. It must never know Python, nor how calls are served.

use crate::Error;
use crate::checkpoint::{Pristine, Saved};
use crate::control::End;
use crate::engine::Checks;
use crate::host::Native;
use crate::stack::with_room;
use crate::store::{Guest, Run, State, store};
use crate::watch::{self, Watched};
use amphi_core::abi::GuestExport;
use amphi_core::{
    Crossing as _, Cx, Exit, Exports, GuestId, HostError, Interface, Limit, Registry, Turns, offer_python,
    start_python, trap,
};
use wasmtime::{AsContextMut as _, Instance, InstancePre, Memory, Store, Trap};

/// A store and the guests in it.
pub(crate) struct Ready<W: 'static> {
    store: Store<State<W>>,
    /// The program's guest, or why there is none.
    instance: wasmtime::Result<Instance>,
    /// What guests of host modules are instances of.
    python: Option<InstancePre<State<W>>>,
    /// Host modules whose guests have yet to start.
    hosts: Vec<HostGuest>,
    /// Guests of host modules that have started.
    started: Vec<GuestId>,
    /// The program has run with this code, and its guest stays ready.
    serving: Option<u32>,
}

/// A host module in a guest of its own.
#[derive(Debug, Clone)]
pub(crate) struct HostGuest {
    pub(crate) id: GuestId,
    pub(crate) name: String,
    pub(crate) interface: Option<Interface>,
}

/// The modules that the guests of a run are instances of.
#[derive(Clone)]
pub(crate) struct Modules<W: 'static> {
    pub(crate) program: InstancePre<State<W>>,
    /// Python, where a host module is written in it.
    pub(crate) python: Option<InstancePre<State<W>>>,
    /// Host modules that are wasm themselves, in the program's order.
    pub(crate) wasm_hosts: Vec<InstancePre<State<W>>>,
}

impl<W: Watched + 'static> Ready<W> {
    /// Instantiates the program's guest. The others are instantiated when the run begins.
    pub(crate) fn new(
        engine: &wasmtime::Engine,
        checks: Checks,
        modules: &Modules<W>,
        program: Guest<W>,
        others: Vec<(HostGuest, Guest<W>)>,
        run: Run,
    ) -> Box<Self> {
        let (hosts, others): (Vec<_>, Vec<_>) = others.into_iter().unzip();
        let mut store = store(engine, checks, State { guests: Turns::new(program, others), run });
        // A start function may already call WASI and exit, so what happens here is part of the run.
        let instance = modules.program.instantiate(&mut store);
        store.data_mut().guests.now_mut().instance = instance.as_ref().ok().copied();
        Box::new(Self { store, instance, python: modules.python.clone(), hosts, started: Vec::new(), serving: None })
    }

    /// The guests' states, the program's first.
    pub(crate) fn guests(&self) -> impl Iterator<Item = &Guest<W>> {
        self.store.data().guests.all()
    }

    /// The same, to be changed.
    pub(crate) fn guests_mut(&mut self) -> impl Iterator<Item = &mut Guest<W>> {
        self.store.data_mut().guests.all_mut()
    }

    /// Whether the program's guest can be entered no more.
    pub(crate) fn is_over(&self) -> bool {
        self.store.data().run.ending.is_some()
    }

    /// What host modules offer.
    pub(crate) fn interfaces(&self) -> Vec<Interface> {
        self.store.data().run.calls.registry().interfaces().cloned().collect()
    }

    /// The host functions.
    pub(crate) fn registry(&self) -> &Registry {
        self.store.data().run.calls.registry()
    }

    /// Keeps what the program's guest is now, if its memory is all that tells it from one that was taken back.
    pub(crate) fn save(&mut self, pristine: &Pristine) -> Option<Saved> {
        let State { guests, run } = self.store.data();
        let alone = guests.all().count() == 1 && run.ending.is_none();
        let left_nothing = guests.now().footprint.is_none() && run.calls.is_idle(GuestId::PROGRAM);
        if self.serving != Some(0) || !alone || !left_nothing {
            return None;
        }
        let memory = self.program_memory()?;
        let saved = Saved::of(memory.data(&self.store), pristine);
        // It may be as well that the guest cannot go on from there; better to know that now.
        self.go_on(&saved).then_some(saved)
    }

    /// Takes the program's guest back to what was kept of it.
    ///
    /// # Errors
    /// [`Error::NotServing`]: it does not go on from there.
    pub(crate) fn put_back(
        &mut self,
        (saved, pristine): (&Saved, &Pristine),
        guest: Guest<W>,
        run: Run,
    ) -> Result<(), Error> {
        let Guest { memory, instance, entries, .. } = self.store.data_mut().guests.now_mut();
        let guest = Guest { memory: *memory, instance: *instance, entries: entries.take(), ..guest };
        *self.store.data_mut() = State { guests: Turns::new(guest, []), run };
        if let Some(memory) = self.program_memory() {
            saved.put_back(memory.data_mut(&mut self.store), pristine);
            if self.go_on(saved) {
                return Ok(());
            }
        }
        Err(Error::NotServing("its guest does not go on from where it was".to_owned()))
    }

    fn program_memory(&mut self) -> Option<Memory> {
        self.instance.as_ref().ok().copied()?.get_memory(&mut self.store, "memory")
    }

    /// Tells the guest that its memory is again what was kept; whether it can go on from there.
    fn go_on(&mut self, saved: &Saved) -> bool {
        let mut core = [saved.pages()];
        let told = Native(self.store.as_context_mut()).enter(GuestId::PROGRAM, GuestExport::Again, &mut core);
        told.is_ok() && core == [1]
    }

    /// Starts the guests of host modules.
    ///
    /// # Errors
    /// Which host module cannot start, and why; where the run ended in it, [`Self::is_over`].
    pub(crate) fn start_hosts(&mut self) -> Result<(), Error> {
        let hosts = std::mem::take(&mut self.hosts);
        for HostGuest { id, name, interface } in &hosts {
            let registry = self.store.data_mut().run.calls.registry_mut();
            let offered = interface.as_ref().map_or(Ok(()), |declared| offer_python(registry, *id, declared));
            offered.map_err(|error| Error::Host { name: name.clone(), reason: error.message })?;
        }
        for HostGuest { id, name, interface } in hosts {
            let started = self.instantiate(id).and_then(|()| {
                self.started.push(id);
                self.with(|cx| start_python(cx, id, &name, interface.as_ref()))
            });
            started.map_err(|error| Error::Host { name, reason: error.message })?;
        }
        Ok(())
    }

    fn instantiate(&mut self, id: GuestId) -> Result<(), HostError> {
        let python = self.python.as_ref().ok_or_else(|| HostError::host("there is no Python to run it on"))?;
        let before = self.store.data_mut().guests.to(id)?;
        let instance = python.instantiate(&mut self.store).map_err(|error| HostError::host(format!("{error:#}")));
        self.store.data_mut().guests.now_mut().instance = instance.as_ref().ok().copied();
        self.store.data_mut().guests.to(before)?;
        instance.map(|_| ())
    }

    /// Runs the program and has its guest stay ready.
    pub(crate) fn serve(&mut self) -> Result<(u32, Exports), HostError> {
        self.serving = Some(0);
        if let Err(error) = &mut self.instance {
            let error = std::mem::replace(error, wasmtime::Error::msg("the guest could not start"));
            self.store.data_mut().run.ending = Some(error);
        }
        let served = self.with(|cx| Exports::serve(cx, GuestId::PROGRAM))?;
        self.serving = Some(served.0);
        Ok(served)
    }

    pub(crate) fn with<T>(&mut self, act: impl FnOnce(&mut Cx<'_>) -> T) -> T {
        with_room(|| act(&mut Cx::new(&mut Native(self.store.as_context_mut()))))
    }

    /// Runs the guest to its end: its program, or what is left to do once it served; then the guests of host modules.
    pub(crate) fn run(&mut self) -> Exit {
        with_room(|| self.run_here())
    }

    fn run_here(&mut self) -> Exit {
        let ended = match self.store.data_mut().run.ending.take() {
            Some(ending) => Err(ending),
            None if self.serving.is_some() => self.leave_serving(),
            None => self.start(),
        };
        if !matches!(&ended, Err(error) if error.downcast_ref::<End>().is_some_and(|end| !matches!(end, End::Exit(_))))
        {
            self.finish_hosts();
        }
        let state = self.store.data_mut();
        watch::finish(state);
        let refused = state.guests.now().memory_limit.refused() || state.run.calls.memory_refused(GuestId::PROGRAM);
        let ended = match (ended.err().map_or(Exit::Code(0), |error| exit(&error)), self.serving) {
            (Exit::Code(0), Some(code)) => Exit::Code(code),
            (exit, _) => exit,
        };
        ended.caused_by(if refused { Some(Limit::Memory) } else { state.guests.now().wasi.limit_met() })
    }

    fn start(&mut self) -> wasmtime::Result<()> {
        let instance = std::mem::replace(&mut self.instance, Err(wasmtime::Error::msg("the guest ran already")))?;
        let start = instance.get_typed_func::<(), ()>(&mut self.store, "_start")?;
        start.call(&mut self.store, ())
    }

    fn leave_serving(&mut self) -> wasmtime::Result<()> {
        // Nothing comes of a guest that ended already; why it did is told below.
        let _ = Native(self.store.as_context_mut()).enter(GuestId::PROGRAM, GuestExport::Finish, &mut [0]);
        self.store.data_mut().run.ending.take().map_or(Ok(()), Err)
    }

    /// Has the guests of host modules write what they hold back, and do what they do at exit.
    fn finish_hosts(&mut self) {
        for id in std::mem::take(&mut self.started) {
            // The program has ended; there is nobody to tell that a host module's guest had ended before, or ends badly.
            let _ = Native(self.store.as_context_mut()).enter(id, GuestExport::Finish, &mut [0]);
        }
        self.store.data_mut().run.ending = None;
    }

    /// Takes it apart, unless the process does that.
    pub(crate) fn leave(self: Box<Self>, last: bool) {
        if last {
            std::mem::forget(self);
        }
    }
}

/// How a guest ended that did not return.
pub(crate) fn exit(error: &wasmtime::Error) -> Exit {
    if let Some(end) = error.downcast_ref::<End>() {
        return ended(*end);
    }
    let what = match error.downcast_ref::<Trap>() {
        Some(trap) => trap::words(&trap.to_string()).to_owned(),
        None => error.root_cause().to_string(),
    };
    Exit::Trap(what)
}

pub(crate) fn ended(end: End) -> Exit {
    match end {
        End::Exit(code) => Exit::Code(code),
        End::Interrupted => Exit::Interrupted,
        End::Wall => Exit::Limit(Limit::Wall),
        End::Output => Exit::Limit(Limit::Output),
    }
}
