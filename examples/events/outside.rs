//! What lies outside of a function: a bank, or who sends its mails. It does what it is told to, as often as it is told to.

use std::sync::{Mutex, MutexGuard, PoisonError};

use lambda_runtime::Error;

static OUTSIDE: Mutex<Outside> = Mutex::new(Outside {
    failures: 0,
    effects: Vec::new(),
});

struct Outside {
    /// So many times more it does not answer.
    failures: usize,
    /// What has happened, by its kind.
    effects: Vec<&'static str>,
}

/// Has an effect, and gives its number among those of its kind.
pub(crate) async fn effect(kind: &'static str) -> Result<usize, Error> {
    // It takes its time: whoever comes meanwhile goes first.
    for _ in 0..5 {
        tokio::task::yield_now().await;
    }
    {
        let mut outside = lock();
        if let Some(failures) = outside.failures.checked_sub(1) {
            outside.failures = failures;
            return Err("nobody answers".into());
        }
        outside.effects.push(kind);
    }
    Ok(count(kind))
}

/// Does not answer the next so many times.
pub(crate) fn fail(times: usize) {
    lock().failures = times;
}

/// How many effects of this kind there were.
pub(crate) fn count(kind: &str) -> usize {
    let is_kind = |effect: &&&str| **effect == kind;
    lock().effects.iter().filter(is_kind).count()
}

fn lock() -> MutexGuard<'static, Outside> {
    OUTSIDE.lock().unwrap_or_else(PoisonError::into_inner)
}
