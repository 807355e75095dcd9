use idem_lambda::idempotent;

#[idempotent(key = "$.id", ttl = "1h")]
use std::vec;

fn main() {}
