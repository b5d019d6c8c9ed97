//! The plugin ABI of Suborbital's SE2: a guest that exports `allocate(size)`, `deallocate(ptr, size)` and
//! `run_e(ptr, len, ident)`, and answers through `env.return_result(ptr, len, ident)` and
//! `env.return_error(code, ptr, len, ident)`. This file owns whose answer is whose; it never knows how a guest is entered.
//!
//! A call has a number of its own, so that calls may nest; what is answered is copied before the plugin goes on.

use std::collections::BTreeMap;

use crate::abi::GuestExport;
use crate::error::HostError;
use crate::handle::GuestId;
use crate::host::{Cx, HostModule, ModuleError};
use crate::types::{CoreType, Function, Interface, Place, Scalar, Signature, Type, low_half};
use crate::value::Value;

/// The import module of a plugin's answers.
const MODULE: &str = "env";
/// The functions of it.
const ANSWERS: [&str; 2] = ["return_result", "return_error"];
/// The export that has a plugin work.
const RUN: &str = "run_e";
const DOCS: &str = "What an SE2 plugin answers with.";

/// What plugins have answered to the calls under way.
#[derive(Debug, Default)]
pub(crate) struct Answers {
    last: u32,
    open: BTreeMap<u32, Option<Answer>>,
}

/// A result, or a code and what it is about.
type Answer = Result<Vec<u8>, (i32, Vec<u8>)>;

impl Answers {
    fn begin(&mut self) -> u32 {
        // A call that is under way keeps its number even after four thousand million others.
        loop {
            self.last = self.last.wrapping_add(1);
            if !self.open.contains_key(&self.last) {
                self.open.insert(self.last, None);
                return self.last;
            }
        }
    }

    fn put(&mut self, ident: u32, answer: Answer) -> Result<(), HostError> {
        let place = self.open.get_mut(&ident);
        let place =
            place.ok_or_else(|| HostError::value_error(format!("the plugin answers {ident}, which nobody asked")))?;
        // A plugin that answers twice means the last.
        *place = Some(answer);
        Ok(())
    }
}

/// The core types of an import through which plugins answer; none for any other.
#[must_use]
pub fn se2_import(module: &str, name: &str) -> Option<(Vec<CoreType>, Vec<CoreType>)> {
    let functions = if module == MODULE { interface().functions } else { Vec::new() };
    functions.iter().find(|function| function.source_name == name)?.core().ok()
}

/// What the host module of plugins' answers offers. A guest that imports one of its functions is a plugin.
pub(crate) fn interface() -> Interface {
    let u32 = || Type::Scalar(Scalar::U32);
    let function = |name: &str, signature: Signature, docs: &str| Function {
        name: name.to_owned(),
        source_name: name.to_owned(),
        docs: docs.to_owned(),
        signature,
        place: Place::Free,
    };
    let [result, error] = ANSWERS;
    Interface {
        name: MODULE.to_owned(),
        docs: DOCS.to_owned(),
        functions: vec![
            function(
                result,
                Signature::new().param("result", Type::Bytes).param("ident", u32()),
                "The result of the call of that number.",
            ),
            function(
                error,
                Signature::new().param("code", Scalar::S32).param("message", Type::Bytes).param("ident", u32()),
                "The call of that number failed.",
            ),
        ],
        types: Vec::new(),
    }
}

/// The host module by which plugins answer.
///
/// # Errors
/// None: its functions are those of its interface.
pub fn se2_module() -> Result<HostModule, ModuleError> {
    let [result, error] = ANSWERS;
    HostModule::implement(interface())
        .body(result, |cx, args| match <[Value; 2]>::try_from(args) {
            Ok([Value::Bytes(result), Value::Int(ident)]) => answer(cx, ident, Ok(result)),
            _ => Err(unchecked()),
        })
        .body(error, |cx, args| match <[Value; 3]>::try_from(args) {
            Ok([Value::Int(code), Value::Bytes(message), Value::Int(ident)]) => {
                let code = i32::try_from(code).map_err(|_| unchecked())?;
                answer(cx, ident, Err((code, message)))
            }
            _ => Err(unchecked()),
        })
        .build()
}

fn answer(cx: &mut Cx<'_>, ident: i64, answer: Answer) -> Result<Value, HostError> {
    let ident = u32::try_from(ident).map_err(|_| unchecked())?;
    cx.with(GuestId::PROGRAM, |calls, _| calls.answers.put(ident, answer))?.map(|()| Value::None)
}

fn unchecked() -> HostError {
    HostError::host("arguments are checked first")
}

/// The function that a plugin is called by, as one that a script exports.
pub(crate) fn exported() -> Function {
    Function {
        name: RUN.to_owned(),
        source_name: RUN.to_owned(),
        docs: "Has the plugin work on a text (SE2).".to_owned(),
        signature: Signature::new().param("payload", Type::String).returns(Type::String),
        place: Place::Free,
    }
}

/// Whether a run's plugins answer to this host.
pub(crate) fn speaks(cx: &mut Cx<'_>) -> Result<bool, HostError> {
    let found = |interface: &Interface| interface.name == MODULE && interface.docs == DOCS;
    cx.with(GuestId::PROGRAM, |calls, _| calls.registry().interfaces().any(found))
}

/// Has a plugin work on a payload: any bytes, and any come back. May be called by a host function that a plugin calls.
///
/// # Errors
/// What the plugin returns as its error, with the traceback if it has one; it is no plugin, gives no answer, or ended.
pub fn se2_run(cx: &mut Cx<'_>, guest: GuestId, payload: &[u8]) -> Result<Vec<u8>, HostError> {
    let ident = cx.with(guest, |calls, _| calls.deeper().map(|()| calls.answers.begin()))??;
    let sent = send(cx, guest, payload, ident);
    let answer = cx.with(guest, |calls, _| {
        calls.shallower();
        calls.answers.open.remove(&ident).flatten()
    });
    sent?;
    match answer? {
        Some(Ok(result)) => Ok(result),
        Some(Err((code, message))) => Err(failed(code, &message)),
        None => Err(HostError::host("the plugin returned neither a result nor an error")),
    }
}

fn send(cx: &mut Cx<'_>, guest: GuestId, payload: &[u8], ident: u32) -> Result<(), HostError> {
    let length = payload.len() as u64;
    let mut core = [length];
    cx.enter(guest, GuestExport::Allocate, &mut core)?;
    let at = low_half(core[0]);
    if at == 0 {
        return Err(HostError::new("MemoryError", format!("the plugin has no room for a payload of {length} bytes")));
    }
    let written = cx.with(guest, |_, memory| memory.write(at, payload))?;
    written.map_err(|_| HostError::host("the plugin's room for the payload is outside its memory"))?;
    let ran = cx.enter(guest, GuestExport::Run, &mut [at.into(), length, ident.into()]);
    // What it was given goes back whatever became of the call, unless the plugin has ended.
    ran.and_then(|()| cx.enter(guest, GuestExport::Deallocate, &mut [at.into(), length]))
}

/// A message of several lines is a traceback, whose last line says it all.
fn failed(code: i32, message: &[u8]) -> HostError {
    let text = String::from_utf8_lossy(message);
    let text = text.trim_end();
    let last = text.lines().next_back().unwrap_or_default();
    let mut error = HostError::host(format!("the plugin failed with code {code}: {last}"));
    if text.lines().nth(1).is_some() {
        error.traceback = format!("{text}\n");
    }
    error
}
