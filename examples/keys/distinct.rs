//! How many distinct values there are, in bounded memory.

use std::collections::BTreeSet;

/// How many hashes are kept. Up to here the count is exact; beyond, it is off by about 3 %.
const KEPT: usize = 1 << 10;

/// Counts distinct values by the smallest of their hashes: the denser they lie, the more there are.
#[derive(Default)]
pub(crate) struct Distinct(BTreeSet<u64>);

impl Distinct {
    pub(crate) fn insert(&mut self, hash: u64) {
        if self.0.len() < KEPT {
            self.0.insert(hash);
        } else if self.0.last().is_some_and(|last| hash < *last) && self.0.insert(hash) {
            self.0.pop_last();
        }
    }

    pub(crate) fn is_exact(&self) -> bool {
        self.0.len() < KEPT
    }

    /// The count, or its estimate.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        clippy::cast_sign_loss,
        reason = "an estimate"
    )]
    pub(crate) fn count(&self) -> u64 {
        match self.0.last() {
            Some(last) if !self.is_exact() => {
                let share = *last as f64 / u64::MAX as f64;
                ((KEPT - 1) as f64 / share) as u64
            }
            _ => self.0.len() as u64,
        }
    }
}
