//! Connections by address: one address alone cannot take all of them, also not with handshakes that it never ends.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Open connections of each address.
pub struct Addresses {
    most: usize,
    open: Mutex<HashMap<IpAddr, usize>>,
}

/// One of them; it counts until it is dropped.
pub struct Counted {
    addresses: Arc<Addresses>,
    address: IpAddr,
}

impl Addresses {
    /// At most so many for each.
    pub fn new(most: usize) -> Arc<Addresses> {
        Arc::new(Addresses { most: most.max(1), open: Mutex::default() })
    }

    fn open(&self) -> MutexGuard<'_, HashMap<IpAddr, usize>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts one more; `None` when the address has as many as it may.
    pub fn count(self: &Arc<Self>, address: IpAddr) -> Option<Counted> {
        let mut open = self.open();
        let count = open.entry(address).or_default();
        if *count >= self.most {
            return None;
        }
        *count += 1;
        Some(Counted { addresses: Arc::clone(self), address })
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        let mut open = self.addresses.open();
        if let Some(count) = open.get_mut(&self.address) {
            *count -= 1;
            if *count == 0 {
                open.remove(&self.address);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_has_its_own_and_gives_it_back() {
        let addresses = Addresses::new(2);
        let [one, two] = [1, 2].map(|last| IpAddr::from([192, 0, 2, last]));
        let (first, _second) = (addresses.count(one), addresses.count(one));
        assert!(addresses.count(one).is_none() && addresses.count(two).is_some());
        drop(first);
        assert!(addresses.count(one).is_some());
        assert_eq!(addresses.open().len(), 1, "who has none open is forgotten");
    }
}
