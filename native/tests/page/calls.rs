//! The calls of a run, as who looks at them sees them.

use crate::user::User;

/// Runs what is shown, and opens the calls.
async fn run_and_look(user: &User) {
    user.presses("run").await;
    user.sees("exit", "exit code 0").await;
    user.presses("calls-open").await;
}

/// Writes a filter, and waits until so many calls are on the page.
async fn sifts(user: &User, filter: &str, count: usize) {
    user.writes("calls-filter", filter).await;
    let counts = "return document.querySelectorAll('[data-testid=call]').length";
    user.comes(counts, &count.into()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_is_explained_and_its_line_is_marked() {
    let user = User::opens("?example=hello").await;
    run_and_look(&user).await;
    user.sees("calls-said", " calls").await;
    sifts(&user, "host", 1).await;
    assert!(user.text("call").await.ends_with("demo.demo(a: 1, b: 2) = 30"), "{}", user.text("call").await);
    user.presses("call").await;
    user.sees("call-name", "demo.demo").await;
    assert_eq!(user.text("call-line").await, "main.py:3");
    user.sees_in("script", ".amphi-here", "print(demo.demo(1, 2))").await;
    sifts(&user, "fd_write", 1).await;
    user.presses("call").await;
    user.sees("call-detail", "Writes to a file at the descriptor's offset").await;
    // The keys step, and what cannot be read says why.
    user.writes("calls-filter", "").await;
    user.types("calls-list", "\u{E011}").await;
    let first = user.text("call-detail").await;
    user.types("calls-list", "\u{E015}").await;
    assert_ne!(user.text("call-detail").await, first);
    user.writes("calls-filter", "fd=x").await;
    user.sees("calls-wrong", "a descriptor is a number").await;
    user.leaves().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_world_is_shown_as_it_was() {
    let user = User::opens("?example=hello").await;
    let script = "with open('a.txt', 'w') as file:\n    file.write('alpha')\n    file.flush()\nimport os\nos.rename('a.txt', 'b.txt')\n";
    user.writes("script", script).await;
    run_and_look(&user).await;
    sifts(&user, "fd_write", 1).await;
    user.presses("call").await;
    user.sees("descriptors", "/work/a.txt").await;
    assert!(user.text("descriptors").await.contains("writes, at 5 of 5 bytes"), "{}", user.text("descriptors").await);
    user.sees("files-then", "a.txt").await;
    assert_eq!(user.text("call-line").await, "main.py:3");
    sifts(&user, "path_rename", 1).await;
    user.presses("call").await;
    user.sees("files-then", "b.txt").await;
    assert!(!user.text("files-then").await.contains("a.txt"));
    assert!(!user.text("descriptors").await.contains("/work/a.txt"));
    // Back to where it was open.
    sifts(&user, "fd_write", 1).await;
    user.presses("call").await;
    user.sees("descriptors", "/work/a.txt").await;
    user.leaves().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_is_made_to_fail_with_two_clicks() {
    let user = User::opens("?example=hello").await;
    user.writes("script", "open('b.txt', 'w').close()\nopen('a.txt', 'w').close()\nprint('written')\n").await;
    run_and_look(&user).await;
    sifts(&user, "path_open,path=/work/a.txt", 1).await;
    user.presses("call").await;
    user.presses("fail").await;
    user.script("[...document.querySelectorAll('[data-testid=fail-with]')].find((each) => each.textContent === 'NOSPC').click()").await;
    user.sees("exit", "exit code 1").await;
    user.sees("output", "No space left on device").await;
    user.sees_in("script", ".cm-lintRange-error", "open('a.txt', 'w')").await;
    assert!(user.text("fault").await.starts_with("path_open:NOSPC@"), "{}", user.text("fault").await);
    sifts(&user, "error=NOSPC", 1).await;
    user.script("document.querySelector('.faults button').click()").await;
    user.presses("run").await;
    user.sees("exit", "exit code 0").await;
    user.leaves().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_thousand_calls_are_listed_and_sifted() {
    let user = User::opens("?example=hello").await;
    let script = "import os\nfor at in range(50_000):\n    os.stat('main.py')\n\
                  try:\n    os.stat('missing')\nexcept FileNotFoundError:\n    print('missed')\n\
                  for at in range(50_000):\n    os.stat('main.py')\n";
    user.writes("script", script).await;
    run_and_look(&user).await;
    user.sees("calls-said", "100,").await;
    sifts(&user, "path=/work/missing", 1).await;
    user.presses("call").await;
    user.sees("call-answer", "NOENT").await;
    assert_eq!(user.text("call-line").await, "main.py:5");
    user.writes("calls-filter", "").await;
    user.types("calls-list", "\u{E010}").await;
    let number =
        "return document.querySelector('[data-testid=call-detail] .when').textContent.startsWith('number 100')";
    user.comes(number, &true.into()).await;
    user.leaves().await;
}
