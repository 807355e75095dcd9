#[idempotent(
    key = "$.id",
    ttl = "1h",
    on_error = remember,
    on_abandoned = hold,
    on_busy = wait("5s"),
    on_overrun = run,
    on_missing_key = run,
    on_store_failure = fail,
)]
async fn charge(order: Order) -> Result<Receipt, Declined> {
    gateway::charge(order).await
}

#[idempotent(key = "$.id", ttl = "1h", on_abandoned = reconcile(gateway::find))]
async fn refund(Order { id, .. }: Order, #[execution] execution: Execution) -> Result<Receipt, Error> {
    gateway::refund(id, execution).await
}

#[idempotent(key = "$.id", ttl = "1h", on_abandoned = reconcile(async |order: &Order, _| gateway.find(&order.id).await))]
async fn ship(order: Order, gateway: Gateway) -> Result<Receipt, Error> {
    gateway.ship(order).await
}
