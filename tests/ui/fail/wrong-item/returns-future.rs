use idem_lambda::{Error, idempotent};

#[idempotent(key = "$.id", ttl = "1h")]
fn charge(order: String) -> impl Future<Output = Result<usize, Error>> {
    async move { Ok(order.len()) }
}

fn main() {}
