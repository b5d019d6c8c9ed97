//! One call explained: what it means, what it was given and gave, the line that made it, and the world after it. It must
//! never know how a call was recorded.

use std::fmt::Write as _;

use amphi_wasi::trace::{Answer, Arg, Entry, Names, Reply, Value, What};
use amphi_wasi::{Call, Errno};
use leptos::prelude::*;

use super::Calls;
use super::world::WorldThen;
use crate::faults::Faults;
use crate::mark::in_program;
use crate::words::{nanoseconds, seconds};

/// What is said of a call that is looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Told {
    number: u64,
    name: String,
    sentence: String,
    when: String,
    line: Option<(String, u32)>,
    parts: Vec<Part>,
    answer: String,
    failed: bool,
    bytes: Option<String>,
    /// What it could fail with, and when it does; nothing for a call that cannot be made to.
    reasons: Vec<(Errno, &'static str)>,
}

/// An argument or a result.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Part {
    name: &'static str,
    value: String,
    meaning: &'static str,
}

/// The call that is looked at.
#[component]
pub fn CallDetail(
    /// Whose.
    calls: Calls,
    /// Calls that are to fail.
    faults: Faults,
    /// A file is to be shown.
    on_file: Callback<String>,
    /// The program is to run again.
    on_again: Callback<()>,
) -> impl IntoView {
    let told = Memo::new(move |_| calls.chosen_call().map(|(entry, names)| tell(&entry, &names)));
    let choosing = RwSignal::new(false);
    Effect::new(move |_| {
        calls.chosen.track();
        choosing.set(false);
    });
    let fail = move |name: String, errno: Errno| {
        faults.add(format!("{name}:{}@{}", errno.name(), calls.place_of_chosen()));
        on_again.run(());
    };
    let reason = move |name: String, (errno, when): (Errno, &'static str)| {
        view! {
            <li>
                <button type="button" data-testid="fail-with" on:click=move |_| fail(name.clone(), errno)>{errno.name()}</button>
                " " {when}
            </li>
        }
    };
    let body = move |told: Told| {
        let Told { number, name, sentence, when, line, parts, answer, failed, bytes, reasons } = told;
        let part = |Part { name, value, meaning }: Part| {
            view! { <tr><th scope="row"><code>{name}</code></th><td><code>{value}</code></td><td class="meaning">{meaning}</td></tr> }
        };
        let called = name.clone();
        view! {
            <header>
                <h3><code data-testid="call-name">{name}</code></h3>
                <span class="when">{format!("number {number}, {when}")}</span>
                {line.map(|(file, number)| {
                    let shown = format!("{file}:{number}");
                    view! { <button type="button" class="line" data-testid="call-line" title="Show the line that made it" on:click=move |_| on_file.run(file.clone())>{shown}</button> }
                })}
                <span class="steps">
                    <button type="button" data-testid="call-previous" on:click=move |_| calls.step(-1)>"Previous"</button>
                    <button type="button" data-testid="call-next" on:click=move |_| calls.step(1)>"Next"</button>
                </span>
            </header>
            <p class="sentence">{sentence}</p>
            <table class="parts">
                <caption class="unseen">"Arguments and results"</caption>
                <tbody>{parts.into_iter().map(part).collect_view()}</tbody>
            </table>
            <p class="answer" class:failed=failed data-testid="call-answer">{answer}</p>
            {bytes.map(|bytes| view! { <pre class="bytes" tabindex="0" aria-label="The bytes">{bytes}</pre> })}
            {(!reasons.is_empty()).then(|| view! {
                <div class="fail">
                    <button type="button" data-testid="fail" aria-expanded=move || choosing.get().to_string() on:click=move |_| choosing.update(|open| *open = !*open)>
                        "Run again and have it fail"
                    </button>
                    <Show when=move || choosing.get()>
                        <ul>{reasons.iter().map(|each| reason(called.clone(), *each)).collect_view()}</ul>
                    </Show>
                </div>
            })}
        }
    };
    view! {
        <div class="detail" data-testid="call-detail">
            {move || match told.get() {
                Some(told) => body(told).into_any(),
                None => view! {
                    <p class="empty">
                        {move || if calls.count.get() == 0 {
                            "Run the program: every call that crosses its boundary stands here, of WASI and of host functions."
                        } else {
                            "Choose a call to see what it means, what it was given, which line made it, and the world after it."
                        }}
                    </p>
                }.into_any(),
            }}
            <Show when=move || calls.chosen.get().is_some()><WorldThen calls /></Show>
        </div>
    }
}

fn tell(entry: &Entry, names: &Names) -> Told {
    let took = entry.duration_ns.map(|took| format!(", took {}", nanoseconds(took))).unwrap_or_default();
    let guest = entry.guest.as_ref().map(|guest| format!(", made by the guest of {guest}")).unwrap_or_default();
    let line = entry.line.as_ref().and_then(|line| Some((in_program(&line.file)?.to_owned(), line.number)));
    let mut told = Told {
        number: entry.number,
        name: entry.name().to_owned(),
        sentence: String::new(),
        when: format!("at {} s{took}{guest}", seconds(entry.begin_ns)),
        line,
        parts: Vec::new(),
        answer: String::new(),
        failed: entry.failed(),
        bytes: None,
        reasons: Vec::new(),
    };
    match &entry.what {
        What::Host { args, reply, .. } => {
            told.sentence = "A function outside the guest, called as if it were of a Python module.".to_owned();
            told.parts = vec![Part { name: "arguments", value: args.clone(), meaning: "" }];
            told.answer = match reply {
                Reply::Value(value) if value.is_empty() => "It returned nothing.".to_owned(),
                Reply::Value(value) => format!("It returned {value}."),
                Reply::Error(error) => format!("It raised {error}."),
            };
        }
        What::Wasi { call, args, results, answer } => {
            told.sentence = call.sentence().to_owned();
            let part = |arg: &Arg| {
                let kind = call.params().iter().find(|param| param.name == arg.name).map(|param| param.kind);
                Part {
                    name: arg.name,
                    value: entry.shown(arg, names),
                    meaning: kind.map_or("", |kind| kind.sentence()),
                }
            };
            told.parts = args.iter().chain(results).map(part).collect();
            told.answer = answered(*call, *answer);
            told.bytes = args.iter().chain(results).find_map(dump);
            if entry.guest.is_none() && call.has_result() {
                told.reasons = call.reasons();
            }
        }
    }
    told
}

fn answered(call: Call, answer: Answer) -> String {
    let why = |errno: Errno| {
        let reason = call.reasons().into_iter().find(|(reason, _)| *reason == errno).map(|(_, when)| when);
        let reason = reason.map(|when| format!(" For this call: {when}.")).unwrap_or_default();
        format!("{} ({}): {}{reason}", errno.name(), errno as u16, errno.sentence())
    };
    match answer {
        Answer::Errno(Errno::Success) => "It succeeded.".to_owned(),
        Answer::Errno(errno) => format!("It failed with {}", why(errno)),
        Answer::Fault(errno) => format!("It was made to fail with {}", why(errno)),
        Answer::Ended => "The run ended in it.".to_owned(),
    }
}

/// The bytes of a value that is bytes and no path, in rows: place, numbers, letters.
fn dump(arg: &Arg) -> Option<String> {
    const ROW: usize = 16;
    let Value::Bytes { shown, whole } = &arg.value else { return None };
    if arg.name.ends_with("path") || shown.is_empty() {
        return None;
    }
    let mut out = String::new();
    for (number, row) in shown.chunks(ROW).enumerate() {
        let letter = |byte: &u8| if (0x20..0x7F).contains(byte) { char::from(*byte) } else { '.' };
        let letters: String = row.iter().map(letter).collect();
        let mut numbers = String::new();
        for byte in row {
            // Writing to a string cannot fail.
            let _ = write!(numbers, "{byte:02x} ");
        }
        let _ = writeln!(out, "{:04x}  {numbers:48} {letters}", number * ROW);
    }
    let more = whole.saturating_sub(shown.len() as u64);
    if more > 0 {
        let _ = writeln!(out, "and {more} more");
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use amphi_wasi::trace::{Arg, Value};

    use super::dump;

    #[test]
    fn bytes_are_shown_in_rows() {
        let of = |name, shown: &[u8], whole| dump(&Arg { name, value: Value::Bytes { shown: shown.to_vec(), whole } });
        assert_eq!(
            of("iovs", b"0123456789abcdef\n\xff", 20).as_deref(),
            Some(
                "0000  30 31 32 33 34 35 36 37 38 39 61 62 63 64 65 66  0123456789abcdef\n\
                 0010  0a ff                                            ..\n\
                 and 2 more\n"
            )
        );
        assert_eq!((of("path", b"a.txt", 5), of("iovs", b"", 0)), (None, None));
    }
}
