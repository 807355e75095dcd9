#[idempotent(key = "$.orderId", ttl = "1h")]
async fn charge(event: LambdaEvent<Order>) -> Result<Receipt, Error> {
    gateway::charge(event.payload).await
}
