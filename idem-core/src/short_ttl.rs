//! The warning of a ttl that is too short for the source of its event.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tracing::Level;

use crate::observe::TARGET;
use crate::source::SourceKind;

/// Reports, once in this process, a ttl that ends while its event can still be delivered once more.
pub(crate) fn warn(handler: &str, ttl: Duration, source: SourceKind) {
    static REPORTED: AtomicBool = AtomicBool::new(false);
    let redelivery = source.redelivery();
    if ttl >= redelivery
        || !tracing::enabled!(target: TARGET, Level::WARN)
        || REPORTED.swap(true, Ordering::Relaxed)
    {
        return;
    }
    tracing::warn!(
        target: TARGET,
        handler,
        source = source.as_str(),
        ttl_s = ttl.as_secs(),
        redelivery_s = redelivery.as_secs(),
        "the ttl ends while this event source may deliver once more: such a duplicate runs again; write a longer ttl, or `allow_short_ttl()` on the runtime's builder"
    );
}
