#[idempotent(key = "$['order-id']", ttl = "7d")]
/// Charges.
#[tracing::instrument(skip_all)]
async fn charge(
    #[allow(unused)] LambdaEvent { payload, .. }: LambdaEvent<Order>,
) -> Result<Receipt, Error> {
    #![allow(clippy::too_many_lines)]
    gateway::charge(payload).await
}

#[idempotent(key = "$", ttl = "7d")]
async fn ignore(_event: Order) -> Result<(), Error> {
    Ok(())
}
