//! Moments, months and the clock as an argument.

use std::fmt;
use std::time::Duration;

/// A moment: milliseconds since 1970-01-01T00:00:00Z.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

impl Timestamp {
    /// 9999-12-31T23:59:59Z, the notAfter of certificates without an end (RFC 5280 §4.1.2.5).
    pub const NEVER: Timestamp = Timestamp(253_402_300_799_000);

    /// From milliseconds since 1970, held to the years 1970–9999.
    pub fn from_millis(millis: i64) -> Self {
        Timestamp(millis.clamp(0, Self::NEVER.0))
    }

    /// Milliseconds since 1970.
    pub fn millis(self) -> i64 {
        self.0
    }

    /// Whole seconds since 1970.
    pub fn seconds(self) -> i64 {
        self.0 / 1000
    }

    /// This moment and `span` later; stops at the year 9999.
    pub fn plus(self, span: Duration) -> Self {
        Self::from_millis(self.0.saturating_add(i64::try_from(span.as_millis()).unwrap_or(i64::MAX)))
    }

    /// This moment less `span`; stops at 1970.
    pub fn minus(self, span: Duration) -> Self {
        Self::from_millis(self.0.saturating_sub(i64::try_from(span.as_millis()).unwrap_or(i64::MAX)))
    }

    /// The span since `earlier`, zero when `earlier` is later.
    pub fn since(self, earlier: Timestamp) -> Duration {
        Duration::from_millis(u64::try_from(self.0 - earlier.0).unwrap_or(0))
    }

    /// To the second.
    fn civil(self) -> time::OffsetDateTime {
        time::OffsetDateTime::from_unix_timestamp(self.seconds()).unwrap_or(time::OffsetDateTime::UNIX_EPOCH)
    }

    /// `2026-11-22T09:30:00.123Z` (RFC 3339).
    pub fn rfc3339(self) -> String {
        std::str::from_utf8(&self.letters()).unwrap_or_default().to_owned()
    }

    /// The letters of [`Timestamp::rfc3339`].
    pub fn letters(self) -> [u8; 24] {
        let [year, rest @ ..] = self.parts();
        let mut text = *b"0000-00-00T00:00:00.000Z";
        write_digits(&mut text[..4], year);
        for (value, at) in rest.into_iter().zip([5, 8, 11, 14, 17]) {
            write_digits(&mut text[at..at + 2], value);
        }
        write_digits(&mut text[20..23], (self.0 % 1000) as u16);
        text
    }

    /// `2026-11-22`.
    pub fn date(self) -> String {
        let t = self.civil();
        format!("{:04}-{:02}-{:02}", t.year(), u8::from(t.month()), t.day())
    }

    /// Year, month, day, hour, minute, second in UTC.
    pub fn parts(self) -> [u16; 6] {
        let t = self.civil();
        let (h, m, s) = t.to_hms();
        [t.year() as u16, u8::from(t.month()).into(), t.day().into(), h.into(), m.into(), s.into()]
    }

    /// The month that this moment lies in.
    pub fn month(self) -> Month {
        let t = self.civil();
        Month { year: t.year() as u16, month: t.month().into() }
    }

    /// Parses RFC 3339.
    pub fn parse(text: &str) -> Option<Self> {
        let t = time::OffsetDateTime::parse(text, &time::format_description::well_known::Rfc3339).ok()?;
        let millis = i64::try_from(t.unix_timestamp_nanos() / 1_000_000).ok()?;
        (0..=Self::NEVER.0).contains(&millis).then_some(Timestamp(millis))
    }
}

/// Fills `out` with the last decimal digits of a value. Public answers carry many times, and `format!` shows there.
fn write_digits(out: &mut [u8], mut value: u16) {
    for digit in out.iter_mut().rev() {
        *digit = b'0' + (value % 10) as u8;
        value /= 10;
    }
}

/// A month, as support ends are given: `2032-03`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Month {
    /// Year, 1970–9999.
    pub year: u16,
    /// 1–12.
    pub month: u8,
}

impl Month {
    /// Parses `YYYY-MM`.
    pub fn parse(text: &str) -> Option<Self> {
        let (year, month) = text.split_once('-')?;
        let digits = |t: &str, n: usize| t.len() == n && t.bytes().all(|b| b.is_ascii_digit());
        if !digits(year, 4) || !digits(month, 2) {
            return None;
        }
        let (year, month) = (year.parse().ok()?, month.parse().ok()?);
        ((1970..=9999).contains(&year) && (1..=12).contains(&month)).then_some(Month { year, month })
    }

    /// Months since year 0: the form in the store.
    pub fn index(self) -> i64 {
        i64::from(self.year) * 12 + i64::from(self.month) - 1
    }

    /// The inverse of [`Month::index`].
    pub fn from_index(index: i64) -> Self {
        Month { year: (index / 12).clamp(0, 9999) as u16, month: (index.rem_euclid(12) + 1) as u8 }
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = *b"0000-00";
        write_digits(&mut text[..4], self.year);
        write_digits(&mut text[5..], self.month.into());
        f.write_str(std::str::from_utf8(&text).map_err(|_| fmt::Error)?)
    }
}

/// The clock moved against the time that passed, by more than it may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the clock of this machine jumped by {by_seconds} s")]
pub struct ClockJumped {
    /// Seconds that the clock is ahead (positive) or behind (negative).
    pub by_seconds: i64,
}

/// Where the present comes from.
pub trait Clock: Send + Sync {
    /// The present, or the reason why it cannot be trusted.
    fn now(&self) -> Result<Timestamp, ClockJumped>;

    /// The present for judging what is only read: as [`Clock::now`], and while that is refused, the last trusted present
    /// with the time that passed since. Nothing is ever dated with it (ADR 8).
    fn reading(&self) -> Result<Timestamp, ClockJumped> {
        self.now()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_back() {
        let t = Timestamp::parse("2026-11-22T09:30:00.123Z").unwrap();
        assert_eq!(t.rfc3339(), "2026-11-22T09:30:00.123Z");
        assert_eq!(t.parts(), [2026, 11, 22, 9, 30, 0]);
        assert_eq!(Timestamp::NEVER.rfc3339(), "9999-12-31T23:59:59.000Z");
        assert_eq!(Timestamp::parse("yesterday"), None);
    }

    #[test]
    fn months() {
        let m = Month::parse("2032-03").unwrap();
        assert_eq!(Month::from_index(m.index()), m);
        assert_eq!(m.to_string(), "2032-03");
        for wrong in ["2032-13", "2032-00", "32-03", "2032-3", "+032-03", "2032/03", ""] {
            assert_eq!(Month::parse(wrong), None, "{wrong}");
        }
    }
}
