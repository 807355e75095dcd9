/// Charges.
async fn charge(event: Order) -> Result<Receipt, Error> {
    gateway::charge(event).await
}
::core::compile_error! {
    "unknown argument `kye`; did you mean `key`?"
}
::core::compile_error! {
    "invalid ttl: unknown unit `fortnight`, expected one of `s`, `m`, `h`, `d`, `w` (months and years are refused)"
}
