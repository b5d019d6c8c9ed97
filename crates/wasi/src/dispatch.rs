//! The one door: from a call and its raw arguments to its handler, made from the table. What wraps every call, such as
//! the gate of a run that is watched, goes here; must never know what a particular call does.

use crate::context::Context;
use crate::errno::Errno;
use crate::flow::{Flow, Wait};
use crate::kind::{Decode, of};
use crate::memory::Memory;
use crate::platform::Platform;
use crate::table::Call;

impl<P: Platform> Context<P> {
    /// Serves one call. `args` are the raw wasm arguments in order; of an `i32` only the lower half counts.
    ///
    /// A call that says [`Flow::Wait`] is to be dispatched again with the same arguments; its timeouts count from the
    /// first time. Any other call in between gives it up.
    ///
    /// A wrong number of arguments is `INVAL`: an engine that checks types cannot make that happen.
    #[inline]
    pub fn dispatch<M: Memory>(&mut self, memory: &mut M, call: Call, args: &[u64]) -> Flow {
        if self.gate.is_some() { self.watched(memory, call, args) } else { self.serve(memory, call, args) }
    }

    #[inline]
    fn serve<M: Memory>(&mut self, memory: &mut M, call: Call, args: &[u64]) -> Flow {
        if self.pending.is_some_and(|pending| pending.call != call) {
            self.pending = None;
        }
        loop {
            match self.route(memory, call, args) {
                Flow::Wait(Wait::Until { monotonic_ns } | Wait::StdinUntil { monotonic_ns })
                    if self.platform.skip_to(monotonic_ns) => {}
                flow @ Flow::Wait(_) => return flow,
                flow => {
                    self.pending = None;
                    return flow;
                }
            }
        }
    }

    /// Serves a call of a guest that is watched.
    #[cold]
    fn watched<M: Memory>(&mut self, memory: &mut M, call: Call, args: &[u64]) -> Flow {
        let Some(gate) = self.gate.take() else { return self.serve(memory, call, args) };
        let mut passing = gate.open();
        let flow = match passing.enter(memory, call, args, || self.platform.glance_ns()) {
            Some(fault) => Flow::Done(fault),
            None => {
                let flow = self.serve(memory, call, args);
                match flow {
                    Flow::Done(errno) => passing.leave(memory, args, Some(errno), || self.seen_ns()),
                    Flow::Stop(_) => passing.leave(memory, args, None, || self.seen_ns()),
                    Flow::Wait(_) => passing.waits(self.seen_ns()),
                }
                flow
            }
        };
        drop(passing);
        self.gate = Some(gate);
        flow
    }
}

macro_rules! route {
    ($($(#[$meta:meta])* $name:ident = $call:ident($($param:ident: $core:ident as $kind:ident),*) $(-> $result:ident)?;)*) => {
        impl<P: Platform> Context<P> {
            #[inline]
            fn route<M: Memory>(&mut self, memory: &mut M, call: Call, args: &[u64]) -> Flow {
                match call {
                    $(Call::$call => {
                        let &[$($param),*] = args else { return Flow::Done(Errno::Inval) };
                        $(let $param = match <of::$kind as Decode>::decode($param) {
                            Ok(value) => value,
                            Err(errno) => return Flow::Done(errno),
                        };)*
                        self.$name(memory, $($param),*).into()
                    })*
                }
            }
        }
    };
}

crate::__call_table!([route]);
