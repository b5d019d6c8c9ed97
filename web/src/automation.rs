//! `window.amphi`: the page as a habitat for whoever drives the browser, such as `amphi run --habitat chromium`.
//!
//! | call | gives |
//! | --- | --- |
//! | `amphi.ready` | a promise of [`Event::Ready`] as JSON; it fails with the reason in words |
//! | `amphi.start(program, terminal?)` | the number of a run of this [`Program`] (JSON) |
//! | `amphi.next(run, timeoutMs)` | a promise of the run's next events (a JSON list of [`Event`]), empty after the time |
//! | `amphi.stdin(run, base64)` | input for the run; `null` ends it |
//! | `amphi.renew(run, hosts)` | has prepared host modules (a JSON list) take the places of those of their names |
//! | `amphi.interrupt(run)` | Ctrl-C |
//! | `amphi.stop(run)` | Ctrl-C, and the end of the worker a second later |
//!
//! The last event of a run is [`Event::Finished`], its output having come before, or [`Event::Failed`]; after that the
//! run is forgotten. It must never know the page's own view.

use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;

use amphi_browser::page::{self, Habitat, Run};
use amphi_core::protocol::Event;
use amphi_core::{Bytes, PreparedHost, Program};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use gloo_timers::callback::Timeout;
use js_sys::{Function, Object, Promise, Reflect};
use wasm_bindgen::closure::{Closure, WasmClosure};
use wasm_bindgen::{JsError, JsValue};
use wasm_bindgen_futures::spawn_local;

/// A batch of events holds about so many bytes of output: an answer to a driver should stay small.
const BATCH: usize = 1 << 20;

/// Bytes of records that wait to be fetched. A guest that makes calls faster than a driver fetches them loses the oldest;
/// the numbers of the rest tell how many.
const RECORDS: usize = 64 << 20;

/// Bytes of records that wait for another event, or for more, where nobody looks on: to hand them over takes time that
/// the guest needs.
const HELD: usize = 16 << 20;

/// What is known of a run.
#[derive(Default)]
struct Driven {
    run: Option<Run>,
    events: VecDeque<Event>,
    /// Bytes of records among the events.
    records: usize,
    /// Somebody looks on: records are handed over as they come.
    live: bool,
    /// Who waits for the next events, and until when.
    waiter: Option<(Function, Timeout)>,
}

impl Driven {
    /// Whether there is something to hand over.
    fn has_news(&self) -> bool {
        self.events.iter().any(|event| self.live || self.records >= HELD || records(event) == 0)
    }

    fn push(&mut self, event: Event) {
        self.records += records(&event);
        self.events.push_back(event);
        while self.records > RECORDS
            && let Some(oldest) = self.events.iter().position(|event| records(event) > 0)
        {
            self.records -= self.events.remove(oldest).as_ref().map_or(0, records);
        }
    }
}

/// Bytes of records that an event holds.
fn records(event: &Event) -> usize {
    if let Event::Trace { records, .. } = event { records.len() } else { 0 }
}

type Runs = Rc<RefCell<BTreeMap<u32, Driven>>>;

/// Puts the interface on the window.
pub fn install(habitat: &Habitat) {
    let runs = Runs::default();
    let amphi = Object::new();
    let ready = ready(habitat);
    set(&amphi, "ready", &ready);

    let (mine, habitat, mut last) = (Rc::clone(&runs), habitat.clone(), 0);
    function::<dyn FnMut(String, JsValue) -> u32>(
        &amphi,
        "start",
        Box::new(move |program, terminal| {
            last += 1;
            start(&mine, &habitat, last, &program, terminal.is_truthy());
            last
        }),
    );
    let mine = Rc::clone(&runs);
    function::<dyn FnMut(u32, u32) -> Promise>(&amphi, "next", Box::new(move |run, timeout| next(&mine, run, timeout)));
    let mine = Rc::clone(&runs);
    function::<dyn FnMut(u32, Option<String>) -> Result<(), JsValue>>(
        &amphi,
        "stdin",
        Box::new(move |run, bytes| match bytes {
            None => {
                with_run(&mine, run, Run::end_input);
                Ok(())
            }
            Some(text) => {
                let bytes = STANDARD
                    .decode(text)
                    .map_err(|error| JsError::new(&format!("the input is not base64: {error}")))?;
                with_run(&mine, run, |run| run.input(&bytes));
                Ok(())
            }
        }),
    );
    let mine = Rc::clone(&runs);
    function::<dyn FnMut(u32, String) -> Result<(), JsValue>>(
        &amphi,
        "renew",
        Box::new(move |run, hosts| {
            let hosts: Vec<PreparedHost> = serde_json::from_str(&hosts)
                .map_err(|error| JsError::new(&format!("the host modules could not be read: {error}")))?;
            with_run(&mine, run, |run| run.renew(&hosts));
            Ok(())
        }),
    );
    let mine = Rc::clone(&runs);
    function::<dyn FnMut(u32)>(&amphi, "interrupt", Box::new(move |run| with_run(&mine, run, Run::interrupt)));
    function::<dyn FnMut(u32)>(&amphi, "stop", Box::new(move |run| with_run(&runs, run, Run::stop)));
    set(&js_sys::global(), "amphi", &amphi);
}

fn ready(habitat: &Habitat) -> Promise {
    let waiting = habitat.waiting();
    Promise::new(&mut |resolve, reject| {
        habitat.when_ready(move |ready| match ready {
            Ok(()) => spawn_local(async move {
                // Which Python it is, is told if it is known; a run does not depend on it.
                let python = page::sha256().await.unwrap_or_default();
                let event = Event::Ready { waiting, python, timings: Vec::new() };
                let _ = resolve.call1(&JsValue::UNDEFINED, &json(&event));
            }),
            Err(why) => {
                let _ = reject.call1(&JsValue::UNDEFINED, &JsError::new(&why).into());
            }
        });
    })
}

fn start(runs: &Runs, habitat: &Habitat, number: u32, program: &str, terminal: bool) {
    runs.borrow_mut().insert(number, Driven::default());
    let prepared = serde_json::from_str::<Program>(program)
        .map_err(|error| format!("The program could not be read: {error}."))
        .and_then(|program| amphi_core::prepare(&program).map_err(|error| error.to_string()));
    match prepared {
        Ok(prepared) => {
            let live = prepared.program.watch.trace.is_some_and(|trace| trace.batch == 0);
            let mine = Rc::clone(runs);
            let run = habitat.start(&prepared, terminal, false, move |event| told(&mine, number, event));
            if let Some(driven) = runs.borrow_mut().get_mut(&number) {
                driven.run = Some(run);
                driven.live = live;
            }
        }
        Err(message) => push(runs, number, Event::Failed { run: Some(number), message }),
    }
}

fn told(runs: &Runs, run: u32, event: page::Event) {
    push(
        runs,
        run,
        match event {
            page::Event::Output(stream, bytes) => Event::Output { run, stream, bytes: Bytes(bytes) },
            page::Event::Trace { records, .. } => Event::Trace { run, records: Bytes(records) },
            page::Event::WantsInput => Event::WantsInput { run },
            // Nobody here asked a guest to stay.
            page::Event::Serves(_) | page::Event::Reply(_) => return,
            page::Event::Finished { outcome, .. } => Event::Finished { run, outcome },
            page::Event::Failed(message) => Event::Failed { run: Some(run), message },
        },
    );
}

fn push(runs: &Runs, number: u32, event: Event) {
    let mut all = runs.borrow_mut();
    let Some(driven) = all.get_mut(&number) else { return };
    driven.push(event);
    if driven.has_news()
        && let Some((resolve, _)) = driven.waiter.take()
    {
        drop(all);
        let _ = resolve.call1(&JsValue::UNDEFINED, &batch(runs, number));
    }
}

fn next(runs: &Runs, number: u32, timeout: u32) -> Promise {
    Promise::new(&mut |resolve, _| {
        let there = runs.borrow().get(&number).is_none_or(Driven::has_news);
        if there {
            let _ = resolve.call1(&JsValue::UNDEFINED, &batch(runs, number));
            return;
        }
        let (mine, late) = (Rc::clone(runs), resolve.clone());
        let timer = Timeout::new(timeout, move || {
            if let Some(driven) = mine.borrow_mut().get_mut(&number) {
                driven.waiter = None;
            }
            let _ = late.call1(&JsValue::UNDEFINED, &"[]".into());
        });
        if let Some(driven) = runs.borrow_mut().get_mut(&number) {
            driven.waiter = Some((resolve, timer));
        }
    })
}

/// Takes the events that are there, neighbouring output put together; a run whose last one is taken is forgotten.
fn batch(runs: &Runs, number: u32) -> JsValue {
    let mut all = runs.borrow_mut();
    let Some(driven) = all.get_mut(&number) else {
        let message = format!("there is no run {number}");
        return json(&[Event::Failed { run: Some(number), message }]);
    };
    let (mut events, mut size) = (Vec::new(), 0);
    while let Some(event) = driven.events.pop_front() {
        driven.records -= records(&event);
        if let Event::Output { bytes, .. } | Event::Trace { records: bytes, .. } = &event {
            size += bytes.len();
        }
        match (events.last_mut(), event) {
            (Some(Event::Output { stream: before, bytes: held, .. }), Event::Output { stream, bytes, .. })
                if *before == stream =>
            {
                held.0.extend_from_slice(&bytes)
            }
            (_, event) => events.push(event),
        }
        if size >= BATCH {
            break;
        }
    }
    if matches!(events.last(), Some(Event::Finished { .. } | Event::Failed { .. })) {
        all.remove(&number);
    }
    json(&events)
}

fn with_run(runs: &Runs, number: u32, act: impl FnOnce(&Run)) {
    // Cloned out first: what is done may end the run, which comes back here.
    let run = runs.borrow().get(&number).and_then(|driven| driven.run.clone());
    if let Some(run) = run {
        act(&run);
    }
}

fn json(value: &(impl serde::Serialize + ?Sized)) -> JsValue {
    // Events are plain data, which always has a JSON form.
    JsValue::from_str(&serde_json::to_string(value).unwrap_or_default())
}

fn set(object: &Object, name: &str, value: &JsValue) {
    let _ = Reflect::set(object, &name.into(), value);
}

/// Puts a function on an object, for as long as the page lives.
fn function<F: WasmClosure + ?Sized>(object: &Object, name: &str, function: Box<F>) {
    set(object, name, &Closure::wrap(function).into_js_value());
}
