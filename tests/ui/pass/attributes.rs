#![deny(warnings, missing_docs)]
//! What stands on the handler stays there.

/// Handlers.
pub mod handlers {
    use idem_lambda::{Error, idempotent};

    /// Documented.
    #[idempotent(key = "$", ttl = "1h")]
    #[must_use = "the receipt"]
    #[inline]
    pub async fn charge(
        /* the event */ #[allow(unused_mut)] mut order: String,
    ) -> Result<usize, Error> {
        Ok(order.len())
    }

    #[deprecated]
    #[idempotent(key = "$", ttl = "1h")]
    #[allow(missing_docs)]
    pub async fn refund(order: String) -> Result<usize, Error> {
        Ok(order.len())
    }
}

fn main() {
    let _ = handlers::charge;
}
