//! What the script exports, once it has run: a form for each function, and what its last call came to. It must never know
//! how a call is made.

use amphi_core::{Function, Param, Reply, Scalar, Type, Value, wave};
use leptos::ev::SubmitEvent;
use leptos::prelude::*;

use crate::runner::Runner;
use crate::state::RunState;

/// The forms.
#[component]
pub fn ExportForms(
    /// The run that is called.
    runner: Runner,
    /// Runs the script anew.
    on_reset: Callback<()>,
) -> impl IntoView {
    let exports = move || runner.exports.get();
    let form = move |function: Function| view! { <ExportForm runner function /> };
    view! {
        <Show when=move || runner.exports.with(|exports| !exports.is_empty())>
            <section class="exports" data-testid="exports" aria-label="Functions of the script">
                <header>
                    <h3>"Functions of the script"</h3>
                    <button type="button" data-testid="reset" on:click=move |_| on_reset.run(())>"Reset"</button>
                    <button type="button" data-testid="leave" on:click=move |_| runner.leave()>"End"</button>
                </header>
                <For each=exports key=|function| (function.path(), function.signature.to_string()) children=form />
            </section>
        </Show>
    }
}

/// One function: its parameters as fields, and what it gave.
#[component]
fn ExportForm(runner: Runner, function: Function) -> impl IntoView {
    let (name, docs) = (function.name, function.docs);
    let fields: Vec<(Param, RwSignal<String>)> =
        function.signature.params.into_iter().map(|param| (param.clone(), RwSignal::new(first(&param.ty)))).collect();
    let result = function.signature.result.map_or_else(|| "none".to_owned(), |ty| ty.to_string());
    let given = StoredValue::new(fields.clone());
    let called = name.clone();
    let call = move |event: SubmitEvent| {
        event.prevent_default();
        let argument = |(param, text): &(Param, RwSignal<String>)| written(&param.ty, &text.get_untracked());
        runner.call(&called, given.with_value(|fields| fields.iter().map(argument).collect()));
    };
    let of = name.clone();
    let reply = Memo::new(move |_| {
        runner.reply.with(|last| last.as_ref().filter(|(to, _)| *to == of).map(|(_, reply)| reply.clone()))
    });
    let fields: Vec<_> = fields.into_iter().map(|(param, text)| field(&name, &param, text)).collect();
    let (call_id, reply_id) = (format!("call-{name}"), format!("reply-{name}"));
    let busy = move || runner.state.get() != RunState::Serving;
    view! {
        <form class="export" on:submit=call>
            <p class="name">
                <code>{name.clone()}</code>
                <span class="docs">{docs}</span>
            </p>
            {fields}
            <button type="submit" data-testid=call_id disabled=busy>{format!("Call {name}")}</button>
            <output data-testid=reply_id data-kind=move || reply.get().map(|reply| kind(&reply))>
                {move || reply.get().map(|reply| shown(reply, &result))}
            </output>
        </form>
    }
}

/// A parameter's field: a box to tick, a list, or a line.
fn field(function: &str, param: &Param, text: RwSignal<String>) -> impl IntoView + use<> {
    let id = format!("arg-{function}-{}", param.name);
    let label = view! { <label for=id.clone()>{format!("{} ", param.name)}<span class="type">{param.ty.to_string()}</span></label> };
    let input = match &param.ty {
        Type::Scalar(Scalar::Bool) => view! {
            <input
                type="checkbox"
                id=id.clone()
                data-testid=id
                on:change=move |event| text.set(event_target_checked(&event).to_string())
            />
        }
        .into_any(),
        Type::Enum { cases, .. } => {
            let option = |case: &String| {
                let case = case.replace('_', "-");
                view! { <option value=case.clone()>{case.clone()}</option> }
            };
            let options: Vec<_> = cases.iter().map(option).collect();
            view! {
                <select id=id.clone() data-testid=id on:change=move |event| text.set(event_target_value(&event))>{options}</select>
            }
            .into_any()
        }
        _ => view! {
            <input
                type="text"
                id=id.clone()
                data-testid=id
                autocomplete="off"
                autocapitalize="off"
                spellcheck="false"
                prop:value=move || text.get()
                on:input=move |event| text.set(event_target_value(&event))
            />
        }
        .into_any(),
    };
    view! { <div class="field">{label}{input}</div> }
}

/// What a field holds at first.
fn first(ty: &Type) -> String {
    match ty {
        Type::Scalar(Scalar::Bool) => "false".to_owned(),
        Type::Enum { cases, .. } => cases.first().map(|case| case.replace('_', "-")).unwrap_or_default(),
        Type::List(_) => "[]".to_owned(),
        Type::Option(_) => "none".to_owned(),
        _ => String::new(),
    }
}

/// The argument that a field's text stands for, in WAVE. A text is what is typed, without quotes.
fn written(ty: &Type, text: &str) -> String {
    match ty {
        Type::String => wave::to_text(&Value::Str(text.to_owned()), ty),
        Type::Scalar(Scalar::Char) => {
            let mut characters = text.chars();
            match (characters.next(), characters.next()) {
                (Some(_), None) => wave::to_text(&Value::Str(text.to_owned()), ty),
                _ => text.to_owned(),
            }
        }
        _ => text.to_owned(),
    }
}

fn kind(reply: &Reply) -> &'static str {
    if reply.is_ok() { "good" } else { "bad" }
}

/// A result, or a traceback.
fn shown(reply: Reply, result: &str) -> String {
    match reply {
        Ok(text) if text.is_empty() => result.to_owned(),
        Ok(text) | Err(text) => text,
    }
}

#[cfg(test)]
mod tests {
    use amphi_core::{Scalar, Type};

    use super::{first, written};

    #[test]
    fn a_field_is_an_argument() {
        let option = Type::Option(Box::new(Type::String));
        for (ty, text, argument) in [
            (Type::String, "a \"b\"", "\"a \\\"b\\\"\""),
            (Type::String, "", "\"\""),
            (Type::Scalar(Scalar::Char), "x", "'x'"),
            (Type::Scalar(Scalar::Char), "xy", "xy"),
            (Type::Scalar(Scalar::S32), "7", "7"),
            (option.clone(), "some(\"x\")", "some(\"x\")"),
        ] {
            assert_eq!(written(&ty, text), argument);
        }
        let colour = Type::Enum { name: "Colour".to_owned(), cases: vec!["dark_red".to_owned()] };
        for (ty, text) in [(Type::Scalar(Scalar::Bool), "false"), (colour, "dark-red"), (option, "none")] {
            assert_eq!(first(&ty), text);
        }
    }
}
