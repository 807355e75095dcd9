//! Every message of the attribute, one a line.

use std::fmt;
use std::time::Duration;

use idem_core::duration::DurationFault;
use idem_core::key::path::PathFault;
use idem_core::key::volatile::Volatile;

use crate::words::{self, Argument, Word, list};

type Known = &'static Argument;

/// Declares each fault with its kind and its message, so that none can be without.
macro_rules! faults {
    ($(#[$doc:meta])* $name:ident $($kind:literal $variant:ident $({ $($field:ident: $type:ty),* })? => ($($message:tt)*))*) => {
        $(#[$doc])*
        #[derive(Debug)]
        pub(crate) enum $name {
            $($variant $({ $($field: $type),* })?,)*
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self {
                    $($name::$variant $({ $($field),* })? => write!(f, $($message)*),)*
                }
            }
        }

        #[cfg(test)]
        impl $name {
            /// Every kind; those of a fault within another are listed there.
            pub(crate) const KINDS: &[&str] = &[$($kind),*];

            /// What kind of fault this is.
            pub(crate) fn kind(&self) -> &'static str {
                match self {
                    $($name::$variant { .. } => $kind,)*
                }
            }
        }
    };
}

faults! {
    /// What can be wrong with an attribute or with the item under it.
    Fault
    "unknown-argument" UnknownArgument { name: String, meant: Option<Known> } => ("unknown argument `{name}`{}", hint(meant.map(|meant| meant.name), words::ARGUMENTS.map(|argument| argument.name)))
    "duplicate-argument" DuplicateArgument { argument: Known } => ("duplicate argument `{}`", argument.name)
    "missing-argument" MissingArgument { argument: Known } => ("missing argument `{}`; write `#[idempotent({})]`", argument.name, argument.example)
    "missing-name" MissingName { function: String } => ("missing argument `name`, because methods of two types can share a path; write it with the type, as in `name = \"shop/{function}\"`")
    "missing-value" MissingValue { argument: Known } => ("missing value of `{}`; write `{}`", argument.name, argument.example)
    "missing-comma" MissingComma { name: String } => ("expected `,` before `{name}`")
    "unnamed-value" UnnamedValue => ("expected `name = value`, as in `{}`", words::KEY.example)
    "wrong-value" WrongValue { argument: Known } => ("expected {}, as in `{}`", argument.value, argument.example)
    "key" Key { argument: Known, fault: KeyFault } => ("invalid {}: {fault}", argument.name)
    "policy" Policy { argument: Known, fault: PolicyFault } => ("invalid {}: {fault}", argument.name)
    "only-responses" OnlyResponses { clause: String } => ("`codec = http` and `{clause}` cannot be combined, because only responses are stored; remove one")
    "named-response" NamedResponse => ("`codec = http` gives stored responses as a type of its own; write `Result<impl IntoResponse, E>`")
    "duration" Duration { argument: Known, fault: DurationFault } => ("invalid {}: {fault}", argument.name)
    "short-duration" ShortDuration { argument: Known, shortest: Duration } => ("invalid {}: expected at least {shortest:?}, as in `{}`", argument.name, argument.example)
    "long-duration" LongDuration { argument: Known } => ("invalid {}: expected at most 36500 days", argument.name)
    "empty-name" EmptyName => ("invalid name: it is empty; write `{}`", words::NAME.example)
    "unknown-parameter" UnknownParameter { name: String, known: Vec<String> } => ("unknown parameter `{name}`, expected one of {}", list(known))
    "no-event" NoEvent => ("`#[idempotent]` needs the event as a parameter; add one, as in `event: LambdaEvent<Order>`")
    "conditional-event" ConditionalEvent => ("the event cannot depend on `#[cfg]`, because the key comes from it; put `#[cfg]` on the handler")
    "second-execution" SecondExecution => ("a second `#[execution]`; remove one")
    "execution-words" ExecutionWords => ("`#[execution]` takes no arguments; write `#[execution] execution: Execution`")
    "borrowed-execution" BorrowedExecution => ("the execution is given by value; write `execution: Execution`")
    "wrong-item" WrongItem { noun: &'static str } => ("`#[idempotent]` goes on an `async fn`, not on {noun}")
    "no-body" NoBody => ("`#[idempotent]` needs an `async fn` with a body")
    "not-async" NotAsync => ("`#[idempotent]` needs an `async fn`; add `async`")
    "returns-future" ReturnsFuture => ("`#[idempotent]` needs an `async fn`; add `async` and return what the future gives")
    "no-result" NoResult => ("`#[idempotent]` needs a handler that returns `Result<T, E>`; add `-> Result<T, E>`")
    "trait-method" TraitMethod => ("`#[idempotent]` cannot be applied to a trait method; put it on the inherent method that the trait calls")
    "twice" Twice => ("duplicate `#[idempotent]`; remove one")
    "unreadable" Unreadable { words: String } => ("`#[idempotent]` cannot read this item: {words}")
}

faults! {
    /// What can be wrong with a key or a fingerprint.
    KeyFault
    "path" Path { fault: PathFault } => ("{fault}")
    "literal" Literal => (r#"expected a path in quotes, as in `"$.orderId"`"#)
    "name" Name { name: String } => ("`{name}` is no key; write the path `\"$.{name}\"`, or a closure, as `|event| event.{name}()`")
    "no-closure" NoClosure => ("a Rust value or function needs a closure; write `|event| event.payload.id()`")
    "unknown-form" UnknownForm { name: String, meant: Option<&'static Word> } => ("unknown form `{name}`{}{}", hint(meant.map(|meant| meant.name), words::FORMS.map(|form| form.name)), meant.map_or(", or a closure", |_| ""))
    "misused" Misused { word: &'static Word } => ("{}", misused(word))
    "no-inner-path" NoInnerPath => ("the key comes first in `json`, the path in its JSON last; write `{}`", words::JSON.example)
    "tuple-source" TupleSource { form: &'static Word } => ("`{0}` decodes one string, not a tuple; put `{0}` into the tuple, around each part", form.name)
    "many-source" ManySource { form: &'static Word } => ("`{}` decodes one string, and this path can select many; take one item, as with `[0]`, or guard each by itself", form.name)
    "header-name" HeaderName { found: char } => ("unexpected {} in the name of a header; write it as in `{}`", shown(*found), words::HEADER.example)
    "no-header-name" NoHeaderName => ("the name of the header is empty; write `{}`", words::HEADER.example)
    "header-path" HeaderPath { name: String } => (r#"a header is given by its name; write `header("{name}")`"#)
    "quoted" Quoted { write: String } => ("only paths stand in quotes; write `{write}`")
    "quoted-tuple" QuotedTuple { write: String } => ("each path stands in quotes of its own; write `{write}`")
    "list" List => (r#"several parts are a tuple; write `("$.a", "$.b")`"#)
    "empty-tuple" EmptyTuple => (r#"an empty tuple is the same for every event; write `("$.a", "$.b")`"#)
    "repeated" Repeated => ("this part stands twice in the tuple; remove one")
    "volatile" Volatile { volatile: Volatile, instead: String } => ("{}; {instead}, or insist with `volatile(..)`", changes(volatile))
    "parameters" Parameters => ("the closure takes the event and nothing else; write `|event| event.payload.id()`")
    "extra" Extra => ("{EXTRA}")
    "returns" Returns => ("the closure cannot use `return`; end it with its value")
    "tries" Tries => ("the closure cannot use `?`; give the `Option` itself, or make one with `.ok()`")
    "waits" Waits => ("the closure cannot wait, because the key is made before the handler runs; remove `.await`")
    "constant" Constant => ("the closure takes nothing from the event; write `|event| event.payload.id()`")
    "path-in-closure" PathInClosure => ("the closure gives this text and not what the path selects; write the path without the closure")
}

faults! {
    /// What can be wrong with a policy.
    PolicyFault
    "unknown-word" UnknownWord { name: String, meant: Option<&'static Word>, known: &'static [Word] } => ("unknown word `{name}`{}", hint(meant.map(|meant| meant.example), examples(known)))
    "word-of-another" WordOfAnother { name: String, policies: Vec<&'static str>, known: &'static [Word] } => ("`{name}` is a word of {}{}", list(policies), hint(None, examples(known)))
    "quoted" Quoted { word: &'static Word } => ("words stand without quotes; write `{}`", word.example)
    "misused" Misused { word: &'static Word } => ("{}", misused(word))
    "no-closure" NoClosure => ("a method or another expression needs a closure; write `|event, execution| self.ask(event, execution)`")
    "parameters" Parameters => ("the closure takes the event and the execution; write `|event, execution| ask(event, execution)`")
    "extra" Extra => ("{EXTRA}")
}

/// What a closure cannot have that is called in place.
const EXTRA: &str = "the closure cannot have this, because it is called in place; remove it";

fn misused(word: &Word) -> String {
    let Word {
        name,
        takes,
        example,
        ..
    } = word;
    format!("`{name}` takes {takes}; write `{example}`")
}

fn examples(words: &[Word]) -> impl Iterator<Item = &str> {
    words.iter().map(|word| word.example)
}

fn changes(volatile: &Volatile) -> String {
    let name = volatile.name;
    if volatile.is_within {
        return format!("its `{name}` changes on every delivery");
    }
    format!("`{name}` changes on every delivery")
}

/// A character as messages have it.
fn shown(c: char) -> String {
    match c {
        c if c.is_whitespace() => "whitespace".to_owned(),
        c if c.is_control() => "control character".to_owned(),
        c => format!("`{c}`"),
    }
}

/// What a name was meant to be, or else what it can be.
fn hint<'k>(meant: Option<&str>, known: impl IntoIterator<Item = &'k str>) -> String {
    match meant {
        Some(meant) => format!("; did you mean `{meant}`?"),
        None => format!(", expected one of {}", list(known)),
    }
}
