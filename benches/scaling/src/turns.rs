//! The same calls, many times over.

use idem_scaling::order::Order;
use idem_scaling::stopwatch::Stopwatch;
use lambda_runtime::LambdaEvent;

/// The nanoseconds of a call, in turns of `calls` each, whose events are made before: the fastest turn, so that what else
/// the machine does counts least.
pub(crate) fn fastest<T>(
    turns: usize,
    calls: usize,
    mut event: impl FnMut() -> LambdaEvent<Order>,
    mut call: impl FnMut(LambdaEvent<Order>) -> T,
) -> f64 {
    let mut fastest = f64::INFINITY;
    for _ in 0..turns {
        let events: Vec<_> = (0..calls).map(|_| event()).collect();
        let mut results = Vec::with_capacity(calls);
        let stopwatch = Stopwatch::start();
        results.extend(events.into_iter().map(&mut call));
        fastest = fastest.min(stopwatch.each_of(calls).wall);
    }
    fastest
}
