//! An item, read as a record.

use std::collections::HashMap;
use std::sync::Arc;

use aws_sdk_dynamodb::types::AttributeValue;

use super::attributes::{Attributes, LAYOUT};
use super::value;
use crate::clock::UnixMillis;
use crate::key::{Fingerprint, RecordId};
use crate::record::{Attempt, History, Origin, Owner, Provenance, Record, Status, StoredResult};
use crate::store::Claim;

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
    /// Another library wrote it: it has neither generation nor provenance.
    is_shared: bool,
    has_lease: bool,
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
        let is_shared = !reader.item.contains_key("layout");
        let has_lease = reader.item.contains_key(&attributes.lease);
        let record = if is_shared {
            reader.shared(id)
        } else {
            reader.own(id)
        };
        Self {
            // What cannot be read does not say where its result is, either.
            result_apart: reader.result_apart().filter(|_| record.is_ok()),
            record: record.map_or_else(|Unreadable| foreign(id), until_its_second_is_over),
            is_shared,
            has_lease,
        }
    }

    /// The record that a claim wrote over this, as its expression does.
    pub(super) fn granted(mut self, claim: &Claim) -> Record {
        if self.is_shared {
            self.record.generation = claim.terms.now.0;
            self.record.provenance.origin = claim.origin.clone();
            // What is not there, the expression copies as zero.
            if !self.has_lease {
                self.record.lease_until = UnixMillis(0);
            }
        }
        Record::granted(claim, Some(&self.record))
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
    fn own(&mut self, id: &RecordId) -> Result<Record, Unreadable> {
        if self.number("layout")? != LAYOUT {
            return Err(Unreadable);
        }
        let status = status(self.text(&self.attributes.status)?)?;
        let lease = self.number(&self.attributes.lease)?;
        let released = self.if_there("released_lease", Self::number)?;
        let (status, lease) = match (status, released) {
            (Status::InProgress, Some(released)) => (Status::Released, released),
            (status, _) => (status, lease),
        };
        Ok(Record {
            id: id.clone(),
            status,
            owner: self.owner("lease_owner")?,
            generation: self.number("generation")?,
            lease_until: UnixMillis(lease),
            expires_at: self.if_there(&self.attributes.expiration, Self::number)?,
            fingerprint: self.if_there(&self.attributes.validation, Self::fingerprint)?,
            completed_by: self.if_there("completed_by", Self::owner)?,
            marks: None,
            provenance: Provenance {
                attempts: u32::try_from(self.number("attempts")?).map_err(|_| Unreadable)?,
                started_at: UnixMillis(self.number("started_at")?),
                origin: Origin {
                    request_id: self.request_id("last_request_id")?,
                    ..Origin::default()
                },
                history: self
                    .previous()?
                    .map(|previous| Arc::new(History::new(previous))),
            },
            result: match (self.result()?, self.codec()?) {
                (Some(result), Some(codec)) => Some(result.with_codec(&codec)),
                (result, _) => result,
            },
        })
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

    /// All of it is written, too, where there was no attempt before: then its status is empty.
    fn previous(&self) -> Result<Option<Attempt>, Unreadable> {
        let (written, lease) = (
            self.text("previous_status")?,
            self.number("previous_lease")?,
        );
        let released = self.number("previous_released")?;
        let started_at = UnixMillis(self.number("previous_started_at")?);
        let owner = self.item.get("previous_owner").ok_or(Unreadable)?;
        let owner = match owner.as_b() {
            Ok(nobody) if nobody.as_ref().is_empty() => NOBODY,
            _ => self.owner("previous_owner")?,
        };
        if written.is_empty() {
            return Ok(None);
        }
        let (status, lease) = match (status(written)?, released) {
            (Status::InProgress, released) if released > 0 => (Status::Released, released),
            (status, _) => (status, lease),
        };
        Ok(Some(Attempt {
            owner,
            started_at,
            lease_until: UnixMillis(lease),
            status,
            origin: Origin::default(),
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

    fn result_apart(&self) -> Option<Apart> {
        Some(Apart {
            owner: self.owner("completed_by").ok()?,
            bytes: self.number("result_bytes").ok()?.try_into().ok()?,
            codec: self.codec().ok()?,
        })
    }

    /// Ours is a hash of 64 digits. Another library's may have any number of them: what it starts with is kept as it is,
    /// and equals none of ours.
    fn fingerprint(&self, name: &str) -> Result<Fingerprint, Unreadable> {
        let text = self.text(name)?;
        Ok(Fingerprint::from_hex(text).unwrap_or_else(|| {
            let mut start = [0; 32];
            for (kept, digit) in start.iter_mut().zip(text.bytes()) {
                *kept = digit;
            }
            Fingerprint::from_bytes(start)
        }))
    }

    /// Empty where there was none.
    fn request_id(&self, name: &str) -> Result<Option<Arc<str>>, Unreadable> {
        let text = self.text(name)?;
        Ok((!text.is_empty()).then(|| text.into()))
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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::decision::Terms;
    use crate::key::Namespace;
    use crate::policy::OnAbandoned;

    #[test]
    fn a_claim_over_another_librarys_without_a_lease_is_what_its_expression_writes() {
        let id = Namespace::new(None, "tests")
            .id_of_value(None, "key")
            .unwrap();
        let item = Item::from([
            ("status".to_owned(), value::text(IN_PROGRESS)),
            ("expiration".to_owned(), value::number(17)),
        ]);
        let claim = Claim {
            id: id.clone(),
            terms: Terms {
                owner: Owner(1),
                now: UnixMillis(20_000),
                margin: Duration::ZERO,
                fingerprint: None,
                on_abandoned: OnAbandoned::Retry,
            },
            lease_until: UnixMillis(30_000),
            expires_at: None,
            origin: Origin::default(),
            marks: None,
        };
        let found = Found::read(&Attributes::new(), &id, item);
        assert_eq!(found.record.lease_until, UnixMillis(17_000));
        let previous = found
            .granted(&claim)
            .provenance
            .previous()
            .cloned()
            .unwrap();
        assert_eq!(previous.lease_until, UnixMillis(0));
    }
}
