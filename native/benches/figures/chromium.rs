//! The page in a headless Chromium: how soon it prints on the first visit, and when run again.
//! Must never use anything that a user's click does not.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use fantoccini::Client;
use fantoccini::wd::WebDriverCompatibleCommand;
use http::Method;
use serde_json::{Value, json};
use url::{ParseError, Url};

use crate::driver::Driver;
use crate::engine::Engine;
use crate::median;

const VISITS: usize = 7;
const RUNS: usize = 30;

/// Runs in the page before anything else: notes when the output pane first holds text.
const WATCH: &str = "
new MutationObserver((_, observer) => {
  const output = document.querySelector('[data-testid=output]');
  if (output && output.textContent) { window.firstPrint = performance.now(); observer.disconnect(); }
}).observe(document, { childList: true, subtree: true, characterData: true });";

/// Waits for what [`WATCH`] notes.
const FIRST: &str = "
const done = arguments[0];
const look = () => window.firstPrint === undefined ? setTimeout(look, 5) : done(window.firstPrint);
look();";

/// Clicks Run and gives the milliseconds until the output pane holds text again, once the run is over.
const AGAIN: &str = "
const done = arguments[0];
const find = (id) => document.querySelector(`[data-testid=${id}]`);
const output = find('output'), run = find('run');
const idle = (then) => run.dataset.state === 'idle' ? then() : setTimeout(() => idle(then), 2);
idle(() => {
  const began = performance.now();
  let took;
  const observer = new MutationObserver(() => {
    if (took !== undefined || !output.textContent) return;
    took = performance.now() - began;
    observer.disconnect();
    // The next worker is made ready when this run is over, as it is for a person who reads the output.
    idle(() => setTimeout(() => done(took), 300));
  });
  run.click();
  observer.observe(output, { childList: true, subtree: true, characterData: true });
});";

/// The figures of the page.
pub(crate) fn measure() -> Result<Value> {
    let (server, url) = Served::start()?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let figures = runtime.block_on(async {
        let mut visits = Vec::new();
        let mut runs = Vec::new();
        for visit in 0..VISITS {
            // A driver gives each browser a profile of its own, so that nothing is cached.
            let driver = Driver::start(Engine::Chromium).await?;
            let client = driver.client();
            client.issue_cmd(Before(WATCH)).await.context("can't put a script before the page")?;
            // A person's browser runs already when they come; its own start is no part of the visit.
            client.goto("about:blank").await?;
            tokio::time::sleep(Duration::from_secs(2)).await;
            client.goto(&format!("{url}?example=hello&run")).await?;
            visits.push(number(client, FIRST).await?);
            if visit == 0 {
                for _ in 0..RUNS {
                    runs.push(number(client, AGAIN).await?);
                }
            }
            driver.close().await;
        }
        anyhow::Ok(json!({ "first_print_ms": median(visits), "again_ms": median(runs) }))
    });
    drop(server);
    figures
}

async fn number(client: &Client, script: &str) -> Result<f64> {
    let value = client.execute_async(script, Vec::new()).await?;
    let number = value.as_f64().with_context(|| format!("the page gave no time but {value}"))?;
    ensure!(number > 0.0, "the page gave {number} ms");
    Ok(number)
}

/// A script that Chromium runs in each new page before the page's own.
#[derive(Debug)]
struct Before(&'static str);

impl WebDriverCompatibleCommand for Before {
    fn endpoint(&self, base: &Url, session: Option<&str>) -> Result<Url, ParseError> {
        base.join(&format!("session/{}/goog/cdp/execute", session.unwrap_or_default()))
    }

    fn method_and_body(&self, _: &Url) -> (Method, Option<String>) {
        let body = json!({ "cmd": "Page.addScriptToEvaluateOnNewDocument", "params": { "source": self.0 } });
        (Method::POST, Some(body.to_string()))
    }
}

/// `amphi serve` on a free port.
struct Served(Child);

impl Served {
    fn start() -> Result<(Self, String)> {
        let mut command = Command::new(env!("CARGO_BIN_EXE_amphi"));
        let mut child = command.args(["serve", "--port", "0"]).stdout(Stdio::piped()).spawn()?;
        let mut line = String::new();
        BufReader::new(child.stdout.take().context("the server has no output")?).read_line(&mut line)?;
        let served = Self(child);
        let url =
            line.split_whitespace().find(|word| word.starts_with("http://")).context("the server names no address")?;
        Ok((served, url.to_owned()))
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
