#![deny(warnings)]

use idem_lambda::idempotent;

type Answer<T> = Result<T, lambda_runtime::Error>;
type Counted = Answer<usize>;

#[idempotent(key = "$", ttl = "1h")]
async fn generic(order: String) -> Answer<Vec<Box<str>>> {
    let parsed: u64 = order.parse()?;
    if parsed == 0 {
        return Err("nothing to charge".into());
    }
    Ok(vec![order.into()])
}

#[idempotent(key = "$", ttl = "1h")]
async fn plain(order: String) -> Counted {
    Ok(order.len())
}

fn main() {
    let _ = (generic, plain);
}
