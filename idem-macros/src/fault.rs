//! Every message of the attribute, one a line.

use std::fmt;

use idem_core::duration::DurationFault;
use idem_core::key::path::PathFault;

use crate::words::{self, Argument};

type Known = &'static Argument;

/// Declares each fault with its kind and its message, so that none can be without.
macro_rules! faults {
    ($($kind:literal $variant:ident $({ $($field:ident: $type:ty),* })? => ($($message:tt)*))*) => {
        /// What can be wrong with an attribute or with the item under it.
        #[derive(Debug)]
        pub(crate) enum Fault {
            $($variant $({ $($field: $type),* })?,)*
        }

        impl fmt::Display for Fault {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self {
                    $(Fault::$variant $({ $($field),* })? => write!(f, $($message)*),)*
                }
            }
        }

        #[cfg(test)]
        impl Fault {
            /// Every kind; those of the two grammars are listed there.
            pub(crate) const KINDS: &[&str] = &[$($kind),*];

            /// What kind of fault this is.
            pub(crate) fn kind(&self) -> &'static str {
                match self {
                    $(Fault::$variant { .. } => $kind,)*
                }
            }
        }
    };
}

faults! {
    "unknown-argument" UnknownArgument { name: String, meant: Option<Known> } => ("unknown argument `{name}`, expected one of {}{}", list(words::ARGUMENTS.map(|argument| argument.name)), hint(*meant))
    "duplicate-argument" DuplicateArgument { argument: Known } => ("duplicate argument `{}`", argument.name)
    "missing-argument" MissingArgument { argument: Known } => ("missing argument `{}`; write `#[idempotent({})]`", argument.name, argument.example)
    "missing-name" MissingName { function: String } => ("missing argument `name`, because methods of two types can share a path; write it with the type, as in `name = \"shop/{function}\"`")
    "missing-value" MissingValue { argument: Known } => ("missing value of `{}`; write `{}`", argument.name, argument.example)
    "missing-comma" MissingComma { name: String } => ("expected `,` before `{name}`")
    "unnamed-value" UnnamedValue => ("expected `name = value`, as in `{}`", words::KEY.example)
    "wrong-value" WrongValue { argument: Known } => ("expected {}, as in `{}`", argument.value, argument.example)
    "path" Path { fault: PathFault } => ("invalid key: {fault}")
    "tuple" Tuple => (r#"invalid key: expected paths, as in `key = ("$.a", "$.b")`"#)
    "repeated-path" RepeatedPath { path: String } => ("invalid key: `{path}` stands twice in the tuple; remove one")
    "duration" Duration { argument: Known, fault: DurationFault } => ("invalid {}: {fault}", argument.name)
    "short-duration" ShortDuration { argument: Known } => ("invalid {}: expected at least one second, as in `{}`", argument.name, argument.example)
    "long-duration" LongDuration { argument: Known } => ("invalid {}: expected at most 36500 days", argument.name)
    "empty-name" EmptyName => ("invalid name: it is empty; write `{}`", words::NAME.example)
    "unknown-parameter" UnknownParameter { name: String, known: Vec<String> } => ("unknown parameter `{name}`, expected one of {}", list(known))
    "no-event" NoEvent => ("`#[idempotent]` needs the event as a parameter; add one, as in `event: LambdaEvent<Order>`")
    "conditional-event" ConditionalEvent => ("the event cannot depend on `#[cfg]`, because the key comes from it; put `#[cfg]` on the handler")
    "wrong-item" WrongItem { noun: &'static str } => ("`#[idempotent]` goes on an `async fn`, not on {noun}")
    "no-body" NoBody => ("`#[idempotent]` needs an `async fn` with a body")
    "not-async" NotAsync => ("`#[idempotent]` needs an `async fn`; add `async`")
    "returns-future" ReturnsFuture => ("`#[idempotent]` needs an `async fn`; add `async` and return what the future gives")
    "no-result" NoResult => ("`#[idempotent]` needs a handler that returns `Result<T, E>`; add `-> Result<T, E>`")
    "trait-method" TraitMethod => ("`#[idempotent]` cannot be applied to a trait method; put it on the inherent method that the trait calls")
    "twice" Twice => ("duplicate `#[idempotent]`; remove one")
    "unreadable" Unreadable { words: String } => ("`#[idempotent]` cannot read this item: {words}")
}

fn hint(meant: Option<Known>) -> String {
    meant.map_or(String::new(), |meant| {
        format!("; did you mean `{}`?", meant.name)
    })
}

/// The names in backticks.
fn list(names: impl IntoIterator<Item = impl fmt::Display>) -> String {
    let quoted = names.into_iter().map(|name| format!("`{name}`"));
    quoted.collect::<Vec<_>>().join(", ")
}
