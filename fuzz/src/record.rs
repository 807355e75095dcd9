//! Records: any item is one of ours, one of another library, or foreign; what is written reads back; and any bytes are a
//! result or none.

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use idem_core::clock::UnixMillis;
use idem_core::decision::Terms;
use idem_core::key::{Fingerprint, Namespace, RecordId};
use idem_core::policy::OnAbandoned;
use idem_core::record::{Origin, Owner, RequestId, Status, StoredResult};
use idem_core::store::dynamodb::Items;
use idem_core::store::{Claim, Completion, Extension, Release};
use idem_core::{Replay, SourceKind};
use libfuzzer_sys::arbitrary::{Result, Unstructured};

use crate::update::{Item, apply};

static ITEMS: LazyLock<Items> = LazyLock::new(Items::new);
static ID: LazyLock<RecordId> = LazyLock::new(|| {
    let id = Namespace::new(None, "fuzz").id_of_value(None, "record");
    id.expect("a key")
});

/// What an attribute should be.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Number,
    /// A number that may be negative.
    Lease,
    /// A number that may have tenths.
    Past,
    /// Tenths alone.
    Ended,
    /// A number of at most 32 bits.
    Count,
    Layout,
    Text,
    Status,
    Owner,
    /// An owner, or no bytes.
    MaybeOwner,
    MaybeStatus,
    /// Bytes that are no text.
    Marks,
    Bytes,
}

use Kind::{
    Bytes, Count, Ended, Layout, Lease, Marks, MaybeOwner, MaybeStatus, Number, Past, Text,
};

/// Each attribute, and whether a record of ours must have it.
const ATTRIBUTES: [(&str, Kind, bool); 24] = [
    ("layout", Layout, true),
    ("status", Kind::Status, true),
    ("in_progress_expiration", Lease, true),
    ("lease_owner", Kind::Owner, true),
    ("generation", Number, true),
    ("attempts", Count, true),
    ("started_at", Number, true),
    ("first_origin", Text, true),
    ("origin", Text, true),
    ("p0", Past, true),
    ("p0_lease", Lease, true),
    ("p0_origin", Text, true),
    ("p0_owner", MaybeOwner, true),
    ("p0_status", MaybeStatus, true),
    ("p1", Past, true),
    ("p2", Past, true),
    ("p3", Past, true),
    ("expiration", Number, false),
    ("validation", Text, false),
    ("ended", Ended, false),
    ("marks", Marks, false),
    ("codec", Text, false),
    ("data", Bytes, false),
    ("result_bytes", Number, false),
];
/// Those that another library's items have, too.
const SHARED: [&str; 5] = [
    "status",
    "in_progress_expiration",
    "expiration",
    "validation",
    "data",
];

const STATUSES: [&str; 6] = [
    "INPROGRESS",
    "COMPLETED",
    "COMPLETED_OPAQUE",
    "FAILED",
    "DONE_NO_RESULT",
    "HELD",
];

/// In progress, and each way to end.
const TENTHS: [&str; 6] = ["0", "1", "2", "3", "4", "5"];

pub fn check(bytes: &[u8]) {
    decodes_or_not::<()>(bytes);
    decodes_or_not::<Option<bool>>(bytes);
    decodes_or_not::<u64>(bytes);
    decodes_or_not::<f64>(bytes);
    decodes_or_not::<String>(bytes);
    decodes_or_not::<Vec<(i8, char)>>(bytes);
    decodes_or_not::<serde_json::Value>(bytes);
    _ = Source(Unstructured::new(bytes)).check();
}

/// And what it decodes to is stored and decoded as the same.
fn decodes_or_not<T: Replay>(bytes: &[u8]) {
    let stored = T::decode(bytes).and_then(|value| value.encode());
    if let Some(stored) = stored {
        let again = T::decode(&stored).and_then(|value| value.encode());
        assert_eq!(again.as_ref(), Some(&stored));
    }
}

/// Whether this is what the attribute should be.
fn is(value: &AttributeValue, kind: Kind) -> bool {
    let number = |most: u64| {
        let text = value.as_n().map(String::as_str).unwrap_or_default();
        text.parse().is_ok_and(|number: u64| number <= most)
    };
    let text = value.as_s().map(String::as_str);
    let length = value.as_b().map(|bytes| bytes.as_ref().len());
    match kind {
        Number => number(u64::MAX),
        Count => number(u32::MAX.into()),
        Layout => {
            number(u64::MAX)
                && value
                    .as_n()
                    .is_ok_and(|text| text.trim_start_matches(['+', '0']) == "1")
        }
        Lease => {
            let end = value
                .as_n()
                .map(|text| text.strip_prefix('-').unwrap_or(text));
            end.is_ok_and(|end| end.parse::<u64>().is_ok())
        }
        Past | Ended => value.as_n().is_ok_and(|text| {
            let (whole, tenth) = text.split_once('.').unwrap_or((text, "0"));
            let (whole, tenth) = (
                whole.parse::<u64>(),
                TENTHS.iter().position(|t| *t == tenth),
            );
            match kind {
                Ended => whole == Ok(0) && tenth > Some(0),
                _ => whole.is_ok() && tenth.is_some(),
            }
        }),
        Text => text.is_ok(),
        Marks => length.is_ok(),
        Kind::Status => text.is_ok_and(|text| STATUSES.contains(&text)),
        MaybeStatus => text.is_ok_and(|text| text.is_empty() || STATUSES.contains(&text)),
        Kind::Owner => length == Ok(16),
        MaybeOwner => matches!(length, Ok(0 | 16)),
        Bytes => text.is_ok() || length.is_ok(),
    }
}

fn is_own(item: &Item) -> bool {
    let read = ATTRIBUTES
        .iter()
        .filter(|(name, ..)| *name != "result_bytes");
    read.copied()
        .all(|(name, kind, is_needed)| match item.get(name) {
            Some(value) => is(value, kind),
            None => !is_needed,
        })
}

fn is_shared(item: &Item) -> bool {
    let shared = ATTRIBUTES.iter().filter(|(name, ..)| SHARED.contains(name));
    !item.contains_key("layout")
        && item["status"]
            .as_s()
            .is_ok_and(|status| STATUSES[..2].contains(&status.as_str()))
        && shared.copied().all(|(name, kind, _)| match item.get(name) {
            // Nobody else voids a lease.
            Some(value) if kind == Lease => is(value, Number),
            Some(value) => is(value, kind),
            None => name != "expiration",
        })
}

/// Makes items, and what is written over them, of bytes.
struct Source<'b>(Unstructured<'b>);

impl Source<'_> {
    fn check(&mut self) -> Result<()> {
        let mut item = self.item()?;
        let record = ITEMS.read(&ID, item.clone());
        let (own, shared) = (
            is_own(&item),
            item.contains_key("status") && is_shared(&item),
        );
        assert_eq!(record.status != Status::Foreign, own || shared, "{item:?}");
        if !own {
            assert_eq!((record.owner, record.completed_by), (Owner(0), None));
        }
        // Most are read only: what is written over them takes ten times as long.
        if self.0.ratio(7, 8)? {
            return Ok(());
        }
        // No clock and no count gets there.
        let is_impossible =
            record.generation > u64::MAX - 2 || record.provenance.attempts > u32::MAX - 2;
        let has_ours = |item: &Item| {
            ATTRIBUTES
                .iter()
                .any(|(name, ..)| !SHARED.contains(name) && item.contains_key(*name))
        };
        if record.status == Status::Foreign || is_impossible || shared && has_ours(&item) {
            item = Item::new();
        }
        let claim = self.claim()?;
        let found = (!item.is_empty()).then(|| item.clone());
        let mut record = ITEMS.granted(&claim, found);
        item = apply(&ITEMS.claim(&claim), &item);
        assert_eq!(ITEMS.read(&ID, item.clone()), record);
        if self.0.arbitrary()? {
            let extension = Extension {
                id: ID.clone(),
                owner: record.owner,
                lease_until: UnixMillis(self.0.arbitrary::<u64>()?.max(1)),
                expires_at: self.0.arbitrary()?,
            };
            item = apply(&ITEMS.extension(&extension), &item);
            record.lease_until = extension.lease_until;
            record.expires_at = extension.expires_at;
            assert_eq!(ITEMS.read(&ID, item.clone()), record);
        }
        let ended = if self.0.arbitrary()? {
            let completion = self.completion(record.owner)?;
            record.status = completion.status;
            record.result.clone_from(&completion.result);
            record.completed_by = Some(record.owner);
            record.expires_at = completion.expires_at;
            ITEMS.completion(&completion)
        } else {
            let release = Release {
                id: ID.clone(),
                owner: record.owner,
                expires_at: self.0.arbitrary()?,
            };
            record.status = Status::Released;
            record.expires_at = release.expires_at;
            ITEMS.release(&release)
        };
        item = apply(&ended, &item);
        assert_eq!(ITEMS.read(&ID, item.clone()), record);
        // What another claim makes of it.
        let claim = self.claim()?;
        let granted = ITEMS.granted(&claim, Some(item.clone()));
        item = apply(&ITEMS.claim(&claim), &item);
        assert_eq!(ITEMS.read(&ID, item), granted);
        Ok(())
    }

    /// Mostly what it should be, so that the rest is reached.
    fn item(&mut self) -> Result<Item> {
        let mut item = Item::new();
        let is_ours = self.0.ratio(3, 4)?;
        let mut odd: u32 = 0;
        for _ in 0..self.0.int_in_range(0..=3)? {
            odd |= 1 << self.0.int_in_range(0..=ATTRIBUTES.len() - 1)?;
        }
        for (at, (name, kind, is_needed)) in ATTRIBUTES.into_iter().enumerate() {
            let is_odd = odd >> at & 1 == 1;
            let belongs = if is_ours {
                is_needed
            } else {
                SHARED.contains(&name)
            };
            if is_odd {
                if self.0.arbitrary()? {
                    item.insert(name.to_owned(), self.any_value()?);
                }
            } else if belongs || is_ours && self.0.arbitrary()? {
                item.insert(name.to_owned(), self.value(kind)?);
            }
        }
        Ok(item)
    }

    fn value(&mut self, kind: Kind) -> Result<AttributeValue> {
        Ok(match kind {
            Number => AttributeValue::N(self.0.arbitrary::<u64>()?.to_string()),
            Count => AttributeValue::N(self.0.arbitrary::<u32>()?.to_string()),
            Lease => {
                let sign = if self.0.arbitrary()? { "-" } else { "" };
                AttributeValue::N(format!("{sign}{}", self.0.arbitrary::<u64>()?))
            }
            Past => {
                let tenth = self.0.choose(&TENTHS)?;
                AttributeValue::N(format!("{}.{tenth}", self.0.arbitrary::<u64>()?))
            }
            Ended => AttributeValue::N(format!("0.{}", self.0.choose(&TENTHS[1..])?)),
            Layout => AttributeValue::N("1".to_owned()),
            Text => AttributeValue::S(self.0.arbitrary()?),
            Kind::Status => AttributeValue::S((*self.0.choose(&STATUSES)?).to_owned()),
            MaybeStatus if self.0.arbitrary()? => AttributeValue::S(String::new()),
            MaybeStatus => AttributeValue::S((*self.0.choose(&STATUSES)?).to_owned()),
            MaybeOwner if self.0.arbitrary()? => AttributeValue::B(Blob::new([])),
            Kind::Owner | MaybeOwner => {
                AttributeValue::B(Blob::new(self.0.arbitrary::<[u8; 16]>()?))
            }
            Bytes if self.0.arbitrary()? => AttributeValue::S(self.0.arbitrary()?),
            Bytes | Marks => AttributeValue::B(Blob::new(self.0.arbitrary::<Vec<u8>>()?)),
        })
    }

    fn any_value(&mut self) -> Result<AttributeValue> {
        Ok(match self.0.int_in_range(0..=8)? {
            0 => AttributeValue::N(self.0.arbitrary()?),
            1 => AttributeValue::N(self.0.arbitrary::<i128>()?.to_string()),
            2 => AttributeValue::N(self.0.arbitrary::<f64>()?.to_string()),
            3 => AttributeValue::S(self.0.arbitrary()?),
            4 => AttributeValue::B(Blob::new(self.0.arbitrary::<Vec<u8>>()?)),
            5 => AttributeValue::Bool(self.0.arbitrary()?),
            6 => AttributeValue::Null(true),
            7 => AttributeValue::L(vec![AttributeValue::S(self.0.arbitrary()?)]),
            _ => AttributeValue::M(Item::new()),
        })
    }

    fn claim(&mut self) -> Result<Claim> {
        Ok(Claim {
            id: ID.clone(),
            terms: Terms {
                owner: Owner(self.0.arbitrary()?),
                // The last moment would be the last generation.
                now: UnixMillis(self.0.arbitrary::<u64>()?.min(u64::MAX - 2)),
                margin: Duration::from_millis(self.0.arbitrary()?),
                fingerprint: self
                    .0
                    .arbitrary::<Option<_>>()?
                    .map(Fingerprint::from_bytes),
                on_abandoned: *self.0.choose(&[OnAbandoned::Retry, OnAbandoned::Hold])?,
            },
            lease_until: UnixMillis(self.0.arbitrary::<u64>()?.max(1)),
            expires_at: self.0.arbitrary()?,
            origin: Origin {
                request_id: self.0.arbitrary::<Option<&str>>()?.map(RequestId::from),
                source: idem_core::Source::new(SourceKind::Sqs, self.0.arbitrary()?),
                version: self.0.arbitrary::<Option<String>>()?.map(Arc::new),
            },
            marks: self
                .0
                .arbitrary::<Option<Vec<u8>>>()?
                .map(idem_core::key::Marks::from_bytes),
        })
    }

    fn completion(&mut self, owner: Owner) -> Result<Completion> {
        let ends = [
            Status::Completed,
            Status::Failed,
            Status::DoneNoResult,
            Status::Held,
        ];
        let mut result = self
            .0
            .arbitrary::<Option<Vec<u8>>>()?
            .map(StoredResult::new);
        if self.0.arbitrary()? {
            let codec = self.0.arbitrary()?;
            result = result.map(|result| result.with_codec(codec));
        }
        Ok(Completion {
            id: ID.clone(),
            owner,
            status: *self.0.choose(&ends)?,
            result,
            expires_at: self.0.arbitrary()?,
            effects: None,
        })
    }
}
