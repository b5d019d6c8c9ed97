//! The habitat `shim`: amphi's own WASI on wasmtime. Owns its linker entries and the loop that waits and calls again.
//! It must never know what a call does.

mod files;
mod platform;

pub(crate) use files::Back;
pub(crate) use platform::Native;

use crate::control::{Control, End, Woken};
use crate::mounts::Mount;
use crate::store::{Guest, State, memory};
use crate::watch::Watched;
use crate::{Error, preview1};
use amphi_core::{Limit, Limits};
use amphi_wasi::{Call, Config, Context, Determinism, Errno, Flow, Gate, SliceMemory, Stop, Wait};
use files::Files;
use wasmtime::{Caller, Linker};

/// One guest's WASI.
pub(crate) type World = Context<Native>;

/// Sets up one guest's WASI.
pub(crate) fn world(
    args: Vec<String>,
    env: Vec<(String, String)>,
    mounts: Vec<Mount>,
    limits: &Limits,
    determinism: Option<Determinism>,
    platform: Native,
) -> Result<(World, Back), Error> {
    let (Files { tree, preopens }, back) = Files::make(mounts, determinism.map(|fixed| fixed.clock_ns))?;
    let limits =
        amphi_wasi::Limits { file_bytes: limits.file_bytes, files: limits.files, descriptors: limits.descriptors };
    let config = Config { args, env, tree, preopens, limits, determinism };
    let world = Context::new(config, platform).map_err(|error| Error::Arguments(error.to_string()))?;
    Ok((world, back))
}

impl Watched for World {
    fn gate(&mut self) -> Option<&mut Gate> {
        self.gate_mut()
    }

    fn seen_ns(&self) -> u64 {
        Context::seen_ns(self)
    }

    fn limit_met(&self) -> Option<Limit> {
        self.limits_met().next().map(|limit| match limit {
            amphi_wasi::Limit::Files => Limit::Files,
            amphi_wasi::Limit::FileBytes => Limit::FileBytes,
            amphi_wasi::Limit::Descriptors => Limit::Descriptors,
        })
    }
}

/// Offers all of preview1 to guests of this habitat.
pub(crate) fn add_to_linker(linker: &mut Linker<State<World>>) -> wasmtime::Result<()> {
    preview1::add_to_linker(linker, serve)
}

/// Serves one call: dispatches it until it is done, and waits in between.
fn serve(mut caller: Caller<'_, State<World>>, call: Call, args: &[u64]) -> wasmtime::Result<i32> {
    let memory = memory(&mut caller)?;
    let (bytes, state) = memory.data_and_store_mut(&mut caller);
    let State { guests, run } = state;
    let Guest { wasi, footprint, .. } = guests.now_mut();
    if let Some(end) = run.control().end() {
        return Err(end.into());
    }
    loop {
        match wasi.dispatch(&mut SliceMemory::new(bytes), call, args) {
            Flow::Done(errno) => {
                if errno == Errno::Success {
                    footprint.note(call, args);
                }
                return Ok(errno.raw());
            }
            Flow::Stop(stop) => return Err(end(stop).into()),
            Flow::Wait(wait) => match wait_for(wait, wasi.platform(), run.control()) {
                Woken::Done => {}
                Woken::Interrupted => wasi.interrupt(),
                Woken::End(end) => return Err(end.into()),
            },
        }
    }
}

fn wait_for(wait: Wait, platform: &Native, control: &Control) -> Woken {
    match wait {
        Wait::Stdin => control.wait(None, || platform.stdin_waits()),
        Wait::Until { monotonic_ns } => control.wait(platform.moment(monotonic_ns), || false),
        Wait::StdinUntil { monotonic_ns } => control.wait(platform.moment(monotonic_ns), || platform.stdin_waits()),
    }
}

fn end(stop: Stop) -> End {
    match stop {
        Stop::Exit(code) => End::Exit(code),
        Stop::Output => End::Output,
        Stop::Interrupted => End::Interrupted,
    }
}
