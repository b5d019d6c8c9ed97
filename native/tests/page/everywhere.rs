//! What a visitor does first, in every engine; and what axe says of the page's main states (WCAG 2.2 AA).

use std::io::Write as _;
use std::path::Path;

use serde_json::{Value, json};

use crate::engine::Engine;
use crate::user::User;

/// Runs, looks at the calls, writes, shares, learns.
async fn journey(engine: Engine) {
    if let Err(missing) = engine.find() {
        // What a test prints is shown where somebody asks for it.
        let _ = writeln!(std::io::stdout(), "ignored: {missing:#}");
        return;
    }
    let user = User::opens_in(engine, "?example=hello").await;
    user.presses("run").await;
    user.sees("exit", "exit code 0").await;
    assert_eq!(user.text("output").await, "30");
    user.presses("calls-open").await;
    user.writes("calls-filter", "host").await;
    user.comes("return document.querySelectorAll('[data-testid=call]').length", &1.into()).await;
    user.presses("call").await;
    user.sees("call-line", "main.py:3").await;
    user.sees("descriptors", "/work").await;
    user.writes("script", "import demo\nprint('again', demo.demo(1, 1))\n").await;
    user.presses("files-open").await;
    // It is kept, or it is said that it is not.
    user.sees("kept", "ept").await;
    let is_kept = user.text("kept").await == "Kept in this browser.";
    assert!(is_kept || user.text("kept").await.starts_with("Not kept: "), "{}", user.text("kept").await);
    if is_kept {
        user.visits("").await;
        user.comes("return document.querySelector('[data-testid=script]').value.includes('again')", &true.into()).await;
    }
    user.presses("run").await;
    user.sees("output", "again 20").await;
    user.presses("share").await;
    let link = user.value("link").await;
    user.visits_anew(&link[link.find('#').unwrap()..]).await;
    user.sees("link-notice", "came by link").await;
    user.presses("run").await;
    user.sees("output", "again 20").await;
    user.visits("?example=lesson-01-imports").await;
    user.presses("solve").await;
    user.presses("run").await;
    user.sees_state("task", "done").await;
    user.leaves().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_first_visit_in_chromium() {
    journey(Engine::Chromium).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_first_visit_in_firefox() {
    journey(Engine::Firefox).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_first_visit_in_webkit() {
    journey(Engine::Webkit).await;
}

/// What axe finds wrong with the page as it stands in a state: rule, and where.
async fn faults(user: &User, state: &str) -> Vec<Value> {
    let axe = Path::new(env!("CARGO_TARGET_TMPDIR")).join("../xtask/axe.min.js");
    let axe = std::fs::read_to_string(&axe)
        .unwrap_or_else(|error| panic!("{}: {error}; `cargo xtask setup` brings it", axe.display()));
    user.script(&axe).await;
    let run = "return axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'] }).then((found) => \
               found.violations.flatMap((rule) => rule.nodes.map((node) => [rule.id, node.target.join(' '), node.failureSummary])))";
    let found = user.script(run).await.as_array().cloned().unwrap_or_else(|| vec![json!("axe gave nothing")]);
    found.into_iter().map(|fault| json!([state, fault])).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn axe_finds_no_fault() {
    let user = User::opens("?example=hello").await;
    let mut found = Vec::new();
    for dark in [false, true] {
        user.prefers_dark(dark).await;
        let visit = |query: &'static str| user.visits(query);
        visit("?example=hello").await;
        found.extend(faults(&user, "a first visit").await);
        user.presses("run").await;
        user.sees("exit", "exit code 0").await;
        if !dark {
            user.presses("calls-open").await;
        }
        user.writes("calls-filter", "").await;
        user.types("calls-list", "\u{E015}").await;
        user.presses("fail").await;
        found.extend(faults(&user, "calls").await);
        user.presses("share").await;
        user.presses("files-open").await;
        found.extend(faults(&user, "files and a link").await);
        user.presses("calls-open").await;
        visit("?example=exports").await;
        user.presses("run").await;
        user.sees("exports", "add").await;
        found.extend(faults(&user, "functions").await);
        visit("?example=lesson-13-missing").await;
        user.presses("run").await;
        user.sees_state("task", "lacks").await;
        found.extend(faults(&user, "a lesson").await);
        visit("?example=traceback").await;
        user.presses("run").await;
        user.sees("exit", "exit code 1").await;
        found.extend(faults(&user, "an exception").await);
    }
    user.leaves().await;
    assert_eq!(found, Vec::<Value>::new());
}
