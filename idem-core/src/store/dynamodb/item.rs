//! An item, read as a record.

use std::collections::HashMap;
use std::sync::Arc;

use aws_sdk_dynamodb::types::AttributeValue;

use super::attributes::{Attributes, LAYOUT};
use super::kept::{Kept, first_started_at};
use super::{origin, past, value};
use crate::clock::UnixMillis;
use crate::key::{Fingerprint, Marks, RecordId};
use crate::record::{
    Attempt, History, Origin, Owner, Past, Provenance, Record, Status, StoredResult,
};

pub(super) type Item = HashMap<String, AttributeValue>;

// The first two are those of other libraries. They refuse the others: what they would misread is not called COMPLETED.
pub(super) const IN_PROGRESS: &str = "INPROGRESS";
pub(super) const COMPLETED: &str = "COMPLETED";
/// The result is not JSON in the record, or other libraries would misread it.
pub(super) const COMPLETED_OPAQUE: &str = "COMPLETED_OPAQUE";
pub(super) const FAILED: &str = "FAILED";
pub(super) const DONE_NO_RESULT: &str = "DONE_NO_RESULT";
pub(super) const HELD: &str = "HELD";

/// The owner of a record of another library.
const NOBODY: Owner = Owner(0);

/// How a status is written; `is_alike`: other libraries read the result as it is.
pub(super) fn status_text(status: Status, is_alike: bool) -> &'static str {
    match status {
        Status::InProgress | Status::Released => IN_PROGRESS,
        Status::Completed if is_alike => COMPLETED,
        Status::Completed => COMPLETED_OPAQUE,
        Status::Failed => FAILED,
        Status::DoneNoResult => DONE_NO_RESULT,
        // A foreign record is never written; held is what asks for a person, too.
        Status::Held | Status::Foreign => HELD,
    }
}

fn status(text: &str) -> Result<Status, Unreadable> {
    Ok(match text {
        IN_PROGRESS => Status::InProgress,
        COMPLETED | COMPLETED_OPAQUE => Status::Completed,
        FAILED => Status::Failed,
        DONE_NO_RESULT => Status::DoneNoResult,
        HELD => Status::Held,
        _ => return Err(Unreadable),
    })
}

/// What an item says.
pub(super) struct Found {
    pub(super) record: Record,
    /// The result that lies in an item of its own.
    pub(super) result_apart: Option<Apart>,
    /// What a claim copies from it and the record does not show; `None`: another library wrote it, and it has none.
    pub(super) kept: Option<Kept>,
    pub(super) has_lease: bool,
}

/// A result in an item of its own.
pub(super) struct Apart {
    pub(super) owner: Owner,
    bytes: usize,
    codec: Option<String>,
}

impl Found {
    /// Reads an item; what cannot be read is [`Status::Foreign`].
    pub(super) fn read(attributes: &Attributes, id: &RecordId, item: Item) -> Self {
        let mut reader = Reader { attributes, item };
        let has_lease = reader.item.contains_key(&attributes.lease);
        let read = if reader.item.contains_key("layout") {
            reader.own(id)
        } else {
            reader.shared(id).map(|record| (record, None))
        };
        let Ok((record, kept)) = read else {
            return Self {
                record: foreign(id),
                // What cannot be read does not say where its result is, either.
                result_apart: None,
                kept: None,
                has_lease,
            };
        };
        Self {
            result_apart: reader.result_apart(&record),
            record: until_its_second_is_over(record),
            kept,
            has_lease,
        }
    }

    /// The record with the result that lay apart; without a whole one it is done without result.
    pub(super) fn with_result(mut self, apart: &Apart, result: Option<StoredResult>) -> Record {
        let whole = result.filter(|result| result.as_bytes().len() == apart.bytes);
        if whole.is_none() {
            self.record.status = Status::DoneNoResult;
        }
        self.record.result = whole.map(|result| match &apart.codec {
            Some(codec) => result.with_codec(codec),
            None => result,
        });
        self.record
    }
}

struct Reader<'a> {
    attributes: &'a Attributes,
    item: Item,
}

/// An attribute is missing, or is not what it should be.
struct Unreadable;

impl Reader<'_> {
    /// A record of this library.
    fn own(&mut self, id: &RecordId) -> Result<(Record, Option<Kept>), Unreadable> {
        if self.number("layout")? != LAYOUT {
            return Err(Unreadable);
        }
        let started_at = UnixMillis(self.number("started_at")?);
        let ended = self.if_there("ended", Self::past)?;
        let latest = match ended {
            None => Status::InProgress,
            Some(Past {
                started_at: UnixMillis(0),
                status,
            }) if status != Status::InProgress => status,
            Some(_) => return Err(Unreadable),
        };
        let owner = self.owner("lease_owner")?;
        let generation = self.number("generation")?;
        let attempts = u32::try_from(self.number("attempts")?).map_err(|_| Unreadable)?;
        let [p0, pasts @ ..] = [
            self.past("p0")?,
            self.past("p1")?,
            self.past("p2")?,
            self.past("p3")?,
        ];
        let Some(AttributeValue::S(first_origin)) = self.item.remove("first_origin") else {
            return Err(Unreadable);
        };
        let history = self.previous(p0)?.map(|previous| {
            Arc::new(History {
                first: origin::read(&first_origin),
                first_started_at: first_started_at(generation, attempts),
                previous,
                pasts: pasts.map(past::there),
            })
        });
        let kept = Kept {
            first_origin,
            pasts: [
                Past {
                    started_at,
                    status: latest,
                },
                p0,
                pasts[0],
                pasts[1],
            ],
        };
        let record = Record {
            id: id.clone(),
            status: match status(self.text(&self.attributes.status)?)? {
                Status::InProgress if ended.is_some() => Status::Released,
                status => status,
            },
            owner,
            generation,
            lease_until: self.lease(&self.attributes.lease)?,
            expires_at: self.if_there(&self.attributes.expiration, Self::number)?,
            fingerprint: self.if_there(&self.attributes.validation, Self::fingerprint)?,
            marks: self.if_there("marks", Self::marks)?,
            completed_by: (!matches!(latest, Status::InProgress | Status::Released))
                .then_some(owner),
            provenance: Provenance {
                attempts,
                started_at,
                origin: origin::read(self.text("origin")?),
                history,
            },
            result: match (self.result()?, self.codec()?) {
                (Some(result), Some(codec)) => Some(result.with_codec(&codec)),
                (result, _) => result,
            },
        };
        Ok((record, Some(kept)))
    }

    /// A record of another library whose table this is: in progress or completed, with an expiration.
    fn shared(&mut self, id: &RecordId) -> Result<Record, Unreadable> {
        let status = match self.text(&self.attributes.status)? {
            IN_PROGRESS => Status::InProgress,
            COMPLETED => Status::Completed,
            _ => return Err(Unreadable),
        };
        let expiration = self.number(&self.attributes.expiration)?;
        let lease = self.if_there(&self.attributes.lease, Self::number)?;
        Ok(Record {
            status,
            // Without a lease the claim holds until it expires.
            lease_until: UnixMillis(lease.unwrap_or(expiration.saturating_mul(1000))),
            expires_at: Some(expiration),
            fingerprint: self.if_there(&self.attributes.validation, Self::fingerprint)?,
            result: self.result()?,
            ..foreign(id)
        })
    }

    /// The attempt before. All of it is written, too, where there was none: then its status is empty. Of what another
    /// library claimed the status alone tells, and the number is zero.
    fn previous(&self, past: Past) -> Result<Option<Attempt>, Unreadable> {
        let written = match self.text("p0_status")? {
            "" => None,
            written => Some(status(written)?),
        };
        let lease_until = self.lease("p0_lease")?;
        let origin = self.text("p0_origin")?;
        let owner = self.item.get("p0_owner").ok_or(Unreadable)?;
        let owner = match owner.as_b() {
            Ok(nobody) if nobody.as_ref().is_empty() => NOBODY,
            _ => self.owner("p0_owner")?,
        };
        let by_status = || written.map(|status| Past { status, ..past });
        let Some(past) = past::there(past).or_else(by_status) else {
            return Ok(None);
        };
        Ok(Some(Attempt {
            owner,
            started_at: past.started_at,
            lease_until,
            status: past.status,
            origin: origin::read(origin),
        }))
    }

    /// The result in the record.
    fn result(&mut self) -> Result<Option<StoredResult>, Unreadable> {
        let data = self.item.remove(&self.attributes.data);
        data.map(|data| value::into_result(data).ok_or(Unreadable))
            .transpose()
    }

    /// The codec of the result, where it is not JSON.
    fn codec(&self) -> Result<Option<String>, Unreadable> {
        self.if_there("codec", |reader, name| reader.text(name).map(str::to_owned))
    }

    fn result_apart(&self, record: &Record) -> Option<Apart> {
        Some(Apart {
            owner: record.completed_by?,
            bytes: self.number("result_bytes").ok()?.try_into().ok()?,
            codec: self.codec().ok()?,
        })
    }

    /// Ours is a hash of 64 digits. Another library's may have any number of them: what it starts with is kept as it is,
    /// and equals none of ours.
    fn fingerprint(&self, name: &str) -> Result<Arc<Fingerprint>, Unreadable> {
        let text = self.text(name)?;
        let fingerprint = Fingerprint::from_hex(text).unwrap_or_else(|| {
            let mut start = [0; 32];
            for (kept, digit) in start.iter_mut().zip(text.bytes()) {
                *kept = digit;
            }
            Fingerprint::from_bytes(start)
        });
        Ok(Arc::new(fingerprint))
    }

    fn if_there<T>(
        &self,
        name: &str,
        read: impl Fn(&Self, &str) -> Result<T, Unreadable>,
    ) -> Result<Option<T>, Unreadable> {
        let is_there = self.item.contains_key(name);
        is_there.then(|| read(self, name)).transpose()
    }

    fn number(&self, name: &str) -> Result<u64, Unreadable> {
        let number = self.item.get(name).and_then(value::as_number);
        number.ok_or(Unreadable)
    }

    fn lease(&self, name: &str) -> Result<UnixMillis, Unreadable> {
        let lease = self.item.get(name).and_then(value::as_lease);
        lease.ok_or(Unreadable)
    }

    fn past(&self, name: &str) -> Result<Past, Unreadable> {
        let number = self.item.get(name).and_then(|past| past.as_n().ok());
        number
            .and_then(|number| past::read(number))
            .ok_or(Unreadable)
    }

    fn marks(&self, name: &str) -> Result<Marks, Unreadable> {
        let marks = self.item.get(name).and_then(|marks| marks.as_b().ok());
        marks
            .map(|marks| Marks::from_bytes(marks.as_ref()))
            .ok_or(Unreadable)
    }

    fn owner(&self, name: &str) -> Result<Owner, Unreadable> {
        let owner = self.item.get(name).and_then(value::as_owner);
        owner.ok_or(Unreadable)
    }

    fn text(&self, name: &str) -> Result<&str, Unreadable> {
        let text = self.item.get(name).and_then(|text| text.as_s().ok());
        text.map(String::as_str).ok_or(Unreadable)
    }
}

/// Other libraries round the end of a ttl down, and look whether its second is over.
fn until_its_second_is_over(mut record: Record) -> Record {
    let has_ended = !matches!(record.status, Status::InProgress | Status::Released);
    if has_ended && record.completed_by.is_none() {
        record.expires_at = record.expires_at.map(|second| second.saturating_add(1));
    }
    record
}

fn foreign(id: &RecordId) -> Record {
    Record {
        id: id.clone(),
        status: Status::Foreign,
        owner: NOBODY,
        generation: 0,
        lease_until: UnixMillis(0),
        expires_at: None,
        fingerprint: None,
        result: None,
        completed_by: None,
        marks: None,
        provenance: Provenance {
            attempts: 0,
            started_at: UnixMillis(0),
            origin: Origin::default(),
            history: None,
        },
    }
}
