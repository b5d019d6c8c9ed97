//! How the command is linked.

use std::process::Command;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let target = |name: &str| std::env::var(format!("CARGO_CFG_TARGET_{name}")).unwrap_or_default();
    // Relocations packed into bitmaps: a tenth of a process's start was applying 34,000 of them one by one.
    let built_for_here = std::env::var("HOST") == std::env::var("TARGET");
    if target("OS") == "linux" && target("ENV") == "gnu" && built_for_here && loader_unpacks() {
        println!("cargo::rustc-link-arg-bins=-Wl,-z,pack-relative-relocs");
    }
}

/// Only the dynamic loader of glibc 2.36 and later knows packed relocations; an older one would leave them out.
fn loader_unpacks() -> bool {
    let Ok(output) = Command::new("getconf").arg("GNU_LIBC_VERSION").output() else { return false };
    let text = String::from_utf8_lossy(&output.stdout);
    let version = text.trim().strip_prefix("glibc ").and_then(|version| version.split_once('.'));
    let number = |text: &str| text.parse::<u32>().unwrap_or(0);
    version.is_some_and(|(major, minor)| (number(major), number(minor)) >= (2, 36))
}
