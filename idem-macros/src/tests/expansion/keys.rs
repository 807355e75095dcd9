#[idempotent(
    key = (json(base64("$.body"), "$..id"), header("X-Order"), request_id, |LambdaEvent { payload, .. }| payload.id()),
    fingerprint = volatile(|event| event.payload.lines.len()),
    ttl = "1h",
    name = "charge",
)]
async fn charge(event: LambdaEvent<Order>) -> Result<Receipt, Error> {
    gateway::charge(event.payload).await
}
