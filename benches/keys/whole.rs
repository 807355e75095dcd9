//! Keys of a whole event, beside the hash of its JSON with the members unsorted.

use divan::Bencher;
use idem_lambda::key::{Expression, Path};

use crate::{SAMPLES, events, measure};

const KEY: Expression = Expression::Path(Path::streamed("$", &[]));

/// A small event and a large one; the sizes are bytes of JSON.
#[divan::bench_group(sample_count = SAMPLES, sample_size = 4)]
mod order {
    use super::{Bencher, KEY, measure};
    use crate::events::Order;

    const BYTES: [usize; 2] = [120, 256 << 10];

    #[divan::bench(args = BYTES)]
    fn key(bencher: Bencher, bytes: usize) {
        measure::key(bencher, &KEY, &Order::of_bytes(bytes));
    }

    #[divan::bench(args = BYTES)]
    fn by_hand(bencher: Bencher, bytes: usize) {
        measure::json(bencher, &Order::of_bytes(bytes));
    }
}

#[divan::bench_group(sample_count = SAMPLES, sample_size = 4)]
mod http_request {
    use super::{Bencher, KEY, events, measure};

    #[divan::bench]
    fn key(bencher: Bencher) {
        measure::key(bencher, &KEY, &events::http_request());
    }

    #[divan::bench]
    fn by_hand(bencher: Bencher) {
        measure::json(bencher, &events::http_request());
    }
}
