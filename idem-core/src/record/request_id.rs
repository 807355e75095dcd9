//! The id of an invocation.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

/// What Lambda's own ids have: a UUID as text.
const USUAL: usize = 36;

/// The Lambda request id of an invocation, as the platform wrote it.
///
/// One of the usual length is held in place: a call makes one, and each record has one.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct RequestId(Held);

/// Which of the two it is, its length says: equal texts are held alike.
#[derive(Clone, PartialEq, Eq, Hash)]
enum Held {
    Usual([u8; USUAL]),
    Other(Arc<str>),
}

impl From<&str> for RequestId {
    fn from(text: &str) -> Self {
        let usual = text.as_bytes().try_into().map(Held::Usual);
        Self(usual.unwrap_or_else(|_| Held::Other(text.into())))
    }
}

impl From<String> for RequestId {
    fn from(text: String) -> Self {
        Self::from(&*text)
    }
}

impl Deref for RequestId {
    type Target = str;

    fn deref(&self) -> &str {
        match &self.0 {
            // It was made of a text as a whole.
            Held::Usual(bytes) => str::from_utf8(bytes).unwrap_or_default(),
            Held::Other(text) => text,
        }
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&**self, f)
    }
}

impl fmt::Debug for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_of_any_length_is_the_text_that_it_was_made_of() {
        for length in [0, 1, 35, 36, 37, 128, 10_000] {
            let text = "é1".repeat(length)[..length / 2 * 3].to_owned() + &"x".repeat(length % 2);
            let id = RequestId::from(&*text);
            assert_eq!(*id, *text);
            assert_eq!(id.to_string(), text);
            assert_eq!(id, id.clone());
            assert_ne!(id, RequestId::from(&*format!("{text}x")));
        }
    }
}
