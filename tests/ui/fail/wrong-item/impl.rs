use idem_lambda::idempotent;

struct Order;

#[idempotent(key = "$.id", ttl = "1h")]
impl Order {}

fn main() {}
