use idem_lambda::idempotent;

#[idempotent(key = "$", ttl = "1h", on_error = remember)]
async fn charge(order: String) -> Result<usize, lambda_runtime::Error> {
    Ok(order.len())
}

fn main() {}
