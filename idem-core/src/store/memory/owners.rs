//! Who claims: a number that no other claim in this process has.

use std::cell::Cell;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::record::Owner;

/// How many numbers a thread takes at once, so that threads seldom wait for one another.
const BLOCK: u64 = 1024;

/// The first number that no thread has taken.
static FREE: AtomicU64 = AtomicU64::new(BLOCK);

thread_local! {
    /// The next number of this thread; at the end of a block another is taken.
    static NEXT: Cell<u64> = const { Cell::new(0) };
}

/// One that was never named before. The low half is left to an owner's own next one.
pub(super) fn next() -> Owner {
    NEXT.with(|next| {
        let mut number = next.get();
        if number % BLOCK == 0 {
            number = FREE.fetch_add(BLOCK, Ordering::Relaxed);
        }
        next.set(number + 1);
        Owner(u128::from(number) << 64)
    })
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::thread;

    use super::*;

    #[test]
    fn no_two_threads_name_the_same_owner() {
        let named = || (0..3 * BLOCK).map(|_| next()).collect::<Vec<_>>();
        let owners: Vec<_> = thread::scope(|scope| {
            let threads = [(); 4].map(|()| scope.spawn(named));
            let owners = threads.into_iter().flat_map(thread::ScopedJoinHandle::join);
            owners.flatten().chain(named()).collect()
        });
        assert_eq!(owners.len(), 15 * 1024);
        let different: HashSet<_> = owners.iter().collect();
        assert_eq!(different.len(), owners.len());
        assert!(!different.contains(&Owner(0)));
    }
}
