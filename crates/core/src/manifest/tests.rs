//! Manifests, good and bad.

use super::*;
use crate::guest::Extended;
use crate::program::{Access, Body, Determinism};

fn folder() -> BTreeMap<String, Bytes> {
    let files = [
        (FILE, "…"),
        ("main.py", "print(1)"),
        ("data/a.txt", "a"),
        ("data/b.txt", "b"),
        ("out.txt", "1\n"),
        ("demo.wat", "(module)"),
        ("demo.wit", "interface demo {}"),
    ];
    let files = files.map(|(path, text)| (path.to_owned(), Bytes::from(text)));
    let mut files = BTreeMap::from(files);
    files.insert("bad.py".to_owned(), Bytes(vec![0xff]));
    files.insert("latin.py".to_owned(), Bytes(b"# coding: latin-1\n'\xe9'".to_vec()));
    files
}

fn parsed(text: &str) -> Result<Program, String> {
    parse("x/amphi.toml", text, "x", &folder()).map_err(|error| error.to_string())
}

#[test]
fn an_empty_manifest_is_a_script_and_all_files() {
    let program = parsed("").expect("valid");
    assert_eq!(program.argv(), ["python", "main.py"]);
    assert_eq!(program.files.len(), 8);
    assert!(!program.files.contains_key(FILE));
    assert_eq!(program.stdin, Stdin::Inherit);
    assert_eq!(program.name, "x");
}

#[test]
fn every_key_is_read() {
    let program = parsed(
        r#"
title = "All"
about = "Everything."
script = "latin.py"
flags = ["-u"]
args = ["one", "two"]
stdin = "hello\n"
files = ["latin.py", "data/"]

[env]
Z = "1"
A = "2"

[[mount]]
host = "data"
guest = "/data"
access = "ro"

[host.demo]
wit = "demo.wit"
wat = "demo.wat"

[host.also]
wasm = "demo.wat"

[limits]
memory = "64 MiB"
wall = "1.5s"
output = 1000
files = 10

[determinism]
clock = 2000-02-29T12:00:00.5+01:00
step = "1us"
seed = 0x10

[expect]
exit = 3
stdout = { file = "out.txt" }
stderr = ""
"#,
    )
    .expect("valid");
    assert_eq!(program.title.as_deref(), Some("All"));
    assert_eq!(program.argv(), ["python", "-u", "latin.py", "one", "two"]);
    assert_eq!(program.stdin, Stdin::Bytes("hello\n".into()));
    let files: Vec<_> = program.files.keys().map(String::as_str).collect();
    assert_eq!(files, ["data/a.txt", "data/b.txt", "latin.py"]);
    let env: Vec<_> = program.guest_env().into_iter().map(|(key, value)| key + "=" + &value).collect();
    assert_eq!(env, ["Z=1", "A=2", "PWD=/work"]);
    assert_eq!(program.mounts[0].access, Access::ReadOnly);
    assert_eq!(program.hosts[0].name, "demo");
    assert!(matches!(&program.hosts[0].body, Body::Wat(source) if source.file == "demo.wat"));
    assert!(matches!(&program.hosts[1].body, Body::Wasm { .. }));
    assert_eq!(program.limits.memory_bytes, 64 << 20);
    assert_eq!(program.limits.wall_ms, Some(1500));
    assert_eq!(program.limits.output_bytes, 1000);
    assert_eq!(program.determinism, Some(Determinism { clock_ns: 951_822_000_500_000_000, step_ns: 1000, seed: 16 }));
    let expect = program.expect.expect("given");
    assert_eq!((expect.exit, expect.stdout), (3, Some("1\n".into())));
    assert_eq!(expect.stderr, Some("".into()));
}

#[test]
fn what_is_only_expected_is_no_file_of_the_guest() {
    let program = parsed("[expect]\nstdout = { file = \"out.txt\" }").expect("valid");
    assert!(!program.files.contains_key("out.txt"));
}

#[test]
fn a_lesson_has_a_text_a_task_and_what_solves_it() {
    let lesson = "[lesson]\ntext = \"data/a.txt\"\n";
    let program = parsed(lesson).expect("valid");
    assert_eq!(program.lesson.map(|lesson| (lesson.text, lesson.task)), Some(("a".to_owned(), None)));
    assert!(!program.files.contains_key("data/a.txt"));
    let task = "task = \"Do.\"\nprints = [\"x\"]\ncalls = [\"fd_sync\"]\nsolution = \"data\"\n";
    let program = parsed(&format!("{lesson}{task}")).expect("valid");
    let task = program.lesson.and_then(|lesson| lesson.task).expect("given");
    assert_eq!((task.exit, task.prints, task.calls), (0, vec!["x".to_owned()], vec!["fd_sync".to_owned()]));
    assert_eq!(task.solution.keys().collect::<Vec<_>>(), ["a.txt", "b.txt"]);
    assert!(!program.files.contains_key("data/b.txt"));
    for (more, message) in [
        ("[lesson]\n", "needs 'text'"),
        ("[lesson]\ntext = \"data/a.txt\"\ncalls = []\n", "there is none"),
        ("[lesson]\ntext = \"data/a.txt\"\ntask = \"Do.\"\nsolution = \"nowhere\"\n", "no folder"),
    ] {
        let error = parsed(more).expect_err("a mistake");
        assert!(error.contains(message), "{error}");
    }
}

#[test]
fn a_wasm_program_has_no_files() {
    let program = parsed("wasm = \"demo.wat\"\nargs = [\"a\"]").expect("valid");
    assert!(program.files.is_empty() && !program.is_python());
    assert_eq!(program.argv(), ["x", "a"]);
    assert!(program.guest_env().is_empty());
}

#[test]
fn native_python_is_a_body_of_its_own() {
    let program = parsed("[host.demo]\nnative-python = \"main.py\"").expect("valid");
    assert!(matches!(&program.hosts[0].body, Body::NativePython(source) if source.file == "main.py"));
    assert!(!parsed("wasm = \"demo.wat\"\n[host.demo]\nnative-python = \"main.py\"").expect("valid").needs_python());
}

#[test]
fn what_is_compiled_first_is_read_as_its_text() {
    let program = parsed("extensions = [\"demo.wit\"]\n[host.demo]\ngo = \"main.py\"").expect("valid");
    let Guest::Python { extended: Some(Extended { modules, wasm: None }), .. } = &program.guest else {
        panic!("an interpreter of its own");
    };
    assert_eq!((modules.len(), modules[0].file.as_str()), (1, "demo.wit"));
    assert!(!program.files.contains_key("demo.wit"), "it is linked in, and no file of the guest");
    assert!(matches!(&program.hosts[0].body, Body::Go(source) if source.text == "print(1)"));
}

#[test]
fn mistakes_are_told_by_file_and_line() {
    let keys = KEYS.join(", ");
    let unknown = format!("2: unknown key 'scirpt' (did you mean 'script'?); expected one of {keys}");
    for (text, message) in [
        ("title = \"t\"\nscirpt = \"a.py\"", unknown.as_str()),
        ("extensions = [\n\"gone.c\"]", "1: 'gone.c' is not in the folder"),
        (
            "extensions = [\n\"../a.c\"]",
            "2: '../a.c' is no path inside the folder: parts are joined by one /, and none is . or ..",
        ),
        ("wasm = \"demo.wat\"\nextensions = []", "2: 'extensions' are modules of Python's; a wasm program has none"),
        ("args = 3", "1: 'args' should be a list of texts, [\"…\", \"…\"], not 3"),
        ("args = [\n\"a\",\n3]", "3: 'args' should be a list of texts, [\"…\", \"…\"], not 3"),
        ("\nscript = true", "2: 'script' should be a text in quotes, not true"),
        ("script = \"no.py\"", "1: the script 'no.py' is not among the program's files"),
        ("script = \"bad.py\"", "1: the script 'bad.py' is not UTF-8"),
        (
            "script = \"../main.py\"",
            "1: '../main.py' is no path inside the folder: parts are joined by one /, and none is . or ..",
        ),
        ("files = [\"data\"]", "1: the script 'main.py' is not among the program's files; 'script' names another"),
        ("files = [\n\"date\"]", "2: 'date' is not in the folder"),
        (
            "script = \"main.py\"\nmodule = \"json\"",
            "2: 'module' beside 'script': only one of script, command, module, wasm can be there",
        ),
        ("stdin_file = \"no\"", "1: 'no' is not in the folder"),
        ("env = \"A=1\"", "1: 'env' should be a table, not the text \"A=1\""),
        ("[env]\nA = 1", "2: 'A' should be a text in quotes, not 1"),
        ("[env]\n\"A=B\" = \"\"", "2: 'A=B' is no name of a variable: it is empty or has a = in it"),
        ("\n[[mount]]\nhost = \"a\"", "2: a mount needs 'guest': [[mount]] host = \"data\" guest = \"/data\""),
        ("[mount]\nhost = \"a\"", "1: 'mount' should be tables, each under [[mount]], not a table"),
        (
            "[[mount]]\nhost = \"a\"\nguest = \"data\"",
            "3: 'data' should be an absolute path in the guest, like \"/data\"",
        ),
        ("[[mount]]\nhost = \"a\"\nguest = \"/lib\"", "3: '/lib' is taken already"),
        (
            "[[mount]]\nhost = \"a\"\nguest = \"/a\"\naccess = \"r\"",
            "4: 'access' should be \"ro\" or \"rw\", not \"r\"",
        ),
        (
            "[host.demo]",
            "1: [host.demo] has no body: add python = \"FILE\", native-python = \"FILE\", javascript = \"FILE\", go = \"FILE\", wat = \"FILE\" or wasm = \"FILE\"",
        ),
        ("[host]\ndemo = \"demo.wat\"", "2: a host module is a table: [host.demo] wat = \"demo.wat\""),
        (
            "[host.demo]\nwta = \"demo.wat\"",
            "2: unknown key 'wta' (did you mean 'wat'?); expected one of wit, wat, wasm, go, python, native-python, javascript, mount, limits",
        ),
        (
            "[host.demo]\nnative-python = \"main.py\"\npython = \"main.py\"",
            "3: 'python' beside 'native-python': only one of wat, wasm, go, python, native-python, javascript can be there",
        ),
        (
            "[host.demo]\nnative-python = \"main.py\"\n[host.demo.limits]\nmemory = \"1 MiB\"",
            "3: 'limits' is for a host module in a guest of its own, as python and wasm are",
        ),
        ("[host.demo]\nwat = \"no.wat\"", "2: 'no.wat' is not in the folder"),
        ("[host.demo]\nwat = \"bad.py\"", "2: 'bad.py' is not UTF-8"),
        (
            "[host.my-demo]\nwat = \"demo.wat\"",
            "1: Python cannot import 'my-demo': letters, digits and _ make a name, a digit cannot start it",
        ),
        (
            "[limits]\nmemory = \"256 mib\"",
            "2: 'memory': 'mib' is no unit; expected one of B, KiB, MiB, GiB, TiB, kB, KB, MB, GB, TB (did you mean MiB?)",
        ),
        ("[limits]\nmemory = -1", "2: 'memory' should be a whole number, 0 or greater, not -1"),
        ("[limits]\nwall = 10", "2: 'wall' should be a time like \"10s\", not 10"),
        (
            "[determinism]\nclock = 2024-01-01",
            "2: 'clock' should be a moment like 2024-01-01T00:00:00Z, or seconds since 1970, not 2024-01-01",
        ),
        ("[expect]\nstdout = 1", "2: 'stdout' should be a text in quotes or { file = \"…\" }, not 1"),
        ("[expect]\nstdout = { file = \"no\" }", "2: 'no' is not in the folder"),
        ("script = \"main.py", "1: invalid basic string, expected `\"`"),
        ("script = \"a\"\nscript = \"b\"", "2: duplicate key"),
    ] {
        assert_eq!(parsed(text), Err(format!("x/amphi.toml:{message}")), "{text}");
    }
}

proptest::proptest! {
    #[test]
    fn any_text_gives_a_program_or_one_line(
        key in proptest::sample::select(KEYS),
        text in "[a-z0-9\"'=\\[\\]{}.,: \n-]{0,40}",
    ) {
        for text in [text.clone(), format!("{key} = {text}"), format!("[{key}]\n{text}")] {
            if let Err(message) = parsed(&text) {
                proptest::prop_assert!(message.starts_with("x/amphi.toml:"));
                proptest::prop_assert!(!message.contains('\n') || text.contains('\n'));
            }
        }
    }
}

#[test]
fn moments_are_counted_as_calendars_do() {
    for (moment, seconds) in [
        ("1970-01-01T00:00:00Z", 0),
        ("2000-02-29T12:00:00Z", 951_825_600),
        ("2024-01-01T00:00:00Z", 1_704_067_200),
        ("2038-01-19T03:14:07Z", 2_147_483_647),
        ("2100-03-01T00:00:00Z", 4_107_542_400),
    ] {
        let program = parsed(&format!("[determinism]\nclock = {moment}")).expect("valid");
        let clock = program.determinism.map(|determinism| determinism.clock_ns);
        assert_eq!(clock, Some(seconds * 1_000_000_000), "{moment}");
    }
}
