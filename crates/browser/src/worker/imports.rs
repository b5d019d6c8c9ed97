//! The functions the guest imports, exported by name: `wasi_*` from the one table of WASI, `host_*` from the one
//! table of host calls. The engine links guest and shim directly; no JavaScript is between them.

use amphi_core::abi::AbiCall;
use amphi_wasi::Call;

use super::glue;
use super::run::{self, Answer};

/// What an exported function gives back: a number, or for `proc_exit` nothing.
trait Returned {
    fn from_number(number: i32) -> Self;
}

impl Returned for i32 {
    fn from_number(number: i32) -> Self {
        number
    }
}

impl Returned for () {
    fn from_number(_number: i32) -> Self {}
}

macro_rules! export_wasi {
    ($($name:ident = $call:ident($($param:ident: $core:ident),*) $(-> $result:ident)?;)*) => {
        $(
            #[expect(unsafe_code, reason = "a guest imports it by this name; names of the table are unique")]
            #[unsafe(export_name = concat!("wasi_", stringify!($name)))]
            extern "C" fn $name($($param: $core),*) $(-> $result)? {
                give(run::wasi(Call::$call, &[$(u64::from($param.cast_unsigned())),*]))
            }
        )*
    };
}

amphi_wasi::for_each_call!(export_wasi);

macro_rules! export_host_calls {
    ($(($call:ident, $name:ident, [$($param:ident),*], $doc:literal))*) => {
        $(
            #[expect(unsafe_code, reason = "a guest imports it by this name; names of the table are unique")]
            #[unsafe(export_name = concat!("host_", stringify!($name)))]
            extern "C" fn $name($($param: i32),*) -> i32 {
                give(run::host(AbiCall::$call, &[$($param),*]))
            }
        )*
    };
}

amphi_core::for_each_host_call!(export_host_calls);

/// For `glue.js`: a function of JavaScript was called straight, and core has to look at what came of it.
#[expect(unsafe_code, reason = "JavaScript calls it by this name, which no other function has")]
#[unsafe(no_mangle)]
extern "C" fn flat_concluded(function: i32, slots: i32) -> i32 {
    give(run::serve(AbiCall::CallFlat, &[function, slots]))
}

/// For `glue.js`: a host function that a guest imports by name is called.
#[expect(unsafe_code, reason = "JavaScript calls it by this name, which no other function has")]
#[unsafe(no_mangle)]
extern "C" fn typed_call(number: u32) -> i32 {
    give(run::typed(number))
}

/// For `glue.js`: where such a call has its parameters and its result.
#[expect(unsafe_code, reason = "JavaScript calls it by this name, which no other function has")]
#[unsafe(no_mangle)]
extern "C" fn typed_core() -> *mut u64 {
    run::typed_core()
}

/// For `glue.js`: when the suspended guest has waited long enough, in milliseconds of the performance clock.
#[expect(unsafe_code, reason = "JavaScript calls it by this name, which no other function has")]
#[unsafe(no_mangle)]
extern "C" fn wait_until_ms() -> f64 {
    run::wait_until_ms()
}

fn give<R: Returned>(answer: Answer) -> R {
    match answer {
        Answer::Number(number) => R::from_number(number),
        Answer::Wait => R::from_number(glue::WAIT),
        Answer::Stop => {
            glue::stop();
            // Unreachable: the line above throws.
            std::process::abort()
        }
    }
}
