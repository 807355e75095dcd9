//! The body of a response, on its way out.

use std::collections::VecDeque;
use std::fmt;
use std::pin::Pin;
use std::sync::{Mutex, PoisonError};
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt;
use http_body_util::combinators::UnsyncBoxBody;

use super::BoxError;

/// The body of a response that has passed the layer: the handler's own, or a stored one.
pub struct ResponseBody {
    /// What was read already, to be stored.
    frames: VecDeque<Result<Frame<Bytes>, BoxError>>,
    /// Behind a lock, which nobody contends for: `lambda_http` asks for responses that are `Sync`, and few bodies are.
    rest: Option<Mutex<UnsyncBoxBody<Bytes, BoxError>>>,
}

impl ResponseBody {
    /// Passes `body` on.
    pub(super) fn passing<B>(body: B) -> Self
    where
        B: Body<Data = Bytes, Error: Into<BoxError>> + Send + 'static,
    {
        Self {
            frames: VecDeque::new(),
            rest: Some(Mutex::new(body.map_err(Into::into).boxed_unsync())),
        }
    }

    /// All of a body.
    pub(super) fn full(bytes: Bytes) -> Self {
        let frames = (!bytes.is_empty()).then(|| Ok(Frame::data(bytes)));
        Self {
            frames: frames.into_iter().collect(),
            rest: None,
        }
    }

    /// What this says of what was not read yet, if there is any.
    fn of_rest<T>(&self, of: impl FnOnce(&UnsyncBoxBody<Bytes, BoxError>) -> T) -> Option<T> {
        let rest = self.rest.as_ref()?;
        Some(of(&rest.lock().unwrap_or_else(PoisonError::into_inner)))
    }

    /// Reads up to `limit` bytes and one frame. The body is the same after it; what is read is `None` where that is not all.
    pub(super) async fn read(&mut self, limit: usize) -> Option<Bytes> {
        let mut frames = VecDeque::new();
        let mut bytes = Vec::new();
        let whole = loop {
            let Some(frame) = self.frame().await else {
                break Some(bytes.into());
            };
            let data = frame.as_ref().map(Frame::data_ref);
            let is_within = data.is_ok_and(|data| {
                let data = data.map_or(&[][..], |data| data);
                let is_within = data.len() <= limit - bytes.len();
                if is_within {
                    bytes.extend_from_slice(data);
                }
                is_within
            });
            frames.push_back(frame);
            if !is_within {
                break None;
            }
        };
        if whole.is_some() {
            self.rest = None;
        }
        frames.append(&mut self.frames);
        self.frames = frames;
        whole
    }
}

impl Body for ResponseBody {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        if let Some(frame) = self.frames.pop_front() {
            return Poll::Ready(Some(frame));
        }
        match &mut self.rest {
            Some(rest) => {
                let rest = rest.get_mut().unwrap_or_else(PoisonError::into_inner);
                Pin::new(rest).poll_frame(context)
            }
            None => Poll::Ready(None),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.frames.is_empty() && self.of_rest(Body::is_end_stream).unwrap_or(true)
    }

    fn size_hint(&self) -> SizeHint {
        let data = self.frames.iter().flatten().filter_map(Frame::data_ref);
        let read: u64 = data.map(|data| data.len() as u64).sum();
        let rest = self.of_rest(Body::size_hint);
        let mut hint = rest.unwrap_or_else(|| SizeHint::with_exact(0));
        if let Some(upper) = hint.upper() {
            hint.set_upper(upper + read);
        }
        hint.set_lower(hint.lower() + read);
        hint
    }
}

impl fmt::Debug for ResponseBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseBody").finish_non_exhaustive()
    }
}
