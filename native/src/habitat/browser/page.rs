//! `window.amphi` of the page, one function a call; `web/src/automation.rs` has the other side.
//! Must never know who asks.

use std::time::Duration;

use amphi_core::protocol::Event;
use amphi_core::{Bytes, PreparedHost, Program};
use anyhow::{Context as _, Result, anyhow, bail};
use fantoccini::Client;
use serde_json::{Value, json};

/// Waits until the page has put its interface up and is ready; gives its words for what went wrong.
const READY: &str = "
const done = arguments[arguments.length - 1];
const look = () => {
  if (!window.amphi) return setTimeout(look, 5);
  window.amphi.ready.then((ready) => done({ ready }), (error) => done({ error: String(error && error.message || error) }));
};
look();";

/// Calls the function of `window.amphi` that the first argument names with the others, and waits for what it gives.
const CALL: &str = "
const [name, ...rest] = arguments, done = rest.pop();
Promise.resolve().then(() => window.amphi[name](...rest)).then(
  (value) => done({ value: value === undefined ? null : value }),
  (error) => done({ error: String(error && error.message || error) }));";

/// The number of a run in the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RunId(u64);

/// The open page.
#[derive(Debug)]
pub(crate) struct Page {
    client: Client,
}

impl Page {
    /// Opens the page and waits until it can run programs.
    ///
    /// # Errors
    /// It does not get there, with the page's own words.
    pub(crate) async fn open(client: Client, url: &str) -> Result<Self> {
        client.goto(url).await.with_context(|| format!("the browser can't open {url}"))?;
        let answer = client.execute_async(READY, Vec::new()).await;
        let answer = answer.context("the page does not get ready; open it with `cargo xtask play` to see why")?;
        if let Some(error) = answer.get("error").and_then(Value::as_str) {
            bail!("the page can't run programs: {error}");
        }
        Ok(Self { client })
    }

    /// Starts a program. `terminal`: the guest is to believe that it talks to a terminal.
    pub(crate) async fn start(&self, program: &Program, terminal: bool) -> Result<RunId> {
        let text = serde_json::to_string(program).context("the program has no JSON form")?;
        let run = self.call("start", vec![json!(text), json!(terminal)]).await?;
        run.as_u64().map(RunId).ok_or_else(|| anyhow!("the page gave no number for a run but {run}"))
    }

    /// The run's next events; none when `patience` ends first.
    pub(crate) async fn next(&self, run: RunId, patience: Duration) -> Result<Vec<Event>> {
        let events = self.call("next", vec![json!(run.0), json!(patience.as_millis())]).await?;
        let text = events.as_str().with_context(|| format!("the page gave no events but {events}"))?;
        serde_json::from_str(text)
            .context("the page's events can't be read; is it of this version? `cargo xtask setup`")
    }

    /// Gives the run input; `None` is its end.
    pub(crate) async fn stdin(&self, run: RunId, bytes: Option<&[u8]>) -> Result<()> {
        // On the wire it is the same base64 that the protocol uses for bytes.
        let text = bytes.map_or(Value::Null, |bytes| json!(Bytes(bytes.to_vec())));
        self.call("stdin", vec![json!(run.0), text]).await.map(drop)
    }

    /// Has host modules take the places of those of their names.
    pub(crate) async fn renew(&self, run: RunId, hosts: &[PreparedHost]) -> Result<()> {
        let text = serde_json::to_string(hosts).context("the host modules have no JSON form")?;
        self.call("renew", vec![json!(run.0), json!(text)]).await.map(drop)
    }

    /// Ctrl-C.
    pub(crate) async fn interrupt(&self, run: RunId) -> Result<()> {
        self.call("interrupt", vec![json!(run.0)]).await.map(drop)
    }

    /// Ctrl-C, and the end of the worker soon after.
    pub(crate) async fn stop(&self, run: RunId) -> Result<()> {
        self.call("stop", vec![json!(run.0)]).await.map(drop)
    }

    async fn call(&self, name: &str, arguments: Vec<Value>) -> Result<Value> {
        let arguments = [vec![json!(name)], arguments].concat();
        let answer = self.client.execute_async(CALL, arguments).await.context("the browser does not answer")?;
        if let Some(error) = answer.get("error").and_then(Value::as_str) {
            bail!("the page can't {name}: {error}");
        }
        Ok(answer.get("value").cloned().unwrap_or_default())
    }
}
