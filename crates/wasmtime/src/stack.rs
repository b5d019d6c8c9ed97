//! Owns where guests run: on a stack that has the room which wasmtime lets them use. It must never know what runs.

/// Bytes of native stack a guest may use. CPython's recursion limits need more than wasmtime's half MiB.
pub(crate) const GUEST: usize = 4 << 20;

/// What a thread has to have left for a guest and the host functions that it calls at its deepest.
const ROOM: usize = GUEST + (2 << 20);

/// Has guests run: on the thread's own stack if that has the room, else on another for as long as this takes, which is
/// some 20 us. Else a guest that recurses without end would end the whole process.
pub(crate) fn with_room<T>(act: impl FnOnce() -> T) -> T {
    stacker::maybe_grow(ROOM, ROOM + (1 << 20), act)
}
