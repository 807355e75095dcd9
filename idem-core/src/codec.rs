//! How results are stored.

use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::LazyLock;

use crate::key::RecordId;
use crate::record::{JSON, StoredResult};

/// Why a codec failed. It must hold neither payload nor secret: it is logged, and it is the source of an error.
pub type CodecError = Box<dyn StdError + Send + Sync>;

/// How results are stored: as [`Json`], unless the handler or the runtime has another.
///
/// A codec turns the JSON of a result into what the store keeps, and back: it encrypts, or compresses. A handler names
/// its own in the attribute (`codec = path::TO_A_STATIC`), a runtime one for all handlers
/// ([`Builder::codec`](crate::Builder::codec)).
///
/// A result whose encoding fails is not stored: the first caller gets it, later ones *done without result*. One whose
/// decoding fails is not replayed: nothing runs, and the error is
/// [`is_replay_decode`](crate::Error::is_replay_decode).
///
/// The example `encrypted` encrypts results with a key from the environment.
///
/// # Example: a codec that marks what it wrote
///
/// ```
/// use std::borrow::Cow;
/// # use idem_core as idem_lambda;
/// use idem_lambda::codec::{Codec, CodecError};
/// use idem_lambda::key::RecordId;
///
/// #[derive(Debug)]
/// struct Marked;
///
/// impl Codec for Marked {
///     fn name(&self) -> &'static str {
///         "marked"
///     }
///
///     fn encode(&self, json: Vec<u8>, _: &RecordId) -> Result<Vec<u8>, CodecError> {
///         Ok([b"#", &*json].concat())
///     }
///
///     fn decode<'s>(&self, stored: &'s [u8], _: &str, _: &RecordId) -> Result<Cow<'s, [u8]>, CodecError> {
///         let json = stored.strip_prefix(b"#").ok_or("the mark is missing")?;
///         Ok(json.into())
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no codec",
    label = "says how results are stored",
    note = "write `impl idem_lambda::codec::Codec for {Self}`"
)]
pub trait Codec: fmt::Debug + Send + Sync + 'static {
    /// What its results are called in the record. Another format needs another name.
    fn name(&self) -> &'static str;

    /// Whether it can decode what a codec of that name wrote. Only its own, unless it says otherwise: so that a handler
    /// can be moved from one codec to another while results of the former are still replayed.
    fn reads(&self, name: &str) -> bool {
        name == self.name()
    }

    /// What the store keeps of a result. `record` is whose result it is: an encryption should authenticate it, so that
    /// nobody can move a result to another record.
    ///
    /// # Errors
    ///
    /// [`CodecError`]: the result is not stored.
    fn encode(&self, json: Vec<u8>, record: &RecordId) -> Result<Vec<u8>, CodecError>;

    /// The JSON of a result that a codec called `name` stored for this record.
    ///
    /// # Errors
    ///
    /// [`CodecError`]: it was not written by this codec, or not for this record.
    fn decode<'s>(
        &self,
        stored: &'s [u8],
        name: &str,
        record: &RecordId,
    ) -> Result<Cow<'s, [u8]>, CodecError>;
}

/// Results are stored as the JSON that they are.
#[derive(Clone, Copy, Debug)]
pub struct Json;

impl Codec for Json {
    fn name(&self) -> &'static str {
        JSON
    }

    fn encode(&self, json: Vec<u8>, _: &RecordId) -> Result<Vec<u8>, CodecError> {
        Ok(json)
    }

    fn decode<'s>(
        &self,
        stored: &'s [u8],
        _: &str,
        _: &RecordId,
    ) -> Result<Cow<'s, [u8]>, CodecError> {
        Ok(stored.into())
    }
}

/// A codec that is made when it is first used, from an environment variable perhaps.
impl<C: Codec> Codec for LazyLock<C> {
    fn name(&self) -> &'static str {
        (**self).name()
    }

    fn reads(&self, name: &str) -> bool {
        (**self).reads(name)
    }

    fn encode(&self, json: Vec<u8>, record: &RecordId) -> Result<Vec<u8>, CodecError> {
        (**self).encode(json, record)
    }

    fn decode<'s>(
        &self,
        stored: &'s [u8],
        name: &str,
        record: &RecordId,
    ) -> Result<Cow<'s, [u8]>, CodecError> {
        (**self).decode(stored, name, record)
    }
}

/// The result as it is to be stored; `None` where the codec fails. The effect is done by now: a panic must not undo the
/// record of it.
pub(crate) fn encode(codec: &dyn Codec, json: Vec<u8>, record: &RecordId) -> Option<StoredResult> {
    let encoded = catch_unwind(AssertUnwindSafe(|| codec.encode(json, record)));
    match encoded {
        Ok(Ok(bytes)) => Some(StoredResult::new(bytes).with_codec(codec.name())),
        Ok(Err(error)) => {
            tracing::warn!(target: "idem", %record, %error, "the codec could not encode the result; duplicates get no result");
            None
        }
        Err(_) => None,
    }
}

/// The JSON of a stored result.
pub(crate) fn decode<'s>(
    codec: &dyn Codec,
    stored: &'s StoredResult,
    record: &RecordId,
) -> Result<Cow<'s, [u8]>, CodecError> {
    let name = stored.codec();
    catch_unwind(AssertUnwindSafe(|| {
        if !codec.reads(name) {
            return Err("it was stored by another codec than the handler's".into());
        }
        codec.decode(stored.as_bytes(), name, record)
    }))
    .unwrap_or_else(|_| Err("the codec panicked".into()))
}
