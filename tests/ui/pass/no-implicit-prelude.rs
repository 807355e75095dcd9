#![deny(warnings)]
#![no_implicit_prelude]

#[::idem_lambda::idempotent(key = ("$.id", "$..cents", base64("$.a")), fingerprint = |event| event.len(), ttl = "1h", lease = "30s")]
async fn charge(
    event: ::std::string::String,
) -> ::core::result::Result<usize, ::idem_lambda::Error> {
    ::core::result::Result::Ok(event.len())
}

#[::idem_lambda::idempotent(
    key = "$",
    ttl = "1h",
    on_busy = wait("5s"),
    on_abandoned = reconcile(|_, _| ask()),
)]
async fn refund(
    event: ::std::string::String,
) -> ::core::result::Result<usize, ::idem_lambda::Error> {
    ::core::result::Result::Ok(event.len())
}

async fn ask() -> ::core::result::Result<::idem_lambda::Reconciliation<usize>, ::idem_lambda::Error> {
    ::core::result::Result::Ok(::idem_lambda::Reconciliation::Unknown)
}

fn main() {
    let _ = (charge, refund);
}
