//! Shadow mode: the body runs, whatever its record said.

use crate::call::Call;
use crate::ended::{Ended, Settled, Shadow};
use crate::error::Kind;
use crate::observe::Outcome;
use crate::policy::OnStoreFailure;
use crate::port::Port;
use crate::report;

/// Runs the body where the guard did not, and has the call end with what the body ended with; `ended` is how it would
/// have ended.
pub(crate) async fn overrule(call: &Call, port: &Port, ended: Ended) -> Ended {
    let shadow = would(call, port, &ended);
    while port.end().is_none() {
        let clock = call.runtime.clock();
        _ = port.body(clock, clock.now(), None).await;
        // There is no lease that the body could have extended.
        if let Some(run) = &call.run {
            run.leased(None);
        }
    }
    Ended {
        settled: Settled::Own,
        is_unguarded: false,
        shadow: Some(Box::new(shadow)),
        ..ended
    }
}

fn would(call: &Call, port: &Port, ended: &Ended) -> Shadow {
    // It ran because of the mode; otherwise the handler's own policy would have decided.
    if ended.is_unguarded && call.policy.on_store_failure == OnStoreFailure::Fail {
        return Shadow {
            outcome: Outcome::Refused,
            reason: Some(call.error(Kind::Store).reason().to_string()),
        };
    }
    let outcome = report::outcome(&ended.settled, ended.is_unguarded, port.end());
    Shadow {
        outcome,
        reason: report::reason(&ended.settled, outcome),
    }
}
