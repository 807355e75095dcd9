//! Keys of a path: what is compared stands side by side in a module.

use divan::{Bencher, black_box};
use idem_lambda::key::{Expression, Path, Segment};

use crate::events::{Order, http_request, sqs_records};
use crate::{SAMPLES, measure, peers};

/// A string of a small event and of a large one; the sizes are bytes of JSON.
mod order_id {
    use super::{Bencher, Expression, Order, Path, SAMPLES, Segment, black_box, measure, peers};

    const BYTES: [usize; 2] = [120, 256 << 10];
    const KEY: Expression =
        Expression::Path(Path::streamed("$.orderId", &[Segment::Name("orderId")]));

    #[divan::bench(args = BYTES, sample_count = SAMPLES, sample_size = 100)]
    fn key(bencher: Bencher, bytes: usize) {
        measure::key(bencher, &KEY, &Order::of_bytes(bytes));
    }

    #[divan::bench(args = BYTES, sample_count = SAMPLES, sample_size = 100)]
    fn by_hand(bencher: Bencher, bytes: usize) {
        let order = Order::of_bytes(bytes);
        bencher.bench_local(|| peers::order_id(black_box(&order)));
    }

    #[divan::bench(args = BYTES, sample_count = SAMPLES, sample_size = 4)]
    fn by_query(bencher: Bencher, bytes: usize) {
        measure::query(bencher, "$.orderId", &Order::of_bytes(bytes));
    }
}

#[divan::bench_group(sample_count = SAMPLES, sample_size = 20)]
mod http_path {
    use super::{Bencher, Expression, Path, Segment, http_request, measure};

    const KEY: Expression = Expression::Path(Path::streamed(
        "$.requestContext.http.path",
        &[
            Segment::Name("requestContext"),
            Segment::Name("http"),
            Segment::Name("path"),
        ],
    ));

    #[divan::bench]
    fn key(bencher: Bencher) {
        measure::key(bencher, &KEY, &http_request());
    }

    #[divan::bench]
    fn by_query(bencher: Bencher) {
        measure::query(bencher, "$.requestContext.http.path", &http_request());
    }
}

/// The query is for the name in lowercase.
#[divan::bench_group(sample_count = SAMPLES, sample_size = 20)]
mod http_header {
    use super::{Bencher, Expression, http_request, measure};

    const KEY: Expression = Expression::Header("Idempotency-Key");

    #[divan::bench]
    fn key(bencher: Bencher) {
        measure::key(bencher, &KEY, &http_request());
    }

    #[divan::bench]
    fn by_query(bencher: Bencher) {
        measure::query(bencher, "$.headers['idempotency-key']", &http_request());
    }
}

/// The first of ten records.
#[divan::bench_group(sample_count = SAMPLES, sample_size = 20)]
mod sqs_message_id {
    use super::{Bencher, Expression, Path, Segment, measure, sqs_records};

    const KEY: Expression = Expression::Path(Path::streamed(
        "$.Records[0].messageId",
        &[
            Segment::Name("Records"),
            Segment::Index(0),
            Segment::Name("messageId"),
        ],
    ));

    #[divan::bench]
    fn key(bencher: Bencher) {
        measure::key(bencher, &KEY, &sqs_records());
    }

    #[divan::bench]
    fn by_query(bencher: Bencher) {
        measure::query(bencher, "$.Records[0].messageId", &sqs_records());
    }
}

/// All of a hundred items.
#[divan::bench_group(sample_count = SAMPLES, sample_size = 20)]
mod item_ids {
    use super::{Bencher, Expression, Order, Path, Segment, black_box, measure, peers};

    const KEY: Expression = Expression::Path(Path::streamed(
        "$.items[*].id",
        &[
            Segment::Name("items"),
            Segment::Wildcard,
            Segment::Name("id"),
        ],
    ));

    #[divan::bench]
    fn key(bencher: Bencher) {
        measure::key(bencher, &KEY, &Order::of_items(100));
    }

    #[divan::bench]
    fn by_hand(bencher: Bencher) {
        let order = Order::of_items(100);
        bencher.bench_local(|| peers::item_ids(black_box(&order)));
    }

    #[divan::bench]
    fn by_query(bencher: Bencher) {
        measure::query(bencher, "$.items[*].id", &Order::of_items(100));
    }
}
