//! Public look-ups of a number, counted coarsely: on which day, from which country, never who.
//!
//! Why here: what the page says of the counts, and when they are an alarm, are rules. A printed code can be copied; the
//! copy shows when one number turns up in more places than one thing can be.
//! Invariant: a place is a country, or one of 256 groups of networks whose names change each week; nothing finer is kept.

use crate::id::DeviceRow;
use crate::time::Timestamp;
use std::collections::BTreeSet;

/// How long counts are kept, in days.
pub const KEPT_DAYS: i64 = 90;
/// How far back an alarm looks, in days.
pub const LOOK_BACK: i64 = 30;
/// The most countries that are told apart; past that their number is only "at least".
pub const COUNTRIES_MAX: usize = 64;

/// A day: days since 1970-01-01 in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(pub i64);

impl Day {
    const SECONDS: i64 = 24 * 3600;

    /// The day that a moment lies in.
    pub fn of(at: Timestamp) -> Self {
        Day(at.seconds() / Self::SECONDS)
    }

    /// Its first moment.
    pub fn begin(self) -> Timestamp {
        Timestamp::from_millis(self.0.saturating_mul(Self::SECONDS * 1000))
    }

    /// So many days earlier.
    pub fn before(self, days: i64) -> Self {
        Day(self.0 - days)
    }

    /// Its week: seven days from a Thursday on.
    pub fn week(self) -> i64 {
        self.0.div_euclid(7)
    }
}

/// Where a look-up came from, as coarsely as it is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Place {
    /// A country, by its two capital letters (ISO 3166-1).
    Country([u8; 2]),
    /// One of 256 groups of networks, which mean something else every week.
    Group(u8),
    /// Not known.
    Unknown,
}

impl Place {
    /// A country by its letters.
    pub fn country(letters: &str) -> Option<Self> {
        match letters.as_bytes() {
            [a, b] if a.is_ascii_uppercase() && b.is_ascii_uppercase() => Some(Place::Country([*a, *b])),
            _ => None,
        }
    }

    /// Its name in the store and in exports: `JP`, `#17`, `--`.
    pub fn name(self) -> String {
        match self {
            Place::Country(letters) => letters.iter().copied().map(char::from).collect(),
            Place::Group(number) => format!("#{number}"),
            Place::Unknown => "--".to_owned(),
        }
    }

    /// From its name.
    pub fn by_name(name: &str) -> Option<Self> {
        match name.strip_prefix('#') {
            Some(number) => number.parse().ok().map(Place::Group),
            None if name == "--" => Some(Place::Unknown),
            None => Place::country(name),
        }
    }
}

/// Look-ups of one device on one day from one place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Count {
    /// The day.
    pub day: Day,
    /// The place.
    pub place: Place,
    /// How many; one address counts once a day.
    pub count: u32,
}

/// Look-ups of one device that are about to be written down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Noted {
    /// The device.
    pub device: DeviceRow,
    /// By day and place, each once.
    pub counts: Vec<Count>,
    /// The countries so far, these among them.
    pub countries: Countries,
}

/// The countries from which one number was looked up.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Countries {
    letters: BTreeSet<[u8; 2]>,
    /// There were more than are told apart.
    more: bool,
}

impl Countries {
    /// From its text in the store; what it does not know is passed over.
    pub fn parse(text: &str) -> Self {
        let mut all = Countries::default();
        for word in text.split(' ').filter(|word| !word.is_empty()) {
            match Place::country(word) {
                Some(place) => all.add(place),
                None => all.more |= word == "*",
            }
        }
        all
    }

    /// Its text in the store: `DE JP`, with ` *` where there were more.
    pub fn text(&self) -> String {
        let words = self.letters.iter().map(|letters| Place::Country(*letters).name());
        words.chain(self.more.then(|| "*".to_owned())).collect::<Vec<_>>().join(" ")
    }

    /// One more look-up; only a country counts.
    pub fn add(&mut self, place: Place) {
        let Place::Country(letters) = place else { return };
        match self.letters.len() < COUNTRIES_MAX || self.letters.contains(&letters) {
            true => drop(self.letters.insert(letters)),
            false => self.more = true,
        }
    }

    /// How many are told apart.
    pub fn len(&self) -> usize {
        self.letters.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.letters.is_empty()
    }
}

/// What is known of all look-ups of a device in its present owner's time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scanned {
    /// The day of the first.
    pub first: Day,
    /// How many there were.
    pub total: u64,
    /// From which countries.
    pub countries: Countries,
    /// Since when it turns up in too many places.
    pub alarmed_at: Option<Timestamp>,
    /// Until when that is no alarm: the code is on show in a shop.
    pub exempt_until: Option<Timestamp>,
}

/// What anybody is told of how often a code was seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seen {
    /// Look-ups are not counted here.
    NotCounted,
    /// Nobody's look-up was counted before this one.
    First,
    /// It was looked up before.
    Again(Tally),
    /// More often, or in more places, than one label usually is.
    Many(Tally),
    /// Only its owner sees that: it has been handed on.
    Hidden,
}

/// How often, and since when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tally {
    /// The day of the first look-up.
    pub first: Day,
    /// Look-ups after the first.
    pub since: u64,
    /// Countries, where they are known.
    pub countries: usize,
}

impl Seen {
    /// Of a device in its owner period `period`, where look-ups are counted.
    pub fn of(scanned: Option<&Scanned>, period: u32) -> Self {
        match scanned {
            _ if period > 0 => Seen::Hidden,
            Some(scanned) if scanned.total > 0 => {
                let countries = scanned.countries.len();
                let tally = Tally { first: scanned.first, since: scanned.total - 1, countries };
                if scanned.alarmed_at.is_some() { Seen::Many(tally) } else { Seen::Again(tally) }
            }
            Some(_) | None => Seen::First,
        }
    }

    /// Its word for programs.
    pub fn name(self) -> &'static str {
        match self {
            Seen::NotCounted => "not_counted",
            Seen::First => "first",
            Seen::Again(_) => "again",
            Seen::Many(_) => "many",
            Seen::Hidden => "hidden",
        }
    }
}

/// From where on a code is in too many places.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// So many countries…
    pub countries: u32,
    /// …or so many groups of networks within one week…
    pub groups: u32,
    /// …on so many days…
    pub days: u32,
    /// …with so many look-ups.
    pub scans: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Limits { countries: 4, groups: 20, days: 6, scans: 10 }
    }
}

/// How far look-ups are spread over the last [`LOOK_BACK`] days.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Spread {
    /// Countries.
    pub countries: u32,
    /// Groups of networks in the week that had most: those of two weeks cannot be compared.
    pub groups: u32,
    /// Days with at least one look-up.
    pub days: u32,
    /// Look-ups.
    pub scans: u64,
}

impl Spread {
    /// Of these counts, up to `today`.
    pub fn of(counts: &[Count], today: Day) -> Self {
        let within = |c: &&Count| c.day > today.before(LOOK_BACK) && c.day <= today;
        let (mut countries, mut groups, mut days) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
        let mut scans = 0;
        for count in counts.iter().filter(within) {
            days.insert(count.day);
            scans += u64::from(count.count);
            match count.place {
                Place::Country(letters) => drop(countries.insert(letters)),
                Place::Group(group) => drop(groups.insert((count.day.week(), group))),
                Place::Unknown => {}
            }
        }
        let weeks: BTreeSet<i64> = groups.iter().map(|(week, _)| *week).collect();
        let of_week = |week| groups.iter().filter(|(w, _)| *w == week).count();
        let most = weeks.into_iter().map(of_week).max().unwrap_or(0);
        let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        Spread { countries: number(countries.len()), groups: number(most), days: number(days.len()), scans }
    }

    /// Whether that is more than one label usually is.
    pub fn is_alarm(&self, limits: &Limits) -> bool {
        let wide = self.countries >= limits.countries || self.groups >= limits.groups;
        wide && self.days >= limits.days && self.scans >= u64::from(limits.scans)
    }

    /// Whether an alarm that stands is over: less than half of the places that made it.
    pub fn is_over(&self, limits: &Limits) -> bool {
        self.countries * 2 < limits.countries && self.groups * 2 < limits.groups
    }
}

/// What follows from the spread of a device's look-ups.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing changes.
    Stays,
    /// An alarm begins.
    Begins,
    /// The alarm is over.
    Ends,
}

impl Scanned {
    /// Whether the code is on show at `now`.
    pub fn is_exempt(&self, now: Timestamp) -> bool {
        self.exempt_until.is_some_and(|until| now < until)
    }

    /// Judges the spread. An alarm begins once, however long it stands.
    pub fn judge(&self, spread: &Spread, limits: &Limits, now: Timestamp) -> Verdict {
        match self.alarmed_at {
            _ if self.is_exempt(now) => Verdict::Stays,
            None if spread.is_alarm(limits) => Verdict::Begins,
            Some(_) if spread.is_over(limits) => Verdict::Ends,
            None | Some(_) => Verdict::Stays,
        }
    }
}

/// An exemption ends by itself after so many days at most.
pub const EXEMPT_DAYS_MAX: i64 = 366;

/// Until when a code is on show: a moment to come, at most [`EXEMPT_DAYS_MAX`] days away.
pub fn exemption(until: Timestamp, now: Timestamp) -> Option<Timestamp> {
    (until > now && Day::of(until).0 - Day::of(now).0 <= EXEMPT_DAYS_MAX).then_some(until)
}

#[cfg(test)]
#[path = "scan_tests.rs"]
mod tests;
