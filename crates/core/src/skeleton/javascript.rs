//! The beginning of a host module in JavaScript: names and values are as in `host/javascript`.

use super::{declaration, unlike};
use crate::host::javascript::names::camel;
use crate::types::{Function, Interface, Place, Type};
use std::fmt::Write as _;

/// What no parameter or function may be called.
const WORDS: [&str; 46] = [
    "arguments",
    "await",
    "break",
    "case",
    "catch",
    "class",
    "const",
    "continue",
    "debugger",
    "default",
    "delete",
    "do",
    "else",
    "enum",
    "eval",
    "export",
    "extends",
    "false",
    "finally",
    "for",
    "function",
    "if",
    "implements",
    "import",
    "in",
    "instanceof",
    "interface",
    "let",
    "new",
    "null",
    "package",
    "private",
    "protected",
    "public",
    "return",
    "static",
    "super",
    "switch",
    "this",
    "throw",
    "true",
    "try",
    "typeof",
    "var",
    "while",
    "yield",
];

pub(super) fn skeleton(interface: &Interface) -> String {
    let mut out = String::new();
    let Interface { name, docs, functions, types } = interface;
    docs_comment(&mut out, "", docs, None);
    let _ = writeln!(out, "// What Python imports as `{name}`. A promise is awaited, an error is raised.\n");
    for function in functions.iter().filter(|function| function.place == Place::Free) {
        docs_comment(&mut out, "", &function.docs, Some(&declaration(function)));
        let called = camel(&function.name);
        let shown = unlike(&WORDS, &called);
        let export = if shown == called { "export " } else { "" };
        let _ = writeln!(out, "{export}function {shown}({}) {{", params(function));
        let _ = writeln!(out, "  throw new Error(\"{name}.{called} is not written yet\");\n}}");
        if shown != called {
            let _ = writeln!(out, "export {{ {shown} as {called} }};");
        }
        out.push('\n');
    }
    for named in types {
        let Type::Handle { name: class, .. } = &named.ty else { continue };
        docs_comment(&mut out, "", &named.docs, None);
        let _ = writeln!(out, "export class {} {{", class.trim_end_matches('_'));
        let own = functions.iter().filter(|function| function.place.resource() == Some(class));
        for (at, function) in own.enumerate() {
            if at > 0 {
                out.push('\n');
            }
            docs_comment(&mut out, "  ", &function.docs, Some(&declaration(function)));
            let called = match &function.place {
                Place::Constructor(_) => "constructor".to_owned(),
                Place::Static(_) => format!("static {}", camel(&function.name)),
                Place::Free | Place::Method(_) => camel(&function.name),
            };
            let _ = writeln!(out, "  {called}({}) {{", params(function));
            let _ = writeln!(out, "    throw new Error(\"{name}.{} is not written yet\");\n  }}", function.path());
        }
        out.push_str("}\n\n");
    }
    format!("{}\n", out.trim_end())
}

fn params(function: &Function) -> String {
    let own = usize::from(matches!(function.place, Place::Method(_)));
    let params = function.signature.params.iter().skip(own).map(|param| unlike(&WORDS, &camel(&param.name)));
    params.collect::<Vec<_>>().join(", ")
}

fn docs_comment(out: &mut String, indent: &str, docs: &str, declared: Option<&str>) {
    super::comments(out, indent, "//", docs, declared);
}
