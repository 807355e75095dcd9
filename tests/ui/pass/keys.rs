#![deny(warnings)]

use idem_lambda::{Error, idempotent};

#[idempotent(key = json("$.body", "$.orderId"), ttl = "1h")]
async fn json(order: String) -> Result<usize, Error> {
    Ok(order.len())
}

#[idempotent(key = json(base64("$.body"), "$.lines[*].sku"), ttl = "1h")]
async fn json_in_base64(order: String) -> Result<usize, Error> {
    Ok(order.len())
}

#[idempotent(key = json(json("$.Records[0].body", "$.Message"), "$..id"), ttl = "1h")]
async fn json_in_json(order: String) -> Result<usize, Error> {
    Ok(order.len())
}

#[idempotent(key = header("Idempotency-Key"), fingerprint = "$.body", ttl = "1h")]
async fn header(order: String) -> Result<usize, Error> {
    Ok(order.len())
}

#[idempotent(key = request_id, fingerprint = ("$.account", base64("$.body")), ttl = "1h")]
async fn request_id(order: String) -> Result<usize, Error> {
    Ok(order.len())
}

#[idempotent(key = ((request_id), ("$.a", (header("x"), |order| order.len())), ("$.b",),), ttl = "1h")]
async fn tuple(order: String) -> Result<usize, Error> {
    Ok(order.len())
}

#[idempotent(key = volatile("$.Records[0].receiptHandle"), ttl = "1h")]
async fn volatile(order: String) -> Result<usize, Error> {
    Ok(order.len())
}

#[idempotent(key = volatile((header("date"), json("$.headers", "$.date"))), ttl = "1h")]
async fn volatile_tuple(order: String) -> Result<usize, Error> {
    Ok(order.len())
}

fn main() {
    let _ = (json, json_in_base64, json_in_json, header, request_id, tuple, volatile, volatile_tuple);
}
