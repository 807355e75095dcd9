//! What a test and its function say to one another.

use std::collections::BTreeMap;

use aws_lambda_events::sqs::SqsEvent;
use serde::{Deserialize, Serialize};

/// An event: an order for the guarded handler, a batch of messages with an order each, or a word to the function itself.
#[derive(Deserialize)]
#[serde(untagged)]
pub(crate) enum Event {
    Order(Order),
    Control(Control),
    /// Last, because it takes any object.
    Batch(SqsEvent),
}

/// The payload of the guarded handler.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Order {
    #[serde(rename = "orderId")]
    pub(crate) id: Option<String>,
    /// What each run of the handler does; once they are used up, it returns.
    pub(crate) runs: Vec<Run>,
    /// What must not leave the handler, and not change under the same key.
    pub(crate) card: String,
}

/// What one run of the handler does.
#[derive(Clone, Copy, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Run {
    #[default]
    Return,
    Fail,
    Panic,
    /// Waits at the order's door, then returns.
    Wait,
    /// Waits until as many runs have begun in this process, then returns.
    Meet(usize),
    /// Returns what JSON cannot express.
    Unstorable,
}

/// The result of the guarded handler.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Receipt {
    pub(crate) order_id: String,
    /// Which run of this order it is from: 1 for the first.
    pub(crate) run: usize,
    /// The request that ran.
    pub(crate) request_id: String,
    /// Why its event came, where its key was claimed before.
    pub(crate) verdict: Option<String>,
    /// A number that does not survive a careless way through text.
    pub(crate) total: f64,
    pub(crate) discount: Option<u64>,
    /// JSON has no such members: serializes while it is empty.
    pub(crate) seats: BTreeMap<(u8, u8), u8>,
}

/// What a test asks of the function, not of the handler.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Control {
    /// Moves the clock.
    AdvanceMs(u64),
    /// Opens the order's door.
    Open(String),
    /// Is answered once a run of the order has begun.
    Begun(String),
    /// Asks for the order's [`Tally`].
    Tally(String),
}

/// What became of one order's runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Tally {
    pub(crate) begun: usize,
    /// How many came to their own end, whether result, error or panic.
    pub(crate) ended: usize,
}

impl Order {
    /// An order that is done in one run.
    pub(crate) fn new(id: &str) -> Self {
        Self {
            id: Some(id.to_owned()),
            ..Self::default()
        }
    }

    /// An order whose first runs do this.
    pub(crate) fn with_runs<const N: usize>(id: &str, runs: [Run; N]) -> Self {
        Self {
            runs: runs.into(),
            ..Self::new(id)
        }
    }
}
