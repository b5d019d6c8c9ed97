//! A function of JavaScript that Python calls in Chromium: amphi's way and Pyodide's, one after the other. Must never know
//! how either crosses.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Sender, channel};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use serde_json::{Value, json};

use crate::places;
use crate::process::{self, Report};

/// The package of npm's registry.
const PYODIDE: &str = "pyodide@314.0.7";
const PAGE: &str = include_str!("pyodide.html");
const CALLS: &str = include_str!("calls.py");

/// How long Pyodide may take to load and to make its calls.
const PATIENCE: Duration = Duration::from_secs(120);

/// What one call takes: amphi's to Pyodide's.
pub(crate) fn ratio(report: Report<'_>) -> Result<Value> {
    report.screen.hint(report.number, "amphi");
    let amphi = ours(report)?;
    report.screen.hint(report.number, "Pyodide");
    let pyodide = theirs(report)?;
    Ok(json!({ "ratio": amphi / pyodide, "ns": { "amphi": amphi, "pyodide": pyodide } }))
}

fn ours(report: Report<'_>) -> Result<f64> {
    let folder = places::notes().join("calls");
    fs::create_dir_all(&folder).with_context(|| format!("can't make {}", folder.display()))?;
    let files = [
        ("amphi.toml", "[host.host]\njavascript = \"host.js\"\nwit = \"host.wit\"\n"),
        ("host.wit", "interface host { add: func(a: s32, b: s32) -> s32; }\n"),
        ("host.js", "export const add = (a, b) => a + b;\n"),
        ("main.py", CALLS),
    ];
    for (name, text) in files {
        fs::write(folder.join(name), text).with_context(|| format!("can't write {name}"))?;
    }
    let mut command = Command::new(places::amphi());
    command.args(["run", "--habitat", "chromium"]).arg(&folder);
    nanoseconds(&process::expect(command, "calls", report)?)
}

fn theirs(report: Report<'_>) -> Result<f64> {
    let folder = places::notes().join("pyodide");
    fs::create_dir_all(&folder).with_context(|| format!("can't make {}", folder.display()))?;
    let mut npm = Command::new("npm");
    npm.args(["install", "--no-save", "--no-audit", "--no-fund", "--prefix"]).arg(&folder).arg(PYODIDE);
    process::expect(npm, "pyodide", report)?;
    let site = folder.join("node_modules/pyodide");
    fs::write(site.join("index.html"), PAGE).context("can't write Pyodide's page")?;
    fs::write(site.join("calls.py"), CALLS).context("can't write Pyodide's script")?;
    let listener = TcpListener::bind("127.0.0.1:0").context("can't listen on this machine's loopback address")?;
    let address = listener.local_addr()?;
    let (sender, told) = channel();
    // Ends with this process.
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let (site, sender) = (site.clone(), sender.clone());
            // A browser that goes away in the middle has its reason.
            std::thread::spawn(move || drop(answer(stream, &site, &sender)));
        }
    });
    let chromium = places::program(&["chromium", "chromium-browser", "google-chrome"]);
    let profile = folder.join("profile");
    let browser = Command::new(chromium.context("there is no Chromium")?)
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"])
        .args(["--disable-background-networking", "--disable-component-update", "--remote-debugging-port=0"])
        .arg(format!("--user-data-dir={}", profile.display()))
        .arg(format!("http://{address}/index.html"))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    let _browser = Ended(browser.context("can't start Chromium")?);
    nanoseconds(&told.recv_timeout(PATIENCE).context("Pyodide's page told nothing")?)
}

/// A process that ends with this.
struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill().and_then(|()| self.0.wait());
    }
}

/// Serves one file of the folder, or takes what the page tells.
fn answer(mut stream: TcpStream, site: &Path, told: &Sender<String>) -> Result<()> {
    let mut from = BufReader::new(stream.try_clone()?);
    let mut head = Vec::new();
    loop {
        let mut line = String::new();
        from.read_line(&mut line)?;
        match line.trim_end() {
            "" => break,
            line => head.push(line.to_owned()),
        }
    }
    let mut words = head.first().map(String::as_str).unwrap_or_default().split(' ');
    let (method, path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    if method == "POST" {
        let length = head.iter().find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
        let mut body = vec![0; length.unwrap_or(0)];
        from.read_exact(&mut body)?;
        stream.write_all(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")?;
        return Ok(told.send(String::from_utf8_lossy(&body).into_owned())?);
    }
    let name = path.trim_start_matches('/');
    let file: PathBuf = site.join(name);
    if name.contains('/') || !file.is_file() {
        return Ok(stream.write_all(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")?);
    }
    let kind = match file.extension().and_then(|ending| ending.to_str()) {
        Some("html") => "text/html",
        Some("mjs" | "js") => "text/javascript",
        Some("wasm") => "application/wasm",
        Some("json") => "application/json",
        _ => "application/octet-stream",
    };
    let bytes = fs::read(file)?;
    let head = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        bytes.len()
    );
    stream.write_all(head.as_bytes())?;
    Ok(stream.write_all(&bytes)?)
}

/// The number that a script printed.
fn nanoseconds(printed: &str) -> Result<f64> {
    match printed.lines().find_map(|line| line.trim().parse().ok()) {
        Some(number) => Ok(number),
        None => bail!("the script printed no time: {printed}"),
    }
}
