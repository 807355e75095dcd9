#![deny(warnings)]

use idem_lambda::{Error, idempotent};

#[idempotent(key = "$.type", ttl = "1h", event = r#type)]
async fn r#fn(r#in: u8, r#type: String) -> Result<usize, Error> {
    Ok(r#type.len() + usize::from(r#in))
}

fn main() {
    let _ = r#fn;
}
