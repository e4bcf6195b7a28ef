//! A request body whose rest is read away when its handler no longer wants it.
//!
//! Why: a refusal that is sent while the client still sends is lost by many HTTP/2 clients when the stream is reset
//! under them. Reading on for a while, within bounds, lets them see the answer.

use bytes::Bytes;
use http_body_util::BodyExt;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

/// At most so many bytes are read away.
const BYTES: usize = 4 << 20;
/// For at most so long.
const PATIENCE: Duration = Duration::from_secs(5);

/// The body of a request.
pub struct Drained(Option<Incoming>);

impl Drained {
    /// Around a body.
    pub fn new(body: Incoming) -> Self {
        Drained(Some(body))
    }
}

impl Body for Drained {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        match &mut self.0 {
            Some(body) => Pin::new(body).poll_frame(cx),
            None => Poll::Ready(None),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.0.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.0.as_ref().map_or_else(SizeHint::default, Body::size_hint)
    }
}

impl Drop for Drained {
    fn drop(&mut self) {
        let Some(mut body) = self.0.take().filter(|body| !body.is_end_stream()) else { return };
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        let read_away = async move {
            let mut left = BYTES;
            while let Some(Ok(frame)) = body.frame().await {
                let read = frame.data_ref().map_or(0, Bytes::len);
                let Some(rest) = left.checked_sub(read) else { break };
                left = rest;
            }
        };
        runtime.spawn(async move { tokio::time::timeout(PATIENCE, read_away).await.is_ok() });
    }
}
