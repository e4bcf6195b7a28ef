//! What every act of the agent is given: configuration, folder, time, chance, a voice.

use crate::config::Config;
use crate::folder::Folder;
use std::sync::Arc;
use std::time::Duration;
use tegata_domain::chance::Chance;
use tegata_domain::time::Timestamp;

/// The clocks.
pub trait Time: Send + Sync {
    /// The wall clock. A device may start without knowing the time: nothing that protects hangs on it.
    fn now(&self) -> Timestamp;
    /// Time that passed since some fixed moment; never steps.
    fn passed(&self) -> Duration;
}

/// Surroundings of an act.
#[derive(Clone)]
pub struct Cx {
    /// What is configured.
    pub config: Arc<Config>,
    /// Where the state lies.
    pub folder: Folder,
    /// The clocks.
    pub time: Arc<dyn Time>,
    /// Randomness.
    pub chance: Arc<dyn Chance>,
    /// Says a line to whom it may concern: stderr in the program. Never a secret.
    pub say: Arc<dyn Fn(&str) + Send + Sync>,
}

impl Cx {
    /// Says a line.
    pub fn say(&self, line: impl AsRef<str>) {
        (self.say)(line.as_ref());
    }
}
