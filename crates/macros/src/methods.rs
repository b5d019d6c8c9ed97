//! `#[host]` before an `impl` block. This file never knows functions by themselves.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::ext::IdentExt as _;
use syn::spanned::Spanned as _;
use syn::{Attribute, Error, ImplItem, ItemImpl, Type};

use crate::docs::docs;
use crate::options::Options;
use crate::signature::Signature;

/// The block, and what makes its type a resource.
pub(crate) fn expand(mut item: ItemImpl, options: &Options, krate: &TokenStream) -> syn::Result<TokenStream> {
    let rust = resource(&item, options)?;
    let mut errors: Option<Error> = None;
    let mut functions = Vec::new();
    for member in &mut item.items {
        let ImplItem::Fn(function) = member else { continue };
        let made = Options::take(&mut function.attrs).and_then(|options| {
            if options.skip.is_some() {
                return Ok(());
            }
            let signature = Signature::read(&function.sig)?;
            functions.push(push(function, &options, &signature, krate));
            Ok(())
        });
        if let Err(error) = made {
            match &mut errors {
                Some(errors) => errors.combine(error),
                None => errors = Some(error),
            }
        }
    }
    if let Some(error) = errors {
        // The block stays, without our attributes inside it: they mean nothing there.
        let error = error.to_compile_error();
        return Ok(quote!(#item #error));
    }
    let (ty, docs) = (&item.self_ty, docs(&item.attrs));
    let name = options.name.clone().unwrap_or(rust);
    Ok(quote! {
        #item

        #[automatically_derived]
        impl #krate::HostResource for #ty {
            const NAME: &'static str = #name;
            const DOCS: &'static str = #docs;
        }

        #[automatically_derived]
        impl #krate::HostType for #ty {
            fn ty(types: &mut #krate::Types) -> #krate::Type {
                #krate::owned::<Self>(types)
            }
        }

        #[automatically_derived]
        impl #krate::IntoValue for #ty {
            fn into_value(self) -> #krate::Value {
                #krate::IntoValue::into_value(#krate::Resource::<Self>::new(self))
            }
        }

        #[automatically_derived]
        impl #krate::Lent for #ty {
            type Kept = #krate::Resource<Self>;

            fn lend(kept: &#krate::Resource<Self>) -> &Self {
                kept
            }
        }

        #[automatically_derived]
        impl #krate::HostMethods for #ty {
            fn functions<__R: #krate::Receiver<Self>>(__receiver: &__R) -> ::std::vec::Vec<#krate::HostFn> {
                let mut __functions = ::std::vec::Vec::new();
                #(#functions)*
                __functions
            }
        }
    })
}

/// The name of the type that the block is of.
fn resource(item: &ItemImpl, options: &Options) -> syn::Result<String> {
    if let Some(skip) = &options.skip {
        return Err(Error::new(skip.span(), "an `impl` block is left out by leaving `#[host]` out"));
    }
    if let Some((_, path, _)) = &item.trait_ {
        return Err(Error::new(path.span(), "#[host] stands before the type's own `impl` block, not a trait's"));
    }
    if !item.generics.params.is_empty() {
        let message = "a resource is not generic: Python has one class of the name";
        return Err(Error::new(item.generics.span(), message));
    }
    match &*item.self_ty {
        Type::Path(path) => match path.path.segments.last() {
            Some(segment) if segment.arguments.is_none() => Ok(segment.ident.unraw().to_string()),
            _ => Err(Error::new(path.span(), "a resource is not generic: give it a type of its own")),
        },
        other => Err(Error::new(other.span(), "a resource is a struct or an enum of its own")),
    }
}

/// The statement that adds a function, where the function itself is compiled.
fn push(function: &syn::ImplItemFn, options: &Options, signature: &Signature, krate: &TokenStream) -> TokenStream {
    let name = &function.sig.ident;
    let python = options.name.clone().unwrap_or_else(|| name.unraw().to_string());
    let declared = signature.declared(&python, &docs(&function.attrs), krate);
    let this = signature.this.then(|| format_ident!("__this"));
    let closures = signature.closures(&quote!(Self::#name), this.as_ref(), krate);
    let conditions = function.attrs.iter().filter(|attribute: &&Attribute| attribute.path().is_ident("cfg"));
    let made = if signature.this {
        quote!(#krate::HostFn::method(__receiver, #declared, #closures))
    } else {
        quote!(#krate::HostFn::associated::<Self, _, _>(#declared, #closures))
    };
    quote!(#(#conditions)* __functions.push(#made);)
}
