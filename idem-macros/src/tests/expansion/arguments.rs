#[idempotent(
    key = ("$.account", "$.lines[0].sku", "$..cents"),
    ttl = "1h 30m",
    name = "payments/charge",
    event = order,
    lease = "30s",
    on_replay = Receipt::refresh,
    codec = crate::SEALED,
    runtime = self.idempotency,
    crate = renamed::facade,
)]
pub(crate) async fn charge(&self, times: u64, order: Order, #[execution] execution: Execution) -> Result<Receipt, Error> {
    self.gateway.charge(order, times, execution).await
}
