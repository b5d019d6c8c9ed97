//! Host functions in JavaScript, alike in every habitat that can wait for promises: called and calling back, failing,
//! waiting, kept from what they were not granted.
#![allow(clippy::unwrap_used, reason = "a test may fail so")]

use std::process::{Command, Stdio};

const TEXT: &str = r#"
const fetch = "the module's own";
let kept;
export const echo = (x) => x;
export const own = () => [fetch, typeof XMLHttpRequest, typeof process, typeof globalThis.postMessage];
export const text = () => { try { return (() => {}).constructor("return this")() === undefined; } catch (error) { return "refused"; } };
export function keep(f) { kept = f; }
export const keptCall = (x) => kept(x);
export const later = async (x) => {
  await new Promise((done) => setTimeout(done, 20));
  console.log("waited", { x });
  return x + 1;
};
export const after = async (f, x) => f(await later(x));
export const late = async () => { await null; throw new RangeError("late"); };
export const raise = (name) => { throw new ({ TypeError, RangeError, Error }[name])(name); };
"#;

const SCRIPT: &str = r#"
import inspect
import demo

def raised(call, *args):
    try:
        return f"{call(*args)!r} and no error"
    except Exception as error:
        return f"{type(error).__name__}: {error}"

for value in None, True, 1 << 80, -(1 << 53), 1.5, "ä", b"\0\xff", [1, [2]], {"a": [None]}:
    assert demo.echo(value) == value, value
assert demo.echo(len) is len and demo.echo(demo.keep)(None) is None
print(demo.own(), demo.text(), inspect.signature(demo.after))
demo.keep(lambda x: demo.echo(x) * 2)
print(demo.keptCall(4), demo.later(1), demo.after(lambda x: demo.echo(x) * 2, 3))
for name in "TypeError", "RangeError", "Error":
    print(raised(demo.raise_, name))
print(raised(demo.late))

def fail(x):
    raise KeyError("mine")

try:
    demo.after(fail, 1)
except KeyError as error:
    print(repr(error), error.__traceback__ is not None)
"#;

const TOLD: &str = "\
[\"the module's own\", 'undefined', 'undefined', 'undefined'] refused (f: object, x: object) -> object
8 2 8
TypeError: TypeError
ValueError: RangeError
HostError: Error
ValueError: late
KeyError('mine') True
";

#[test]
fn javascript_serves_python_alike() {
    let folder = tempfile::tempdir().unwrap();
    let manifest = "[host.demo]\njavascript = \"demo.js\"\n";
    for (path, text) in [("amphi.toml", manifest), ("demo.js", TEXT), ("main.py", SCRIPT)] {
        std::fs::write(folder.path().join(path), text).unwrap();
    }
    for habitat in ["wasmtime", "shim", "chromium"] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_amphi"));
        command.args(["run", ".", "--habitat", habitat]).current_dir(folder.path()).stdin(Stdio::null());
        let output = command.output().unwrap();
        let (told, said) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert_eq!((output.status.code(), told.as_ref()), (Some(0), TOLD), "{habitat}: {said}");
        assert_eq!(said, "waited {x: 1}\nwaited {x: 3}\nwaited {x: 1}\n", "{habitat}");
    }
}
