#![deny(warnings)]
#![no_implicit_prelude]

#[::idem_lambda::idempotent(key = ("$.id", "$..cents", base64("$.a")), fingerprint = |event| event.len(), ttl = "1h", lease = "30s")]
async fn charge(
    event: ::std::string::String,
) -> ::core::result::Result<usize, ::idem_lambda::Error> {
    ::core::result::Result::Ok(event.len())
}

fn main() {
    let _ = charge;
}
