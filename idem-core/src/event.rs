//! What a handler gets: the payload that keys are taken from, and the invocation it came with.

use serde::Serialize;

use crate::clock::UnixMillis;

/// What is known of the invocation that brought an event.
#[derive(Clone, Copy, Default)]
pub struct Invocation<'a> {
    /// The Lambda request id: asynchronous retries share it. Records keep none of more than 128 bytes.
    pub request_id: Option<&'a str>,
    /// The tenant, which separates keys.
    pub tenant: Option<&'a str>,
    /// When the platform ends the invocation.
    pub deadline: Option<UnixMillis>,
}

impl std::fmt::Debug for Invocation<'_> {
    // The tenant may name a person.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Invocation")
            .field("request_id", &self.request_id)
            .field("deadline", &self.deadline)
            .finish_non_exhaustive()
    }
}

/// The event of a handler: a `LambdaEvent<T>`, or any payload that is `Serialize`; with the feature `lambda-http` also a
/// `lambda_http::Request`.
///
/// `M` only keeps the two apart and is always inferred.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the event of an idempotent handler",
    label = "keys are taken from this parameter",
    note = "write `#[derive(serde::Serialize)]` on the payload type; the event is `LambdaEvent<T>` or `T`",
    note = "if another parameter is the event, name it: `#[idempotent(event = order, ..)]`"
)]
pub trait Event<M> {
    /// What keys are taken from.
    type Payload<'a>: Serialize
    where
        Self: 'a;

    /// What keys are taken from.
    fn payload(&self) -> Self::Payload<'_>;

    /// What is known of the invocation.
    fn invocation(&self) -> Invocation<'_>;
}

/// Marks a plain payload.
#[derive(Debug)]
pub enum Plain {}

#[diagnostic::do_not_recommend]
impl<T: Serialize> Event<Plain> for T {
    type Payload<'a>
        = &'a T
    where
        T: 'a;

    fn payload(&self) -> &T {
        self
    }

    fn invocation(&self) -> Invocation<'_> {
        Invocation::default()
    }
}

#[cfg(feature = "lambda")]
mod lambda {
    use lambda_runtime::{Context, LambdaEvent};

    use super::{Event, Invocation, Serialize};
    use crate::clock::UnixMillis;

    /// Marks an event with its context.
    #[derive(Debug)]
    pub enum Invoked {}

    #[diagnostic::do_not_recommend]
    impl<T: Serialize> Event<Invoked> for LambdaEvent<T> {
        type Payload<'a>
            = &'a T
        where
            Self: 'a;

        fn payload(&self) -> &T {
            &self.payload
        }

        fn invocation(&self) -> Invocation<'_> {
            Invocation::from(&self.context)
        }
    }

    /// Marks a borrowed event with its context.
    #[derive(Debug)]
    pub enum InvokedRef {}

    #[diagnostic::do_not_recommend]
    impl<T: Serialize> Event<InvokedRef> for &LambdaEvent<T> {
        type Payload<'a>
            = &'a T
        where
            Self: 'a;

        fn payload(&self) -> &T {
            &self.payload
        }

        fn invocation(&self) -> Invocation<'_> {
            Invocation::from(&self.context)
        }
    }

    impl<'a> From<&'a Context> for Invocation<'a> {
        fn from(context: &'a Context) -> Self {
            Self {
                request_id: Some(context.request_id.as_str()).filter(|id| !id.is_empty()),
                tenant: context.tenant_id.as_deref(),
                deadline: Some(UnixMillis(context.deadline)).filter(|deadline| deadline.0 > 0),
            }
        }
    }
}
