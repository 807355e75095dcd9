//! The verbs as update expressions with their conditions.
//!
//! A condition says what [`decide`](crate::decision::decide) says of the same record: the store's tests compare the two.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;

use super::attributes::{Attributes, LAYOUT};
use super::item::{
    COMPLETED, COMPLETED_OPAQUE, DONE_NO_RESULT, FAILED, HELD, IN_PROGRESS, status_text,
};
use super::{origin, past, value};
use crate::policy::OnAbandoned;
use crate::record::{JSON, Owner, Status, StoredResult};
use crate::store::{Claim, Completion, Extension, Release, Resolution, Resolved, Which};

// What is not called `#..` is an attribute that only this library has; none is a reserved word.

/// Where a claim is granted: where there is nothing, or a record that can be read, in one of the states below.
const NOTHING: &str = "attribute_not_exists(#key)";
/// What of any record [`Found`](super::item::Found) reads where it is there.
const READABLE: &str = "(attribute_not_exists(#validation) OR attribute_type(#validation, :s)) AND \
    (attribute_not_exists(#data) OR attribute_type(#data, :s) OR attribute_type(#data, :b))";
/// And of a record of this library.
const READABLE_OWN: &str = "layout = :layout AND attribute_type(#lease, :n) AND \
    attribute_type(lease_owner, :b) AND attribute_type(generation, :n) AND attribute_type(attempts, :n) AND \
    attribute_type(started_at, :n) AND attribute_type(origin, :s) AND attribute_type(first_origin, :s) AND \
    attribute_type(p0, :n) AND attribute_type(p0_owner, :b) AND attribute_type(p0_lease, :n) AND \
    attribute_type(p0_status, :s) AND attribute_type(p0_origin, :s) AND \
    attribute_type(p1, :n) AND attribute_type(p2, :n) AND attribute_type(p3, :n) AND \
    (attribute_not_exists(#expiration) OR attribute_type(#expiration, :n)) AND \
    (attribute_not_exists(ended) OR attribute_type(ended, :n)) AND \
    (attribute_not_exists(marks) OR attribute_type(marks, :b)) AND \
    (attribute_not_exists(codec) OR attribute_type(codec, :s))";
/// And of a record of another library.
const READABLE_SHARED: &str = "attribute_not_exists(layout) AND attribute_type(#expiration, :n) AND \
    (attribute_not_exists(#lease) OR attribute_type(#lease, :n))";
/// In the order of the decision's table. What another library completed is there until the second of its expiration is
/// over: then nobody of ours has ended the record, or it was released.
const FREE: &str = "(#status = :inprogress AND attribute_exists(ended) AND NOT lease_owner = :me AND \
    NOT p0_owner = :me) OR \
    (#status IN (:completed, :opaque, :failed, :done) AND (#expiration < :seconds OR \
    (#expiration = :seconds AND ended > :released)))";
/// And where it is granted to one that takes over. Another library's claim without a lease holds until its expiration.
const FREE_ABANDONED: &str = " OR (#status = :inprogress AND attribute_not_exists(ended) AND \
    NOT lease_owner = :me AND NOT p0_owner = :me AND \
    (#lease <= :free OR (attribute_not_exists(#lease) AND #expiration <= :freeseconds))";
const FREE_SAME: &str = " AND (attribute_not_exists(#validation) OR #validation = :print)";

/// What stands on the right is what there was: so the attempts move on by one.
const CLAIM: &str = "SET #status = :inprogress, #lease = :lease, layout = :layout, lease_owner = :me, \
    started_at = :now, generation = if_not_exists(generation, :now) + :one, \
    attempts = if_not_exists(attempts, :zero) + :one, \
    first_origin = if_not_exists(first_origin, :origin), origin = :origin, \
    p0_origin = if_not_exists(origin, :empty), p0_owner = if_not_exists(lease_owner, :nobody), \
    p0_lease = if_not_exists(#lease, :zero), p0_status = if_not_exists(#status, :empty), \
    p0 = if_not_exists(started_at, :zero) + if_not_exists(ended, :zero), \
    p1 = if_not_exists(p0, :zero), p2 = if_not_exists(p1, :zero), p3 = if_not_exists(p2, :zero)";
const CLAIM_REMOVES: &str = " REMOVE #data, codec, ended, result_bytes";

const AS_SEEN: &str = "layout = :layout AND lease_owner = :me AND generation = :generation AND \
    #status IN (:seen, :alike) AND #lease IN (:lease, :voided)";
const HELD_BY_OWNER: &str = "layout = :layout AND lease_owner = :me AND #status = :inprogress AND \
    attribute_not_exists(ended)";
const RELEASED: &str = "SET ended = :released, #lease = ";

/// One conditional write.
#[derive(Clone, Debug)]
pub(super) struct Update {
    pub(super) condition: String,
    pub(super) change: String,
    /// DynamoDB refuses a name or value that no expression uses: each is added where it is used.
    pub(super) names: HashMap<String, String>,
    pub(super) values: HashMap<String, AttributeValue>,
}

impl Update {
    /// What all claims on a table share: they are copied from here, which is less work than making them.
    pub(super) fn of_claims(attributes: &Attributes) -> Self {
        let mut update = Self {
            condition: format!(
                "{NOTHING} OR ({READABLE} AND (({READABLE_OWN}) OR ({READABLE_SHARED})) AND ({FREE}"
            ),
            change: CLAIM.to_owned(),
            names: HashMap::with_capacity(8),
            values: HashMap::with_capacity(24),
        };
        update.name("#key", attributes.key_name());
        update.name("#status", &attributes.status);
        update.name("#lease", &attributes.lease);
        update.name("#data", &attributes.data);
        update.name("#expiration", &attributes.expiration);
        update.name("#validation", &attributes.validation);
        let values = [
            (":inprogress", value::text(IN_PROGRESS)),
            (":completed", value::text(COMPLETED)),
            (":opaque", value::text(COMPLETED_OPAQUE)),
            (":failed", value::text(FAILED)),
            (":done", value::text(DONE_NO_RESULT)),
            (":empty", value::text("")),
            (":released", value::decimal(past::RELEASED)),
            (":b", value::text("B")),
            (":n", value::text("N")),
            (":s", value::text("S")),
            (":nobody", value::bytes(&[])),
            (":layout", value::number(LAYOUT)),
            (":one", value::number(1)),
            (":zero", value::number(0)),
        ];
        for (name, value) in values {
            update.value(name, value);
        }
        update
    }

    /// Takes the record where the decision grants it. What was there goes on in `p0` to `p3`, copied by the write itself;
    /// nothing else of it stays.
    pub(super) fn claim(of_claims: &Self, claim: &Claim) -> Self {
        let terms = &claim.terms;
        let mut update = of_claims.clone();
        let mut removed = CLAIM_REMOVES.to_owned();
        match claim.expires_at {
            Some(expires_at) => update.set("#expiration", ":expires", value::number(expires_at)),
            None => removed.push_str(", #expiration"),
        }
        match terms.fingerprint {
            Some(print) => update.set("#validation", ":print", value::text(&print.to_string())),
            None => removed.push_str(", #validation"),
        }
        match &claim.marks {
            Some(marks) => update.set("marks", ":marks", value::bytes(marks.as_bytes())),
            None => removed.push_str(", marks"),
        }
        update.change.push_str(&removed);
        let values = [
            (":me", value::owner(terms.owner)),
            (":lease", value::number(claim.lease_until.0)),
            (":now", value::number(terms.now.0)),
            (":seconds", value::number(terms.now.0 / 1000)),
            (":origin", AttributeValue::S(origin::write(&claim.origin))),
        ];
        for (name, value) in values {
            update.value(name, value);
        }
        if terms.on_abandoned != OnAbandoned::Hold {
            update.condition.push_str(FREE_ABANDONED);
            if terms.fingerprint.is_some() {
                update.condition.push_str(FREE_SAME);
            }
            update.condition.push(')');
            let free = terms.now.before(terms.margin).0;
            update.value(":free", value::number(free));
            update.value(":freeseconds", value::number(free / 1000));
        }
        update.condition.push_str("))");
        update
    }

    /// How the execution ended; the result is here, or `apart`, in an item of its own.
    pub(super) fn completion(
        attributes: &Attributes,
        completion: &Completion,
        apart: bool,
    ) -> Self {
        let mut update = Self::of_owner(attributes, completion.owner);
        update.change.push_str("SET ended = :ended");
        let result = completion.result.as_ref();
        update.end(attributes, completion.status, result, apart);
        update.expire(attributes, completion.expires_at);
        update
    }

    /// Status and result of an end.
    fn end(
        &mut self,
        attributes: &Attributes,
        ended: Status,
        result: Option<&StoredResult>,
        apart: bool,
    ) {
        let update = self;
        let inline = result.filter(|_| !apart).map(value::of_result);
        let codec = result
            .map(StoredResult::codec)
            .filter(|codec| *codec != JSON);
        let is_alike = inline
            .as_ref()
            .is_some_and(|data| data.as_s().is_ok_and(|text| value::is_read_alike(text)));
        let status = status_text(ended, is_alike && codec.is_none());
        update.value(":ended", value::decimal(past::ended(ended)));
        update.set("#status", ":status", value::text(status));
        if let Some(data) = inline {
            update.name("#data", &attributes.data);
            update.set("#data", ":data", data);
        } else if let Some(result) = result {
            let size = result.as_bytes().len() as u64;
            update.set("result_bytes", ":bytes", value::number(size));
        }
        if let Some(codec) = codec {
            update.set("codec", ":codec", value::text(codec));
        }
    }

    /// Gives the claim back. To other libraries it is a claim whose lease is over: its end is negative.
    pub(super) fn release(attributes: &Attributes, release: &Release) -> Self {
        let mut update = Self::of_owner(attributes, release.owner);
        update.change.push_str(RELEASED);
        update.change.push_str(":zero - #lease");
        update.name("#lease", &attributes.lease);
        update.value(":zero", value::number(0));
        update.value(":released", value::decimal(past::RELEASED));
        update.expire(attributes, release.expires_at);
        update
    }

    /// Moves the end of the lease, never to an earlier one.
    pub(super) fn extension(attributes: &Attributes, extension: &Extension) -> Self {
        let mut update = Self::of_owner(attributes, extension.owner);
        update.condition.push_str(" AND #lease < :lease");
        update.change.push_str("SET #lease = :lease");
        update.name("#lease", &attributes.lease);
        update.value(":lease", value::number(extension.lease_until.0));
        update.expire(attributes, extension.expires_at);
        update
    }

    /// What a person decided, on the condition that nothing has happened to the record since it was seen. Where it is
    /// forgotten, the condition is all of it.
    pub(super) fn resolution(
        attributes: &Attributes,
        resolution: &Resolution,
        apart: bool,
    ) -> Self {
        let seen = &resolution.seen;
        let mut update = Self {
            condition: AS_SEEN.to_owned(),
            change: String::new(),
            names: HashMap::with_capacity(4),
            values: HashMap::with_capacity(8),
        };
        update.name("#status", &attributes.status);
        update.name("#lease", &attributes.lease);
        update.value(":layout", value::number(LAYOUT));
        update.value(":me", value::owner(seen.owner));
        update.value(":generation", value::number(seen.generation));
        update.value(":seen", value::text(status_text(seen.status, false)));
        // One that has lost the item of its result reads as done without result.
        let alike = match seen.status {
            Status::DoneNoResult => COMPLETED_OPAQUE,
            status => status_text(status, true),
        };
        update.value(":alike", value::text(alike));
        update.value(":lease", value::number(seen.lease_until.0));
        update.value(":voided", value::voided(seen.lease_until));
        update.condition.push_str(match seen.status {
            Status::InProgress => " AND attribute_not_exists(ended)",
            Status::Released => " AND attribute_exists(ended)",
            _ => "",
        });
        match &resolution.resolved {
            Resolved::Completed {
                result,
                by,
                expires_at,
            } => {
                update
                    .change
                    .push_str("SET ended = :ended, lease_owner = :by");
                update.value(":by", value::owner(*by));
                update.end(attributes, Status::Completed, Some(result), apart);
                update.expire(attributes, Some(*expires_at));
            }
            Resolved::Released { expires_at } => {
                update.change.push_str(RELEASED);
                update.change.push_str(":voided");
                update.value(":released", value::decimal(past::RELEASED));
                update.set("#status", ":inprogress", value::text(IN_PROGRESS));
                update.expire(attributes, Some(*expires_at));
            }
            Resolved::Forgotten => {}
        }
        update
    }

    /// The filter of a listing, in place of a condition.
    pub(super) fn listing(attributes: &Attributes, which: Which) -> Self {
        let mut update = Self {
            condition: "layout = :layout AND #status = :status".to_owned(),
            change: String::new(),
            names: HashMap::with_capacity(4),
            values: HashMap::with_capacity(4),
        };
        update.name("#status", &attributes.status);
        update.value(":layout", value::number(LAYOUT));
        match which {
            Which::Held => update.value(":status", value::text(HELD)),
            Which::Abandoned(at) => {
                update
                    .condition
                    .push_str(" AND #lease <= :at AND attribute_not_exists(ended)");
                update.name("#lease", &attributes.lease);
                update.value(":status", value::text(IN_PROGRESS));
                update.value(":at", value::number(at.0));
            }
        }
        update
    }

    /// A write on the condition that `owner` holds the record.
    fn of_owner(attributes: &Attributes, owner: Owner) -> Self {
        let mut update = Self {
            condition: HELD_BY_OWNER.to_owned(),
            change: String::new(),
            names: HashMap::with_capacity(4),
            values: HashMap::with_capacity(8),
        };
        update.name("#status", &attributes.status);
        update.value(":layout", value::number(LAYOUT));
        update.value(":me", value::owner(owner));
        update.value(":inprogress", value::text(IN_PROGRESS));
        update
    }

    fn expire(&mut self, attributes: &Attributes, expires_at: Option<u64>) {
        self.name("#expiration", &attributes.expiration);
        match expires_at {
            Some(expires_at) => self.set("#expiration", ":expires", value::number(expires_at)),
            // Last of a change, as what it removes is.
            None => self.change.push_str(" REMOVE #expiration"),
        }
    }

    fn set(&mut self, name: &str, placeholder: &str, value: AttributeValue) {
        self.change.push_str(", ");
        self.change.push_str(name);
        self.change.push_str(" = ");
        self.change.push_str(placeholder);
        self.value(placeholder, value);
    }

    fn name(&mut self, placeholder: &str, name: &str) {
        self.names.insert(placeholder.to_owned(), name.to_owned());
    }

    fn value(&mut self, placeholder: &str, value: AttributeValue) {
        self.values.insert(placeholder.to_owned(), value);
    }
}
