//! What a Python guest exports with `@amphi.export`: found by name, held against its type hints. This file never knows
//! how a guest is entered.

use crate::abi::{GuestExport, SeenCall};
use crate::check;
use crate::describe::Described;
use crate::error::HostError;
use crate::handle::GuestId;
use crate::host::{Cx, se2};
use crate::names::closest;
use crate::outcome::Reply;
use crate::program::ExportCall;
use crate::types::{Function, Interface, Signature, low_half};
use crate::value::Value;
use crate::wave;

/// In the place of a number: an SE2 plugin's own export, which is the guest's and not Python's.
const PLUGIN: u32 = u32::MAX;

/// The functions that a guest exports, once its program has run.
#[derive(Debug, Clone)]
pub struct Exports {
    guest: GuestId,
    described: Described,
}

impl Exports {
    /// Runs the guest's program to its end, and asks what it exports; gives the program's exit code, too.
    ///
    /// # Errors
    /// The guest cannot serve, or what it exports cannot be declared; the message is for the user.
    pub fn serve(cx: &mut Cx<'_>, guest: GuestId) -> Result<(u32, Self), HostError> {
        Ok((Self::run(cx, guest)?, Self::of(cx, guest)?))
    }

    /// Runs the guest's program to its end; gives its exit code.
    pub(super) fn run(cx: &mut Cx<'_>, guest: GuestId) -> Result<u32, HostError> {
        let mut core = [0];
        cx.enter(guest, GuestExport::Serve, &mut core)?;
        Ok(low_half(core[0]))
    }

    /// Asks a guest whose program has run what it exports.
    ///
    /// # Errors
    /// What it exports cannot be declared; the message is for the user.
    pub fn of(cx: &mut Cx<'_>, guest: GuestId) -> Result<Self, HostError> {
        let mut exports = Self::ask(cx, guest, Vec::new())?;
        let run = se2::exported();
        if se2::speaks(cx)? && exports.function(&run.name).is_err() {
            let Described { interface, functions } = &mut exports.described;
            interface.functions.push(run);
            functions.push((PLUGIN, false));
        }
        Ok(exports)
    }

    /// The same for a guest behind a host module: `module` is its name and its declaration, see `_export.py`.
    pub(super) fn ask(cx: &mut Cx<'_>, guest: GuestId, module: Vec<Value>) -> Result<Self, HostError> {
        let description = cx.invoke(guest, GuestExport::Exports, None, module, None::<fn(&[Value]) -> SeenCall>)?;
        let described = Described::read(description)
            .map_err(|error| HostError::host(format!("what the guest exports cannot be read: {error}")))?;
        Ok(Self { guest, described })
    }

    /// What is exported, and the number of each function.
    pub(super) fn into_parts(self) -> (Interface, Vec<u32>) {
        let Described { interface, functions } = self.described;
        (interface, functions.into_iter().map(|(number, _)| number).collect())
    }

    /// What is exported.
    #[must_use]
    pub fn interface(&self) -> &Interface {
        &self.described.interface
    }

    /// The exported function of that name.
    ///
    /// # Errors
    /// `AttributeError`: there is none; the message says which there are.
    pub fn function(&self, name: &str) -> Result<&Function, HostError> {
        self.find(name).map(|(_, function)| function)
    }

    /// The same, with the number that the guest knows it by.
    fn find(&self, name: &str) -> Result<(u32, &Function), HostError> {
        let Described { interface: Interface { functions, .. }, functions: numbers } = &self.described;
        let found = numbers.iter().zip(functions).find(|(_, function)| function.name == name);
        found.map(|((number, _), function)| (*number, function)).ok_or_else(|| {
            let names: Vec<&str> = functions.iter().map(|function| function.name.as_str()).collect();
            let hint = match closest(name, names.iter().copied()) {
                Some(close) => format!("did you mean {close}?"),
                None if names.is_empty() => {
                    "nothing is; write @amphi.export before a function of the script".to_owned()
                }
                None => format!("these are: {}", names.join(", ")),
            };
            HostError::new("AttributeError", format!("{name} is not exported; {hint}"))
        })
    }

    /// Calls an exported function.
    ///
    /// # Errors
    /// What [`check::arguments`] finds, and what the function raises, with its traceback.
    pub fn call(&self, cx: &mut Cx<'_>, name: &str, args: Vec<Value>) -> Result<Value, HostError> {
        let (number, function) = self.find(name)?;
        let interface = &self.described.interface.name;
        let args = check::arguments(interface, function, args)?;
        let seen = |args: &[Value]| SeenCall::exported(function, args);
        if number == PLUGIN {
            return self.run_plugin(cx, &args, seen);
        }
        let value = cx.invoke(self.guest, GuestExport::CallExport, Some(number), args, Some(seen))?;
        check::result(interface, function, value)
    }

    /// Has an SE2 plugin work on a text.
    fn run_plugin(
        &self,
        cx: &mut Cx<'_>,
        args: &[Value],
        seen: impl FnOnce(&[Value]) -> SeenCall,
    ) -> Result<Value, HostError> {
        let [Value::Str(payload)] = args else { return Err(HostError::host("arguments are checked first")) };
        let seen = cx.crossing().watch().map(|begin_ns| (begin_ns, seen(args)));
        let result = se2::se2_run(cx, self.guest, payload.as_bytes()).and_then(|result| {
            let text = String::from_utf8(result).map_err(|_| HostError::host("the plugin's result is not UTF-8"));
            text.map(Value::Str)
        });
        if let Some((begin_ns, seen)) = seen {
            cx.crossing().tell(seen.end(result.as_ref()), begin_ns);
        }
        result
    }

    /// The same in text: arguments and result as [`wave`] has them. What was raised is told with its traceback.
    pub fn call_text(&self, cx: &mut Cx<'_>, call: &ExportCall) -> Reply {
        let told = |error: HostError| match error.traceback.trim_end() {
            "" => error.to_string(),
            traceback => traceback.to_owned(),
        };
        let function = self.function(&call.name).map_err(told)?;
        let Signature { params, result } = &function.signature;
        let args = call.args.iter().enumerate().map(|(at, text)| match params.get(at) {
            Some(param) => {
                wave::parse(text, &param.ty).map_err(|why| format!("{}() argument '{}': {why}", call.name, param.name))
            }
            // The check of arguments says it better.
            None => Ok(Value::None),
        });
        let args = args.collect::<Result<Vec<Value>, String>>()?;
        let value = self.call(cx, &call.name, args).map_err(told)?;
        Ok(result.as_ref().map_or_else(String::new, |ty| wave::to_text(&value, ty)))
    }
}
