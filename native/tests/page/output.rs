//! What a run writes, as its reader sees it.

use crate::user::User;

#[tokio::test(flavor = "multi_thread")]
async fn colours_of_a_terminal_are_shown() {
    let user = User::opens("").await;
    let script = "import sys\nprint('\\x1b[31mred\\x1b[0m plain \\x1b[38;2;1;2;3mrgb\\x1b[0m end\\x1b[41m on', flush=True)\n\
                  print('\\x1b[0m', end='', flush=True)\n\
                  print('\\x1b[32mgreen', end='', file=sys.stderr, flush=True)\nprint('out', flush=True)\n\
                  print(' still', file=sys.stderr)\n";
    user.writes("script", script).await;
    user.presses("run").await;
    user.sees("exit", "exit code 0").await;
    let text = user.script("return document.querySelector('#output').textContent").await;
    assert_eq!(text, "red plain rgb end on\ngreenout\n still\n");
    let of = "return [...document.querySelectorAll('#output span')].map((each) => \
              `${each.className}:${each.style.color}:${each.textContent.trim()}`).join('|')";
    let found = user.script(of).await;
    let wanted = "stdout ink-1::red|stdout::plain|stdout ink-own:rgb(1, 2, 3):rgb|stdout::end|stdout ink-15 paper-1::on|\
                  stderr ink-2::green|stdout::out|stderr ink-2::still";
    assert_eq!(found, wanted);
    user.leaves().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_fifty_megabytes_the_end_is_shown() {
    let user = User::opens("").await;
    let script = "line = 'x' * 99 + '\\n'\nfor _ in range(5):\n    print(line * 100_000, end='')\nprint('the end')\n";
    user.writes("script", script).await;
    user.presses("run").await;
    user.sees("exit", "exit code 0").await;
    let shown = user.script("const { textContent } = document.querySelector('#output'); return [textContent.length, textContent.slice(-8)]").await;
    assert_eq!(shown[1], "the end\n");
    assert!((500_000..2_000_000).contains(&shown[0].as_u64().unwrap()), "{shown}");
    assert!(user.text("output").await.starts_with("Only the end of the output is shown."));
    user.leaves().await;
}
