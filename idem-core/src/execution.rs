//! What a running handler can ask of its guard.

use std::any::TypeId;
use std::fmt;
use std::mem;
use std::sync::{Arc, Mutex, PoisonError};

use crate::error::{Error, Kind};
use crate::store::Effects;

/// A write that a store can commit together with a record, both or neither.
///
/// Each store has types of its own: `DynamoDb` takes `TransactWriteItem`. See [`Store::commits`].
///
/// [`Store::commits`]: crate::store::Store::commits
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be committed together with a record",
    note = "write the type that the store takes, as in `Execution<TransactWriteItem>` for DynamoDB"
)]
pub trait Effect: Send + Sync + 'static {}

/// One run of a handler, as the handler sees it: a parameter marked `#[execution]`.
///
/// `T` is what the handler may have committed together with its record; `()` is nothing.
pub struct Execution<T = ()> {
    effects: Arc<Staging<T>>,
}

impl<T: Send + Sync + 'static> Execution<T> {
    pub(crate) fn new() -> Self {
        Self {
            effects: Arc::new(Staging(Mutex::new(Stage::Open(Vec::new())))),
        }
    }

    /// Where its body leaves what is to be committed.
    pub(crate) fn staged(&self) -> Arc<dyn Staged> {
        Arc::clone(&self.effects) as _
    }
}

impl<T> Execution<T> {
    /// Has these writes committed together with the record of this execution: both or neither, so that they happen
    /// exactly once per key, whatever crashes.
    ///
    /// They wait until the handler has returned `Ok`; where it returns an error, panics, or has lost its claim, they are
    /// dropped. Where a condition of theirs does not hold, the call ends with an error that
    /// [`is_canceled`](Error::is_canceled), nothing is written, and the policy `on_error` says what becomes of the key.
    ///
    /// # Errors
    ///
    /// [`is_not_configured`](Error::is_not_configured): the handler has returned already, so that nothing more can be
    /// committed.
    pub fn transact(&self, effects: impl IntoIterator<Item = T>) -> Result<(), Error>
    where
        T: Effect,
    {
        let effects: Vec<T> = effects.into_iter().collect();
        match &mut *self.effects.lock() {
            Stage::Open(staged) => staged.extend(effects),
            Stage::Closed => {
                return Err(Error::new(Kind::NotConfigured(
                    "the handler has returned, so that nothing more can be committed; call `transact` before it does",
                )));
            }
        }
        Ok(())
    }
}

impl<T> fmt::Debug for Execution<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Execution").finish_non_exhaustive()
    }
}

/// Where the body leaves what is to be committed, until the guard takes it.
struct Staging<T>(Mutex<Stage<T>>);

enum Stage<T> {
    Open(Vec<T>),
    Closed,
}

impl<T> Staging<T> {
    fn lock(&self) -> impl std::ops::DerefMut<Target = Stage<T>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a body has left to be committed, of whatever type.
pub(crate) trait Staged: Send + Sync {
    /// Which type it is.
    fn kind(&self) -> TypeId;

    /// Takes it; none where there is none. From here on nothing more can be left.
    fn take(&self) -> Option<Effects>;
}

impl<T: Send + Sync + 'static> Staged for Staging<T> {
    fn kind(&self) -> TypeId {
        TypeId::of::<T>()
    }

    fn take(&self) -> Option<Effects> {
        match mem::replace(&mut *self.lock(), Stage::Closed) {
            Stage::Open(effects) if !effects.is_empty() => Some(Effects::new(effects)),
            _ => None,
        }
    }
}

impl fmt::Debug for dyn Staged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Staged(..)")
    }
}
