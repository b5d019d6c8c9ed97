//! The call that waits for a promise, if one does: while it does the program's guest is suspended. This file never knows
//! what was called.

use std::cell::RefCell;
use std::rc::Rc;

use amphi_core::javascript::{Failure, Outcome};
use amphi_core::protocol::Waiting;
use amphi_core::{Exit, HostError, Limit, Value};
use js_sys::Promise;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast as _, JsValue};

use super::glue;
use super::run::{self, Answer, Run};

/// Makes of what the promise came to what Python gets.
type Conclude = Box<dyn FnOnce(Outcome<JsValue>) -> Result<Value, HostError>>;

/// Has the guest go on with that.
type Finish = Box<dyn FnOnce(Result<Value, HostError>) -> Answer>;

struct Waited {
    settled: Rc<RefCell<Option<Outcome<JsValue>>>>,
    conclude: Conclude,
    /// How the call ends; none until it has returned.
    finish: Option<Finish>,
}

thread_local! {
    static WAITED: RefCell<Option<Waited>> = const { RefCell::new(None) };
}

/// Whether the program's guest can be suspended in the call under way: nothing of JavaScript is below it.
pub(super) fn can_wait() -> bool {
    !is_waited() && run::with(|run| run.opens && run.nested == 0).unwrap_or(false)
}

/// Whether a call waits.
pub(super) fn is_waited() -> bool {
    WAITED.with_borrow(Option::is_some)
}

/// Whether the call that has just returned is to wait.
pub(super) fn is_begun() -> bool {
    WAITED.with_borrow(|waited| waited.as_ref().is_some_and(|waited| waited.finish.is_none()))
}

/// Has the call under way wait for a promise.
pub(super) fn wait(promise: &Promise, conclude: Conclude) {
    let settled = Rc::new(RefCell::new(None));
    let settle = |make: fn(JsValue) -> Outcome<JsValue>| {
        let settled = Rc::clone(&settled);
        Closure::once_into_js(move |value: JsValue| {
            settled.replace(Some(make(value)));
            glue::wake_up();
        })
    };
    let (done, failed) = (settle(Ok), settle(|thrown| Err(Failure::Thrown(thrown))));
    if let Ok(then) = js_sys::Reflect::get(promise, &"then".into()) {
        let args = js_sys::Array::of2(&done, &failed);
        // It throws only where a host module changed what promises are; the run's limit ends the wait then.
        let _ = then.unchecked_ref::<js_sys::Function>().apply(promise, &args);
    }
    WAITED.set(Some(Waited { settled, conclude, finish: None }));
}

/// The call has returned: its guest is suspended.
pub(super) fn suspend(finish: Finish) -> Answer {
    WAITED.with_borrow_mut(|waited| {
        if let Some(waited) = waited {
            waited.finish = Some(finish);
        }
    });
    suspended()
}

/// The call under way is made again once something has happened: its guest is suspended until then.
pub(super) fn suspended() -> Answer {
    let until = run::with(|run| {
        let now = run.clock.now_ms();
        run.output.borrow_mut().send(now);
        run.until_ms = until_ms(run);
    });
    until.map_or(Answer::Stop, |()| Answer::Wait)
}

/// When the suspended guest looks again at the latest. A signal in shared memory wakes nobody.
fn until_ms(run: &Run) -> f64 {
    /// How late a signal may be seen, in milliseconds.
    const LOOK_MS: f64 = 50.0;
    match run.waiting {
        Waiting::Shared => run.deadline_ms.min(run.clock.now_ms() + LOOK_MS),
        Waiting::Jspi | Waiting::None => run.deadline_ms,
    }
}

/// The suspended guest asks again: what it gets, or that it waits on. None if no call waits.
pub(super) fn again() -> Option<Answer> {
    let waits = WAITED.with_borrow(|waited| waited.as_ref().is_some_and(|waited| waited.finish.is_some()));
    // Calls below the one that waits are others.
    if !waits || run::with(|run| run.nested > 0).unwrap_or(false) {
        return None;
    }
    let Some(interrupted) = interrupted() else {
        forget();
        return Some(Answer::Stop);
    };
    let Some(Waited { settled, conclude, finish: Some(finish) }) = WAITED.take() else { return Some(Answer::Stop) };
    let outcome = match settled.take() {
        Some(outcome) => outcome,
        None if interrupted => Err(HostError::host("the host function was interrupted").into()),
        None => {
            WAITED.set(Some(Waited { settled, conclude, finish: Some(finish) }));
            run::with(|run| run.until_ms = until_ms(run));
            return Some(Answer::Wait);
        }
    };
    Some(finish(conclude(outcome)))
}

/// Whether the suspended guest was interrupted; none if the run is over, as it is when its time is used up.
pub(super) fn interrupted() -> Option<bool> {
    run::with(|run| {
        let interrupted = run.inbox.pending_signal() != 0;
        if run.exit.is_none() && run.clock.now_ms() >= run.deadline_ms {
            run.ended(Exit::Limit(Limit::Wall));
        } else if run.exit.is_none() && interrupted && !run.asks_for_signals {
            run.ended(Exit::Interrupted);
        }
        run.exit.is_none().then_some(interrupted)
    })
    .flatten()
}

/// The run is over, or begins: no call waits.
pub(super) fn forget() {
    WAITED.take();
}
