use idem_lambda::idempotent;

#[idempotent(key = "$.id", ttl = "1h")]
unsafe extern "C" {}

fn main() {}
