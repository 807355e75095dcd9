//! What lies between a caller and the store: requests and replies arrive at once, late, twice, or never.

use std::any::TypeId;
use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::Poll;

use fastrand::Rng;
use idem_core::key::RecordId;
use idem_core::record::{Owner, Record};
use idem_core::store::{
    Claim, Claimed, Completion, Extension, Failure, Listing, Page, Release, Resolution, Store,
    StoreError, StoreFuture, Written,
};

use crate::support::now;
use crate::tally::Count;
use crate::world::World;

/// The record that stands there.
pub(crate) fn look(store: &dyn Store, id: &RecordId) -> Option<Record> {
    now(store.read(id)).unwrap().map(Arc::unwrap_or_clone)
}

pub(crate) enum Request {
    Claim(Claim),
    Complete(Completion),
    Release(Release),
    Extend(Extension),
    Read(RecordId),
}

impl Request {
    pub(crate) fn id(&self) -> &RecordId {
        match self {
            Self::Claim(claim) => &claim.id,
            Self::Complete(completion) => &completion.id,
            Self::Release(release) => &release.id,
            Self::Extend(extension) => &extension.id,
            Self::Read(id) => id,
        }
    }

    pub(crate) fn verb(&self) -> &'static str {
        match self {
            Self::Claim(_) => "the claim",
            Self::Complete(_) => "the completion",
            Self::Release(_) => "the release",
            Self::Extend(_) => "the extension",
            Self::Read(_) => "the look",
        }
    }

    /// The end of the lease that it asks for.
    pub(crate) fn lease(&self) -> Option<u64> {
        match self {
            Self::Claim(claim) => Some(claim.lease_until.0),
            Self::Extend(extension) => Some(extension.lease_until.0),
            Self::Complete(_) | Self::Release(_) | Self::Read(_) => None,
        }
    }
}

pub(crate) enum Reply {
    Claimed(Claimed),
    Written(Written),
    Found(Option<Arc<Record>>),
}

impl From<Reply> for Claimed {
    fn from(reply: Reply) -> Self {
        match reply {
            Reply::Claimed(claimed) => claimed,
            _ => unreachable!("this is no claim's"),
        }
    }
}

impl From<Reply> for Written {
    fn from(reply: Reply) -> Self {
        match reply {
            Reply::Written(written) => written,
            _ => unreachable!("this is no write's"),
        }
    }
}

impl From<Reply> for Option<Arc<Record>> {
    fn from(reply: Reply) -> Self {
        match reply {
            Reply::Found(record) => record,
            _ => unreachable!("this is no look's"),
        }
    }
}

/// A request while the store works on it.
pub(crate) type Operation = Pin<Box<dyn Future<Output = Result<Reply, StoreError>> + Send>>;

pub(crate) fn operation(store: Arc<dyn Store>, request: Arc<Request>) -> Operation {
    Box::pin(async move {
        match &*request {
            Request::Claim(claim) => store.claim(claim).await.map(Reply::Claimed),
            Request::Complete(completion) => store.complete(completion).await.map(Reply::Written),
            Request::Release(release) => store.release(release).await.map(Reply::Written),
            Request::Extend(extension) => store.extend(extension).await.map(Reply::Written),
            Request::Read(id) => store.read(id).await.map(Reply::Found),
        }
    })
}

/// A copy of a request on its way.
pub(crate) struct Message {
    pub(crate) caller: usize,
    pub(crate) request: Arc<Request>,
    pub(crate) operation: Option<Operation>,
    pub(crate) answer: Answer,
    pub(crate) mailbox: Arc<Mailbox>,
}

/// What the caller gets back for it.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Answer {
    /// The reply, so many ms later.
    After(u64),
    /// An error though it took effect, so many ms later.
    Error(u64),
    Nothing,
}

/// Where the reply of a request arrives, and when.
#[derive(Default)]
pub(crate) struct Mailbox(Mutex<Option<(u64, Result<Reply, StoreError>)>>);

impl Mailbox {
    pub(crate) fn put(&self, at: u64, reply: Result<Reply, StoreError>) {
        *self.0.lock().unwrap() = Some((at, reply));
    }

    fn take(&self, now: u64) -> Option<Result<Reply, StoreError>> {
        let mut reply = self.0.lock().unwrap();
        let arrived = reply.as_ref().is_some_and(|(at, _)| *at <= now);
        if arrived { reply.take() } else { None }.map(|(_, reply)| reply)
    }
}

/// What becomes of a request.
#[derive(Debug, Default)]
pub(crate) struct Fate {
    /// When its copies arrive, in ms from now, and what the caller gets back for each.
    pub(crate) copies: Vec<(u64, Answer)>,
    /// The store refuses it: the caller gets this, so many ms from now.
    pub(crate) refusal: Option<(u64, Failure)>,
    pub(crate) count: Option<Count>,
}

impl Fate {
    pub(crate) fn draw(rng: &mut Rng, trouble: u8, request: &Request) -> Self {
        let mut soon = || if rng.bool() { 0 } else { rng.u64(0..30) };
        let (there, back) = (soon(), soon());
        let copies = |copies: &[(u64, Answer)], count| Self {
            copies: copies.to_vec(),
            refusal: None,
            count: Some(count),
        };
        let refusal = |failure, count| Self {
            copies: Vec::new(),
            refusal: Some((there, failure)),
            count: Some(count),
        };
        if rng.u8(0..100) >= trouble {
            return Self {
                copies: vec![(there, Answer::After(back))],
                ..Self::default()
            };
        }
        let longest = [100, 6_000, 120_000][rng.usize(0..3)];
        let late = rng.u64(0..longest);
        match (rng.u8(0..10), request) {
            (0, _) => copies(&[], Count::RequestLost),
            (1 | 2, _) => copies(&[(late, Answer::After(back))], Count::RequestLate),
            (3, _) => {
                let both = [(there, Answer::After(back)), (late, Answer::Nothing)];
                copies(&both, Count::RequestTwice)
            }
            (4, _) => copies(&[(there, Answer::Nothing)], Count::ReplyLost),
            (5, _) => copies(&[(there, Answer::After(late))], Count::ReplyLate),
            (6, _) => refusal(Failure::Transient, Count::TransientWithout),
            (7, _) => copies(&[(there, Answer::Error(back))], Count::TransientWith),
            (8, Request::Complete(completion)) if completion.effects.is_some() => {
                refusal(Failure::Canceled, Count::EffectsRefused)
            }
            (9, Request::Complete(completion)) if completion.result.is_some() => {
                refusal(Failure::TooLarge, Count::TooLarge)
            }
            _ => refusal(Failure::Permanent, Count::Permanent),
        }
    }
}

/// A caller's way to the store.
#[derive(Clone)]
pub(crate) struct Link {
    pub(crate) world: Arc<World>,
    pub(crate) caller: usize,
}

impl Link {
    fn send<'a, T>(&'a self, request: Request) -> StoreFuture<'a, T>
    where
        T: From<Reply> + Send + 'a,
    {
        let request = Arc::new(request);
        let mailbox = self.world.send(self.caller, &request);
        let take = move || {
            let reply = mailbox.take(self.world.now())?;
            self.world.learns(self.caller, &request, &reply);
            Some(reply.map(T::from))
        };
        match take() {
            Some(reply) => StoreFuture::ready(reply),
            None => StoreFuture::new(poll_fn(move |_| take().map_or(Poll::Pending, Poll::Ready))),
        }
    }
}

impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Link({})", self.caller)
    }
}

impl Store for Link {
    fn owner(&self) -> Result<Owner, StoreError> {
        self.world.store().owner()
    }

    fn claim<'a>(&'a self, claim: &'a Claim) -> StoreFuture<'a, Claimed> {
        self.send(Request::Claim(claim.clone()))
    }

    fn complete<'a>(&'a self, completion: &'a Completion) -> StoreFuture<'a, Written> {
        self.send(Request::Complete(completion.clone()))
    }

    fn release<'a>(&'a self, release: &'a Release) -> StoreFuture<'a, Written> {
        self.send(Request::Release(release.clone()))
    }

    fn extend<'a>(&'a self, extension: &'a Extension) -> StoreFuture<'a, Written> {
        self.send(Request::Extend(extension.clone()))
    }

    fn read<'a>(&'a self, id: &'a RecordId) -> StoreFuture<'a, Option<Arc<Record>>> {
        self.send(Request::Read(id.clone()))
    }

    fn resolve<'a>(&'a self, _: &'a Resolution) -> StoreFuture<'a, Written> {
        unreachable!("nobody looks after these records")
    }

    fn list<'a>(&'a self, _: &'a Listing) -> StoreFuture<'a, Page> {
        unreachable!("nobody looks after these records")
    }

    fn commits(&self, effect: TypeId) -> bool {
        self.world.store().commits(effect)
    }
}
