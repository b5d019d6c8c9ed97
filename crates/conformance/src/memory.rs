//! This program's memory as the other side sees it: addresses, lists of buffers, places for results. Must never know a
//! call.
//!
//! Every result is taken between two fences, so that a call which writes beside it, or writes one although it fails, is
//! found out in every check.
#![allow(clippy::cast_possible_truncation, reason = "an address of wasm32 has 32 bits")]

use crate::check;
use amphi_wasi::Result;

/// What stands in memory where nothing was written.
pub(crate) const UNTOUCHED: u8 = 0xA5;

const FENCE: usize = 16;

/// A result and its fences.
#[repr(C, align(8))]
struct Fenced<const N: usize> {
    before: [u8; FENCE],
    record: [u8; N],
    after: [u8; FENCE],
}

/// Makes a call that writes a result of `N` bytes to the address it is handed.
pub(crate) fn out<const N: usize>(call: impl FnOnce(i32) -> Result<()>) -> Result<[u8; N]> {
    let mut fenced = Fenced { before: [UNTOUCHED; FENCE], record: [UNTOUCHED; N], after: [UNTOUCHED; FENCE] };
    let outcome = call(address_mut(std::slice::from_mut(&mut fenced)) + FENCE as i32);
    if fenced.before != [UNTOUCHED; FENCE] || fenced.after != [UNTOUCHED; FENCE] {
        check::failed("a call wrote beside its result");
    }
    if outcome.is_err() && fenced.record != [UNTOUCHED; N] {
        check::failed("a call that failed wrote a result");
    }
    outcome.map(|()| fenced.record)
}

/// The same for a call with two results.
pub(crate) fn two_out<const A: usize, const B: usize>(
    call: impl FnOnce(i32, i32) -> Result<()>,
) -> Result<([u8; A], [u8; B])> {
    let mut second = Ok([0; B]);
    let first = out(|first| {
        second = out(|second| call(first, second));
        second.map(drop)
    })?;
    Ok((first, second?))
}

/// A list of buffers that a call is to fill: address and length of each.
pub(crate) fn buffers_to_fill(buffers: &mut [&mut [u8]]) -> Vec<[i32; 2]> {
    buffers.iter_mut().map(|buffer| [address_mut(buffer), length(buffer)]).collect()
}

/// A list of buffers that a call is to write out: address and length of each.
pub(crate) fn buffers_to_write(buffers: &[&[u8]]) -> Vec<[i32; 2]> {
    buffers.iter().map(|buffer| [address(buffer), length(buffer)]).collect()
}

/// Turns addresses into distances from `start`.
pub(crate) fn count_from(start: i32, addresses: &mut [u32]) {
    for address in addresses {
        *address = address.wrapping_sub(start.cast_unsigned());
    }
}

/// The address of a slice, which the compiler then knows that others may read through.
pub(crate) fn address<T>(slice: &[T]) -> i32 {
    slice.as_ptr().expose_provenance() as i32
}

/// The address of a slice, which the compiler then knows that others may write through.
pub(crate) fn address_mut<T>(slice: &mut [T]) -> i32 {
    slice.as_mut_ptr().expose_provenance() as i32
}

/// How many elements a slice has.
pub(crate) fn length<T>(slice: &[T]) -> i32 {
    slice.len() as i32
}
