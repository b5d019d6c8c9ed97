//! The host's side of `examples/native-python`, called without a guest.

mod support;

use std::path::Path;
use std::sync::{Arc, Mutex};

use amphi_core::{HostModule, Source, Value, wit};
use support::{Loaded, callable};

fn example(name: &str) -> Loaded {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/native-python");
    let read = |kind: &str| {
        let file = folder.join(format!("{name}.{kind}"));
        Some(Source::new(file.display().to_string(), std::fs::read_to_string(&file).ok()?))
    };
    let declared = read("wit").map(|text| wit::parse(&text).unwrap_or_else(|error| panic!("{error}")).remove(0));
    let source = read("py").unwrap_or_else(|| panic!("no {name}.py"));
    let module: Result<HostModule, _> = amphi_native_python::load(name, &source, declared.as_ref(), Arc::new(|| false));
    Loaded(Arc::new(module.unwrap_or_else(|error| panic!("{error}\n{}", error.traceback))))
}

#[test]
fn the_machines_files_processes_and_threads_are_at_hand() {
    let machine = example("machine");
    let Ok(Value::List(files)) = machine.call("files", vec![]) else { panic!("files") };
    assert_eq!(files.len(), 1);
    assert_eq!(machine.text("run", vec!["print(6 * 7)".into()]), "42\n");
    let told = Arc::new(Mutex::new(Vec::new()));
    let tell = told.clone();
    let done = callable(move |args| {
        tell.lock().expect("no panic").extend(args);
        Ok(Value::None)
    });
    let texts = Value::List(vec!["a".into(), "b".into()]);
    let digests = machine.call("digests", vec![texts, done]).expect("they are reckoned");
    assert_eq!(digests, Value::List(vec!["ca978112".into(), "3e23e816".into()]));
    assert_eq!(Value::List(told.lock().expect("no panic").clone()), digests);
}

#[test]
fn jobs_go_on_between_calls() {
    let jobs = example("jobs");
    for (to, sum) in [(1000_u64, Ok(Value::Ok(Some(Box::new(500_500.into()))))), (1 << 40, Err("is too far"))] {
        let job = jobs.call("Job", vec![to.into()]).expect("it begins");
        let waited = jobs.call("Job.wait", vec![job]);
        match sum {
            Ok(sum) => assert_eq!(waited, Ok(sum)),
            Err(part) => assert!(waited.expect_err("too far").message.ends_with(part)),
        }
    }
}
