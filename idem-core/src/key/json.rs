//! JSON text inside a value: what `serde_json` passes through serde under private names.

use std::borrow::Cow;

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
        well_formed.then(|| Self(text.trim_ascii()))
    }
}

impl Serialize for Json<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let text = self.0;
        match text.as_bytes().first() {
            Some(b'{') => {
                let mut map = serializer.serialize_map(None)?;
                let mut items = Items(&text[1..]);
                while let (Some(name), Some(value)) = (items.next(), items.next()) {
                    map.serialize_entry(&*unquoted(name)?, &Json(value))?;
                }
                map.end()
            }
            Some(b'[') => {
                let mut list = serializer.serialize_seq(None)?;
                for item in Items(&text[1..]) {
                    list.serialize_element(&Json(item))?;
                }
                list.end()
            }
            Some(b'"') => serializer.serialize_str(&unquoted(text)?),
            Some(b't') => serializer.serialize_bool(true),
            Some(b'f') => serializer.serialize_bool(false),
            Some(b'n') => serializer.serialize_unit(),
            _ => {
                let mut number = serializer.serialize_struct(NUMBER, 1)?;
                number.serialize_field(NUMBER, text)?;
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

/// The texts of the items of a list, or of names and values by turns, from after the opening bracket.
struct Items<'t>(&'t str);

impl<'t> Iterator for Items<'t> {
    type Item = &'t str;

    fn next(&mut self) -> Option<&'t str> {
        let text = self
            .0
            .trim_start_matches(|c: char| c.is_ascii_whitespace() || c == ',' || c == ':');
        if text.starts_with([']', '}']) {
            return None;
        }
        let (item, rest) = text.split_at_checked(length(text.as_bytes()))?;
        self.0 = rest;
        (!item.is_empty()).then_some(item)
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
