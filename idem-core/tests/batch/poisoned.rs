//! Records whose own `Serialize` panics.

use std::cell::RefCell;
use std::convert::Infallible;

use idem_core::batch::{Batch, Settings};
use lambda_runtime::{Context, LambdaEvent};
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use crate::reasons;
use crate::support::now;

const POISONED: &str = "2";

/// Messages with these ids.
struct Messages(Vec<Message>);

#[derive(Clone)]
struct Message(&'static str);

impl Batch for Messages {
    type Record = Message;

    fn into_records(self) -> Option<Vec<Message>> {
        Some(self.0)
    }
}

impl Serialize for Message {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        assert_ne!(self.0, POISONED, "told to panic");
        let mut members = serializer.serialize_map(None)?;
        members.serialize_entry("eventSource", "aws:sqs")?;
        members.serialize_entry("messageId", self.0)?;
        members.end()
    }
}

#[test]
fn a_record_whose_serialize_panics_lets_the_others_be_done_and_fails_the_batch() {
    let seen = RefCell::new(Vec::new());
    let handle = async |message: LambdaEvent<Message>| {
        seen.borrow_mut().push(message.payload.0);
        Ok::<_, Infallible>(())
    };
    let messages = Messages(["1", POISONED, "3"].map(Message).into());
    let event = LambdaEvent::new(messages, Context::default());
    let error = now(Settings::new().run(event, handle)).unwrap_err();
    assert!(error.is_whole());
    assert_eq!(reasons(error.failures()), [" Panicked"]);
    assert_eq!(*seen.borrow(), ["1", "3"]);
}
