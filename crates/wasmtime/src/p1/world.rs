//! Owns the set-up of wasmtime-wasi for one run: arguments, environment, folders, streams, clocks.

use super::folders::{Folder, Folders};
use super::streams::{Input, Out};
use crate::Error;
use crate::control::Control;
use crate::output::{Output, Stream};
use crate::stdin::Stdin;
use std::cell::OnceCell;
use std::sync::Arc;
use std::time::Instant;
use tokio::runtime::Runtime;
use wasmtime_wasi::p1::WasiP1Ctx;
use wasmtime_wasi::{FsPerms, HostMonotonicClock, WasiCtxBuilder};

/// One guest's WASI.
pub(crate) struct World {
    wasi: WasiP1Ctx,
    start: Instant,
    /// Drives the timers of a wait for several things at once; most runs never need it.
    runtime: OnceCell<Runtime>,
}

impl World {
    pub(crate) fn new(
        args: &[String],
        env: &[(String, String)],
        folders: &Folders,
        stdin: &Arc<Stdin>,
        output: &Arc<Output>,
        control: &Arc<Control>,
    ) -> Result<Self, Error> {
        let start = Instant::now();
        let mut wasi = WasiCtxBuilder::new();
        wasi.args(args)
            .envs(env)
            .stdin(Input { stdin: stdin.clone(), control: control.clone() })
            .stdout(Out { output: output.clone(), stream: Stream::Stdout })
            .stderr(Out { output: output.clone(), stream: Stream::Stderr })
            .monotonic_clock(Since(start))
            .allow_blocking_current_thread(true);
        for Folder { host, guest, writable } in &folders.list {
            let access = if *writable { FsPerms::ReadWrite } else { FsPerms::ReadOnly };
            wasi.preopened_dir(host, guest, access)
                .map_err(|error| Error::Mount { path: host.clone(), reason: format!("{error:#}") })?;
        }
        Ok(Self { wasi: wasi.build_p1(), start, runtime: OnceCell::new() })
    }

    pub(super) fn wasi(&mut self) -> &mut WasiP1Ctx {
        &mut self.wasi
    }

    /// Where the guest's monotonic clock stands at 0.
    pub(super) fn start(&self) -> Instant {
        self.start
    }

    /// The context, and the runtime for a future of it that waits.
    pub(super) fn parts(&mut self) -> wasmtime::Result<(&mut WasiP1Ctx, &Runtime)> {
        if self.runtime.get().is_none() {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
            let _ = self.runtime.set(runtime);
        }
        match self.runtime.get() {
            Some(runtime) => Ok((&mut self.wasi, runtime)),
            None => Err(wasmtime::Error::msg("no runtime for a wait")),
        }
    }
}

/// A monotonic clock that begins with the run.
struct Since(Instant);

impl HostMonotonicClock for Since {
    fn resolution(&self) -> u64 {
        1
    }

    fn now(&self) -> u64 {
        u64::try_from(self.0.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }
}
