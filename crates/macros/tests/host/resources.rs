//! Resources, and methods of a value that a module shares.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use amphi_core::{Cx, Handle, HostError, HostModule, Resource, Value, host};

use crate::functions::demo;
use crate::module;
use crate::run::Run;

/// Counts up.
pub(crate) struct Counter(AtomicI64);

/// Counts from a start.
#[host]
impl Counter {
    const ONE: i64 = 1;

    /// Starts there.
    fn new(start: i64) -> Self {
        Self(AtomicI64::new(start))
    }

    /// Adds so many.
    fn add(&self, n: i64) -> i64 {
        self.0.fetch_add(n * Self::ONE, Ordering::SeqCst) + n
    }

    fn add_other(&self, cx: &mut Cx<'_>, other: &Counter) -> Result<i64, HostError> {
        let _ = cx;
        Ok(self.add(other.0.load(Ordering::SeqCst)))
    }

    fn zero() -> Self {
        Self::new(0)
    }

    #[host(name = "checked")]
    fn try_new(start: i64) -> Result<Self, HostError> {
        if start < 0 { Err(HostError::value_error("below zero")) } else { Ok(Self::new(start)) }
    }

    #[host(skip)]
    fn generic<T: Into<i64>>(&self, n: T) -> i64 {
        self.add(n.into())
    }
}

#[host]
pub(crate) fn keep(counter: Resource<Counter>, more: Vec<Resource<Counter>>) -> (Resource<Counter>, i64) {
    let sum = more.iter().map(|more| more.add(0)).sum();
    (counter, sum)
}

pub(crate) struct Db {
    name: String,
    reads: AtomicI64,
}

/// Reads a database.
#[amphi_core::host]
impl Db {
    #[host(skip)]
    fn open(name: &str) -> Self {
        Self { name: name.to_owned(), reads: AtomicI64::new(0) }
    }

    fn named(name: &str) -> Self {
        Self::open(name)
    }

    /// Reads a key.
    fn get(&self, key: &str) -> String {
        self.reads.fetch_add(1, Ordering::SeqCst);
        format!("{}.{key}", self.name)
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn reads(&self, plus: i64) -> i64 {
        self.reads.load(Ordering::SeqCst) + plus
    }
}

#[test]
fn a_resource_is_a_class() {
    let mut run = Run::of(module());
    let counter = run.call("Counter", vec![5.into()]).expect("made");
    assert_eq!(run.call("Counter.add", vec![counter.clone(), 2.into()]), Ok(7.into()));
    let zero = run.call("Counter.zero", vec![]).expect("made");
    assert_eq!(run.call("Counter.add_other", vec![zero.clone(), counter.clone()]), Ok(7.into()));
    assert_eq!(run.call("Counter.checked", vec![(-1).into()]), Err("ValueError: below zero".to_owned()));
    let kept = run.call("keep", vec![counter.clone(), Value::List(vec![zero, counter.clone()])]);
    assert_eq!(kept, Ok(Value::Tuple(vec![counter, 14.into()])));
    assert_eq!(Counter::zero().generic(3_i32), 3);
    for (thing, message) in [
        (
            Value::Handle(Handle::callable(|_, _| Ok(Value::None))),
            "TypeError: demo.Counter.add() argument 'self': expected borrow<Counter>, got <callable> (callable)",
        ),
        (
            Value::Handle(Handle::new("Counter", 7)),
            "TypeError: a value: expected Counter of this host, got <Counter of the host>",
        ),
    ] {
        assert_eq!(run.call("Counter.add", vec![thing, 1.into()]), Err(message.to_owned()));
    }
}

#[test]
fn methods_share_one_value() {
    let db = Arc::new(Db::open("main"));
    let module = HostModule::builder("demo").methods(db.clone()).host(demo::host()).build().expect("a module");
    let names: Vec<&str> = module.interface().functions.iter().map(|function| function.name.as_str()).collect();
    assert_eq!((names, module.interface().types.len()), (vec!["get", "name", "reads", "demo"], 0));
    assert_eq!(module.interface().docs, "Reads a database.");
    let mut run = Run::of(module);
    assert_eq!(run.call("get", vec!["a".into()]), Ok("main.a".into()));
    assert_eq!(run.call("name", vec![]), Ok("main".into()));
    assert_eq!(run.call_flat("reads", &[1.into()]), Ok(2.into()));
    assert_eq!(db.reads.load(Ordering::SeqCst), 1);
}
