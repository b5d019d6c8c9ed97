//! The one door: from a call and its raw arguments to its handler, made from the table. What wraps every call, such as
//! tracing, goes here; must never know what a particular call does.

use crate::context::Context;
use crate::errno::Errno;
use crate::flow::Flow;
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
    pub fn dispatch<M: Memory + ?Sized>(&mut self, memory: &mut M, call: Call, args: &[u64]) -> Flow {
        if self.pending.is_some_and(|pending| pending.call != call) {
            self.pending = None;
        }
        let flow = self.route(memory, call, args);
        if self.pending.is_some() && !matches!(flow, Flow::Wait(_)) {
            self.pending = None;
        }
        flow
    }
}

macro_rules! route {
    ($($(#[$meta:meta])* $name:ident = $call:ident($($param:ident: $core:ident as $kind:ident),*) $(-> $result:ident)?;)*) => {
        impl<P: Platform> Context<P> {
            #[inline]
            fn route<M: Memory + ?Sized>(&mut self, memory: &mut M, call: Call, args: &[u64]) -> Flow {
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
