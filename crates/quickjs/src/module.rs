//! From a file of JavaScript to a host module. This file never knows how a value crosses.

use std::sync::Arc;

use amphi_core::javascript::{self, Engine as _, Failure, PRELUDE, PRELUDE_NAME};
use amphi_core::{Cx, Function, HostError, HostFunction, HostModule, Interface, Signature, Source, Value};
use rquickjs::Module;

use crate::World;
use crate::engine::Js;
use crate::globals;
use crate::machine::Machine;

/// Why a file is no host module; for the user.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Failed(String);

/// Runs a file and offers what it exports as the host module of that name, declared or not. It is one run's: what the
/// module keeps in its variables is there until the module is dropped.
///
/// # Errors
/// The file fails, or lacks what is declared.
pub fn module(name: &str, source: &Source, declared: Option<&Interface>, world: World) -> Result<HostModule, Failed> {
    let machine = Machine::new(world).map_err(|error| Failed(format!("the engine cannot start: {error}")))?;
    let interface = machine.enter(None, |js| start(js, name, source, declared));
    let interface = interface.unwrap_or_else(|| Err(Failed("the engine cannot be entered".to_owned())))?;
    let functions = interface.functions.clone();
    let builder = functions.into_iter().fold(HostModule::implement(interface), |builder, function| {
        let path = function.path();
        builder.boxed(&path, Box::new(Body { function, machine: machine.clone() }))
    });
    builder.build().map_err(|error| Failed(error.to_string()))
}

/// Runs the file, and tells what it offers.
fn start(js: &Js<'_>, name: &str, source: &Source, declared: Option<&Interface>) -> Result<Interface, Failed> {
    let told = |error: HostError| match error.traceback.trim_end() {
        "" => Failed(format!("{}: {error}", source.file)),
        traceback => Failed(format!("{}: {error}\n{traceback}", source.file)),
    };
    let mut js = Js::new(&js.ctx, &js.machine);
    if let Err(failure) = run(&mut js, source) {
        return Err(told(javascript::host_error(&js, failure)));
    }
    js.drain();
    match declared {
        None => javascript::infer(&js, name).map_err(told),
        Some(declared) => match javascript::missing(&js, declared).map_err(told)? {
            None => Ok(declared.clone()),
            Some(missing) => Err(Failed(format!("{}: {missing}", source.file))),
        },
    }
}

/// Evaluates the prelude and the file, and keeps what they export.
fn run<'js>(js: &mut Js<'js>, source: &Source) -> Result<(), Failure<rquickjs::Value<'js>>> {
    let prelude = Module::declare(js.ctx.clone(), PRELUDE_NAME, PRELUDE).and_then(|module| {
        let (module, promise) = module.eval()?;
        promise.finish::<()>()?;
        module.namespace()
    });
    let tools = prelude.map_err(|error| js.failed(error))?;
    // What the file throws while it runs is looked at with the prelude's tools.
    let nothing = js.nothing();
    js.keep(&tools, &nothing);
    let evaluated = globals::install(js, &tools).and_then(|()| {
        let file = source.file.replace('\0', "");
        Module::declare(js.ctx.clone(), file, source.text.as_str())?.eval()
    });
    let (module, promise) = evaluated.map_err(|error| js.failed(error))?;
    // A module may await at its top.
    js.settle(promise.into_value())?;
    let exports = module.namespace().map_err(|error| js.failed(error))?;
    js.keep(&tools, exports.as_value());
    Ok(())
}

/// One function.
struct Body {
    function: Function,
    machine: Arc<Machine>,
}

impl HostFunction for Body {
    fn signature(&self) -> &Signature {
        &self.function.signature
    }

    fn call(&self, cx: &mut Cx<'_>, args: Vec<Value>) -> Result<Value, HostError> {
        let called = self.machine.enter(Some(cx), |js| {
            let given = javascript::call(js, &self.function, args);
            js.drain();
            given
        });
        called.unwrap_or_else(|| Err(HostError::host("the engine cannot be entered")))
    }
}
