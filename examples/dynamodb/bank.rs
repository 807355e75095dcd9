//! The bank, which charges whatever it is asked to: it is the function that must not ask twice.

use std::collections::BTreeMap;
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

use tokio::sync::futures::Notified;
use tokio::sync::{Notify, Semaphore, SemaphorePermit};

static BOOKS: Mutex<BTreeMap<String, Book>> = Mutex::new(BTreeMap::new());
static COUNTER: Semaphore = Semaphore::const_new(1);
static CALLED: Notify = Notify::const_new();
/// What the charges of this process begin with.
static PREFIX: LazyLock<String> = LazyLock::new(|| {
    let mut bytes = [0; 4];
    // Without randomness charges of another process might pass for this one's: only a demonstration can live with that.
    _ = getrandom::fill(&mut bytes);
    format!("ch_{:08x}", u32::from_be_bytes(bytes))
});

/// What is known of one order.
#[derive(Clone, Copy, Default)]
struct Book {
    attempts: usize,
    charges: usize,
}

fn books() -> MutexGuard<'static, BTreeMap<String, Book>> {
    BOOKS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Notes that an execution starts on an order, and says which it is: 1 for the first.
pub(crate) fn note_attempt(order_id: &str) -> usize {
    let mut books = books();
    let book = books.entry(order_id.to_owned()).or_default();
    book.attempts += 1;
    book.attempts
}

/// Charges an order, and gives back the charge's id.
pub(crate) async fn charge(order_id: &str) -> String {
    CALLED.notify_waiters();
    // The counter is never taken away: whoever waits is served.
    let _counter = COUNTER.acquire().await;
    let mut books = books();
    books.entry(order_id.to_owned()).or_default().charges += 1;
    let number: usize = books.values().map(|book| book.charges).sum();
    format!("{}_{number:02}", *PREFIX)
}

/// Whether the charge was made in this process.
pub(crate) fn is_own(charge_id: &str) -> bool {
    charge_id.starts_with(PREFIX.as_str())
}

/// Callers wait while this is held.
pub(crate) async fn close() -> Option<SemaphorePermit<'static>> {
    COUNTER.acquire().await.ok()
}

/// Resolves when somebody has called since this was asked.
pub(crate) fn called() -> Notified<'static> {
    CALLED.notified()
}

/// How often each order was charged.
pub(crate) fn charges() -> Vec<usize> {
    books()
        .values()
        .map(|book| book.charges)
        .filter(|charges| *charges > 0)
        .collect()
}
