//! What all functions take and return.

use serde::{Deserialize, Serialize};

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Order {
    pub order_id: String,
    pub cents: u64,
}

#[derive(Debug, Serialize, Deserialize)]
pub struct Receipt {
    pub charged: u64,
}
