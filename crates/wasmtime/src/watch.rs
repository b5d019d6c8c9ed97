//! Owns how a run is watched: the gate that a program asks for, and the way of every call past it.
//! It must never know what a call does.

use crate::Error;
use crate::store::{State, memory};
use amphi_core::abi::SeenCall;
use amphi_core::frames::{self, Frames};
use amphi_core::{Limit, Watch};
use amphi_wasi::trace::{HostCall, Line, Recorder};
use amphi_wasi::{Call, Errno, Gate, Locate, Memory, SliceMemory};
use wasmtime::{Caller, Result};

/// The gate that a program asks for, if it asks for one; records go to `outlet`.
///
/// # Errors
/// [`Error::Fault`]: a fault cannot be read.
pub(crate) fn gate(watch: &Watch, outlet: impl FnMut(&[u8]) + Send + 'static) -> Result<Option<Gate>, Error> {
    let faults = watch.faults.iter().map(|fault| fault.parse()).collect::<Result<_, _>>().map_err(Error::Fault)?;
    let recorder = watch.trace.map(|trace| Recorder::new(trace.shown as usize, trace.batch as usize, outlet));
    let gate = Gate::new(faults, recorder);
    Ok(if watch.trace.is_some_and(|trace| trace.lines) { gate.map(|gate| gate.locating(Lines::make)) } else { gate })
}

/// The lines of Python that make calls.
struct Lines(Frames);

impl Lines {
    fn make() -> Box<dyn Locate> {
        Box::new(Self(Frames::default()))
    }
}

impl Locate for Lines {
    fn line(&mut self, memory: &dyn Memory) -> Option<Line<&str>> {
        let frames::Line { file, number } = self.0.line(&|at, out| memory.read(at, out).is_ok())?;
        Some(Line { file, number })
    }
}

/// A guest's WASI, which may be watched.
pub(crate) trait Watched {
    /// What watches it.
    fn gate(&mut self) -> Option<&mut Gate>;

    /// The run's clock, in nanoseconds; looking does not move it.
    fn seen_ns(&self) -> u64;

    /// A limit on what it has that made a call fail.
    fn limit_met(&self) -> Option<Limit>;
}

/// Lets a call of WASI pass the gate of a guest that is watched, and serves it unless it is to fail.
#[inline]
pub(crate) fn pass<W: Watched + 'static>(
    caller: &mut Caller<'_, State<W>>,
    call: Call,
    args: &[u64],
    serve: impl FnOnce(&mut Caller<'_, State<W>>) -> Result<i32>,
) -> Result<i32> {
    if caller.data_mut().guests.now_mut().wasi.gate().is_none() {
        return serve(caller);
    }
    if let Some(fault) =
        at_gate(caller, |gate, memory, now_ns| gate.open().enter(memory, call, args, || Some(now_ns)))?.flatten()
    {
        return Ok(fault.raw());
    }
    let answer = serve(caller);
    let errno = answer.as_ref().ok().and_then(|errno| Errno::from_raw(*errno));
    at_gate(caller, |gate, memory, now_ns| gate.open().leave(memory, args, errno, || now_ns))?;
    answer
}

fn at_gate<W: Watched + 'static, T>(
    caller: &mut Caller<'_, State<W>>,
    act: impl FnOnce(&mut Gate, &SliceMemory<'_>, u64) -> T,
) -> Result<Option<T>> {
    let memory = memory(caller)?;
    let (bytes, state) = memory.data_and_store_mut(caller);
    let now_ns = state.guests.now().wasi.seen_ns();
    Ok(state.guests.now_mut().wasi.gate().map(|gate| act(gate, &SliceMemory::new(bytes), now_ns)))
}

/// Tells of a call between guest and host that is over. `memory` is that of the guest whose turn it is.
pub(crate) fn host_call<W: Watched>(memory: &mut [u8], state: &mut State<W>, seen: &SeenCall, begin_ns: u64) {
    let end_ns = state.guests.now().wasi.seen_ns();
    let reply = seen.reply.as_deref().map_err(String::as_str);
    if let Some(gate) = state.guests.now_mut().wasi.gate() {
        let call = HostCall { function: &seen.function, args: &seen.args, reply, begin_ns, end_ns };
        gate.host_call(&SliceMemory::new(memory), call);
    }
}

/// The guest makes no more calls.
pub(crate) fn finish<W: Watched>(state: &mut State<W>) {
    let now_ns = state.guests.now().wasi.seen_ns();
    if let Some(gate) = state.guests.now_mut().wasi.gate() {
        gate.finish(now_ns);
    }
}
