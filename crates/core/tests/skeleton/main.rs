//! The beginning of a host module in Rust: `shop.rs` is what `Interface::skeleton` writes for `shop.wit`, and compiles to
//! a module with that declaration. `BLESS=1` writes it anew.
#![cfg(feature = "wit")]
#![allow(clippy::unwrap_used, reason = "a test may fail so")]

extern crate amphi_core as amphi;

#[rustfmt::skip]
#[allow(dead_code, missing_docs, unreachable_pub, clippy::all, clippy::pedantic, clippy::unimplemented, reason = "a skeleton")]
mod shop;

use amphi_core::{Interface, Language, Source, wit};

fn declared() -> Interface {
    wit::parse(&Source::new("shop.wit", include_str!("shop.wit"))).unwrap().remove(0)
}

#[test]
fn the_skeleton_compiles_to_what_is_declared() {
    let text = declared().skeleton(Language::Rust).unwrap();
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/skeleton/shop.rs"), &text).unwrap();
    }
    assert_eq!(text, include_str!("shop.rs"));
    // Python sees the same names and types; a module in Rust has no docs of its own.
    let lines = |interface: &Interface| {
        let stub = interface.python_stub();
        let mut lines: Vec<String> = stub.lines().map(str::to_owned).collect();
        lines.sort_unstable();
        lines.retain(|line| !line.contains("__all__"));
        lines
    };
    let mut declared = declared();
    declared.docs.clear();
    assert_eq!(lines(shop::module().unwrap().interface()), lines(&declared));
}
