//! The rules: arguments and item become one `Call`, or faults.

mod arguments;
mod key;
mod policy;
mod responses;
mod signature;

use syn::{Expr, LitStr, Type};

use self::arguments::{Given, Value};
pub(crate) use self::key::{Closure, Key, Path};
pub(crate) use self::policy::{Policy, Question, Taken};
pub(crate) use self::signature::Event;
use crate::args::Argument;
use crate::errors::Errors;
use crate::execution::Execution;
use crate::handler::{Body, Handler};
use crate::words;

/// All that the expansion needs to know; nothing in it can be wrong any more.
pub(crate) struct Call {
    pub(crate) handler: Handler,
    pub(crate) body: Body,
    pub(crate) event: Event,
    pub(crate) execution: Option<Execution>,
    pub(crate) output: Type,
    pub(crate) key: Key,
    pub(crate) fingerprint: Option<Key>,
    /// In milliseconds.
    pub(crate) ttl: u64,
    /// In milliseconds; zero if none was given.
    pub(crate) lease: u64,
    /// Those that were given.
    pub(crate) policies: Vec<Policy>,
    pub(crate) on_replay: Option<Expr>,
    pub(crate) name: Option<LitStr>,
    pub(crate) codec: Option<Expr>,
    pub(crate) runtime: Option<Expr>,
    pub(crate) facade: Option<syn::Path>,
}

impl Call {
    /// Whether the handler returns responses over HTTP, which are not stored as other values are.
    pub(crate) fn is_http(&self) -> bool {
        self.codec.as_ref().is_some_and(responses::is_http)
    }
}

/// Turns what was parsed into a `Call`, which is good if no fault was noted; without a `Call` there is one.
pub(crate) fn check(
    arguments: Vec<Argument>,
    handler: Option<Handler>,
    errors: &Errors,
) -> Option<Call> {
    let given = Given::sort(arguments, errors);
    let key = given.read(&words::KEY, Value::key);
    let ttl = given.read(&words::TTL, Value::milliseconds);
    let fingerprint = given.read(&words::FINGERPRINT, Value::key);
    let name = given.read(&words::NAME, Value::name);
    let event = given.read(&words::EVENT, Value::parameter);
    let lease = given.read(&words::LEASE, Value::milliseconds);
    let policies = words::POLICIES.into_iter();
    let policies = policies.filter_map(|policy| given.read(policy, Value::policy));
    let policies: Vec<Policy> = policies.collect();
    let on_replay = given.read(&words::ON_REPLAY, Value::expression);
    let codec = given.read(&words::CODEC, Value::expression);
    let http = codec.as_ref().filter(|codec| responses::is_http(codec));
    if let Some(http) = http {
        responses::fit(&policies, on_replay.as_ref(), http, errors);
    }
    let runtime = given.read(&words::RUNTIME, Value::expression);
    let facade = given.read(&words::CRATE, Value::path);

    let mut handler = handler?;
    let body = signature::body(&mut handler, errors)?;
    signature::once(&handler.attributes, errors);
    if !given.has(&words::NAME) {
        signature::path_is_enough(&handler.signature, errors);
    }
    let output = signature::result(&handler.signature, errors);
    if let (Some(output), true) = (&output, http.is_some()) {
        responses::leaves_open(output, errors);
    }
    let execution = Execution::take(&mut handler.signature, errors);
    let event = Event::take(&mut handler.signature, event.as_ref(), errors);
    let (key, fingerprint) = match http {
        Some(_) => (
            key.map(responses::key),
            fingerprint.or_else(|| Some(responses::fingerprint())),
        ),
        None => (key, fingerprint),
    };
    Some(Call {
        handler,
        body,
        event: event?,
        execution,
        output: output?,
        key: key?,
        fingerprint,
        ttl: ttl?,
        lease: lease.unwrap_or(0),
        policies,
        on_replay,
        name,
        codec,
        runtime,
        facade,
    })
}
