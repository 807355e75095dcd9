//! The codec.

use std::borrow::Cow;
use std::fmt;

use aes_gcm::aead::{Aead, Payload};
use aes_gcm::{Aes256Gcm, KeyInit};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use idem_lambda::codec::{Codec, CodecError};
use idem_lambda::key::RecordId;

const NONCE_BYTES: usize = 12;

/// Encrypts results with AES-256-GCM. A result is bound to its record: moved to another, it does not open.
///
/// What is stored is a random nonce and the ciphertext. Random nonces of 96 bits are safe for 2^32 results of one key
/// (NIST SP 800-38D, section 8.3): change the key long before.
pub(crate) struct Sealed(Aes256Gcm);

impl Sealed {
    /// With this key: 32 bytes in Base64, as `openssl rand -base64 32` makes them.
    pub(crate) fn with_key(key: &str) -> Result<Self, CodecError> {
        let key = STANDARD.decode(key.trim()).ok();
        let cipher = key.and_then(|key| Aes256Gcm::new_from_slice(&key).ok());
        Ok(Self(cipher.ok_or("the key must be 32 bytes in Base64")?))
    }
}

impl Codec for Sealed {
    fn name(&self) -> &'static str {
        "aes-256-gcm"
    }

    fn encode(&self, json: Vec<u8>, record: &RecordId) -> Result<Vec<u8>, CodecError> {
        let mut nonce = [0; NONCE_BYTES];
        getrandom::fill(&mut nonce)?;
        let record = record.to_string();
        let payload = Payload {
            msg: &json,
            aad: record.as_bytes(),
        };
        let ciphertext = self.0.encrypt(&nonce.into(), payload);
        let ciphertext = ciphertext.map_err(|_| "failed to encrypt the result")?;
        Ok([&nonce[..], &ciphertext].concat())
    }

    fn decode<'s>(
        &self,
        stored: &'s [u8],
        _: &str,
        record: &RecordId,
    ) -> Result<Cow<'s, [u8]>, CodecError> {
        let (nonce, ciphertext) = stored
            .split_first_chunk::<NONCE_BYTES>()
            .ok_or("the stored result is too short")?;
        let record = record.to_string();
        let payload = Payload {
            msg: ciphertext,
            aad: record.as_bytes(),
        };
        let json = self.0.decrypt(&(*nonce).into(), payload);
        let json = json.map_err(
            |_| "the stored result does not open with this key, or is of another record",
        )?;
        Ok(json.into())
    }
}

impl fmt::Debug for Sealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sealed(..)")
    }
}
