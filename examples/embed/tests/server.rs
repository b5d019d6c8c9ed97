//! The server with its plugins, asked by several clients at once.
#![allow(clippy::unwrap_used, reason = "a test may fail so")]

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;

use amphi_example_embed::Plugins;
use tiny_http::Server;

fn ask(address: SocketAddr, plugin: &str, text: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(address).unwrap();
    let length = text.len();
    write!(stream, "POST /{plugin} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{text}")
        .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.split(' ').nth(1).unwrap().parse().unwrap(), body.to_owned())
}

#[test]
fn plugins_serve_many_and_share_nothing() {
    let folder = tempfile::tempdir().unwrap();
    for file in std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("plugins")).unwrap() {
        let file = file.unwrap();
        std::fs::copy(file.path(), folder.path().join(file.file_name())).unwrap();
    }
    let loops = "import amphi\n@amphi.export\ndef process(text: str) -> str:\n    while True: pass\n";
    std::fs::write(folder.path().join("loops.py"), loops).unwrap();
    std::fs::write(folder.path().join("breaks.py"), "1 / 0\n").unwrap();
    let plugins = Plugins::load(folder.path()).unwrap();
    let server = Server::http("127.0.0.1:0").unwrap();
    let address = server.server_addr().to_ip().unwrap();
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| plugins.serve(&server));
        }
        let clients: Vec<_> = (0..4)
            .map(|_| {
                scope.spawn(move || {
                    for _ in 0..5 {
                        let polite = ask(address, "polite", "Heck, what a day");
                        assert_eq!(polite, (200, "****, what a day".to_owned()));
                        assert_eq!(ask(address, "count", "one two"), (200, "2 words, call 1".to_owned()));
                    }
                })
            })
            .collect();
        clients.into_iter().for_each(|client| client.join().unwrap());
        assert_eq!(ask(address, "nobody", ""), (400, "there is no plugin \"nobody\"\n".to_owned()));
        assert_eq!(ask(address, "loops", "").0, 400);
        let (code, told) = ask(address, "breaks", "");
        assert!(code == 400 && told.contains("exit code 1"), "{told}");
        server.unblock();
        server.unblock();
    });
}
