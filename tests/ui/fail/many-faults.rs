use idem_lambda::idempotent;

#[idempotent(
    kye = "$.id",
    ttl = "1 fortnight",
    ttl = "1h",
    lease = 30,
    crate = "renamed"
    name = "",
    event = oder
)]
fn charge(order: String) {
    drop(order);
}

#[idempotent(key = ("id", 5, json(heder("x"), "$.a[")), fingerprint = |event| event?)]
async fn refund() {}

#[idempotent]
struct Order;

fn main() {
    charge(String::new());
    let _ = Order;
}
