//! The events of all subjects: a file of orders, one a line as JSON.

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::Path;
use std::time::Duration;

use idem_lambda::clock::{Clock, SystemClock};
use lambda_runtime::{Context, LambdaEvent};
use serde::{Deserialize, Serialize};

use crate::Result;
use crate::turn::Call;

/// How many orders are completed before anything is measured: the first lines of the file.
pub(crate) const COMPLETED: usize = 1_000;

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_field_names, reason = "the key is `$.orderId`")]
pub(crate) struct Order {
    pub(crate) order_id: String,
    customer: String,
    pub(crate) amount_cents: u64,
    currency: String,
    express: bool,
}

impl Order {
    fn numbered(number: usize) -> Self {
        Self {
            order_id: format!("0190b5c2-7b1e-7c3a-9f55-{number:012}"),
            customer: "customer-4711".to_owned(),
            amount_cents: 4_200,
            currency: "EUR".to_owned(),
            express: false,
        }
    }
}

/// Writes orders to complete, and `fresh` more.
pub(crate) fn write(path: &Path, fresh: usize) -> Result<()> {
    let mut file = BufWriter::new(File::create(path)?);
    for number in 0..COMPLETED + fresh {
        serde_json::to_writer(&mut file, &Order::numbered(number))?;
        writeln!(file)?;
    }
    Ok(file.flush()?)
}

/// The events of one subject, in the order in which it meets them.
pub(crate) struct Events {
    lines: Vec<String>,
    fresh: usize,
    repeated: usize,
}

impl Events {
    pub(crate) fn read(path: &str) -> Result<Self> {
        let lines = fs::read_to_string(path)?;
        Ok(Self {
            lines: lines.lines().map(str::to_owned).collect(),
            fresh: COMPLETED,
            repeated: 0,
        })
    }

    /// As the Lambda runtime hands it over: parsed, to a function that has fifteen minutes left.
    pub(crate) fn next(&mut self, call: Call) -> Result<LambdaEvent<Order>> {
        let place = match call {
            Call::First => &mut self.fresh,
            Call::Replay => &mut self.repeated,
        };
        let line = self.lines.get(*place).ok_or("there are no more orders")?;
        let order = serde_json::from_str(line)?;
        *place += 1;
        self.repeated %= COMPLETED;
        Ok(invocation(order))
    }

    /// The last order of the file, which then comes no more.
    pub(crate) fn spare(&mut self) -> Result<LambdaEvent<Order>> {
        let line = self.lines.pop().ok_or("there is no order")?;
        Ok(invocation(serde_json::from_str(&line)?))
    }
}

fn invocation(order: Order) -> LambdaEvent<Order> {
    let mut context = Context::default();
    context.request_id = String::from("8476a536-e9f4-11e8-9739-2dfe598c3fcd");
    context.deadline = SystemClock.now().after(Duration::from_mins(15)).0;
    LambdaEvent::new(order, context)
}
