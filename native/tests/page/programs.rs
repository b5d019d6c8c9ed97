//! Programs that are kept, shared, taught and added to, as their writer sees them.

use std::process::{Command, Stdio};

use crate::user::User;

/// The program that is shown, as the page's address with a link.
async fn link(user: &User) -> String {
    user.presses("share").await;
    user.value("link").await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_written_is_there_after_the_tab_is_gone() {
    let user = User::opens("?example=hello").await;
    user.writes("script", "print('kept')\n").await;
    user.presses("files-open").await;
    user.sees("kept", "Kept in this browser.").await;
    // Without a query the page opens with what was shown last.
    user.visits("").await;
    user.comes("return document.querySelector('[data-testid=script]').value", &"print('kept')\n".into()).await;
    user.presses("run").await;
    user.sees("output", "kept").await;
    user.presses("start-over").await;
    user.comes("return document.querySelector('[data-testid=script]').value.includes('demo')", &true.into()).await;
    user.sees("files-said", "4 files").await;
    user.visits("?example=hello").await;
    assert!(user.value("script").await.contains("demo"), "what was started over is kept no more");
    user.leaves().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_goes_on_at_once_loses_nothing() {
    let user = User::opens("?example=hello").await;
    let script = "return document.querySelector('[data-testid=script]').value";
    user.writes("script", "print('first')\n").await;
    user.presses("new").await;
    user.comes("return document.querySelector('[data-testid=examples]').value", &"untitled".into()).await;
    user.writes("script", "print('second')\n").await;
    user.chooses("examples", "hello").await;
    user.comes(script, &"print('first')\n".into()).await;
    user.chooses("examples", "untitled").await;
    user.comes(script, &"print('second')\n".into()).await;
    user.presses("files-open").await;
    user.presses("remove").await;
    user.presses("remove").await;
    // What is shown in its place is as it is kept.
    user.comes(script, &"print('first')\n".into()).await;
    user.visits("").await;
    user.comes(script, &"print('first')\n".into()).await;
    // A link within the page is no other program.
    user.writes("script", "print('still here')\n").await;
    user.script("document.querySelector('.skip').click()").await;
    assert_eq!(user.value("script").await, "print('still here')\n");
    user.leaves().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_tab_does_not_overwrite_the_first() {
    let user = User::opens("?example=hello").await;
    user.writes("script", "print('first')\n").await;
    user.presses("files-open").await;
    user.sees("kept", "Kept in this browser.").await;
    user.opens_a_tab("?example=hello").await;
    user.sees("elsewhere", "Open in another tab").await;
    user.writes("script", "print('second')\n").await;
    user.presses("copy-here").await;
    user.sees("kept", "Kept in this browser.").await;
    assert_eq!(user.value("examples").await, "hello-2");
    user.returns_to_the_first_tab().await;
    user.visits("?example=hello").await;
    user.comes("return document.querySelector('[data-testid=script]').value", &"print('first')\n".into()).await;
    user.chooses("examples", "hello-2").await;
    user.comes("return document.querySelector('[data-testid=script]').value", &"print('second')\n".into()).await;
    user.leaves().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_carries_the_program_and_waits_for_its_reader() {
    let user = User::opens("?example=hello").await;
    user.writes("script", "import demo\nprint('linked', demo.demo(2, 3))\n").await;
    let link = link(&user).await;
    assert!(link.contains("/#p=1.") || link.contains("?example=hello#p=1."), "{link}");
    // The command runs it, too.
    let run = Command::new(env!("CARGO_BIN_EXE_amphi")).args(["run", &link]).stdin(Stdio::null()).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&run.stdout), "linked 50\n", "{run:?}");
    user.visits_anew(&format!("?run{}", &link[link.find('#').unwrap()..])).await;
    user.sees("link-notice", "host functions demo (WebAssembly)").await;
    assert_eq!(user.text("output").await, "", "it does not run by itself");
    user.presses("run").await;
    user.sees("output", "linked 50").await;
    // A broken one says so.
    user.visits_anew("#p=1.AAAA").await;
    user.sees("link-notice", "This link is broken").await;
    user.leaves().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn javascript_that_came_by_link_runs_only_where_it_is_trusted() {
    let user = User::opens("?example=host-javascript").await;
    let link = link(&user).await;
    let link = &link[link.find('#').unwrap()..];
    user.visits_anew(link).await;
    user.presses("run").await;
    user.sees("exit", "its JavaScript is not trusted").await;
    // Nor once it is kept as the reader's own.
    user.writes("script", "print('changed')\n").await;
    user.presses("files-open").await;
    user.sees("kept", "Kept in this browser.").await;
    user.visits_anew("").await;
    user.comes("return document.querySelector('[data-testid=script]').value", &"print('changed')\n".into()).await;
    user.presses("run").await;
    user.sees("exit", "its JavaScript is not trusted").await;
    user.presses("trust").await;
    user.presses("run").await;
    user.sees("output", "changed").await;
    user.leaves().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lesson_tells_when_its_task_is_done() {
    let user = User::opens("?example=lesson-01-imports").await;
    user.sees("lesson", "What to look at").await;
    user.sees_state("task", "given").await;
    user.presses("run").await;
    user.sees_state("task", "lacks").await;
    user.sees("task", "clock_time_get").await;
    user.presses("solve").await;
    user.presses("run").await;
    user.sees_state("task", "done").await;
    user.presses("next-lesson").await;
    user.comes("return document.querySelector('[data-testid=examples]').value", &"lesson-02-preopens".into()).await;
    user.sees_state("task", "given").await;
    user.leaves().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn files_are_added_and_what_a_run_made_is_kept() {
    let user = User::opens("?example=hello").await;
    user.presses("files-open").await;
    user.types("new-file", "data/notes.txt").await;
    user.presses("new-file-add").await;
    user.writes("host", "noted\n").await;
    user.types("new-file", "data/notes.txt").await;
    user.presses("new-file-add").await;
    user.sees("files-note", "is there already").await;
    assert_eq!(user.value("host").await, "noted\n");
    let upload = std::env::temp_dir().join(format!("amphi-upload-{}.bin", std::process::id()));
    std::fs::write(&upload, [0, 1, 2, 255]).unwrap();
    user.types("uploads", upload.to_str().unwrap()).await;
    user.sees("files-note", "is added").await;
    std::fs::remove_file(&upload).unwrap();
    let name = upload.file_name().unwrap().to_str().unwrap().to_owned();
    let script = format!(
        "print(open('data/notes.txt').read().strip(), len(open('{name}', 'rb').read()))\nopen('made.txt', 'w').write('made')\n"
    );
    user.writes("script", &script).await;
    user.presses("run").await;
    user.sees("output", "noted 4").await;
    user.sees("path-made.txt", "made").await;
    user.script("document.querySelector('[data-testid=\"path-made.txt\"] [aria-label^=Keep]').click()").await;
    user.presses("file-made.txt").await;
    assert_eq!(user.value("host").await, "made");
    user.script("document.querySelector('[data-testid=new-file]').value = 'data'").await;
    user.presses("new-file-add").await;
    user.sees("files-note", "one of them would be a folder").await;
    user.leaves().await;
}
