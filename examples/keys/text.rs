//! What strings and numbers hold: JSON, base64, times.

use base64::alphabet::{STANDARD, URL_SAFE};
use base64::engine::{DecodePaddingMode, Engine, GeneralPurpose, GeneralPurposeConfig};
use serde_json::Value;

use crate::route::Step;

const LENIENT: GeneralPurposeConfig =
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
const ENGINES: [GeneralPurpose; 2] = [
    GeneralPurpose::new(&STANDARD, LENIENT),
    GeneralPurpose::new(&URL_SAFE, LENIENT),
];

/// Words in the names of times.
const TIMES: [&str; 14] = [
    "at",
    "date",
    "day",
    "epoch",
    "exp",
    "expires",
    "expiry",
    "iat",
    "nbf",
    "now",
    "stamp",
    "time",
    "timestamp",
    "ts",
];

/// The object or list that a string holds as JSON, and the steps into it.
pub(crate) fn inner(text: &str) -> Option<(&'static [Step], Value)> {
    match text.bytes().find(|byte| !byte.is_ascii_whitespace())? {
        b'{' | b'[' => Some((&[Step::Json], serde_json::from_str(text).ok()?)),
        // What `{` and `[` become in base64.
        b'e' | b'W' if text.len() >= 8 => {
            let mut decoded = ENGINES.iter().filter_map(|engine| engine.decode(text).ok());
            let value: Value = serde_json::from_slice(&decoded.next()?).ok()?;
            let is_whole = value.is_object() || value.is_array();
            is_whole.then_some((&[Step::Base64, Step::Json], value))
        }
        _ => None,
    }
}

/// Whether `value`, a member of this name, is a time.
pub(crate) fn is_time(name: &str, value: &Value) -> bool {
    let named = || {
        words(name)
            .iter()
            .any(|word| TIMES.contains(&word.as_str()))
    };
    match value {
        Value::String(text) => is_date(text) || (is_epoch(text) && named()),
        Value::Number(number) => {
            let whole = number.as_f64().is_some_and(|number| number >= 1e9);
            whole && named() && is_epoch(number.to_string().split('.').next().unwrap_or_default())
        }
        _ => false,
    }
}

/// Seconds, or a finer unit, since 1970: in this century.
fn is_epoch(text: &str) -> bool {
    matches!(text.len(), 10 | 13 | 16 | 19)
        && text.starts_with(['1', '2', '3', '4'])
        && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// `2026-11-23T08:51:00Z`, `23/Nov/2026:08:51:00 +0000` or `Mon, 23 Nov 2026 08:51:00 GMT`.
fn is_date(text: &str) -> bool {
    const DATES: [&str; 4] = [
        "0000-00-00T00:00",
        "0000-00-00 00:00",
        "00/aaa/0000:00:00",
        "aaa, 00 aaa 0000 00:00",
    ];
    let fits = |(byte, wanted): (u8, u8)| match wanted {
        b'0' => byte.is_ascii_digit(),
        b'a' => byte.is_ascii_alphabetic(),
        wanted => byte == wanted,
    };
    DATES.iter().any(|date| {
        (date.len()..48).contains(&text.len()) && text.bytes().zip(date.bytes()).all(fits)
    })
}

/// The words of a name, in lower case: `orderId`, `order_id` and `Order-ID` are `order` and `id`.
pub(crate) fn words(name: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut before = ' ';
    for char in name.chars() {
        let starts = char.is_uppercase() && !before.is_uppercase();
        if (starts || !char.is_alphanumeric()) && !word.is_empty() {
            words.push(std::mem::take(&mut word));
        }
        if char.is_alphanumeric() {
            word.extend(char.to_lowercase());
        }
        before = char;
    }
    words.extend(Some(word).filter(|word| !word.is_empty()));
    words
}
