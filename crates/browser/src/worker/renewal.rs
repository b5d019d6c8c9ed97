//! Host modules that take the places of others while a run goes on. Owns when each is made; must never know how the page
//! sends them.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

use amphi_core::{Cx, HostModule, PreparedBody, PreparedHost, renew_python};
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
    /// The first of them, while it is loaded.
    static LOADING: RefCell<Option<Loading>> = const { RefCell::new(None) };
}

/// A run begins: nothing has come for it.
pub(super) fn forget() {
    CAME.take();
    LOADING.take();
}

/// Some came: a JSON list of prepared host modules.
pub(super) fn came(text: &str) {
    match serde_json::from_str::<Vec<PreparedHost>>(text) {
        Ok(hosts) => CAME.with_borrow_mut(|came| came.extend(hosts)),
        Err(error) => say(&format!("host modules could not be read: {error}")),
    }
}

/// Whether some wait for their places.
pub(super) fn is_due() -> bool {
    CAME.with_borrow(|came| !came.is_empty())
}

/// Has them take their places before a host call is served. None: the call goes on; else the guest waits, and asks again,
/// which only a call that `suspends` can do: before another, JavaScript and what came after it stays where it is.
pub(super) fn take_places(suspends: bool) -> Option<Answer> {
    while let Some(host) = CAME.with_borrow(|came| came.front().cloned()) {
        if let PreparedBody::JavaScript { .. } = host.body
            && !(suspends && is_loaded(&host))
        {
            return suspends.then(promise::suspended);
        }
        // What runs while one is made may call host functions, and finds those that there are.
        CAME.with_borrow_mut(VecDeque::pop_front);
        match made(&host) {
            Ok(None) => {}
            Ok(Some(module)) => drop(run::with(|run| run.hosts.registry_mut().replace(module))),
            Err(why) => {
                let apart = if why.contains('\n') { "\n" } else { " " };
                say(&format!("the host module {} stays as it was:{apart}{why}", host.name));
            }
        }
        if run::with(|run| run.exit.is_some()).unwrap_or(true) {
            return Some(Answer::Stop);
        }
    }
    None
}

/// Whether a module in JavaScript is loaded, or cannot be; it begins to be otherwise.
fn is_loaded(host: &PreparedHost) -> bool {
    if let Some(loaded) = LOADING.with_borrow(|loading| loading.as_ref().map(|loading| loading.borrow().is_some())) {
        return loaded;
    }
    let PreparedBody::JavaScript { source, interface } = &host.body else { return true };
    if !promise::can_wait() {
        return true;
    }
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
                "this browser can load JavaScript only before a program runs (it has no JSPI, or a host function has \
                 called into Python)"
                    .to_owned()
            })
        }
        PreparedBody::Python { guest, interface } => {
            let renewed = renew_python(&mut Cx::new(&mut Worker), &host.name, guest, interface.as_ref());
            renewed.map(|()| None).map_err(|error| match error.traceback.trim_end() {
                "" => error.message,
                traceback => traceback.to_owned(),
            })
        }
        PreparedBody::Wasm(wasm) => hosts::renewed(&host.name, wasm).map(Some),
        PreparedBody::NativePython { .. } | PreparedBody::Registered { .. } | PreparedBody::Se2 { .. } => {
            Err("it is none that a browser makes".to_owned())
        }
    }
}

/// Tells whoever reads the run's errors.
fn say(message: &str) {
    let _ = run::with(|run| {
        run.output.borrow_mut().write(true, format!("amphi: {message}\n").as_bytes(), run.clock.now_ms())
    });
}
