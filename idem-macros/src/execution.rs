//! The parameter marked `#[execution]`.

use syn::{Attribute, FnArg, Pat, Signature, Type};

use crate::errors::Errors;
use crate::fault::Fault;

/// The parameter that the guard fills in.
pub(crate) struct Execution {
    pub(crate) r#type: Type,
    pub(crate) pattern: Pat,
    /// Those beside `#[execution]`.
    pub(crate) attributes: Vec<Attribute>,
}

impl Execution {
    /// Takes the marked parameter out of the signature: callers do not give it.
    pub(crate) fn take(signature: &mut Signature, errors: &Errors) -> Option<Self> {
        let inputs = std::mem::take(&mut signature.inputs).into_iter();
        let (marked, others) = inputs.partition::<Vec<_>, _>(|input| mark(input).is_some());
        signature.inputs = others.into_iter().collect();
        let mut marked = marked.into_iter();
        let (first, second) = (marked.next()?, marked.next());
        if let Some(second) = second.as_ref().and_then(mark) {
            errors.on(second, Fault::SecondExecution);
        }
        if let Some(mark) = mark(&first).filter(|mark| mark.meta.require_path_only().is_err()) {
            errors.on(mark, Fault::ExecutionWords);
        }
        let FnArg::Typed(parameter) = first else {
            return None;
        };
        if let Type::Reference(reference) = &*parameter.ty {
            errors.on(reference, Fault::BorrowedExecution);
        }
        let mut attributes = parameter.attrs;
        attributes.retain(|attribute| !is_mark(attribute));
        Some(Self {
            r#type: *parameter.ty,
            pattern: *parameter.pat,
            attributes,
        })
    }
}

/// The `#[execution]` of a parameter; on a receiver it is the compiler's to refuse.
fn mark(input: &FnArg) -> Option<&Attribute> {
    match input {
        FnArg::Typed(parameter) => parameter.attrs.iter().find(|attribute| is_mark(attribute)),
        FnArg::Receiver(_) => None,
    }
}

fn is_mark(attribute: &Attribute) -> bool {
    attribute.path().is_ident("execution")
}
