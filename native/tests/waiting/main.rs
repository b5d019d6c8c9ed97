//! Waiting in every browser that is installed, in every way that it has: input, sleep, interrupts, limits. Each browser
//! is started once. Must never know how a guest waits.
#![allow(clippy::unwrap_used, reason = "a test that fails should say where")]

mod cases;
mod command;
#[allow(dead_code, unused_imports, reason = "its own tests run with the command, not here")]
#[path = "../../src/habitat/browser/driver.rs"]
mod driver;
#[allow(dead_code, unused_imports, reason = "its own tests run with the command, not here")]
#[path = "../../src/habitat/browser/engine.rs"]
mod engine;
#[allow(dead_code, reason = "nobody here edits host modules")]
#[path = "../../src/habitat/browser/page.rs"]
mod page;
#[path = "../page/server.rs"]
mod server;
mod visit;

use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};

use amphi_core::protocol::Waiting;
use engine::Engine;
use libtest_mimic::{Arguments, Failed, Trial};
use visit::Browser;

/// Every way, and the engines that have it.
const WAYS: &[(Waiting, &str, &[Engine])] = &[
    (Waiting::Shared, "shared", &[Engine::Chromium, Engine::Firefox, Engine::Webkit]),
    (Waiting::Jspi, "jspi", &[Engine::Chromium, Engine::Firefox]),
    (Waiting::None, "none", &[Engine::Chromium, Engine::Firefox, Engine::Webkit]),
];

const ENGINES: &[Engine] = &[Engine::Chromium, Engine::Firefox, Engine::Webkit];

/// A browser that is started when it is first needed.
type Shared = Arc<Mutex<Option<Browser>>>;

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let browsers: Vec<(Engine, Shared)> = ENGINES.iter().map(|engine| (*engine, Shared::default())).collect();
    let mut trials = Vec::new();
    for (engine, _) in &browsers {
        if let Err(missing) = engine.find() {
            let name = format!("{}: {missing}", engine.habitat());
            trials.push(Trial::test(name, move || Err(format!("{missing:#}").into())).with_ignored_flag(true));
        }
    }
    // One way after the other, so that neighbours wait for different browsers.
    for (way, word, having) in WAYS {
        for (engine, browser) in browsers.iter().filter(|(engine, _)| engine.find().is_ok()) {
            let browser = Arc::clone(browser);
            let (engine, habitat) = (*engine, engine.habitat());
            trials.push(if having.contains(&engine) {
                Trial::test(format!("{habitat}::{word}"), move || with(engine, &browser, |it| cases::check(it, *way)))
            } else {
                Trial::test(format!("{habitat}::has_no_{word}"), move || with(engine, &browser, |it| lacks(it, *way)))
            });
        }
    }
    for engine in ENGINES.iter().filter(|engine| engine.find().is_ok()) {
        trials.push(Trial::test(format!("{}::command", engine.habitat()), || command::check(engine.habitat())));
    }
    let conclusion = libtest_mimic::run(&arguments, trials);
    for (_, browser) in &browsers {
        if let Some(browser) = browser.lock().unwrap_or_else(PoisonError::into_inner).take() {
            browser.close();
        }
    }
    conclusion.exit_code()
}

fn with(engine: Engine, shared: &Shared, act: impl FnOnce(&Browser) -> Result<(), String>) -> Result<(), Failed> {
    // A test that failed leaves a browser that still works.
    let mut held = shared.lock().unwrap_or_else(PoisonError::into_inner);
    let browser = match held.take() {
        Some(browser) => browser,
        None => Browser::start(engine)?,
    };
    Ok(act(held.insert(browser))?)
}

/// A way that an engine is said not to have is one that its page does not take.
fn lacks(browser: &Browser, way: Waiting) -> Result<(), String> {
    match browser.open(way)?.1 {
        taken if taken == way => Err("it has this way now: add it to the table".to_owned()),
        _ => Ok(()),
    }
}
