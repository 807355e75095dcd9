use idem_lambda::idempotent;

#[idempotent(key = "$.id", ttl = "1h")]
pub(crate) trait Order {}

fn main() {}
