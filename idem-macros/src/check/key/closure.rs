//! Reads a closure.
//!
//! It is called in place, so that its value can borrow from the event and has no type to be named.

use idem_core::key::path;
use proc_macro2::{TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::visit_mut::{self, VisitMut};
use syn::{Expr, ExprClosure, Item, Pat};

use super::{Reader, text};
use crate::fault::KeyFault;

/// A closure over a reference to the event.
pub(crate) struct Closure {
    pub(crate) event: Pat,
    pub(crate) body: Expr,
}

impl Reader<'_> {
    pub(super) fn closure(self, closure: &ExprClosure) -> Option<Closure> {
        for extra in extras(closure).chain(closure.asyncness.map(ToTokens::into_token_stream)) {
            self.note(&extra, KeyFault::Extra);
        }
        Leaving(self).visit_expr_mut(&mut closure.body.clone());
        let text = text(&closure.body);
        if text.is_some_and(|text| path::parse(&text.value()).is_ok()) {
            self.note(&closure.body, KeyFault::PathInClosure);
        } else if text.is_some() || !varies(closure.body.to_token_stream()) {
            self.note(&closure.body, KeyFault::Constant);
        }
        let mut events = closure.inputs.iter();
        let (Some(event), None) = (events.next(), events.next()) else {
            let (begin, end) = (&closure.inputs_begin, &closure.inputs_end);
            let inputs = &closure.inputs;
            return self.fault(&quote!(#begin #inputs #end), KeyFault::Parameters);
        };
        let (event, body) = (event.clone(), (*closure.body).clone());
        Some(Closure { event, body })
    }
}

/// What no closure can have that is called in place.
pub(in crate::check) fn extras(closure: &ExprClosure) -> impl Iterator<Item = TokenStream> {
    let attributes = closure.attrs.iter().map(ToTokens::to_token_stream);
    let extras = [
        attributes.collect(),
        closure.lifetimes.to_token_stream(),
        closure.constness.to_token_stream(),
        closure.capture.to_token_stream(),
        closure.output.to_token_stream(),
    ];
    // What is not there has no tokens.
    extras.into_iter().filter(|extra| !extra.is_empty())
}

/// Lower-case words that are no variables.
const KEYWORDS: [&str; 13] = [
    "as", "else", "false", "for", "if", "in", "let", "loop", "match", "move", "mut", "ref", "true",
];

/// Whether a value can depend on anything: it names a variable, which is in lower case, or a function of the user's own.
fn varies(tokens: TokenStream) -> bool {
    let tokens: Vec<_> = tokens.into_iter().collect();
    let mark = |at: usize| match tokens.get(at) {
        Some(TokenTree::Punct(mark)) => mark.as_char(),
        _ => ' ',
    };
    (0..tokens.len()).any(|at| match &tokens[at] {
        TokenTree::Group(group) => varies(group.stream()),
        // The `{id}` of `format!`.
        TokenTree::Literal(text) => {
            let text = text.to_string().replace("{{", "");
            text.split('{').skip(1).any(is_lower)
        }
        TokenTree::Punct(_) => false,
        TokenTree::Ident(name) => {
            let name = name.to_string();
            let [before, last] = [2, 1].map(|back| mark(at.wrapping_sub(back)));
            let is_member = last == '.' && before != '.';
            let is_in_path = mark(at + 1) == ':' || [before, last] == [':', ':'];
            let is_macro = mark(at + 1) == '!' && mark(at + 2) != '=';
            let is_plain = !is_member && !is_in_path && !is_macro;
            matches!(&*name, "crate" | "self" | "Self" | "super")
                || is_plain && is_lower(&name) && !KEYWORDS.contains(&&*name)
        }
    })
}

fn is_lower(name: &str) -> bool {
    name.starts_with(|first: char| first.is_lowercase() || first == '_')
}

/// Notes what would leave the closure, in better words than the compiler's, and changes nothing.
struct Leaving<'e>(Reader<'e>);

impl VisitMut for Leaving<'_> {
    fn visit_expr_mut(&mut self, value: &mut Expr) {
        match value {
            // These keep to themselves what leaves.
            Expr::Async(_) | Expr::Closure(_) => return,
            Expr::Await(value) => self.0.note(&value.await_token, KeyFault::Waits),
            Expr::Return(value) => self.0.note(&value.return_token, KeyFault::Returns),
            Expr::Try(value) => self.0.note(&value.question_token, KeyFault::Tries),
            _ => {}
        }
        visit_mut::visit_expr_mut(self, value);
    }

    fn visit_item_mut(&mut self, _: &mut Item) {}
}
