#![deny(warnings)]

use idem_lambda::{Error, idempotent};

#[idempotent(key = "$", ttl = "1h")]
async fn charge(order: String) -> Result<Vec<u64>, Error> {
    #![allow(unused_variables)]
    struct Vec;
    let unused = Vec;
    let mut found = vec![];
    'lines: for line in order.split(',') {
        let Ok(cents) = line.parse::<u64>() else {
            continue 'lines;
        };
        if cents == 0 {
            return Ok(found);
        }
        found.push(round(cents).await?);
    }
    let total = async { found.iter().sum::<u64>() };
    let more = async move || total.await;
    assert!(more().await > 0, "lines: {}", order.len());
    Ok(found)
}

async fn round(cents: u64) -> Result<u64, Error> {
    Ok(cents)
}

fn main() {
    let _ = charge;
}
