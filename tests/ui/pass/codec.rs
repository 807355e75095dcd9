#![deny(warnings)]

use std::borrow::Cow;
use std::sync::LazyLock;

use idem_lambda::codec::{Codec, CodecError, Json};
use idem_lambda::key::RecordId;
use idem_lambda::{Error, idempotent};

#[derive(Debug)]
struct Sealed(u8);

impl Codec for Sealed {
    fn name(&self) -> &'static str {
        "sealed"
    }

    fn encode(&self, mut json: Vec<u8>, _: &RecordId) -> Result<Vec<u8>, CodecError> {
        json.push(self.0);
        Ok(json)
    }

    fn decode<'s>(&self, stored: &'s [u8], _: &str, _: &RecordId) -> Result<Cow<'s, [u8]>, CodecError> {
        Ok(stored.strip_suffix(&[self.0]).ok_or("not sealed")?.into())
    }
}

static SEALED: LazyLock<Sealed> = LazyLock::new(|| Sealed(7));

#[idempotent(key = "$", ttl = "1h", codec = SEALED)]
async fn lazily(order: String) -> Result<usize, Error> {
    Ok(order.len())
}

#[idempotent(key = "$", ttl = "1h", codec = Sealed(8))]
async fn constantly(order: String) -> Result<usize, Error> {
    Ok(order.len())
}

#[idempotent(key = "$", ttl = "1h", codec = json)]
async fn plainly(order: String) -> Result<usize, Error> {
    Ok(order.len())
}

#[idempotent(key = "$", ttl = "1h", codec = Json)]
async fn by_path(order: String) -> Result<usize, Error> {
    Ok(order.len())
}

fn main() {
    let _ = (lazily, constantly, plainly, by_path);
}
