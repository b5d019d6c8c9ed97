//! What amphi-core is called in the crate that uses a macro. This file never knows what is written with the name.

use proc_macro_crate::{FoundCrate, crate_name};
use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::Ident;

/// The crates that have what the macros name, as `__macros`.
const CRATES: [&str; 2] = ["amphi-core", "amphi-wasmtime"];

/// The path of what the written code names.
pub(crate) fn path() -> syn::Result<TokenStream> {
    let found = CRATES.into_iter().find_map(|name| match crate_name(name).ok()? {
        // Both crates name themselves as others do, so that their tests and examples may, too.
        FoundCrate::Itself => Some(name.replace('-', "_")),
        FoundCrate::Name(name) => Some(name),
    });
    let name = found.ok_or_else(|| {
        let message = "the host function needs a crate to be made of: add amphi-wasmtime (or amphi-core) to Cargo.toml";
        syn::Error::new(Span::call_site(), message)
    })?;
    let name = Ident::new(&name, Span::call_site());
    Ok(quote!(::#name::__macros))
}
