//! A result that knows whether it was replayed.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A result that knows whether it was replayed: for handlers whose caller wants to tell.
///
/// What is stored, and what Lambda sends, is the value alone: a handler can change its result from `T` to `Outcome<T>`
/// and back, and its records stay. How a call ended is told to observers as another type, [`observe::Outcome`].
///
/// [`observe::Outcome`]: crate::observe::Outcome
///
/// # Example: a response header on replays
///
/// ```
/// # #[cfg(feature = "memory")] {
/// use std::time::Duration;
/// # use idem_core as idem_lambda;
/// use idem_lambda::{Error, Idempotency, Outcome, store::Memory};
///
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let idempotency = Idempotency::new(Memory::new());
/// for delivery in 1..=2 {
///     let call = idempotency.call("charge", "order-17").ttl(Duration::from_hours(1));
///     let outcome = call.run(async || Ok::<_, Error>(Outcome::from(4_999))).await?;
///     assert_eq!((outcome.value, outcome.replayed), (4_999, delivery > 1));
/// }
/// # Ok::<(), Error>(()) }).unwrap();
/// # }
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Outcome<T> {
    /// The result.
    pub value: T,
    /// Whether it was read from a record. A handler that hands on the `Outcome` of another guarded call hands this on, too;
    /// what a question brought about an abandoned attempt was not read, and is none.
    pub replayed: bool,
}

impl<T> Outcome<T> {
    /// Has `change` see the value where it was replayed, before the caller gets it: for what must not be as it was, such
    /// as a time or a link that has expired. The record stays as it is.
    #[must_use]
    pub fn on_replay(mut self, change: impl FnOnce(&mut T)) -> Self {
        if self.replayed {
            change(&mut self.value);
        }
        self
    }
}

/// Of a handler's own run.
impl<T> From<T> for Outcome<T> {
    fn from(value: T) -> Self {
        Self {
            value,
            replayed: false,
        }
    }
}

impl<T: Serialize> Serialize for Outcome<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.value.serialize(serializer)
    }
}

/// What is read was stored.
impl<'de, T: Deserialize<'de>> Deserialize<'de> for Outcome<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self {
            value: T::deserialize(deserializer)?,
            replayed: true,
        })
    }
}
