//! What fails: files that cannot be host modules, functions that raise, callables of the guest that raise.

mod support;

use amphi_core::{HostError, Raised, Value};
use support::{callable, load, try_load};

#[test]
fn a_file_that_cannot_be_a_module_says_why() {
    let declared = Some("interface demo { f: func(a: u32); resource box { constructor(); } }");
    for (text, declaration, kind, part) in [
        ("1 / 0", None, "ZeroDivisionError", "division by zero"),
        ("def f(:", None, "SyntaxError", "invalid syntax (demo"),
        ("x = 1", None, "TypeError", "the host module demo defines no function"),
        ("def f(*args): pass", None, "TypeError", "the host module demo defines no function that can be called"),
        (
            "import amphi\n@amphi.export\ndef f(*args): pass",
            None,
            "TypeError",
            "f() cannot be exported: the host gives no argument for *args",
        ),
        ("import nothing_of_that_name", None, "ModuleNotFoundError", "nothing_of_that_name"),
        ("raise SystemExit(3)", None, "SystemExit", "3"),
        ("x = 1", declared, "TypeError", "f(a) is declared, but the file does not define it"),
        ("def f(): pass", declared, "TypeError", "f(a) is declared, but the file's does not take that"),
        ("def f(a): pass", declared, "TypeError", "is declared, but the file does not define it"),
    ] {
        let Err(error) = try_load(text, declaration) else { panic!("{text} loads") };
        assert!(error.kind == kind && error.message.contains(part), "{text}: {error}");
    }
    let error = try_load("def f():\n    1 / 0\nf()\n", None).err().expect("it fails");
    assert!(error.traceback.contains(".py\", line 2, in f\n    1 / 0"), "{}", error.traceback);
    // The next one is not disturbed by what these left.
    assert_eq!(load("def f(): return 1").call("f", vec![]), Ok(1.into()));
}

#[test]
fn an_exception_is_told_with_its_kind_message_and_whole_traceback() {
    let module = load(
        r#"
class Own(Exception):
    data = {"code": [1, 2]}

def outer(kind):
    inner(kind)

def inner(kind):
    match kind:
        case "value": raise ValueError("no good")
        case "key": raise KeyError("gold")
        case "own": raise Own("mine")
        case "from":
            try:
                1 / 0
            except ZeroDivisionError as error:
                raise OSError(2, "gone") from error
        case "exit": raise SystemExit(3)
        case "unshown": raise Unshown()

class Unshown(Exception):
    def __str__(self): raise RuntimeError
"#,
    );
    for (kind, told) in [
        ("value", "ValueError: no good"),
        ("key", "KeyError: gold"),
        ("own", "Own: mine"),
        ("from", "OSError: [Errno 2] gone"),
        ("exit", "SystemExit: 3"),
        ("unshown", "Unshown: Unshown, which cannot be shown"),
    ] {
        let error = module.call("outer", vec![kind.into()]).expect_err(kind);
        let told = told.replace("OSError: [", "FileNotFoundError: [");
        assert_eq!(error.to_string(), told);
        for part in ["Traceback (most recent call last):", "line 6, in outer\n    inner(kind)", "in inner"] {
            assert!(error.traceback.contains(part), "{}", error.traceback);
        }
        let data = if kind == "own" { vec![Value::from(1), Value::from(2)].into() } else { Value::None };
        let data = if kind == "own" { Value::Record(vec![("code".to_owned(), data)]) } else { data };
        assert_eq!(error.data, data, "{kind}");
        assert_eq!(kind == "from", error.traceback.contains("ZeroDivisionError: division by zero"));
    }
}

#[test]
fn what_a_callable_raises_is_raised_in_python_with_its_traceback_as_a_note() {
    let module = load(
        r#"
def caught(f):
    try:
        f()
    except Exception as error:
        return [type(error).__name__, str(error), getattr(error, "data", None), error.__notes__]

def passed(f):
    f()

def replaced(f):
    try:
        f()
    except KeyError as error:
        raise ValueError("other") from error
"#,
    );
    let raised = || {
        callable(|_| {
            let error = HostError::new("KeyError", "gold").with_data(7);
            Err(error.with_traceback("Traceback of the guest: line 3"))
        })
    };
    let told = module.call("caught", vec![raised()]).expect("it is caught");
    let notes = Value::List(vec!["Traceback of the guest: line 3".into()]);
    assert_eq!(told, vec!["KeyError".into(), "'gold'".into(), 7.into(), notes].into());
    let odd = callable(|_| Err(HostError::new("NoSuchKind", "what")));
    let told = module.call("caught", vec![odd]).map_err(|error| error.to_string());
    assert_eq!(told, Err("AttributeError: 'HostError' object has no attribute '__notes__'".to_owned()));
    for (function, told) in [("passed", "KeyError: gold"), ("replaced", "ValueError: other")] {
        let error = module.call(function, vec![raised()]).expect_err(function);
        assert_eq!(error.to_string(), told);
        assert!(error.traceback.contains("Traceback of the guest: line 3"), "{}", error.traceback);
    }
}

#[test]
fn the_exception_of_a_guest_comes_back_as_itself() {
    let module = load("def passed(f): f()");
    let Value::Handle(own) = callable(|_| Ok(Value::None)) else { panic!("a handle") };
    let guest = own.clone();
    let raising = callable(move |_| {
        let mut error = HostError::value_error("of the guest");
        error.raised = Some(Box::new(Raised { exception: guest.clone(), passed: String::new() }));
        Err(error)
    });
    let error = module.call("passed", vec![raising]).expect_err("raised");
    let Raised { exception, passed } = *error.raised.expect("the exception");
    assert_eq!(exception, own);
    assert!(passed.contains("line 1, in passed"), "{passed}");
}
