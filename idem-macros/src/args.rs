//! Reads the arguments as `name = value` pairs. What a name or a value may be is not known here.

use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::parse::discouraged::Speculative;
use syn::parse::{ParseStream, Parser};
use syn::{Expr, Token};

use crate::errors::Errors;
use crate::fault::Fault;

/// One argument as written.
#[derive(Default)]
pub(crate) struct Argument {
    /// Absent where a value stands alone.
    pub(crate) name: Option<Ident>,
    /// Absent where there is no value, or what there is makes no expression.
    pub(crate) value: Option<Expr>,
    /// All tokens of the value.
    pub(crate) tokens: TokenStream,
}

/// Reads all arguments; a slip in one does not hide the others.
pub(crate) fn parse(tokens: TokenStream, errors: &Errors) -> Vec<Argument> {
    let arguments = |input: ParseStream<'_>| {
        let mut arguments = Vec::new();
        while !input.is_empty() {
            arguments.push(argument(input)?);
            if input.peek(Ident::peek_any) {
                let next = input.fork().call(Ident::parse_any)?;
                let name = next.to_string();
                errors.on(&next, Fault::MissingComma { name });
            } else {
                input.parse::<Option<Token![,]>>()?;
            }
        }
        Ok(arguments)
    };
    // What is no argument is kept as tokens, so that this cannot fail; if it did, the arguments would be missing.
    arguments.parse2(tokens).unwrap_or_default()
}

/// Reads one argument, and stops at a comma, at the next name or at the end.
fn argument(input: ParseStream<'_>) -> syn::Result<Argument> {
    let mut argument = Argument::default();
    if input.peek(Ident::peek_any) {
        argument.name = Some(input.call(Ident::parse_any)?);
        if input.parse::<Option<Token![=]>>()?.is_none() {
            rest(input)?;
            return Ok(argument);
        }
    }
    let ahead = input.fork();
    let value = ahead.parse::<Expr>().ok();
    let named = ahead.peek(Ident::peek_any) && ahead.peek2(Token![=]);
    if value.is_some() && (ahead.is_empty() || ahead.peek(Token![,]) || named) {
        input.advance_to(&ahead);
        argument.tokens = value.to_token_stream();
        argument.value = value;
    } else {
        argument.tokens = rest(input)?;
    }
    Ok(argument)
}

/// Takes all tokens up to the next comma.
fn rest(input: ParseStream<'_>) -> syn::Result<TokenStream> {
    let mut tokens = TokenStream::new();
    while !input.is_empty() && !input.peek(Token![,]) {
        tokens.extend([input.parse::<TokenTree>()?]);
    }
    Ok(tokens)
}

/// The expression without parentheses, and without those that `macro_rules` puts unseen.
pub(crate) fn plain(value: &Expr) -> &Expr {
    match value {
        Expr::Paren(paren) => plain(&paren.expr),
        Expr::Group(group) => plain(&group.expr),
        other => other,
    }
}
