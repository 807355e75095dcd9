use idem_lambda::{Error, idempotent};

struct Declined;

impl From<Error> for Declined {
    fn from(_: Error) -> Self {
        Self
    }
}

#[idempotent(key = "$", ttl = "1h", on_error = remember)]
async fn charge(order: String) -> Result<usize, Declined> {
    Ok(order.len())
}

fn main() {}
