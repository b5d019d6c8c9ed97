//! QuickJS as core sees an engine: its values made and looked at, its promises waited for. This file never knows what
//! they mean.

use std::sync::Arc;
use std::time::Duration;

use amphi_core::javascript::{self, Engine, Failure, Outcome, Role, Table};
use amphi_core::{Handle, HostError};
use rquickjs::function::Args;
use rquickjs::promise::PromiseState;
use rquickjs::{Array, Ctx, Error, Function, JsLifetime, Object, String as Text, TypedArray, Value};

use crate::machine::Machine;
use crate::thing::Thing;

/// How long a wait for a timer is at most before it is asked whether the run has to end.
const NAP: Duration = Duration::from_millis(5);

/// What the engine keeps for whoever enters it.
pub(crate) struct Root<'js> {
    /// What the prelude exports.
    pub(crate) tools: Object<'js>,
    /// What the host module exports.
    pub(crate) exports: Value<'js>,
}

#[expect(unsafe_code, reason = "only so can the engine keep values of its own")]
// SAFETY: all of its lifetimes are the engine's, and nothing else changes.
unsafe impl<'js> JsLifetime<'js> for Root<'js> {
    type Changed<'to> = Root<'to>;
}

/// An engine that is entered.
pub(crate) struct Js<'js> {
    pub(crate) ctx: Ctx<'js>,
    pub(crate) machine: Arc<Machine>,
    root: Option<(Object<'js>, Value<'js>)>,
}

impl<'js> Js<'js> {
    pub(crate) fn new(ctx: &Ctx<'js>, machine: &Arc<Machine>) -> Self {
        let root = ctx.userdata::<Root<'_>>().map(|root| (root.tools.clone(), root.exports.clone()));
        let js = Self { ctx: ctx.clone(), machine: machine.clone(), root };
        for number in machine.released() {
            // It fails only where there is no memory left, and then nothing is better.
            let _ = js.tool("release", vec![js.number(f64::from(number))]);
        }
        js
    }

    /// Keeps what the prelude and the module export.
    pub(crate) fn keep(&mut self, tools: &Object<'js>, exports: &Value<'js>) {
        self.root = Some((tools.clone(), exports.clone()));
        // It is refused only while somebody looks at what was kept before.
        let _ = self.ctx.store_userdata(Root { tools: tools.clone(), exports: exports.clone() });
    }

    /// Why something failed.
    pub(crate) fn failed(&self, error: Error) -> Failure<Value<'js>> {
        match error {
            Error::Exception => {
                let thrown = self.ctx.catch();
                if thrown.is_uncatchable_error() {
                    return HostError::host("the host function was interrupted").into();
                }
                Failure::Thrown(thrown)
            }
            Error::Allocation => HostError::new("MemoryError", "out of memory").into(),
            error => HostError::host(error.to_string()).into(),
        }
    }

    /// Throws it in JavaScript.
    pub(crate) fn throw(&self, failure: Failure<Value<'js>>) -> Error {
        let thrown = match failure {
            Failure::Thrown(thrown) => Ok(thrown),
            Failure::Host(error) => javascript::thrown_python(self, error, None),
        };
        match thrown {
            Ok(thrown) => self.ctx.throw(thrown),
            Err(_) => Error::Allocation,
        }
    }

    /// Runs what waits to run now: what follows settled promises, and what hears of collected things.
    pub(crate) fn drain(&self) {
        while !(self.machine.world.interrupted)() && self.ctx.execute_pending_job() {}
    }

    fn made<T>(&self, made: rquickjs::Result<T>) -> Result<T, Failure<Value<'js>>> {
        made.map_err(|error| self.failed(error))
    }

    /// Waits until the promise has settled, or never will.
    fn wait(&self, promise: &rquickjs::Promise<'js>) -> Outcome<Value<'js>> {
        loop {
            if let Some(result) = promise.result::<Value<'_>>() {
                return self.made(result);
            }
            if (self.machine.world.interrupted)() {
                return Err(HostError::host("the host function was interrupted").into());
            }
            if self.ctx.execute_pending_job() {
                continue;
            }
            let wait = self.tool("wait", Vec::new())?;
            match self.as_number(&wait) {
                Some(0.0) => self.fire(),
                // A timer may be due in a fraction of a millisecond, or in years.
                Some(wait) if wait > 0.0 => {
                    let nap = Duration::try_from_secs_f64(wait / 1e3).unwrap_or(NAP);
                    std::thread::sleep(nap.min(NAP));
                }
                _ if promise.state() != PromiseState::Pending => {}
                _ => {
                    let why = "the promise never settles: nothing is left that it could wait for";
                    return Err(HostError::new("RuntimeError", why).into());
                }
            }
        }
    }

    /// Does what a timer is for. What that throws is nobody's result: it is told like a message.
    fn fire(&self) {
        if let Err(failure) = self.tool("fire", Vec::new()) {
            let error = javascript::host_error(self, failure);
            (self.machine.world.stderr)(format!("Uncaught {error}\n{}\n", error.traceback).as_bytes());
        }
    }
}

/// A copy of an array's bytes; none are left where JavaScript gave the memory away.
#[expect(unsafe_code, reason = "the engine lends its memory only so")]
pub(crate) fn copied(array: &TypedArray<'_, u8>) -> Vec<u8> {
    // SAFETY: nothing of JavaScript runs while they are copied, so that they stay where and what they are.
    unsafe { array.as_bytes() }.map(<[u8]>::to_vec).unwrap_or_default()
}

impl<'js> Engine for Js<'js> {
    type Value = Value<'js>;

    fn nothing(&self) -> Value<'js> {
        Value::new_undefined(self.ctx.clone())
    }

    fn truth(&self, truth: bool) -> Value<'js> {
        Value::new_bool(self.ctx.clone(), truth)
    }

    fn number(&self, number: f64) -> Value<'js> {
        // The engine's own way makes an integer of -0.
        if number == 0.0 {
            Value::new_float(self.ctx.clone(), number)
        } else {
            Value::new_number(self.ctx.clone(), number)
        }
    }

    fn text(&self, text: &str) -> Outcome<Value<'js>> {
        self.made(Text::from_str(self.ctx.clone(), text).map(Text::into_value))
    }

    fn bytes(&self, bytes: &[u8]) -> Outcome<Value<'js>> {
        self.made(TypedArray::<u8>::new_copy(self.ctx.clone(), bytes).map(TypedArray::into_value))
    }

    fn list(&self, items: Vec<Value<'js>>) -> Outcome<Value<'js>> {
        let list = Array::new(self.ctx.clone()).and_then(|list| {
            for (at, item) in items.into_iter().enumerate() {
                list.set(at, item)?;
            }
            Ok(list.into_value())
        });
        self.made(list)
    }

    fn as_truth(&self, value: &Value<'js>) -> Option<bool> {
        value.as_bool()
    }

    fn as_number(&self, value: &Value<'js>) -> Option<f64> {
        value.as_number()
    }

    fn as_text(&self, value: &Value<'js>) -> Option<String> {
        let text = value.as_string()?;
        text.to_string().ok().or_else(|| {
            // Half of a surrogate pair is no Unicode.
            let whole = self.tool("whole", vec![value.clone()]).ok()?;
            whole.as_string()?.to_string().ok()
        })
    }

    fn as_bytes(&self, value: &Value<'js>) -> Option<Vec<u8>> {
        value.as_object()?.as_typed_array::<u8>().map(copied)
    }

    fn as_list(&self, value: &Value<'js>) -> Option<Vec<Value<'js>>> {
        value.as_array()?.iter().collect::<rquickjs::Result<_>>().ok()
    }

    fn get(&self, object: &Value<'js>, name: &str) -> Outcome<Value<'js>> {
        match object.as_object() {
            Some(object) => self.made(object.get(name)),
            None => Ok(self.nothing()),
        }
    }

    fn tool(&self, name: &str, args: Vec<Value<'js>>) -> Outcome<Value<'js>> {
        let Some((tools, _)) = &self.root else { return Ok(self.nothing()) };
        let called = tools.get::<_, Function<'_>>(name).and_then(|tool| {
            let mut given = Args::new(self.ctx.clone(), args.len());
            given.push_args(args)?;
            tool.call_arg(given)
        });
        self.made(called)
    }

    fn exports(&self) -> Value<'js> {
        self.root.as_ref().map_or_else(|| self.nothing(), |(_, exports)| exports.clone())
    }

    fn table(&self) -> &Table {
        &self.machine.table
    }

    fn handle(&self, number: u32, role: Role) -> Handle {
        Thing::handle(&self.machine, number, role)
    }

    fn own(&self, handle: &Handle) -> Option<u32> {
        handle.get::<Thing>().filter(|thing| thing.is_of(&self.machine)).map(|thing| thing.number)
    }

    fn settle(&self, value: Value<'js>) -> Outcome<Value<'js>> {
        if !value.is_object() {
            return Ok(value);
        }
        let kind = self.tool("kind", vec![value.clone()])?;
        if self.as_text(&kind).as_deref() != Some("promise") {
            return Ok(value);
        }
        let promise = self.tool("promise", vec![value])?;
        match promise.as_promise() {
            Some(promise) => self.wait(promise),
            None => Ok(promise),
        }
    }
}
