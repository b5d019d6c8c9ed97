//! What page and worker say to each other, as JavaScript arrays: a name, then its parts.
//!
//! Modules travel as what they are, data in its Borsh form: it takes little code to read, and holds bytes as they are.
//! This file must never know what a side does with them.

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
        /// An [`amphi_core::Prepared`].
        program: Vec<u8>,
        /// True when a person reads stdout as it comes.
        terminal: bool,
        /// The guest, compiled, when it is not Python; else undefined.
        module: JsValue,
        /// True when the guest stays once its program has run, if it exports anything.
        stays: bool,
    },
    /// Calls what a guest that stays exports: an [`amphi_core::ExportCall`].
    Call(Vec<u8>),
    /// A guest that stays is called no more.
    Leave,
    /// Input bytes, where memory is not shared.
    Stdin(Uint8Array),
    /// No more input, where memory is not shared.
    StdinEnd,
    /// A signal number, where memory is not shared.
    Signal(u32),
    /// Host modules that take the places of others, where memory is not shared: a list of
    /// [`amphi_core::PreparedHost`].
    Renew(Vec<u8>),
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
    /// The guest made calls.
    Trace {
        /// Their records, in order and whole.
        records: Uint8Array,
        /// Bytes of memory that it has by now.
        memory: f64,
    },
    /// The guest waits for input.
    Waiting,
    /// The program has run, and its guest stays: what can be called, an [`amphi_core::Interface`].
    Serves(Vec<u8>),
    /// What a call of an export came to: an [`amphi_core::Reply`].
    Reply(Vec<u8>),
    /// The run is over: its [`amphi_core::Outcome`], without output. The worker makes itself ready again.
    Ended(Vec<u8>),
    /// The program could not be started; in words. The worker can start another.
    Refused(String),
    /// The worker cannot go on; in words.
    Failed(String),
}

impl ToWorker {
    #[cfg(feature = "page")]
    pub(crate) fn to_js(&self) -> JsValue {
        match self {
            Self::Prepare { wait, control, module } => {
                array(&[text("prepare"), text(wait), control.clone(), module.clone()])
            }
            Self::Library(bytes) => array(&[text("library"), bytes.into()]),
            Self::Start { program, terminal, module, stays } => {
                array(&[text("start"), data(program), (*terminal).into(), module.clone(), (*stays).into()])
            }
            Self::Call(call) => array(&[text("call"), data(call)]),
            Self::Leave => array(&[text("leave")]),
            Self::Stdin(bytes) => array(&[text("stdin"), bytes.into()]),
            Self::StdinEnd => array(&[text("stdin-end")]),
            Self::Signal(number) => array(&[text("signal"), (*number).into()]),
            Self::Renew(hosts) => array(&[text("renew"), data(hosts)]),
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
                program: given(&part(1))?,
                terminal: part(2).as_bool()?,
                module: part(3),
                stays: part(4).as_bool()?,
            },
            "call" => Self::Call(given(&part(1))?),
            "leave" => Self::Leave,
            "stdin" => Self::Stdin(part(1).dyn_into().ok()?),
            "stdin-end" => Self::StdinEnd,
            "signal" => Self::Signal(number(&part(1))?),
            "renew" => Self::Renew(given(&part(1))?),
            _ => return None,
        })
    }
}

impl ToPage {
    #[cfg(feature = "worker")]
    pub(crate) fn to_js(&self) -> JsValue {
        match self {
            Self::Python(module) => array(&[text("python"), module.clone()]),
            Self::NoPython(why) => array(&[text("no-python"), text(why)]),
            Self::Ready => array(&[text("ready")]),
            Self::Output { stderr, bytes } => array(&[text("output"), (*stderr).into(), bytes.into()]),
            Self::Trace { records, memory } => array(&[text("trace"), records.into(), (*memory).into()]),
            Self::Waiting => array(&[text("waiting")]),
            Self::Serves(exports) => array(&[text("serves"), data(exports)]),
            Self::Reply(reply) => array(&[text("reply"), data(reply)]),
            Self::Ended(outcome) => array(&[text("ended"), data(outcome)]),
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
            "trace" => Self::Trace { records: part(1).dyn_into().ok()?, memory: part(2).as_f64()? },
            "waiting" => Self::Waiting,
            "serves" => Self::Serves(given(&part(1))?),
            "reply" => Self::Reply(given(&part(1))?),
            "ended" => Self::Ended(given(&part(1))?),
            "refused" => Self::Refused(part(1).as_string()?),
            "failed" => Self::Failed(part(1).as_string()?),
            _ => return None,
        })
    }
}

fn text(text: &str) -> JsValue {
    JsValue::from_str(text)
}

fn data(bytes: &[u8]) -> JsValue {
    Uint8Array::from(bytes).into()
}

fn given(data: &JsValue) -> Option<Vec<u8>> {
    Some(data.dyn_ref::<Uint8Array>()?.to_vec())
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
