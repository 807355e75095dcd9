//! Reads a key: the language of `key` and `fingerprint`.

mod closure;
mod slip;

use idem_core::key::path::{self, Parsed};
use idem_core::key::volatile::{self, Volatile};
use quote::ToTokens;
use syn::{Expr, ExprCall, ExprTuple, Lit, LitStr};

pub(crate) use self::closure::Closure;
pub(super) use self::closure::extras;
use crate::args::plain;
use crate::errors::Errors;
use crate::fault::{Fault, KeyFault};
use crate::words::{self, Argument, Word};

/// A key as the runtime reads it.
pub(crate) enum Key {
    Path(Path),
    Json(Box<Key>, Path),
    Base64(Box<Key>),
    Header(String),
    RequestId,
    Tuple(Vec<Key>),
    Closure(Box<Closure>),
}

/// A path that was parsed.
pub(crate) struct Path {
    pub(crate) text: LitStr,
    pub(crate) parsed: Parsed,
}

/// Where a key is read.
#[derive(Clone, Copy)]
pub(super) struct Reader<'e> {
    pub(super) argument: &'static Argument,
    pub(super) errors: &'e Errors,
    /// Whether what is volatile is meant.
    pub(super) insists: bool,
}

impl Reader<'_> {
    /// Reads a key, or notes all that is wrong with it.
    pub(super) fn key(self, value: &Expr) -> Option<Key> {
        let value = plain(value);
        match value {
            Expr::Lit(_) => match text(value) {
                Some(text) => self.event_path(text),
                None => self.fault(value, KeyFault::Literal),
            },
            Expr::Call(call) => match name(&call.func) {
                Some(name) => self.form(&name, call),
                None => self.fault(value, KeyFault::NoClosure),
            },
            Expr::Path(_) => match name(value) {
                Some(name) if name == words::REQUEST_ID.name => Some(Key::RequestId),
                Some(name) => self.word(&name, value),
                None => self.fault(value, KeyFault::NoClosure),
            },
            Expr::Closure(closure) => self.closure(closure).map(Box::new).map(Key::Closure),
            Expr::Tuple(tuple) => self.tuple(tuple),
            Expr::Array(_) => self.fault(value, KeyFault::List),
            _ => {
                let form = start(value).and_then(|name| words::meant_word(words::FORMS, &name));
                let misused = form.map(|form| KeyFault::Misused { word: form });
                self.fault(value, misused.unwrap_or(KeyFault::NoClosure))
            }
        }
    }

    /// Reads what is written as a call.
    fn form(self, name: &str, call: &ExprCall) -> Option<Key> {
        let Some(form) = words::word(words::FORMS, name) else {
            let (name, meant) = (name.to_owned(), words::meant_word(words::FORMS, name));
            return self.fault(&call.func, KeyFault::UnknownForm { name, meant });
        };
        let arguments: Vec<_> = call.args.iter().map(plain).collect();
        match (form.name, &*arguments) {
            ("json", [source, path]) => {
                // The faults of both are shown.
                let source = self.source(form, source);
                let path = match text(path) {
                    Some(path) => self.path(path),
                    None => self.fault(path, KeyFault::NoInnerPath),
                };
                Some(Key::Json(source?, path?))
            }
            ("base64", [source]) => Some(Key::Base64(self.source(form, source)?)),
            ("header", [name]) => match text(name) {
                Some(name) => self.header(name),
                None => self.fault(name, KeyFault::Misused { word: form }),
            },
            ("volatile", [key]) => Reader {
                insists: true,
                ..self
            }
            .key(key),
            _ => self.fault(call, KeyFault::Misused { word: form }),
        }
    }

    /// Reads a name that is no function.
    fn word(self, name: &str, value: &Expr) -> Option<Key> {
        let meant = words::meant_word(words::FORMS, name);
        let name = name.to_owned();
        let fault = match words::word(words::FORMS, &name) {
            Some(form) => KeyFault::Misused { word: form },
            None if meant.is_some() => KeyFault::UnknownForm { name, meant },
            None if name.starts_with(char::is_uppercase) => KeyFault::Literal,
            None => KeyFault::Name { name },
        };
        self.fault(value, fault)
    }

    /// All parts, in order.
    fn tuple(self, tuple: &ExprTuple) -> Option<Key> {
        if tuple.elems.is_empty() {
            return self.fault(tuple, KeyFault::EmptyTuple);
        }
        // A part that is there twice adds nothing: another one was meant.
        let mut seen = Vec::new();
        let mut parts = Vec::new();
        for part in &tuple.elems {
            let key = self.key(part);
            let sense = match &key {
                Some(Key::Path(Path {
                    parsed: Parsed::Streamed(steps),
                    ..
                })) => format!("{steps:?}"),
                Some(Key::Header(name)) => format!("header {}", name.to_lowercase()),
                _ => plain(part).to_token_stream().to_string(),
            };
            if seen.contains(&sense) {
                self.note(part, KeyFault::Repeated);
            }
            seen.push(sense);
            parts.push(key);
        }
        parts.into_iter().collect::<Option<_>>().map(Key::Tuple)
    }

    /// What gives the one string that `form` decodes.
    fn source(self, form: &'static Word, source: &Expr) -> Option<Box<Key>> {
        match self.key(source)? {
            Key::Tuple(_) => self.fault(source, KeyFault::TupleSource { form }),
            Key::Path(path) | Key::Json(_, path) if path::selects_many(&path.text.value()) => {
                self.fault(&path.text, KeyFault::ManySource { form })
            }
            key => Some(Box::new(key)),
        }
    }

    /// A path on the event.
    fn event_path(self, text: &LitStr) -> Option<Key> {
        let path = self.path(text)?;
        match volatile::of_path(&text.value()) {
            Some(volatile) if !self.insists => self.volatile(text, volatile),
            _ => Some(Key::Path(path)),
        }
    }

    fn path(self, text: &LitStr) -> Option<Path> {
        let value = text.value();
        match path::parse(&value) {
            Ok(parsed) => Some(Path {
                text: text.clone(),
                parsed,
            }),
            Err(fault) => self.fault(
                text,
                slip::of(self, &value).unwrap_or(KeyFault::Path { fault }),
            ),
        }
    }

    fn header(self, text: &LitStr) -> Option<Key> {
        let name = text.value();
        if let Some(found) = name.chars().find(|c| !is_of_header(*c)) {
            return self.fault(text, KeyFault::HeaderName { found });
        }
        match volatile::of_header(&name) {
            _ if name.is_empty() => self.fault(text, KeyFault::NoHeaderName),
            Some(volatile) if !self.insists => self.volatile(text, volatile),
            _ => Some(Key::Header(name)),
        }
    }

    fn volatile<T>(self, text: &LitStr, volatile: Volatile) -> Option<T> {
        // The better key says which event it is, not what is in it.
        let instead = if self.argument.name == words::KEY.name {
            format!("use `{}`", volatile.better)
        } else {
            "take what stays".to_owned()
        };
        self.fault(text, KeyFault::Volatile { volatile, instead })
    }

    fn fault<T>(self, tokens: &impl ToTokens, fault: KeyFault) -> Option<T> {
        self.note(tokens, fault);
        None
    }

    fn note(self, tokens: &impl ToTokens, fault: KeyFault) {
        let argument = self.argument;
        self.errors.on(tokens, Fault::Key { argument, fault });
    }
}

/// The string that the expression is.
pub(super) fn text(value: &Expr) -> Option<&LitStr> {
    match plain(value) {
        Expr::Lit(literal) => match &literal.lit {
            Lit::Str(text) if text.suffix().is_empty() => Some(text),
            _ => None,
        },
        _ => None,
    }
}

/// The name that the expression is.
fn name(value: &Expr) -> Option<String> {
    match plain(value) {
        Expr::Path(path) if path.qself.is_none() => path.path.get_ident().map(ToString::to_string),
        _ => None,
    }
}

/// The name that an expression starts with, as `json` does `json("$.body").id`.
fn start(value: &Expr) -> Option<String> {
    match plain(value) {
        Expr::Call(call) => name(&call.func),
        Expr::Field(field) => start(&field.base),
        Expr::Index(index) => start(&index.expr),
        value => name(value),
    }
}

/// Whether RFC 9110 lets it into the name of a header.
fn is_of_header(c: char) -> bool {
    c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c)
}
