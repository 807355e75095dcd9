#[idempotent(
    key = ("$.account", "$.lines[0].sku", "$..cents"),
    ttl = "1h 30m",
    name = "payments/charge",
    event = order,
    lease = "30s",
    runtime = self.idempotency,
    crate = renamed::facade,
)]
pub(crate) async fn charge(&self, times: u64, order: Order) -> Result<Receipt, Error> {
    self.gateway.charge(order, times).await
}
