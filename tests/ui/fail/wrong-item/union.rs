use idem_lambda::idempotent;

#[idempotent(key = "$.id", ttl = "1h")]
union Order {
    id: u64,
}

fn main() {}
