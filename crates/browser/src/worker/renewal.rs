//! Host modules that take the places of others while a run goes on. Owns when each is made; must never know how the page
//! sends them.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;

use amphi_core::{Cx, HostModule, PreparedBody, PreparedHost, not_renewed, renew_python};
use wasm_bindgen_futures::spawn_local;

use super::crossing::Worker;
use super::hosts;
use super::run::{self, Answer};
use super::{glue, javascript, promise};

/// A module in JavaScript that is loaded, which takes turns of the event loop.
type Loading = Rc<RefCell<Option<Result<HostModule, String>>>>;

thread_local! {
    /// What came and has not taken its place, in order.
    static CAME: RefCell<VecDeque<PreparedHost>> = const { RefCell::new(VecDeque::new()) };
    /// One of them, while it is loaded.
    static LOADING: RefCell<Option<Loading>> = const { RefCell::new(None) };
    /// True while one is made.
    static MAKING: Cell<bool> = const { Cell::new(false) };
}

/// A run begins: nothing has come for it.
pub(super) fn forget() {
    CAME.take();
    LOADING.take();
    MAKING.set(false);
}

/// Some came: a list of [`PreparedHost`] in its Borsh form.
pub(super) fn came(hosts: &[u8]) {
    match borsh::from_slice::<Vec<PreparedHost>>(hosts) {
        Ok(hosts) => {
            javascript::stop_short();
            CAME.with_borrow_mut(|came| came.extend(hosts));
        }
        Err(error) => run::say(&format!("host modules could not be read: {error}")),
    }
}

/// Whether some wait for their places.
pub(super) fn is_due() -> bool {
    CAME.with_borrow(|came| !came.is_empty())
}

/// Has them take their places before a host call is served. None: the call goes on; else the guest waits, and asks again.
/// JavaScript waits for a call that can suspend the guest, while others take their places.
pub(super) fn take_places() -> Option<Answer> {
    // What runs while one is made calls the host functions that there are, and a call that was made straight is concluded by
    // what it called.
    if MAKING.get() || javascript::flat_under_way() {
        return None;
    }
    let can_wait = promise::can_wait();
    loop {
        let loads = |host: &PreparedHost| matches!(host.body, PreparedBody::JavaScript { .. });
        let ready = |host: &PreparedHost| !loads(host) || can_wait || !run::with(|run| run.opens).unwrap_or(false);
        run::go_straight();
        let place = CAME.with_borrow(|came| came.iter().position(ready))?;
        let host = CAME.with_borrow(|came| came.get(place).cloned())?;
        if loads(&host) && can_wait && !is_loaded(&host) {
            match promise::interrupted() {
                None => return Some(Answer::Stop),
                Some(false) => return Some(promise::suspended()),
                // The old one stays, so that the guest hears of it.
                Some(true) => LOADING.set(None),
            }
        }
        CAME.with_borrow_mut(|came| came.remove(place));
        MAKING.set(true);
        let made = made(&host);
        MAKING.set(false);
        match made {
            Ok(None) => {}
            Ok(Some(module)) => drop(run::with(|run| run.hosts.registry_mut().replace(module))),
            Err(why) => run::say(&not_renewed(&host.name, &why)),
        }
        if run::with(|run| run.exit.is_some()).unwrap_or(true) {
            return Some(Answer::Stop);
        }
    }
}

/// Whether a module in JavaScript is loaded, or has failed to; it begins to be loaded otherwise.
fn is_loaded(host: &PreparedHost) -> bool {
    if let Some(loaded) = LOADING.with_borrow(|loading| loading.as_ref().map(|loading| loading.borrow().is_some())) {
        return loaded;
    }
    let PreparedBody::JavaScript { source, interface } = &host.body else { return true };
    let loading = Loading::default();
    LOADING.set(Some(Rc::clone(&loading)));
    let (name, source, interface) = (host.name.clone(), source.clone(), interface.clone());
    spawn_local(async move {
        let module = javascript::module(&name, &source, interface.as_ref()).await;
        loading.replace(Some(module));
        glue::wake_up();
    });
    false
}

/// The module, unless it took its place already.
fn made(host: &PreparedHost) -> Result<Option<HostModule>, String> {
    match &host.body {
        PreparedBody::JavaScript { .. } => {
            let loaded = LOADING.take().and_then(|loading| loading.take());
            loaded.transpose()?.map(Some).ok_or_else(|| {
                let opens = run::with(|run| run.opens).unwrap_or(false);
                let why = "this browser loads JavaScript only before a program runs: it has no JSPI";
                if opens { "its loading was interrupted" } else { why }.to_owned()
            })
        }
        PreparedBody::Python { guest, interface } => {
            renew_python(&mut Cx::new(&mut Worker), &host.name, guest, interface.as_ref()).map(|()| None)
        }
        PreparedBody::Wasm(wasm) => hosts::renewed(&host.name, wasm).map(Some),
        PreparedBody::NativePython { .. } | PreparedBody::Registered { .. } | PreparedBody::Se2 { .. } => {
            Err("it is none that a browser makes".to_owned())
        }
    }
}
