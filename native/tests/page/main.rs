//! The page in a real Chromium, as its user sees it: by label and `data-testid`, never by markup.
//! Must never reach into the page past what a user can do.
#![allow(clippy::unwrap_used, reason = "a test that fails should say where")]

mod calls;
#[path = "../../src/habitat/browser/driver.rs"]
mod driver;
mod editor;
#[allow(dead_code, reason = "the page's own tests need one engine only")]
#[path = "../../src/habitat/browser/engine.rs"]
mod engine;
mod everywhere;
mod output;
mod programs;
mod server;
mod user;

use std::os::unix::fs::symlink;
use std::time::{Duration, Instant};
use user::User;

/// A loop that only an interrupt ends.
const ENDLESS: &str = "print('begun', flush=True)\nwhile True: pass\n";

#[tokio::test(flavor = "multi_thread")]
async fn the_run_button_runs_the_script_with_its_host_function() {
    let user = User::opens("").await;
    user.presses("run").await;
    user.sees("exit", "exit code 0").await;
    assert_eq!(user.text("output").await, "30");
    user.leaves().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_says_how_it_waits_and_which_python_it_runs() {
    let user = User::opens("").await;
    user.sees("python-sha", "").await;
    assert_eq!(user.text("python-sha").await.len(), 64);
    assert_eq!(user.script("return window.crossOriginIsolated").await, true);
    user.leaves().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn stop_ends_an_endless_loop_and_the_next_run_works() {
    let user = User::opens("").await;
    user.writes("script", ENDLESS).await;
    user.presses("run").await;
    user.sees("output", "begun").await;
    user.sees("elapsed", " s").await;
    let began = Instant::now();
    user.presses("run").await;
    user.sees("output", "KeyboardInterrupt").await;
    user.sees_state("run", "idle").await;
    assert!(began.elapsed() < Duration::from_secs(3), "it took {:?}", began.elapsed());
    assert_eq!(user.text("elapsed").await, "");
    user.writes("script", "print(6 * 7)\n").await;
    user.presses("run").await;
    user.sees("exit", "exit code 0").await;
    assert_eq!(user.text("output").await, "42");
    user.leaves().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guest_that_ignores_stop_is_ended_within_seconds() {
    let user = User::opens("").await;
    user.writes("script", "print('begun', flush=True)\nwhile True:\n    try:\n        while True: pass\n    except KeyboardInterrupt: pass\n").await;
    user.presses("run").await;
    user.sees("output", "begun").await;
    user.presses("run").await;
    user.sees_state("run", "idle").await;
    user.writes("script", "print('fresh')\n").await;
    user.presses("run").await;
    user.sees("output", "fresh").await;
    user.leaves().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn stop_ends_a_sleep() {
    let user = User::opens("").await;
    user.writes("script", "import time\nprint('asleep', flush=True)\ntime.sleep(600)\n").await;
    user.presses("run").await;
    user.sees("output", "asleep").await;
    user.presses("run").await;
    user.sees("output", "KeyboardInterrupt").await;
    user.leaves().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edited_host_function_changes_the_result() {
    let user = User::opens("?example=hello").await;
    user.presses("file-demo.wat").await;
    let wat = user.value("host").await;
    assert!(wat.contains("10"), "{wat}");
    user.writes("host", &wat.replace("10", "11")).await;
    user.presses("run").await;
    user.sees("exit", "exit code 0").await;
    assert_eq!(user.text("output").await, "33");
    user.leaves().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edited_host_function_is_used_while_the_script_runs() {
    let script = "import demo\nwhile input() == 'on':\n    print(demo.demo(1, 2))\n";
    for way in ["shared", "jspi"] {
        let user = User::opens(&format!("?example=hello&wait={way}")).await;
        user.presses("file-demo.wat").await;
        let wat = user.value("host").await;
        user.writes("script", script).await;
        user.presses("run").await;
        user.types("stdin", "on\n").await;
        user.sees("output", "30").await;
        user.writes("host", &wat.replace("10", "11")).await;
        user.presses("renew").await;
        user.sees("exit", "The next call of demo is the new one.").await;
        user.types("stdin", "on\n").await;
        user.sees("output", "33").await;
        user.writes("host", "(module\n  (func (export \"demo\") i32.nonsense))\n").await;
        user.types("host", "\u{E009}s\u{E000}").await;
        user.sees("problem", "demo.wat").await;
        user.types("stdin", "on\n").await;
        user.types("stdin", "off\n").await;
        user.sees("exit", "exit code 0").await;
        assert_eq!(user.text("output").await.matches("33").count(), 2, "{way}: a mistake leaves what was there");
        user.leaves().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn functions_of_the_script_are_called_in_forms() {
    for way in ["shared", "jspi", "none"] {
        let user = User::opens(&format!("?example=exports&wait={way}")).await;
        user.presses("run").await;
        user.sees("exit", "exit code 0; its functions can be called below").await;
        user.types("arg-add-name", "tea \"green\"").await;
        user.types("arg-add-cents", "250\n").await;
        user.sees("reply-add", "1").await;
        user.presses("arg-add-twice").await;
        user.presses("call-add").await;
        user.sees("reply-add", "3").await;
        user.presses("call-total").await;
        user.sees("reply-total", "\"7.50\"").await;
        user.sees("output", "adding up 3 lines").await;
        user.presses("call-lines").await;
        user.sees("reply-lines", "[{name: \"tea \\\"green\\\"\", cents: 250}").await;
        user.types("arg-add-cents", "x").await;
        user.presses("call-add").await;
        user.sees("reply-add", "add() argument 'cents'").await;
        user.writes("arg-add-name", "").await;
        user.writes("arg-add-cents", "1").await;
        user.presses("call-add").await;
        user.sees("reply-add", "ValueError: what is it?").await;
        user.presses("reset").await;
        user.sees("exit", "exit code 0; its functions can be called below").await;
        assert_eq!(user.value("arg-add-cents").await, "1", "{way}: what was typed stays");
        user.presses("call-total").await;
        user.sees("reply-total", "\"0.00\"").await;
        user.presses("leave").await;
        user.sees("exit", "Finished, exit code 0.").await;
        user.sees_state("run", "idle").await;
        user.leaves().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_called_function_can_be_stopped() {
    let user = User::opens("").await;
    let script = "import amphi\n@amphi.export\ndef ever():\n    while True: pass\n@amphi.export\ndef end():\n    import os\n    os._exit(3)\n";
    user.writes("script", script).await;
    user.presses("run").await;
    user.presses("call-ever").await;
    user.sees("exit", "Calling ever()").await;
    user.presses("run").await;
    user.sees("reply-ever", "KeyboardInterrupt").await;
    user.presses("call-end").await;
    user.sees("exit", "exit code 3").await;
    user.leaves().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mistake_in_a_host_function_is_shown_beside_it() {
    let user = User::opens("?example=hello").await;
    user.presses("file-demo.wat").await;
    user.writes("host", "(module\n  (func (export \"demo\") i32.nonsense))\n").await;
    user.presses("run").await;
    user.sees("problem", "demo.wat").await;
    user.leaves().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_exception_shows_its_traceback() {
    let user = User::opens("").await;
    user.writes("script", "def fall():\n    1 / 0\nfall()\n").await;
    user.presses("run").await;
    user.sees("exit", "exit code 1").await;
    let output = user.text("output").await;
    assert!(output.contains("line 2, in fall") && output.contains("ZeroDivisionError"), "{output}");
    user.leaves().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_library_that_cannot_be_loaded_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let python = folder.path().join("python");
    std::fs::create_dir(&python).unwrap();
    for (from, to) in [(server::dist(), folder.path()), (server::dist().join("python"), &python)] {
        for entry in from.read_dir().unwrap().map(Result::unwrap) {
            let name = entry.file_name();
            if name != "python" && name != "python313.zip" {
                symlink(entry.path(), to.join(name)).unwrap();
            }
        }
    }
    let user = User::opens_from(folder.path(), "?example=hello").await;
    // What the snapshot holds runs without it.
    user.presses("run").await;
    user.sees("exit", "exit code 0").await;
    user.writes("script", "import sqlite3").await;
    user.presses("run").await;
    user.sees("exit", "standard library could not be loaded").await;
    user.sees_state("run", "idle").await;
    user.leaves().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chosen_example_can_be_run() {
    let user = User::opens("").await;
    user.chooses("examples", "exit-code").await;
    user.presses("run").await;
    user.sees("exit", "exit code 42").await;
    user.leaves().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn input_waits_with_shared_memory() {
    input_waits("shared").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn input_waits_with_promise_integration() {
    input_waits("jspi").await;
}

async fn input_waits(way: &str) {
    let user = User::opens(&format!("?wait={way}")).await;
    assert_eq!(user.attribute("wait-way", "data-way").await.as_deref(), Some(way));
    user.writes("script", "name = input('Name? ')\nprint('Hello,', name)\n").await;
    user.presses("run").await;
    user.sees("output", "Name?").await;
    user.types("stdin", "Ada\n").await;
    user.sees("output", "Hello, Ada").await;
    user.sees("exit", "exit code 0").await;
    user.leaves().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn input_given_in_advance_is_read_where_nothing_can_wait() {
    let user = User::opens("?wait=none").await;
    assert_eq!(user.attribute("wait-way", "data-way").await.as_deref(), Some("none"));
    user.writes("script", "name = input('Name? ')\nprint('Hello,', name)\n").await;
    user.writes("stdin", "Ada\n").await;
    user.presses("run").await;
    user.sees("output", "Hello, Ada").await;
    user.leaves().await;
}
