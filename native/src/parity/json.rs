//! Owns the JSON form of a comparison, for other programs.
//!
//! `programs` lists each with `program`, `alike`, `runs` (`habitat`, `exit` as a process's code, `stdout`, `stderr`,
//! `calls`, `cut` where it made more, or `error` where it did not start) and `differences` (`habitat`, `reference`, `what`, then `expected` and
//! `found`: texts, or for calls `before` and `call` with their numbers).

use amphi_parity::{Compared, Difference, Run, Side, What};
use serde_json::{Value, json};

/// All programs.
pub(super) fn report(all: &[Compared]) -> Value {
    json!({ "alike": all.iter().all(Compared::is_alike), "programs": all.iter().map(program).collect::<Vec<_>>() })
}

fn program(compared: &Compared) -> Value {
    json!({
        "program": compared.program,
        "alike": compared.is_alike(),
        "runs": compared.runs.iter().map(run).collect::<Vec<_>>(),
        "differences": compared.differences.iter().map(difference).collect::<Vec<_>>(),
    })
}

fn run(run: &Run) -> Value {
    match &run.outcome {
        Err(error) => json!({ "habitat": run.habitat, "error": error.to_string() }),
        Ok(outcome) => json!({
            "habitat": run.habitat,
            "exit": outcome.exit.process_code(),
            "stdout": String::from_utf8_lossy(&outcome.stdout),
            "stderr": String::from_utf8_lossy(&outcome.stderr),
            "calls": run.calls,
            "cut": run.cut,
        }),
    }
}

fn difference(Difference { habitat, reference, what }: &Difference) -> Value {
    let (expected, found) = match what {
        What::Text { expected, found, .. } => (json!(expected), json!(found)),
        What::Calls(calls) => (side(&calls.expected), side(&calls.found)),
    };
    json!({ "habitat": habitat, "reference": reference, "what": what.name(), "expected": expected, "found": found })
}

fn side(side: &Side) -> Value {
    let call = |(number, line): &(u64, String)| json!({ "number": number, "line": line });
    json!({ "before": side.before.iter().map(call).collect::<Vec<_>>(), "call": side.call.as_ref().map(call) })
}
