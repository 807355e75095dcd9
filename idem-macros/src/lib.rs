//! The attribute of [`idem-lambda`](https://docs.rs/idem-lambda), which exports it: see there.

mod args;
mod check;
mod errors;
mod execution;
mod expand;
mod fault;
mod handler;
#[cfg(test)]
mod tests;
mod words;

use proc_macro2::TokenStream;

use crate::check::Call;
use crate::errors::Errors;
use crate::fault::Fault;

#[doc = include_str!("idempotent.md")]
#[proc_macro_attribute]
pub fn idempotent(
    arguments: proc_macro::TokenStream,
    item: proc_macro::TokenStream,
) -> proc_macro::TokenStream {
    expand(arguments.into(), item.into()).into()
}

/// What the attribute does, on tokens that tests can make.
fn expand(arguments: TokenStream, item: TokenStream) -> TokenStream {
    match read(arguments, item.clone()) {
        Ok(call) => expand::expand(&call),
        Err(faults) => {
            // Without the guard and without an error, a handler would run once per delivery.
            assert!(!faults.is_empty(), "neither a call nor a fault");
            let faults = faults.iter().map(|(_, error)| error.to_compile_error());
            let item = handler::without_execution(item);
            item.into_iter().chain(faults.flatten()).collect()
        }
    }
}

/// The call to write, or all that is wrong.
fn read(arguments: TokenStream, item: TokenStream) -> Result<Call, Vec<(Fault, syn::Error)>> {
    let errors = Errors::default();
    let arguments = args::parse(arguments, &errors);
    let handler = handler::parse(item, &errors);
    let call = check::check(arguments, handler, &errors);
    let faults = errors.take();
    call.filter(|_| faults.is_empty()).ok_or(faults)
}
