//! A WebAssembly module of the program's files: what it imports and exports, in words, and whether it can run here. It
//! must never run one.

use amphi_core::abi::{self, AbiCall};
use amphi_core::module::{Entity, Inspection, LinkedExport, LinkedImport, Role, inspect};
use amphi_core::names::{is_python_name, python_name};
use amphi_wasi::{Call, MODULE};
use leptos::prelude::*;

use crate::words::{bytes, plural};

/// What is said of a module.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Said {
    heading: String,
    /// Module, name and type, and what it does where that is known.
    imports: Vec<(String, String, String)>,
    exports: Vec<String>,
    features: Vec<String>,
    /// Why it cannot run as a program; nothing where it can.
    lacks: Vec<String>,
    /// Functions that Python would see of it, or why there are none.
    host: Result<Vec<String>, String>,
}

/// The module, and what can be done with it.
#[component]
pub fn Inspector(
    /// Its path in the program.
    path: String,
    /// Its bytes.
    module: Vec<u8>,
    /// It is to be a program of its own.
    on_run: Callback<String>,
    /// It is looked at no longer.
    on_close: Callback<()>,
) -> impl IntoView {
    let engine_takes_it = js_sys::WebAssembly::validate(&js_sys::Uint8Array::from(module.as_slice())).unwrap_or(false);
    let said = inspect(&module).map(|inspection| say(&inspection, engine_takes_it)).map_err(|error| error.to_string());
    let run = path.clone();
    let body = match said {
        Err(error) => {
            view! { <p class="answer failed">{format!("{path} cannot be looked into: it is {error}.")}</p> }.into_any()
        }
        Ok(Said { heading, imports, exports, features, lacks, host }) => {
            let can_run = lacks.is_empty();
            let import = |(from, what, about): (String, String, String)| view! { <tr><td><code>{from}</code></td><td><code>{what}</code></td><td class="meaning">{about}</td></tr> };
            view! {
                <p class="sentence">{heading}</p>
                {if can_run {
                    view! { <p class="answer">"It can run here as a program."</p> }.into_any()
                } else {
                    view! { <p class="answer failed">"It cannot run here as a program:"</p><ul>{lacks.into_iter().map(|lack| view! { <li>{lack}</li> }).collect_view()}</ul> }.into_any()
                }}
                {match host {
                    Ok(functions) => view! { <p>"As a host module, Python would import " <code>{functions.join(", ")}</code>"."</p> }.into_any(),
                    Err(why) => view! { <p class="hint">{format!("It is no host module: {why}.")}</p> }.into_any(),
                }}
                {can_run.then(|| view! { <button type="button" data-testid="run-module" on:click=move |_| on_run.run(run.clone())>"Make a program of it"</button> })}
                <table>
                    <caption>{plural(imports.len() as u64, "import")}</caption>
                    <tbody>{imports.into_iter().map(import).collect_view()}</tbody>
                </table>
                <table>
                    <caption>{plural(exports.len() as u64, "export")}</caption>
                    <tbody>{exports.into_iter().map(|each| view! { <tr><td><code>{each}</code></td></tr> }).collect_view()}</tbody>
                </table>
                {(!features.is_empty()).then(|| format!("It needs an engine with: {}.", features.join(", ")))}
            }
            .into_any()
        }
    };
    view! {
        <section class="detail inspector" aria-label=format!("The module {path}") data-testid="inspector">
            <header>
                <h3><code>{path.clone()}</code></h3>
                <button type="button" data-testid="inspector-close" on:click=move |_| on_close.run(())>"Close"</button>
            </header>
            {body}
        </section>
    }
}

fn say(module: &Inspection, engine_takes_it: bool) -> Said {
    let role = match module.role {
        Role::Command => "a program",
        Role::Reactor => "a library that _initialize sets up",
        Role::Library => "a library",
    };
    let functions = plural(module.functions.into(), "function");
    let code = bytes(module.code_bytes);
    let heading = format!("It is {role} of {}: {functions}, {code} of code.", bytes(module.bytes as u64));
    let imports = module.imports.iter().map(|import| {
        let LinkedImport { module, name, entity, about } = import;
        let of_wasi = || Call::from_name(name).filter(|_| module == MODULE).map(|call| call.sentence().to_owned());
        (module.clone(), shown(name, entity), about.clone().or_else(of_wasi).unwrap_or_default())
    });
    let exports = module.exports.iter().map(|LinkedExport { name, entity }| shown(name, entity));
    let host = &module.host_module;
    let seen = host.functions.iter().filter(|function| is_python_name(&python_name(&function.name)));
    let seen: Vec<String> =
        seen.map(|function| format!("{}{}", python_name(&function.name), function.signature)).collect();
    Said {
        heading,
        imports: imports.collect(),
        exports: exports.collect(),
        features: module.features.iter().map(|feature| feature.name().to_owned()).collect(),
        lacks: lacks(module, engine_takes_it),
        host: match &host.refusal {
            Some(why) => Err(why.clone()),
            None if seen.is_empty() => Err("it exports no function that Python could call".to_owned()),
            None => Ok(seen),
        },
    }
}

/// Why a module cannot run here as a program.
fn lacks(module: &Inspection, engine_takes_it: bool) -> Vec<String> {
    let mut lacks = Vec::new();
    if !engine_takes_it {
        lacks.push("This browser's engine does not take it: it lacks a feature that the module needs.".to_owned());
    }
    for import in &module.imports {
        let is_offered = match import.module.as_str() {
            MODULE => Call::from_name(&import.name).is_some(),
            abi::MODULE => AbiCall::ALL.iter().any(|call| call.name() == import.name),
            _ => false,
        };
        if !is_offered {
            lacks.push(format!(
                "It imports {} from {}, which a host module would have to offer.",
                import.name, import.module
            ));
        }
    }
    if module.role != Role::Command {
        lacks.push("It has no _start, by which a program is begun.".to_owned());
    }
    lacks
}

/// `add(a: i32) -> i32`, `memory: memory, 1 page (64 KiB), no maximum`.
fn shown(name: &str, entity: &Entity) -> String {
    match entity {
        Entity::Func(ty) => format!("{name}{ty}"),
        Entity::Memory(ty) => format!("{name}: memory, {ty}"),
        Entity::Table(ty) => format!("{name}: table, {ty}"),
        Entity::Global(ty) => format!("{name}: global, {ty}"),
        Entity::Tag(ty) => format!("{name}: tag{ty}"),
    }
}

#[cfg(test)]
mod tests {
    use amphi_core::Source;
    use amphi_core::module::{compile, inspect};

    use super::say;

    #[test]
    fn a_module_is_told_in_words() {
        let module = |text: &str| inspect(&compile(&Source::new("x.wat", text)).expect("valid").bytes).expect("valid");
        let said = say(
            &module(
                "(module (func (export \"add\") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1))))",
            ),
            true,
        );
        assert_eq!(said.host, Ok(vec!["add(arg0: s32, arg1: s32) -> s32".to_owned()]));
        assert_eq!(said.lacks, ["It has no _start, by which a program is begun."]);
        let program = "(module (import \"wasi_snapshot_preview1\" \"proc_exit\" (func (param i32)))
                       (memory (export \"memory\") 1) (func (export \"_start\")))";
        let said = say(&module(program), true);
        assert!(said.lacks.is_empty() && said.heading.starts_with("It is a program of"), "{said:?}");
        assert_eq!(said.imports.first().map(|import| import.2.as_str()), Some("Ends the program with an exit code."));
        assert!(said.host.is_err());
        let said = say(&module("(module (import \"env\" \"f\" (func)) (func (export \"_start\")))"), false);
        assert_eq!(said.lacks.len(), 2);
    }
}
