//! Every call of the run that is shown: a timeline, a list, and one of them explained. This file owns what is kept of them
//! and when it is worked on; how each part looks is its own file's.

pub mod detail;
pub mod list;
pub mod log;
pub mod timeline;
pub mod world;

use amphi_core::Program;
use amphi_wasi::Replay;
use amphi_wasi::trace::{Entry, Filter, Line, Names};
use leptos::prelude::*;

use crate::clock::now_ms;
use crate::faults::{FaultList, Faults};
use crate::mark::in_program;
use crate::preference::Preference;
use crate::words::plural;
use detail::CallDetail;
use list::CallList;
use log::{Brief, CallLog, Row};
use timeline::Timeline;

/// So many calls are followed before the clock is looked at again.
const AT_ONCE: usize = 500;
/// At most so long is worked in one frame, in milliseconds.
const FRAME_MS: f64 = 5.0;
/// The timeline is drawn anew after so long, in milliseconds, while calls come.
const DRAWN_MS: f64 = 200.0;

/// The calls of the run that is shown; a handle that copies share.
#[derive(Clone, Copy)]
pub struct Calls {
    log: StoredValue<CallLog, LocalStorage>,
    program: StoredValue<Option<Program>>,
    /// The world after a call, and how many calls it has seen.
    world: StoredValue<Option<(Replay, usize)>, LocalStorage>,
    is_working: StoredValue<bool>,
    /// Moves when there is something new to show.
    version: RwSignal<u32>,
    /// The same for the timeline, which is drawn whole, and so not with every frame.
    drawn: RwSignal<u32>,
    drawn_ms: StoredValue<f64>,
    /// How many calls there are.
    pub count: RwSignal<u64>,
    /// The call that is looked at, by its place among those that are kept.
    pub chosen: RwSignal<Option<usize>>,
    /// What the reader types as filter.
    filter: RwSignal<String>,
}

impl Default for Calls {
    fn default() -> Self {
        Self {
            log: StoredValue::new_local(CallLog::default()),
            program: StoredValue::default(),
            world: StoredValue::new_local(None),
            is_working: StoredValue::default(),
            version: RwSignal::default(),
            drawn: RwSignal::default(),
            drawn_ms: StoredValue::default(),
            count: RwSignal::default(),
            chosen: RwSignal::default(),
            filter: RwSignal::default(),
        }
    }
}

impl Calls {
    /// A run of a program begins, and makes its calls from now on. The filter stays.
    pub fn begin(&self, program: Program) {
        let mut log = CallLog::default();
        log.sift(self.filter.with_untracked(|text| parse(text)).unwrap_or_default());
        self.log.set_value(log);
        self.program.set_value(Some(program));
        self.world.set_value(None);
        self.count.set(0);
        self.chosen.set(None);
        self.moved();
        self.draw();
    }

    /// Takes records of calls.
    pub fn push(&self, records: Vec<u8>) {
        let count = self.log.try_update_value(|log| {
            log.push(records);
            log.count()
        });
        self.count.set(count.unwrap_or_default());
        self.work();
    }

    /// Shows the calls that a filter lets through; none shows all.
    pub fn sift(&self, filter: Option<Filter>) {
        self.log.update_value(|log| log.sift(filter));
        self.moved();
        self.work();
    }

    /// Works off what is left, a little in each frame.
    fn work(&self) {
        if self.is_working.get_value() {
            return;
        }
        self.is_working.set_value(true);
        let calls = *self;
        let turn = move || {
            calls.is_working.set_value(false);
            let began = now_ms();
            let mut left = true;
            while left && now_ms() - began < FRAME_MS {
                left = calls.log.try_update_value(|log| log.work(AT_ONCE)).unwrap_or_default();
            }
            calls.moved();
            if !left || now_ms() - calls.drawn_ms.get_value() > DRAWN_MS {
                calls.draw();
            }
            if left {
                calls.work();
            }
        };
        // A page that is out of sight has no frames.
        if document().hidden() {
            set_timeout(turn, std::time::Duration::ZERO);
        } else {
            request_animation_frame(turn);
        }
    }

    fn draw(&self) {
        self.drawn_ms.set_value(now_ms());
        self.drawn.update(|drawn| *drawn = drawn.wrapping_add(1));
    }

    fn moved(&self) {
        self.version.update(|version| *version = version.wrapping_add(1));
    }

    /// Has an effect run again when there is something new to show.
    pub fn track(&self) {
        self.version.track();
    }

    /// How many are shown, as far as they were looked at.
    #[must_use]
    pub fn shown(&self) -> usize {
        self.version.track();
        self.log.with_value(CallLog::shown)
    }

    /// How many failed.
    #[must_use]
    pub fn failed(&self) -> usize {
        self.version.track();
        self.log.with_value(CallLog::failed)
    }

    /// How many were made and are not kept.
    #[must_use]
    pub fn beyond(&self) -> u64 {
        self.version.track();
        self.log.with_value(CallLog::beyond)
    }

    /// What the timeline needs of each.
    pub fn with_briefs<T>(&self, act: impl FnOnce(&[Brief]) -> T) -> T {
        self.drawn.track();
        self.log.with_value(|log| act(log.briefs()))
    }

    /// The lines of that range.
    #[must_use]
    pub fn rows(&self, lines: std::ops::Range<usize>) -> Vec<Row> {
        self.version.track();
        self.log.with_value(|log| log.rows(lines))
    }

    /// The call that is looked at, and what descriptors stood for before it.
    #[must_use]
    pub fn chosen_call(&self) -> Option<(Entry, Names)> {
        self.log.with_value(|log| log.call(self.chosen.get()?))
    }

    /// The line of the program that made it: a file and its line.
    #[must_use]
    pub fn chosen_line(&self) -> Option<(String, u32)> {
        let Line { file, number } = self.chosen_call()?.0.line?;
        Some((in_program(&file)?.to_owned(), number))
    }

    /// Where a call stands in the list.
    #[must_use]
    pub fn line_of(&self, at: usize) -> usize {
        self.log.with_value(|log| log.line_of(at))
    }

    /// Looks at the call that is so many lines away in the list, or at its first or last.
    pub fn step(&self, lines: isize) {
        let shown = self.log.with_value(CallLog::shown);
        let Some(last) = shown.checked_sub(1) else { return };
        let line = match self.chosen.get_untracked() {
            Some(at) => {
                let line = self.line_of(at);
                // The next of a call that the filter hides is on its line.
                let is_hidden = self.log.with_value(|log| log.on_line(line)) != Some(at);
                let lines = if is_hidden && lines == 1 { 0 } else { lines };
                line.saturating_add_signed(lines).min(last)
            }
            None if lines == isize::MAX || (lines < 0 && lines != isize::MIN) => last,
            None => 0,
        };
        self.chosen.set(self.log.with_value(|log| log.on_line(line)));
    }

    /// Which call of its name the chosen one is, from 1.
    #[must_use]
    pub fn place_of_chosen(&self) -> u64 {
        self.chosen.get_untracked().map_or(1, |at| self.log.with_value(|log| log.place_of(at)))
    }

    /// Whether a call of the run fits these terms of a filter.
    #[must_use]
    pub fn has(&self, terms: &str) -> bool {
        terms.parse().is_ok_and(|filter| self.log.with_value(|log| log.has(&filter)))
    }

    /// Looks at the guest's world as it was after the call that is looked at.
    pub fn with_world<T>(&self, look: impl FnOnce(&Replay) -> T) -> Option<T> {
        let wanted = self.chosen.get()? + 1;
        let (mut replay, seen) = match self.world.try_update_value(Option::take).flatten() {
            Some((replay, seen)) if seen <= wanted => (replay, seen),
            // What has passed does not come back: it begins anew.
            _ => (amphi_browser::page::replay(self.program.get_value()?).ok()?, 0),
        };
        self.log.with_value(|log| log.replay(&mut replay, seen..wanted));
        let looked = look(&replay);
        self.world.set_value(Some((replay, wanted)));
        Some(looked)
    }
}

/// Filters that are often wanted, and what a reader calls them.
const OFTEN: [(&str, &str); 5] =
    [("", "All"), ("host", "Host functions"), ("path_*", "Paths"), ("fd=0,fd=1,fd=2", "Streams"), ("error", "Failed")];

/// The calls, at the foot of the page: a line that says how many, and opens.
#[component]
pub fn CallDock(
    /// Whose.
    calls: Calls,
    /// Whether it is open.
    open: Preference,
    /// Calls that are to fail.
    faults: Faults,
    /// A file is to be shown.
    on_file: Callback<String>,
    /// The program is to run again.
    on_again: Callback<()>,
) -> impl IntoView {
    let said = move || {
        let (count, failed, beyond) = (calls.count.get(), calls.failed() as u64, calls.beyond());
        let of = if beyond > 0 { format!("; the first {} are kept", count - beyond) } else { String::new() };
        let failed = if failed > 0 { format!(", {failed} failed") } else { String::new() };
        if count == 0 { String::new() } else { format!("{}{failed}{of}", plural(count, "call")) }
    };
    let filter = calls.filter;
    let wrong = Memo::new(move |_| filter.with(|text| parse(text).err()));
    Effect::new(move |before: Option<()>| {
        let parsed = filter.with(|text| parse(text));
        // What cannot be read yet, because it is being written, changes nothing.
        if let Ok(parsed) = parsed
            && before.is_some()
        {
            calls.sift(parsed);
        }
    });
    let often = move || {
        OFTEN
            .iter()
            .map(|(terms, name)| {
                let is_on = move || filter.with(|filter| filter == terms);
                view! {
                    <button type="button" aria-pressed=move || is_on().to_string() on:click=move |_| filter.set((*terms).to_owned())>{*name}</button>
                }
            })
            .collect_view()
    };
    view! {
        <section class="dock" aria-label="Calls" data-open=move || open.get().then_some("yes")>
            <header>
                <button
                    type="button"
                    class="opens"
                    data-testid="calls-open"
                    aria-expanded=move || open.get().to_string()
                    aria-controls="calls"
                    on:click=move |_| open.set(!open.get())
                >
                    "Calls"
                </button>
                <span class="said" data-testid="calls-said">{said}</span>
                <FaultList faults />
                <Show when=move || open.get()>
                    <div class="often" role="group" aria-label="Which calls">{often}</div>
                    <label class="filter">
                        <span>"Filter"</span>
                        <input
                            type="text"
                            data-testid="calls-filter"
                            autocomplete="off"
                            spellcheck="false"
                            placeholder="path_*, error=NOENT, path=*.txt, fd=3, !fd_read"
                            aria-invalid=move || wrong.with(|wrong| wrong.is_some().to_string())
                            aria-describedby="calls-wrong"
                            prop:value=move || filter.get()
                            on:input=move |event| filter.set(event_target_value(&event))
                        />
                    </label>
                </Show>
                <p id="calls-wrong" class="wrong" role="status" data-testid="calls-wrong">{move || if open.get() { wrong.get() } else { None }}</p>
            </header>
            <Show when=move || open.get()>
                <div id="calls" class="calls">
                    <div class="overview">
                        <Timeline calls />
                        <CallList calls />
                    </div>
                    <CallDetail calls faults on_file on_again />
                </div>
            </Show>
        </section>
    }
}

/// The filter that a text means; none for one that shows all.
///
/// # Errors
/// What is wrong with it, in words.
pub fn parse(text: &str) -> Result<Option<Filter>, String> {
    if text.trim().is_empty() {
        return Ok(None);
    }
    text.parse().map(Some).map_err(|error: amphi_wasi::trace::FilterError| error.to_string())
}
