//! What a host function can reach while it is called: callables of the guest, other host functions. This file owns the
//! way into a guest; it never knows an engine, which is behind [`Crossing`].

use crate::abi::{GuestExport, GuestMemory, HostCalls, SeenCall, Sent};
use crate::error::HostError;
use crate::handle::{GuestId, Handle};
use crate::value::Value;

/// A habitat in the middle of a call: what it lends to reach a guest.
pub trait Crossing {
    /// Lends the run's host calls, and the memory of a guest, for as long as `act` takes.
    ///
    /// # Errors
    /// There is no such guest any more.
    fn with(
        &mut self,
        guest: GuestId,
        act: &mut dyn FnMut(&mut HostCalls, &mut dyn GuestMemory),
    ) -> Result<(), HostError>;

    /// Calls an export of a guest: `core` has its parameters as raw bits, see [`crate::Scalar::core_from_slot`], and
    /// then its result.
    ///
    /// # Errors
    /// It trapped or ended; where that ends the whole run, the habitat knows it, and refuses to enter again.
    fn enter(&mut self, guest: GuestId, export: GuestExport, core: &mut [u64]) -> Result<(), HostError>;

    /// The run's clock in nanoseconds, where the run is watched.
    fn watch(&mut self) -> Option<u64> {
        None
    }

    /// A call that was watched is over; it began then on the run's clock.
    fn tell(&mut self, call: SeenCall, begin_ns: u64) {
        let _ = (call, begin_ns);
    }
}

/// Where no guest can be reached: the crossing of a function that never looks at its context.
pub(crate) struct Nowhere;

impl Crossing for Nowhere {
    fn with(&mut self, _: GuestId, _: &mut dyn FnMut(&mut HostCalls, &mut dyn GuestMemory)) -> Result<(), HostError> {
        Err(Self::refused())
    }

    fn enter(&mut self, _: GuestId, _: GuestExport, _: &mut [u64]) -> Result<(), HostError> {
        Err(Self::refused())
    }
}

impl Nowhere {
    fn refused() -> HostError {
        HostError::host("this host function said that it needs no context, and uses it")
    }
}

/// The context of a call, handed to the host function.
pub struct Cx<'a> {
    crossing: &'a mut dyn Crossing,
}

impl<'a> Cx<'a> {
    /// The context of a call in this crossing.
    pub fn new(crossing: &'a mut dyn Crossing) -> Self {
        Self { crossing }
    }

    /// The habitat in the middle of this call.
    pub fn crossing(&mut self) -> &mut dyn Crossing {
        self.crossing
    }

    /// The same context for a shorter time, for who keeps it while something else runs.
    #[must_use]
    pub fn reborrow(&mut self) -> Cx<'_> {
        Cx { crossing: &mut *self.crossing }
    }

    /// Calls something callable that Python gave, or that the host gave to Python.
    ///
    /// # Errors
    /// What it raises, with its traceback.
    pub fn call(&mut self, callable: &Handle, args: Vec<Value>) -> Result<Value, HostError> {
        callable.call(self, args)
    }

    /// Calls another host function.
    ///
    /// # Errors
    /// What it raises; `ImportError` or `AttributeError` where there is no such module or function.
    pub fn call_host(&mut self, module: &str, function: &str, args: Vec<Value>) -> Result<Value, HostError> {
        let found = self.with(GuestId::PROGRAM, |calls, _| calls.registry().find(module, function))??;
        let (module, at) = found;
        module.call(at, self, args)
    }

    /// Lends the host calls and a guest's memory.
    pub(crate) fn with<T>(
        &mut self,
        guest: GuestId,
        act: impl FnOnce(&mut HostCalls, &mut dyn GuestMemory) -> T,
    ) -> Result<T, HostError> {
        let (mut act, mut done) = (Some(act), None);
        self.crossing.with(guest, &mut |calls, memory| done = act.take().map(|act| act(calls, memory)))?;
        done.ok_or_else(|| HostError::host(format!("the guest {} cannot be reached", guest.0)))
    }

    /// Calls an export of a guest, see [`Crossing::enter`].
    pub(crate) fn enter(&mut self, guest: GuestId, export: GuestExport, core: &mut [u64]) -> Result<(), HostError> {
        self.crossing.enter(guest, export, core)
    }

    /// Calls a callable of a Python guest.
    pub(crate) fn call_guest(&mut self, guest: GuestId, number: u32, args: Vec<Value>) -> Result<Value, HostError> {
        self.invoke(guest, GuestExport::CallObject, Some(number), args, Some(SeenCall::callable))
    }

    /// Has a Python guest act on a message: an export or an object of that number, or the guest itself. `seen` is the
    /// call in words, where it is to be told.
    pub(crate) fn invoke(
        &mut self,
        guest: GuestId,
        export: GuestExport,
        number: Option<u32>,
        args: Vec<Value>,
        seen: Option<impl FnOnce(&[Value]) -> SeenCall>,
    ) -> Result<Value, HostError> {
        let watched = seen.and_then(|seen| Some((self.crossing.watch()?, seen)));
        let seen = watched.map(|(begin_ns, seen)| (begin_ns, seen(&args)));
        let entered = match self.with(guest, |calls, memory| calls.going_in(guest, memory, args))?? {
            Sent::Written(length) => self.act(guest, export, number, length),
            Sent::Waiting(message) => self.send(guest, export, number, &message),
        };
        let answer = self.with(guest, |calls, memory| calls.coming_out(guest, memory, entered))?;
        if let Some((begin_ns, seen)) = seen {
            self.crossing.tell(seen.end(answer.as_ref()), begin_ns);
        }
        answer
    }

    /// Puts a message into a guest and has it act on it; gives where its answer is.
    fn send(
        &mut self,
        guest: GuestId,
        export: GuestExport,
        number: Option<u32>,
        message: &[u8],
    ) -> Result<u64, HostError> {
        self.release(guest)?;
        let length = u64::try_from(message.len()).unwrap_or(u64::MAX);
        let mut core = [length];
        self.enter(guest, GuestExport::Room, &mut core)?;
        // An address of wasm32; 0 is none.
        let at = crate::types::low_half(core[0]);
        if at == 0 {
            return Err(HostError::new(
                "MemoryError",
                format!("the guest has no room for a message of {length} bytes"),
            ));
        }
        let written = self.with(guest, |calls, memory| {
            calls.has_room(guest, at, message.len());
            memory.write(at, message)
        })?;
        written.map_err(|_| HostError::host("the guest's room for a call is outside its memory"))?;
        self.act(guest, export, number, length)
    }

    /// Has a guest act on the message of that length in its room; gives where its answer is.
    fn act(&mut self, guest: GuestId, export: GuestExport, number: Option<u32>, length: u64) -> Result<u64, HostError> {
        let mut core = [0; 2];
        let params = match number {
            Some(number) => {
                core = [u64::from(number), length];
                core.as_mut_slice()
            }
            None => {
                core[0] = length;
                core.get_mut(..1).unwrap_or_default()
            }
        };
        self.enter(guest, export, params)?;
        Ok(core[0])
    }

    /// Tells a guest which of its objects the host no longer holds.
    pub(crate) fn release(&mut self, guest: GuestId) -> Result<(), HostError> {
        for number in self.with(guest, |calls, _| calls.released(guest))? {
            self.enter(guest, GuestExport::Release, &mut [u64::from(number)])?;
        }
        Ok(())
    }
}
