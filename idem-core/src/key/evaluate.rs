//! From an expression and an event to canonical bytes.

use serde::Serialize;

use super::bytes::{END, LIST};
use super::error::{KeyError, Subject};
use super::expression::{Expression, Path, Way};
use super::fault::Fault;
use super::fingerprint::Fingerprint;
use super::held::Held;
use super::json::Json;
use super::namespace::Namespace;
use super::record_id::RecordId;
use super::sink::{Failed, Sink};
use super::strict::Strict;
use super::walk::{Value, select};
use super::{base64, header};
use crate::event::Invocation;

/// What an expression is evaluated on.
pub(crate) struct Input<'a> {
    pub(crate) invocation: Invocation<'a>,
    pub(crate) payload: &'a dyn Value,
    /// What the closures gave.
    pub(crate) values: &'a [&'a dyn Value],
}

impl<'a> Input<'a> {
    fn new(invocation: &Invocation<'a>, payload: &'a dyn Value) -> Self {
        Self {
            invocation: *invocation,
            payload,
            values: &[],
        }
    }
}

impl Expression {
    /// The id of the record whose key this expression finds.
    ///
    /// # Errors
    ///
    /// [`KeyError::is_missing`] where a part selects nothing, or what is null or empty; [`KeyError::is_refused`] where
    /// the event has what cannot be a key: a number that is not exact, a text that is no JSON or no Base64, two headers
    /// of one name, more than 128 levels or 16 MiB, or a payload that does not serialize.
    ///
    /// # Example: JSON inside a string
    ///
    /// ```
    /// # use idem_core as idem_lambda;
    /// use idem_lambda::Invocation;
    /// use idem_lambda::key::{Expression, Namespace, Path, Segment};
    ///
    /// static BODY: Expression = Expression::Path(Path::streamed("$.body", &[Segment::Name("body")]));
    /// static KEY: Expression =
    ///     Expression::Json(&BODY, Path::streamed("$.orderId", &[Segment::Name("orderId")]));
    ///
    /// let namespace = Namespace::new(None, "charge");
    /// let payload = serde_json::json!({ "body": r#"{ "orderId": "A-1001", "amount": 42 }"# });
    /// let id = KEY.id(&namespace, &Invocation::default(), &payload)?;
    /// assert_eq!(id, namespace.id_of_value(None, "A-1001")?);
    /// # Ok::<(), idem_lambda::key::KeyError>(())
    /// ```
    pub fn id<P: Serialize + ?Sized>(
        &self,
        namespace: &Namespace,
        invocation: &Invocation<'_>,
        payload: &P,
    ) -> Result<RecordId, KeyError> {
        self.id_in(namespace, &Input::new(invocation, &payload))
    }

    /// The hash of what must be equal when the key is.
    ///
    /// # Errors
    ///
    /// As in [`id`](Self::id), but null and what is empty are values like any other.
    pub fn fingerprint<P: Serialize + ?Sized>(
        &self,
        invocation: &Invocation<'_>,
        payload: &P,
    ) -> Result<Fingerprint, KeyError> {
        self.fingerprint_in(&Input::new(invocation, &payload))
    }

    pub(crate) fn id_in(
        &self,
        namespace: &Namespace,
        input: &Input<'_>,
    ) -> Result<RecordId, KeyError> {
        namespace
            .id(input.invocation.tenant, |sink| {
                self.write(sink, Strict::Whole, input)
            })
            .map_err(|failure| KeyError::new(Subject::Key(*self), failure))
    }

    pub(crate) fn fingerprint_in(&self, input: &Input<'_>) -> Result<Fingerprint, KeyError> {
        Fingerprint::hash(|sink| self.write(sink, Strict::No, input))
            .map_err(|failure| KeyError::new(Subject::Fingerprint(*self), failure))
    }

    pub(super) fn write(
        &self,
        sink: &mut Sink,
        strict: Strict,
        input: &Input<'_>,
    ) -> Result<(), Failed> {
        // All but paths is done elsewhere, so that a path, the most common key, does not pay for it.
        match self {
            Self::Path(path) => path.write(sink, strict, input.payload),
            Self::Json(source, path) => source.json(path, sink, strict, input),
            Self::Base64(source) => source.base64(sink, strict, input),
            Self::Header(name) => header::write(name, sink, strict, input.payload),
            Self::RequestId => request_id(sink, strict, input),
            Self::Tuple(parts) => tuple(parts, sink, strict, input),
            Self::Value(index) => value(*index, sink, strict, input),
        }
    }

    /// Writes what `path` selects in the JSON that this gives as text.
    #[inline(never)]
    fn json(
        &self,
        path: &Path,
        sink: &mut Sink,
        strict: Strict,
        input: &Input<'_>,
    ) -> Result<(), Failed> {
        let text = self.text(sink, Strict::Whole, input)?;
        let json = Json::new(&text).ok_or_else(|| sink.stop(Fault::Json))?;
        sink.place.at = Some(Self::Path(*path));
        // Well-formed as it is, it can hold one thing that does not serialize.
        sink.blame(Fault::Surrogate, |sink| path.write(sink, strict, &json))
    }

    /// Writes the text that this gives in Base64.
    #[inline(never)]
    fn base64(&self, sink: &mut Sink, strict: Strict, input: &Input<'_>) -> Result<(), Failed> {
        let text = self.text(sink, strict, input)?;
        let text = base64::decode(&text).map_err(|fault| sink.stop(fault))?;
        select(sink, &[], strict, &text)
    }

    /// The text that this gives to the expression around it.
    fn text(&self, sink: &mut Sink, strict: Strict, input: &Input<'_>) -> Result<String, Failed> {
        sink.place.at = Some(*self);
        let held = sink.hold(|sink| self.write(sink, strict, input))?;
        let text = Held::new(&held).string().map(ToOwned::to_owned);
        text.ok_or_else(|| sink.stop(Fault::NotText))
    }
}

#[inline(never)]
fn request_id(sink: &mut Sink, strict: Strict, input: &Input<'_>) -> Result<(), Failed> {
    match input.invocation.request_id {
        Some(id) => select(sink, &[], strict, &id),
        None => Err(sink.stop(Fault::Missing)),
    }
}

#[inline(never)]
fn tuple(
    parts: &[Expression],
    sink: &mut Sink,
    strict: Strict,
    input: &Input<'_>,
) -> Result<(), Failed> {
    if parts.is_empty() {
        return Err(sink.stop(Fault::EmptyList));
    }
    sink.byte(LIST);
    for part in parts {
        sink.place.at = Some(*part);
        part.write(sink, strict, input)?;
    }
    sink.byte(END);
    Ok(())
}

/// Writes what the closure `index` gave.
#[inline(never)]
fn value(index: usize, sink: &mut Sink, strict: Strict, input: &Input<'_>) -> Result<(), Failed> {
    match input.values.get(index) {
        Some(value) if strict == Strict::No => select(sink, &[], strict, *value),
        Some(value) => select(sink, &[], Strict::Parts, *value),
        None => Err(sink.stop(Fault::Missing)),
    }
}

impl Path {
    /// Writes what the path selects: its node, or the list of its nodes.
    pub(super) fn write(
        &self,
        sink: &mut Sink,
        strict: Strict,
        payload: &dyn Value,
    ) -> Result<(), Failed> {
        let (segments, many) = match self.way {
            Way::Streamed { segments, many } => (segments, many),
            Way::General(query) => return query(self.text, sink, strict, payload),
        };
        sink.start(many);
        select(sink, segments, strict, payload)?;
        sink.finish()
    }
}
