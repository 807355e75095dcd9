//! JSON text inside a value: in a string, or what `serde_json` passes through serde under private names.

use std::borrow::Cow;
use std::cell::Cell;

use serde::Serialize;
use serde::de::IgnoredAny;
use serde::ser::{Error, SerializeMap, SerializeSeq, SerializeStruct, Serializer};

use super::name::Name;
use super::sink::Failed;

/// The struct whose one field is the text of a number; another crate may turn this on by `arbitrary_precision`.
pub(super) const NUMBER: &str = "$serde_json::private::Number";
/// The struct whose one field is the text of a value: a `RawValue`.
pub(super) const RAW_VALUE: &str = "$serde_json::private::RawValue";

/// A JSON value as text, known to be well-formed.
///
/// It serializes as what it says, with numbers kept as text: `serde_json` would read them as doubles, and which double
/// depends on its features.
pub(super) struct Json<'t>(&'t str);

/// The text that is the one field of such a struct.
pub(super) fn text<T: Serialize + ?Sized>(field: &T) -> Result<String, Failed> {
    let mut text = String::new();
    field.serialize(Name(&mut |part| text.push_str(part)))?;
    Ok(text)
}

impl<'t> Json<'t> {
    /// `None` where `text` is not well-formed.
    pub(super) fn new(text: &'t str) -> Option<Self> {
        let well_formed = serde_json::from_str::<IgnoredAny>(text).is_ok();
        well_formed.then_some(Self(text))
    }
}

impl Serialize for Json<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let reader = Reader {
            rest: Cell::new(self.0),
            depth: Cell::new(0),
        };
        reader.serialize(serializer)
    }
}

/// Serializes as the value that comes next in the text.
struct Reader<'t> {
    rest: Cell<&'t str>,
    /// How many values are begun and not ended.
    depth: Cell<usize>,
}

impl<'t> Reader<'t> {
    /// Goes past what stands between values, and gives what comes then.
    fn next(&self) -> Option<u8> {
        let between = |c: char| c.is_ascii_whitespace() || c == ',' || c == ':';
        self.rest.set(self.rest.get().trim_start_matches(between));
        self.rest.get().bytes().next()
    }

    /// Takes the text of the next value.
    fn take(&self) -> &'t str {
        self.next();
        let text = self.rest.get();
        let (value, rest) = text.split_at(length(text.as_bytes()));
        self.rest.set(rest);
        value
    }

    fn begin(&self) {
        self.rest.set(self.rest.get().get(1..).unwrap_or_default());
        self.depth.set(self.depth.get() + 1);
    }

    /// Whether a list or object ends here; if so, goes past its end.
    fn ends(&self) -> bool {
        let ends = matches!(self.next(), Some(b']' | b'}') | None);
        if ends {
            self.rest.set(self.rest.get().get(1..).unwrap_or_default());
            self.depth.set(self.depth.get() - 1);
        }
        ends
    }

    /// Serializes the next value, which the serializer may leave out or leave half-way.
    fn part<E>(&self, serialize: impl FnOnce(&Self) -> Result<(), E>) -> Result<(), E> {
        let (rest, depth) = (self.rest.get(), self.depth.get());
        serialize(self)?;
        if self.rest.get().len() == rest.len() || self.depth.get() != depth {
            self.rest.set(rest);
            self.depth.set(depth);
            self.take();
        }
        Ok(())
    }
}

impl Serialize for Reader<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.next() {
            Some(b'{') => {
                self.begin();
                let mut map = serializer.serialize_map(None)?;
                while !self.ends() {
                    map.serialize_key(&*unquoted(self.take())?)?;
                    self.part(|value| map.serialize_value(value))?;
                }
                map.end()
            }
            Some(b'[') => {
                self.begin();
                let mut list = serializer.serialize_seq(None)?;
                while !self.ends() {
                    self.part(|item| list.serialize_element(item))?;
                }
                list.end()
            }
            Some(b'"') => serializer.serialize_str(&unquoted(self.take())?),
            Some(word @ (b't' | b'f')) => {
                self.take();
                serializer.serialize_bool(word == b't')
            }
            Some(b'n') => {
                self.take();
                serializer.serialize_unit()
            }
            _ => {
                let mut number = serializer.serialize_struct(NUMBER, 1)?;
                number.serialize_field(NUMBER, self.take())?;
                number.end()
            }
        }
    }
}

fn unquoted<E: Error>(text: &str) -> Result<Cow<'_, str>, E> {
    match text
        .strip_prefix('"')
        .and_then(|text| text.strip_suffix('"'))
    {
        Some(plain) if !plain.contains('\\') => Ok(Cow::Borrowed(plain)),
        // Well-formed JSON may still hold half a surrogate pair, which is no string.
        _ => serde_json::from_str(text)
            .map(Cow::Owned)
            .map_err(E::custom),
    }
}

/// The length of the value that `text` starts with.
fn length(text: &[u8]) -> usize {
    let mut depth = 0_usize;
    let mut quoted = false;
    let mut escaped = false;
    for (at, &byte) in text.iter().enumerate() {
        if quoted {
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'"' if depth == 0 => return at + 1,
                b'"' => quoted = false,
                _ => {}
            }
            continue;
        }
        match byte {
            b'"' => quoted = true,
            b'[' | b'{' => depth += 1,
            b']' | b'}' if depth > 1 => depth -= 1,
            b']' | b'}' if depth == 1 => return at + 1,
            b']' | b'}' | b',' | b':' | b' ' | b'\t' | b'\r' | b'\n' if depth == 0 => return at,
            _ => {}
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::key::shape::Shape;

    struct Raw(String);

    impl Serialize for Raw {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            Shape::RawValue(self.0.clone()).serialize(serializer)
        }
    }

    fn fingerprint<T: Serialize>(value: &T) -> Option<crate::key::Fingerprint> {
        crate::key::Fingerprint::of(value).ok()
    }

    #[test]
    fn text_is_what_it_says() {
        for text in [
            "null",
            " true ",
            "false",
            "-12",
            "1.25e1",
            r#""""#,
            r#""a\"b\\""#,
            r#""\ud83d\ude00 é""#,
            "[]",
            "{}",
            "[ [ ] , { } ]",
            "[1,[2,[3]],4]",
            "\t{\r\n\"a\" : [ \"]\" , \"}\\\"\" ] , \"b\":{\"c\" :null}}",
            r#"{"[":"{", "\\":"\\", ",":":"}"#,
        ] {
            let value: Value = serde_json::from_str(text).unwrap();
            assert!(fingerprint(&value).is_some());
            assert_eq!(
                fingerprint(&Raw(text.into())),
                fingerprint(&value),
                "{text}"
            );
        }
    }

    #[test]
    fn text_that_is_no_value_is_refused() {
        for text in [
            "",
            " ",
            "[",
            "[1,",
            "{\"a\"}",
            "nul",
            "1 2",
            "01",
            "'a'",
            r#""\ud83d""#,
            "[1}",
        ] {
            assert_eq!(fingerprint(&Raw(text.into())), None, "{text}");
        }
    }
}
