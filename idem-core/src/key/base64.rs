//! Text in Base64.

use base64::Engine;
use base64::alphabet::{STANDARD, URL_SAFE};
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use super::fault::Fault;

/// Both alphabets of RFC 4648; services differ in padding, too.
const CONFIG: GeneralPurposeConfig =
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
const OF_STANDARD: GeneralPurpose = GeneralPurpose::new(&STANDARD, CONFIG);
const OF_URL: GeneralPurpose = GeneralPurpose::new(&URL_SAFE, CONFIG);

/// The text that was encoded.
pub(super) fn decode(text: &str) -> Result<String, Fault> {
    let engine = if text.contains(['-', '_']) {
        OF_URL
    } else {
        OF_STANDARD
    };
    let bytes = engine.decode(text).map_err(|_| Fault::Base64)?;
    String::from_utf8(bytes).map_err(|_| Fault::Utf8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alphabets_and_padding_do_not_matter() {
        for text in ["fn5+Pz8/IQ==", "fn5-Pz8_IQ==", "fn5+Pz8/IQ", "fn5-Pz8_IQ"] {
            assert_eq!(decode(text).as_deref(), Ok("~~~???!"), "{text}");
        }
        assert_eq!(decode("").as_deref(), Ok(""));
    }

    #[test]
    fn what_is_no_text_in_base64_is_refused() {
        for text in ["a", "ab+_", "YQ===", "Y Q==", "YR==", "\u{e9}"] {
            assert_eq!(decode(text), Err(Fault::Base64), "{text}");
        }
        assert_eq!(decode("/w=="), Err(Fault::Utf8));
    }
}
