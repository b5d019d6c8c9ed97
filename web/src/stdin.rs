//! Input for the program: a line when it waits for one, or a text in advance where it cannot wait.

use amphi_core::protocol::Waiting;
use leptos::ev::SubmitEvent;
use leptos::html::Input;
use leptos::prelude::*;

use crate::runner::Runner;
use crate::state::RunState;

/// Where a reader answers the program.
#[component]
pub fn StdinEntry(
    /// The run that asks.
    runner: Runner,
) -> impl IntoView {
    if runner.waiting() == Waiting::None {
        return view! { <GivenInput runner /> }.into_any();
    }
    let line = NodeRef::<Input>::new();
    let waits = move || runner.state.get() == RunState::Waiting;
    // The line takes the keyboard when it appears: the program asked, and the reader reads on here.
    Effect::new(move |_| {
        if let Some(line) = line.get() {
            let _ = line.focus();
        }
    });
    let send = move |event: SubmitEvent| {
        event.prevent_default();
        if let Some(line) = line.get_untracked() {
            runner.input(&line.value());
            line.set_value("");
        }
    };
    view! {
        <Show when=waits>
            <form class="stdin" on:submit=send>
                <label for="stdin">"Input"</label>
                <input id="stdin" data-testid="stdin" type="text" node_ref=line autocomplete="off" autocapitalize="off" spellcheck="false" />
                <button type="submit">"Send"</button>
                <button type="button" data-testid="stdin-end" on:click=move |_| runner.end_input()>"End input"</button>
            </form>
        </Show>
    }
    .into_any()
}

/// Lines that the program will read, given before it runs.
#[component]
fn GivenInput(
    /// The run that will read them.
    runner: Runner,
) -> impl IntoView {
    view! {
        <div class="stdin">
            <label for="stdin">"Input, given in advance"</label>
            <textarea
                id="stdin"
                data-testid="stdin"
                spellcheck="false"
                aria-describedby="stdin-why"
                prop:value=move || runner.given.get()
                on:input=move |event| runner.given.set(event_target_value(&event))
            ></textarea>
            <p id="stdin-why">"This browser cannot let the program wait here, so input() reads these lines, then the end of the input."</p>
        </div>
    }
}
