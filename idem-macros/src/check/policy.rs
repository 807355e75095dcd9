//! Reads a policy: one word, and what that takes.

use std::time::Duration;

use idem_core::duration;
use quote::{ToTokens, quote};
use syn::{Expr, ExprClosure, ExprPath};

use super::arguments::Value;
use super::key::{extras, text};
use crate::args::plain;
use crate::fault::{Fault, PolicyFault};
use crate::words::{self, Argument, Word};

/// What a policy says.
pub(crate) struct Policy {
    pub(crate) argument: &'static Argument,
    pub(crate) word: &'static Word,
    pub(crate) taken: Taken,
}

/// What the word takes.
pub(crate) enum Taken {
    Nothing,
    /// In milliseconds.
    Duration(u64),
    Question(Question),
}

/// Who knows what became of an abandoned execution.
pub(crate) enum Question {
    Function(ExprPath),
    /// Of two parameters. It is called in place, so that it can name all that the handler can.
    Closure(Box<ExprClosure>),
}

impl Value<'_> {
    /// A word of this policy.
    pub(super) fn policy(self) -> Option<Policy> {
        let Value(argument, value, _) = self;
        let value = plain(value);
        let (name, arguments) = match value {
            Expr::Call(call) => (plain(&call.func), Some(&call.args)),
            Expr::Lit(_) => return self.quoted(value),
            value => (value, None),
        };
        let text = match name {
            // Words of other languages are keywords of this one.
            Expr::Break(_) | Expr::Continue(_) | Expr::Path(_) | Expr::Return(_) => {
                name.to_token_stream().to_string().replace(' ', "")
            }
            _ => return self.wrong(),
        };
        let Some(word) = words::word(argument.words(), &text) else {
            return self.fault(name, unknown(argument, text));
        };
        let arguments = arguments.map(|arguments| arguments.iter().map(plain).collect::<Vec<_>>());
        let taken = match (word.name, arguments.as_deref()) {
            ("wait", Some([duration])) => Taken::Duration(self.wait(word, duration)?),
            ("reconcile", Some([question])) => Taken::Question(self.question(word, question)?),
            ("wait" | "reconcile", _) | (_, Some(_)) => {
                return self.fault(value, PolicyFault::Misused { word });
            }
            (_, None) => Taken::Nothing,
        };
        Some(Policy {
            argument,
            word,
            taken,
        })
    }

    /// What stands in quotes is a word by mistake.
    fn quoted<T>(self, value: &Expr) -> Option<T> {
        let words = self.0.words();
        let text = text(value).map(syn::LitStr::value).unwrap_or_default();
        let is_of_word = |c: char| c.is_alphanumeric() || c == '_';
        let name: String = text.chars().take_while(|c| is_of_word(*c)).collect();
        if name.is_empty() {
            return self.wrong();
        }
        let wait = duration::parse(&text).ok().and(words::word(words, "wait"));
        let fault = match (words::word(words, &name), wait) {
            (Some(word), _) => PolicyFault::Quoted { word },
            (None, None) => unknown(self.0, name),
            (None, meant) => PolicyFault::UnknownWord {
                name,
                meant,
                known: words,
            },
        };
        self.fault(value, fault)
    }

    fn wait(self, word: &'static Word, duration: &Expr) -> Option<u64> {
        match text(duration) {
            Some(text) => self.duration(text, Duration::from_millis(1)),
            None => self.fault(duration, PolicyFault::Misused { word }),
        }
    }

    fn question(self, word: &'static Word, question: &Expr) -> Option<Question> {
        match question {
            Expr::Path(path) => Some(Question::Function(path.clone())),
            Expr::Closure(closure) => self.closure(closure),
            Expr::Lit(_) => self.fault(question, PolicyFault::Misused { word }),
            _ => self.fault(question, PolicyFault::NoClosure),
        }
    }

    fn closure(self, closure: &ExprClosure) -> Option<Question> {
        for extra in extras(closure) {
            self.note(&extra, PolicyFault::Extra);
        }
        if closure.inputs.len() != 2 {
            let (begin, end) = (&closure.inputs_begin, &closure.inputs_end);
            let inputs = &closure.inputs;
            return self.fault(&quote!(#begin #inputs #end), PolicyFault::Parameters);
        }
        Some(Question::Closure(Box::new(closure.clone())))
    }

    fn fault<T>(self, tokens: &impl ToTokens, fault: PolicyFault) -> Option<T> {
        self.note(tokens, fault);
        None
    }

    fn note(self, tokens: &impl ToTokens, fault: PolicyFault) {
        let Value(argument, _, errors) = self;
        errors.on(tokens, Fault::Policy { argument, fault });
    }
}

/// What an unknown word was meant to be, or else whose word it is.
fn unknown(argument: &'static Argument, name: String) -> PolicyFault {
    let known = argument.words();
    let last = name.rsplit("::").next().unwrap_or_default();
    let meant = words::meant_word(known, last);
    let others = words::POLICIES.into_iter();
    let others = others.filter(|policy| words::word(policy.words(), &name).is_some());
    let policies: Vec<_> = others.map(|policy| policy.name).collect();
    if meant.is_some() || policies.is_empty() {
        return PolicyFault::UnknownWord { name, meant, known };
    }
    PolicyFault::WordOfAnother {
        name,
        policies,
        known,
    }
}
