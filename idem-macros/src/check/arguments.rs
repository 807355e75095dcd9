//! What the arguments have to be.

use std::time::Duration;

use idem_core::duration;
use syn::ext::IdentExt;
use syn::{Expr, Ident, LitStr, Path};

use super::key::{Key, Reader, text};
use crate::args::{Argument, plain};
use crate::errors::Errors;
use crate::fault::Fault;
use crate::words::{self, Argument as Known};

/// The sum of a moment and a duration up to here fits any clock.
const SHORTEST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_hours(36_500 * 24);

/// The known arguments of one attribute, each with its value if that could be read.
pub(super) struct Given<'a> {
    arguments: Vec<(&'static Known, Option<Expr>)>,
    errors: &'a Errors,
}

impl<'a> Given<'a> {
    /// Sorts the arguments by name.
    pub(super) fn sort(arguments: Vec<Argument>, errors: &'a Errors) -> Self {
        let mut given = Given {
            arguments: Vec::new(),
            errors,
        };
        // What a slip was meant to be is not also missing.
        let mut missing = vec![&words::KEY, &words::TTL];
        for argument in arguments {
            let (value, tokens) = (argument.value, argument.tokens);
            let Some(name) = argument.name else {
                missing.clear();
                errors.on(&tokens, Fault::UnnamedValue);
                continue;
            };
            let text = name.unraw().to_string();
            let known = words::known(&text);
            let meant = known.or_else(|| words::meant(&text));
            missing.retain(|missing| meant.is_none_or(|meant| meant.name != missing.name));
            let Some(argument) = known else {
                errors.on(&name, Fault::UnknownArgument { name: text, meant });
                continue;
            };
            if given.has(argument) {
                errors.on(&name, Fault::DuplicateArgument { argument });
            } else if tokens.is_empty() {
                errors.on(&name, Fault::MissingValue { argument });
            } else if value.is_none() {
                errors.on(&tokens, Fault::WrongValue { argument });
            }
            given.arguments.push((argument, value));
        }
        for argument in missing {
            errors.on_attribute(Fault::MissingArgument { argument });
        }
        given
    }

    /// Whether the argument was written, with a good value or not.
    pub(super) fn has(&self, known: &Known) -> bool {
        let mut arguments = self.arguments.iter();
        arguments.any(|(argument, _)| argument.name == known.name)
    }

    /// Reads the first value of the argument, if there is one.
    pub(super) fn read<'v, T>(&'v self, known: &Known, read: Read<'v, T>) -> Option<T> {
        let mut arguments = self.arguments.iter();
        let (argument, value) = arguments.find(|(argument, _)| argument.name == known.name)?;
        read(Value(argument, value.as_ref()?, self.errors))
    }
}

type Read<'v, T> = fn(Value<'v>) -> Option<T>;

/// The value of an argument.
#[derive(Clone, Copy)]
pub(super) struct Value<'v>(
    pub(super) &'static Known,
    pub(super) &'v Expr,
    pub(super) &'v Errors,
);

impl Value<'_> {
    /// What two events of one call have in common.
    pub(super) fn key(self) -> Option<Key> {
        let Value(argument, value, errors) = self;
        let reader = Reader {
            argument,
            errors,
            insists: false,
        };
        reader.key(value)
    }

    /// A duration in milliseconds, the last of which may be a begun one.
    pub(super) fn milliseconds(self) -> Option<u64> {
        self.duration(&self.string()?, SHORTEST)
    }

    /// The same, of a duration that is only a part of the value.
    pub(super) fn duration(self, text: &LitStr, shortest: Duration) -> Option<u64> {
        let argument = self.0;
        let fault = match duration::parse(&text.value()) {
            Err(fault) => Fault::Duration { argument, fault },
            Ok(duration) if duration < shortest => Fault::ShortDuration { argument, shortest },
            Ok(duration) if duration > LONGEST => Fault::LongDuration { argument },
            Ok(duration) => return duration.as_nanos().div_ceil(1_000_000).try_into().ok(),
        };
        self.2.on(text, fault);
        None
    }

    /// A namespace. Empty ones would all be the same.
    pub(super) fn name(self) -> Option<LitStr> {
        let text = self.string()?;
        if text.value().trim().is_empty() {
            self.2.on(&text, Fault::EmptyName);
        }
        Some(text)
    }

    /// The name of a parameter.
    pub(super) fn parameter(self) -> Option<Ident> {
        let path = self.path()?;
        path.get_ident().cloned().or_else(|| self.wrong())
    }

    /// The path of a module.
    pub(super) fn path(self) -> Option<Path> {
        match plain(self.1) {
            Expr::Path(path) if path.qself.is_none() => Some(path.path.clone()),
            _ => self.wrong(),
        }
    }

    /// Any expression but a literal, which is neither a runtime nor a codec.
    pub(super) fn expression(self) -> Option<Expr> {
        match plain(self.1) {
            Expr::Lit(_) => self.wrong(),
            _ => Some(self.1.clone()),
        }
    }

    fn string(self) -> Option<LitStr> {
        text(self.1).cloned().or_else(|| self.wrong())
    }

    pub(super) fn wrong<T>(self) -> Option<T> {
        let Value(argument, value, errors) = self;
        errors.on(value, Fault::WrongValue { argument });
        None
    }
}
