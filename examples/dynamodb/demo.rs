//! Plays the deliveries: one after another, or together where they say so.

use std::collections::BTreeSet;

use idem_lambda::clock::{Clock, ManualClock, SystemClock};
use idem_lambda::key::{Namespace, RecordId};
use idem_lambda::store::DynamoDb;
use lambda_runtime::Error;
use tokio::task::JoinHandle;

use crate::bank;
use crate::charge::{self, Payload};
use crate::delivery::{self, Delivery};
use crate::instance::Instance;
use crate::order::Receipt;
use crate::place::Place;
use crate::table;

/// One delivery, and what became of it.
pub(crate) struct Played {
    pub(crate) note: String,
    pub(crate) instance: usize,
    pub(crate) answer: Result<Receipt, Error>,
    pub(crate) requests: usize,
}

pub(crate) async fn run() -> Result<(), Error> {
    let (deliveries, _) = delivery::read(delivery::EVENTS)?;
    let place = Place::find().await?;
    println!("records in {}\n", place.described);
    let store = DynamoDb::builder(&place.table)
        .client(place.client())
        .build();
    store.create_table_if_missing().await?;

    let groups: Vec<_> = deliveries
        .chunk_by(|_, next| next.together)
        .map(<[Delivery]>::to_vec)
        .collect();
    let largest = groups.iter().map(Vec::len).max().unwrap_or(1);
    // Time passes only where the deliveries say so.
    let clock = ManualClock::at(SystemClock.now());
    let instances: Vec<_> = (0..largest.max(2))
        .map(|_| Instance::start(&place, &clock))
        .collect();
    let mut played = Vec::new();
    for group in groups {
        played.extend(deliver(&instances, &clock, played.len(), group).await?);
    }
    table::show_deliveries(&played, &bank::charges());

    let ids = ids_of(&deliveries)?;
    table::show_records(&place, &ids).await
}

/// Delivers one event, and others while it is being worked on: each to the next instance.
async fn deliver(
    instances: &[Instance],
    clock: &ManualClock,
    before: usize,
    group: Vec<Delivery>,
) -> Result<Vec<Played>, Error> {
    let closed = if group.len() > 1 {
        bank::close().await
    } else {
        None
    };
    let mut answers: Vec<(String, usize, JoinHandle<_>)> = Vec::new();
    for (number, delivery) in group.into_iter().enumerate() {
        let instance = (before + number) % instances.len();
        let note = delivery.note.replace(char::is_control, " ");
        clock.advance(delivery.later);
        let called = bank::called();
        let mut answer = tokio::spawn(instances[instance].clone().invoke(delivery));
        if closed.is_some() {
            // At work once it has called the bank, which keeps it waiting; or it is done without the bank.
            tokio::select! {
                () = called => {}
                done = &mut answer => {
                    let done = done?;
                    answer = tokio::spawn(async { done });
                }
            }
        }
        answers.push((note, instance + 1, answer));
    }
    drop(closed);
    let mut played = Vec::new();
    for (note, instance, answer) in answers {
        let (answer, requests) = answer.await?;
        played.push(Played {
            note,
            instance,
            answer,
            requests,
        });
    }
    Ok(played)
}

/// The orders, and the ids of their records: what the attribute makes of the key.
fn ids_of(deliveries: &[Delivery]) -> Result<Vec<(String, RecordId)>, Error> {
    let function = std::env::var("AWS_LAMBDA_FUNCTION_NAME").ok();
    let namespace = Namespace::new(function.as_deref(), "charge");
    let mut orders = BTreeSet::new();
    for delivery in deliveries {
        let order = match serde_json::from_str(delivery.payload.get())? {
            Payload::Queue(event) => charge::queued(&event)?,
            Payload::Shop(order) => order,
        };
        orders.extend(order.order_id.filter(|id| !id.is_empty()));
    }
    let ids = orders.into_iter().map(|order_id| {
        let id = namespace.id_of_value(None, &order_id)?;
        Ok((order_id, id))
    });
    ids.collect()
}
