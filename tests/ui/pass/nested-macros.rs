#![deny(warnings)]

use idem_lambda::{Error, idempotent};

macro_rules! handler {
    ($name:ident, $key:literal, $ttl:expr, $event:ident: $type:ty, $($body:tt)*) => {
        #[idempotent(key = $key, ttl = $ttl)]
        async fn $name($event: $type) -> Result<usize, Error> {
            $($body)*
        }
    };
}

macro_rules! tuple {
    ($name:ident, $key:expr, $receipt:ty) => {
        #[idempotent(key = ($key, "$.cents"), ttl = "1h")]
        async fn $name(event: String) -> Result<$receipt, Error> {
            Ok(event.into())
        }
    };
}

macro_rules! item {
    ($item:item) => {
        #[idempotent(key = "$.id", ttl = "1h")]
        $item
    };
}

macro_rules! parts {
    ($visibility:vis, $key:expr, $block:block) => {
        #[idempotent(key = $key, ttl = "1h")]
        $visibility async fn close(event: String) -> Result<usize, Error> $block
    };
}

item! {
    async fn open(event: String) -> Result<usize, Error> {
        Ok(event.len())
    }
}
parts!(pub(crate), "$.id", { Ok(0) });
handler!(charge, "$.id", "1h", order: String, Ok(order.len()));
tuple!(refund, "$.id", Box<str>);

fn main() {
    let _ = (charge, refund, open, close);
}
