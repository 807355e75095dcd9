//! What one subject takes for one kind of call, over all rounds.

use crate::report::Row;
use crate::roster::Entry;
use crate::turn::{Call, HUNDRED, Taken};

pub(crate) struct Takings {
    pub(crate) call: Call,
    /// Nanoseconds a call, each or in hundreds.
    wall: Vec<f64>,
    /// Their median in each turn.
    medians: Vec<f64>,
    /// Nanoseconds of the processor a call, for each turn: in one turn there is time for garbage to be collected, too.
    cpu: Vec<f64>,
    allocated: Option<Allocated>,
}

/// By one call, on average.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Allocated {
    pub(crate) times: f64,
    pub(crate) bytes: f64,
}

#[expect(clippy::cast_precision_loss, reason = "figures to read")]
impl Takings {
    pub(crate) fn new(call: Call) -> Self {
        Self {
            call,
            wall: Vec::new(),
            medians: Vec::new(),
            cpu: Vec::new(),
            allocated: None,
        }
    }

    /// Adds the timed calls of a turn.
    pub(crate) fn add(&mut self, mut taken: Taken, calls: usize) {
        sort(&mut taken.wall);
        self.medians.push(at(&taken.wall, 50));
        self.wall.append(&mut taken.wall);
        self.cpu.push(taken.cpu as f64 / calls as f64);
    }

    /// Takes the allocations from a turn where they were counted.
    pub(crate) fn count(&mut self, taken: &Taken) {
        self.allocated = Some(Allocated {
            times: taken.allocations as f64 / HUNDRED as f64,
            bytes: taken.bytes as f64 / HUNDRED as f64,
        });
    }

    pub(crate) fn into_row(mut self, entry: Entry) -> Row {
        for figures in [&mut self.wall, &mut self.medians, &mut self.cpu] {
            sort(figures);
        }
        Row {
            entry,
            call: self.call,
            fastest: at(&self.medians, 0),
            median: at(&self.wall, 50),
            p99: at(&self.wall, 99),
            cpu: at(&self.cpu, 50),
            allocated: self.allocated,
        }
    }
}

fn sort(figures: &mut [f64]) {
    figures.sort_unstable_by(f64::total_cmp);
}

/// What so many percent of the sorted figures do not exceed.
fn at(figures: &[f64], percent: usize) -> f64 {
    let place = figures.len() * percent / 100;
    figures.get(place).copied().unwrap_or_default()
}
