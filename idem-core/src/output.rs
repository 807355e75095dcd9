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
pub trait Output: Sized {
    /// How the body ended, and the JSON to store.
    #[doc(hidden)]
    fn ending(&self) -> (BodyEnd, Option<Vec<u8>>);

    /// The stored result once more; `None` where its JSON no longer decodes.
    #[doc(hidden)]
    fn replay(json: &[u8]) -> Option<Self>;

    /// An error of the guard.
    #[doc(hidden)]
    fn refuse(error: Error) -> Self;
}

impl<T, E> Output for Result<T, E>
where
    T: Replay,
    E: Refuse,
{
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

    fn refuse(error: Error) -> Self {
        Err(E::refuse(error))
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
