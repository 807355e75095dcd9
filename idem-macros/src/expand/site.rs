//! What is known of a handler when compiling.

use idem_core::key::path::{Parsed, Step};
use proc_macro2::{Delimiter, Ident, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::Expr;
use syn::ext::IdentExt;

use super::{ends, group};
use crate::check::{Call, Closure, Key, Path, Policy, Taken};

/// The constant part of every call of this handler, and the closures that each call has yet to give the values of.
pub(super) fn site(call: &Call) -> (TokenStream, Vec<&Closure>) {
    let mut keys = Keys::default();
    let (name, key) = (name(call), keys.key(&call.key));
    let fingerprint = match &call.fingerprint {
        None => quote!(None),
        Some(fingerprint) => {
            let fingerprint = keys.key(fingerprint);
            quote!(Some(#fingerprint))
        }
    };
    let (ttl, lease) = (call.ttl, call.lease);
    let policies = call.policies.iter().map(policy);
    let codec = call.codec.as_ref().filter(|_| !call.is_http()).map(codec);
    let site = quote! {
        static __IDEMPOTENT_SITE: __idempotent_private::Site = __idempotent_private::Site::new(
            #name, #key, ::core::option::Option::#fingerprint, #ttl, #lease,
        )#(#policies)*#codec;
    };
    (site, keys.closures)
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

/// What is done at one of the points where a call can go wrong.
fn policy(policy: &Policy) -> TokenStream {
    let setter = format_ident!("{}", policy.argument.name);
    let (r#enum, word) = (pascal(policy.argument.name), pascal(policy.word.name));
    let taken = match &policy.taken {
        Taken::Duration(ms) => Some(quote!((::core::time::Duration::from_millis(#ms)))),
        Taken::Nothing | Taken::Question(_) => None,
    };
    quote!(.#setter(__idempotent_private::#r#enum::#word #taken))
}

/// The name that a type or variant of the runtime has, as `OnError` for `on_error`.
fn pascal(name: &str) -> Ident {
    let words = name.split('_').map(|word| {
        let (first, rest) = word.split_at(1);
        first.to_uppercase() + rest
    });
    format_ident!("{}", words.collect::<String>())
}

/// How results are stored. Stands at the codec, because that is what has to be one.
fn codec(codec: &Expr) -> TokenStream {
    let (start, end) = ends(codec);
    let codec = match codec {
        Expr::Path(path) if path.path.is_ident("json") => quote!(__idempotent_private::Json),
        codec => group(Delimiter::Parenthesis, quote!(#codec), end).into_token_stream(),
    };
    let codec = group(Delimiter::Parenthesis, quote_spanned!(start=> &#codec), end);
    quote!(.codec #codec)
}

/// Writes keys as constant data, all but the values of closures.
#[derive(Default)]
struct Keys<'c> {
    /// In the order in which the runtime counts them.
    closures: Vec<&'c Closure>,
}

impl<'c> Keys<'c> {
    fn key(&mut self, key: &'c Key) -> TokenStream {
        let form = match key {
            Key::Path(path) => {
                let path = self::path(path);
                quote!(Path(#path))
            }
            Key::Json(source, path) => {
                let (source, path) = (self.key(source), self::path(path));
                quote!(Json(const { &#source }, #path))
            }
            Key::Base64(source) => {
                let source = self.key(source);
                quote!(Base64(const { &#source }))
            }
            Key::Header(name) => quote!(Header(#name)),
            Key::RequestId => quote!(RequestId),
            Key::Tuple(parts) => {
                let parts = parts.iter().map(|part| self.key(part));
                quote!(Tuple(const { &[#(#parts),*] }))
            }
            Key::Closure(closure) => {
                let place = self.closures.len();
                self.closures.push(closure);
                quote!(Value(#place))
            }
        };
        quote!(__idempotent_private::Expression::#form)
    }
}

/// A path, taken apart if it can be run while the payload is serialized; any other is parsed when first used.
fn path(path: &Path) -> TokenStream {
    let text = &path.text;
    let path = match &path.parsed {
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
    quote!(__idempotent_private::Path::#path)
}
