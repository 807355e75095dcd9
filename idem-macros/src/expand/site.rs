//! What is known of a handler when compiling.

use idem_core::key::path::{Parsed, Step};
use proc_macro2::TokenStream;
use quote::quote;
use syn::LitStr;
use syn::ext::IdentExt;

use crate::check::{Call, Key};

/// The constant part of every call of this handler.
pub(super) fn site(call: &Call) -> TokenStream {
    let (name, key) = (name(call), key(&call.key));
    let (ttl, lease) = (call.ttl, call.lease);
    quote! {
        static __IDEMPOTENT_SITE: __idempotent_private::Site =
            __idempotent_private::Site::new(#name, #key, ::core::option::Option::None, #ttl, #lease);
    }
}

/// The namespace: as given, or else the path of the function; the closure tells the runtime where that function is.
fn name(call: &Call) -> TokenStream {
    if let Some(name) = &call.name {
        return quote!(__idempotent_private::Name::given(#name));
    }
    let path = format!("::{}", call.handler.signature.ident.unraw());
    quote! {
        __idempotent_private::Name::derived(::core::concat!(::core::module_path!(), #path), &|| {})
    }
}

/// The key as constant data.
fn key(key: &Key) -> TokenStream {
    match key {
        Key::Path(path) => self::path(path),
        Key::Tuple(paths) => {
            let paths = paths.iter().map(path);
            quote!(__idempotent_private::Expression::Tuple(const { &[#(#paths),*] }))
        }
    }
}

/// A path, taken apart if it is nothing but steps; any other is parsed when first used.
fn path((text, path): &(LitStr, Parsed)) -> TokenStream {
    let path = match path {
        Parsed::General => quote!(general(#text)),
        Parsed::Streamed(steps) => {
            let segments = steps.iter().map(|step| match step {
                Step::Name(name) => quote!(Name(#name)),
                Step::Index(index) => quote!(Index(#index)),
                Step::Wildcard => quote!(Wildcard),
            });
            quote!(streamed(#text, &[#(__idempotent_private::Segment::#segments),*]))
        }
    };
    quote!(__idempotent_private::Expression::Path(__idempotent_private::Path::#path))
}
