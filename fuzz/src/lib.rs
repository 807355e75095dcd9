//! What must hold of keys and records, whatever the input.

use idem_core::key::{Expression, Fingerprint, KeyError, Namespace, RecordId};
use serde::Serialize;

pub mod base64;
pub mod encoder;
pub mod json;
pub mod path;
#[cfg(feature = "record")]
pub mod record;

#[cfg(feature = "record")]
mod update;

#[path = "../../idem-core/src/key/layout.rs"]
mod layout;
#[allow(dead_code, reason = "the tests of `idem-core` use the rest")]
#[path = "../../idem-core/src/key/shape.rs"]
mod shape;

fn id<P: Serialize + ?Sized>(expression: &Expression, payload: &P) -> Result<RecordId, KeyError> {
    let invocation = idem_core::Invocation::default();
    expression.id(&Namespace::new(None, "fuzz"), &invocation, payload)
}

fn digest<P: Serialize + ?Sized>(expression: &Expression, payload: &P) -> Option<[u8; 32]> {
    id(expression, payload).ok().map(|id| *id.digest())
}

fn fingerprint<P: Serialize + ?Sized>(payload: &P) -> Option<[u8; 32]> {
    Fingerprint::of(payload)
        .ok()
        .map(|fingerprint| *fingerprint.as_bytes())
}

/// What the plain layout makes of a key.
fn expected(key: &layout::Canonical) -> Option<[u8; 32]> {
    (!key.is_absent()).then(|| key.digest(None, "fuzz", None))
}
