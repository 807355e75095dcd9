use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;

use super::attributes::Attributes;
use super::expression::Update;
use super::item::{Found, Item};
use super::{Claim, Completion, Extension, Record, Release};
use crate::key::RecordId;

/// How items are read and written, without a table. Not API: `fuzz/` asks it, and it changes without notice.
#[doc(hidden)]
#[derive(Debug)]
pub struct Items {
    attributes: Attributes,
    claims: Update,
}

/// One write: an update expression with its names and values.
#[doc(hidden)]
#[derive(Debug)]
pub struct Write {
    pub change: String,
    pub names: HashMap<String, String>,
    pub values: HashMap<String, AttributeValue>,
}

impl Items {
    #[must_use]
    #[expect(clippy::new_without_default, reason = "nobody needs it")]
    pub fn new() -> Self {
        let attributes = Attributes::new();
        Self {
            claims: Update::of_claims(&attributes),
            attributes,
        }
    }

    /// The record that an item is, without a result that lies apart.
    #[must_use]
    pub fn read(&self, id: &RecordId, item: Item) -> Record {
        Found::read(&self.attributes, id, item).record
    }

    /// The record that a claim leaves that was granted over an item, or where there was none.
    #[must_use]
    pub fn granted(&self, claim: &Claim, item: Option<Item>) -> Record {
        let found = item.map(|item| Found::read(&self.attributes, &claim.id, item));
        Found::granted(found, claim)
    }

    #[must_use]
    pub fn claim(&self, claim: &Claim) -> Write {
        Update::claim(&self.claims, claim).into()
    }

    #[must_use]
    pub fn completion(&self, completion: &Completion) -> Write {
        Update::completion(&self.attributes, completion, false).into()
    }

    #[must_use]
    pub fn release(&self, release: &Release) -> Write {
        Update::release(&self.attributes, release).into()
    }

    #[must_use]
    pub fn extension(&self, extension: &Extension) -> Write {
        Update::extension(&self.attributes, extension).into()
    }
}

impl From<Update> for Write {
    fn from(update: Update) -> Self {
        Self {
            change: update.change,
            names: update.names,
            values: update.values,
        }
    }
}
