//! What a guest is told of an interface is what the interface says.

use amphi_core::Interface;
use amphi_core::{Described, HostError, HostModule, ModuleError, Registry};

/// Describes an interface to a guest and reads the description.
///
/// # Panics
/// The guest is told something else.
pub fn described(interface: Interface) {
    let functions = interface.functions.clone();
    let builder = functions.iter().fold(HostModule::implement(interface.clone()), |builder, function| {
        builder.body(&function.path(), |_, _| Err(HostError::host("it is never called")))
    });
    let mut registry = Registry::new();
    match builder.build().and_then(|module| registry.add(module)) {
        Ok(()) => {}
        Err(ModuleError::Name(_) | ModuleError::Twice(_)) => return,
        Err(error) => panic!("{error}"),
    }
    let description = registry.describe(&interface.name).expect("it was added");
    let told = Described::decode(&description).expect("what was described can be read");
    assert_eq!(told.functions.len(), functions.len());
    let mut wanted = interface;
    // Names at their source are not sent.
    for function in &mut wanted.functions {
        function.source_name.clone_from(&function.name);
    }
    assert_eq!(told.interface, wanted);
}
