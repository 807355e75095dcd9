//! Reads a closure.
//!
//! It is expanded in place, so that its value can borrow from the event and has no type to be named. What leaves a
//! closure would then leave the handler, and is refused.

use idem_core::key::path;
use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::visit_mut::{self, VisitMut};
use syn::{Expr, ExprClosure, Item, Lit, Pat, Stmt};

use super::Reader;
use crate::args::plain;
use crate::fault::KeyFault;

/// A closure that gives the same when it is expanded in place.
pub(crate) struct Closure {
    pub(crate) event: Pat,
    pub(crate) body: Expr,
}

impl Reader<'_> {
    pub(super) fn closure(self, closure: &ExprClosure) -> Option<Closure> {
        // What is not there has no tokens.
        let extras = [
            closure
                .attrs
                .iter()
                .map(ToTokens::to_token_stream)
                .collect(),
            closure.lifetimes.to_token_stream(),
            closure.constness.to_token_stream(),
            closure.asyncness.to_token_stream(),
            closure.capture.to_token_stream(),
            closure.output.to_token_stream(),
        ];
        for extra in extras
            .iter()
            .filter(|extra: &&TokenStream| !extra.is_empty())
        {
            self.note(extra, KeyFault::Extra);
        }
        Leaving(self).visit_expr_mut(&mut closure.body.clone());
        if let Some(literal) = constant(&closure.body) {
            let fault = match literal {
                Lit::Str(text) if path::parse(&text.value()).is_ok() => KeyFault::PathInClosure,
                _ => KeyFault::Constant,
            };
            self.note(&closure.body, fault);
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

/// The value that every event would have.
fn constant(value: &Expr) -> Option<&Lit> {
    match plain(value) {
        Expr::Lit(literal) => Some(&literal.lit),
        Expr::Reference(reference) => constant(&reference.expr),
        Expr::Unary(unary) => constant(&unary.expr),
        Expr::Block(block) => match &*block.block.stmts {
            [Stmt::Expr(value, None)] => constant(value),
            _ => None,
        },
        _ => None,
    }
}

/// Notes what leaves the closure, and changes nothing. A `break` without its loop is the compiler's to refuse.
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
