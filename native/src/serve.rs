//! `amphi serve`: the built page on this machine's loopback address, with the headers it needs.
//! Must never listen on another address, and never run anything.

mod dist;
mod headers;
mod page;

use std::io::{ErrorKind, Write as _};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;

use anyhow::{Context as _, Result, anyhow};
use axum::Router;
use axum::routing::get;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tower_http::services::ServeDir;

/// How much of a file is read at a time: python.wasm and its library are ten megabytes each.
const CHUNK: usize = 1 << 18;

/// Serves the playground on this machine's loopback address.
#[derive(Debug, clap::Args)]
pub(crate) struct Serve {
    /// The port; 0 takes any that is free.
    #[arg(long, default_value_t = 8000)]
    port: u16,
    /// The folder of the built page.
    #[arg(long, value_name = "DIR")]
    dist: Option<PathBuf>,
    /// Opens the page in the browser.
    #[arg(long)]
    open: bool,
}

impl Serve {
    /// Serves until Ctrl-C.
    pub(crate) fn run(self) -> Result<()> {
        let dist = dist::find(self.dist.as_deref())?;
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
        runtime.block_on(async {
            let server = start(&dist, self.port).await?;
            let url = server.url();
            // Whoever started this may have closed the output; the page is served all the same.
            let _ = writeln!(std::io::stdout(), "The playground is at {url} (Ctrl-C ends it)");
            if self.open {
                open(&url);
            }
            tokio::signal::ctrl_c().await.context("can't wait for Ctrl-C")
        })
    }
}

/// A running server; it ends when this is dropped.
#[derive(Debug)]
pub(crate) struct Server {
    /// Where it listens.
    address: SocketAddr,
    task: JoinHandle<()>,
}

impl Server {
    /// The page's address.
    pub(crate) fn url(&self) -> String {
        format!("http://{}/", self.address)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Finds the built page; see [`dist::find`].
pub(crate) fn find_dist() -> Result<PathBuf> {
    dist::find(None)
}

/// Starts to serve `dist` on `port` of 127.0.0.1, on the runtime of the caller; port 0 takes any that is free.
///
/// # Errors
/// The port is in use, or may not be used; an interpreter that the user names is none.
pub(crate) async fn start(dist: &Path, port: u16) -> Result<Server> {
    let listener = match TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await {
        Ok(listener) => listener,
        Err(error) if error.kind() == ErrorKind::AddrInUse => return Err(in_use(port).await),
        Err(error) => return Err(anyhow!(error).context(format!("can't listen on port {port} of 127.0.0.1"))),
    };
    let address = listener.local_addr().context("can't ask for the server's address")?;
    let index = Arc::new(dist.join("index.html"));
    let page = get(move || page::serve(Arc::clone(&index)));
    // Not the compressed files, though they are there for other servers: on loopback unpacking takes longer than sending.
    let files =
        |folder: &Path| ServeDir::new(folder).with_buf_chunk_size(CHUNK).append_index_html_on_directories(false);
    let mut router = Router::new().route("/", page.clone()).route("/index.html", page);
    // Whoever names an interpreter means that of the page, too.
    if std::env::var_os(amphi_python::FOLDER_VARIABLE).is_some_and(|folder| !folder.is_empty()) {
        router = router.nest_service("/python", files(&amphi_python::artifact()?.folder));
    }
    let router = router.fallback_service(files(dist)).layer(axum::middleware::from_fn(headers::guard));
    let task = tokio::spawn(async move {
        // It ends with the listener; single connections that fail are not the server's failure.
        let _ = axum::serve(listener, router).await;
    });
    Ok(Server { address, task })
}

/// The message for a port that is taken names one that is not.
async fn in_use(port: u16) -> anyhow::Error {
    for other in (port.saturating_add(1)..=port.saturating_add(100)).chain([0]) {
        if let Ok(listener) = TcpListener::bind((Ipv4Addr::LOCALHOST, other)).await
            && let Ok(address) = listener.local_addr()
        {
            return anyhow!("port {port} is in use; `--port {}` is free", address.port());
        }
    }
    anyhow!("port {port} is in use")
}

/// Opens a page with the system's own opener. The address is printed already, so a failure is of no matter.
fn open(url: &str) {
    let opener = match std::env::consts::OS {
        "macos" => "open",
        "windows" => "explorer",
        _ => "xdg-open",
    };
    let _ = Command::new(opener).arg(url).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_port_in_use_is_named_with_a_free_one() {
        let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let port = taken.local_addr().unwrap().port();
        let message = start(Path::new("."), port).await.unwrap_err().to_string();
        assert!(message.starts_with(&format!("port {port} is in use; `--port ")), "{message}");
    }
}
