use idem_lambda::idempotent;

#[idempotent(key = "$.id", ttl = "1h")]
async fn charge(order: String) {
    drop(order);
}

fn main() {}
