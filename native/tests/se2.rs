//! The SE2 plugin ABI: the example by the command in every habitat, and by the library what a plugin may do wrong, calls
//! within calls, and memory that grows under them.
#![allow(clippy::unwrap_used, reason = "a test may fail so")]

mod common;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use amphi_core::{Cx, GuestId, HostError, HostModule, Program, Value, prepare, se2_run};
use amphi_wasmtime::Running;
use common::amphi;

fn example() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/se2").canonicalize().unwrap()
}

#[test]
fn the_example_reverses_words_and_returns_its_exceptions_in_every_habitat() {
    for habitat in ["wasmtime", "shim", "chromium", "firefox", "webkit"] {
        let call = |payload: &str| amphi(&example(), &["call", "--habitat", habitat, ".", "run_e", payload]);
        let (code, told, said) = call("\"hello, wörld 12 abc3!\"");
        assert!(code == Some(0) && told.ends_with("\n\"olleh, dlröw 12 cba3!\"\n"), "{habitat}: {told} {said}");
        let (code, _, said) = call("\" \"");
        let traceback = "\n  File \"/work/plugin.py\", line 10, in run_e\n";
        assert!(code == Some(1) && said.contains(traceback), "{habitat}: {code:?} {said}");
        assert!(said.trim_end().ends_with("ValueError: there is nothing to reverse"), "{habitat}: {said}");
    }
}

/// Answers as it is told; what it is told to `ask` it asks the host, which asks it.
const PLUGIN: &str = r#"
import host, sdk

kept = []

def run_e(payload, ident):
    word, _, rest = payload.partition(" ")
    match word:
        case "echo":
            sdk.return_result(rest, ident)
        case "ask":
            answer = host.again(rest)
            sdk.return_result(f"{ident}<{answer.decode()}>", ident)
        case "grow":
            kept.append(bytearray(int(rest) << 20))
            sdk.return_result(payload, ident)
        case "fail":
            sdk.return_error(-7, "no\nluck", ident)
        case "raise":
            raise KeyError(rest)
        case "silent":
            pass
        case "twice":
            sdk.return_error(1, "first", ident)
            sdk.return_result("second", ident)
        case "wrong":
            sdk.return_result("to nobody", ident + 1000)
        case "bytes":
            sdk.return_result(b"\0\xff\0", ident)
        case "leave":
            import os
            os._exit(3)
"#;

#[amphi_core::host]
fn again(cx: &mut Cx<'_>, payload: String) -> Result<Vec<u8>, HostError> {
    se2_run(cx, GuestId::PROGRAM, payload.as_bytes())
}

/// Acts on the plugin above in both native habitats, each in a run of its own.
fn each(act: impl Fn(&mut Running)) {
    let wasm = std::fs::read(common::linked(example().join("sdk.c")).python_wasm).unwrap();
    let host = Arc::new(HostModule::builder("host").host(again::host()).build().unwrap());
    let mut program = Program::script("plugin", "import plugin");
    program.files.insert("plugin.py".to_owned(), PLUGIN.into());
    if let amphi_core::Guest::Python { extended, .. } = &mut program.guest {
        *extended = Some(amphi_core::Extended { modules: Vec::new(), wasm: Some(wasm.into()) });
    }
    let prepared = prepare(&program).unwrap();
    for native in common::habitats(amphi_python::artifact().unwrap()) {
        let mut start = native.start(&prepared.program, |_| {}).unwrap();
        start.registered.0.push(host.clone());
        let mut running = native.sandbox(&prepared, &mut |_| {}).unwrap().start(start).unwrap();
        assert_eq!(running.serve().unwrap(), 0);
        act(&mut running);
    }
}

#[test]
fn a_plugin_answers_once_to_each_call_and_whatever_it_does_wrong_is_told() {
    each(|plugin| {
        let large = "x".repeat(1 << 20);
        for (payload, expected) in [
            ("echo a", Ok("a".to_owned())),
            ("echo ", Ok(String::new())),
            ("fail ", Err("the plugin failed with code -7: luck")),
            ("raise x", Err("the plugin failed with code 1: KeyError: 'x'")),
            ("silent ", Err("the plugin returned neither a result nor an error")),
            ("twice ", Ok("second".to_owned())),
            (&format!("echo {large}"), Ok(large.clone())),
            ("echo after all", Ok("after all".to_owned())),
        ] {
            let answer = plugin.call_plugin(payload.as_bytes());
            let answer = answer.map(|bytes| String::from_utf8(bytes).unwrap()).map_err(|error| error.message);
            assert_eq!(answer, expected.map_err(str::to_owned), "{}", payload.get(..12).unwrap_or(payload));
        }
        assert_eq!(plugin.call_plugin(b"bytes ").unwrap(), b"\0\xff\0", "nothing is added and nothing cut");
        let error = plugin.call("run_e", vec![Value::Str("bytes ".to_owned())]).unwrap_err();
        assert_eq!(error.message, "the plugin's result is not UTF-8");
        let error = plugin.call_plugin(b"\xff").unwrap_err();
        assert!(error.message.contains("UnicodeDecodeError"), "{error:?}");
        for at in 0..1000 {
            assert_eq!(plugin.call_plugin(format!("echo {at}").as_bytes()).unwrap(), at.to_string().as_bytes());
        }
        let error = plugin.call_plugin(b"wrong ").unwrap_err();
        assert!(plugin.is_over(), "core wasm has no way to tell a plugin of its mistake: {error:?}");
    });
}

#[test]
fn calls_nest_each_with_its_own_answer_down_to_their_depth() {
    each(|plugin| {
        assert_eq!(plugin.call_plugin(b"ask ask echo deep").unwrap(), b"1<2<deep>>");
        assert_eq!(plugin.call_plugin(b"ask grow 32").unwrap(), b"4<grow 32>", "memory grew below a call");
        let error = plugin.call_plugin(b"ask raise x").unwrap_err();
        assert!(error.traceback.contains("KeyError: 'x'"), "{error:?}");
        let error = plugin.call_plugin("ask ".repeat(100).as_bytes()).unwrap_err();
        assert!(error.message.contains("nest more than 64 deep"), "{error:?}");
        assert_eq!(plugin.call_plugin(b"echo still").unwrap(), b"still");
    });
}

#[test]
fn memory_grows_within_a_call_and_a_plugin_that_ends_is_told() {
    each(|plugin| {
        for size in [32, 1, 64] {
            let payload = format!("grow {size}");
            assert_eq!(plugin.call_plugin(payload.as_bytes()).unwrap(), payload.as_bytes());
        }
        plugin.call_plugin(b"leave ").unwrap_err();
        assert!(plugin.is_over());
        plugin.call_plugin(b"echo a").unwrap_err();
    });
}
