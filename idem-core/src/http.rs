//! Idempotent requests over HTTP: a `tower` layer for the header `Idempotency-Key`.

mod answer;
mod body;
#[cfg(feature = "lambda-http")]
mod event;
#[cfg(feature = "lambda-http")]
pub(crate) mod handler;
mod identity;
mod key;
mod layer;
mod meaning;
mod problem;
mod rebuild;
mod service;
mod settings;
mod stored;

pub use self::body::ResponseBody;
pub use self::layer::IdempotencyLayer;
pub use self::meaning::NothingDone;
#[cfg(feature = "lambda-http")]
pub use self::rebuild::LambdaBody;
pub use self::rebuild::{FromBytes, Rebuild};
pub use self::service::IdempotencyService;
pub use self::stored::StoredResponse;

/// What the bodies of other crates fail with.
type BoxError = Box<dyn std::error::Error + Send + Sync>;
