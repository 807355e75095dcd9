use idem_lambda::idempotent;

#[idempotent(key = "$.id", ttl = "1h")]
pub(crate) struct Order;

fn main() {}
