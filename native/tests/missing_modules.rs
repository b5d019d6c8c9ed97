//! Holds the table of missing modules to what the built interpreter really lacks.

#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "a test fails by panicking and says why it did not run")]

use std::process::Command;

/// Prints every public module of the standard library that cannot be imported, a line each. `this` and `antigravity`
/// are left alone: importing them has an effect.
const PROBE: &str = "
import importlib, sys
for name in sorted(sys.stdlib_module_names - {'this', 'antigravity'}):
    if not name.startswith('_'):
        try:
            importlib.import_module(name)
        except ImportError:
            print(name)
";

#[test]
fn the_table_lists_exactly_what_cannot_be_imported() {
    if let Err(missing) = amphi_python::artifact() {
        eprintln!("skipped: {missing}");
        return;
    }
    let output = Command::new(env!("CARGO_BIN_EXE_amphi")).args(["run", "-c", PROBE]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let found = String::from_utf8(output.stdout).unwrap();
    let listed: Vec<&str> = amphi_python::MISSING.iter().map(|module| module.name).collect();
    assert_eq!(found.lines().collect::<Vec<_>>(), listed);
}
