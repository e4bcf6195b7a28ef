//! Waiting for a state: asked again until it is there, with a bound. Nothing else in the tests waits for time.

use std::time::{Duration, Instant};

/// No state takes longer than this, also on a loaded machine.
pub const BOUND: Duration = Duration::from_secs(30);

/// The time between two looks.
const LOOK: Duration = Duration::from_millis(5);

/// The first `Some` of `look`; panics with `what` after [`BOUND`].
pub fn until<T>(what: &str, look: impl FnMut() -> Option<T>) -> T {
    until_said(what, look, String::new)
}

/// The same, which also tells what `said` finds out when it was in vain.
pub fn until_said<T>(what: &str, mut look: impl FnMut() -> Option<T>, said: impl Fn() -> String) -> T {
    let start = Instant::now();
    loop {
        if let Some(state) = look() {
            return state;
        }
        assert!(start.elapsed() < BOUND, "{what}: not after {BOUND:?} {}", said());
        std::thread::sleep(LOOK);
    }
}
