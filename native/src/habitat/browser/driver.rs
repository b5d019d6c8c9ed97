//! A browser's driver and the browser it starts. Must never know the page.

use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, Result, anyhow, bail};
use fantoccini::{Client, ClientBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, BufReader, Lines};
use tokio::net::TcpStream;
use tokio::process::{ChildStdin, ChildStdout, Command};
use tokio::time::{sleep, timeout};

use super::engine::{Engine, Installed};

/// How long the driver and the browser may take to start.
const START: Duration = Duration::from_secs(60);

/// How often the driver is started: it ends at once when the port it chose is taken in the same moment.
const ATTEMPTS: usize = 5;

/// Runs the driver, and ends it and the browser when the input ends: however this process ends, its pipes close. The
/// output ends with the driver.
const WATCH: &str = "{ \"$@\"; kill 0; } & read -r _; kill 0";

/// The same on a display of its own, whose number the display server `$0` prints.
const WATCH_ON_DISPLAY: &str = "\
\"$0\" -displayfd 1 -screen 0 1280x1024x24 -nolisten tcp | { read -r display && DISPLAY=\":$display\" \"$@\"; kill 0; } &
read -r _; kill 0";

/// A driver with one browser; both end with this, a browser that was not closed too.
#[derive(Debug)]
pub(crate) struct Driver {
    client: Client,
    // Dropped in this order: the programs end before their folder goes.
    _alive: ChildStdin,
    _files: TempDir,
}

impl Driver {
    /// Starts the driver on a free port, and a browser that nobody sees.
    ///
    /// # Errors
    /// One of them is not installed or does not start.
    pub(crate) async fn start(engine: Engine) -> Result<Self> {
        let installed = engine.find()?;
        let Installed { browser, driver, .. } = &installed;
        // Profiles and what else they leave behind, Chromium even where it is closed.
        let files = TempDir::new().context("can't make a folder for the browser's files")?;
        let mut attempt = 1;
        let (port, alive) = loop {
            match timeout(START, listen(engine, &installed, files.path())).await {
                Ok(Ok(listening)) => break listening,
                Ok(Err(_)) if attempt < ATTEMPTS => attempt += 1,
                Ok(Err(error)) => return Err(error),
                Err(_) => bail!("{} does not start", driver.display()),
            }
        };
        let mut connector = HttpConnector::new();
        // Questions are small and many: each goes out at once.
        connector.set_nodelay(true);
        let mut builder = ClientBuilder::new(connector);
        builder.capabilities(engine.capabilities(browser));
        let url = format!("http://127.0.0.1:{port}");
        let connected = timeout(START, builder.connect(&url)).await;
        let client = connected
            .map_err(|_| anyhow!("{} does not start", browser.display()))?
            .with_context(|| format!("{} can't be started by {}", browser.display(), driver.display()))?;
        Ok(Self { client, _alive: alive, _files: files })
    }

    /// The connection.
    pub(crate) fn client(&self) -> &Client {
        &self.client
    }

    /// Ends the browser; the driver alone would leave it behind.
    pub(crate) async fn close(&self) {
        // A browser that is gone or hangs needs no closing.
        let _ = timeout(Duration::from_secs(5), self.client.clone().close()).await;
    }
}

/// Starts the driver: the port it listens on, and the pipe whose end is its own.
async fn listen(engine: Engine, installed: &Installed, files: &Path) -> Result<(u16, ChildStdin)> {
    let port = if engine.before_port().is_some() { 0 } else { free_port()? };
    let mut command = Command::new("sh");
    match &installed.display {
        Some(display) => command.args(["-c", WATCH_ON_DISPLAY]).arg(display),
        None => command.args(["-c", WATCH, "sh"]),
    };
    command
        .arg(&installed.driver)
        .arg(format!("--port={port}"))
        .envs(engine.variables().iter().copied())
        .env("TMPDIR", files);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    // Ctrl-C at the terminal is for the guest; in a group of their own driver and browser don't see it.
    command.process_group(0);
    let name = installed.driver.display();
    let mut process = command.spawn().with_context(|| format!("can't start {name}"))?;
    let alive = process.stdin.take().context("the driver has no input")?;
    let mut said = BufReader::new(process.stdout.take().context("the driver has no output")?).lines();
    let port = match engine.before_port() {
        Some(before) => announced(before, &mut said).await?,
        None => answering(port, &mut said).await?,
    };
    let port = port.with_context(|| match &installed.display {
        Some(display) => format!("{name} ended before it listened, or {} before it", display.display()),
        None => format!("{name} ended before it listened"),
    })?;
    // Later lines are read and dropped: a full pipe would stop the driver.
    tokio::spawn(async move { while let Ok(Some(_)) = said.next_line().await {} });
    Ok((port, alive))
}

/// A port that nobody uses at this moment.
fn free_port() -> Result<u16> {
    let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).and_then(|listener| listener.local_addr());
    Ok(free.context("no port of this machine is free")?.port())
}

/// The port that the driver chose, which it prints after certain words; none when it ends instead.
async fn announced(before: &str, said: &mut Lines<BufReader<ChildStdout>>) -> Result<Option<u16>> {
    while let Some(line) = said.next_line().await.context("can't read what the driver prints")? {
        if let Some(port) = parse_port(before, &line) {
            return Ok(Some(port));
        }
    }
    Ok(None)
}

/// The port that the driver was given, once it listens there; none when it ends instead.
async fn answering(port: u16, said: &mut Lines<BufReader<ChildStdout>>) -> Result<Option<u16>> {
    let answers = async {
        while TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await.is_err() {
            sleep(Duration::from_millis(5)).await;
        }
    };
    let ends = async { while let Ok(Some(_)) = said.next_line().await {} };
    Ok(tokio::select! {
        () = answers => Some(port),
        () = ends => None,
    })
}

fn parse_port(before: &str, line: &str) -> Option<u16> {
    line.split_once(before)?.1.trim_end_matches('.').parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_port_is_read_from_what_the_driver_prints() {
        for (engine, line, expected) in [
            (Engine::Chromium, "ChromeDriver was started successfully on port 38417.", Some(38417)),
            (Engine::Chromium, "Starting ChromeDriver 156.0 on port 0", None),
            (Engine::Chromium, "", None),
            (Engine::Firefox, "1795256977412\tgeckodriver\tINFO\tListening on 127.0.0.1:32839", Some(32839)),
        ] {
            assert_eq!(engine.before_port().and_then(|before| parse_port(before, line)), expected, "{line}");
        }
    }
}
