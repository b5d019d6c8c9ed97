//! A browser that runs one program after the other in the page, and what is seen of each. Must never know what a test
//! is about.

use std::time::{Duration, Instant};

use amphi_core::protocol::{Event, Waiting};
use amphi_core::{Exit, Limits, Program, Stdin};
use serde_json::json;
use tokio::runtime::Runtime;

use crate::driver::Driver;
use crate::engine::Engine;
use crate::page::{Page, RunId};
use crate::server::{self, Server};

/// No program here takes a tenth of this.
const PATIENCE: Duration = Duration::from_secs(60);

/// A browser, and the server with the page.
pub(crate) struct Browser {
    runtime: Runtime,
    driver: Driver,
    server: Server,
}

/// What a person does while a program runs.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Act {
    Nothing,
    /// Types this.
    Type(&'static str),
    /// Ctrl-D.
    EndInput,
    /// Ctrl-C.
    Interrupt,
    /// The stop button.
    Stop,
}

impl Browser {
    pub(crate) fn start(engine: Engine) -> Result<Self, String> {
        let runtime = Runtime::new().map_err(|error| error.to_string())?;
        let driver = runtime.block_on(Driver::start(engine)).map_err(|error| format!("{error:#}"))?;
        Ok(Self { runtime, driver, server: Server::start(&server::dist()) })
    }

    pub(crate) fn close(self) {
        self.runtime.block_on(self.driver.close());
    }

    /// The page anew, asked to wait in one way; and the way that it takes.
    pub(crate) fn open(&self, way: Waiting) -> Result<(Page, Waiting), String> {
        let word = serde_json::to_value(way).map_err(|error| error.to_string())?;
        let url = format!("{}?wait={}", self.server.url, word.as_str().unwrap_or_default());
        self.runtime.block_on(async {
            let client = self.driver.client();
            let page = Page::open(client.clone(), &url).await.map_err(|error| format!("{error:#}"))?;
            let ready = client.execute_async("window.amphi.ready.then(arguments[0])", Vec::new()).await;
            let ready = ready.map_err(|error| error.to_string())?;
            match serde_json::from_str(ready.as_str().unwrap_or_default()) {
                Ok(Event::Ready { waiting, .. }) => Ok((page, waiting)),
                other => Err(format!("the page said {other:?}")),
            }
        })
    }

    /// Runs a script: what it wrote, and how it ended. The act comes once it has written `begun`.
    pub(crate) fn run(
        &self,
        page: &Page,
        script: &str,
        stdin: Stdin,
        limits: Limits,
        act: Act,
    ) -> Result<(String, Exit), String> {
        let program = program(script, stdin, limits)?;
        let run = async {
            let run = page.start(&program, false).await?;
            let (began, mut act, mut output) = (Instant::now(), Some(act), String::new());
            loop {
                for event in page.next(run, Duration::from_millis(100)).await? {
                    match event {
                        Event::Output { bytes, .. } => output.push_str(&String::from_utf8_lossy(&bytes.0)),
                        Event::Finished { outcome, .. } => return Ok((output, outcome.exit)),
                        Event::Failed { message, .. } => anyhow::bail!("{message}"),
                        _ => {}
                    }
                }
                if output.contains("begun")
                    && let Some(act) = act.take()
                {
                    perform(page, run, act).await?;
                }
                anyhow::ensure!(began.elapsed() < PATIENCE, "it does not end; it wrote {output:?}");
            }
        };
        self.runtime.block_on(run).map_err(|error| format!("{error:#}"))
    }
}

async fn perform(page: &Page, run: RunId, act: Act) -> anyhow::Result<()> {
    // What the guest does after it has begun is to be under way.
    tokio::time::sleep(Duration::from_millis(50)).await;
    match act {
        Act::Nothing => Ok(()),
        Act::Type(text) => page.stdin(run, Some(text.as_bytes())).await,
        Act::EndInput => page.stdin(run, None).await,
        Act::Interrupt => page.interrupt(run).await,
        Act::Stop => page.stop(run).await,
    }
}

fn program(script: &str, stdin: Stdin, limits: Limits) -> Result<Program, String> {
    let bare = json!({ "name": "test", "guest": { "python": { "entry": { "command": script } } } });
    let program: Program = serde_json::from_value(bare).map_err(|error| error.to_string())?;
    Ok(Program { stdin, limits, ..program })
}
