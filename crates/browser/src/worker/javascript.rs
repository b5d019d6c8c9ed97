//! Host modules in JavaScript, run by the worker's own engine: its values made and looked at, as core sees an engine. What
//! they mean is core's. Which names a module finds around it is `javascript.js`'s.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use amphi_core::javascript::names::spellings;
use amphi_core::javascript::{self, Engine, Failure, GLOBALS, Outcome, PRELUDE, PRELUDE_NAME, Role, Table};
use amphi_core::{
    Cx, Exit, Function, Handle, HostError, HostFunction, HostModule, Interface, Limit, Place, Registry, Scalar,
    Signature, Source, Type, Value, check,
};
use js_sys::{Array, Int32Array, Promise, Reflect, Uint8Array};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast as _, JsValue};
use wasm_bindgen_futures::JsFuture;

use super::crossing::Worker;
use super::{promise, run};
use crate::Control;

#[wasm_bindgen(module = "/src/javascript.js")]
extern "C" {
    fn load(prelude: &str, name: &str, text: &str, allowed: Vec<String>, host: &JsValue) -> Promise;
}

#[wasm_bindgen(module = "/src/flat.js")]
extern "C" {
    fn flat_drop();
    fn flat_function(exports: &JsValue, names: Vec<String>, params: &str, result: &str) -> u32;
    fn flat_call(number: u32, slots: *mut u64) -> u32;
    fn flat_given() -> JsValue;
    fn flat_straight(indices: Vec<u32>, numbers: Vec<u32>, letter: &Int32Array);
    pub(super) fn flat_under_way() -> bool;
    fn flat_entered();
}

thread_local! {
    /// The host modules of the run, by number.
    static MACHINES: RefCell<Vec<Option<Rc<Machine>>>> = const { RefCell::new(Vec::new()) };
    /// Which run it is: a module that is still loaded when that is over is for nobody.
    static RUNS: Cell<u32> = const { Cell::new(0) };
    /// Calls of Python's into JavaScript that are under way.
    static CALLS: Cell<u32> = const { Cell::new(0) };
}

/// One host module.
struct Machine {
    /// What the prelude exports.
    tools: JsValue,
    /// What the module exports.
    exports: JsValue,
    table: Rc<Table>,
    /// What the prelude calls.
    _host: [JsValue; 3],
}

/// Forgets the host modules of the run before.
pub(super) fn forget() {
    promise::forget();
    flat_drop();
    CALLS.set(0);
    MACHINES.take();
    RUNS.set(RUNS.get().wrapping_add(1));
}

/// Evaluates a file, and offers what it exports as the host module of that name.
///
/// # Errors
/// In words: the file fails, or lacks what is declared.
pub(super) async fn module(name: &str, source: &Source, declared: Option<&Interface>) -> Result<HostModule, String> {
    let run = RUNS.get();
    let number = MACHINES.with_borrow_mut(|machines| {
        machines.push(None);
        machines.len() - 1
    });
    let told = |error: HostError| match error.traceback.trim_end() {
        "" => format!("The host module {name}: {}: {error}", source.file),
        traceback => format!("The host module {name}: {}: {error}\n{traceback}", source.file),
    };
    let table = Rc::new(Table::default());
    let functions = functions(number, &table);
    let host = js_sys::Object::new();
    for (key, function) in ["call", "drop", "print"].into_iter().zip(&functions) {
        set(&host, key, function);
    }
    set(&host, "name", &PRELUDE_NAME.into());
    let allowed = GLOBALS.iter().map(|name| (*name).to_owned()).collect();
    // The name stands in a comment of one line.
    let file = source.file.replace(char::is_control, "");
    let loaded = JsFuture::from(load(PRELUDE, &file, &source.text, allowed, &host)).await;
    let loaded = loaded.map_err(|error| format!("The host module {name} cannot run: {}.", crate::words(&error)))?;
    let part = |key: &str| Reflect::get(&loaded, &key.into()).unwrap_or_default();
    let machine = Machine { tools: part("tools"), exports: part("exports"), table, _host: functions };
    let js = Js(Rc::new(machine), number);
    let error = part("error");
    if js.0.exports.is_undefined() {
        return Err(told(javascript::host_error(&js, Failure::Thrown(error))));
    }
    if RUNS.get() != run {
        return Err(format!("The host module {name} was loaded too late."));
    }
    MACHINES.with_borrow_mut(|machines| {
        if let Some(place) = machines.get_mut(number) {
            *place = Some(Rc::clone(&js.0));
        }
    });
    let interface = match declared {
        None => javascript::infer(&js, name).map_err(told)?,
        Some(declared) => match javascript::missing(&js, declared).map_err(told)? {
            None => declared.clone(),
            Some(missing) => return Err(format!("The host module {name}: {}: {missing}", source.file)),
        },
    };
    let functions = interface.functions.clone();
    let builder = functions.into_iter().fold(HostModule::implement(interface), |builder, function| {
        let path = function.path();
        let flat = flat(&js.0.exports, &function);
        builder.boxed(&path, Box::new(Body { module: name.to_owned(), function, machine: number, flat }))
    });
    builder.build().map_err(|error| error.to_string())
}

/// Has the program's guest call functions with nothing of Rust in between, while no host module waits to take the place of
/// another.
pub(super) fn go_straight(registry: &Registry, control: Option<&Control>) {
    let (indices, numbers) = registry.straight().unzip();
    let letter = control.map_or_else(|| Int32Array::new_with_length(1), Control::letter_word);
    flat_straight(indices, numbers, &letter);
}

/// Has every call go through core again.
pub(super) fn stop_short() {
    flat_straight(Vec::new(), Vec::new(), &Int32Array::new_with_length(1));
}

fn set(object: &js_sys::Object, key: &str, value: &JsValue) {
    // A fresh object takes every property.
    let _ = Reflect::set(object, &key.into(), value);
}

/// What the prelude calls: `call`, `drop` and `print`. They live as long as JavaScript holds them.
fn functions(number: usize, table: &Rc<Table>) -> [JsValue; 3] {
    let call = move |thing: u32, args: Array| -> Result<JsValue, JsValue> {
        let Some(js) = Js::of(number) else { return Ok(JsValue::UNDEFINED) };
        let mut worker = Worker;
        let mut cx = Cx::new(&mut worker);
        flat_entered();
        // While the guest is suspended for a promise, what follows it may call Python.
        let cx = (CALLS.get() > 0 || flat_under_way() || promise::is_waited()).then_some(&mut cx);
        // A call that was made straight is not counted yet, and what is called below it cannot wait.
        let under_way = CALLS.replace(CALLS.get() + 1);
        let given = javascript::call_python(&js, cx, thing, args.to_vec());
        CALLS.set(under_way);
        given.map_err(|failure| match failure {
            Failure::Thrown(thrown) => thrown,
            Failure::Host(error) => JsValue::from_str(&error.to_string()),
        })
    };
    let table = Rc::clone(table);
    let drop = move |thing: u32| {
        flat_entered();
        Table::drop(&table, thing)
    };
    let print = |text: String| {
        flat_entered();
        // Before its run a module has nobody to tell.
        let _ = run::with(|run| {
            if !run.output.borrow_mut().write(true, text.as_bytes(), run.clock.now_ms()) {
                run.ended(Exit::Limit(Limit::Output));
            }
        });
    };
    [
        Closure::wrap(Box::new(call) as Box<dyn Fn(u32, Array) -> Result<JsValue, JsValue>>).into_js_value(),
        Closure::wrap(Box::new(drop) as Box<dyn Fn(u32)>).into_js_value(),
        Closure::wrap(Box::new(print) as Box<dyn Fn(String)>).into_js_value(),
    ]
}

/// One function of a host module.
struct Body {
    module: String,
    function: Function,
    machine: usize,
    /// Its number where it can be called with slots.
    flat: Option<u32>,
}

/// The number of a function whose types are all such that `flat.js` knows their values.
fn flat(exports: &JsValue, function: &Function) -> Option<u32> {
    let known =
        |ty: &Type| ty.scalar().filter(|scalar| !matches!(scalar, Scalar::F32 | Scalar::Char)).map(Scalar::name);
    let Signature { params, result } = &function.signature;
    let params: Option<Vec<&str>> = params.iter().map(|param| known(&param.ty)).collect();
    let (params, result) = (params?.join(" "), result.as_ref().map_or(Some(""), known)?);
    let [camel, snake] = spellings(&function.name);
    let names = vec![function.source_name.clone(), camel, snake];
    (function.place == Place::Free).then(|| flat_function(exports, names, &params, result))
}

impl HostFunction for Body {
    fn signature(&self) -> &Signature {
        &self.function.signature
    }

    fn call(&self, _: &mut Cx<'_>, args: Vec<Value>) -> Result<Value, HostError> {
        let given = |js: &Js| javascript::invoke(js, &self.function, args);
        let result = self.function.signature.result.clone();
        entered(self.machine, given, move |js, given| javascript::conclude(js, result.as_ref(), given))
    }

    fn straight(&self) -> Option<u32> {
        self.flat
    }

    fn call_flat(&self, _: &mut Cx<'_>, slots: &mut [u64]) -> Option<Result<(), HostError>> {
        const DONE: u32 = 0;
        const GAVE: u32 = 1;
        let number = self.flat?;
        let under_way = CALLS.get();
        CALLS.set(under_way + 1);
        let outcome = flat_call(number, slots.as_mut_ptr());
        CALLS.set(under_way);
        if outcome == DONE {
            return Some(Ok(()));
        }
        let given = flat_given();
        let given = if outcome == GAVE { Ok(given) } else { Err(Failure::Thrown(given)) };
        let result = self.function.signature.result.clone();
        let value = entered(self.machine, |_| given, move |js, given| javascript::conclude(js, result.as_ref(), given));
        Some(value.and_then(|value| {
            let value = check::result(&self.module, &self.function, value)?;
            let scalar = self.function.signature.result.as_ref().and_then(Type::scalar);
            if let (Some(scalar), Some(slot)) = (scalar, slots.first_mut()) {
                // A checked value of a scalar type always has a slot.
                *slot = scalar.slot(&value).unwrap_or_default();
            }
            Ok(())
        }))
    }
}

/// Calls into a host module while Python waits for it. What it gives may be a promise: then the call stays open, if the
/// guest can be suspended, and what this gives means nothing.
fn entered(
    machine: usize,
    call: impl FnOnce(&Js) -> Outcome<JsValue>,
    conclude: impl FnOnce(&Js, Outcome<JsValue>) -> Result<Value, HostError> + 'static,
) -> Result<Value, HostError> {
    let gone = || HostError::host("the host module of this function is gone");
    let js = Js::of(machine).ok_or_else(gone)?;
    let outermost = CALLS.get() == 0;
    CALLS.set(CALLS.get() + 1);
    let given = call(&js);
    let done = match given.as_ref().ok().and_then(|given| js.promise(given)) {
        Some(promise) if outermost && promise::can_wait() => {
            let conclude = move |given| conclude(&Js::of(machine).ok_or_else(gone)?, given);
            promise::wait(&promise, Box::new(conclude));
            Ok(Value::None)
        }
        Some(_) => conclude(&js, given.and_then(|given| js.settle(given))),
        None => conclude(&js, given),
    };
    CALLS.set(CALLS.get() - 1);
    done
}

/// A thing of JavaScript that Python holds, by the number that the prelude has it under.
struct Thing {
    machine: usize,
    number: u32,
}

impl Drop for Thing {
    fn drop(&mut self) {
        if let Some(js) = Js::of(self.machine) {
            // Where it fails nothing is held.
            let _ = js.tool("release", vec![self.number.into()]);
        }
    }
}

/// A host module as core sees an engine.
struct Js(Rc<Machine>, usize);

impl Js {
    fn of(number: usize) -> Option<Self> {
        let machine = MACHINES.try_with(|machines| machines.borrow().get(number).cloned().flatten()).ok()??;
        Some(Self(machine, number))
    }

    /// The promise it is, if it is one or behaves like one.
    fn promise(&self, value: &JsValue) -> Option<Promise> {
        if !value.is_object() && !value.is_function() {
            return None;
        }
        let kind = self.tool("kind", vec![value.clone()]).ok()?;
        if kind.as_string().as_deref() != Some("promise") {
            return None;
        }
        self.tool("promise", vec![value.clone()]).ok()?.dyn_into().ok()
    }
}

impl Engine for Js {
    type Value = JsValue;

    fn nothing(&self) -> JsValue {
        JsValue::UNDEFINED
    }

    fn truth(&self, truth: bool) -> JsValue {
        truth.into()
    }

    fn number(&self, number: f64) -> JsValue {
        number.into()
    }

    fn text(&self, text: &str) -> Outcome<JsValue> {
        Ok(text.into())
    }

    fn bytes(&self, bytes: &[u8]) -> Outcome<JsValue> {
        Ok(Uint8Array::from(bytes).into())
    }

    fn list(&self, items: Vec<JsValue>) -> Outcome<JsValue> {
        Ok(items.into_iter().collect::<Array>().into())
    }

    fn as_truth(&self, value: &JsValue) -> Option<bool> {
        value.as_bool()
    }

    fn as_number(&self, value: &JsValue) -> Option<f64> {
        value.as_f64()
    }

    fn as_text(&self, value: &JsValue) -> Option<String> {
        value.as_string()
    }

    fn as_bytes(&self, value: &JsValue) -> Option<Vec<u8>> {
        value.dyn_ref::<Uint8Array>().map(Uint8Array::to_vec)
    }

    fn as_list(&self, value: &JsValue) -> Option<Vec<JsValue>> {
        value.dyn_ref::<Array>().map(Array::to_vec)
    }

    fn get(&self, object: &JsValue, name: &str) -> Outcome<JsValue> {
        if !object.is_object() && !object.is_function() {
            return Ok(JsValue::UNDEFINED);
        }
        Reflect::get(object, &name.into()).map_err(Failure::Thrown)
    }

    fn tool(&self, name: &str, args: Vec<JsValue>) -> Outcome<JsValue> {
        let tool = Reflect::get(&self.0.tools, &name.into()).map_err(Failure::Thrown)?;
        let args: Array = args.into_iter().collect();
        tool.unchecked_ref::<js_sys::Function>().apply(&JsValue::UNDEFINED, &args).map_err(Failure::Thrown)
    }

    fn exports(&self) -> JsValue {
        self.0.exports.clone()
    }

    fn table(&self) -> &Table {
        &self.0.table
    }

    fn handle(&self, number: u32, role: Role) -> Handle {
        let thing = Thing { machine: self.1, number };
        match role {
            Role::Resource(name) => Handle::new(&name, thing),
            Role::Callable(declared) => Handle::callable_of(thing, move |thing, _, args| {
                let (to, number) = (declared.clone(), thing.number);
                let given = |js: &Js| javascript::invoke_function(js, number, declared.as_deref(), args);
                entered(thing.machine, given, move |js, given| javascript::conclude_function(js, to.as_deref(), given))
            }),
        }
    }

    fn own(&self, handle: &Handle) -> Option<u32> {
        handle.get::<Thing>().filter(|thing| thing.machine == self.1).map(|thing| thing.number)
    }

    fn settle(&self, value: JsValue) -> Outcome<JsValue> {
        match self.promise(&value) {
            None => Ok(value),
            Some(_) => Err(HostError::new("RuntimeError", "this browser cannot wait for a promise here").into()),
        }
    }
}
