//! Addresses of people, without the addresses: what tells one asker from another for a day, and nothing after it.
//!
//! Why here: counting look-ups and bounding what strangers may ask both need to know an asker again. Neither needs to know
//! who it is. Invariant: no address is kept, only a code of it under a key that is thrown away with its day, and the network
//! of who asked a device to sign, for as long as that question lives.

use crate::cx::Inner;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tegata_domain::chance;
use tegata_domain::scan::Day;
use tegata_domain::time::Timestamp;
use tegata_keys::digest::sha256;

/// The network that an address stands for: an IPv4 address itself, the first half of an IPv6 one. A home has one of either.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Network {
    /// An IPv4 address.
    Four([u8; 4]),
    /// The first 64 bits of an IPv6 address.
    Six([u8; 8]),
}

impl Network {
    /// Of an address.
    pub fn of(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(address) => Network::Four(address.octets()),
            IpAddr::V6(address) => Network::Six(address.octets()[..8].try_into().unwrap_or_default()),
        }
    }

    fn bytes(&self) -> &[u8] {
        match self {
            Network::Four(bytes) => bytes,
            Network::Six(bytes) => bytes,
        }
    }

    /// The wider network that it lies in: 16 bits of an IPv4 address, 32 of an IPv6 one.
    pub(crate) fn wide(&self) -> &[u8] {
        match self {
            Network::Four(bytes) => &bytes[..2],
            Network::Six(bytes) => &bytes[..4],
        }
    }

    /// Whether two are the same; `None` where one is of another family, which two devices of one home may well be.
    pub(crate) fn is_same(&self, other: &Network) -> Option<bool> {
        match (self, other) {
            (Network::Four(a), Network::Four(b)) => Some(a == b),
            (Network::Six(a), Network::Six(b)) => Some(a == b),
            (Network::Four(_), Network::Six(_)) | (Network::Six(_), Network::Four(_)) => None,
        }
    }
}

/// The key of a day.
pub(crate) type Key = [u8; 32];

/// A code of a network under the key of a day.
pub(crate) fn veiled(key: &Key, what: &[u8], network: Network) -> u64 {
    let digest = sha256(&[&key[..], &(what.len() as u64).to_be_bytes(), what, network.bytes()].concat());
    digest.first_chunk().map_or(0, |bytes| u64::from_be_bytes(*bytes))
}

/// How often strangers from one network may do something.
pub struct Quota {
    /// So many…
    most: u32,
    /// …within this time.
    span: Duration,
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    key: Option<(Day, Key)>,
    taken: HashMap<u64, (u32, Timestamp)>,
}

/// Networks that are remembered at once. Past that a new one is let in uncounted: what is asked of has its own bound.
const KEPT: usize = 100_000;

impl Quota {
    /// So many within a span of at most a day.
    pub(crate) fn new(most: u32, span: Duration) -> Self {
        Quota { most, span, kept: Mutex::default() }
    }

    /// Takes one; false where there were enough.
    pub(crate) fn take(&self, address: IpAddr, now: Timestamp, cx: &Inner) -> bool {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let day = Day::of(now);
        let key = match kept.key {
            Some((of, key)) if of == day => key,
            _ => {
                let key = chance::bytes(&*cx.chance);
                *kept = Kept { key: Some((day, key)), taken: HashMap::new() };
                key
            }
        };
        let code = veiled(&key, b"", Network::of(address));
        if kept.taken.len() >= KEPT && !kept.taken.contains_key(&code) {
            kept.taken.retain(|_, (_, since)| now.since(*since) < self.span);
            if kept.taken.len() >= KEPT {
                return true;
            }
        }
        let (taken, since) = kept.taken.entry(code).or_insert((0, now));
        if now.since(*since) >= self.span {
            (*taken, *since) = (0, now);
        }
        *taken = taken.saturating_add(1);
        *taken <= self.most
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn network(text: &str) -> Network {
        Network::of(text.parse().unwrap())
    }

    #[test]
    fn a_home_is_one_network() {
        assert_eq!(network("2001:db8::1"), network("2001:db8::ffff:1"));
        assert_ne!(network("2001:db8::1"), network("2001:db8:0:1::1"));
        assert_eq!(network("::ffff:192.0.2.7"), network("192.0.2.7"));
        assert_ne!(network("192.0.2.7"), network("192.0.2.8"));
        assert_eq!(network("192.0.2.7").wide(), network("192.0.9.9").wide());
        assert_eq!(network("192.0.2.7").is_same(&network("192.0.2.7")), Some(true));
        assert_eq!(network("192.0.2.7").is_same(&network("192.0.2.8")), Some(false));
        assert_eq!(network("192.0.2.7").is_same(&network("2001:db8::1")), None);
    }

    #[test]
    fn codes_differ_by_key_and_by_what_they_are_of() {
        let (one, two) = (network("192.0.2.7"), network("192.0.2.8"));
        let codes = [
            veiled(&[1; 32], b"a", one),
            veiled(&[2; 32], b"a", one),
            veiled(&[1; 32], b"b", one),
            veiled(&[1; 32], b"a", two),
        ];
        let different: std::collections::HashSet<u64> = codes.into_iter().collect();
        assert_eq!(different.len(), 4);
        assert_eq!(codes[0], veiled(&[1; 32], b"a", one));
    }
}
