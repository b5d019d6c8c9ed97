//! The host-call ABI: the import module through which a guest finds and calls host functions. This file owns the table
//! of its functions and what each does; it never knows an engine.
//!
//! The guest looks an interface up once with `interface_describe`, then makes one crossing a call. An answer that does
//! not fit the room the guest gave is kept, and taken with `reply_take`. The host never calls into the guest.

mod calls;
mod memory;
mod seen;
#[cfg(test)]
pub(crate) mod testing;

pub use calls::HostCalls;
pub use memory::{GuestMemory, OutOfBounds};
pub use seen::SeenCall;

/// The name of the import module; a change that old guests could not live with gets a new number.
pub const MODULE: &str = "amphi:host@1";

/// The answer that says there is none: no such interface, no kept reply.
pub const NOTHING: i32 = -1;

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
                "Calls a function with a wire tuple: the length of the reply, written when it fits and kept when it does not; on an error -(length)-1 of the error record, which is kept."
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

#[cfg(test)]
mod tests;
