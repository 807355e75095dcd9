//! The key that a request carries.

use http::{HeaderMap, HeaderName};

use super::problem::Problem;

pub(super) const HEADER: HeaderName = HeaderName::from_static("idempotency-key");

/// The longest key, in characters: a UUID has 36.
const LONGEST: usize = 255;

/// The key in these headers; `None` where there is none.
pub(super) fn of(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let mut values = headers.get_all(HEADER).iter();
    let Some(value) = values.next() else {
        return Ok(None);
    };
    if values.next().is_some() {
        return Err(Problem::InvalidKey("The header may occur only once."));
    }
    let text = value
        .to_str()
        .map_err(|_| INVALID)?
        .trim_matches([' ', '\t']);
    let key = match text.strip_prefix('"') {
        Some(rest) => quoted(rest),
        None => bare(text),
    };
    let key = key.ok_or(INVALID)?;
    match key.len() {
        0 => Err(Problem::InvalidKey("The key is empty.")),
        1..=LONGEST => Ok(Some(key)),
        _ => Err(Problem::InvalidKey(
            "The key is longer than 255 characters.",
        )),
    }
}

const INVALID: Problem = Problem::InvalidKey(
    "The value is neither a string in quotes, as in RFC 9651, nor one word without quotes.",
);

/// What stands in a structured string after its first quote, up to the end.
fn quoted(rest: &str) -> Option<String> {
    let mut key = String::with_capacity(rest.len());
    let mut characters = rest.chars();
    loop {
        match characters.next()? {
            '"' => break,
            '\\' => key.push(
                characters
                    .next()
                    .filter(|next| matches!(next, '"' | '\\'))?,
            ),
            character @ ' '..='~' => key.push(character),
            _ => return None,
        }
    }
    // Parameters would be allowed, but none is known, and a list of keys is none.
    characters.next().is_none().then_some(key)
}

/// A key without quotes: no spaces, and nothing that could be a list or a parameter.
fn bare(text: &str) -> Option<String> {
    let is_word = |byte: u8| byte.is_ascii_graphic() && !b"\"\\,;".contains(&byte);
    text.bytes().all(is_word).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn read(values: &[&[u8]]) -> Result<Option<String>, Problem> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(HEADER, HeaderValue::from_bytes(value).unwrap());
        }
        of(&headers)
    }

    #[test]
    fn a_key_in_quotes_and_one_without_are_the_same() {
        for value in ["8e03978e-40d5", "\"8e03978e-40d5\"", " \"8e03978e-40d5\"\t"] {
            let key = read(&[value.as_bytes()]).unwrap();
            assert_eq!(key.as_deref(), Some("8e03978e-40d5"), "{value}");
        }
    }

    #[test]
    fn quotes_and_backslashes_are_escaped_in_quotes() {
        let key = read(&[br#""a \"b\" \\ c, d; e""#]).unwrap();
        assert_eq!(key.as_deref(), Some(r#"a "b" \ c, d; e"#));
    }

    #[test]
    fn base64_needs_no_quotes() {
        let key = read(&[b"aGVsbG8+/w=="]).unwrap();
        assert_eq!(key.as_deref(), Some("aGVsbG8+/w=="));
    }

    #[test]
    fn no_header_is_no_key() {
        assert_eq!(read(&[]), Ok(None));
    }

    #[test]
    fn what_is_no_string_is_invalid() {
        let values: [&[u8]; 11] = [
            b"\"open",
            b"\"a\\\"",
            b"\"a\\n\"",
            b"\"a\tb\"",
            b"\"a\"b\"",
            b"\"a\";q=1",
            b"\"a\", \"b\"",
            b"a, b",
            b"a b",
            b"\"\xc3\xa4\"",
            b"\xc3\xa4",
        ];
        for value in values {
            let key = read(&[value]);
            assert_eq!(key, Err(INVALID), "{}", String::from_utf8_lossy(value));
        }
    }

    #[test]
    fn an_empty_key_a_long_one_and_two_are_invalid() {
        let long = "k".repeat(10_000);
        let longest = "k".repeat(LONGEST);
        let refused: [&[&[u8]]; 5] = [
            &[b""],
            &[b"\"\""],
            &[long.as_bytes()],
            &[b"a", b"b"],
            &[b"a", b"a"],
        ];
        for values in refused {
            assert!(matches!(read(values), Err(Problem::InvalidKey(_))));
        }
        assert_eq!(read(&[longest.as_bytes()]), Ok(Some(longest)));
    }
}
