//! How the rows are measured.

use divan::{Bencher, black_box};
use idem_lambda::Invocation;
use idem_lambda::key::{Expression, Namespace, RecordId};
use serde::Serialize;
use serde_json_path::JsonPath;

use crate::peers;

pub(crate) fn key<P: Serialize>(bencher: Bencher, expression: &Expression, payload: &P) {
    let namespace = Namespace::new(Some("orders"), "charge").leak();
    bencher.bench_local(|| id(black_box(expression), &namespace, black_box(payload)));
}

/// Never inlined, so that what it takes can be counted.
#[inline(never)]
fn id<P: Serialize>(expression: &Expression, namespace: &Namespace, payload: &P) -> RecordId {
    match expression.id(namespace, &Invocation::default(), payload) {
        Ok(id) => id,
        Err(error) => panic!("these events have keys: {error}"),
    }
}

pub(crate) fn query<P: Serialize>(bencher: Bencher, path: &str, payload: &P) {
    let path = match JsonPath::parse(path) {
        Ok(path) => path,
        Err(error) => panic!("this is a path: {error}"),
    };
    bencher.bench_local(|| peers::query(black_box(&path), black_box(payload)));
}

pub(crate) fn json<P: Serialize>(bencher: Bencher, payload: &P) {
    bencher.bench_local(|| peers::json(black_box(payload)));
}
