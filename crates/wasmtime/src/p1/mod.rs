//! The habitat `wasmtime`: wasmtime-wasi's preview1 over real folders. Owns its linker entries, one for each call of
//! the table, so that waits can be interrupted and every call passes a place of ours.
//! It must never know amphi's own WASI beyond the table of calls.

mod clocks;
mod folders;
mod sleep;
mod steady;
mod streams;
mod world;

pub(crate) use clocks::Clock;
pub(crate) use folders::Folders;
pub(crate) use world::World;

use crate::control::{Control, End};
use crate::store::{Run, State, memory};
use crate::watch;
use amphi_wasi::Call;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use tokio::runtime::Runtime;
use wasmtime::{Caller, Linker, Result};
use wasmtime_wasi::p1::wasi_snapshot_preview1::{self as p1, WasiSnapshotPreview1 as _};
use wiggle::GuestMemory;

/// A call's result when an interrupt ended its wait.
const INTR: i32 = amphi_wasi::Errno::Intr.raw();

/// A call's result when as many descriptors are open as may be.
const MFILE: i32 = amphi_wasi::Errno::Mfile.raw();

/// Bytes a call may copy out of the guest at most; wasmtime's own default.
const HOSTCALL_FUEL: usize = 128 << 20;

/// Expands to one linker entry for each row of the table.
macro_rules! entries {
    ([$linker:ident] $($name:ident = $call:ident($($param:ident: $core:ident),*) $(-> $result:ident)?;)*) => {
        $(entry!($linker, $name, $call, ($($param: $core),*));)*
    };
}

/// One entry. `proc_exit` and the waits are served here; the others are wasmtime-wasi's.
macro_rules! entry {
    ($linker:ident, proc_exit, $call:ident, ($code:ident: i32)) => {
        // wasmtime-wasi refuses codes above 125; a guest may exit with any.
        $linker.func_wrap(amphi_wasi::MODULE, "proc_exit", |mut caller: Caller<'_, State<World>>, code: i32| {
            let code = code.cast_unsigned();
            let end = |_: &mut Caller<'_, State<World>>| Err(End::Exit(code).into());
            watch::pass(&mut caller, Call::$call, &[code.into()], end).map(|_| ())
        })?;
    };
    ($linker:ident, $name:ident, $call:ident, ($($param:ident: $core:ident),*)) => {
        $linker.func_wrap(
            amphi_wasi::MODULE,
            stringify!($name),
            |mut caller: Caller<'_, State<World>>, $($param: $core),*| -> Result<i32> {
                let args = [$(u64::from($param.cast_unsigned())),*];
                let answer = watch::pass(&mut caller, Call::$call, &args, |caller| {
                    let (mut memory, world, run) = guest(caller)?;
                    let unnamed = steady::last_name(world, &memory, Call::$call, &args)?;
                    let answer = served!($name, world, memory, run, ($($param),*))?;
                    match (answer, world.steady()) {
                        // A wait gives this when the run was interrupted or must end.
                        (INTR, _) => run.control().end().map_or(Ok(INTR), |end| Err(end.into())),
                        (0, Some(steady)) => {
                            unnamed.into_iter().for_each(|inode| steady.unnamed(inode));
                            steady.told(Call::$call, &args, &mut memory).map(|()| answer)
                        }
                        (answer, _) => Ok(answer),
                    }
                })?;
                if answer == 0 {
                    let guest = caller.data_mut().guests.now_mut();
                    guest.footprint.note(Call::$call, &args);
                    guest.wasi.done(Call::$call, &args);
                }
                Ok(answer)
            },
        )?;
    };
}

/// What serves a call.
macro_rules! served {
    (poll_oneoff, $world:ident, $memory:ident, $run:ident, ($($param:ident),*)) => {{
        match sleep::alone(&mut $memory, $world, $run.control(), $($param),*)? {
            Some(errno) => Ok(errno),
            None => {
                let (wasi, runtime) = $world.parts()?;
                interruptible($run.control(), runtime, p1::poll_oneoff(wasi, &mut $memory, $($param),*))
            }
        }
    }};
    (path_open, $world:ident, $memory:ident, $run:ident, ($($param:ident),*)) => {
        if $world.has_room() {
            settled!(path_open, p1::path_open($world.wasi(), &mut $memory, $($param),*))
        } else {
            Ok(MFILE)
        }
    };
    (fd_readdir, $world:ident, $memory:ident, $run:ident, ($($param:ident),*)) => {
        match $world.steady() {
            Some(_) => steady::readdir($world, &mut $memory, $($param),*),
            None => at_once(p1::fd_readdir($world.wasi(), &mut $memory, $($param),*)),
        }
    };
    ($name:ident, $world:ident, $memory:ident, $run:ident, ($($param:ident),*)) => {
        settled!($name, p1::$name($world.wasi(), &mut $memory, $($param),*))
    };
}

/// The result of a call: some are wasmtime-wasi's plain functions, the others its futures.
macro_rules! settled {
    (args_get, $call:expr) => {
        $call
    };
    (args_sizes_get, $call:expr) => {
        $call
    };
    (environ_get, $call:expr) => {
        $call
    };
    (environ_sizes_get, $call:expr) => {
        $call
    };
    (clock_res_get, $call:expr) => {
        $call
    };
    (clock_time_get, $call:expr) => {
        $call
    };
    (fd_allocate, $call:expr) => {
        $call
    };
    (fd_fdstat_set_flags, $call:expr) => {
        $call
    };
    (fd_fdstat_set_rights, $call:expr) => {
        $call
    };
    (fd_prestat_get, $call:expr) => {
        $call
    };
    (fd_prestat_dir_name, $call:expr) => {
        $call
    };
    (fd_tell, $call:expr) => {
        $call
    };
    (proc_raise, $call:expr) => {
        $call
    };
    (random_get, $call:expr) => {
        $call
    };
    (sched_yield, $call:expr) => {
        $call
    };
    (sock_accept, $call:expr) => {
        $call
    };
    (sock_recv, $call:expr) => {
        $call
    };
    (sock_send, $call:expr) => {
        $call
    };
    (sock_shutdown, $call:expr) => {
        $call
    };
    ($name:ident, $call:expr) => {
        at_once($call)
    };
}

/// Offers all of preview1 to guests of this habitat.
pub(crate) fn add_to_linker(linker: &mut Linker<State<World>>) -> Result<()> {
    amphi_wasi::for_each_call!(entries, [linker]);
    Ok(())
}

/// What a call works on: the guest's memory, its world, its run.
fn guest<'a>(caller: &'a mut Caller<'_, State<World>>) -> Result<(GuestMemory<'a>, &'a mut World, &'a mut Run)> {
    let memory = memory(caller)?;
    let (bytes, state) = memory.data_and_store_mut(caller);
    let State { guests, run } = state;
    let world = &mut guests.now_mut().wasi;
    if let Some(end) = run.control().end() {
        return Err(end.into());
    }
    world.wasi().set_hostcall_fuel(HOSTCALL_FUEL);
    Ok((GuestMemory::Unshared(bytes), world, run))
}

/// The result of a future that never waits: files are read on this thread, and standard input waits on its own.
fn at_once<T>(call: impl Future<Output = Result<T>>) -> Result<T> {
    match pin!(call).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(result) => result,
        Poll::Pending => Err(wasmtime::Error::msg("a call of wasmtime-wasi waits where it never did")),
    }
}

/// Runs a future that may wait, until it is done, the guest is interrupted, or the run must end.
fn interruptible(control: &Control, runtime: &Runtime, call: impl Future<Output = Result<i32>>) -> Result<i32> {
    let mut call = pin!(call);
    let mut stopped = pin!(control.bell().waited(|| (control.signalled() || control.end().is_some()).then_some(())));
    runtime.block_on(poll_fn(|context| {
        if let Poll::Ready(result) = call.as_mut().poll(context) {
            return Poll::Ready(result);
        }
        match stopped.as_mut().poll(context) {
            Poll::Ready(()) => Poll::Ready(control.end().map_or(Ok(INTR), |end| Err(end.into()))),
            Poll::Pending => Poll::Pending,
        }
    }))
}
