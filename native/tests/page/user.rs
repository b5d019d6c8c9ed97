//! Someone who uses the page: opens it, presses, writes, and sees. Must never know what a test is about.

use std::path::Path;
use std::time::{Duration, Instant};

use fantoccini::Locator;
use fantoccini::elements::Element;
use serde_json::{Value, json};

use crate::driver::Driver;
use crate::engine::Engine;
use crate::server::{Server, dist};

/// Nothing on the page takes a tenth of this.
const PATIENCE: Duration = Duration::from_secs(30);

/// A browser with the page, and the server that it came from.
pub(crate) struct User {
    driver: Driver,
    _server: Server,
}

impl User {
    /// Opens the page and waits until it can run programs. `query` is what follows the address: `?example=hello`.
    pub(crate) async fn opens(query: &str) -> Self {
        Self::opens_from(&dist(), query).await
    }

    /// The same with a page from another folder.
    pub(crate) async fn opens_from(dist: &Path, query: &str) -> Self {
        let server = Server::start(dist);
        let driver = Driver::start(Engine::Chromium).await.unwrap();
        driver.client().goto(&format!("{}{query}", server.url)).await.unwrap();
        let user = Self { driver, _server: server };
        user.sees("exit", "Ready.").await;
        user
    }

    /// Closes the browser.
    pub(crate) async fn leaves(self) {
        self.driver.close().await;
    }

    async fn find(&self, id: &str) -> Element {
        let locator = format!("[data-testid=\"{id}\"]");
        let wait = self.driver.client().wait().at_most(PATIENCE);
        wait.for_element(Locator::Css(&locator)).await.unwrap_or_else(|error| panic!("no {id} on the page: {error}"))
    }

    /// Clicks.
    pub(crate) async fn presses(&self, id: &str) {
        self.find(id).await.click().await.unwrap();
    }

    /// Types, key by key.
    pub(crate) async fn types(&self, id: &str, text: &str) {
        // WebDriver's word for the Enter key.
        self.find(id).await.send_keys(&text.replace('\n', "\u{E007}")).await.unwrap();
    }

    /// Replaces the text of an editor, as pasting does.
    pub(crate) async fn writes(&self, id: &str, text: &str) {
        let element = json!(self.find(id).await);
        let paste =
            "arguments[0].value = arguments[1]; arguments[0].dispatchEvent(new Event('input', { bubbles: true }))";
        self.driver.client().execute(paste, vec![element, json!(text)]).await.unwrap();
    }

    /// Chooses from a list.
    pub(crate) async fn chooses(&self, id: &str, value: &str) {
        self.find(id).await.select_by_value(value).await.unwrap();
    }

    /// What an editor holds.
    pub(crate) async fn value(&self, id: &str) -> String {
        self.find(id).await.prop("value").await.unwrap().unwrap_or_default()
    }

    /// An attribute.
    pub(crate) async fn attribute(&self, id: &str, name: &str) -> Option<String> {
        self.find(id).await.attr(name).await.unwrap()
    }

    /// What stands there.
    pub(crate) async fn text(&self, id: &str) -> String {
        self.find(id).await.text().await.unwrap().trim().to_owned()
    }

    /// What a script in the page gives.
    pub(crate) async fn script(&self, script: &str) -> Value {
        self.driver.client().execute(script, Vec::new()).await.unwrap()
    }

    /// Waits until `part` stands there.
    pub(crate) async fn sees(&self, id: &str, part: &str) {
        let began = Instant::now();
        let mut text = self.text(id).await;
        while !text.contains(part) || text.is_empty() {
            assert!(began.elapsed() < PATIENCE, "{id} never showed {part:?}, but: {text}");
            tokio::time::sleep(Duration::from_millis(20)).await;
            text = self.text(id).await;
        }
    }

    /// Waits until an editor shows something with `part` in it beside its text.
    pub(crate) async fn sees_in(&self, editor: &str, what: &str, part: &str) {
        let script = format!(
            "return document.querySelector('[data-testid={editor}]').shadowRoot.querySelector('{what}')?.textContent"
        );
        let began = Instant::now();
        let mut text = self.script(&script).await;
        while !text.as_str().is_some_and(|text| text.contains(part)) {
            assert!(began.elapsed() < PATIENCE, "{editor} never showed {part:?} in {what}, but: {text}");
            tokio::time::sleep(Duration::from_millis(20)).await;
            text = self.script(&script).await;
        }
    }

    /// Waits until the element's `data-state` is this.
    pub(crate) async fn sees_state(&self, id: &str, state: &str) {
        let began = Instant::now();
        while self.attribute(id, "data-state").await.as_deref() != Some(state) {
            assert!(began.elapsed() < PATIENCE, "{id} never became {state}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}
