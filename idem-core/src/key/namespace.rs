//! The scope of keys.

use std::fmt;

use serde::Serialize;

use super::error::{KeyError, Subject};
use super::fault::Failure;
use super::hash::Prefix;
use super::record_id::{RecordId, Text};
use super::sink::{Failed, Sink, digest, prefix};
use super::strict::Strict;
use super::walk::select;

const DOMAIN: &str = "idem-lambda key";

/// The scope of keys: the handler's name and, in Lambda, the function's.
///
/// Equal keys of two namespaces are two records. What every key of a namespace has in common is hashed once, when the
/// namespace is made; clones are cheap.
#[derive(Clone)]
pub struct Namespace {
    text: Text,
    /// How much of the text is the function's name.
    function: Option<usize>,
    prefix: Prefix,
}

impl Namespace {
    /// The namespace of the handler `name`, in the Lambda function `function` if there is one.
    #[must_use]
    pub fn new(function: Option<&str>, name: &str) -> Self {
        let prefix = prefix(DOMAIN, |sink| {
            sink.optional(function);
            sink.text(name);
        });
        Self {
            text: match function {
                Some(function) => Text::shared(format!("{function}/{name}")),
                None => Text::shared(name),
            },
            function: function.map(str::len),
            prefix,
        }
    }

    /// The same namespace, whose text is never freed: for one that lasts as long as the process, as a handler's does.
    ///
    /// Its ids are made and cloned without counting how many there are.
    #[must_use]
    pub fn leak(self) -> Self {
        let text = Text::leaked(&self.text);
        Self { text, ..self }
    }

    /// `<function>/<name>`, or `<name>` alone.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The Lambda function's name.
    #[must_use]
    pub fn function(&self) -> Option<&str> {
        self.function.map(|length| &self.text[..length])
    }

    /// The id of the record whose key is the value `key`.
    ///
    /// The value itself counts, not an expression on it; a tuple is a key of several parts.
    ///
    /// # Errors
    ///
    /// [`KeyError::is_missing`] where the value, one item of a tuple or list, or one of a tuple in it is null or empty;
    /// [`KeyError::is_refused`] where it holds a number that is not exact, is nested deeper than 128 levels, or does
    /// not serialize.
    ///
    /// # Example: a key of two parts
    ///
    /// ```
    /// # use idem_core as idem_lambda;
    /// use idem_lambda::key::Namespace;
    ///
    /// let namespace = Namespace::new(Some("shop"), "charge");
    /// let id = namespace.id_of_value(None, &("A-1001", 1))?;
    /// assert!(id.to_string().starts_with("shop/charge#"));
    ///
    /// let error = namespace.id_of_value(None, &("A-1001", "")).unwrap_err();
    /// assert!(error.is_missing());
    /// assert_eq!(error.to_string(), "key, part 2: an empty string");
    /// # Ok::<(), idem_lambda::key::KeyError>(())
    /// ```
    pub fn id_of_value<T: Serialize + ?Sized>(
        &self,
        tenant: Option<&str>,
        key: &T,
    ) -> Result<RecordId, KeyError> {
        self.id(tenant, |sink| select(sink, &[], Strict::Parts, &key))
            .map_err(|failure| KeyError::new(Subject::KeyValue, failure))
    }

    /// The id of the key that `write` writes.
    #[inline]
    pub(super) fn id(
        &self,
        tenant: Option<&str>,
        write: impl Fn(&mut Sink) -> Result<(), Failed>,
    ) -> Result<RecordId, Failure> {
        let digest = digest(&self.prefix, |sink| {
            sink.optional(tenant);
            write(sink)
        })?;
        Ok(RecordId::new(self.text.clone(), digest))
    }
}

impl fmt::Debug for Namespace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Namespace({})", &*self.text)
    }
}
