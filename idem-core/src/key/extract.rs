//! From an expression and a payload to the id of a record.

use serde::Serialize;

use super::canonical::DEPTH;
use super::error::{KeyError, Subject};
use super::expression::{Expression, Path};
use super::fault::Fault;
use super::namespace::Namespace;
use super::record_id::RecordId;
use super::select::select;
use super::sink::{Failed, LIST, Sink};

impl Expression {
    /// The id of the record whose key this expression finds in `payload`.
    ///
    /// # Errors
    ///
    /// [`KeyError::is_missing`] where a path selects nothing, or what is null or empty; [`KeyError::is_refused`] where
    /// the key holds a number that is not exact, is nested deeper than 128 levels, or does not serialize.
    ///
    /// # Example: a member of the payload
    ///
    /// ```
    /// # use idem_core as idem_lambda;
    /// use idem_lambda::key::{Expression, Namespace, Path, Segment};
    ///
    /// static KEY: Expression =
    ///     Expression::Path(Path::singular("$.orderId", &[Segment::Name("orderId")]));
    ///
    /// let namespace = Namespace::new(None, "charge");
    /// let payload = serde_json::json!({ "orderId": "A-1001", "amount": 42 });
    /// let id = KEY.id(&namespace, None, &payload)?;
    /// assert_eq!(id, namespace.id_of_value(None, "A-1001")?);
    /// # Ok::<(), idem_lambda::key::KeyError>(())
    /// ```
    pub fn id<P: Serialize + ?Sized>(
        &self,
        namespace: &Namespace,
        tenant: Option<&str>,
        payload: &P,
    ) -> Result<RecordId, KeyError> {
        namespace
            .id(tenant, |sink| self.write(sink, DEPTH, payload))
            .map_err(|failure| KeyError::new(Subject::Expression(*self), failure))
    }

    fn write<P: Serialize + ?Sized>(
        &self,
        sink: &mut Sink,
        depth: u8,
        payload: &P,
    ) -> Result<(), Failed> {
        let parts = match self {
            Self::Path(path) => return path.write(sink, depth, payload),
            Self::Tuple(parts) => parts,
        };
        if parts.is_empty() {
            return Err(sink.stop(Fault::EmptyList));
        }
        let depth = sink.deeper(depth)?;
        let outermost = sink.place.part.is_none();
        sink.write(&[LIST]);
        for (index, part) in parts.iter().enumerate() {
            if outermost {
                sink.place.part = Some(index + 1);
            }
            part.write(sink, depth, payload)?;
        }
        if outermost {
            sink.place.part = None;
        }
        sink.end(false);
        Ok(())
    }
}

impl Path {
    fn write<P: Serialize + ?Sized>(
        &self,
        sink: &mut Sink,
        depth: u8,
        payload: &P,
    ) -> Result<(), Failed> {
        match self.segments {
            Some(segments) => {
                select(sink, segments, depth, payload)?;
                if !sink.found {
                    sink.fail(Fault::Missing);
                }
                Ok(())
            }
            #[cfg(feature = "grammar")]
            None => super::query::write(self.text, sink, payload),
            #[cfg(not(feature = "grammar"))]
            None => Err(sink.stop(Fault::NoGrammar)),
        }
    }
}
