//! What a script can import of its host, as an editor offers it. It must never know how it is offered.

use amphi_core::{Function, Interface, Place, Prepared, Type};
use serde::Serialize;

/// A host module.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Module {
    /// What Python imports.
    pub name: String,
    /// Its docs.
    pub docs: String,
    /// Its functions and types.
    pub members: Vec<Member>,
}

/// A function or a type of a host module.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Member {
    /// Its name in Python.
    pub name: String,
    /// `function`, `class` or `enum`.
    pub kind: &'static str,
    /// Parameters and result.
    pub detail: String,
    /// Its docs.
    pub docs: String,
}

/// The host modules of a program. Of one that declares nothing only its name is known before it runs.
#[must_use]
pub fn of_program(prepared: &Prepared) -> Vec<Module> {
    let module = |name: &str, interface: Option<&Interface>| Module {
        name: name.to_owned(),
        docs: interface.map(|interface| interface.docs.clone()).unwrap_or_default(),
        members: interface.map(members).unwrap_or_default(),
    };
    prepared.hosts.iter().map(|host| module(&host.name, host.body.interface())).collect()
}

fn members(interface: &Interface) -> Vec<Member> {
    let free = interface.functions.iter().filter(|function| function.place == Place::Free);
    let functions = free.map(|Function { name, docs, signature, .. }| Member {
        name: name.clone(),
        kind: "function",
        detail: signature.to_string(),
        docs: docs.clone(),
    });
    let types = interface.types.iter().map(|named| Member {
        name: named.name.clone(),
        kind: if matches!(named.ty, Type::Enum { .. } | Type::Flags { .. }) { "enum" } else { "class" },
        detail: String::new(),
        docs: named.docs.clone(),
    });
    functions.chain(types).collect()
}

#[cfg(test)]
mod tests {
    use amphi_core::{HostSource, Program, Source, prepare};

    use super::{Member, of_program};

    #[test]
    fn a_declaration_is_what_can_be_written() {
        let mut program = Program::script("test", "");
        let wit = "/// Sums.\ninterface demo {\n  enum how { up, down }\n  /// Adds.\n  add: func(a: s32, how: how) -> s32;\n}";
        let wat = "(module (func (export \"add\") (param i32 i32) (result i32) (local.get 0)))";
        let text = |file: &str, text: &str| Source { file: file.to_owned(), text: text.to_owned() };
        let mut host = HostSource::new("plain", amphi_core::Body::Wat(text("plain.wat", wat)));
        program.hosts.push(host.clone());
        host.name = "demo".to_owned();
        host.body = amphi_core::Body::Python(text("demo.py", "def add(a, how): return a"));
        host.wit = Some(text("demo.wit", wit));
        program.hosts.push(host);
        let modules = of_program(&prepare(&program).expect("valid"));
        let names: Vec<&str> = modules.iter().map(|module| module.name.as_str()).collect();
        assert_eq!(names, ["plain", "demo"]);
        let member = |name: &str, kind, detail: &str, docs: &str| Member {
            name: name.to_owned(),
            kind,
            detail: detail.to_owned(),
            docs: docs.to_owned(),
        };
        assert_eq!(modules[0].members, [member("add", "function", "(arg0: s32, arg1: s32) -> s32", "")]);
        assert_eq!(
            modules[1].members,
            [member("add", "function", "(a: s32, how: How) -> s32", "Adds."), member("How", "enum", "", "")]
        );
        assert_eq!(modules[1].docs, "Sums.");
    }
}
