//! The macros of amphi-core: `#[host]` makes host functions of Rust functions and methods, `#[derive(HostType)]` makes
//! types of the boundary of structs and enums.
//!
//! This crate turns tokens into tokens. What they mean is in amphi-core, whose traits the written code names; it must
//! never be depended on but by that crate, which re-exports all that is here.

mod data;
mod docs;
mod function;
mod krate;
mod methods;
mod options;
mod signature;

use proc_macro::TokenStream;
use proc_macro2::TokenStream as Tokens;
use syn::Item;
use syn::spanned::Spanned as _;

/// Makes a host function of a Rust function, or a resource of an `impl` block.
///
/// Before a function, it adds a type of the function's name whose `host()` gives what `Builder::host` takes. Before an
/// `impl` block, it has `Builder::resource` and `Builder::methods` take the type. Doc comments become Python's docs,
/// parameters keep their names. A first parameter `cx: &mut Cx<'_>` is the call's context.
///
/// `#[host(name = "…")]` gives Python another name. Inside an `impl` block with `#[host]`, `#[host(skip)]` keeps a
/// function for Rust alone.
#[proc_macro_attribute]
pub fn host(args: TokenStream, item: TokenStream) -> TokenStream {
    let item = Tokens::from(item);
    host_tokens(args.into(), item.clone()).unwrap_or_else(|error| with_error(item, &error)).into()
}

/// Makes a record of a struct, an enum of an `enum` whose cases carry nothing, and a variant of one whose cases do.
/// `#[host_type(flags)]` before a struct of `bool`s makes flags of it, one for each field.
///
/// Cases are named as in WIT: `NotFound` is Python's `not_found`. A case that carries several values carries their tuple.
#[proc_macro_derive(HostType, attributes(host_type))]
pub fn host_type(item: TokenStream) -> TokenStream {
    let made = syn::parse(item).and_then(|input| data::derive(&input, &krate::path()?));
    made.unwrap_or_else(|error| error.to_compile_error()).into()
}

fn host_tokens(args: Tokens, item: Tokens) -> syn::Result<Tokens> {
    let options = options::Options::parse(args)?;
    let krate = krate::path()?;
    match syn::parse2(item)? {
        Item::Fn(item) => function::expand(item, &options, &krate),
        Item::Impl(item) => methods::expand(item, &options, &krate),
        other => Err(syn::Error::new(
            other.span(),
            "#[host] stands before a function or an `impl` block; types get `#[derive(HostType)]`",
        )),
    }
}

/// The item as it is, and the error: what else names the item must not fail too.
fn with_error(item: Tokens, error: &syn::Error) -> Tokens {
    let mut tokens = error.to_compile_error();
    tokens.extend(item);
    tokens
}

#[cfg(test)]
mod tests;
