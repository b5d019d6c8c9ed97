//! The way of the host into the guests of a run: whose turn it is, which exports are called, what becomes of a run that
//! ends there. It must never know what a call means.

use amphi_core::abi::{self, GuestExport, HostCalls, SeenCall};
use amphi_core::{CoreType, Crossing, Cx, Exit, ExportCall, Exports, GuestId, HostError, Reply, trap};
use amphi_wasi::trace::HostCall;

use super::glue;
use super::memory::GuestMemory;
use super::run::{self, Run};

/// Calls what the program exports, once it has run, and ends it.
pub(super) fn call(calls: &[ExportCall]) -> Vec<Reply> {
    let mut worker = Worker;
    let mut replies = Vec::new();
    let mut cx = Cx::new(&mut worker);
    match Exports::of(&mut cx, GuestId::PROGRAM) {
        Ok(exports) => {
            for call in calls {
                let reply = exports.call_text(&mut cx, call);
                if run::with(|run| run.exit.is_some()).unwrap_or(true) {
                    break;
                }
                replies.push(reply);
            }
        }
        Err(error) => replies.push(Err(error.to_string())),
    }
    finish(GuestId::PROGRAM);
    replies
}

/// Has a Python guest write what it holds back, and do what it does at exit.
pub(super) fn finish(guest: GuestId) {
    // A guest that ended before is not entered again.
    let _ = Worker.enter(guest, GuestExport::Finish, &mut [0]);
}

/// The run under way, in the middle of a host function.
pub(super) struct Worker;

impl Worker {
    fn run<T>(act: impl FnOnce(&mut Run) -> T) -> Result<T, HostError> {
        run::with(act).ok_or_else(over)
    }

    /// Acts in a guest's turn.
    pub(super) fn in_turn<T>(guest: GuestId, act: impl FnOnce() -> T) -> Result<T, HostError> {
        let before = Self::turn_to(guest)?;
        let acted = act();
        Self::turn_to(before)?;
        Ok(acted)
    }

    /// Acts below a host function, where no guest can be suspended.
    pub(super) fn nested<T>(act: impl FnOnce() -> T) -> T {
        run::with(|run| run.nested += 1);
        let acted = act();
        run::with(|run| run.nested -= 1);
        acted
    }

    /// Why a call of a host module was stopped, which can be called again unless the run ends.
    pub(super) fn why_stopped(guest: GuestId) -> HostError {
        let why = Self::in_turn(guest, || {
            run::with(|run| if run.exit.is_some() { None } else { run.guests.now_mut().ended.take() })
        });
        why.ok().flatten().flatten().map_or_else(over, HostError::host)
    }

    /// Gives a guest its turn, and gives back whose turn it was.
    fn turn_to(guest: GuestId) -> Result<GuestId, HostError> {
        let before = Self::run(|run| run.guests.to(guest))??;
        if before != guest {
            glue::guest_turn(guest.0);
        }
        Ok(before)
    }
}

fn over() -> HostError {
    HostError::host("the run has ended")
}

impl Crossing for Worker {
    fn with(
        &mut self,
        guest: GuestId,
        act: &mut dyn FnMut(&mut HostCalls, &mut dyn abi::GuestMemory),
    ) -> Result<(), HostError> {
        Self::in_turn(guest, || Self::run(|run| act(&mut run.hosts, &mut GuestMemory)))?
    }

    fn enter(&mut self, guest: GuestId, export: GuestExport, core: &mut [u64]) -> Result<(), HostError> {
        Self::in_turn(guest, || enter(export, core))?
    }

    fn watch(&mut self) -> Option<u64> {
        let watched = |run: &mut Run| {
            let context = &mut run.guests.now_mut().context;
            context.gate_mut().is_some().then(|| context.seen_ns())
        };
        run::with(watched)?
    }

    fn tell(&mut self, call: SeenCall, begin_ns: u64) {
        // A run that is gone has nobody who looks on.
        let _ = Self::run(|run| {
            let context = &mut run.guests.now_mut().context;
            let end_ns = context.seen_ns();
            let reply = call.reply.as_deref().map_err(String::as_str);
            if let Some(gate) = context.gate_mut() {
                let call = HostCall { function: &call.function, args: &call.args, reply, begin_ns, end_ns };
                gate.host_call(&GuestMemory, call);
            }
        });
    }
}

/// Calls an export of the guest whose turn it is.
fn enter(export: GuestExport, core: &mut [u64]) -> Result<(), HostError> {
    Worker::run(goes_on)??;
    let (name, params, results) = export.declared();
    let why = Worker::nested(|| glue::guest_enter(name, core.as_mut_ptr(), params.len(), kind(results)));
    Worker::run(|run| {
        match why.as_deref() {
            // Why it was stopped was written down before.
            None | Some("stop") => {}
            Some(why) => run.ended(Exit::Trap(trap::words(why).to_owned())),
        }
        goes_on(run)
    })?
}

/// Whether the guest whose turn it is can be entered.
fn goes_on(run: &mut Run) -> Result<(), HostError> {
    match (&run.exit, &run.guests.now().ended) {
        (Some(_), _) => Err(over()),
        (None, Some(why)) => Err(HostError::host(why.clone())),
        (None, None) => Ok(()),
    }
}

/// The name of an export's one result as `glue.js` knows it; empty for none.
fn kind(results: &[CoreType]) -> &'static str {
    results.first().map_or("", |kind| kind.name())
}
