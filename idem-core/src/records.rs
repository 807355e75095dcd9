//! Looking after records: what is held or abandoned, and what a person decides about it.

use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;

use crate::clock::UnixMillis;
use crate::codec::{self, Codec};
use crate::error::{Error, Kind};
use crate::idempotency::Idempotency;
use crate::key::{Namespace, RecordId};
use crate::output::Replay;
use crate::record::{Record, Status};
use crate::store::{
    Cursor, Listing, Resolution, Resolved, Store, StoreError, StoreFuture, Which, Written,
};

/// The shortest ttl.
const SHORTEST: Duration = Duration::from_secs(1);
/// How long a record stays that was released by a person.
const TOMBSTONE: Duration = Duration::from_hours(24);

/// The records of a runtime's store, for the people who look after them: from [`Idempotency::records`].
///
/// A record is **held** where its handler's policy says that a person must look (`on_error = hold`, `reconcile` without
/// an answer), and **abandoned** where its execution disappeared, lease and margin over. It can be completed with a
/// result, which duplicates then get; released, so that the next delivery runs; or forgotten, so that it was never there.
/// Nothing is written where the record is not as it was seen any more, and nothing where an execution runs on it: whose
/// lease and margin are not over by this runtime's clock and margin, which must be those of the handlers' runtime.
///
/// # Example: release what was held after the bank said no
///
/// ```
/// # use idem_core as idem_lambda;
/// use idem_lambda::Idempotency;
///
/// async fn release_refused(runtime: &Idempotency) -> Result<(), idem_lambda::Error> {
///     let records = runtime.records();
///     let mut held = records.held();
///     while let Some(page) = held.next().await? {
///         for record in page {
///             if bank_refused(&record.id).await {
///                 records.release(&record).await?;
///             }
///         }
///     }
///     Ok(())
/// }
/// # async fn bank_refused(_: &idem_lambda::key::RecordId) -> bool { true }
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Records<'a> {
    runtime: &'a Idempotency,
    codec: &'a dyn Codec,
}

/// A listing, page by page.
#[derive(Debug)]
#[must_use = "nothing is read until `next`"]
pub struct Pages<'a> {
    runtime: &'a Idempotency,
    which: Which,
    /// Where the next page begins; `None` for the first.
    after: Option<Cursor>,
    is_over: bool,
}

impl Idempotency {
    /// The records of this runtime's store.
    #[must_use]
    pub fn records(&self) -> Records<'_> {
        Records {
            runtime: self,
            codec: self.codec(),
        }
    }
}

impl<'a> Records<'a> {
    /// With the codec of the handler whose record is to be completed; the runtime's by default.
    #[must_use]
    pub fn codec(mut self, codec: &'a dyn Codec) -> Self {
        self.codec = codec;
        self
    }

    /// The records that wait for a person.
    pub fn held(self) -> Pages<'a> {
        self.pages(Which::Held)
    }

    /// The records whose executions disappeared: their leases and the margin were over when this was called.
    pub fn abandoned(self) -> Pages<'a> {
        self.pages(Which::Abandoned(self.abandoned_by()))
    }

    /// A record by its name, as logs and errors show it; `str::parse` reads it. None where there is none.
    ///
    /// # Errors
    ///
    /// [`is_store`](Error::is_store): the store did not answer.
    pub async fn get(self, id: &RecordId) -> Result<Option<Record>, Error> {
        let record = self.answer(id, self.store()?.read(id)).await?;
        Ok(record.map(Arc::unwrap_or_clone))
    }

    /// The record of a key: of the handler called `name`, in this runtime's function, without a tenant; with one, see
    /// [`Namespace::id_of_value`]. The name is what logs have behind the `/` of `handler`, and the key is what the
    /// handler's `key` selects: for a tuple, all its parts.
    ///
    /// # Errors
    ///
    /// As of [`get`](Self::get); or the key is missing or invalid.
    pub async fn find<K: Serialize + ?Sized>(
        self,
        name: &str,
        key: &K,
    ) -> Result<Option<Record>, Error> {
        let namespace = Namespace::new(self.runtime.function(), name);
        self.get(&namespace.id_of_value(None, key)?).await
    }

    /// Completes a held or abandoned record with `result`, which every duplicate gets until `ttl` is over. It must be what
    /// the handler's result type reads, by the handler's [codec](Self::codec): else duplicates get an error instead, and
    /// all that can be done is to [`forget`](Self::forget) the record.
    ///
    /// # Errors
    ///
    /// [`is_not_resolved`](Error::is_not_resolved): the record is neither held nor abandoned, or not as it was seen;
    /// [`is_foreign`](Error::is_foreign): another library wrote it;
    /// [`is_done_without_result`](Error::is_done_without_result): the result cannot be stored;
    /// [`is_store`](Error::is_store): the store did not confirm it.
    pub async fn complete<T: Replay>(
        self,
        record: &Record,
        result: &T,
        ttl: Duration,
    ) -> Result<(), Error> {
        if ttl < SHORTEST {
            return Err(Error::new(Kind::NotConfigured(
                "a ttl below one second replays nothing; say how long duplicates get the result",
            )));
        }
        self.check_unattended(record)?;
        let stored = result.encode();
        let stored = stored.and_then(|json| codec::encode(self.codec, json, &record.id));
        let result =
            stored.ok_or_else(|| Error::new(Kind::DoneWithoutResult).of_record(&record.id))?;
        let by = self.store()?.owner();
        let by = by.map_err(|error| unconfirmed(&record.id, error))?;
        let expires_at = self.now().after(ttl).seconds_rounded_up();
        let completed = Resolved::Completed {
            result,
            by,
            expires_at,
        };
        self.resolve(record, completed).await
    }

    /// Releases a held or abandoned record: the next delivery runs.
    ///
    /// # Errors
    ///
    /// [`is_not_resolved`](Error::is_not_resolved), [`is_store`](Error::is_store): as of [`complete`](Self::complete).
    pub async fn release(self, record: &Record) -> Result<(), Error> {
        self.check_unattended(record)?;
        let expires_at = self.now().after(TOMBSTONE).seconds_rounded_up();
        self.resolve(record, Resolved::Released { expires_at })
            .await
    }

    /// Deletes a record that no execution runs on, with its result: the next delivery runs, as if there had been none.
    ///
    /// # Errors
    ///
    /// [`is_not_resolved`](Error::is_not_resolved), [`is_store`](Error::is_store): as of [`complete`](Self::complete).
    pub async fn forget(self, record: &Record) -> Result<(), Error> {
        match record.status {
            Status::InProgress | Status::Foreign => self.check_unattended(record)?,
            _ => check_ours(record)?,
        }
        self.resolve(record, Resolved::Forgotten).await
    }

    async fn resolve(self, record: &Record, resolved: Resolved) -> Result<(), Error> {
        let resolution = Resolution {
            seen: record.clone(),
            resolved,
        };
        let written = self.store()?.resolve(&resolution);
        match self.answer(&record.id, written).await? {
            Written::Done => Ok(()),
            Written::Lost(found) if is_done(&resolution, found.as_deref()) => Ok(()),
            Written::Lost(_) => Err(Error::new(Kind::Changed).of_record(&record.id)),
        }
    }

    fn check_unattended(self, record: &Record) -> Result<(), Error> {
        check_ours(record)?;
        let abandoned = Which::Abandoned(self.abandoned_by());
        if Which::Held.includes(record) || abandoned.includes(record) {
            Ok(())
        } else {
            Err(Error::new(Kind::Attended).of_record(&record.id))
        }
    }

    fn pages(self, which: Which) -> Pages<'a> {
        Pages {
            runtime: self.runtime,
            which,
            after: None,
            is_over: false,
        }
    }

    /// Leases that were over by then are over everywhere.
    fn abandoned_by(self) -> UnixMillis {
        self.now().before(self.runtime.policy().margin)
    }

    fn now(self) -> UnixMillis {
        self.runtime.clock().now()
    }

    fn store(self) -> Result<&'a dyn Store, Error> {
        store_of(self.runtime)
    }

    async fn answer<T: Unpin>(self, id: &RecordId, reply: StoreFuture<'_, T>) -> Result<T, Error> {
        reply.await.map_err(|error| unconfirmed(id, error))
    }
}

impl Pages<'_> {
    /// The next page; `None` after the last. A page that is not the last may be empty.
    ///
    /// # Errors
    ///
    /// [`is_store`](Error::is_store): the store did not answer; the same page can be asked for again.
    pub async fn next(&mut self) -> Result<Option<Vec<Record>>, Error> {
        if self.is_over {
            return Ok(None);
        }
        let listing = Listing {
            which: self.which,
            after: self.after.clone(),
        };
        let page = store_of(self.runtime)?.list(&listing).await;
        let page = page.map_err(|error| Error::new(Kind::Unconfirmed).caused_by(error))?;
        self.is_over = page.next.is_none();
        self.after = page.next;
        Ok(Some(page.records))
    }
}

/// What no claim of this library wrote is another library's to change.
fn check_ours(record: &Record) -> Result<(), Error> {
    if record.status == Status::Foreign || record.provenance.attempts == 0 {
        return Err(Error::new(Kind::Foreign).of_record(&record.id));
    }
    Ok(())
}

/// Whether an earlier send of this has taken effect.
fn is_done(resolution: &Resolution, found: Option<&Record>) -> bool {
    let seen = &resolution.seen;
    match (&resolution.resolved, found) {
        (Resolved::Forgotten, None) => true,
        (Resolved::Released { .. }, Some(found)) => {
            let previous = found.provenance.previous();
            let is_claimed_since = previous.is_some_and(|previous| {
                previous.owner == seen.owner && previous.status == Status::Released
            });
            let is_there = found.status == Status::Released && found.generation == seen.generation;
            is_there || is_claimed_since
        }
        (Resolved::Completed { by, .. }, Some(found)) => found.completed_by == Some(*by),
        _ => false,
    }
}

fn store_of(runtime: &Idempotency) -> Result<&dyn Store, Error> {
    runtime.store().ok_or_else(|| {
        Error::new(Kind::NotConfigured(
            "a disabled runtime has no records; use the one with the store",
        ))
    })
}

fn unconfirmed(id: &RecordId, error: StoreError) -> Error {
    let unconfirmed = Error::new(Kind::Unconfirmed).of_record(id);
    unconfirmed.caused_by(error)
}
