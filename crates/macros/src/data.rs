//! `#[derive(HostType)]`: records, flags, enums and variants. This file never knows functions.

use std::collections::HashSet;

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::ext::IdentExt as _;
use syn::spanned::Spanned as _;
use syn::{Data, DataEnum, DeriveInput, Error, Fields, FieldsNamed, Ident, Type};

use crate::docs::{case, docs};

/// How a type is made, taken apart and declared.
struct Parts {
    /// The `Type`, of `types` and its `name`.
    ty: TokenStream,
    /// `Result<Self, HostError>`, of `value`.
    from: TokenStream,
    /// `Value`, of `self`.
    into: TokenStream,
}

/// The traits of a type.
pub(crate) fn derive(input: &DeriveInput, krate: &TokenStream) -> syn::Result<TokenStream> {
    if !input.generics.params.is_empty() {
        let message = "a type of the boundary is not generic: Python has one class of the name";
        return Err(Error::new(input.generics.span(), message));
    }
    let flags = is_flags(input)?;
    let parts = match &input.data {
        Data::Struct(data)
            if flags
                && let Fields::Named(fields) = &data.fields
                && !fields.named.is_empty() =>
        {
            self::flags(fields, krate)?
        }
        _ if flags => {
            let message = "flags are a struct of bools: `struct Rights { read: bool, write: bool }`";
            return Err(Error::new(input.ident.span(), message));
        }
        Data::Struct(data) => match &data.fields {
            Fields::Named(fields) if !fields.named.is_empty() => record(fields, krate),
            _ => {
                let message = "a record has fields with names: `struct Point { x: f64, y: f64 }`";
                return Err(Error::new(input.ident.span(), message));
            }
        },
        Data::Enum(data) if data.variants.is_empty() => {
            return Err(Error::new(input.ident.span(), "an enum has a case at least, or it has no values"));
        }
        Data::Enum(data) if let Some(twice) = same_name(data) => {
            let message = "another case has this name in Python, where it is written as `not_found`: rename one";
            return Err(Error::new(twice.span(), message));
        }
        Data::Enum(data) if data.variants.iter().all(|variant| matches!(variant.fields, Fields::Unit)) => {
            enumeration(data, krate)
        }
        Data::Enum(data) => variant(data, krate)?,
        Data::Union(data) => {
            return Err(Error::new(data.union_token.span, "a union does not say what it holds: use an enum"));
        }
    };
    let Parts { ty, from, into } = parts;
    let (rust, name, docs) = (&input.ident, input.ident.unraw().to_string(), docs(&input.attrs));
    Ok(quote! {
        #[automatically_derived]
        impl #krate::HostType for #rust {
            fn ty(types: &mut #krate::Types) -> #krate::Type {
                types.named::<Self>(#name, #docs, |types, name| #ty)
            }
        }

        #[automatically_derived]
        impl #krate::FromValue for #rust {
            fn from_value(value: #krate::Value) -> ::core::result::Result<Self, #krate::HostError> {
                #from
            }
        }

        #[automatically_derived]
        impl #krate::IntoValue for #rust {
            fn into_value(self) -> #krate::Value {
                #into
            }
        }

        #[automatically_derived]
        impl #krate::Lent for #rust {
            type Kept = Self;

            fn lend(kept: &Self) -> &Self {
                kept
            }
        }
    })
}

/// Whether `#[host_type(flags)]` stands before it.
fn is_flags(input: &DeriveInput) -> syn::Result<bool> {
    let mut found = false;
    for attribute in input.attrs.iter().filter(|attribute| attribute.path().is_ident("host_type")) {
        attribute.parse_nested_meta(|meta| {
            found |= meta.path.is_ident("flags");
            if found { Ok(()) } else { Err(meta.error("the only option is `flags`")) }
        })?;
    }
    Ok(found)
}

fn flags(fields: &FieldsNamed, krate: &TokenStream) -> syn::Result<Parts> {
    for field in &fields.named {
        if !matches!(&field.ty, Type::Path(path) if path.path.is_ident("bool")) {
            return Err(Error::new(field.ty.span(), "a flag is a `bool`"));
        }
    }
    let idents: Vec<&Ident> = fields.named.iter().filter_map(|field| field.ident.as_ref()).collect();
    let names = idents.iter().map(|ident| ident.unraw().to_string());
    let at = 0..idents.len();
    Ok(Parts {
        ty: quote!(#krate::Type::Flags { name, flags: ::std::vec![#(#krate::python_name(#names)),*] }),
        from: quote! {
            match value {
                #krate::Value::Flags(words) => {
                    ::core::result::Result::Ok(Self { #(#idents: #krate::is_set(&words, #at)),* })
                }
                other => ::core::result::Result::Err(#krate::refused::<Self>(other)),
            }
        },
        into: quote!(#krate::Value::Flags(#krate::words(&[#(self.#idents),*]))),
    })
}

fn record(fields: &FieldsNamed, krate: &TokenStream) -> Parts {
    let idents: Vec<&Ident> = fields.named.iter().filter_map(|field| field.ident.as_ref()).collect();
    let types: Vec<&Type> = fields.named.iter().map(|field| &field.ty).collect();
    let names: Vec<String> = idents.iter().map(|ident| ident.unraw().to_string()).collect();
    Parts {
        ty: quote! {
            #krate::Type::Record {
                name,
                fields: ::std::vec![#((#krate::python_name(#names), <#types as #krate::HostType>::ty(types))),*],
            }
        },
        from: quote! {
            let mut fields = #krate::NamedFields::of::<Self>(value)?;
            ::core::result::Result::Ok(Self { #(#idents: fields.take::<#types>(#names)?),* })
        },
        into: quote! {
            #krate::Value::Record(
                ::std::vec![#((#krate::python_name(#names), #krate::IntoValue::into_value(self.#idents))),*]
            )
        },
    }
}

/// The first case that has the name of another one before it, in Python.
fn same_name(data: &DataEnum) -> Option<&Ident> {
    let mut names = HashSet::new();
    let mut idents = data.variants.iter().map(|variant| &variant.ident);
    idents.find(|ident| !names.insert(case(&ident.unraw().to_string())))
}

fn enumeration(data: &DataEnum, krate: &TokenStream) -> Parts {
    let idents: Vec<&Ident> = data.variants.iter().map(|variant| &variant.ident).collect();
    let names = idents.iter().map(|ident| case(&ident.unraw().to_string()));
    let at: Vec<u32> = (0..).take(idents.len()).collect();
    Parts {
        ty: quote!(#krate::Type::Enum { name, cases: ::std::vec![#(#krate::python_name(#names)),*] }),
        from: quote! {
            match value {
                #(#krate::Value::Enum(#at) => ::core::result::Result::Ok(Self::#idents),)*
                other => ::core::result::Result::Err(#krate::refused::<Self>(other)),
            }
        },
        into: quote!(#krate::Value::Enum(match self { #(Self::#idents => #at),* })),
    }
}

fn variant(data: &DataEnum, krate: &TokenStream) -> syn::Result<Parts> {
    let (mut cases, mut from, mut into) = (Vec::new(), Vec::new(), Vec::new());
    for (at, variant) in (0_u32..).zip(&data.variants) {
        let (ident, name) = (&variant.ident, case(&variant.ident.unraw().to_string()));
        let types: Vec<&Type> = variant.fields.iter().map(|field| &field.ty).collect();
        let parts: Vec<Ident> = (0..types.len()).map(|at| format_ident!("part{at}")).collect();
        let (payload, pattern) = match &variant.fields {
            Fields::Unit => (quote!(()), None),
            Fields::Unnamed(_) if types.len() == 1 => (quote!(#(#types)*), Some(quote!((#(#parts)*)))),
            Fields::Unnamed(_) => (quote!((#(#types,)*)), Some(quote!((#(#parts),*)))),
            Fields::Named(fields) => {
                let message = "a case carries a type with a name: make a struct of these fields";
                return Err(Error::new(fields.span(), message));
            }
        };
        let whole = match types.len() {
            1 => quote!(#(#parts)*),
            _ => quote!((#(#parts,)*)),
        };
        cases.push(quote!((#krate::python_name(#name), <#payload as #krate::HostType>::payload_ty(types))));
        from.push(quote! {
            #krate::Value::Variant(#at, payload) => {
                let #whole = #krate::carried::<#payload>(payload)?;
                ::core::result::Result::Ok(Self::#ident #pattern)
            }
        });
        into.push(quote!(Self::#ident #pattern => #krate::Value::Variant(#at, #krate::carry::<#payload>(#whole))));
    }
    Ok(Parts {
        ty: quote!(#krate::Type::Variant { name, cases: ::std::vec![#(#cases),*] }),
        from: quote! {
            match value {
                #(#from)*
                other => ::core::result::Result::Err(#krate::refused::<Self>(other)),
            }
        },
        into: quote!(match self { #(#into),* }),
    })
}
