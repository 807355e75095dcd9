use idem_lambda::{Error, Execution, idempotent};

#[idempotent(key = "$.id")]
async fn charge(order: String, #[execution] execution: Execution) -> Result<usize, Error> {
    let _ = execution;
    Ok(order.len())
}

fn main() {
    // The fault does not give the function a second parameter.
    let _ = charge("A-1001".to_owned());
}
