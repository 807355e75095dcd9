//! Annotated handlers that die at every store call.

use idem_lambda::policy::OnAbandoned;
use idem_lambda::testing::{Attempt, Crashes, Moment, Point, Verb};
use idem_lambda::{Error, idempotent};
use lambda_runtime::{Context, LambdaEvent};

use super::{Order, event, order};

/// A delivery that the platform ends a quarter of an hour later.
fn delivery(id: &str) -> LambdaEvent<Order> {
    let mut context = Context::default();
    context.deadline = Crashes::START.0 + 900_000;
    LambdaEvent::new(order(id), context)
}

fn is_between_effect_and_record(point: &Point) -> bool {
    point.verb() == Verb::Complete && point.moment() == Moment::Before
}

#[idempotent(key = "$.orderId", ttl = "1h")]
async fn charge(event: LambdaEvent<Order>, bank: &Attempt) -> Result<String, Error> {
    bank.effect();
    Ok(event.payload.order_id)
}

#[idempotent(key = "$.orderId", ttl = "1h", name = "ship")]
async fn ship(event: LambdaEvent<Order>, bank: &Attempt) -> Result<String, Error> {
    let receipt = charge(event.clone(), bank).await?;
    bank.effect();
    Ok(format!("shipped {receipt}"))
}

#[tokio::test]
async fn an_annotated_handler_repeats_its_effect_only_between_effect_and_record() {
    for delivery in [delivery, event] {
        let handler = async |attempt| charge(delivery("A-1001"), &attempt).await;
        let report = Crashes::new().run(handler).await.unwrap();
        assert_eq!(report.points().len(), 4);
        let repeats: Vec<_> = report.repeats();
        assert_eq!(repeats.len(), 1, "{report}");
        assert!(is_between_effect_and_record(repeats[0]), "{report}");
    }
}

#[tokio::test]
async fn a_handler_inside_a_handler_is_crashed_at_its_store_calls_too() {
    let handler = async |attempt| ship(delivery("A-1001"), &attempt).await;
    let report = Crashes::new().run(handler).await.unwrap();
    let verbs: Vec<_> = report.points().iter().map(Point::verb).collect();
    let once = [Verb::Claim, Verb::Claim, Verb::Complete, Verb::Complete];
    assert_eq!(verbs, once.map(|verb| [verb; 2]).concat());
    for point in report.repeats() {
        assert!(is_between_effect_and_record(point), "{report}");
        assert_eq!(point.effects(), 3, "one of two effects repeats: {report}");
    }
}

#[tokio::test]
async fn what_a_policy_holds_is_no_fault_and_repeats_nothing() {
    let crashes = Crashes::new().settings(|builder| builder.on_abandoned(OnAbandoned::Hold));
    let handler = async |attempt| charge(delivery("A-1001"), &attempt).await;
    let report = crashes.run(handler).await.unwrap();
    assert!(report.repeats().is_empty(), "{report}");
    let held = report.points().iter().filter(|point| point.is_held());
    assert_eq!(
        held.count(),
        2,
        "after the claim, and before the record: {report}"
    );
}
