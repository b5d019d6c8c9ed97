//! A guest that stays once its program has run, and is called by the page. Owns when the run is over then; must never know
//! what a call means.

use std::cell::RefCell;

use amphi_core::{Cx, ExportCall, Exports, GuestId};

use super::crossing::Worker;
use super::run;
use super::start::Started;
use crate::message::ToPage;

thread_local! {
    static SERVING: RefCell<Option<Serving>> = const { RefCell::new(None) };
}

struct Serving {
    started: Started,
    exports: Exports,
}

/// The program has run; gives the run back unless its guest stays.
pub(super) fn begin(started: Started, ending: &str) -> Option<Started> {
    if !started.stays || !ending.is_empty() || started.is_over() {
        return Some(started);
    }
    let exports = match Exports::of(&mut Cx::new(&mut Worker), GuestId::PROGRAM) {
        Ok(exports) if !exports.interface().functions.is_empty() && !started.is_over() => exports,
        Ok(_) => return Some(started),
        Err(error) => {
            run::say(&format!("nothing of the program can be called: {error}"));
            return Some(started);
        }
    };
    pause();
    super::post(&ToPage::Serves(borsh::to_vec(exports.interface()).unwrap_or_default()));
    SERVING.set(Some(Serving { started, exports }));
    None
}

/// The page calls an export: `call` is an [`ExportCall`] in its Borsh form.
pub(super) fn call(call: &[u8]) {
    // What comes after the end of its run is for nobody.
    let Some(Serving { started, exports }) = SERVING.take() else { return };
    let reply = borsh::from_slice::<ExportCall>(call).map_err(|error| error.to_string()).and_then(|call| {
        run::with(|run| run.deadline_ms = run.clock.now_ms() + started.wall_ms);
        run::look_for_letter(true);
        exports.call_text(&mut Cx::new(&mut Worker), &call)
    });
    if started.is_over() {
        return super::finish(started, String::new());
    }
    pause();
    super::post(&ToPage::Reply(borsh::to_vec(&reply).unwrap_or_default()));
    SERVING.set(Some(Serving { started, exports }));
}

/// The page calls no more.
pub(super) fn leave() {
    if let Some(Serving { started, .. }) = SERVING.take() {
        super::finish(started, String::new());
    }
}

/// The guest is idle, for as long as the page likes; what it wrote and called is sent.
fn pause() {
    run::with(|run| {
        run.deadline_ms = f64::INFINITY;
        let now = run.clock.now_ms();
        run.output.borrow_mut().send(now);
        if let Some(gate) = run.guests.now_mut().context.gate_mut() {
            gate.hand_on();
        }
    });
}
