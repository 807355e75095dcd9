//! Every store, and every wrapper round one, keeps the contract.

use std::sync::Arc;

use idem_core::clock::UnixMillis;
use idem_core::conformance::{Subject, check};
use idem_core::store::{Memory, Store};

const NOW: UnixMillis = UnixMillis(1_800_000_000_000);
const LIMIT: usize = 1024;

fn memory() -> Memory {
    Memory::builder().result_limit(LIMIT).build()
}

fn subject(store: impl Store) -> Subject {
    Subject::new(Arc::new(store), NOW).result_limit(LIMIT)
}

#[tokio::test(flavor = "multi_thread")]
async fn memory_keeps_the_contract() {
    check(&subject(memory())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_boxed_store_keeps_the_contract() {
    let boxed: Box<dyn Store> = Box::new(memory());
    check(&subject(boxed)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shared_store_keeps_the_contract() {
    let shared: Arc<dyn Store> = Arc::new(memory());
    check(&subject(shared)).await;
}
