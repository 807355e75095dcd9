//! The bank: it charges whatever it is told to, as often as it is told to.

use std::sync::{Mutex, PoisonError};

use lambda_runtime::Error;
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Order {
    #[serde(rename = "orderId")]
    id: String,
    /// So often it does not answer.
    #[serde(default)]
    fail_times: usize,
    /// So many times it lets others go first.
    #[serde(default)]
    steps: usize,
}

/// The orders that it was asked to charge, and whether it did.
static ASKED: Mutex<Vec<(String, bool)>> = Mutex::new(Vec::new());

pub(crate) async fn charge(order: &str) -> Result<String, Error> {
    let order: Order = serde_json::from_str(order)?;
    for _ in 0..order.steps {
        tokio::task::yield_now().await;
    }
    let mut asked = ASKED.lock().unwrap_or_else(PoisonError::into_inner);
    let before = asked.iter().filter(|(id, _)| *id == order.id).count();
    let answers = before >= order.fail_times;
    asked.push((order.id.clone(), answers));
    if answers {
        Ok(format!("charged {}", order.id))
    } else {
        Err("the bank does not answer".into())
    }
}

/// The orders that were charged.
pub(crate) fn charges() -> Vec<String> {
    let asked = ASKED.lock().unwrap_or_else(PoisonError::into_inner);
    let charged = asked.iter().filter(|(_, answers)| *answers);
    charged.map(|(id, _)| id.clone()).collect()
}
