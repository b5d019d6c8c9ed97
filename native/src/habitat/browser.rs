//! The habitats `chromium`, `firefox` and `webkit`: a browser, driven through WebDriver, runs programs in the built page.
//! Must never know how the page runs them: it uses `window.amphi` alone.

mod driver;
mod engine;
mod page;
mod stdin;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use amphi_core::habitat::{Habitat, HabitatError, Streams};
use amphi_core::protocol::Event;
use amphi_core::{Outcome, Program, prepare};
use amphi_wasmtime::folder;
use anyhow::{Context as _, Result, bail};
use tokio::runtime::Runtime;
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::renewal::Files;
use crate::serve::{self, Server};
use driver::Driver;
pub(crate) use engine::Engine;
use page::{Page, RunId};
use stdin::ProcessStdin;

/// How long one question for events waits in the page. An interrupt waits as long at worst, because WebDriver answers
/// one question after the other.
const PATIENCE: Duration = Duration::from_millis(100);

/// A browser with the page, ready to run programs one after the other. A program that inherits its input gets this
/// process's own, read in a way that Ctrl-C ends, and not through [`Streams::read`], which holds up everything else.
#[derive(Debug)]
pub(crate) struct Browser {
    engine: Engine,
    runtime: Runtime,
    page: Page,
    // Dropped after the page, in this order: the browser goes before the server it talks to.
    driver: Driver,
    _server: Server,
}

impl Browser {
    /// Starts a server, a driver and a browser, and opens the page; done when the page can run programs.
    ///
    /// # Errors
    /// The page is not built, the browser or its driver is not installed or does not start, or the page does not get
    /// ready; each with what to do.
    pub(crate) fn start(engine: Engine) -> Result<Self> {
        let dist = serve::find_dist()?;
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
        let (server, driver, page) = runtime.block_on(async {
            let server = serve::start(&dist, 0).await?;
            let driver = Driver::start(engine).await?;
            let page = Page::open(driver.client().clone(), &server.url()).await?;
            anyhow::Ok((server, driver, page))
        })?;
        Ok(Self { engine, runtime, page, driver, _server: server })
    }

    /// Runs a program whose host modules are renewed from `files` while it goes on.
    ///
    /// # Errors
    /// As [`Habitat::run`].
    pub(crate) fn session(
        &mut self,
        program: &Program,
        files: Option<Files>,
        streams: &mut dyn Streams,
    ) -> Result<Outcome> {
        let program = with_copies(program)?;
        let mut files = files.map(|files| files.then(with_copies));
        if let Some(files) = &mut files {
            files.begin(&prepare(&program)?.hosts, Arc::default());
        }
        let outcome = self.runtime.block_on(Self::drive(&self.page, &program, files, streams))?;
        for (mount, changes) in program.all_mounts().zip(&outcome.mounts) {
            folder::write_back(Path::new(&mount.host), changes)?;
        }
        Ok(outcome)
    }

    async fn drive(
        page: &Page,
        program: &Program,
        mut files: Option<Files>,
        streams: &mut dyn Streams,
    ) -> Result<Outcome> {
        // Taken before the run starts, so that no Ctrl-C is lost to the system's own way of ending a process.
        let mut ctrl_c = CtrlC::listen()?;
        let run = page.start(program, stdin::is_terminal()).await?;
        let mut typed = ProcessStdin::default();
        loop {
            for event in page.next(run, PATIENCE).await? {
                match event {
                    Event::Output { stream, bytes, .. } => streams.write(stream, &bytes.0),
                    Event::Trace { records, .. } => streams.trace(&records.0),
                    Event::WantsInput { .. } => typed.want(),
                    Event::Finished { outcome, .. } => return Ok(*outcome),
                    Event::Failed { message, .. } => bail!("{message}"),
                    Event::Loading { .. } | Event::Ready { .. } | Event::Started { .. } => {}
                }
            }
            // Before what was typed is: whoever typed it may have edited a file first.
            if let Some(hosts) = files.as_mut().map(Files::changed).filter(|hosts| !hosts.is_empty()) {
                page.renew(run, &hosts).await?;
            }
            if let Some(bytes) = typed.take() {
                page.stdin(run, bytes.as_deref()).await?;
            }
            ctrl_c.pass_on(page, run).await?;
        }
    }
}

impl Habitat for Browser {
    fn name(&self) -> &str {
        self.engine.habitat()
    }

    fn run(&mut self, program: &Program, streams: &mut dyn Streams) -> Result<Outcome, HabitatError> {
        self.session(program, None, streams).map_err(|error| HabitatError::new(format!("{error:#}")))
    }
}

/// The program with a copy of each folder it mounts, since a page cannot reach the machine.
fn with_copies(program: &Program) -> Result<Program> {
    let mut program = program.clone();
    for mount in program.all_mounts_mut() {
        mount.copy = Some(folder::read_copy(Path::new(&mount.host))?);
    }
    Ok(program)
}

impl Drop for Browser {
    fn drop(&mut self) {
        self.runtime.block_on(self.driver.close());
    }
}

/// Ctrl-C, counted: the first interrupts the guest, the second ends it.
struct CtrlC {
    signal: Signal,
    count: u32,
}

impl CtrlC {
    fn listen() -> Result<Self> {
        Ok(Self { signal: signal(SignalKind::interrupt()).context("can't listen for Ctrl-C")?, count: 0 })
    }

    async fn pass_on(&mut self, page: &Page, run: RunId) -> Result<()> {
        // Asked without waiting: the page has been waited for.
        while tokio::time::timeout(Duration::ZERO, self.signal.recv()).await.is_ok() {
            self.count += 1;
            match self.count {
                1 => page.interrupt(run).await?,
                2 => page.stop(run).await?,
                // Whoever presses it a third time does not want to wait for the browser.
                _ => std::process::exit(130),
            }
        }
        Ok(())
    }
}
