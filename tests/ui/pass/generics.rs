#![deny(warnings)]

use idem_lambda::{Error, idempotent};
use serde::Serialize;
use serde::de::DeserializeOwned;

#[idempotent(key = "$.id", ttl = "1h")]
async fn echo<T, const N: usize>(event: T) -> Result<(T, usize), Error>
where
    T: Serialize + DeserializeOwned,
{
    Ok((event, N))
}

struct Queue<T>(Vec<T>);

impl<T: Serialize + DeserializeOwned> Queue<T> {
    #[idempotent(key = "$.id", ttl = "1h", name = "queue/push")]
    async fn push(&mut self, event: T) -> Result<usize, Error> {
        self.0.push(event);
        Ok(self.0.len())
    }
}

fn main() {
    let _ = echo::<String, 3>;
    let _ = Queue::<String>(Vec::new()).push(String::new());
}
