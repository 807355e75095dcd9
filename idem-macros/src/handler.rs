//! Reads the item under the attribute. What a handler has to be is not known here.

use proc_macro2::{TokenStream, TokenTree};
use quote::quote;
use syn::parse::{ParseStream, Parser};
use syn::{Attribute, Signature, Token, Visibility, braced, token};

use crate::errors::Errors;
use crate::execution::Execution;
use crate::fault::Fault;

/// A function.
pub(crate) struct Handler {
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) visibility: Visibility,
    pub(crate) signature: Signature,
    /// Absent where a `;` stands in its place.
    pub(crate) body: Option<Body>,
}

/// What is between the braces: what is wrong in there is the compiler's to say.
pub(crate) struct Body {
    pub(crate) brace: token::Brace,
    /// Inner attributes, such as `#![allow(..)]`: they stay at the top of the function.
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) statements: TokenStream,
}

/// Reads the item, or notes that it is no function.
pub(crate) fn parse(tokens: TokenStream, errors: &Errors) -> Option<Handler> {
    if let Some((noun, word)) = other(tokens.clone()) {
        errors.on(&word, Fault::WrongItem { noun });
        return None;
    }
    let handler = handler.parse2(tokens).map_err(|error| error.to_string());
    let unreadable = |words| errors.on_attribute(Fault::Unreadable { words });
    handler.map_err(unreadable).ok()
}

fn handler(input: ParseStream<'_>) -> syn::Result<Handler> {
    Ok(Handler {
        attributes: input.call(Attribute::parse_outer)?,
        visibility: input.parse()?,
        signature: input.parse()?,
        body: match input.parse::<Option<Token![;]>>()? {
            Some(_) => None,
            None => Some(body(input)?),
        },
    })
}

fn body(input: ParseStream<'_>) -> syn::Result<Body> {
    let content;
    Ok(Body {
        brace: braced!(content in input),
        attributes: content.call(Attribute::parse_inner)?,
        statements: content.parse()?,
    })
}

/// The item with its execution in its body: neither its callers nor the compiler know of the parameter.
pub(crate) fn without_execution(tokens: TokenStream) -> TokenStream {
    let Ok(mut item) = handler.parse2(tokens.clone()) else {
        return tokens;
    };
    let errors = Errors::default();
    let execution = Execution::take(&mut item.signature, &errors);
    errors.take();
    let (Some(execution), Some(body)) = (execution, item.body) else {
        return tokens;
    };
    let (attributes, visibility, signature) = (item.attributes, item.visibility, item.signature);
    let (inner, statements) = (body.attributes, body.statements);
    let Execution {
        r#type, pattern, ..
    } = execution;
    quote! {
        #(#attributes)* #visibility #signature {
            #(#inner)*
            let #pattern: #r#type = ::core::option::Option::unwrap(::core::option::Option::None);
            #statements
        }
    }
}

/// What the item is called if it is not a plain function, and the word that tells.
fn other(item: TokenStream) -> Option<(&'static str, TokenTree)> {
    let words = item.into_iter();
    for word in words.filter(|token| matches!(token, TokenTree::Ident(_))) {
        let noun = match word.to_string().as_str() {
            "async" | "auto" | "default" | "pub" => continue,
            "const" => "a `const` item",
            "enum" => "an enum",
            "extern" => "an `extern` item",
            "fn" => break,
            "impl" => "an `impl` block",
            "mod" => "a module",
            "static" => "a static",
            "struct" => "a struct",
            "trait" => "a trait",
            "type" => "a type alias",
            "union" => "a union",
            "unsafe" => "an `unsafe` item",
            "use" => "an import",
            _ => "a macro",
        };
        return Some((noun, word));
    }
    None
}
