//! The host-call ABI: the import module through which a guest finds and calls host functions. This file owns the table
//! of its functions and what each does; it never knows an engine.
//!
//! The guest looks an interface up once with `interface_describe`, then makes one crossing a call. An answer that does
//! not fit the room the guest gave is kept, and taken with `reply_take`. The host calls into the guest through what it
//! exports, [`GuestExport`]: while one of the guest's own calls is under way, or when it has come to its end and waits.

mod calls;
mod guest;
mod invocation;
mod memory;
mod seen;
#[cfg(test)]
pub(crate) mod testing;
mod typed;

use crate::types::CoreType;

pub use calls::{HostCalls, Step};
pub(crate) use guest::Sent;
pub use invocation::{Invocation, Open, Served};
pub use memory::{GuestMemory, OutOfBounds};
pub use seen::SeenCall;
pub use typed::{TypedImport, TypedOffer, TypedOpen, offered};

/// The name of the import module; a change that old guests could not live with gets a new number.
pub const MODULE: &str = "amphi:host@1";

/// The answer that says there is none: no such interface, no kept reply.
pub const NOTHING: i32 = -1;

/// The answer that no function has that number any more: its module was replaced by one that declares it otherwise, and
/// is to be described again.
pub const MOVED: i32 = i32::MIN;

/// Hands the table to a macro: for each function `(Variant, "name", [parameters], "what it does")`. All parameters and
/// the one result of all functions are `i32`.
#[macro_export]
macro_rules! for_each_host_call {
    ($callback:path) => {
        $callback! {
            (
                InterfaceDescribe, interface_describe, [name_ptr, name_len, out_ptr, out_cap],
                "Describes the interface of that name: the length of the description, written when it fits and kept when it does not; -1 when there is no such interface."
            )
            (
                Call, call, [function, args_ptr, args_len, reply_ptr, reply_cap],
                "Calls a function with a wire tuple: the length of the reply, written when it fits and kept when it does not; on an error -(length)-1 of the error record, which is kept; -2147483648 where the function has moved: its module is to be described again."
            )
            (
                CallFlat, call_flat, [function, slots_ptr],
                "Calls a function of scalars, one 64-bit slot each, the result in the first: 0; on an error as call."
            )
            (
                ReplyTake, reply_take, [ptr, cap],
                "Takes the kept reply: its length; when it does not fit it stays; -1 when there is none or the room is outside memory."
            )
            (
                Interrupt, interrupt, [],
                "The number of a signal to raise, or 0; never waits."
            )
            (
                MayGrow, may_grow, [pages],
                "Whether memory may grow to so many pages of 64 KiB: 1, or 0 where the run's limit is below. Asked first, because a browser grows memory without asking."
            )
            (
                HandleCall, handle_call, [handle, args_ptr, args_len, reply_ptr, reply_cap],
                "Calls a callable that the guest holds; otherwise as call."
            )
            (
                HandleDrop, handle_drop, [handle],
                "The guest no longer holds a thing: 1, or 0 if it did not."
            )
        }
    };
}

macro_rules! table {
    ($(($variant:ident, $name:ident, [$($param:ident),*], $doc:literal))*) => {
        /// One function of the import module.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum AbiCall {
            $(#[doc = $doc] $variant,)*
        }

        impl AbiCall {
            /// All of them, in the order of the table.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// Its name in the import module.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => stringify!($name),)*
                }
            }

            /// The names of its parameters, all `i32`; the result is one `i32` too.
            #[must_use]
            pub fn params(self) -> &'static [&'static str] {
                match self {
                    $(Self::$variant => &[$(stringify!($param)),*],)*
                }
            }

            /// What it does, in plain words.
            #[must_use]
            pub fn doc(self) -> &'static str {
                match self {
                    $(Self::$variant => $doc,)*
                }
            }
        }
    };
}

for_each_host_call!(table);

impl AbiCall {
    /// Whether it finds a host module, so that new ones have to take their places before.
    #[must_use]
    pub fn finds_module(self) -> bool {
        matches!(self, Self::Call | Self::CallFlat | Self::InterfaceDescribe)
    }
}

/// What a Python guest exports, or an SE2 plugin, so that the host can call into it. Parameters and results are raw bits
/// of core values, see [`Crossing::enter`](crate::Crossing::enter).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum GuestExport {
    /// Makes room for a message of so many bytes, and gives its address. A room of a MiB or less stays until another is
    /// made, and the next messages may go there, too.
    Room,
    /// Calls the exported function of that number with the message of that length in the room; gives the answer's
    /// address in the low half and its length in the high one, whose highest bit is set for an error record.
    CallExport,
    /// The same for a callable that the host holds.
    CallObject,
    /// The host no longer holds the object of that number.
    Release,
    /// Runs the program as `_start` does, but stays ready for calls; gives the exit code.
    Serve,
    /// Describes the functions that the guest exports; the message of that length in the room is none for a program, and
    /// for a host module its name and its declaration, or none. The answer is as that of a call.
    Exports,
    /// Memory is again what it was when the program had run: of so many pages, those after them are empty. 1, or 0 where
    /// the guest cannot go on from there, because the program drew something from the world that memory alone does not
    /// take back.
    Again,
    /// Ends a guest that served: what is buffered is written, what was to happen at its exit happens.
    Finish,
    /// Of an SE2 plugin: makes room for so many bytes, and gives its address.
    Allocate,
    /// Of an SE2 plugin: takes back room of that address and size.
    Deallocate,
    /// Of an SE2 plugin: works on the payload of that address and length, and answers to the call of that number.
    Run,
}

impl GuestExport {
    /// The name of the export, with its parameters and its result as core types.
    #[must_use]
    pub fn declared(self) -> (&'static str, &'static [CoreType], &'static [CoreType]) {
        use CoreType::{I32, I64};
        match self {
            Self::Room => ("amphi_room", &[I32], &[I32]),
            Self::CallExport => ("amphi_call_export", &[I32, I32], &[I64]),
            Self::CallObject => ("amphi_call_object", &[I32, I32], &[I64]),
            Self::Release => ("amphi_release", &[I32], &[]),
            Self::Serve => ("amphi_serve", &[], &[I32]),
            Self::Exports => ("amphi_exports", &[I32], &[I64]),
            Self::Again => ("amphi_again", &[I32], &[I32]),
            Self::Finish => ("amphi_finish", &[], &[I32]),
            Self::Allocate => ("allocate", &[I32], &[I32]),
            Self::Deallocate => ("deallocate", &[I32, I32], &[]),
            Self::Run => ("run_e", &[I32, I32, I32], &[]),
        }
    }
}

#[cfg(test)]
mod tests;
