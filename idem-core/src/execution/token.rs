//! What goes downstream in place of a key.

use std::fmt;

use sha2::{Digest, Sha256};

use crate::key::Hex;

/// What every token starts from, so that none is the hash of anything else.
const DOMAIN: &[u8] = b"idem-lambda/token/1\n";

/// An idempotency key for a downstream system: the same on every attempt of one key and step, and for no other.
///
/// It is a hash: whoever sees it learns nothing of the key. It prints as a UUID of version 8
/// ([RFC 9562](https://www.rfc-editor.org/rfc/rfc9562#name-uuid-version-8)).
///
/// | downstream | takes | use |
/// |---|---|---|
/// | Stripe `Idempotency-Key` | up to 255 characters | either |
/// | AWS `ClientToken` (EC2, ECS and others) | up to 64 characters, some 32 to 64 | either |
/// | AWS `ClientRequestToken` (DynamoDB transactions up to 36, Secrets Manager 32 to 64) | | the UUID |
/// | SQS and SNS `MessageDeduplicationId` | up to 128 letters, digits and punctuation | either |
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Token([u8; 32]);

impl Token {
    pub(super) fn new(seed: &[u8; 32], step: &str) -> Self {
        let hasher = Sha256::new().chain_update(DOMAIN).chain_update(seed);
        Self(hasher.chain_update(step).finalize().into())
    }

    /// The UUID: 36 characters.
    #[must_use]
    pub fn to_uuid(&self) -> String {
        self.to_string()
    }

    /// All of it as 64 lowercase hexadecimal digits.
    #[must_use]
    pub fn to_hex(&self) -> String {
        Hex(&self.0).to_string()
    }
}

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, byte) in self.0.iter().take(16).enumerate() {
            let byte = match place {
                6 => byte & 0x0f | 0x80,
                8 => byte & 0x3f | 0x80,
                _ => *byte,
            };
            let dash = if matches!(place, 4 | 6 | 8 | 10) {
                "-"
            } else {
                ""
            };
            write!(f, "{dash}{byte:02x}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Token({self})")
    }
}
