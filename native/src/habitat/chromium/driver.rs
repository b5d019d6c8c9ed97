//! Chromium's driver and the browser it starts. Must never know the page.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, Result, anyhow, bail};
use fantoccini::wd::Capabilities;
use fantoccini::{Client, ClientBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::json;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, ChildStdin, Command};
use tokio::time::timeout;

/// The names under which systems have the browser.
const BROWSERS: &[&str] = &["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
/// The variable that names another browser.
const BROWSER_VARIABLE: &str = "AMPHI_CHROMIUM";
/// The variable that names another driver.
const DRIVER_VARIABLE: &str = "AMPHI_CHROMEDRIVER";
/// How long the driver and the browser may take to start.
const START: Duration = Duration::from_secs(60);

/// How often the driver is started: it ends at once when the port it chose is taken in the same moment.
const ATTEMPTS: usize = 5;

/// Runs the driver, and ends it and the browser when the input ends: however this process ends, its pipes close. The
/// output ends with the driver.
const WATCH: &str = "{ \"$0\" --port=0; kill 0; } & read -r _; kill 0";

/// A driver with one browser; both end with this, a browser that was not closed too.
#[derive(Debug)]
pub(crate) struct Driver {
    client: Client,
    _alive: ChildStdin,
}

impl Driver {
    /// Starts the driver on a free port, and a headless browser.
    ///
    /// # Errors
    /// One of them is not installed or does not start.
    pub(crate) async fn start() -> Result<Self> {
        let browser = find(BROWSER_VARIABLE, BROWSERS, "Chromium", "chromium")?;
        let driver = find(DRIVER_VARIABLE, &["chromedriver"], "Chromium's driver", "chromium-driver")?;
        let mut attempt = 1;
        let (port, alive) = loop {
            match timeout(START, listen(&driver)).await {
                Ok(Ok(listening)) => break listening,
                Ok(Err(_)) if attempt < ATTEMPTS => attempt += 1,
                Ok(Err(error)) => return Err(error),
                Err(_) => bail!("{} does not start", driver.display()),
            }
        };
        let mut arguments = vec!["--headless=new", "--disable-dev-shm-usage", "--no-first-run", "--disable-extensions"];
        if is_root() {
            // Chromium's own sandbox refuses to work for root, as in most containers.
            arguments.push("--no-sandbox");
        }
        let capabilities: Capabilities = json!({
            "browserName": "chrome",
            "goog:chromeOptions": { "binary": browser, "args": arguments },
            // A question for events may wait, and a page that compiles Python may take its time.
            "timeouts": { "script": 120_000, "pageLoad": 120_000 },
        })
        .as_object()
        .cloned()
        .unwrap_or_default();
        let mut connector = HttpConnector::new();
        // Questions are small and many: each goes out at once.
        connector.set_nodelay(true);
        let mut builder = ClientBuilder::new(connector);
        builder.capabilities(capabilities);
        let url = format!("http://127.0.0.1:{port}");
        let connected = timeout(START, builder.connect(&url)).await;
        let client = connected
            .map_err(|_| anyhow!("{} does not start", browser.display()))?
            .with_context(|| format!("{} can't be started by {}", browser.display(), driver.display()))?;
        Ok(Self { client, _alive: alive })
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
async fn listen(driver: &Path) -> Result<(u16, ChildStdin)> {
    let mut command = Command::new("sh");
    command.args(["-c", WATCH]).arg(driver).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    // Ctrl-C at the terminal is for the guest; in a group of their own driver and browser don't see it.
    command.process_group(0);
    let mut process = command.spawn().with_context(|| format!("can't start {}", driver.display()))?;
    let alive = process.stdin.take().context("the driver has no input")?;
    Ok((port(&mut process).await?, alive))
}

/// The port that the driver chose, which it prints.
async fn port(process: &mut Child) -> Result<u16> {
    let stdout = process.stdout.take().context("the driver has no output")?;
    let mut lines = BufReader::new(stdout).lines();
    while let Some(line) = lines.next_line().await.context("can't read what the driver prints")? {
        if let Some(port) = parse_port(&line) {
            // Later lines are read and dropped: a full pipe would stop the driver.
            tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
            return Ok(port);
        }
    }
    bail!("chromedriver ended before it listened")
}

fn parse_port(line: &str) -> Option<u16> {
    line.split_once("started successfully on port ")?.1.trim_end_matches('.').parse().ok()
}

fn find(variable: &str, names: &[&str], what: &str, package: &str) -> Result<PathBuf> {
    if let Some(named) = env::var_os(variable).filter(|value| !value.is_empty()).map(PathBuf::from) {
        if named.is_file() {
            return Ok(named);
        }
        bail!("{variable} names {}, which is not there", named.display());
    }
    let path = env::var_os("PATH").unwrap_or_default();
    let folders: Vec<PathBuf> = env::split_paths(&path).collect();
    let found =
        names.iter().find_map(|name| folders.iter().map(|folder| folder.join(name)).find(|path| path.is_file()));
    found.with_context(|| {
        format!(
            "{what} is not installed (looked for {} on PATH). `cargo xtask setup` installs it; \
             on Debian: sudo apt-get install {package}",
            names.join(", ")
        )
    })
}

fn is_root() -> bool {
    // Its owner is the one who runs this process.
    std::fs::metadata("/proc/self").is_ok_and(|metadata| std::os::unix::fs::MetadataExt::uid(&metadata) == 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_port_is_read_from_what_the_driver_prints() {
        for (line, expected) in [
            ("ChromeDriver was started successfully on port 38417.", Some(38417)),
            ("Starting ChromeDriver 156.0 on port 0", None),
            ("", None),
        ] {
            assert_eq!(parse_port(line), expected, "{line}");
        }
    }

    #[test]
    fn what_is_not_installed_is_named_with_its_package() {
        let message = find("AMPHI_NOT_SET", &["no-such-browser"], "Chromium", "chromium").unwrap_err().to_string();
        for part in ["Chromium is not installed", "cargo xtask setup", "apt-get install chromium"] {
            assert!(message.contains(part), "{message}");
        }
    }
}
