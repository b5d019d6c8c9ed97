//! A host module whose functions are Python, in a guest of its own beside the program's. This file owns how such a guest
//! is made one: started, asked, called; it never knows how a guest is entered.

use crate::abi::{GuestExport, SeenCall};
use crate::describe;
use crate::error::HostError;
use crate::guest::{Entry, Guest};
use crate::handle::GuestId;
use crate::host::exports::Exports;
use crate::host::{Builder, Cx, HostFunction, HostModule, Registry};
use crate::program::Program;
use crate::types::{Interface, Signature};
use crate::value::Value;

/// Offers a declared host module in Python. All are offered before any of their files runs, so that a file can import the
/// declared types of its own module and of others.
///
/// # Errors
/// Its name is taken.
pub fn offer_python(registry: &mut Registry, guest: GuestId, declared: &Interface) -> Result<(), HostError> {
    let module = module(guest, declared.clone(), 0..)?;
    registry.add(module).map_err(|error| HostError::host(error.to_string()))
}

/// Runs the file of a guest, whose program it is, and offers what it defines as the host module of that name.
///
/// A declared module is offered already. One without a declaration is what its public functions are by their type hints.
///
/// # Errors
/// The file fails, does not define what is declared, or defines what cannot be declared; the message is for the user.
pub fn start_python(
    cx: &mut Cx<'_>,
    guest: GuestId,
    name: &str,
    declared: Option<&Interface>,
) -> Result<(), HostError> {
    let code = Exports::run(cx, guest)?;
    if code != 0 {
        return Err(HostError::host(format!("its Python ended with exit code {code}")));
    }
    let (inferred, next) = ask(cx, guest, name, declared, 0, None)?;
    if let Some(module) = inferred {
        add(cx, guest, module)?;
    }
    cx.with(guest, |calls, _| calls.python.push(PythonHost { name: name.to_owned(), guest, next }))
}

/// Runs the file of a host module's guest once more, as this program has it, and puts what it defines in the place of what
/// it defined. If that fails, what was there stays.
///
/// # Errors
/// As [`start_python`], or no guest runs for that host module: in words, with the traceback if there is one.
pub fn renew_python(
    cx: &mut Cx<'_>,
    name: &str,
    program: &Program,
    declared: Option<&Interface>,
) -> Result<(), String> {
    renew(cx, name, program, declared).map_err(|error| match error.traceback.trim_end() {
        "" => error.message,
        traceback => traceback.to_owned(),
    })
}

fn renew(cx: &mut Cx<'_>, name: &str, program: &Program, declared: Option<&Interface>) -> Result<(), HostError> {
    let file = match &program.guest {
        Guest::Python { entry: Entry::Script(file), .. } => program.files.get(file),
        Guest::Python { .. } | Guest::Wasm(_) => None,
    };
    let text = file.and_then(|bytes| str::from_utf8(&bytes.0).ok());
    let text = text.ok_or_else(|| HostError::host("it has no file of Python"))?;
    let found = cx.with(GuestId::PROGRAM, |calls, _| {
        let host = calls.python.iter().find(|host| host.name == name)?;
        Some((host.guest, host.next, calls.registry().clone()))
    })?;
    let missing = || HostError::host("it was not Python in a guest of its own when the run began");
    let (guest, first, before) = found.ok_or_else(missing)?;
    let put = |cx: &mut Cx<'_>, module| cx.with(guest, |calls, _| calls.registry_mut().replace(module)).map(|_| ());
    if let Some(interface) = declared {
        // It is offered before the file runs, which may import the declared types.
        put(cx, module(guest, interface.clone(), first..)?)?;
    }
    match ask(cx, guest, name, declared, first, Some(text)) {
        Ok((inferred, next)) => {
            if let Some(module) = inferred {
                put(cx, module)?;
            }
            cx.with(guest, |calls, _| {
                if let Some(host) = calls.python.iter_mut().find(|host| host.name == name) {
                    host.next = next;
                }
            })
        }
        Err(error) => {
            if declared.is_some() {
                cx.with(guest, |calls, _| calls.registry_mut().restore(before))?;
            }
            Err(error)
        }
    }
}

/// What a person is told of a host module that cannot take another's place.
#[must_use]
pub fn not_renewed(name: &str, reason: &str) -> String {
    let apart = if reason.contains('\n') { "\n" } else { " " };
    format!("the host module {name} stays as it was:{apart}{reason}")
}

/// A host module in Python that runs.
pub(crate) struct PythonHost {
    name: String,
    guest: GuestId,
    /// The number that its next function will have in the guest; those before stay what they are.
    next: u32,
}

/// Asks a guest what it defines, as another text if there is one: a module of that if none is declared, and the number
/// after the last. Functions are numbered from `first`.
fn ask(
    cx: &mut Cx<'_>,
    guest: GuestId,
    name: &str,
    declared: Option<&Interface>,
    first: u32,
    text: Option<&str>,
) -> Result<(Option<HostModule>, u32), HostError> {
    let described = declared.map(|interface| describe::to_value(interface, first)).unwrap_or_default();
    let text = text.map_or(Value::None, Value::from);
    let (interface, numbers) = Exports::ask(cx, guest, vec![name.into(), described, first.into(), text])?.into_parts();
    let next = numbers.iter().max().map_or(first, |last| last.saturating_add(1));
    if declared.is_some() {
        return Ok((None, next));
    }
    Ok((Some(module(guest, Interface { name: name.to_owned(), ..interface }, numbers)?), next))
}

fn add(cx: &mut Cx<'_>, guest: GuestId, module: HostModule) -> Result<(), HostError> {
    cx.with(guest, |calls, _| calls.registry_mut().add(module))?.map_err(|error| HostError::host(error.to_string()))
}

/// A module of an interface whose functions a guest knows by these numbers.
fn module(
    guest: GuestId,
    interface: Interface,
    numbers: impl IntoIterator<Item = u32>,
) -> Result<HostModule, HostError> {
    let bodies: Vec<(String, Body)> = interface
        .functions
        .iter()
        .zip(numbers)
        .map(|(function, number)| (function.path(), Body { signature: function.signature.clone(), guest, number }))
        .collect();
    let give = |builder: Builder, (path, body): (String, Body)| builder.boxed(&path, Box::new(body));
    let module = bodies.into_iter().fold(HostModule::implement(interface), give).build();
    module.map_err(|error| HostError::host(error.to_string()))
}

/// One function in a guest.
struct Body {
    signature: Signature,
    guest: GuestId,
    number: u32,
}

impl HostFunction for Body {
    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn call(&self, cx: &mut Cx<'_>, args: Vec<Value>) -> Result<Value, HostError> {
        // Whoever calls the host function tells of the call already.
        cx.invoke(self.guest, GuestExport::CallExport, Some(self.number), args, None::<fn(&[Value]) -> SeenCall>)
    }
}
