//! What stands in the parentheses of `#[host(…)]`. This file never knows before what it stands.

use proc_macro2::TokenStream;
use syn::parse::Parser as _;
use syn::{Attribute, Ident, LitStr, Meta};

/// The options of one `#[host]`.
#[derive(Debug, Default)]
pub(crate) struct Options {
    /// Python's name, where it is another than Rust's.
    pub(crate) name: Option<String>,
    /// The function stays Rust's own; where that was said.
    pub(crate) skip: Option<Ident>,
}

impl Options {
    /// Reads what stands in the parentheses.
    pub(crate) fn parse(args: TokenStream) -> syn::Result<Self> {
        let mut options = Self::default();
        syn::meta::parser(|meta| {
            if meta.path.is_ident("name") {
                options.name = Some(meta.value()?.parse::<LitStr>()?.value());
                Ok(())
            } else if meta.path.is_ident("skip") {
                options.skip = meta.path.get_ident().cloned();
                Ok(())
            } else {
                Err(meta.error("#[host] knows `name = \"…\"`, and `skip` for a function of an `impl` block"))
            }
        })
        .parse2(args)?;
        Ok(options)
    }

    /// Takes the `#[host(…)]` of a function inside an `impl` block from its attributes.
    pub(crate) fn take(attributes: &mut Vec<Attribute>) -> syn::Result<Self> {
        let ours =
            |attribute: &Attribute| attribute.path().segments.last().is_some_and(|segment| segment.ident == "host");
        let Some(at) = attributes.iter().position(ours) else { return Ok(Self::default()) };
        match attributes.remove(at).meta {
            Meta::List(list) => Self::parse(list.tokens),
            _ => Ok(Self::default()),
        }
    }
}
