//! Host modules whose files are saved while a session goes on: the next call is the new one's, in every language and in
//! every habitat, and what is under way or was made before ends in the old one.
#![allow(clippy::unwrap_used, reason = "a test may fail so")]

mod common;

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Stdio};

use tempfile::TempDir;

const PY: &str = "
def add(a: int, b: int) -> int:
    return a + b
def wait(go) -> str:
    return go() + ' old'
";
const JS: &str = "
export const twice = (x) => 2 * x;
export class Counter { constructor() { this.n = 0; } more() { return ++this.n; } }
";
const JS_WIT: &str = "interface js {
    twice: func(x: s32) -> s32;
    resource counter { constructor(); more: func() -> s32; }
}";
const WAT: &str = r#"(module (func (export "of") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1))))"#;

/// A session at Python's prompt.
struct Session {
    folder: TempDir,
    amphi: Child,
    typed: ChildStdin,
    seen: BufReader<ChildStdout>,
}

impl Session {
    fn begins(habitat: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let manifest = "[host.py]\npython = \"py.py\"\n\
                        [host.js]\njavascript = \"js.js\"\nwit = \"js.wit\"\n\
                        [host.wat]\nwat = \"wat.wat\"\n";
        let texts = [("amphi.toml", manifest), ("py.py", PY), ("js.js", JS), ("js.wit", JS_WIT), ("wat.wat", WAT)];
        common::write(folder.path(), &texts);
        let begin = "import js, py, wat\nfrom inspect import signature\n";
        std::fs::write(folder.path().join("main.py"), begin).unwrap();
        Self::of(folder, &["run", "-iq", ".", "--habitat", habitat])
    }

    /// That of a command that is given in a folder.
    fn of(folder: TempDir, args: &[&str]) -> Self {
        let mut command = common::command(folder.path(), args);
        let mut amphi = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let (typed, seen) = (amphi.stdin.take().unwrap(), BufReader::new(amphi.stdout.take().unwrap()));
        Self { folder, amphi, typed, seen }
    }

    fn saves(&self, file: &str, text: &str) {
        // As editors do: never half of it.
        let draft = self.folder.path().join(format!(".{file}"));
        std::fs::write(&draft, text).unwrap();
        std::fs::rename(draft, self.folder.path().join(file)).unwrap();
    }

    /// What an expression is, or what it raises.
    fn says(&mut self, expression: &str) -> String {
        let asked = format!(
            "try: print('\\n=', ({expression}))\nexcept Exception as e: print('\\n=', type(e).__name__, e)\n\n"
        );
        self.typed.write_all(asked.as_bytes()).unwrap();
        self.typed.flush().unwrap();
        self.sees("= ")
    }

    fn does(&mut self, line: &str) {
        self.typed.write_all(format!("{line}\n\n").as_bytes()).unwrap();
    }

    fn sees(&mut self, begin: &str) -> String {
        let mut lines = (&mut self.seen).lines().map(Result::unwrap);
        lines.find_map(|line| line.strip_prefix(begin).map(str::to_owned)).unwrap()
    }

    /// Ends it; gives what it said on standard error.
    fn ends(self) -> String {
        let Self { folder: _folder, amphi, typed, seen: _seen } = self;
        drop(typed);
        let output = amphi.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(0));
        String::from_utf8(output.stderr).unwrap()
    }
}

#[test]
fn what_is_saved_is_called_next() {
    for habitat in ["wasmtime", "shim", "chromium"] {
        let mut session = Session::begins(habitat);
        assert_eq!(session.says("py.add(5, 2), js.twice(5), wat.of(5, 2)"), "(7, 10, 7)", "{habitat}");
        session.does("add, c = py.add, js.Counter()");
        assert_eq!(session.says("c.more()"), "1");

        // The same signatures, other bodies.
        session.saves("py.py", &PY.replace("a + b", "a - b"));
        session.saves("js.js", &JS.replace("2 * x", "20 * x").replace("++this.n", "100"));
        session.saves("wat.wat", &WAT.replace("i32.add", "i32.mul"));
        let new = "add(5, 2), py.add(5, 2), js.twice(5), wat.of(5, 2)";
        assert_eq!(session.says(new), "(3, 3, 100, 10)", "{habitat}");
        // What was made before is what it was.
        assert_eq!(session.says("c.more(), js.Counter().more()"), "(2, 100)", "{habitat}");

        // Other signatures, more functions and fewer.
        session.saves("py.py", "def add(a: str, *, b): ...\n");
        assert_eq!(session.says("add(5, 2)"), "3", "{habitat}: a file that is none leaves the old one");
        session.saves("py.py", "def add(a: str, n: int) -> str:\n    return a * n\ndef more() -> int:\n    return 1\n");
        session.saves("js.wit", "interface js { twice: func(x: string) -> string; }");
        session.saves("js.js", "export const twice = (x) => x + x;");
        session.saves("wat.wat", &WAT.replace("i32", "i64"));
        assert_eq!(session.says("py.more(), add('ab', 2), add(n=1, a='c')"), "(1, 'abab', 'c')", "{habitat}");
        assert_eq!(
            session.says("signature(add), py.__all__"),
            "(<Signature (a: str, n: int) -> str>, ['add', 'more'])"
        );
        assert_eq!(session.says("js.twice('x'), hasattr(js, 'Counter'), c.more()"), "('xx', False, 3)", "{habitat}");
        assert_eq!(session.says("wat.of(1 << 40, 1)"), "1099511627777", "{habitat}");
        assert_eq!(
            session.says("add(1, 2)"),
            "TypeError py.add() argument 'a' must be string, not 1 (int)",
            "{habitat}"
        );
        session.does("more = py.more");
        session.saves("py.py", PY);
        assert_eq!(session.says("more()"), "AttributeError the host module py has no function more any more");
        assert_eq!(session.says("py.more"), "AttributeError module 'py' has no attribute 'more'", "{habitat}");
        assert_eq!(session.says("add(5, 2)"), "7", "{habitat}");

        let said = session.ends();
        assert_eq!(said.matches("amphi: ").count(), 1, "{habitat}: {said}");
        assert!(
            said.contains(
                "amphi: the host module py stays as it was: TypeError: the host module py defines no function"
            ),
            "{habitat}: {said}"
        );
    }
}

#[test]
fn what_is_held_is_called_as_it_is_by_then() {
    let things = "interface js {
        resource thing { constructor(); kind: func() -> s32; }
        use-it: func(t: borrow<thing>) -> s32;
    }";
    let of = |kind: u8| {
        format!(
            "export class Thing {{ constructor() {{}} kind() {{ return {kind}; }} }}\nexport const useIt = (t) => t.kind();"
        )
    };
    let mut session = Session::begins("shim");
    // A generator is read once, whatever the first attempt comes to.
    session.saves("py.py", "def total(xs: list[int]) -> int:\n    return sum(xs)\n");
    session.does("total = py.total");
    assert_eq!(session.says("total(x for x in (1, 2, 3))"), "6");
    session.saves("py.py", "def total(xs: list[int]) -> str:\n    return str(sum(xs))\n");
    assert_eq!(session.says("total(x for x in (1, 2, 3))"), "6");
    assert_eq!(session.says("total(1 / 0 for x in (1, 2, 3))"), "ZeroDivisionError division by zero");
    // A function that goes and comes back is the one that is held.
    session.saves("py.py", "def other() -> int:\n    return 1\n");
    assert_eq!(session.says("total([1])"), "AttributeError the host module py has no function total any more");
    session.saves("py.py", "def total(xs: list[int]) -> int:\n    return -sum(xs)\n");
    assert_eq!(session.says("total([1])"), "-1");
    // Things of one module and functions of another.
    session.saves("js.wit", things);
    session.saves("js.js", &of(1));
    session.does("a = js.Thing()");
    assert_eq!(session.says("a.kind(), js.use_it(a)"), "(1, 1)");
    session.saves("js.js", &of(2));
    assert_eq!(session.says("a.kind(), js.Thing().kind(), js.use_it(js.Thing())"), "(1, 2, 2)");
    assert!(session.says("js.use_it(a)").starts_with("TypeError js.use_it() argument 't' must be"));
    session.saves("js.wit", &things.replace("kind: func", "kind: static func"));
    session.saves("js.js", "export class Thing { static kind() { return 3; } }\nexport const useIt = (t) => 0;");
    assert_eq!(session.says("dir(js) and js.Thing.kind(), a.kind()"), "(3, 1)");
    session.ends();
}

#[test]
fn a_declared_module_that_fails_leaves_its_things_alone() {
    let wit = "interface py {
        resource thing { constructor(); }
        use-it: func(t: borrow<thing>) -> s32;
    }";
    let text = "class Thing: pass\ndef use_it(t): return 7\n";
    let mut session = Session::begins("shim");
    session.saves("py.wit", wit);
    session.saves("py.py", text);
    let manifest = std::fs::read_to_string(session.folder.path().join("amphi.toml")).unwrap();
    session.saves("amphi.toml", &manifest.replace("\"py.py\"", "\"py.py\"\nwit = \"py.wit\""));
    session.does("t = py.Thing()");
    assert_eq!(session.says("py.use_it(t)"), "7");
    session.saves("py.py", "class Thing(: pass\n");
    assert_eq!(session.says("py.use_it(t), isinstance(t, py.Thing)"), "(7, True)");
    session.saves("py.py", &text.replace('7', "8"));
    assert_eq!(session.says("py.use_it(py.Thing())"), "8");
    session.ends();
}

#[test]
fn a_call_that_is_under_way_ends_in_the_old_one() {
    for habitat in ["wasmtime", "shim"] {
        let mut session = Session::begins(habitat);
        // Python calls the host function, which calls Python back, which calls the host function that is saved meanwhile.
        session.does("def go():\n    print('= in', flush=True)\n    input()\n    return str(py.add(5, 2))");
        session.does("print('\\n=', py.wait(go), py.wait(lambda: 'then'))");
        assert_eq!(session.sees("= "), "in", "{habitat}");
        session.saves("py.py", &PY.replace("a + b", "a - b").replace("' old'", "' new'"));
        session.does("");
        assert_eq!(session.sees("= "), "3 old then new", "{habitat}");
        assert!(!session.ends().contains("stays"), "{habitat}");
    }
}

#[test]
fn mistakes_leave_what_was_there_and_are_told_once() {
    for (file, text, told) in [
        (
            "py.py",
            "def add(:\n",
            "the host module py stays as it was:\n  File \"/work/py.py\", line 1\n    def add(:\n",
        ),
        (
            "py.py",
            "import sys\nsys.exit(3)\n",
            "the host module py stays as it was:\nTraceback (most recent call last):\n",
        ),
        ("js.js", "export const twice = (x) => {", "the host module js stays as it was:"),
        ("js.js", "export const thrice = 1;", "the host module js stays as it was:"),
        ("js.wit", "interface js {", "the host modules stay as they were: js.wit:1:15: "),
        ("wat.wat", "(module (func (export", "the host modules stay as they were: wat.wat:1:16: "),
        ("amphi.toml", "[host", "the host modules stay as they were: "),
    ] {
        let mut session = Session::begins("shim");
        assert_eq!(session.says("py.add(5, 2), js.twice(5), wat.of(5, 2)"), "(7, 10, 7)");
        session.saves(file, text);
        for _ in 0..2 {
            assert_eq!(session.says("py.add(5, 2), js.twice(5), wat.of(5, 2)"), "(7, 10, 7)", "{file}");
        }
        let said = session.ends();
        assert_eq!(said.matches("amphi: ").count(), 1, "{file}: {said}");
        assert!(said.contains(&format!("amphi: {told}")), "{file}: {said}");
    }
}

#[test]
fn a_loop_that_reads_nothing_hears_of_it_too() {
    let mut session = Session::begins("shim");
    session.does("print('= begun', flush=True)");
    assert_eq!(session.sees("= "), "begun");
    session.does("while js.twice(1) == 2: pass");
    session.saves("js.js", &JS.replace("2 * x", "3 * x"));
    assert_eq!(session.says("js.twice(1)"), "3");
    session.ends();
}

#[test]
fn the_prompt_finds_what_is_named_on_the_command_line() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("demo.js"), "export const f = () => 1;").unwrap();
    let mut session = Session::of(folder, &["repl", "-q", "--host", "demo=demo.js"]);
    session.does("import demo");
    assert_eq!(session.says("demo.f()"), "1");
    for (text, gives) in [("export const f = () => 2;", "2"), ("export const f = (a = 3) => a;", "3")] {
        session.saves("demo.js", text);
        assert_eq!(session.says("demo.f()"), gives);
    }
    session.ends();
}
