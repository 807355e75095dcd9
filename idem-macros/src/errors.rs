//! The faults of one attribute, gathered so that one compile shows them all.

use std::cell::RefCell;

use proc_macro2::Span;
use quote::ToTokens;
use syn::Error;

use crate::fault::Fault;

/// Faults found so far, each with its place.
#[derive(Default)]
pub(crate) struct Errors(RefCell<Vec<(Fault, Error)>>);

impl Errors {
    /// Notes a fault whose caret goes under these tokens.
    pub(crate) fn on(&self, tokens: &impl ToTokens, fault: Fault) {
        let error = Error::new_spanned(tokens, &fault);
        self.0.borrow_mut().push((fault, error));
    }

    /// Notes a fault of the attribute as a whole.
    pub(crate) fn on_attribute(&self, fault: Fault) {
        let error = Error::new(Span::call_site(), &fault);
        self.0.borrow_mut().push((fault, error));
    }

    /// Hands over what was noted, in the order of the source.
    pub(crate) fn take(self) -> Vec<(Fault, Error)> {
        let mut faults = self.0.take();
        faults.sort_by_key(|(_, error)| {
            let start = error.span().start();
            (start.line, start.column)
        });
        faults
    }
}

impl Drop for Errors {
    /// A fault that nobody reads would let a wrong attribute compile.
    fn drop(&mut self) {
        let unread = !self.0.get_mut().is_empty() && !std::thread::panicking();
        debug_assert!(!unread, "faults were dropped unread");
    }
}
