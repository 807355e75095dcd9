use idem_lambda::idempotent;

#[idempotent(key = "$.id", ttl = "1h")]
macro_rules! order {
    () => {};
}

fn main() {}
