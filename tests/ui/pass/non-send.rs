#![deny(warnings)]

use std::rc::Rc;

use idem_lambda::{Error, idempotent};

#[idempotent(key = "$", ttl = "1h")]
async fn shared(order: Rc<str>) -> Result<usize, Error> {
    let held = Rc::clone(&order);
    std::future::ready(()).await;
    Ok(held.len())
}

fn main() {
    let _ = shared("order".into());
}
