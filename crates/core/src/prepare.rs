//! Makes a program ready to run: compiles its WebAssembly text, reads its declarations, holds each body against its
//! own. This file never runs anything.

use crate::bytes::Bytes;
use crate::guest::{Entry, Extended, Guest};
use crate::host::{javascript, se2};
use crate::module::{self, Import};
use crate::names::is_python_name;
use crate::prepared::{Prepared, PreparedBody, PreparedHost};
use crate::program::{Body, HostSource, Program, Stdin};
use crate::source::{Source, SourceError};
use crate::types::Interface;
use crate::wit;

/// Why a program cannot run.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PrepareError {
    /// A mistake in a declaration or in WebAssembly text, with its place.
    #[error("{0}")]
    Source(#[from] SourceError),
    /// A host module that does not fit its declaration or cannot be one.
    #[error("[host.{host}] {file}: {message}")]
    Host {
        /// The name of the host module.
        host: String,
        /// The file that is at fault.
        file: String,
        /// What is wrong.
        message: String,
    },
    /// The program's own guest wants what it cannot have.
    #[error("{name}: {message}")]
    Guest {
        /// The program.
        name: String,
        /// What is wrong.
        message: String,
    },
    /// A host module that cannot be called so.
    #[error("[host.{host}]: {message}")]
    Name {
        /// The name of the host module.
        host: String,
        /// What is wrong.
        message: &'static str,
    },
}

/// Makes a program ready to run.
///
/// # Errors
/// See [`PrepareError`]; the first mistake is told.
pub fn prepare(program: &Program) -> Result<Prepared, PrepareError> {
    let mut hosts: Vec<PreparedHost> = Vec::new();
    for host in &program.hosts {
        let wrong = |message| PrepareError::Name { host: host.name.clone(), message };
        if !is_python_name(&host.name) {
            let message = "Python cannot import that name: letters, digits and _ make one, a digit cannot start it";
            return Err(wrong(message));
        }
        if hosts.iter().any(|other| other.name == host.name) {
            return Err(wrong("there are two host modules of that name"));
        }
        hosts.push(prepare_host(program, host)?);
    }
    let guest = |message| PrepareError::Guest { name: program.name.clone(), message };
    if let Guest::Python { extended: Some(Extended { modules, wasm: None }), .. } = &program.guest {
        let files = modules.iter().map(|module| module.file.as_str()).collect::<Vec<_>>().join(", ");
        return Err(guest(format!(
            "Python is not linked with {files} yet: `amphi run` does that where a C compiler is, also for a browser"
        )));
    }
    // What is no module the habitat refuses.
    let wanted = program.guest.module().and_then(|wasm| module::imports(wasm).ok()).unwrap_or_default();
    let plugins = se2::interface();
    let answers = |import: &Import| {
        import.module == plugins.name && plugins.functions.iter().any(|function| function.name == import.name)
    };
    if wanted.iter().any(answers) && hosts.iter().all(|host| host.name != plugins.name) {
        hosts.push(PreparedHost { name: plugins.name.clone(), body: PreparedBody::Se2 { interface: plugins } });
    }
    let imports = module::program_imports(&wanted, &hosts).map_err(guest)?;
    let mut program = program.clone();
    program.hosts.clear();
    Ok(Prepared { program, hosts, imports })
}

fn prepare_host(program: &Program, host: &HostSource) -> Result<PreparedHost, PrepareError> {
    let declared = host.wit.as_ref().map(|wit| declaration(host, wit)).transpose()?;
    let prepared = |body| Ok(PreparedHost { name: host.name.clone(), body });
    let (file, bytes, text) = match &host.body {
        Body::Registered => return prepared(PreparedBody::Registered { interface: declared }),
        Body::Go(source) => {
            return Err(PrepareError::Host {
                host: host.name.clone(),
                file: source.file.clone(),
                message: "it is not compiled yet: `amphi run` does that where Go 1.24 or newer is, also for a browser"
                    .to_owned(),
            });
        }
        Body::NativePython(source) => {
            return prepared(PreparedBody::NativePython { source: source.clone(), interface: declared });
        }
        Body::Python(source) => {
            let guest = Box::new(python_guest(program, host, source));
            return prepared(PreparedBody::Python { guest, interface: declared });
        }
        Body::JavaScript(source) => {
            if let Some(error) = javascript::import(source) {
                return Err(error.into());
            }
            let source = source.clone();
            return prepared(PreparedBody::JavaScript { source, interface: declared });
        }
        Body::Wat(source) => {
            let compiled = module::compile(source)?;
            (&source.file, compiled.bytes, Some((source, compiled.functions)))
        }
        Body::Wasm { file, bytes } => (file, bytes.0.clone(), None),
    };
    let wrong = |message: String| PrepareError::Host { host: host.name.clone(), file: file.clone(), message };
    let module = module::read(&bytes).map_err(|error| {
        let placed = text.and_then(|(source, functions)| module::place(source, &functions, &error));
        placed.map_or_else(|| wrong(error.to_string()), PrepareError::from)
    })?;
    let interface = match declared {
        Some(interface) => interface,
        None => module::infer(&host.name, &module).map_err(wrong)?,
    };
    let others = program.hosts.iter().map(|other| other.name.as_str()).filter(|other| *other != host.name);
    let others: Vec<&str> = others.collect();
    let guest = Program { args: Vec::new(), ..guest(program, host, Guest::Wasm(Bytes::default())) };
    let host = module::wasm_host(interface, bytes, &module, &others, guest).map_err(wrong)?;
    prepared(PreparedBody::Wasm(Box::new(host)))
}

/// The program of a host module's own guest: it sees what is mounted for it, and nobody's input.
fn guest(program: &Program, host: &HostSource, guest: Guest) -> Program {
    let mut own = Program::new(&host.name, guest);
    own.stdin = Stdin::Empty;
    own.mounts.clone_from(&host.mounts);
    own.limits = host.limits.clone().unwrap_or_else(|| program.limits.clone());
    own.determinism.clone_from(&program.determinism);
    own
}

/// The same for Python, which also sees its own file.
fn python_guest(program: &Program, host: &HostSource, source: &Source) -> Program {
    let file = source.file.rsplit(['/', '\\']).next().unwrap_or(&source.file);
    let mut own = guest(program, host, Guest::python(Entry::Script(file.to_owned())));
    own.files.insert(file.to_owned(), source.text.as_str().into());
    own
}

/// The interface of a WIT text that has the host module's name.
fn declaration(host: &HostSource, wit: &Source) -> Result<Interface, PrepareError> {
    let interfaces = wit::parse(wit)?;
    let names: Vec<String> = interfaces.iter().map(|found| found.name.clone()).collect();
    interfaces.into_iter().find(|interface| interface.name == host.name).ok_or_else(|| PrepareError::Host {
        host: host.name.clone(),
        file: wit.file.clone(),
        message: format!("it declares {}, but no interface {}", names.join(", "), host.name.replace('_', "-")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prepared::WasmHost;

    const DEMO: &str = r#"(module
  (func (export "demo") (param $a i32) (param $b i32) (result i32)
    (i32.mul (i32.add (local.get $a) (local.get $b)) (i32.const 10))))"#;

    fn program(wit: Option<&str>, wat: &str) -> Program {
        let mut program = Program::script("hello", "import demo");
        let wit = wit.map(|text| Source::new("demo.wit", text));
        program.hosts.push(HostSource { wit, ..HostSource::new("demo", Body::Wat(Source::new("demo.wat", wat))) });
        program
    }

    #[test]
    fn a_declared_and_an_inferred_module_are_ready_alike() {
        let wit = "interface demo { /// Adds.\n demo: func(a: u32, b: s32) -> bool; }";
        for (wit, signature) in [(None, "(a: s32, b: s32) -> s32"), (Some(wit), "(a: u32, b: s32) -> bool")] {
            let prepared = prepare(&program(wit, DEMO)).expect("valid");
            assert!(prepared.program.hosts.is_empty());
            let PreparedBody::Wasm(host) = &prepared.hosts[0].body else {
                panic!("a module");
            };
            let WasmHost { interface, exports, module, initialize, .. } = &**host;
            assert_eq!(interface.functions[0].signature.to_string(), signature);
            assert_eq!(exports[0].name, "demo");
            assert!(module.starts_with(b"\0asm") && !initialize);
            let json = serde_json::to_string(&prepared).expect("plain data");
            assert_eq!(serde_json::from_str::<Prepared>(&json).expect("the same"), prepared);
            let bytes = borsh::to_vec(&prepared).expect("plain data");
            assert_eq!(borsh::from_slice::<Prepared>(&bytes).expect("the same"), prepared);
        }
    }

    #[test]
    fn native_python_is_handed_on_with_its_declaration() {
        let source = Source::new("demo.py", "def demo(a, b): ...");
        let mut program = program(Some("interface demo { demo: func(a: u32, b: s32) -> bool; }"), DEMO);
        program.hosts[0].body = Body::NativePython(source.clone());
        let prepared = prepare(&program).expect("valid");
        let PreparedBody::NativePython { source: handed, interface: Some(interface) } = &prepared.hosts[0].body else {
            panic!("native Python, declared");
        };
        assert_eq!((handed, interface.functions.len()), (&source, 1));
        let json = serde_json::to_string(&prepared).expect("plain data");
        assert!(json.contains("native-python"), "{json}");
        assert_eq!(serde_json::from_str::<Prepared>(&json).expect("the same"), prepared);
    }

    #[test]
    fn what_a_guest_imports_from_host_modules_is_known_beforehand() {
        let guest = |wat: &str| {
            let mut program = program(None, DEMO);
            program.guest = Guest::Wasm(module::compile(&Source::new("guest.wat", wat)).expect("text").bytes.into());
            prepare(&program)
        };
        let typed =
            r#"(module (import "demo" "demo" (func (param i32 i32) (result i32))) (import "other" "f" (func)))"#;
        let prepared = guest(typed).expect("valid");
        let [import] = prepared.imports.as_slice() else { panic!("one import: {:?}", prepared.imports) };
        assert_eq!((import.function.as_str(), import.shown().as_str()), ("demo", "(param i32 i32) (result i32)"));
        for (wat, message) in [
            (
                r#"(module (import "demo" "demo" (func (param i64))))"#,
                "hello: it imports demo::demo as (param i64), but it is offered as (param i32 i32) (result i32)",
            ),
            (
                r#"(module (import "demo" "demo" (global i32)))"#,
                "hello: it imports demo::demo as a global, which is no function",
            ),
        ] {
            assert_eq!(guest(wat).expect_err("another type").to_string(), message);
        }
        let plugin = guest(r#"(module (import "env" "return_error" (func (param i32 i32 i32 i32))))"#).expect("valid");
        assert!(matches!(plugin.hosts.last(), Some(PreparedHost { body: PreparedBody::Se2 { .. }, .. })));
        assert_eq!(plugin.imports.len(), 1);
    }

    #[test]
    fn what_is_not_compiled_yet_is_told() {
        let mut unlinked = program(None, DEMO);
        let extended = Some(Extended { modules: vec![Source::new("demo.c", "")], wasm: None });
        unlinked.guest = Guest::Python { entry: Entry::Stdin, flags: Vec::new(), extended };
        let mut go = program(None, DEMO);
        go.hosts[0].body = Body::Go(Source::new("demo.go", ""));
        for (program, message) in [
            (
                unlinked,
                "hello: Python is not linked with demo.c yet: `amphi run` does that where a C compiler is, also for a browser",
            ),
            (
                go,
                "[host.demo] demo.go: it is not compiled yet: `amphi run` does that where Go 1.24 or newer is, also for a browser",
            ),
        ] {
            assert_eq!(prepare(&program).expect_err("not ready").to_string(), message);
        }
    }

    #[test]
    fn mistakes_are_told_with_their_file() {
        for (wit, wat, message) in [
            (
                Some("interface other { f: func(); }"),
                DEMO,
                "[host.demo] demo.wit: it declares other, but no interface demo",
            ),
            (
                Some("interface demo { dmo: func(); }"),
                DEMO,
                "[host.demo] demo.wat: dmo: func() is declared, but not exported; did you mean demo?",
            ),
            (
                Some("interface demo { demo: func(a: s64) -> s32; }"),
                DEMO,
                "[host.demo] demo.wat: demo: func(a: s64) -> s32 needs an export (param i64) (result i32), but it is (param i32 i32) (result i32)",
            ),
            (
                Some("interface demo { demo: func(a: option<u8>); }"),
                DEMO,
                "[host.demo] demo.wat: demo: its parameter a is option<u8>, but a WebAssembly body takes and gives numbers, bool, char, string and list<u8>",
            ),
            (
                None,
                r#"(module (import "env" "log" (func)) (func (export "f")))"#,
                "[host.demo] demo.wat: it imports env::log, but a host module is offered wasi_snapshot_preview1 and the program's other host modules",
            ),
            (
                None,
                "(module\n  (func (export \"f\") (result i32) (i64.const 1)))",
                "demo.wat:2:4: type mismatch: expected i32, found i64 in this function\n 2 |   (func (export \"f\") (result i32) (i64.const 1)))\n   |    ^",
            ),
        ] {
            let error = prepare(&program(wit, wat)).expect_err("a mistake");
            assert_eq!(error.to_string(), message);
        }
    }

    #[test]
    fn names_are_checked() {
        let mut twice = program(None, DEMO);
        twice.hosts.push(twice.hosts[0].clone());
        let error = prepare(&twice).expect_err("twice");
        assert_eq!(error.to_string(), "[host.demo]: there are two host modules of that name");
        twice.hosts[0].name = "my-demo".to_owned();
        assert!(prepare(&twice).is_err());
        twice.hosts[0].name = "other".to_owned();
        twice.hosts[0].body = Body::Wasm { file: "x.wasm".to_owned(), bytes: "text".into() };
        let error = prepare(&twice).expect_err("not wasm");
        assert_eq!(error.to_string(), "[host.other] x.wasm: not WebAssembly: it does not start with \\0asm");
    }
}
