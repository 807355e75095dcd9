use idem_lambda::idempotent;

struct Order;

#[idempotent(key = "$.id", ttl = "1h")]
unsafe impl Send for Order {}

fn main() {}
