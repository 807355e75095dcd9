use std::rc::Rc;

use idem_lambda::{Error, idempotent};

#[idempotent(key = "$.id", ttl = "1h")]
async fn charge(order: String) -> Result<usize, Error> {
    let held = Rc::new(order);
    std::future::ready(()).await;
    Ok(held.len())
}

fn sends(_: impl Send) {}

fn handles() {
    sends(charge(String::new()));
}

fn main() {}
