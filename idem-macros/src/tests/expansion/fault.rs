#[idempotent(kye = "$.id", ttl = "1 fortnight")]
/// Charges.
async fn charge(event: Order) -> Result<Receipt, Error> {
    gateway::charge(event).await
}
