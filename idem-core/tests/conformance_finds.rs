//! The checks of the contract find a store that breaks it: a small store with one fault at a time.

#![allow(clippy::unwrap_used, reason = "a test may fail here")]

use std::collections::HashMap;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::{Arc, Mutex};

use idem_core::clock::UnixMillis;
use idem_core::conformance::{self, Subject};
use idem_core::decision::{Decision, decide};
use idem_core::key::RecordId;
use idem_core::record::{Origin, Owner, PASTS, Record, Status, StoredResult};
use idem_core::store::{
    Claim, Claimed, Completion, Extension, Failure, Listing, Page, Release, Resolution, Store,
    StoreError, StoreFuture, Written,
};

const NOW: UnixMillis = UnixMillis(1_800_000_000_000);
const LIMIT: usize = 512;

/// What is wrong with the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    None,
    GrantsEveryClaim,
    ForgetsTheMargin,
    KeepsTheFormerResult,
    ForgetsTheFirstAttempt,
    ForgetsWhatIsLongPast,
    CountsAResentClaim,
    LosesWithoutTheRecord,
    LetsStrangersComplete,
    LetsStrangersRelease,
    DeletesOnRelease,
    LetsStrangersExtend,
    ChangesTheGenerationOnExtend,
    ShortensALease,
    SaysNothingOfWhatStands,
    GrantsWhatIsHeld,
    ForgetsAfterTheLease,
    TrimsResults,
    StoresAnySize,
    RefusesAResentExtension,
    RepeatsOwners,
    ForgetsTheCodec,
    ForgetsTheMarks,
    ForgetsTheOriginOfWhatEnds,
    DropsEffects,
    ReadsNothing,
    TellsOfNoChange,
    ResolvesWhatHasChanged,
    ForgetsNothing,
    ListsEverything,
}

#[derive(Debug)]
struct Small {
    fault: Fault,
    records: Mutex<HashMap<RecordId, Record>>,
}

impl Small {
    fn has(&self, fault: Fault) -> bool {
        self.fault == fault
    }

    fn write(
        &self,
        id: &RecordId,
        owner: Owner,
        anybody: Fault,
        change: impl FnOnce(&mut Record),
    ) -> Written {
        let mut records = self.records.lock().unwrap();
        match records.get_mut(id) {
            Some(record) if record.is_held_by(owner) || self.has(anybody) => {
                change(record);
                Written::Done
            }
            _ if self.has(Fault::SaysNothingOfWhatStands) => Written::Lost(None),
            found => Written::Lost(found.cloned().map(Arc::new)),
        }
    }
}

impl Store for Small {
    fn owner(&self) -> Result<Owner, StoreError> {
        if self.has(Fault::RepeatsOwners) {
            return Ok(Owner(1));
        }
        Owner::random()
    }

    fn claim<'a>(&'a self, claim: &'a Claim) -> StoreFuture<'a, Claimed> {
        let mut records = self.records.lock().unwrap();
        let mut terms = claim.terms;
        if self.has(Fault::ForgetsTheMargin) {
            terms.margin = std::time::Duration::ZERO;
        }
        if self.has(Fault::ForgetsAfterTheLease) {
            records.retain(|id, record| *id != claim.id || record.lease_until > terms.now);
        }
        let found = records.get(&claim.id).cloned();
        let decision = match decide(found.as_ref(), &terms) {
            Decision::Mine if self.has(Fault::CountsAResentClaim) => Decision::Grant,
            Decision::Held if self.has(Fault::GrantsWhatIsHeld) => Decision::Grant,
            _ if self.has(Fault::GrantsEveryClaim) => Decision::Grant,
            decision => decision,
        };
        StoreFuture::ready(Ok(match (decision, found) {
            (Decision::Grant, found) => {
                let mut record = Record::granted(claim, found.as_ref());
                if self.has(Fault::KeepsTheFormerResult) {
                    record.result = found.and_then(|found| found.result);
                }
                if let Some(history) = &mut record.provenance.history {
                    let history = Arc::make_mut(history);
                    if self.has(Fault::ForgetsTheFirstAttempt) {
                        history.first = history.previous.origin.clone();
                    }
                    if self.has(Fault::ForgetsWhatIsLongPast) {
                        history.pasts = [None; PASTS];
                    }
                }
                records.insert(claim.id.clone(), record.clone());
                Claimed::Granted(Arc::new(record))
            }
            (Decision::Mine, Some(found)) => Claimed::Granted(Arc::new(found)),
            (_, Some(mut found)) => {
                if self.has(Fault::LosesWithoutTheRecord) {
                    found = Record::granted(claim, None);
                }
                Claimed::Lost(Arc::new(found))
            }
            (_, None) => unreachable!("nothing found is granted"),
        }))
    }

    fn complete<'a>(&'a self, completion: &'a Completion) -> StoreFuture<'a, Written> {
        let bytes = completion
            .result
            .as_ref()
            .map_or(&[][..], StoredResult::as_bytes);
        if bytes.len() > LIMIT && !self.has(Fault::StoresAnySize) {
            return StoreFuture::ready(Err(StoreError::new(Failure::TooLarge, "too large")));
        }
        if completion.effects.is_some() && !self.has(Fault::DropsEffects) {
            return StoreFuture::ready(Err(StoreError::new(Failure::Canceled, "none")));
        }
        let trimmed = bytes
            .strip_suffix(b"\0")
            .filter(|_| self.has(Fault::TrimsResults));
        let id = &completion.id;
        StoreFuture::ready(Ok(self.write(
            id,
            completion.owner,
            Fault::LetsStrangersComplete,
            |record| {
                record.status = completion.status;
                record.result = trimmed
                    .map(StoredResult::new)
                    .or_else(|| completion.result.clone());
                if self.has(Fault::ForgetsTheCodec) {
                    record.result = Some(StoredResult::new(bytes));
                }
                if self.has(Fault::ForgetsTheMarks) {
                    record.marks = None;
                }
                if self.has(Fault::ForgetsTheOriginOfWhatEnds) {
                    record.provenance.origin = Origin::default();
                }
                record.expires_at = completion.expires_at;
                record.completed_by = Some(completion.owner);
            },
        )))
    }

    fn release<'a>(&'a self, release: &'a Release) -> StoreFuture<'a, Written> {
        let written = self.write(
            &release.id,
            release.owner,
            Fault::LetsStrangersRelease,
            |record| {
                record.status = Status::Released;
                record.expires_at = release.expires_at;
            },
        );
        if self.has(Fault::DeletesOnRelease) {
            self.records.lock().unwrap().remove(&release.id);
        }
        StoreFuture::ready(Ok(written))
    }

    fn extend<'a>(&'a self, extension: &'a Extension) -> StoreFuture<'a, Written> {
        let id = &extension.id;
        let mut again = false;
        let written = self.write(id, extension.owner, Fault::LetsStrangersExtend, |record| {
            again = record.lease_until == extension.lease_until;
            if record.lease_until < extension.lease_until || self.has(Fault::ShortensALease) {
                record.lease_until = extension.lease_until;
                record.expires_at = extension.expires_at;
            }
            if self.has(Fault::ChangesTheGenerationOnExtend) {
                record.generation += 1;
            }
        });
        if again && self.has(Fault::RefusesAResentExtension) {
            return StoreFuture::ready(Ok(Written::Lost(None)));
        }
        StoreFuture::ready(Ok(written))
    }

    fn read<'a>(&'a self, id: &'a RecordId) -> StoreFuture<'a, Option<Arc<Record>>> {
        let found = self.records.lock().unwrap().get(id).cloned();
        let found = found.filter(|_| !self.has(Fault::ReadsNothing));
        StoreFuture::ready(Ok(found.map(Arc::new)))
    }

    fn changed<'a>(&'a self, id: &'a RecordId, _: u64) -> StoreFuture<'a, ()> {
        let is_there = self.records.lock().unwrap().contains_key(id);
        if is_there && self.has(Fault::TellsOfNoChange) {
            return StoreFuture::ready(Ok(()));
        }
        StoreFuture::new(std::future::pending())
    }

    fn resolve<'a>(&'a self, resolution: &'a Resolution) -> StoreFuture<'a, Written> {
        let Resolution { seen, resolved } = resolution;
        let mut records = self.records.lock().unwrap();
        let found = records.get(&seen.id).cloned();
        let found = match found {
            Some(record) if record.is_as_seen(seen) || self.has(Fault::ResolvesWhatHasChanged) => {
                record
            }
            found => return StoreFuture::ready(Ok(Written::Lost(found.map(Arc::new)))),
        };
        match found.resolved(resolved) {
            None if self.has(Fault::ForgetsNothing) => {}
            None => _ = records.remove(&seen.id),
            Some(record) => _ = records.insert(seen.id.clone(), record),
        }
        StoreFuture::ready(Ok(Written::Done))
    }

    fn list<'a>(&'a self, listing: &'a Listing) -> StoreFuture<'a, Page> {
        let records = self.records.lock().unwrap();
        let which = listing.which;
        let listed = |record: &&Record| which.includes(record) || self.has(Fault::ListsEverything);
        let records = records.values().filter(listed).cloned().collect();
        let next = None;
        StoreFuture::ready(Ok(Page { records, next }))
    }
}

type Check = for<'a> fn(&'a Subject) -> Pin<Box<dyn Future<Output = ()> + 'a>>;

macro_rules! checks {
    ($($check:ident,)*) => {
        &[$((stringify!($check), |subject| Box::pin(conformance::$check(subject)))),*]
    };
}

const CHECKS: &[(&str, Check)] = checks![
    c01_of_many_claims_at_once_one_is_granted,
    c02_a_claim_is_granted_where_the_decision_grants_it,
    c03_a_granted_claim_leaves_nothing_of_the_former_result,
    c04_a_resent_claim_is_granted_and_changes_nothing,
    c05_a_lost_claim_changes_nothing_and_brings_the_record,
    c06_only_the_owner_completes,
    c07_only_the_owner_releases_and_generations_go_on,
    c08_only_the_owner_extends_and_only_the_lease,
    c09_a_write_without_effect_brings_what_stands_there,
    c10_a_claim_never_overwrites_what_is_held,
    c11_a_record_outlives_its_lease,
    c12_a_result_comes_back_byte_for_byte,
    c13_a_result_that_is_too_large_is_refused,
    c14_a_resent_request_counts_once,
    c15_no_two_owners_are_the_same,
    c16_effects_that_cannot_be_committed_are_refused,
    c17_a_read_gives_what_was_written_and_changes_nothing,
    c18_no_change_is_told_while_an_execution_runs,
    c19_a_resolution_takes_effect_only_on_what_was_seen,
    c20_what_is_held_or_abandoned_is_listed_once,
];

/// The numbers that a store with this fault breaks.
fn broken_by(fault: Fault) -> Vec<&'static str> {
    let tokio = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    let broken = CHECKS.iter().filter(|(_, check)| {
        let store = Small {
            fault,
            records: Mutex::default(),
        };
        let subject = Subject::new(Arc::new(store), NOW).result_limit(LIMIT);
        catch_unwind(AssertUnwindSafe(|| tokio.block_on(check(&subject)))).is_err()
    });
    let broken = broken.map(|(name, _)| &name[..3]).collect();
    std::panic::set_hook(hook);
    broken
}

#[test]
fn each_number_of_the_contract_finds_the_store_that_breaks_it() {
    assert_eq!(broken_by(Fault::None), [""; 0]);
    for (number, fault) in [
        ("c01", Fault::GrantsEveryClaim),
        ("c02", Fault::ForgetsTheMargin),
        ("c03", Fault::KeepsTheFormerResult),
        ("c03", Fault::ForgetsTheFirstAttempt),
        ("c03", Fault::ForgetsWhatIsLongPast),
        ("c04", Fault::CountsAResentClaim),
        ("c05", Fault::LosesWithoutTheRecord),
        ("c06", Fault::LetsStrangersComplete),
        ("c06", Fault::ForgetsTheMarks),
        ("c06", Fault::ForgetsTheOriginOfWhatEnds),
        ("c07", Fault::LetsStrangersRelease),
        ("c07", Fault::DeletesOnRelease),
        ("c08", Fault::LetsStrangersExtend),
        ("c08", Fault::ChangesTheGenerationOnExtend),
        ("c08", Fault::ShortensALease),
        ("c09", Fault::SaysNothingOfWhatStands),
        ("c10", Fault::GrantsWhatIsHeld),
        ("c11", Fault::ForgetsAfterTheLease),
        ("c12", Fault::TrimsResults),
        ("c13", Fault::StoresAnySize),
        ("c14", Fault::RefusesAResentExtension),
        ("c12", Fault::ForgetsTheCodec),
        ("c15", Fault::RepeatsOwners),
        ("c16", Fault::DropsEffects),
        ("c17", Fault::ReadsNothing),
        ("c18", Fault::TellsOfNoChange),
        ("c19", Fault::ResolvesWhatHasChanged),
        ("c19", Fault::ForgetsNothing),
        ("c20", Fault::ListsEverything),
    ] {
        let broken = broken_by(fault);
        assert!(
            broken.contains(&number),
            "{fault:?} should break {number}, and broke {broken:?}"
        );
    }
}
