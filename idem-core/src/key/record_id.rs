//! The name of a record.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::ops::Deref;
use std::str::FromStr;
use std::sync::Arc;

/// The name of a record in a store: the namespace and a hash of the key.
///
/// It prints as `<namespace>#<64 hexadecimal digits>`, for example `orders/charge#9f86…`, and holds nothing of the
/// raw key. Clones share the namespace.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RecordId {
    namespace: Text,
    digest: [u8; 32],
}

impl RecordId {
    pub(super) fn new(namespace: Text, digest: [u8; 32]) -> Self {
        Self { namespace, digest }
    }

    /// The namespace, as in [`Namespace::as_str`](super::Namespace::as_str).
    #[must_use]
    pub fn namespace(&self) -> &str {
        &self.namespace
    }

    /// The hash of namespace, tenant and key.
    #[must_use]
    pub fn digest(&self) -> &[u8; 32] {
        &self.digest
    }
}

/// From what it prints as: a record that a log names can be looked up.
impl FromStr for RecordId {
    type Err = NotARecordId;

    fn from_str(text: &str) -> Result<Self, NotARecordId> {
        let (namespace, hex) = text.rsplit_once('#').ok_or(NotARecordId)?;
        let mut digest = [0; 32];
        if hex.len() != 64
            || !hex
                .bytes()
                .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
        {
            return Err(NotARecordId);
        }
        for (place, byte) in digest.iter_mut().enumerate() {
            let pair = hex.get(2 * place..2 * place + 2).ok_or(NotARecordId)?;
            *byte = u8::from_str_radix(pair, 16).map_err(|_| NotARecordId)?;
        }
        Ok(Self::new(Text::shared(namespace), digest))
    }
}

/// A text that does not name a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotARecordId;

impl fmt::Display for NotARecordId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not the name of a record; write it as logs show it, as in `orders/charge#` and 64 hexadecimal digits")
    }
}

impl std::error::Error for NotARecordId {}

impl fmt::Display for RecordId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}#{}", &*self.namespace, Hex(&self.digest))
    }
}

impl fmt::Debug for RecordId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The text of a namespace, behind a pointer of one word: every record has one.
#[derive(Clone)]
pub(super) enum Text {
    Shared(Arc<Box<str>>),
    /// Shared without counting, which takes longer than what else an id is made of.
    Leaked(&'static &'static str),
}

impl Text {
    pub(super) fn shared(text: impl Into<Box<str>>) -> Self {
        Self::Shared(Arc::new(text.into()))
    }

    /// The same, never freed.
    pub(super) fn leaked(text: &str) -> Self {
        let text: &'static str = String::from(text).leak();
        Self::Leaked(Box::leak(Box::new(text)))
    }
}

impl Deref for Text {
    type Target = str;

    fn deref(&self) -> &str {
        match self {
            Self::Shared(text) => text,
            Self::Leaked(text) => text,
        }
    }
}

impl PartialEq for Text {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl Eq for Text {}

impl PartialOrd for Text {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Text {
    fn cmp(&self, other: &Self) -> Ordering {
        (**self).cmp(&**other)
    }
}

impl Hash for Text {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (**self).hash(state);
    }
}

/// Bytes as lowercase hexadecimal digits.
pub(crate) struct Hex<'b>(pub(crate) &'b [u8; 32]);

impl fmt::Display for Hex<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digit = |nibble: u8| b"0123456789abcdef"[usize::from(nibble)];
        let mut text = [0; 64];
        for (pair, byte) in text.chunks_exact_mut(2).zip(self.0) {
            pair[0] = digit(byte >> 4);
            pair[1] = digit(byte & 15);
        }
        f.write_str(str::from_utf8(&text).unwrap_or_default())
    }
}
