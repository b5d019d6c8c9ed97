//! The 46 imports as wasm has them, made from the table of calls. Owns no meaning: numbers in, a number out.
#![allow(unsafe_code, reason = "imports are foreign functions")]

macro_rules! imports {
    ($($name:ident = $call:ident($($param:ident: $core:ident),*) $(-> $result:ident)?;)*) => {
        #[link(wasm_import_module = "wasi_snapshot_preview1")]
        unsafe extern "C" {
            $(pub(crate) fn $name($($param: $core),*) $(-> $result)?;)*
        }
    };
}

amphi_wasi::for_each_call!(imports);
