//! What the macros refuse, and the words for it. What they write is tested by using it, in `tests/host`.

use quote::quote;

use super::*;
use crate::options::Options;

/// The errors of `#[host(args)]` before an item, one a line.
fn told(args: &str, item: &str) -> String {
    let krate = quote!(::amphi_core::__macros);
    let options = match Options::parse(args.parse().expect("tokens")) {
        Ok(options) => options,
        Err(error) => return lines(&error),
    };
    let expanded = match syn::parse_str(item).expect("an item") {
        Item::Fn(item) => function::expand(item, &options, &krate),
        Item::Impl(item) => methods::expand(item, &options, &krate),
        _ => panic!("neither a function nor an impl block"),
    };
    match expanded {
        // The error of a method is beside its block.
        Ok(tokens) => {
            tokens.to_string().split_once("compile_error").map_or_else(String::new, |(_, error)| error.to_owned())
        }
        Err(error) => lines(&error),
    }
}

fn lines(error: &syn::Error) -> String {
    error.clone().into_iter().map(|error| error.to_string()).collect::<Vec<_>>().join("\n")
}

#[test]
fn what_python_cannot_call_is_told_with_what_to_do() {
    for (args, item, expected) in [
        ("", "async fn f() {}", "host functions are not async: Python waits for each call"),
        ("", "unsafe fn f() {}", "host functions are not unsafe: a script calls them as it likes"),
        ("", "fn f<T>(a: T) {}", "host functions are not generic"),
        ("", "fn f<'a>(a: u8) -> &'a str {}", "`&str` or `&[u8]` without a named lifetime"),
        ("", "fn f((a, b): (u8, u8)) {}", "a parameter needs a name"),
        ("", "fn f(_: u8) {}", "a parameter needs a name"),
        ("", "fn f(a: &mut Vec<u8>) {}", "take it by value and give the new one"),
        ("", "fn f(a: &'static str) {}", "leave the lifetime out"),
        ("", "fn f(a: Option<&str>) {}", "only a whole argument can be a reference"),
        ("", "fn f(a: Vec<(u8, &str)>) {}", "only a whole argument can be a reference"),
        ("", "fn f(a: impl Fn()) {}", "a callable is a `Callable<(A, B), R>`"),
        ("", "fn f(a: &dyn Fn()) {}", "a callable is a `Callable<(A, B), R>`"),
        ("", "fn f() -> impl Sized {}", "name the type that is given"),
        ("", "fn f(a: u8, cx: &mut Cx<'_>) {}", "the context is the first parameter"),
        ("", "fn f(&self) {}", "put `#[host]` before the whole `impl` block"),
        ("skip", "fn f() {}", "left out by leaving `#[host]` out"),
        ("nam = \"x\"", "fn f() {}", "#[host] knows `name = \"…\"`, and `skip`"),
        ("", "impl A { fn f(&mut self) {} }", "keep what changes in a `Mutex` or an atomic"),
        ("", "impl A { fn f(self) {} }", "may call it again: take `&self`"),
        ("", "impl A { fn f(self: Arc<Self>) {} }", "a method takes `&self`"),
        ("", "impl A { async fn f(&self) {} }", "host functions are not async"),
        ("", "impl Trait for A {}", "not a trait's"),
        ("", "impl<T> A<T> {}", "a resource is not generic"),
        ("", "impl A<u8> {}", "a resource is not generic"),
        ("", "impl [u8] {}", "a resource is a struct or an enum"),
        ("", "fn f(cx: &mut Cx<'_>, a: Callable<(&str,)>, mut b: &[Vec<u8>]) {}", ""),
        ("", "impl A { #[host(skip)] fn f<T>(self) {} fn g(&self, cx: &mut core::Cx<'_>) {} }", ""),
    ] {
        let error = told(args, item);
        assert!(error.contains(expected) && error.is_empty() == expected.is_empty(), "{item}: {error}");
    }
}

#[test]
fn all_mistakes_of_a_signature_are_told_at_once() {
    let error = told("", "async fn f<T>((a, b): (u8, u8), c: &mut u8) {}");
    assert_eq!(error.lines().count(), 4, "{error}");
}

#[test]
fn types_that_have_no_shape_are_told_with_what_to_do() {
    for (item, expected) in [
        ("struct A;", "a record has fields with names"),
        ("struct A(u8);", "a record has fields with names"),
        ("struct A {}", "a record has fields with names"),
        ("struct A<T> { a: T }", "a type of the boundary is not generic"),
        ("enum A {}", "an enum has a case at least"),
        ("enum A { AbC, Ab_C(u8) }", "another case has this name"),
        ("enum A { B { c: u8 } }", "make a struct of these fields"),
        ("union A { a: u8 }", "use an enum"),
        ("#[host_type(flags)] struct A { a: u8 }", "a flag is a `bool`"),
        ("#[host_type(flags)] struct A;", "flags are a struct of bools"),
        ("#[host_type(flags)] enum A { B }", "flags are a struct of bools"),
        ("#[host_type(flag)] struct A { a: bool }", "the only option is `flags`"),
    ] {
        let input = syn::parse_str(item).expect("a type");
        let error = data::derive(&input, &quote!(::amphi_core::__macros)).map(|_| ()).expect_err(item);
        assert!(error.to_string().contains(expected), "{item}: {error}");
    }
}
