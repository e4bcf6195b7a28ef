//! Waiting for PostgreSQL on the caller's thread, with a limit.
//!
//! Why here: the store's reads and its committer run in order on one thread, over either engine; only the driver of
//! PostgreSQL is asynchronous. Its connections live on a runtime of their own, so a thread that waits here holds nothing
//! that the answer needs.

use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake};
use std::thread::Thread;
use std::time::{Duration, Instant};

struct Waker(Thread);

impl Wake for Waker {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// The value of a future that somebody else drives; `None` when it takes longer than `limit`.
#[expect(clippy::disallowed_methods, reason = "how long a wait lasts, not a time that anything is decided on")]
pub(super) fn wait<T>(future: impl Future<Output = T>, limit: Duration) -> Option<T> {
    let until = Instant::now() + limit;
    let waker = Arc::new(Waker(std::thread::current())).into();
    let (mut context, mut future) = (Context::from_waker(&waker), pin!(future));
    loop {
        if let Poll::Ready(value) = future.as_mut().poll(&mut context) {
            return Some(value);
        }
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return None;
        }
        std::thread::park_timeout(left);
    }
}

/// A moment until which something is waited for.
#[derive(Clone, Copy)]
pub(super) struct Until(Instant);

#[expect(clippy::disallowed_methods, reason = "how long a wait lasts, not a time that anything is decided on")]
impl Until {
    pub(super) fn after(limit: Duration) -> Self {
        Until(Instant::now() + limit)
    }

    pub(super) fn left(self) -> Duration {
        self.0.saturating_duration_since(Instant::now())
    }
}

/// Runs what waits. A worker of the runtime hands its other work on meanwhile.
pub(super) fn blocking<T>(f: impl FnOnce() -> T) -> T {
    use tokio::runtime::{Handle, RuntimeFlavor};
    match Handle::try_current() {
        Ok(handle) if handle.runtime_flavor() == RuntimeFlavor::MultiThread => tokio::task::block_in_place(f),
        _ => f(),
    }
}
