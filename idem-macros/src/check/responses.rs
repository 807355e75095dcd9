//! What `codec = http` asks of a handler, and adds to it: a result that is a response over HTTP.

use idem_core::key::path;
use proc_macro2::Span;
use syn::{Expr, LitStr, Type};

use super::key::{Key, Path};
use super::policy::Policy;
use super::signature::mentions;
use crate::errors::Errors;
use crate::fault::Fault;
use crate::words;

/// What a key is bound to: one that a client chose for one resource says nothing about another.
const BOUND_TO: [&str; 2] = ["$.httpMethod", "$.path"];

/// What must be equal where the handler does not say.
const PAYLOAD: [&str; 2] = ["$.queryStringParameters", "$.body"];

/// Whether this codec is the word for responses.
pub(super) fn is_http(codec: &Expr) -> bool {
    matches!(codec, Expr::Path(path) if path.path.is_ident("http"))
}

/// Errors are no responses, nobody can be asked for one, and a stored one is no value of the handler's type.
pub(super) fn fit(policies: &[Policy], on_replay: Option<&Expr>, codec: &Expr, errors: &Errors) {
    let unfit = policies.iter();
    let unfit = unfit.filter(|policy| ["remember", "reconcile"].contains(&policy.word.name));
    let unfit = unfit.map(|policy| format!("{} = {}", policy.argument.name, policy.word.name));
    let hook = on_replay.map(|_| words::ON_REPLAY.name.to_owned());
    for clause in unfit.chain(hook) {
        errors.on(codec, Fault::OnlyResponses { clause });
    }
}

/// A stored response is of a type of ours, whatever type the handler made it from.
pub(super) fn leaves_open(output: &Type, errors: &Errors) {
    if !mentions(output, &["impl"]) {
        errors.on(output, Fault::NamedResponse);
    }
}

/// The key, bound to method and path.
pub(super) fn key(key: Key) -> Key {
    let own = match key {
        Key::Tuple(parts) => parts,
        one => vec![one],
    };
    Key::Tuple(paths(&BOUND_TO).chain(own).collect())
}

/// The fingerprint of a handler that has none of its own.
pub(super) fn fingerprint() -> Key {
    Key::Tuple(paths(&PAYLOAD).collect())
}

fn paths(paths: &[&str]) -> impl Iterator<Item = Key> {
    paths.iter().filter_map(|text| {
        let parsed = path::parse(text).ok()?;
        let text = LitStr::new(text, Span::call_site());
        Some(Key::Path(Path { text, parsed }))
    })
}
