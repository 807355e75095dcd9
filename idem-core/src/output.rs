//! What a guarded handler returns.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::engine::BodyEnd;
use crate::error::Error;
use crate::faithful::is_faithful;

/// What a guarded handler may return: `Result<T, E>`, also under an alias.
///
/// `T` is stored after the first run and given back on every later one; `E` also carries the errors of the guard.
#[diagnostic::on_unimplemented(
    message = "an idempotent handler returns `Result<T, E>`, not `{Self}`",
    label = "write `Result<T, E>` here",
    note = "`T` needs `Serialize` and `Deserialize`, and `E` needs `From<idem_lambda::Error>`"
)]
pub trait Output: From<Result<Self::Value, Self::Error>> {
    /// What is stored.
    #[doc(hidden)]
    type Value;

    /// What carries the errors of the guard.
    #[doc(hidden)]
    type Error;

    /// How the body ended, and the JSON to store.
    #[doc(hidden)]
    fn ending(&self) -> (BodyEnd, Option<Vec<u8>>);

    /// The stored result once more; `None` where its JSON no longer decodes.
    #[doc(hidden)]
    fn replay(json: &[u8]) -> Option<Self>;

    /// The result, where it is one.
    #[doc(hidden)]
    fn value_mut(&mut self) -> Option<&mut Self::Value>;

    /// The body's error, where it ended with one.
    #[doc(hidden)]
    fn error(&self) -> Option<&Self::Error>;

    /// An error of the guard.
    #[doc(hidden)]
    fn refuse(error: Error) -> Self;
}

impl<T, E> Output for Result<T, E>
where
    T: Replay,
    E: Refuse,
{
    type Value = T;
    type Error = E;

    fn ending(&self) -> (BodyEnd, Option<Vec<u8>>) {
        match self.as_ref().map(Replay::encode) {
            Ok(Some(json)) => (BodyEnd::Result, Some(json)),
            Ok(None) => (BodyEnd::UnstorableResult, None),
            Err(_) => (BodyEnd::Error, None),
        }
    }

    fn replay(json: &[u8]) -> Option<Self> {
        T::decode(json).map(Ok)
    }

    fn value_mut(&mut self) -> Option<&mut T> {
        self.as_mut().ok()
    }

    fn error(&self) -> Option<&E> {
        self.as_ref().err()
    }

    fn refuse(error: Error) -> Self {
        Err(E::refuse(error))
    }
}

/// Whether the errors of a handler are stored, and how: [`Forgotten`] or [`Remembered`].
#[doc(hidden)]
pub trait Errors<R> {
    const REMEMBERS: bool;

    /// How a body ended that gave this error, and the JSON to store.
    fn ending(output: &R) -> (BodyEnd, Option<Vec<u8>>);

    /// The stored error once more; `None` where its JSON no longer decodes.
    fn replay(json: &[u8]) -> Option<R>;
}

/// Errors are not stored.
#[doc(hidden)]
#[derive(Debug)]
pub enum Forgotten {}

impl<R> Errors<R> for Forgotten {
    const REMEMBERS: bool = false;

    fn ending(_: &R) -> (BodyEnd, Option<Vec<u8>>) {
        (BodyEnd::Error, None)
    }

    fn replay(_: &[u8]) -> Option<R> {
        None
    }
}

/// Errors are stored.
#[doc(hidden)]
#[derive(Debug)]
pub enum Remembered {}

impl<R> Errors<R> for Remembered
where
    R: Output,
    R::Error: Remember,
{
    const REMEMBERS: bool = true;

    fn ending(output: &R) -> (BodyEnd, Option<Vec<u8>>) {
        match output.error().map(Remember::encode) {
            Some(Encoded::Json(json)) => (BodyEnd::StorableError, Some(json)),
            Some(Encoded::Unfaithful) => (BodyEnd::UnstorableError, None),
            Some(Encoded::Skipped) | None => (BodyEnd::Error, None),
        }
    }

    fn replay(json: &[u8]) -> Option<R> {
        R::Error::decode(json).map(|error| R::from(Err(error)))
    }
}

/// A result that can be stored and replayed: anything that is `Serialize` and `Deserialize`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be stored and replayed",
    label = "the result of an idempotent handler",
    note = "write `#[derive(serde::Serialize, serde::Deserialize)]` on `{Self}`"
)]
pub trait Replay: Sized {
    #[doc(hidden)]
    fn encode(&self) -> Option<Vec<u8>>;

    #[doc(hidden)]
    fn decode(json: &[u8]) -> Option<Self>;
}

#[diagnostic::do_not_recommend]
impl<T: Serialize + DeserializeOwned> Replay for T {
    fn encode(&self) -> Option<Vec<u8>> {
        let json = serde_json::to_vec(self).ok()?;
        is_faithful(self).then_some(json)
    }

    // Checked as a whole, text is read faster than bytes whose strings are checked one by one.
    // The decoder's own message may quote the stored result, and is dropped for that.
    fn decode(json: &[u8]) -> Option<Self> {
        let text = str::from_utf8(json).ok()?;
        serde_json::from_str(text).ok()
    }
}

/// An error that can be stored and replayed where errors are remembered
/// ([`OnError::Remember`](crate::policy::OnError::Remember)): anything that is `Serialize` and `Deserialize`.
///
/// An error that does not serialize is not remembered: the claim is released, and a retry may run. So the type says which
/// errors are final: a variant that serde skips is not.
///
/// **Skip what carries the errors of a guard**: a handler that calls another guarded one may end with *in progress*, which
/// would be replayed until the ttl ends. An error type that is one text cannot tell them apart.
///
/// # Example: a refusal is final, an outage is not
///
/// ```
/// # use idem_core as idem_lambda;
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Debug, Serialize, Deserialize)]
/// enum ChargeError {
///     CardDeclined { code: String },
///     #[serde(skip)]
///     Unavailable,
///     #[serde(skip)]
///     Guard(idem_lambda::Error),
/// }
///
/// impl From<idem_lambda::Error> for ChargeError {
///     fn from(error: idem_lambda::Error) -> Self {
///         Self::Guard(error)
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be remembered",
    label = "the error of a handler with `on_error = remember`",
    note = "return an error type of your own with `#[derive(serde::Serialize, serde::Deserialize)]`, and with `#[serde(skip)]` on the variants that a retry may run again after",
    note = "or write `on_error = release` or `on_error = hold`, which store no error"
)]
pub trait Remember: Sized {
    #[doc(hidden)]
    fn encode(&self) -> Encoded;

    #[doc(hidden)]
    fn decode(json: &[u8]) -> Option<Self>;
}

/// An error as JSON, or why it is not.
#[doc(hidden)]
#[derive(Debug)]
pub enum Encoded {
    Json(Vec<u8>),
    /// It does not serialize: that says that it is not to be remembered.
    Skipped,
    /// JSON would give it back as another.
    Unfaithful,
}

#[diagnostic::do_not_recommend]
impl<E: Serialize + DeserializeOwned> Remember for E {
    fn encode(&self) -> Encoded {
        match serde_json::to_vec(self) {
            Ok(json) if is_faithful(self) => Encoded::Json(json),
            Ok(_) => Encoded::Unfaithful,
            Err(_) => Encoded::Skipped,
        }
    }

    fn decode(json: &[u8]) -> Option<Self> {
        Replay::decode(json)
    }
}

/// An error type that can carry the errors of the guard: anything that is `From<idem_lambda::Error>`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot carry the errors of the guard",
    label = "the error of an idempotent handler",
    note = "write `impl From<idem_lambda::Error> for {Self}`, or return `idem_lambda::Error` or `lambda_runtime::Error`"
)]
pub trait Refuse: Sized {
    #[doc(hidden)]
    fn refuse(error: Error) -> Self;
}

#[diagnostic::do_not_recommend]
impl<E: From<Error>> Refuse for E {
    fn refuse(error: Error) -> Self {
        Self::from(error)
    }
}
