//! Replayed values: who can tell them, and what sees them before the caller does.

use idem_lambda::{Error, Outcome, idempotent};
use serde::{Deserialize, Serialize};

use crate::{Order, order, runtime};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Receipt {
    order_id: String,
    copy: bool,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
enum Declined {
    Card,
    #[serde(skip)]
    Guard(String),
}

impl From<Error> for Declined {
    fn from(error: Error) -> Self {
        Self::Guard(error.to_string())
    }
}

fn receipt(copy: bool) -> Receipt {
    Receipt {
        order_id: "A-1".to_owned(),
        copy,
    }
}

fn mark(receipt: &mut Receipt) {
    receipt.copy = true;
}

#[idempotent(key = "$.orderId", ttl = "1h", name = "charge", on_replay = mark)]
async fn marked(order: Order) -> Result<Receipt, Error> {
    let order_id = order.order_id;
    Ok(Receipt {
        order_id,
        copy: false,
    })
}

#[idempotent(key = "$.orderId", ttl = "1h", name = "charge")]
async fn told(_order: Order) -> Result<Outcome<Receipt>, Error> {
    Ok(receipt(false).into())
}

#[tokio::test]
async fn a_function_sees_what_is_replayed_and_neither_the_first_result_nor_the_record_changes() {
    let idempotency = runtime();
    let results = [
        idempotency.scope(marked(order("A-1"))).await.unwrap(),
        idempotency.scope(marked(order("A-1"))).await.unwrap(),
    ];
    assert_eq!(results, [receipt(false), receipt(true)]);
    let outcome = idempotency.scope(told(order("A-1"))).await.unwrap();
    assert_eq!(outcome.value, receipt(false));
}

#[tokio::test]
async fn a_handler_that_returns_an_outcome_says_whether_it_is_a_replay() {
    let idempotency = runtime();
    for replayed in [false, true, true] {
        let outcome = idempotency.scope(told(order("A-1"))).await.unwrap();
        assert_eq!(
            (outcome.value, outcome.replayed),
            (receipt(false), replayed)
        );
    }
}

#[tokio::test]
async fn a_closure_sees_the_value_and_what_the_handler_can_borrow() {
    struct Shop {
        copies: std::cell::Cell<u32>,
    }
    impl Shop {
        #[idempotent(
            key = "$.orderId",
            ttl = "1h",
            name = "shop/charge",
            on_replay = |receipt: &mut Receipt| {
                receipt.copy = true;
                self.copies.set(self.copies.get() + 1);
            }
        )]
        async fn charge(&self, order: Order) -> Result<Receipt, Error> {
            let order_id = order.order_id;
            Ok(Receipt {
                order_id,
                copy: false,
            })
        }
    }
    let idempotency = runtime();
    let shop = Shop { copies: 0.into() };
    for copies in 0..3 {
        let receipt = idempotency.scope(shop.charge(order("A-1"))).await.unwrap();
        assert_eq!((receipt.copy, shop.copies.get()), (copies > 0, copies));
    }
}

#[tokio::test]
async fn remembered_errors_are_no_replayed_values() {
    #[idempotent(
        key = "$.orderId",
        ttl = "1h",
        name = "declined",
        on_error = remember,
        on_replay = mark
    )]
    async fn charge(order: Order) -> Result<Receipt, Declined> {
        match &*order.order_id {
            "A-1" => Ok(receipt(false)),
            _ => Err(Declined::Card),
        }
    }
    let idempotency = runtime();
    for copy in [false, true] {
        let result = idempotency.scope(charge(order("A-1"))).await;
        assert_eq!(result, Ok(receipt(copy)));
        let result = idempotency.scope(charge(order("A-2"))).await;
        assert_eq!(result, Err(Declined::Card));
    }
}
