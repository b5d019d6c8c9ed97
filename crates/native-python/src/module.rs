//! A file as a host module: loaded for one run, its functions called for that run. This file never knows threads.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, mpsc};

use amphi_core::{Cx, Described, HostError, HostFunction, HostModule, Interface, Signature, Source, Type, Value};
use pyo3::types::{PyAnyMethods as _, PyDict, PyDictMethods as _, PyTuple};
use pyo3::{Bound, Py, PyAny, PyResult, Python};

use crate::Interrupted;
use crate::handles::Object;
use crate::line::{self, Done};
use crate::place::Place;
use crate::queue::{CALLS, LOADS};
use crate::site::Site;
use crate::stage::stage;
use crate::{decode, encode, error};

/// Runs a file in the interpreter, which starts if it has not, and makes a host module of it for one run: what the file
/// keeps in its module is that run's alone, and is forgotten with the module.
///
/// A file with a declaration has to define what is declared; one without is what its public functions are by their type
/// hints. `interrupted` ends its calls, and its loading.
///
/// # Errors
/// The file fails, does not define what is declared, or defines what cannot be declared; the interpreter does not start.
pub fn load(
    name: &str,
    source: &Source,
    declared: Option<&Interface>,
    interrupted: Interrupted,
) -> Result<HostModule, HostError> {
    static NUMBERS: AtomicU64 = AtomicU64::new(0);
    let number = NUMBERS.fetch_add(1, Ordering::Relaxed);
    let blank = Site { number, name: name.to_owned(), classes: HashMap::new(), interrupted: interrupted.clone() };
    let (source, described) = (source.clone(), declared.map(Interface::describe));
    let (give, taken) = mpsc::channel();
    let task = Box::new(move |py: Python<'_>| {
        let blank = Arc::new(blank);
        let loaded = run(py, &blank, &source, described).map_err(|why| error::to_host(py, &blank, why, None))?;
        // Whoever gave up the load does not take it.
        let _ = give.send(loaded);
        Ok(Value::None)
    });
    let nobody = |_: &_, _| Err(HostError::host("a file that is being loaded has nothing of the guest to call"));
    line::run(&LOADS, &interrupted, task, &mut { nobody })?;
    let Loaded { site, description, functions, unload } =
        taken.try_recv().map_err(|_| HostError::host("the file was loaded, and is not there"))?;
    let interface = match declared {
        Some(interface) => interface.clone(),
        None => Described::read(description).map_err(error::unusable)?.interface,
    };
    let unload = Arc::new(unload);
    let mut builder = HostModule::implement(interface.clone());
    for (function, declared) in functions.into_iter().zip(&interface.functions) {
        let path = declared.path();
        let signature = declared.signature.clone();
        let target = Arc::new(Target { path: path.clone(), function, signature, site: site.clone() });
        builder = builder.boxed(&path, Box::new(Body { target, _unload: unload.clone() }));
    }
    builder.build().map_err(error::unusable)
}

/// A file that ran.
struct Loaded {
    site: Arc<Site>,
    description: Value,
    /// By their numbers, which are their places in the interface.
    functions: Vec<Py<PyAny>>,
    unload: Unload,
}

fn run(py: Python<'_>, blank: &Arc<Site>, source: &Source, declared: Option<Value>) -> PyResult<Loaded> {
    let key = format!("amphi_native.{}.{}", blank.name, blank.number);
    let declared = decode::value(py, blank, declared.unwrap_or_default(), None)?;
    let arguments = (&key, &blank.name, &source.file, &source.text, declared);
    let loaded = stage(py)?.call_method1("load", arguments)?;
    let unload = Unload(key);
    let (description, functions, classes): (Bound<'_, PyAny>, Vec<Py<PyAny>>, Bound<'_, PyDict>) = loaded.extract()?;
    let classes = classes.iter().map(|(name, class)| Ok((name.extract()?, class.unbind())));
    let site = Site {
        number: blank.number,
        name: blank.name.clone(),
        classes: classes.collect::<PyResult<_>>()?,
        interrupted: blank.interrupted.clone(),
    };
    Ok(Loaded {
        site: Arc::new(site),
        description: encode::any(blank, &description, &Place::result("_describe"))?,
        functions,
        unload,
    })
}

/// Forgets a file when no function of it can be called any more.
struct Unload(String);

impl Drop for Unload {
    fn drop(&mut self) {
        let key = std::mem::take(&mut self.0);
        let forget = move |py: Python<'_>| {
            let forgotten = stage(py).and_then(|stage| stage.call_method1("unload", (key,)));
            // What cannot be forgotten stays; nobody is there to hear of it.
            drop(forgotten);
            Ok(Value::None)
        };
        line::post(&LOADS, Box::new(forget));
    }
}

/// One function of a file.
struct Body {
    target: Arc<Target>,
    _unload: Arc<Unload>,
}

struct Target {
    path: String,
    function: Py<PyAny>,
    signature: Signature,
    site: Arc<Site>,
}

impl HostFunction for Body {
    fn signature(&self) -> &Signature {
        &self.target.signature
    }

    fn call(&self, cx: &mut Cx<'_>, args: Vec<Value>) -> Result<Value, HostError> {
        let target = self.target.clone();
        let interrupted = target.site.interrupted.clone();
        let task = move |py: Python<'_>| {
            let Target { path, function, signature, site } = &*target;
            call(site, function.bind(py), path, args, Some(signature), signature.result.as_ref())
        };
        line::run(&CALLS, &interrupted, Box::new(task), &mut |handle, args| handle.call(cx, args))
    }
}

/// Calls an object that the guest holds.
pub(crate) fn call_object(object: Arc<Object>, cx: &mut Cx<'_>, args: Vec<Value>) -> Done {
    let interrupted = object.site.interrupted.clone();
    let task = move |py: Python<'_>| {
        let Object { object, site, signature } = &*object;
        let result = signature.as_deref().map_or(Some(&Type::Any), |signature| signature.result.as_ref());
        call(site, object.bind(py), "callable", args, signature.as_deref(), result)
    };
    line::run(&CALLS, &interrupted, Box::new(task), &mut |handle, args| handle.call(cx, args))
}

/// Calls something of a file. Without a signature nothing is known of the arguments.
fn call(
    site: &Arc<Site>,
    function: &Bound<'_, PyAny>,
    path: &str,
    args: Vec<Value>,
    signature: Option<&Signature>,
    result: Option<&Type>,
) -> Done {
    let py = function.py();
    let called = site.enter(|| {
        let args: Bound<'_, PyTuple> = decode::arguments(py, site, args, signature)?;
        let given = function.call1(args)?;
        encode::result(site, &given, result, &Place::result(path))
    });
    called.map_err(|why| error::to_host(py, site, why, result))
}
