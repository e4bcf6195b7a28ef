//! Progress of a long work, on stderr, where a person looks.

use indicatif::{ProgressBar, ProgressStyle};
use std::sync::Mutex;

/// A bar that follows what a use case tells.
pub(super) struct Progress {
    bar: ProgressBar,
    now: Mutex<&'static str>,
}

impl Progress {
    /// Nothing is shown before something is told, and nothing at all where stderr is no terminal.
    pub(super) fn new() -> Self {
        let bar = ProgressBar::new_spinner();
        Progress { bar, now: Mutex::new("") }
    }

    /// What is done, how much of it, of how much (0: nobody knows).
    pub(super) fn tell(&self, what: &'static str, done: u64, of: u64) {
        let mut now = self.now.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if *now != what {
            *now = what;
            let text = if of > 0 { "{msg:20} {bar:40} {pos}/{len}" } else { "{msg:20} {pos}" };
            self.bar.set_style(ProgressStyle::with_template(text).unwrap_or_else(|_| ProgressStyle::default_bar()));
            self.bar.set_message(what);
        }
        self.bar.set_length(of);
        self.bar.set_position(done);
    }

    /// Takes the bar away.
    pub(super) fn end(&self) {
        self.bar.finish_and_clear();
    }
}
