use idem_lambda::idempotent;

#[derive(Debug)]
struct Declined;

#[idempotent(key = "$.id", ttl = "1h")]
async fn charge(order: String) -> Result<usize, Declined> {
    Ok(order.len())
}

fn main() {}
