//! What a commit tells: in this process, and over LISTEN/NOTIFY to the other nodes on one PostgreSQL.
//!
//! Invariant: a node that did not hear from the database for [`HOLDS`] knows no version, so nothing that rests on one is
//! answered from memory; and what it may have missed counts as moved.

use crate::engine::postgres::{Driver, Heard};
use crate::engine::{Connection, NONE};
use crate::error::Error;
use crate::version::{Thing, Versions, since_boot};
use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded};
use std::fmt::Write as _;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::sync::Notify;

/// The channel of LISTEN and NOTIFY.
const CHANNEL: &str = "tegata";
/// How often a node asks whether it still hears.
const ASK: Duration = Duration::from_millis(500);
/// How long what it heard holds: the staleness that a node may answer with.
const HOLDS: Duration = Duration::from_secs(2);
/// Bytes of one notification; PostgreSQL takes less than 8,000.
const PAYLOAD: usize = 7900;

/// What a transaction tells.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Told {
    /// What gets a new version.
    pub(crate) touched: Vec<Thing>,
    /// Leaves wait for a checkpoint, or one was published.
    pub(crate) queued: bool,
    /// A certificate was revoked.
    pub(crate) revoked: bool,
    /// A campaign or an action moved.
    pub(crate) moved: bool,
    /// A notice waits.
    pub(crate) noticed: bool,
}

/// Who listens in this process.
pub(crate) struct Bells {
    pub(crate) queued: Notify,
    pub(crate) revoked: Notify,
    pub(crate) moved: Notify,
    pub(crate) noticed: Notify,
    pub(crate) versions: Versions,
}

impl Bells {
    /// Of a store whose device log ends at `floor`.
    pub(crate) fn new(floor: u64) -> Self {
        let [queued, revoked, moved, noticed] = std::array::from_fn(|_| Notify::new());
        Bells { queued, revoked, moved, noticed, versions: Versions::new(floor) }
    }

    fn ring(&self, places: impl Iterator<Item = usize>, flags: [bool; 4]) {
        places.for_each(|place| self.versions.moved_at(place));
        let bells = [&self.queued, &self.revoked, &self.moved, &self.noticed];
        bells.into_iter().zip(flags).filter(|(_, rung)| *rung).for_each(|(bell, _)| bell.notify_one());
    }

    /// Tells this process.
    pub(crate) fn tell(&self, told: &Told) {
        self.ring(told.touched.iter().map(|thing| thing.place()), told.flags());
    }

    /// Takes what another node said. `own` is the name of this one, whose own words come back too.
    fn hear(&self, said: &str, own: &str) {
        let mut words = said.splitn(3, ' ');
        let (Some(from), Some(flags), Some(places)) = (words.next(), words.next(), words.next()) else {
            tracing::warn!("another node said what this version does not know; all counts as moved");
            return self.lost();
        };
        if from == own {
            return;
        }
        let places = places.split(',').filter_map(|place| place.parse().ok());
        self.ring(places, ['q', 'r', 'm', 'n'].map(|flag| flags.contains(flag)));
    }

    /// Something may not have been heard.
    fn lost(&self) {
        self.versions.all_moved();
        self.ring(std::iter::empty(), [true; 4]);
    }
}

impl Told {
    fn flags(&self) -> [bool; 4] {
        [self.queued, self.revoked, self.moved, self.noticed]
    }

    /// Tells the other nodes, when the transaction commits.
    pub(crate) fn announce(&self, c: &Connection, own: &str) -> Result<(), Error> {
        let payloads = self.payloads(own);
        if payloads.is_empty() {
            // a transaction that a statement broke answers COMMIT as if nothing were wrong; this one it does not
            c.only("select 1", NONE, |_| Ok(()))?;
        }
        for payload in payloads {
            let _row = c.one("select 1 from pg_notify($1, $2)", (CHANNEL, payload), |_| Ok(()))?;
        }
        Ok(())
    }

    fn payloads(&self, own: &str) -> Vec<String> {
        let flags: String = "qrmn".chars().zip(self.flags()).filter(|(_, set)| *set).map(|(flag, _)| flag).collect();
        if self.touched.is_empty() && flags.is_empty() {
            return Vec::new();
        }
        let begin = format!("{own} {flags} ");
        let mut payloads = vec![begin.clone()];
        for thing in &self.touched {
            if payloads.last().is_some_and(|payload| payload.len() > PAYLOAD - 10) {
                payloads.push(format!("{own}  "));
            }
            if let Some(payload) = payloads.last_mut() {
                let _fits = write!(payload, "{},", thing.place());
            }
        }
        payloads
    }
}

/// Listens to the other nodes until it is dropped.
pub(crate) struct Listener {
    /// Gone once it is to end.
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Drop for Listener {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the listener's thread panicked");
        }
    }
}

impl Listener {
    pub(crate) fn start(driver: Arc<Driver>, bells: Arc<Bells>, own: String) -> Result<Self, Error> {
        bells.versions.shared();
        let (stop, stopped) = bounded(0);
        let work = move || listen(&driver, &bells, &own, &stopped);
        let thread = Some(std::thread::Builder::new().name("fan-out".into()).spawn(work)?);
        Ok(Listener { stop: Some(stop), thread })
    }
}

fn listen(driver: &Driver, bells: &Arc<Bells>, own: &str, stopped: &Receiver<()>) {
    loop {
        let (theirs, name) = (Arc::clone(bells), own.to_owned());
        let heard: Heard = Arc::new(move |said| theirs.hear(said, &name));
        if let Err(error) = hold(driver, bells, heard, stopped) {
            tracing::warn!(%error, "the other nodes are not heard; nothing is answered from memory");
        }
        if stopped.recv_timeout(ASK) != Err(RecvTimeoutError::Timeout) {
            return;
        }
    }
}

/// One connection, until it ends or this is to stop.
fn hold(driver: &Driver, bells: &Bells, heard: Heard, stopped: &Receiver<()>) -> Result<(), Error> {
    let link = driver.connect(Some(heard))?;
    link.run_long(&format!("listen {CHANNEL}"), HOLDS)?;
    bells.lost();
    loop {
        let asked = since_boot();
        link.run_long("select 1", HOLDS)?;
        bells.versions.known_for(asked, HOLDS);
        if stopped.recv_timeout(ASK) != Err(RecvTimeoutError::Timeout) {
            return Ok(());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tegata_domain::id::DeviceRow;

    #[test]
    fn what_one_node_says_another_hears() {
        let things: Vec<Thing> = (1..=3000).map(|row| Thing::Device(DeviceRow(row))).collect();
        let told = Told { touched: things.clone(), queued: true, ..Told::default() };
        let payloads = told.payloads("a");
        assert!(payloads.len() > 1 && payloads.iter().all(|payload| payload.len() < 8000));
        let bells = Bells::new(0);
        let before: Vec<_> = things.iter().map(|thing| bells.versions.of(*thing)).collect();
        payloads.iter().for_each(|payload| bells.hear(payload, "a"));
        assert!(things.iter().zip(&before).all(|(thing, version)| bells.versions.of(*thing) == *version), "its own");
        payloads.iter().for_each(|payload| bells.hear(payload, "b"));
        assert!(things.iter().zip(&before).all(|(thing, version)| bells.versions.of(*thing) != *version));
    }

    #[test]
    fn what_is_not_understood_counts_as_moved() {
        let bells = Bells::new(0);
        let thing = Thing::Device(DeviceRow(7));
        let before = bells.versions.of(thing);
        bells.hear("nonsense", "b");
        assert_ne!(bells.versions.of(thing), before);
        assert!(Told::default().payloads("a").is_empty());
    }
}
