use idem_lambda::{Error, idempotent};

#[idempotent]
async fn charge(order: String) -> Result<usize, Error> {
    Ok(order.len())
}

fn main() {}
