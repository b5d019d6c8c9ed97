//! A host module whose functions are Python, in a guest of its own beside the program's. This file owns how such a guest
//! is made one: started, asked, called; it never knows how a guest is entered.

use crate::abi::{GuestExport, SeenCall};
use crate::describe;
use crate::error::HostError;
use crate::handle::GuestId;
use crate::host::exports::Exports;
use crate::host::{Builder, Cx, HostFunction, HostModule};
use crate::types::{Interface, Signature};
use crate::value::Value;

/// Runs the file of a guest, whose program it is, and offers what it defines as the host module of that name.
///
/// A declared module is offered before its file runs, so that the file can import the declared types from it. One without
/// a declaration is what its public functions are by their type hints.
///
/// # Errors
/// The file fails, does not define what is declared, or defines what cannot be declared; the message is for the user.
pub fn start_python(
    cx: &mut Cx<'_>,
    guest: GuestId,
    name: &str,
    declared: Option<&Interface>,
) -> Result<(), HostError> {
    if let Some(interface) = declared {
        offer(cx, guest, interface.clone(), 0..)?;
    }
    let code = Exports::run(cx, guest)?;
    if code != 0 {
        return Err(HostError::host(format!("its Python ended with exit code {code}")));
    }
    let described = declared.map(|interface| describe::to_value(interface, 0)).unwrap_or_default();
    let (interface, numbers) = Exports::ask(cx, guest, vec![name.into(), described])?.into_parts();
    if declared.is_some() {
        return Ok(());
    }
    offer(cx, guest, Interface { name: name.to_owned(), ..interface }, numbers)
}

/// Offers an interface whose functions a guest knows by these numbers.
fn offer(
    cx: &mut Cx<'_>,
    guest: GuestId,
    interface: Interface,
    numbers: impl IntoIterator<Item = u32>,
) -> Result<(), HostError> {
    let bodies: Vec<(String, Body)> = interface
        .functions
        .iter()
        .zip(numbers)
        .map(|(function, number)| (function.path(), Body { signature: function.signature.clone(), guest, number }))
        .collect();
    let give = |builder: Builder, (path, body): (String, Body)| builder.boxed(&path, Box::new(body));
    let module = bodies.into_iter().fold(HostModule::implement(interface), give).build();
    let module = module.map_err(|error| HostError::host(error.to_string()))?;
    cx.with(guest, |calls, _| calls.registry_mut().add(module))?.map_err(|error| HostError::host(error.to_string()))
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
