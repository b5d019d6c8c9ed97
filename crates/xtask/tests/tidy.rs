//! The rules of `cargo xtask tidy` hold in this checkout, the direction of dependencies among them.
#![allow(clippy::expect_used, reason = "a test says what it expected")]

use std::process::Command;

#[test]
fn the_checkout_keeps_the_rules() {
    let output = Command::new(env!("CARGO_BIN_EXE_amphi-xtask")).arg("tidy").output().expect("xtask starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
