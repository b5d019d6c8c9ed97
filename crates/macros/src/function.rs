//! `#[host]` before a function. This file never knows methods.

use proc_macro2::TokenStream;
use quote::quote;
use syn::ext::IdentExt as _;
use syn::{Error, ItemFn};

use crate::docs::docs;
use crate::options::Options;
use crate::signature::Signature;

/// The function, and a type of its name that gives the host function: types and functions have names of their own, so
/// both are found where the function is, inside another function, too.
pub(crate) fn expand(item: ItemFn, options: &Options, krate: &TokenStream) -> syn::Result<TokenStream> {
    if let Some(skip) = &options.skip {
        return Err(Error::new(skip.span(), "a function by itself is left out by leaving `#[host]` out"));
    }
    let signature = Signature::read(&item.sig)?;
    if signature.this {
        return Err(Error::new(item.sig.ident.span(), "put `#[host]` before the whole `impl` block"));
    }
    let (visibility, function) = (&item.vis, &item.sig.ident);
    let rust = function.unraw().to_string();
    let name = options.name.clone().unwrap_or_else(|| rust.clone());
    let declared = signature.declared(&name, &docs(&item.attrs), krate);
    // The name of a function means the function wherever a value is asked for.
    let closures = signature.closures(&quote!(#function), None, krate);
    let (about, gives) = (format!("The host function `{rust}`."), format!("`{rust}` for a host module."));
    Ok(quote! {
        #item

        #[doc = #about]
        #[allow(non_camel_case_types, reason = "it has the function's name")]
        #visibility enum #function {}

        #[automatically_derived]
        impl #function {
            #[doc = #gives]
            #[must_use]
            #visibility fn host() -> #krate::HostFn {
                #krate::HostFn::free(#declared, #closures)
            }
        }
    })
}
