//! What keys are compared with.

use serde::Serialize;
use serde_json_path::JsonPath;
use sha2::{Digest, Sha256};

use crate::events::{Item, Order};

type Hash = [u8; 32];

/// The least that a key of this order can cost: no path, no type tag and no namespace.
#[inline(never)]
pub(crate) fn order_id(order: &Order) -> Hash {
    Sha256::digest(order.order_id.as_bytes()).into()
}

/// The same for the ids of all items, each with its length, so that they stay apart.
#[inline(never)]
pub(crate) fn item_ids(order: &Order) -> Hash {
    let mut hash = Sha256::new();
    for Item { id, .. } in &order.items {
        hash.update(id.len().to_be_bytes());
        hash.update(id);
    }
    hash.finalize().into()
}

/// The JSON of an event as it happens to be, its members unsorted.
#[inline(never)]
pub(crate) fn json<P: Serialize>(payload: &P) -> Hash {
    Sha256::digest(serde_json::to_vec(payload).unwrap_or_default()).into()
}

/// A tree of the event, a query on it and the nodes as JSON with sorted members.
#[inline(never)]
pub(crate) fn query<P: Serialize>(path: &JsonPath, payload: &P) -> Hash {
    let tree = serde_json::to_value(payload).unwrap_or_default();
    let nodes = path.query(&tree).all();
    Sha256::digest(serde_json::to_vec(&nodes).unwrap_or_default()).into()
}
