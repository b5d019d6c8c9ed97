//! The linker entries of WASI for guests that amphi's own WASI serves, made from its table. It must never know how a
//! call is served.

use amphi_wasi::Call;
use wasmtime::{Caller, Linker, Result};

/// Expands to one linker entry for each row of the table.
macro_rules! entries {
    ([$linker:ident, $serve:ident] $($name:ident = $call:ident($($param:ident: $core:ident),*) $(-> $result:ident)?;)*) => {
        $(entry!($linker, $serve, $name, $call, ($($param: $core),*) $(-> $result)?);)*
    };
}

macro_rules! entry {
    ($linker:ident, $serve:ident, $name:ident, $call:ident, ($($param:ident: $core:ident),*) -> i32) => {
        $linker.func_wrap(amphi_wasi::MODULE, stringify!($name), move |caller: Caller<'_, T>, $($param: $core),*| {
            $serve(caller, Call::$call, &[$(u64::from($param.cast_unsigned())),*])
        })?;
    };
    ($linker:ident, $serve:ident, $name:ident, $call:ident, ($($param:ident: $core:ident),*)) => {
        $linker.func_wrap(amphi_wasi::MODULE, stringify!($name), move |caller: Caller<'_, T>, $($param: $core),*| {
            $serve(caller, Call::$call, &[$(u64::from($param.cast_unsigned())),*]).map(|_| ())
        })?;
    };
}

/// Offers all of preview1; `serve` gets the calls with their raw arguments, and gives errnos.
pub(crate) fn add_to_linker<T: 'static>(
    linker: &mut Linker<T>,
    serve: impl Fn(Caller<'_, T>, Call, &[u64]) -> Result<i32> + Copy + Send + Sync + 'static,
) -> Result<()> {
    amphi_wasi::for_each_call!(entries, [linker, serve]);
    Ok(())
}
