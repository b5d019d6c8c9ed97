//! `cargo run -p amphi-example-embed -- plugins 127.0.0.1:8080`, then `curl -d 'Dang, what a day' localhost:8080/polite`.

use amphi_example_embed::Plugins;
use std::path::PathBuf;
use tiny_http::Server;

fn main() -> anyhow::Result<()> {
    let mut args = std::env::args().skip(1);
    let folder = args.next().unwrap_or_else(|| concat!(env!("CARGO_MANIFEST_DIR"), "/plugins").to_owned());
    let plugins = Plugins::load(&PathBuf::from(folder))?;
    let server = Server::http(args.next().unwrap_or_else(|| "127.0.0.1:8080".to_owned()))
        .map_err(|error| anyhow::anyhow!("{error}"))?;
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| plugins.serve(&server));
        }
    });
    Ok(())
}
