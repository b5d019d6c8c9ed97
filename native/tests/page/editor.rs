//! The editors, as who writes in them sees them.

use crate::user::User;

/// Keys as WebDriver has them.
const CONTROL: &str = "\u{E009}";
const RELEASED: &str = "\u{E000}";
const ENTER: &str = "\n";

/// The text of what an editor shows beside its own.
async fn shown(user: &User, editor: &str, part: &str) -> String {
    let script = format!(
        "const all = document.querySelector('[data-testid={editor}]').shadowRoot.querySelectorAll('{part}'); \
         return [...all].map((each) => each.textContent).join('|')"
    );
    user.script(&script).await.as_str().unwrap_or_default().to_owned()
}

/// A list takes no key in its first moment, which somebody may have meant for the text.
async fn settles() {
    tokio::time::sleep(std::time::Duration::from_millis(200)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_editor_offers_what_the_host_declares() {
    let user = User::opens("?example=hello").await;
    user.writes("script", "").await;
    user.types("script", "import d").await;
    user.sees_in("script", ".cm-tooltip-autocomplete", "demo").await;
    settles().await;
    user.types("script", &format!("{ENTER}{ENTER}print(demo.")).await;
    user.sees_in("script", ".cm-tooltip-autocomplete", "demo(a: s32").await;
    settles().await;
    let offered = shown(&user, "script", ".cm-tooltip-autocomplete li").await;
    assert!(offered.starts_with("demo(a: s32, b: s32) -> s32"), "{offered}");
    user.types("script", &format!("{ENTER}(4, 2")).await;
    // It runs the program, and adds no line to it.
    user.types("script", &format!("{CONTROL}{ENTER}{RELEASED}")).await;
    user.sees("exit", "exit code 0").await;
    assert_eq!(user.text("output").await, "60");
    assert_eq!(user.value("script").await, "import demo\nprint(demo.demo(4, 2))");
    user.leaves().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn mistakes_are_marked_in_their_lines() {
    let user = User::opens("?example=hello").await;
    user.writes("script", "def fall(a):\n    return 1 / a\nfall(0)\n").await;
    user.presses("run").await;
    user.sees("exit", "exit code 1").await;
    user.sees_in("script", ".cm-lintRange-error", "return 1 / a").await;
    assert!(user.attribute("script", "invalid").await.is_some());
    // The text that ran is another by then.
    user.types("script", "x").await;
    assert_eq!(shown(&user, "script", ".cm-lintRange-error").await, "");
    assert_eq!(user.attribute("script", "invalid").await, None);
    user.writes("script", "input()\nmissing\n").await;
    user.presses("run").await;
    user.types("stdin", "").await;
    user.writes("script", "print(3)\n").await;
    user.types("stdin", "\n").await;
    user.sees("exit", "exit code 1").await;
    assert_eq!(user.attribute("script", "invalid").await, None);
    user.presses("file-demo.wat").await;
    user.writes("host", "(module\n  (func (export \"demo\") i32.nonsense))\n").await;
    user.sees_in("host", ".cm-lintRange-error", "i32").await;
    // Who writes elsewhere is not taken back to it, but the tab says so.
    user.presses("file-amphi.toml").await;
    user.types("host", "# words\n").await;
    user.sees("file-demo.wat", "with a mistake").await;
    assert_eq!(user.attribute("file-amphi.toml", "aria-selected").await.as_deref(), Some("true"));
    user.presses("run").await;
    user.sees("problem", "demo.wat:2").await;
    assert_eq!(user.attribute("file-demo.wat", "aria-selected").await.as_deref(), Some("true"));
    user.leaves().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_file_undoes_its_own_changes() {
    let user = User::opens("?example=hello").await;
    let undo = format!("{CONTROL}z{RELEASED}");
    user.presses("file-demo.wat").await;
    let wat = user.value("host").await;
    user.types("host", ";; one\n").await;
    user.presses("file-amphi.toml").await;
    let manifest = user.value("host").await;
    user.types("host", "# two\n").await;
    user.presses("file-demo.wat").await;
    assert_eq!(user.value("host").await, format!(";; one\n{wat}"));
    user.types("host", &undo.repeat(4)).await;
    assert_eq!(user.value("host").await, wat);
    user.presses("file-amphi.toml").await;
    assert_eq!(user.value("host").await, format!("# two\n{manifest}"));
    // What starts over can be undone, too.
    user.presses("start-over").await;
    assert_eq!(user.value("host").await, manifest);
    user.types("host", &undo).await;
    assert_eq!(user.value("host").await, format!("# two\n{manifest}"));
    // Another example's file of the same name is another file.
    user.chooses("examples", "exit-code").await;
    user.comes("return document.querySelector('[data-testid=script]').value.includes('demo')", &false.into()).await;
    let other = user.value("script").await;
    user.types("script", &undo).await;
    assert_eq!(user.value("script").await, other);
    user.leaves().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_keyboard_alone_gets_in_and_out() {
    let user = User::opens("?example=hello").await;
    user.types("script", "\tx").await;
    assert!(user.value("script").await.starts_with("    ximport demo"));
    user.types("script", "\u{E00C}\t").await;
    let focused = "return document.activeElement.dataset.testid";
    assert_eq!(user.script(focused).await, "file-demo.wat");
    user.types("file-demo.wat", "\u{E014}").await;
    assert_eq!(user.script(focused).await, "file-demo.wit");
    assert_eq!(user.attribute("file-demo.wit", "aria-selected").await.as_deref(), Some("true"));
    user.presses("vim").await;
    user.presses("script").await;
    user.sees_in("script", ".cm-vim-panel, .cm-fat-cursor, .cm-vimMode", "").await;
    let text = user.value("script").await;
    // In Vim's normal mode letters are commands.
    user.types("script", "\u{E00C}gg").await;
    assert_eq!(user.value("script").await, text);
    user.types("script", "dd").await;
    assert_eq!(user.value("script").await, text.split_once('\n').unwrap().1);
    user.leaves().await;
}

#[test]
fn what_is_offered_of_python_is_there() {
    let text = include_str!("../../../web/js/standard.js");
    let list = text.split_once("STANDARD = `").unwrap().1.split_once('`').unwrap().0;
    let script = "import amphi, importlib.util, json, sys\n\
                  print([name for name in sys.argv[1].split() if not importlib.util.find_spec(name)])\n\
                  print([name for name in amphi.__all__ if f'\"{name}\"' not in sys.argv[2]])\n";
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("main.py"), script).unwrap();
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_amphi"))
        .current_dir(folder.path())
        .args(["run", "main.py", list.trim(), text])
        .output()
        .unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout), "[]\n[]\n", "{}", String::from_utf8_lossy(&output.stderr));
}
