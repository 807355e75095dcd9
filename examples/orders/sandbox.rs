//! A sandbox that Lambda takes away in the middle of an invocation.

use std::future::Future;
use std::sync::Arc;

use lambda_runtime::Error;
use tokio::sync::Notify;

/// What Lambda answers for an invocation that ended like that.
pub(crate) const TIMED_OUT: &str = "Task timed out after 30.00 seconds";

tokio::task_local! {
    static GONE: Arc<Notify>;
}

/// Runs an invocation until it ends or [hangs](hang): then nothing of it goes on, as where Lambda kills it at its
/// deadline, for which nobody wants to wait here.
pub(crate) async fn run<T>(invocation: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
    let gone = Arc::new(Notify::new());
    tokio::select! {
        answer = GONE.scope(Arc::clone(&gone), invocation) => answer,
        () = gone.notified() => Err(TIMED_OUT.into()),
    }
}

/// Never ends.
pub(crate) async fn hang() {
    if let Ok(gone) = GONE.try_with(Arc::clone) {
        gone.notify_one();
    }
    std::future::pending::<()>().await;
}
