//! What must be equal when the key is.

use std::fmt;
use std::sync::LazyLock;

use serde::Serialize;

use super::error::{KeyError, Subject};
use super::fault::Failure;
use super::hash::Prefix;
use super::record_id::Hex;
use super::sink::{Failed, Sink, digest, prefix};
use super::strict::Strict;
use super::walk::select;

const DOMAIN: &str = "idem-lambda fingerprint";
static PREFIX: LazyLock<Prefix> = LazyLock::new(|| prefix(DOMAIN, |_| {}));

/// A hash of a value, to tell whether two calls of one key ask for the same thing.
///
/// It is hashed as keys are, under a domain of its own. Unlike a key it may be null or empty.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fingerprint([u8; 32]);

impl Fingerprint {
    /// Hashes `value`.
    ///
    /// # Errors
    ///
    /// [`KeyError::is_refused`] where the value holds a number that is not exact, is nested deeper than 128 levels, or
    /// does not serialize.
    ///
    /// # Example: the same order again
    ///
    /// ```
    /// # use idem_core as idem_lambda;
    /// use idem_lambda::key::Fingerprint;
    /// use serde_json::json;
    ///
    /// let first = Fingerprint::of(&json!({ "orderId": "A-1001", "amount": 42 }))?;
    /// let again = Fingerprint::of(&json!({ "amount": 42.0, "orderId": "A-1001" }))?;
    /// assert_eq!(first, again);
    /// # Ok::<(), idem_lambda::key::KeyError>(())
    /// ```
    pub fn of<T: Serialize + ?Sized>(value: &T) -> Result<Self, KeyError> {
        Self::hash(|sink| select(sink, &[], Strict::No, &value))
            .map_err(|failure| KeyError::new(Subject::FingerprintValue, failure))
    }

    /// Hashes what `write` writes.
    pub(super) fn hash(write: impl Fn(&mut Sink) -> Result<(), Failed>) -> Result<Self, Failure> {
        digest(&PREFIX, write).map(Self)
    }

    /// A fingerprint that a store kept.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// A fingerprint that a store kept as it [prints](fmt::Display); `None` where `text` is not 64 hexadecimal digits.
    #[must_use]
    pub fn from_hex(text: &str) -> Option<Self> {
        let digits: &[u8; 64] = text.as_bytes().try_into().ok()?;
        let digit = |byte: u8| char::from(byte).to_digit(16);
        let mut bytes = [0; 32];
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
            *byte = u8::try_from(digit(pair[0])? << 4 | digit(pair[1])?).ok()?;
        }
        Some(Self(bytes))
    }

    /// The hash, for a store to keep.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// 64 lowercase hexadecimal digits.
impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Hex(&self.0).fmt(f)
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Fingerprint({self})")
    }
}
