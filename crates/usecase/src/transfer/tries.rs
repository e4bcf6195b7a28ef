//! How often an organisation may try a wrong code.

use crate::error::{Error, Kind, Result};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tegata_domain::id::OrganisationRow;
use tegata_domain::time::Timestamp;

/// Wrong codes within the span below; 80 random bits leave far more to guess.
const WRONG_MAX: u32 = 20;
const SPAN: Duration = Duration::from_secs(600);
/// Organisations that are remembered; past that all begin anew.
const KEPT: usize = 10_000;

/// Wrong codes of each organisation, in memory: how many since when.
#[derive(Default)]
pub struct Tries(Mutex<HashMap<OrganisationRow, (u32, Timestamp)>>);

impl Tries {
    /// Refuses who tried too many.
    pub(crate) fn admit(&self, organisation: OrganisationRow, now: Timestamp) -> Result<()> {
        let tries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match tries.get(&organisation) {
            Some((wrong, since)) if *wrong >= WRONG_MAX && now.since(*since) < SPAN => {
                let text = "too many codes that open nothing; wait ten minutes, and compare the code with what you got";
                Err(Error::new(Kind::Throttled, "too_many", text))
            }
            Some(_) | None => Ok(()),
        }
    }

    /// Counts a wrong one.
    pub(crate) fn wrong(&self, organisation: OrganisationRow, now: Timestamp) {
        let mut tries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if tries.len() >= KEPT && !tries.contains_key(&organisation) {
            tries.clear();
        }
        let (wrong, since) = tries.entry(organisation).or_insert((0, now));
        if now.since(*since) >= SPAN {
            (*wrong, *since) = (0, now);
        }
        *wrong += 1;
    }
}
