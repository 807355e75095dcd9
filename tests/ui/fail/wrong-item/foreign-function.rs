use idem_lambda::idempotent;

unsafe extern "C" {
    #[idempotent(key = "$.id", ttl = "1h")]
    fn charge(order: u64) -> u64;
}

fn main() {}
