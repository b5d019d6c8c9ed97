//! What page and worker say to each other, as JavaScript arrays: a name, then its parts.
//!
//! Bytes and modules travel as what they are, never inside JSON. This file must never know what a side does with them.

use js_sys::{Array, Uint8Array};
use wasm_bindgen::{JsCast as _, JsValue};

/// From the page to a worker.
#[derive(Debug, Clone)]
pub(crate) enum ToWorker {
    /// What does not depend on a program: sent once, first.
    Prepare {
        /// [`crate::wait::name`].
        wait: String,
        /// The memory of [`crate::Control`], where the way to wait is `shared`.
        control: JsValue,
        /// python.wasm, compiled; undefined for the worker that loads it, and where it could not be loaded.
        module: JsValue,
    },
    /// The standard library's zip; over shared memory where there is some, so that it is not copied.
    Library(Uint8Array),
    /// Runs a program.
    Start {
        /// A prepared program, as JSON.
        program: String,
        /// True when a person reads stdout as it comes.
        terminal: bool,
        /// The guest, compiled, when it is not Python; else undefined.
        module: JsValue,
        /// True when the guest stays once its program has run, if it exports anything.
        stays: bool,
    },
    /// Calls what a guest that stays exports: an [`amphi_core::ExportCall`] as JSON.
    Call(String),
    /// A guest that stays is called no more.
    Leave,
    /// Input bytes, where memory is not shared.
    Stdin(Uint8Array),
    /// No more input, where memory is not shared.
    StdinEnd,
    /// A signal number, where memory is not shared.
    Signal(u32),
    /// Host modules that take the places of others, where memory is not shared: a JSON list of prepared ones.
    Renew(String),
}

/// From a worker to the page.
#[derive(Debug, Clone)]
pub(crate) enum ToPage {
    /// python.wasm is compiled: a `WebAssembly.Module` for the other workers. From the worker that loads it.
    Python(JsValue),
    /// python.wasm cannot be had; in words. From the worker that loads it.
    NoPython(String),
    /// The worker is ready for `Start`: a fresh guest is there.
    Ready,
    /// Bytes the guest wrote, in order.
    Output {
        /// True for stderr.
        stderr: bool,
        /// At least one byte.
        bytes: Uint8Array,
    },
    /// Records of the guest's calls, in order and whole.
    Trace(Uint8Array),
    /// The guest waits for input.
    Waiting,
    /// The program has run, and its guest stays: what can be called, an [`amphi_core::Interface`] as JSON.
    Serves(String),
    /// What a call of an export came to: an [`amphi_core::Reply`] as JSON.
    Reply(String),
    /// The run is over: its [`amphi_core::Outcome`] as JSON, without output. The worker makes itself ready again.
    Ended(String),
    /// The program could not be started; in words. The worker can start another.
    Refused(String),
    /// The worker cannot go on; in words.
    Failed(String),
}

impl ToWorker {
    #[cfg(feature = "page")]
    pub(crate) fn to_js(&self) -> JsValue {
        let text = |text: &str| JsValue::from_str(text);
        match self {
            Self::Prepare { wait, control, module } => {
                array(&[text("prepare"), text(wait), control.clone(), module.clone()])
            }
            Self::Library(bytes) => array(&[text("library"), bytes.into()]),
            Self::Start { program, terminal, module, stays } => {
                array(&[text("start"), text(program), (*terminal).into(), module.clone(), (*stays).into()])
            }
            Self::Call(call) => array(&[text("call"), text(call)]),
            Self::Leave => array(&[text("leave")]),
            Self::Stdin(bytes) => array(&[text("stdin"), bytes.into()]),
            Self::StdinEnd => array(&[text("stdin-end")]),
            Self::Signal(number) => array(&[text("signal"), (*number).into()]),
            Self::Renew(hosts) => array(&[text("renew"), text(hosts)]),
        }
    }

    /// None when the other side said something else: then the two were built apart.
    #[cfg(feature = "worker")]
    pub(crate) fn from_js(message: &JsValue) -> Option<Self> {
        let parts = message.dyn_ref::<Array>()?;
        let part = |at| parts.get(at);
        Some(match part(0).as_string()?.as_str() {
            "prepare" => Self::Prepare { wait: part(1).as_string()?, control: part(2), module: part(3) },
            "library" => Self::Library(part(1).dyn_into().ok()?),
            "start" => Self::Start {
                program: part(1).as_string()?,
                terminal: part(2).as_bool()?,
                module: part(3),
                stays: part(4).as_bool()?,
            },
            "call" => Self::Call(part(1).as_string()?),
            "leave" => Self::Leave,
            "stdin" => Self::Stdin(part(1).dyn_into().ok()?),
            "stdin-end" => Self::StdinEnd,
            "signal" => Self::Signal(number(&part(1))?),
            "renew" => Self::Renew(part(1).as_string()?),
            _ => return None,
        })
    }
}

impl ToPage {
    #[cfg(feature = "worker")]
    pub(crate) fn to_js(&self) -> JsValue {
        let text = |text: &str| JsValue::from_str(text);
        match self {
            Self::Python(module) => array(&[text("python"), module.clone()]),
            Self::NoPython(why) => array(&[text("no-python"), text(why)]),
            Self::Ready => array(&[text("ready")]),
            Self::Output { stderr, bytes } => array(&[text("output"), (*stderr).into(), bytes.into()]),
            Self::Trace(records) => array(&[text("trace"), records.into()]),
            Self::Waiting => array(&[text("waiting")]),
            Self::Serves(exports) => array(&[text("serves"), text(exports)]),
            Self::Reply(reply) => array(&[text("reply"), text(reply)]),
            Self::Ended(finished) => array(&[text("ended"), text(finished)]),
            Self::Refused(why) => array(&[text("refused"), text(why)]),
            Self::Failed(why) => array(&[text("failed"), text(why)]),
        }
    }

    /// None when the other side said something else: then the two were built apart.
    #[cfg(feature = "page")]
    pub(crate) fn from_js(message: &JsValue) -> Option<Self> {
        let parts = message.dyn_ref::<Array>()?;
        let part = |at| parts.get(at);
        Some(match part(0).as_string()?.as_str() {
            "python" => Self::Python(part(1)),
            "no-python" => Self::NoPython(part(1).as_string()?),
            "ready" => Self::Ready,
            "output" => Self::Output { stderr: part(1).as_bool()?, bytes: part(2).dyn_into().ok()? },
            "trace" => Self::Trace(part(1).dyn_into().ok()?),
            "waiting" => Self::Waiting,
            "serves" => Self::Serves(part(1).as_string()?),
            "reply" => Self::Reply(part(1).as_string()?),
            "ended" => Self::Ended(part(1).as_string()?),
            "refused" => Self::Refused(part(1).as_string()?),
            "failed" => Self::Failed(part(1).as_string()?),
            _ => return None,
        })
    }
}

fn array(parts: &[JsValue]) -> JsValue {
    parts.iter().collect::<Array>().into()
}

#[cfg(feature = "worker")]
fn number(value: &JsValue) -> Option<u32> {
    let number = value.as_f64()?;
    // A signal number; anything else is not of this protocol.
    (0.0..=255.0).contains(&number).then(|| {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked to be within 0 to 255")]
        let number = number as u32;
        number
    })
}
