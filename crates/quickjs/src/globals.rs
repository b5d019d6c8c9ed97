//! What a host module finds around it: the language, a console, timers, UTF-8. Nothing of the machine.

use std::sync::{Arc, Weak};

use amphi_core::javascript::{self, Failure, GLOBALS};
use rquickjs::{Array, Ctx, Function, Object, Result, TypedArray, Value};

use crate::engine::{Js, copied};
use crate::lent;
use crate::machine::Machine;

/// The classes of UTF-8, which QuickJS lacks; `amphi` has the two functions behind them.
const TEXT: &str = include_str!("text.js");

/// Gives the prelude what it needs of Rust, and the module's code what it may see.
pub(crate) fn install<'js>(js: &Js<'js>, tools: &Object<'js>) -> Result<()> {
    let ctx = &js.ctx;
    attach(ctx, &Arc::downgrade(&js.machine), tools)?;
    let globals = ctx.globals();
    let names: Vec<String> = globals.own_keys(rquickjs::Filter::new().string()).collect::<Result<_>>()?;
    for name in names.iter().filter(|name| !GLOBALS.contains(&name.as_str())) {
        globals.remove(name.as_str())?;
    }
    for name in ["console", "setTimeout", "clearTimeout"] {
        globals.set(name, tools.get::<_, Value<'_>>(name)?)?;
    }
    let classes: Function<'_> = ctx.eval(TEXT)?;
    let encode =
        Function::new(ctx.clone(), |ctx: Ctx<'js>, text: String| TypedArray::<u8>::new(ctx, text.into_bytes()))?;
    let decode =
        Function::new(ctx.clone(), |bytes: TypedArray<'js, u8>| String::from_utf8_lossy(&copied(&bytes)).into_owned())?;
    let classes: Object<'_> = classes.call((encode, decode))?;
    for name in ["TextEncoder", "TextDecoder"] {
        globals.set(name, classes.get::<_, Value<'_>>(name)?)?;
    }
    Ok(())
}

fn attach<'js>(ctx: &Ctx<'js>, machine: &Weak<Machine>, tools: &Object<'js>) -> Result<()> {
    let host = Object::new(ctx.clone())?;
    // The engine is owned by what holds these functions, which therefore do not own it.
    let of = machine.clone();
    let call = move |ctx: Ctx<'js>, number: u32, args: Array<'js>| -> Result<Value<'js>> {
        let Some(machine) = of.upgrade() else { return Ok(Value::new_undefined(ctx)) };
        let js = Js::new(&ctx, &machine);
        let args = args.iter().collect::<Result<Vec<Value<'_>>>>()?;
        lent::with_call(|cx| javascript::call_python(&js, cx, number, args))
            .map_err(|failure: Failure<_>| js.throw(failure))
    };
    host.set("call", Function::new(ctx.clone(), call)?)?;
    let of = machine.clone();
    let drop = move |number: u32| of.upgrade().map(|machine| machine.table.drop(number));
    host.set("drop", Function::new(ctx.clone(), move |number: u32| drop(number).unwrap_or_default())?)?;
    let of = machine.clone();
    let print = move |text: String| {
        if let Some(machine) = of.upgrade() {
            (machine.world.stderr)(text.as_bytes());
        }
    };
    host.set("print", Function::new(ctx.clone(), print)?)?;
    let of = machine.clone();
    let now = move || of.upgrade().map_or(0.0, |machine| machine.began.elapsed().as_secs_f64() * 1e3);
    host.set("now", Function::new(ctx.clone(), now)?)?;
    tools.get::<_, Function<'_>>("attach")?.call((host,))
}
