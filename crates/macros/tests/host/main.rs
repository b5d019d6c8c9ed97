//! Host functions as users write them: called with values and with slots, through a module as a run has it. Each file
//! has its functions and their tests.
#![allow(clippy::expect_used, reason = "a test says what it expected")]

mod declarations;
mod functions;
mod resources;
mod run;
mod types;

use amphi_core::{HostFn, HostModule};

/// A module of all functions and the resource.
fn module() -> HostModule {
    let functions: [fn() -> HostFn; 20] = [
        functions::demo::host,
        functions::scalars::host,
        functions::nothing::host,
        functions::answer::host,
        functions::divide::host,
        functions::explode::host,
        functions::greet::host,
        functions::parse::host,
        functions::pairs::host,
        functions::any::host,
        functions::rust_name::host,
        functions::r#in::host,
        types::norm::host,
        functions::through::host,
        types::redraw::host,
        types::color::host,
        types::swap::host,
        types::apply::host,
        resources::keep::host,
        functions::local(),
    ];
    let builder = HostModule::builder("demo").resource::<resources::Counter>();
    let builder = functions.iter().fold(builder, |builder, function| builder.host(function()));
    builder.build().expect("a module")
}
