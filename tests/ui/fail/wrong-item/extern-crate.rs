use idem_lambda::idempotent;

#[idempotent(key = "$.id", ttl = "1h")]
extern crate std as standard;

fn main() {}
