//! What is ordered, and what was charged for it.

use serde::{Deserialize, Serialize};

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_field_names, reason = "the events call it so")]
pub(crate) struct Order {
    #[serde(default)]
    pub(crate) order_id: Option<String>,
    pub(crate) amount_cents: u64,
    pub(crate) currency: String,
    pub(crate) customer: String,
    /// For trying out: this many attempts fail before they reach the bank.
    #[serde(default)]
    pub(crate) fail_times: usize,
    /// For trying out: this many attempts hang before they reach the bank.
    #[serde(default)]
    pub(crate) hang_times: usize,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Receipt {
    pub(crate) order_id: String,
    pub(crate) charge_id: String,
    pub(crate) amount_cents: u64,
}
