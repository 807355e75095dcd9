//! How the attributes of an item are called.

use std::collections::{HashMap, HashSet};

use aws_sdk_dynamodb::types::AttributeValue;

/// The version of this layout, in `layout`. An item with another is foreign; one without is another library's.
pub(super) const LAYOUT: u64 = 1;

/// The attributes that only this library has. Their names are not to be set: so no other may have one of them.
const OWN: [&str; 19] = [
    "attempts",
    "codec",
    "ended",
    "first_origin",
    "generation",
    "layout",
    "lease_owner",
    "marks",
    "origin",
    "p0",
    "p0_lease",
    "p0_origin",
    "p0_owner",
    "p0_status",
    "p1",
    "p2",
    "p3",
    "result_bytes",
    "started_at",
];

/// The attributes that tables of other libraries have, too, under the names that this table gives them.
#[derive(Clone, Debug)]
pub(super) struct Attributes {
    pub(super) key: Key,
    pub(super) status: String,
    /// Unix seconds; the table's TTL attribute.
    pub(super) expiration: String,
    /// The end of the lease, in Unix milliseconds.
    pub(super) lease: String,
    pub(super) data: String,
    /// The fingerprint.
    pub(super) validation: String,
}

/// The table's primary key.
#[derive(Clone, Debug)]
pub(super) enum Key {
    /// A partition key alone: the record's id.
    Simple { partition: String },
    /// The record's id is the sort key, under one partition.
    Composite {
        partition: String,
        value: String,
        sort: String,
    },
}

impl Attributes {
    pub(super) fn new() -> Self {
        Self {
            key: Key::Simple {
                partition: "id".to_owned(),
            },
            status: "status".to_owned(),
            expiration: "expiration".to_owned(),
            lease: "in_progress_expiration".to_owned(),
            data: "data".to_owned(),
            validation: "validation".to_owned(),
        }
    }

    /// The primary key of the item called `id`.
    pub(super) fn key(&self, id: String) -> HashMap<String, AttributeValue> {
        let id = AttributeValue::S(id);
        match &self.key {
            Key::Simple { partition } => HashMap::from([(partition.clone(), id)]),
            Key::Composite {
                partition,
                value,
                sort,
            } => HashMap::from([
                (partition.clone(), AttributeValue::S(value.clone())),
                (sort.clone(), id),
            ]),
        }
    }

    /// The attributes of the primary key, the partition key first.
    pub(super) fn key_names(&self) -> impl Iterator<Item = &String> {
        let (partition, sort) = match &self.key {
            Key::Simple { partition } => (partition, None),
            Key::Composite {
                partition, sort, ..
            } => (partition, Some(sort)),
        };
        std::iter::once(partition).chain(sort)
    }

    /// The name that two attributes have, where there is one.
    pub(super) fn name_of_two(&self) -> Option<&str> {
        let mut seen = HashSet::from(OWN);
        let set = [
            &self.status,
            &self.expiration,
            &self.lease,
            &self.data,
            &self.validation,
        ];
        let mut names = self.key_names().chain(set).map(String::as_str);
        names.find(|name| !seen.insert(name))
    }

    /// The attribute that holds a record's id.
    pub(super) fn id_name(&self) -> &String {
        match &self.key {
            Key::Simple { partition: id } | Key::Composite { sort: id, .. } => id,
        }
    }

    /// An attribute that every item has.
    pub(super) fn key_name(&self) -> &String {
        match &self.key {
            Key::Simple { partition } | Key::Composite { partition, .. } => partition,
        }
    }
}
