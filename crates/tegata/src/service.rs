//! What a service manager is told (systemd, `sd_notify(3)`): that we serve, that we are alive, that we stop.
//!
//! Why here: `Type=notify` makes "started" mean "listening", so that what is ordered after us finds the ports open, and a
//! start that refuses is a failed unit. Without `NOTIFY_SOCKET` in the environment nothing is sent.

use sd_notify::NotifyState;
use tokio::task::JoinSet;

/// Says that the ports are open; from now on, until the answer is dropped, also that the runtime turns, when the
/// service manager watches.
pub fn ready() -> JoinSet<()> {
    tell(NotifyState::Ready);
    let mut alive = JoinSet::new();
    if let Some(limit) = sd_notify::watchdog_enabled() {
        alive.spawn(async move {
            // half of the limit, as sd_watchdog_enabled(3) asks
            let mut beat = tokio::time::interval(limit / 2);
            loop {
                beat.tick().await;
                tell(NotifyState::Watchdog);
            }
        });
    }
    alive
}

/// Says that running requests are let to their end.
pub fn stopping() {
    tell(NotifyState::Stopping);
}

fn tell(state: NotifyState<'_>) {
    if let Err(error) = sd_notify::notify(&[state]) {
        tracing::warn!(%error, "the service manager could not be told");
    }
}
