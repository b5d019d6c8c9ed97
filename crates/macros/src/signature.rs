//! The signature of a Rust function, and the code that calls it with values or with slots. This file never knows whether
//! the function is a method.

use proc_macro2::{Span, TokenStream, TokenTree};
use quote::{format_ident, quote, quote_spanned};
use syn::ext::IdentExt as _;
use syn::spanned::Spanned as _;
use syn::{Error, FnArg, GenericArgument, Ident, Pat, PatType, PathArguments, Receiver, ReturnType, Type, parse_quote};

/// What a function takes and gives, once it is known that Python can call it.
pub(crate) struct Signature {
    /// Whether it takes `&self`.
    pub(crate) this: bool,
    cx: bool,
    params: Vec<Param>,
    result: Type,
}

struct Param {
    /// Its name in Rust.
    name: String,
    /// Its type, or what it is a reference to.
    ty: Type,
    lent: bool,
}

impl Signature {
    /// Reads the signature of a function.
    ///
    /// # Errors
    /// Everything about it that Python cannot call, each at its place.
    pub(crate) fn read(signature: &syn::Signature) -> syn::Result<Self> {
        let mut read = Self { this: false, cx: false, params: Vec::new(), result: parse_quote!(()) };
        let mut errors = Vec::new();
        if let Some(keyword) = &signature.asyncness {
            errors.push(Error::new(keyword.span, "host functions are not async: Python waits for each call"));
        }
        if let Some(keyword) = &signature.unsafety {
            errors.push(Error::new(keyword.span, "host functions are not unsafe: a script calls them as it likes"));
        }
        if let Some(dots) = &signature.variadic {
            errors.push(Error::new(dots.span(), "a host function takes a fixed number of parameters; take a `Vec`"));
        }
        if !signature.generics.params.is_empty() {
            let message = "host functions are not generic: Python has one function of the name. Use concrete types, \
                and `&str` or `&[u8]` without a named lifetime";
            errors.push(Error::new(signature.generics.span(), message));
        }
        for (at, input) in signature.inputs.iter().enumerate() {
            let first = at == usize::from(read.this);
            match input {
                FnArg::Receiver(receiver) => {
                    read.this = true;
                    errors.extend(refuse_receiver(receiver));
                }
                FnArg::Typed(param) if is_context(&param.ty) => {
                    read.cx = true;
                    if !first {
                        errors.push(Error::new(param.span(), "the context is the first parameter: move it there"));
                    }
                }
                FnArg::Typed(param) => match Param::read(param) {
                    Ok(param) => read.params.push(param),
                    Err(error) => errors.push(error),
                },
            }
        }
        if let ReturnType::Type(_, ty) = &signature.output {
            read.result = Type::clone(ty);
            if matches!(&**ty, Type::ImplTrait(_)) {
                errors.push(Error::new(ty.span(), "name the type that is given; Python has to know it"));
            }
        }
        match errors.into_iter().reduce(|mut all, error| {
            all.combine(error);
            all
        }) {
            Some(error) => Err(error),
            None => Ok(read),
        }
    }

    /// The `Declared` of the function.
    pub(crate) fn declared(&self, name: &str, docs: &str, krate: &TokenStream) -> TokenStream {
        let params = self.params.iter().map(|param| {
            let (name, ty, krate) = (&param.name, param.taken(krate), at(krate, &param.ty));
            quote_spanned!(here(&param.ty)=> (#name, <#ty as #krate::HostType>::ty))
        });
        let (result, needs_cx, of_result) = (&self.result, self.cx, at(krate, &self.result));
        let result = quote_spanned!(here(result)=> <#result as #of_result::HostResult>::result_ty);
        quote! {
            #krate::Declared { name: #name, docs: #docs, params: &[#(#params),*], result: #result, needs_cx: #needs_cx }
        }
    }

    /// Two closures that call `function`: with values, and with slots. `this` is how a method gets its thing.
    pub(crate) fn closures(&self, function: &TokenStream, this: Option<&Ident>, krate: &TokenStream) -> TokenStream {
        let (mut take, mut slot, mut flat, mut arguments) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for (number, param) in self.params.iter().enumerate() {
            let (bound, ty, span) = (format_ident!("__arg{number}"), param.taken(krate), here(&param.ty));
            let krate = at(krate, &param.ty);
            take.push(quote_spanned!(span=> let #bound = __args.take::<#ty>()?;));
            slot.push(quote_spanned!(span=> let #bound = #krate::slot::<#ty>(__slots, #number)?;));
            flat.push(quote_spanned!(span=> <#ty as #krate::HostType>::FLAT));
            let lent = &param.ty;
            arguments.push(match param.lent {
                true => quote_spanned!(span=> <#lent as #krate::Lent>::lend(&#bound)),
                false => quote!(#bound),
            });
        }
        let cx = self.cx.then(|| quote!(__cx));
        let call = this.map(|this| quote!(#this)).into_iter().chain(cx).chain(arguments);
        let call = quote_spanned!(here(&self.result)=> #function(#(#call),*));
        let (result, span, of_result) = (&self.result, here(&self.result), at(krate, &self.result));
        let reply = quote_spanned!(span=> #of_result::HostResult::reply(#call));
        let answer = quote_spanned!(span=> #of_result::answer(#call, __slots));
        flat.push(quote_spanned!(span=> <#result as #of_result::HostResult>::FLAT));
        let receiver = this.map(|this| quote!(#this: &Self,));
        quote! {
            |#receiver __cx: &mut #krate::Cx<'_>, __args: &mut #krate::Args| {
                #(#take)*
                #reply
            },
            |#receiver __cx: &mut #krate::Cx<'_>, __slots: &mut [u64]| {
                // All are known when this is compiled: what goes the other way has no code here.
                if !(#(#flat)&&*) {
                    return ::core::option::Option::None;
                }
                #(#slot)*
                ::core::option::Option::Some(#answer)
            }
        }
    }
}

impl Param {
    fn read(param: &PatType) -> syn::Result<Self> {
        let name = match &*param.pat {
            Pat::Ident(name) if name.by_ref.is_none() && name.subpat.is_none() => name.ident.unraw().to_string(),
            other => {
                let message = "a parameter needs a name, which Python shows; take it apart inside the function";
                return Err(Error::new(other.span(), message));
            }
        };
        let (ty, lent) = match &*param.ty {
            Type::Reference(reference) if reference.mutability.is_some() => {
                let message = "a host function cannot change what Python gave: take it by value and give the new one. \
                    A context is `cx: &mut Cx<'_>`, the first parameter";
                return Err(Error::new(reference.span(), message));
            }
            Type::Reference(reference) => {
                if let Some(lifetime) = &reference.lifetime {
                    let message = "an argument lives as long as the call: leave the lifetime out";
                    return Err(Error::new(lifetime.span(), message));
                }
                (&*reference.elem, true)
            }
            other => (other, false),
        };
        plain(ty)?;
        Ok(Self { name, ty: ty.clone(), lent })
    }

    /// The type that is made of what Python gives.
    fn taken(&self, krate: &TokenStream) -> TokenStream {
        let (ty, krate) = (&self.ty, at(krate, &self.ty));
        if self.lent { quote_spanned!(here(ty)=> <#ty as #krate::Lent>::Kept) } else { quote!(#ty) }
    }
}

/// The place of a type, for what is written about it: an error of the compiler is shown there.
fn here(ty: &Type) -> Span {
    Span::call_site().located_at(ty.span())
}

/// The path of the traits, at the place of a type: an error about a whole path is shown where the path begins.
fn at(krate: &TokenStream, ty: &Type) -> TokenStream {
    let move_there = |mut token: TokenTree| {
        token.set_span(here(ty));
        token
    };
    krate.clone().into_iter().map(move_there).collect()
}

/// Refuses every receiver but `&self`.
fn refuse_receiver(receiver: &Receiver) -> Option<Error> {
    let message = if receiver.colon_token.is_some() {
        "a method takes `&self`"
    } else if receiver.reference.is_none() {
        "Python holds the thing and may call it again: take `&self`"
    } else if receiver.mutability.is_some() {
        "calls may nest, so a method takes `&self`: keep what changes in a `Mutex` or an atomic"
    } else {
        return None;
    };
    Some(Error::new(receiver.span(), message))
}

/// Whether a type is `&mut Cx<'_>`.
fn is_context(ty: &Type) -> bool {
    match ty {
        Type::Reference(reference) if reference.mutability.is_some() => match &*reference.elem {
            Type::Path(path) => path.path.segments.last().is_some_and(|segment| segment.ident == "Cx"),
            _ => false,
        },
        _ => false,
    }
}

/// Refuses types that no argument can have, however they are named.
fn plain(ty: &Type) -> syn::Result<()> {
    match ty {
        Type::Reference(reference) => {
            let message = "only a whole argument can be a reference: take an owned type here, such as `String`";
            Err(Error::new(reference.span(), message))
        }
        Type::ImplTrait(_) | Type::TraitObject(_) => {
            Err(Error::new(ty.span(), "name the type that is taken; a callable is a `Callable<(A, B), R>`"))
        }
        Type::Slice(slice) => plain(&slice.elem),
        Type::Tuple(tuple) => tuple.elems.iter().try_for_each(plain),
        Type::Path(path) => {
            let arguments = path.path.segments.iter().filter_map(|segment| match &segment.arguments {
                // What a callable takes is given to it, and may be lent.
                PathArguments::AngleBracketed(arguments) if segment.ident != "Callable" => Some(&arguments.args),
                _ => None,
            });
            arguments.flatten().try_for_each(|argument| match argument {
                GenericArgument::Type(ty) => plain(ty),
                _ => Ok(()),
            })
        }
        _ => Ok(()),
    }
}
