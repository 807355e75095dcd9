//! The same calls, many times over.

use std::hint::black_box;

use idem_scaling::order::Order;
use idem_scaling::stopwatch::{Stopwatch, Taken};
use lambda_runtime::LambdaEvent;

/// What a call took in each of some turns.
pub(crate) struct Turns(Vec<Taken>);

impl Turns {
    /// Turns of `calls` each, whose events are made before.
    pub(crate) fn take<T>(
        turns: usize,
        calls: usize,
        mut event: impl FnMut() -> LambdaEvent<Order>,
        mut call: impl FnMut(LambdaEvent<Order>) -> T,
    ) -> Self {
        let turn = |_| {
            let events: Vec<_> = (0..calls).map(|_| event()).collect();
            let stopwatch = Stopwatch::start();
            for event in events {
                drop(black_box(call(event)));
            }
            stopwatch.each_of(calls)
        };
        (0..turns).map(turn).collect()
    }

    /// The nanoseconds of a call in the fastest turn, in which what else the machine does counts least.
    pub(crate) fn fastest(&self) -> f64 {
        let walls = self.0.iter().map(|taken| taken.wall);
        walls.fold(f64::INFINITY, f64::min)
    }

    /// The same of the turn in the middle.
    pub(crate) fn median(&self) -> f64 {
        self.middle(|taken| taken.wall)
    }

    /// The nanoseconds of processor time, of the turn in the middle.
    pub(crate) fn processor(&self) -> f64 {
        self.middle(|taken| taken.processor)
    }

    fn middle(&self, of: impl Fn(&Taken) -> f64) -> f64 {
        let mut all: Vec<_> = self.0.iter().map(of).collect();
        all.sort_by(f64::total_cmp);
        all.get(all.len() / 2).copied().unwrap_or(f64::NAN)
    }

    /// Fastest, median and processor time, each less that of the bare handler, as cells of a table.
    pub(crate) fn over(&self, bare: &Self) -> String {
        format!(
            " {:.0} | {:.0} | {:.0} |",
            self.fastest() - bare.fastest(),
            self.median() - bare.median(),
            self.processor() - bare.processor()
        )
    }
}

impl FromIterator<Taken> for Turns {
    fn from_iter<I: IntoIterator<Item = Taken>>(turns: I) -> Self {
        Self(turns.into_iter().collect())
    }
}
