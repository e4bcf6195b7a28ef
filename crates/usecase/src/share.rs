//! Shares: how much of what runs at once is one organisation's, so that none takes the place of the others.
//!
//! The organisation is known only after its token was judged: the door makes an empty [`Slot`] for each request, and
//! who judges the token fills it.
//! Invariant: what a slot took it gives back when it goes, and only then.

use crate::error::{Error, Kind, Result};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use tegata_domain::id::OrganisationRow;

/// What runs at once, by organisation.
pub struct Shares {
    most: usize,
    running: Mutex<HashMap<OrganisationRow, usize>>,
}

impl Shares {
    /// At most so many for each.
    pub fn new(most: usize) -> Arc<Shares> {
        Arc::new(Shares { most: most.max(1), running: Mutex::default() })
    }

    fn running(&self) -> MutexGuard<'_, HashMap<OrganisationRow, usize>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The place of one request in the share of its organisation.
pub struct Slot {
    shares: Arc<Shares>,
    of: OnceLock<OrganisationRow>,
}

impl Slot {
    /// Nobody's yet.
    pub fn new(shares: &Arc<Shares>) -> Slot {
        Slot { shares: Arc::clone(shares), of: OnceLock::new() }
    }

    /// The request is of this organisation; a refusal where that has its share already.
    pub fn fill(&self, organisation: OrganisationRow) -> Result<()> {
        if self.of.get().is_some() {
            return Ok(());
        }
        let mut running = self.shares.running();
        let count = running.entry(organisation).or_default();
        if *count >= self.shares.most {
            let text = "your organisation has as many requests running as one may; wait for some of them to end";
            return Err(Error::new(Kind::Throttled, "share", text));
        }
        if self.of.set(organisation).is_ok() {
            *count += 1;
        }
        Ok(())
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let Some(organisation) = self.of.get() else { return };
        let mut running = self.shares.running();
        if let Some(count) = running.get_mut(organisation) {
            *count -= 1;
            if *count == 0 {
                running.remove(organisation);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_takes_its_share_and_gives_it_back() {
        let shares = Shares::new(2);
        let taken = |row: i64| {
            let slot = Slot::new(&shares);
            slot.fill(OrganisationRow(row)).map(|()| slot)
        };
        let (first, _second) = (taken(1).unwrap(), taken(1).unwrap());
        assert_eq!(taken(1).err().unwrap().kind, Kind::Throttled);
        assert!(first.fill(OrganisationRow(1)).is_ok(), "it has its place");
        assert!(taken(2).is_ok(), "another has its own");
        drop(first);
        assert!(taken(1).is_ok());
        assert_eq!(shares.running().len(), 1, "who has nothing running is forgotten");
    }
}
