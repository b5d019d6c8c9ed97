//! The list of calls, of which only what is in sight is on the page: a run may make hundreds of thousands. It must never
//! know what a call means.

use leptos::ev::KeyboardEvent;
use leptos::html::Div;
use leptos::prelude::*;

use super::Calls;
use super::log::Row;
use crate::words::seconds;

/// The height of a line, in pixels, as in the style sheet.
const LINE: usize = 24;
/// Lines that are on the page above and below those in sight.
const BEYOND: usize = 8;
/// Lines in sight before the list has been measured.
const FIRST: usize = 20;

/// The calls that are shown, one a line; the arrow keys step.
#[component]
pub fn CallList(
    /// Whose.
    calls: Calls,
) -> impl IntoView {
    let place = NodeRef::<Div>::new();
    let (top, height) = (RwSignal::new(0_usize), RwSignal::new(FIRST * LINE));
    let measure = move || {
        if let Some(list) = place.get_untracked() {
            top.set(usize::try_from(list.scroll_top()).unwrap_or_default());
            height.set(usize::try_from(list.client_height()).unwrap_or_default().max(LINE));
        }
    };
    // Lines, not pixels: while one is scrolled through, nothing changes.
    let lines = Memo::new(move |_| {
        let first = (top.get() / LINE).saturating_sub(BEYOND);
        first..(top.get() + height.get()).div_ceil(LINE) + BEYOND
    });
    let rows = Memo::new(move |_| calls.rows(lines.get()));
    // What is chosen is brought into sight.
    Effect::new(move |_| {
        let (Some(at), Some(list)) = (calls.chosen.get(), place.get()) else { return };
        let line = calls.line_of(at) * LINE;
        let (top, height) = (list.scroll_top(), list.client_height());
        let line = i32::try_from(line).unwrap_or(i32::MAX);
        let step = i32::try_from(LINE).unwrap_or_default();
        if line < top {
            list.set_scroll_top(line);
        } else if line + step > top + height {
            list.set_scroll_top(line + step - height);
        }
        measure();
    });
    Effect::new(move |_| {
        calls.track();
        measure();
    });
    let keys = move |event: KeyboardEvent| {
        let page = isize::try_from(height.get_untracked() / LINE).unwrap_or(1);
        let step = match event.key().as_str() {
            "ArrowDown" => 1,
            "ArrowUp" => -1,
            "PageDown" => page,
            "PageUp" => -page,
            "Home" => isize::MIN,
            "End" => isize::MAX,
            _ => return,
        };
        event.prevent_default();
        calls.step(step);
    };
    let resized = window_event_listener(leptos::ev::resize, move |_| measure());
    on_cleanup(move || resized.remove());
    view! {
        <div
            class="list"
            role="listbox"
            tabindex="0"
            aria-label="Calls"
            data-testid="calls-list"
            // Only one that is on the page can be named.
            aria-activedescendant=move || calls.chosen.get().filter(|at| rows.with(|rows| rows.iter().any(|row| row.at == *at))).map(id)
            node_ref=place
            on:scroll=move |_| measure()
            on:keydown=keys
        >
            <div class="all" style:height=move || format!("{}px", calls.shown() * LINE)>
                <For each=move || rows.get() key=|row| (row.at, row.number, row.begin_ns) let(row)>
                    <CallRow calls row />
                </For>
            </div>
        </div>
    }
}

fn id(at: usize) -> String {
    format!("call-{at}")
}

#[component]
fn CallRow(calls: Calls, row: Row) -> impl IntoView {
    let Row { at, number, begin_ns, text, failed, .. } = row;
    let is_chosen = move || calls.chosen.get() == Some(at);
    // Another filter moves it.
    let line = Memo::new(move |_| {
        calls.track();
        calls.line_of(at)
    });
    view! {
        <div
            class="row"
            role="option"
            id=id(at)
            data-testid="call"
            class:failed=failed
            aria-selected=move || is_chosen().to_string()
            aria-posinset=move || line.get() + 1
            aria-setsize=move || calls.shown()
            style:top=move || format!("{}px", line.get() * LINE)
            on:click=move |_| calls.chosen.set(Some(at))
        >
            <span class="number">{number}</span>
            <span class="time">{seconds(begin_ns)}</span>
            <code>{text}</code>
        </div>
    }
}
