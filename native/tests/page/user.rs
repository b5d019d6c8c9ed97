//! Someone who uses the page: opens it, presses, writes, and sees. Must never know what a test is about.

use std::path::Path;
use std::time::{Duration, Instant};

use fantoccini::Locator;
use fantoccini::elements::Element;
use fantoccini::wd::WebDriverCompatibleCommand;
use serde_json::{Value, json};
use url::Url;

use crate::driver::Driver;
use crate::engine::Engine;
use crate::server::{Server, dist};

/// Nothing on the page takes a tenth of this.
const PATIENCE: Duration = Duration::from_secs(30);

/// A browser with the page, and the server that it came from.
pub(crate) struct User {
    driver: Driver,
    server: Server,
}

impl User {
    /// Opens the page and waits until it can run programs. `query` is what follows the address: `?example=hello`.
    pub(crate) async fn opens(query: &str) -> Self {
        Self::opens_from(&dist(), query).await
    }

    /// The same with a page from another folder.
    pub(crate) async fn opens_from(dist: &Path, query: &str) -> Self {
        Self::begins(Engine::Chromium, dist, query).await
    }

    /// The same in another engine.
    pub(crate) async fn opens_in(engine: Engine, query: &str) -> Self {
        Self::begins(engine, &dist(), query).await
    }

    async fn begins(engine: Engine, dist: &Path, query: &str) -> Self {
        let server = Server::start(dist);
        let driver = Driver::start(engine).await.unwrap();
        driver.client().goto(&format!("{}{query}", server.url)).await.unwrap();
        let user = Self { driver, server };
        user.sees("exit", "Ready.").await;
        user
    }

    /// Goes to another address of the page, as a link on it does.
    pub(crate) async fn visits(&self, query: &str) {
        self.driver.client().goto(&format!("{}{query}", self.server.url)).await.unwrap();
        self.sees("exit", "Ready.").await;
    }

    /// Goes there from somewhere else, so that the page is loaded anew whatever follows the `#`.
    pub(crate) async fn visits_anew(&self, query: &str) {
        self.driver.client().goto("about:blank").await.unwrap();
        self.visits(query).await;
    }

    /// Opens the page in a second tab, and stays there.
    pub(crate) async fn opens_a_tab(&self, query: &str) {
        let tab = self.driver.client().new_window(true).await.unwrap().handle;
        self.driver.client().switch_to_window(tab).await.unwrap();
        self.visits(query).await;
    }

    /// Goes back to the tab that was there first.
    pub(crate) async fn returns_to_the_first_tab(&self) {
        let tabs = self.driver.client().windows().await.unwrap();
        self.driver.client().switch_to_window(tabs.into_iter().next().unwrap()).await.unwrap();
    }

    /// Has Chromium say that its reader prefers a dark page, or a light one.
    pub(crate) async fn prefers_dark(&self, dark: bool) {
        let scheme = if dark { "dark" } else { "light" };
        let features = json!([{ "name": "prefers-color-scheme", "value": scheme }]);
        let command = json!({ "cmd": "Emulation.setEmulatedMedia", "params": { "features": features } });
        self.driver.client().issue_cmd(Cdp(command)).await.unwrap();
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

    /// Waits until a script in the page gives this.
    pub(crate) async fn comes(&self, script: &str, wanted: &Value) {
        let began = Instant::now();
        let mut given = self.script(script).await;
        while given != *wanted {
            assert!(began.elapsed() < PATIENCE, "{script} never gave {wanted}, but: {given}");
            tokio::time::sleep(Duration::from_millis(20)).await;
            given = self.script(script).await;
        }
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

/// A command of Chromium's own protocol.
#[derive(Debug)]
struct Cdp(Value);

impl WebDriverCompatibleCommand for Cdp {
    fn endpoint(&self, base: &Url, session: Option<&str>) -> Result<Url, url::ParseError> {
        base.join(&format!("session/{}/goog/cdp/execute", session.unwrap_or_default()))
    }

    fn method_and_body(&self, _: &Url) -> (http::Method, Option<String>) {
        (http::Method::POST, Some(self.0.to_string()))
    }
}
