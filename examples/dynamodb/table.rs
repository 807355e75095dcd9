//! What became of each delivery, and the records, for the eye.

use std::collections::HashSet;

use aws_sdk_dynamodb::types::AttributeValue;
use comfy_table::{Table, presets};
use idem_lambda::key::RecordId;
use lambda_runtime::Error;

use crate::demo::Played;
use crate::order::Receipt;
use crate::place::Place;
use crate::{bank, sandbox};

fn table<const COLUMNS: usize>(header: [&str; COLUMNS]) -> Table {
    let mut table = Table::new();
    table
        .load_style(presets::UTF8_FULL_CONDENSED)
        .set_header(header);
    table
}

/// What happened, and to which words it came.
fn happened(answer: &Result<Receipt, Error>, seen: &mut HashSet<String>) -> (&'static str, String) {
    match answer {
        Ok(receipt) => {
            // A charge that is seen first was made now; one of another process was made before.
            let is_new = bank::is_own(&receipt.charge_id) && seen.insert(receipt.charge_id.clone());
            let result = format!("{}, {} cents", receipt.charge_id, receipt.amount_cents);
            (if is_new { "ran" } else { "replayed" }, result)
        }
        Err(error) => match error.downcast_ref::<idem_lambda::Error>() {
            Some(error) if error.is_in_progress() => ("busy", "already in progress".to_owned()),
            Some(error) => ("refused", error.to_string()),
            None if error.to_string() == sandbox::TIMED_OUT => {
                ("ran, timed out", error.to_string())
            }
            None => ("ran, failed", error.to_string()),
        },
    }
}

pub(crate) fn show_deliveries(played: &[Played], charges: &[usize]) {
    let mut shown = table([
        "#",
        "delivery",
        "instance",
        "what happened",
        "requests",
        "result",
    ]);
    let mut seen = HashSet::new();
    for (number, played) in (1_usize..).zip(played) {
        let (happened, result) = happened(&played.answer, &mut seen);
        shown.add_row([
            &number.to_string(),
            &played.note,
            &played.instance.to_string(),
            happened,
            &played.requests.to_string(),
            &result,
        ]);
    }
    println!("{shown}\n");
    let requests: usize = played.iter().map(|played| played.requests).sum();
    println!("{} deliveries took {requests} requests", played.len());
    println!(
        "{} orders were charged {} times; {} of them more than once\n",
        charges.len(),
        charges.iter().sum::<usize>(),
        charges.iter().filter(|charges| **charges > 1).count(),
    );
}

pub(crate) async fn show_records(place: &Place, ids: &[(String, RecordId)]) -> Result<(), Error> {
    let mut shown = table([
        "order",
        "record",
        "status",
        "attempts",
        "expiration",
        "data",
    ]);
    let client = place.client();
    for (order_id, id) in ids {
        let get = client.get_item().table_name(&place.table);
        let key = AttributeValue::S(id.to_string());
        let found = get.key("id", key).consistent_read(true).send().await?;
        let item = found.item.unwrap_or_default();
        let text = |name| match item.get(name) {
            Some(AttributeValue::S(text) | AttributeValue::N(text)) => text.clone(),
            _ => String::new(),
        };
        let id: String = id.to_string().chars().take(19).collect();
        shown.add_row([
            order_id.clone(),
            format!("{id}.."),
            text("status"),
            text("attempts"),
            text("expiration"),
            text("data"),
        ]);
    }
    println!("{shown}");
    Ok(())
}
