//! One record's history, to be read.

#![allow(clippy::unwrap_used, reason = "a test may fail here")]

use std::sync::Arc;
use std::time::Duration;

use idem_core::clock::UnixMillis;
use idem_core::decision::Terms;
use idem_core::key::{Fingerprint, Namespace, RecordId};
use idem_core::policy::OnAbandoned;
use idem_core::record::{Origin, Owner, Provenance, Record, Status, StoredResult};
use idem_core::store::Claim;
use idem_core::{Source, SourceKind};
use serde_json::{Value, json};

/// 2026-01-05, 09:00 UTC.
const MORNING: u64 = 1_767_603_600_000;
const ID: &str = "orders/charge#cd8b";
const LAST: &str =
    "each time is by the clock of whoever sent the claim; when an attempt ended is not kept";

fn id() -> RecordId {
    let namespace = Namespace::new(Some("orders"), "charge");
    namespace.id_of_value(None, "order-17").unwrap()
}

/// What brings the attempt of this number.
fn origin(number: u64) -> Origin {
    Origin {
        request_id: Some(format!("request-{number}").into()),
        source: Source::new(SourceKind::Sqs, "message-1").filter(|_| number != 2),
        version: Some(Arc::new("7".to_owned())),
    }
}

/// The record that the claim `seconds` after the morning leaves, which is leased for 30 s.
fn claimed(found: Option<&Record>, seconds: u64) -> Record {
    let number = found.map_or(0, |record| u64::from(record.provenance.attempts)) + 1;
    let now = UnixMillis(MORNING + seconds * 1000);
    let claim = Claim {
        id: id(),
        terms: Terms {
            owner: Owner(number.into()),
            now,
            margin: Duration::from_secs(2),
            fingerprint: Some(Fingerprint::from_bytes(
                *b"the fingerprint is not told here",
            )),
            on_abandoned: OnAbandoned::Retry,
        },
        lease_until: now.after(Duration::from_secs(30)),
        expires_at: Some(now.0 / 1000 + 3600),
        origin: origin(number),
        marks: None,
    };
    Record::granted(&claim, found)
}

fn ended(record: Record, status: Status) -> Record {
    let is_final = matches!(status, Status::Completed | Status::Failed);
    let result = StoredResult::new(*b"\"the result is not told here\"");
    Record {
        status,
        result: is_final.then_some(result),
        completed_by: is_final.then_some(record.owner),
        ..record
    }
}

/// As many attempts as there are statuses, a second apart.
fn attempts(statuses: &[Status]) -> Record {
    let mut found = None;
    for (number, status) in (0..).zip(statuses) {
        found = Some(ended(claimed(found.as_ref(), number), *status));
    }
    found.unwrap()
}

/// Its lines; the record's hash is cut short.
fn text(record: &Record) -> Vec<String> {
    let text = record.timeline().to_string();
    let mut lines: Vec<_> = text.lines().map(str::to_owned).collect();
    lines[0].truncate(ID.len());
    lines
}

fn json(record: &Record) -> Value {
    let mut json = serde_json::to_value(record.timeline()).unwrap();
    assert_eq!(json["record"], record.id.to_string());
    json.as_object_mut().unwrap().remove("record");
    json
}

#[test]
fn a_first_attempt_that_runs_has_no_end_yet() {
    let record = claimed(None, 0);
    assert_eq!(
        text(&record),
        [
            ID,
            "1 attempt",
            "  1  2026-01-05T09:00:00.000Z  in progress: no end is recorded yet; leased until 2026-01-05T09:00:30.000Z",
            "     request request-1, message sqs:message-1, version 7",
            "its generation is 1767603600001",
            "the store may delete this from 2026-01-05T10:00:00.000Z on",
            LAST,
        ]
    );
    assert_eq!(
        json(&record),
        json!({
            "status": "in_progress",
            "attempts": 1,
            "generation": 1_767_603_600_001_u64,
            "known": [{
                "attempt": 1,
                "started_at": "2026-01-05T09:00:00.000Z",
                "ended": "in_progress",
                "lease_until": "2026-01-05T09:00:30.000Z",
                "request_id": "request-1",
                "source": "sqs:message-1",
                "version": "7",
            }],
            "expires_at": "2026-01-05T10:00:00.000Z",
        })
    );
}

#[test]
fn failures_before_the_result_are_told_with_it() {
    let record = attempts(&[Status::Released, Status::Released, Status::Completed]);
    assert_eq!(
        text(&record),
        [
            ID,
            "3 attempts",
            "  1  2026-01-05T09:00:00.000Z  failed and released",
            "     request request-1, message sqs:message-1, version 7",
            "  2  2026-01-05T09:00:01.000Z  failed and released; leased until 2026-01-05T09:00:31.000Z",
            "     request request-2, version 7",
            "  3  2026-01-05T09:00:02.000Z  completed; leased until 2026-01-05T09:00:32.000Z",
            "     request request-3, message sqs:message-1, version 7",
            "its generation is 1767603600003",
            "29 bytes of json are stored",
            "duplicates are answered with this until 2026-01-05T10:00:02.000Z",
            LAST,
        ]
    );
    assert_eq!(
        json(&record),
        json!({
            "status": "completed",
            "attempts": 3,
            "generation": 1_767_603_600_003_u64,
            "known": [
                {
                    "attempt": 1,
                    "started_at": "2026-01-05T09:00:00.000Z",
                    "ended": "released",
                    "request_id": "request-1",
                    "source": "sqs:message-1",
                    "version": "7",
                },
                {
                    "attempt": 2,
                    "started_at": "2026-01-05T09:00:01.000Z",
                    "ended": "released",
                    "lease_until": "2026-01-05T09:00:31.000Z",
                    "request_id": "request-2",
                    "version": "7",
                },
                {
                    "attempt": 3,
                    "started_at": "2026-01-05T09:00:02.000Z",
                    "ended": "completed",
                    "lease_until": "2026-01-05T09:00:32.000Z",
                    "request_id": "request-3",
                    "source": "sqs:message-1",
                    "version": "7",
                },
            ],
            "expires_at": "2026-01-05T10:00:02.000Z",
            "result_bytes": 29,
            "codec": "json",
        })
    );
}

#[test]
fn of_six_attempts_only_the_first_ones_end_is_not_kept() {
    let record = attempts(&[Status::Released; 6]);
    assert_eq!(
        text(&record)[1..9],
        [
            "6 attempts",
            "  1  2026-01-05T09:00:00.000Z  how it ended is not kept",
            "     request request-1, message sqs:message-1, version 7",
            "  2  2026-01-05T09:00:01.000Z  failed and released",
            "  3  2026-01-05T09:00:02.000Z  failed and released",
            "  4  2026-01-05T09:00:03.000Z  failed and released",
            "  5  2026-01-05T09:00:04.000Z  failed and released; leased until 2026-01-05T09:00:34.000Z",
            "     request request-5, message sqs:message-1, version 7",
        ]
    );
    let json = json(&record);
    assert_eq!(json["known"].as_array().unwrap().len(), 6);
    assert!(json["known"][0].get("ended").is_none());
}

#[test]
fn attempts_in_between_are_counted() {
    for (attempts_made, gap) in [
        (7, "  2  nothing is kept of this one"),
        (9, "  2 to 4  nothing is kept of these 3"),
    ] {
        let record = attempts(&vec![Status::Released; attempts_made]);
        assert_eq!(text(&record)[4], gap);
        let json = json(&record);
        let known = json["known"].as_array().unwrap();
        let numbers: Vec<_> = known.iter().map(|known| known["attempt"].clone()).collect();
        let latest = attempts_made;
        assert_eq!(
            numbers,
            [1, latest - 4, latest - 3, latest - 2, latest - 1, latest]
        );
    }
}

#[test]
fn an_attempt_that_another_took_over_disappeared() {
    let record = attempts(&[Status::InProgress, Status::InProgress, Status::Completed]);
    assert_eq!(
        text(&record)[2..7],
        [
            "  1  2026-01-05T09:00:00.000Z  disappeared: no end was recorded",
            "     request request-1, message sqs:message-1, version 7",
            "  2  2026-01-05T09:00:01.000Z  disappeared: no end was recorded by 2026-01-05T09:00:31.000Z",
            "     request request-2, version 7",
            "  3  2026-01-05T09:00:02.000Z  completed; leased until 2026-01-05T09:00:32.000Z",
        ]
    );
    let json = json(&record);
    assert_eq!(json["known"][0]["ended"], "disappeared");
    assert_eq!(json["known"][1]["ended"], "disappeared");
}

#[test]
fn what_is_held_waits_for_a_person_and_is_kept() {
    let held = Record {
        expires_at: None,
        ..attempts(&[Status::Held])
    };
    let text = text(&held);
    assert_eq!(
        text[1..3],
        [
            "1 attempt",
            "  1  2026-01-05T09:00:00.000Z  held: a person must look; leased until 2026-01-05T09:00:30.000Z",
        ]
    );
    assert_eq!(text[5], "the store never deletes this");
    let json = json(&held);
    assert_eq!(json["status"], "held");
    assert!(json.get("expires_at").is_none());
}

#[test]
fn every_other_ending_has_its_words() {
    for (status, words, word, is_answer) in [
        (
            Status::Failed,
            "failed with an error that is remembered",
            "failed",
            true,
        ),
        (
            Status::DoneNoResult,
            "done, but the result could not be stored",
            "done_no_result",
            true,
        ),
        (Status::Released, "failed and released", "released", false),
    ] {
        let record = attempts(&[status]);
        let text = text(&record);
        assert!(
            text[2].contains(&format!("  {words}; leased until ")),
            "{text:?}"
        );
        let answered = text
            .iter()
            .any(|line| line.starts_with("duplicates are answered"));
        assert_eq!(answered, is_answer);
        assert_eq!(json(&record)["status"], word);
    }
}

#[test]
fn of_a_record_that_cannot_be_read_nothing_else_is_told() {
    let foreign = Record {
        status: Status::Foreign,
        lease_until: UnixMillis(0),
        expires_at: None,
        generation: 0,
        provenance: Provenance {
            attempts: 0,
            ..Provenance::new(UnixMillis(0), Origin::default())
        },
        ..claimed(None, 0)
    };
    let text = text(&foreign);
    assert_eq!(
        text[1..],
        ["it cannot be read: another program wrote it, or a version that is unknown here"]
    );
    assert_eq!(
        json(&foreign),
        json!({ "status": "foreign", "attempts": 0, "known": [] })
    );
}

/// As Powertools leaves it in a table that is shared.
fn shared(status: Status) -> Record {
    Record {
        generation: 0,
        completed_by: None,
        provenance: Provenance {
            attempts: 0,
            ..Provenance::new(UnixMillis(0), Origin::default())
        },
        ..ended(claimed(None, 0), status)
    }
}

#[test]
fn of_another_programs_record_its_attempts_are_unknown() {
    let record = shared(Status::Completed);
    assert_eq!(
        text(&record)[1..],
        [
            "another program wrote it",
            "  another program's  at an unknown time  completed; leased until 2026-01-05T09:00:30.000Z",
            "29 bytes of json are stored",
            "duplicates are answered with this until 2026-01-05T10:00:00.000Z",
            LAST,
        ]
    );
    assert_eq!(
        json(&record),
        json!({
            "status": "completed",
            "attempts": 0,
            "known": [
                { "attempt": 0, "ended": "completed", "lease_until": "2026-01-05T09:00:30.000Z" },
            ],
            "expires_at": "2026-01-05T10:00:00.000Z",
            "result_bytes": 29,
            "codec": "json",
        })
    );
}

#[test]
fn an_attempt_that_took_over_another_programs_is_the_first() {
    let record = claimed(Some(&shared(Status::InProgress)), 60);
    assert_eq!(
        text(&record)[2..4],
        [
            "  another program's  at an unknown time  disappeared: no end was recorded by 2026-01-05T09:00:30.000Z",
            "  1  2026-01-05T09:01:00.000Z  in progress: no end is recorded yet; leased until 2026-01-05T09:01:30.000Z",
        ]
    );

    let mut record = record;
    for seconds in 61..67 {
        record = claimed(Some(&ended(record, Status::Released)), seconds);
    }
    let text = text(&record);
    assert_eq!(text[2], "  1 to 2  nothing is kept of these 2");
    assert_eq!(
        text[3],
        "  3  2026-01-05T09:01:02.000Z  failed and released"
    );
}

#[test]
fn extreme_numbers_are_told_as_they_are() {
    let mut record = attempts(&[Status::InProgress; 6]);
    record.lease_until = UnixMillis(u64::MAX);
    record.expires_at = Some(u64::MAX);
    record.generation = u64::MAX;
    record.provenance.attempts = u32::MAX;
    record.provenance.started_at = UnixMillis(u64::MAX);
    let text = text(&record);
    assert_eq!(text[1], "4294967295 attempts");
    assert_eq!(
        text[4],
        "  2 to 4294967290  nothing is kept of these 4294967289"
    );
    assert_eq!(
        text[10..14],
        [
            "  4294967295  18446744073709551615 ms  in progress: no end is recorded yet; leased until 18446744073709551615 ms",
            "     request request-6, message sqs:message-1, version 7",
            "its generation is 18446744073709551615",
            "the store may delete this from 18446744073709551615 ms on",
        ]
    );
}

#[test]
fn numbers_that_contradict_each_other_are_no_panic() {
    let long = attempts(&[Status::InProgress; 6]);
    for attempts in 0..8 {
        for status in [Status::InProgress, Status::Completed, Status::Foreign] {
            let mut record = long.clone();
            record.status = status;
            record.provenance.attempts = attempts;
            assert!(!text(&record).is_empty());
            json(&record);
        }
    }
    let mut record = long;
    record.provenance.attempts = 3;
    record.provenance.history = None;
    assert_eq!(text(&record)[2], "  1 to 2  nothing is kept of these 2");
}

#[test]
fn neither_key_nor_fingerprint_nor_result_is_told_and_nothing_steers_the_terminal() {
    let mut record = attempts(&[Status::Released, Status::Completed]);
    record.result = record
        .result
        .map(|result| result.with_codec("\u{1b}[2Jsealed"));
    record.provenance.origin.request_id = Some("\u{1b}[31mred\n".into());
    let timeline = record.timeline();
    let text = timeline.to_string();
    let json = serde_json::to_string(&timeline).unwrap();
    let fingerprint = record.fingerprint.unwrap().to_string();
    for told in [&text, &json, &format!("{timeline:?}")] {
        for secret in ["order-17", "not told here", fingerprint.as_str()] {
            assert!(!told.contains(secret), "{secret} stands in {told}");
        }
    }
    assert!(
        text.contains(r"request \u{1b}[31mred\n, version 7"),
        "{text}"
    );
    assert!(text.contains(r"bytes of \u{1b}[2Jsealed"), "{text}");
}
