//! What a granted claim wrote over an item.

use std::sync::Arc;

use super::item::Found;
use super::kept::{Kept, first_started_at};
use super::{origin, past};
use crate::clock::UnixMillis;
use crate::record::{Attempt, History, Record};
use crate::store::Claim;

impl Found {
    /// The record that a claim wrote over this, or where there was nothing, as its expression does.
    pub(super) fn granted(found: Option<Self>, claim: &Claim) -> Record {
        let mut granted = Record::granted(claim, None);
        granted.provenance.origin = origin::kept(&claim.origin);
        granted.provenance.history = found.map(|found| {
            Arc::new(match &found.kept {
                Some(kept) => {
                    granted.generation = found.record.generation.saturating_add(1);
                    let attempts = &mut granted.provenance.attempts;
                    *attempts = found.record.provenance.attempts.saturating_add(1);
                    found.history(kept)
                }
                None => History {
                    first: granted.provenance.origin.clone(),
                    first_started_at: claim.terms.now,
                    ..History::new(found.previous())
                },
            })
        });
        granted
    }

    fn history(&self, kept: &Kept) -> History {
        let [latest, pasts @ ..] = kept.pasts;
        let mut previous = self.previous();
        if let Some(latest) = past::there(latest) {
            previous.status = latest.status;
        }
        let provenance = &self.record.provenance;
        History {
            first: origin::read(&kept.first_origin),
            first_started_at: first_started_at(self.record.generation, provenance.attempts),
            previous,
            pasts: pasts.map(past::there),
        }
    }

    fn previous(&self) -> Attempt {
        let Record {
            owner,
            status,
            lease_until,
            ref provenance,
            ..
        } = self.record;
        Attempt {
            owner,
            started_at: provenance.started_at,
            // What is not there, the expression copies as zero.
            lease_until: if self.has_lease {
                lease_until
            } else {
                UnixMillis(0)
            },
            status,
            origin: provenance.origin.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::attributes::Attributes;
    use super::super::item::{IN_PROGRESS, Item};
    use super::super::value;
    use super::*;
    use crate::decision::Terms;
    use crate::key::Namespace;
    use crate::policy::OnAbandoned;
    use crate::record::{Origin, Owner, Status};

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
            origin: Origin {
                request_id: Some("8f50".into()),
                ..Origin::default()
            },
            marks: None,
        };
        let found = Found::read(&Attributes::new(), &id, item);
        assert_eq!(found.record.lease_until, UnixMillis(17_000));
        let granted = Found::granted(Some(found), &claim);
        let previous = granted.provenance.previous().unwrap();
        assert_eq!(previous.lease_until, UnixMillis(0));
        assert_eq!(previous.status, Status::InProgress);
        assert_eq!(previous.origin, Origin::default());
        assert_eq!(granted.provenance.first(), &claim.origin);
        assert_eq!(granted.provenance.first_started_at(), claim.terms.now);
    }
}
