//! What the item under the attribute has to be.

use proc_macro2::{Ident, Span, TokenTree};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::{Attribute, FnArg, Pat, PatType, ReturnType, Signature, Type};

use crate::errors::Errors;
use crate::fault::Fault;
use crate::handler::{Body, Handler};

/// What an asynchronous function returns that is not declared as one.
const FUTURES: [&str; 3] = ["BoxFuture", "Future", "LocalBoxFuture"];

/// A handler is an `async fn` with a body: the body is what runs once, between two awaits of the store.
pub(super) fn body(handler: &mut Handler, errors: &Errors) -> Option<Body> {
    let signature = &handler.signature;
    let is_async = signature.asyncness.is_some();
    let body = handler.body.take();
    let fault = match &body {
        _ if is_expanded_async_trait(signature) => Fault::TraitMethod,
        None if is_async || signature.receiver().is_some() => Fault::TraitMethod,
        None => Fault::NoBody,
        Some(_) if is_async => return body,
        Some(_) if mentions(&signature.output, &FUTURES) => Fault::ReturnsFuture,
        Some(_) => Fault::NotAsync,
    };
    errors.on(&signature.fn_token, fault);
    body
}

/// What `async-trait` leaves for the attributes inside its `impl` block.
fn is_expanded_async_trait(signature: &Signature) -> bool {
    let mut lifetimes = signature.generics.lifetimes();
    lifetimes.any(|parameter| parameter.lifetime.ident == "async_trait")
}

/// Twice the attribute would be two claims of one key.
pub(super) fn once(attributes: &[Attribute], errors: &Errors) {
    for attribute in attributes {
        let name = attribute.path().segments.last();
        if name.is_some_and(|name| name.ident == "idempotent") {
            errors.on(attribute, Fault::Twice);
        }
    }
}

/// What a handler gives is stored, and claiming can fail: both need a `Result`.
pub(super) fn result(signature: &Signature, errors: &Errors) -> Option<Type> {
    let ReturnType::Type(_, output) = &signature.output else {
        errors.on(&signature.ident, Fault::NoResult);
        return None;
    };
    if output.to_token_stream().to_string() == "()" {
        errors.on(output, Fault::NoResult);
    }
    Some((**output).clone())
}

/// The attribute does not see the type of a method: two types could share module path and name.
pub(super) fn path_is_enough(signature: &Signature, errors: &Errors) {
    if signature.receiver().is_some() || mentions(signature, &["Self"]) {
        let function = signature.ident.unraw().to_string();
        errors.on_attribute(Fault::MissingName { function });
    }
}

/// Whether one of the words stands anywhere in the tokens.
pub(super) fn mentions(tokens: &impl ToTokens, words: &[&str]) -> bool {
    let mut tokens = tokens.to_token_stream().into_iter();
    tokens.any(|token| match token {
        TokenTree::Group(group) => mentions(&group.stream(), words),
        TokenTree::Ident(ident) => words.iter().any(|word| ident == word),
        _ => false,
    })
}

/// The event, under a name that can be borrowed from.
pub(crate) struct Event {
    pub(crate) ident: Ident,
    pub(crate) r#type: Type,
    /// What stood in place of the name, with the parameter's attributes.
    pub(crate) pattern: Option<(Vec<Attribute>, Pat)>,
}

impl Event {
    /// Finds the parameter by its name, or else takes the first; names it if it has a pattern.
    pub(super) fn take(
        signature: &mut Signature,
        name: Option<&Ident>,
        errors: &Errors,
    ) -> Option<Self> {
        let known = signature.inputs.iter().filter_map(named);
        let known: Vec<_> = known.map(|known| known.to_string()).collect();
        let is_event = |input: &&mut FnArg| match name {
            None => matches!(input, FnArg::Typed(_)),
            Some(name) => named(input) == Some(name.unraw()),
        };
        let Some(FnArg::Typed(parameter)) = signature.inputs.iter_mut().find(is_event) else {
            match name {
                None => errors.on(&signature.ident, Fault::NoEvent),
                Some(ident) => {
                    let name = ident.to_string();
                    errors.on(ident, Fault::UnknownParameter { name, known });
                }
            }
            return None;
        };
        always_there(parameter, errors);
        let mut event = Event {
            ident: Ident::new("__idempotent_event", Span::mixed_site()),
            r#type: (*parameter.ty).clone(),
            pattern: None,
        };
        match &*parameter.pat {
            Pat::Ident(name) if name.by_ref.is_none() && name.subpat.is_none() => {
                event.ident = name.ident.clone();
            }
            _ => {
                let name = Pat::Verbatim(event.ident.to_token_stream());
                let attributes = std::mem::take(&mut parameter.attrs);
                event.pattern = Some((attributes, std::mem::replace(&mut *parameter.pat, name)));
            }
        }
        Some(event)
    }
}

fn named(input: &FnArg) -> Option<Ident> {
    if let FnArg::Typed(parameter) = input
        && let Pat::Ident(pattern) = &*parameter.pat
    {
        return Some(pattern.ident.unraw());
    }
    None
}

/// The attribute sees a `#[cfg]`, but not whether it holds.
fn always_there(parameter: &PatType, errors: &Errors) {
    for attribute in &parameter.attrs {
        if attribute.path().is_ident("cfg") {
            errors.on(attribute, Fault::ConditionalEvent);
        }
    }
}
