//! Owns the linker entries of `amphi:host@1`, and what each does beyond core's handlers: it ends runs that have to end.

use super::Bytes;
use crate::control::Control;
use crate::store::{State, memory};
use crate::watch::{self, Watched};
use amphi_core::abi::{AbiCall, MODULE};
use wasmtime::{Caller, Linker, Result};

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
        let control = caller.data().run.control();
        return ended(control).map(|()| control.take_signal().cast_signed());
    }
    let memory = memory(&mut caller)?;
    let (bytes, state) = memory.data_and_store_mut(&mut caller);
    let answer = watch::host_call(state, |state| state.run.calls.dispatch(&mut Bytes(bytes), call, args));
    if answer < 0 {
        // A host function that was stopped says so as an error; the run must not go on to handle it.
        ended(state.run.control())?;
    }
    Ok(answer)
}

fn ended(control: &Control) -> Result<()> {
    control.end().map_or(Ok(()), |end| Err(end.into()))
}
