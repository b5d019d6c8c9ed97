//! Owns the linker entries of `amphi:host@1`, and what each does beyond core's handlers: it ends runs that have to end.

use super::renew::renew;
use super::{Bytes, Native};
use crate::store::{Run, State, memory};
use crate::watch::Watched;
use amphi_core::abi::{AbiCall, MODULE, Step};
use wasmtime::{AsContextMut as _, Caller, Linker, Result};

/// Offers the host-call ABI.
pub(crate) fn add_to_linker<W: Watched + 'static>(linker: &mut Linker<State<W>>) -> Result<()> {
    macro_rules! entries {
        ($(($variant:ident, $name:ident, [$($param:ident),*], $doc:literal))*) => {
            $(linker.func_wrap(MODULE, stringify!($name), |caller: Caller<'_, State<W>>, $($param: i32),*| {
                serve(caller, AbiCall::$variant, &[$($param),*])
            })?;)*
        };
    }
    amphi_core::for_each_host_call!(entries);
    Ok(())
}

/// Serves one call, and ends the run when it has to end.
fn serve<W: Watched + 'static>(mut caller: Caller<'_, State<W>>, call: AbiCall, args: &[i32]) -> Result<i32> {
    if call == AbiCall::Interrupt {
        // Asked thousands of times a second: it needs no memory and touches nothing else.
        let run = &mut caller.data_mut().run;
        return ended(run).map(|()| run.control().take_signal().cast_signed());
    }
    if call.finds_module() && caller.data_mut().run.renews() {
        renew(caller.as_context_mut());
        ended(&mut caller.data_mut().run)?;
    }
    let memory = memory(&mut caller)?;
    let (bytes, state) = memory.data_and_store_mut(&mut caller);
    match state.run.calls.begin(state.guests.id(), &mut Bytes(bytes), call, args) {
        Step::Done(answer) if answer >= 0 => Ok(answer),
        step => {
            let answer = match step {
                Step::Done(answer) => answer,
                Step::Invoke(invocation) => invocation.serve(&mut Native(caller.as_context_mut())),
            };
            // A host function that was stopped says so as an error; the run must not go on to handle it.
            ended(&mut caller.data_mut().run).map(|()| answer)
        }
    }
}

/// Ends the run if it has to.
pub(super) fn ended(run: &mut Run) -> Result<()> {
    match run.ending.take() {
        Some(error) => Err(error),
        None => run.control().end().map_or(Ok(()), |end| Err(end.into())),
    }
}
