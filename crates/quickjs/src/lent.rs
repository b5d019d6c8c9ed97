//! What lives for one call and is needed below the engine: the context of the call that is under way on this thread, and
//! the engines that are entered on it. This file never knows what they are used for.
//!
//! An engine is entered through C, which carries no Rust lifetimes. Both are lent through the thread instead, for exactly
//! as long as the call takes: whoever looks when nothing is lent finds nothing, and nothing is ever dangling.

use amphi_core::Cx;
use rquickjs::Ctx;
use scoped_tls_hkt::{ReborrowMut, scoped_thread_local};

use crate::machine::Machine;

/// The context of a call.
pub(crate) struct Lent<'a>(Cx<'a>);

impl<'a, 'b: 'a> ReborrowMut<'a> for Lent<'b> {
    type Result = Lent<'a>;

    fn reborrow_mut(&'a mut self) -> Lent<'a> {
        Lent(self.0.reborrow())
    }
}

scoped_thread_local!(static mut CALL: for<'a> Lent<'a>);
scoped_thread_local!(static ENTERED: for<'a> &'a (dyn Entered + 'a));

/// An engine that is entered on this thread.
pub(crate) trait Entered {
    /// Whether it is this one.
    fn is(&self, machine: &Machine) -> bool;

    /// The one that was entered before it.
    fn outer(&self) -> Option<&dyn Entered>;

    /// Acts in it, once.
    fn act(&self, act: &mut dyn for<'js> FnMut(&Ctx<'js>));
}

/// Lends the context of a call while `act` takes; none for what happens outside any.
pub(crate) fn lend<T>(cx: Option<&mut Cx<'_>>, act: impl FnOnce() -> T) -> T {
    match cx {
        Some(cx) => CALL.set(Lent(cx.reborrow()), act),
        None if CALL.is_set() => CALL.with(|_| act()),
        None => act(),
    }
}

/// Takes the context that is lent, if one is; what `act` calls finds none but its own.
pub(crate) fn with_call<T>(act: impl FnOnce(Option<&mut Cx<'_>>) -> T) -> T {
    if CALL.is_set() { CALL.with(|mut lent| act(Some(&mut lent.0))) } else { act(None) }
}

/// Tells which engine is entered last.
pub(crate) fn with_entered<T>(act: impl FnOnce(Option<&dyn Entered>) -> T) -> T {
    if ENTERED.is_set() { ENTERED.with(|entered| act(Some(entered))) } else { act(None) }
}

/// Lets `entered` be the one that is entered last while `act` takes.
pub(crate) fn enter<T>(entered: &dyn Entered, act: impl FnOnce() -> T) -> T {
    ENTERED.set(entered, act)
}
