//! From which country an address is: a file that the operator names, read once.
//!
//! Why no database of ours: it would be old the day it ships, and those that may be shipped want their own words on every
//! page. Debian's `tor-geoipdb` has one in text (`/usr/share/tor/geoip`, `geoip6`); any file of that form will do:
//!
//! ```text
//! # a comment
//! 16777216,16777471,AU
//! 2001:200::,2001:200:ffff:ffff:ffff:ffff:ffff:ffff,JP
//! ```
//!
//! First and last address of a range and two letters; IPv4 as numbers, IPv6 as text, in order or not.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The most ranges of a file.
const RANGES_MAX: usize = 4_000_000;

/// Ranges of addresses of one family: first, last, letters.
type Ranges<N> = Vec<(N, N, [u8; 2])>;

/// Addresses and their countries.
#[derive(Default)]
pub struct Countries {
    four: Ranges<u32>,
    /// By the first 64 bits: no country has less.
    six: Ranges<u64>,
}

/// A file that is none of countries.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CountryError {
    /// A line of another form.
    #[error("line {0} is not FIRST,LAST,CC as in /usr/share/tor/geoip")]
    Line(usize),
    /// Too long.
    #[error("it has more than {RANGES_MAX} ranges")]
    Long,
}

impl fmt::Debug for Countries {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Countries({} + {} ranges)", self.four.len(), self.six.len())
    }
}

fn letters(text: &str) -> Option<[u8; 2]> {
    let letters: [u8; 2] = text.trim_end().as_bytes().try_into().ok()?;
    letters.iter().all(u8::is_ascii_graphic).then_some(letters)
}

/// A range of either family.
enum Range {
    Four(u32, u32),
    Six(u64, u64),
}

fn high(address: &str) -> Option<u64> {
    Some((u128::from(address.parse::<Ipv6Addr>().ok()?) >> 64) as u64)
}

fn range(line: &str) -> Option<(Range, [u8; 2])> {
    let mut parts = line.splitn(3, ',');
    let (first, last, country) = (parts.next()?, parts.next()?, letters(parts.next()?)?);
    let range = match first.contains(':') {
        true => Range::Six(high(first)?, high(last)?),
        false => Range::Four(first.parse().ok()?, last.parse().ok()?),
    };
    match range {
        Range::Four(first, last) if first > last => None,
        Range::Six(first, last) if first > last => None,
        range => Some((range, country)),
    }
}

impl Countries {
    /// Reads the text of a file.
    pub fn parse(text: &str) -> Result<Self, CountryError> {
        let mut all = Countries::default();
        for (number, line) in text.lines().enumerate() {
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let (range, country) = range(line).ok_or(CountryError::Line(number + 1))?;
            if all.ranges() == RANGES_MAX {
                return Err(CountryError::Long);
            }
            // `??` and the like: the file does not know either
            if !country.iter().all(u8::is_ascii_uppercase) {
                continue;
            }
            match range {
                Range::Four(first, last) => all.four.push((first, last, country)),
                Range::Six(first, last) => all.six.push((first, last, country)),
            }
        }
        all.settle();
        Ok(all)
    }

    /// With those of another file.
    pub fn with(mut self, other: Countries) -> Self {
        self.four.extend(other.four);
        self.six.extend(other.six);
        self.settle();
        self
    }

    fn settle(&mut self) {
        self.four.sort_unstable();
        self.six.sort_unstable();
        self.four.shrink_to_fit();
        self.six.shrink_to_fit();
    }

    /// How many ranges there are.
    pub fn ranges(&self) -> usize {
        self.four.len() + self.six.len()
    }

    /// Whether nothing is known.
    pub fn is_empty(&self) -> bool {
        self.ranges() == 0
    }

    /// The country of an address, as two capital letters.
    pub fn of(&self, address: IpAddr) -> Option<[u8; 2]> {
        match address {
            IpAddr::V4(address) => find(&self.four, address.into()),
            IpAddr::V6(address) => match address.to_ipv4_mapped() {
                Some(address) => find(&self.four, Ipv4Addr::into(address)),
                None => find(&self.six, (u128::from(address) >> 64) as u64),
            },
        }
    }
}

/// The last range that begins at or before `at`, where it reaches there.
fn find<N: Copy + Ord>(ranges: &Ranges<N>, at: N) -> Option<[u8; 2]> {
    let after = ranges.partition_point(|(first, ..)| *first <= at);
    let (_, last, country) = ranges.get(after.checked_sub(1)?)?;
    (at <= *last).then_some(*country)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "# Last updated based on\n2001:200::,2001:200:ffff:ffff:ffff:ffff:ffff:ffff,JP\n\
                        16777216,16777471,AU\n16777472,16778239,CN\n16778240,16779263,??\n";

    fn of(countries: &Countries, address: &str) -> Option<String> {
        let letters = countries.of(address.parse().unwrap())?;
        Some(letters.map(char::from).iter().collect())
    }

    #[test]
    fn addresses_and_their_countries() {
        let countries = Countries::parse(TEXT).unwrap();
        assert_eq!(countries.ranges(), 3);
        for (address, country) in [
            ("1.0.0.0", Some("AU")),
            ("1.0.0.255", Some("AU")),
            ("1.0.1.0", Some("CN")),
            ("1.0.4.1", None),
            ("0.255.255.255", None),
            ("127.0.0.1", None),
            ("::ffff:1.0.0.1", Some("AU")),
            ("2001:200::1", Some("JP")),
            ("2001:200:ffff:ffff:ffff::", Some("JP")),
            ("2001:201::", None),
            ("::1", None),
        ] {
            assert_eq!(of(&countries, address).as_deref(), country, "{address}");
        }
        let both = Countries::parse("0,1,DE\n").unwrap().with(countries);
        assert_eq!((both.ranges(), of(&both, "0.0.0.1").as_deref()), (4, Some("DE")));
        assert!(Countries::default().is_empty() && of(&Countries::default(), "1.0.0.0").is_none());
    }

    #[test]
    fn what_is_no_file_of_countries() {
        for (text, line) in [
            ("1,2\n", 1),
            ("1,2,JPN\n", 1),
            ("# x\n2,1,JP\n", 2),
            ("1,x,JP\n", 1),
            ("::,1,JP\n", 1),
            ("{\"JP\": 1}\n", 1),
            ("1,2,J \n", 1),
            ("1,4294967296,JP\n", 1),
        ] {
            assert_eq!(Countries::parse(text).err(), Some(CountryError::Line(line)), "{text}");
        }
    }
}
