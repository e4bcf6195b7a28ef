//! How counts, spans and sizes are written, by the rules of each language.
//!
//! Why here: every page counts something. English has a text for one and a text for any other number (CLDR: `one`,
//! `other`); Japanese has `other` alone. A test holds each catalogue to the forms of its language.

use crate::sentence::plain;
use serde::Deserialize;
use std::cmp::Ordering;
use std::time::Duration;
use tegata_domain::stop::Share;

tables! {
    /// Counts, spans and sizes.
    Figures {
        export, csv, json, share, bytes: Count, kilobytes, megabytes,
        minutes: Count, hours: Count, days: Count, devices: Count,
    }
    /// A text that tells a number, in the forms that its language has.
    Count { one: Option<String>, other }
}

catalogue!(Figures, "figure");

/// A count with its thousands set apart.
pub(crate) fn count(value: impl Into<u64>) -> String {
    let digits = value.into().to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// How a count changed: with its sign, U+2212 where it fell.
pub(crate) fn changed(before: u64, now: u64) -> String {
    match now.cmp(&before) {
        Ordering::Greater => format!("+{}", count(now - before)),
        Ordering::Less => format!("\u{2212}{}", count(before - now)),
        Ordering::Equal => count(0_u64),
    }
}

impl Count {
    /// The text for so many, its other placeholders as they are.
    pub(crate) fn form(&self, value: u64) -> &str {
        self.one.as_ref().filter(|_| value == 1).unwrap_or(&self.other)
    }

    /// The text for so many, with `{count}` filled in.
    pub(crate) fn of(&self, value: u64) -> String {
        plain(self.form(value), &[("count", &count(value))])
    }
}

impl Figures {
    /// A share.
    pub(crate) fn share(&self, share: Share) -> String {
        self.percent(share.as_percent())
    }

    /// A share in percent, with two decimals at most.
    pub(crate) fn percent(&self, percent: f64) -> String {
        let text = format!("{percent:.2}");
        plain(&self.share, &[("value", text.trim_end_matches('0').trim_end_matches('.'))])
    }

    /// A span in its largest unit that is whole.
    pub(crate) fn span(&self, span: Duration) -> String {
        let minutes = span.as_secs() / 60;
        match minutes {
            m if m >= 2880 && m.is_multiple_of(1440) => self.days.of(m / 1440),
            m if m >= 60 && m.is_multiple_of(60) => self.hours.of(m / 60),
            m => self.minutes.of(m),
        }
    }

    /// A size in bytes, kB or MB (SI), three digits at most behind nothing.
    pub(crate) fn size(&self, bytes: u64) -> String {
        match bytes {
            ..10_000 => self.bytes.of(bytes),
            10_000..10_000_000 => plain(&self.kilobytes, &[("value", &count(bytes.div_ceil(1000)))]),
            _ => plain(&self.megabytes, &[("value", &count(bytes.div_ceil(1_000_000)))]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Figures, changed, count};
    use crate::language::Language;
    use std::time::Duration;

    #[test]
    fn counts_and_changes() {
        for (value, shown) in [(0_u64, "0"), (999, "999"), (1000, "1,000"), (1_204_318, "1,204,318")] {
            assert_eq!(count(value), shown);
        }
        assert_eq!([changed(5, 2005), changed(12, 3), changed(4, 4)], ["+2,000", "\u{2212}9", "0"]);
    }

    #[test]
    fn plurals_by_language() {
        let (en, ja) = (Figures::of(Language::En), Figures::of(Language::Ja));
        for (value, english, japanese) in [
            (0, "0 devices", "0台"),
            (1, "1 device", "1台"),
            (2, "2 devices", "2台"),
            (1_204_318, "1,204,318 devices", "1,204,318台"),
        ] {
            assert_eq!((en.devices.of(value), ja.devices.of(value)), (english.into(), japanese.into()));
        }
    }

    #[test]
    fn spans_sizes_and_shares_by_language() {
        let (en, ja) = (Figures::of(Language::En), Figures::of(Language::Ja));
        for (minutes, english, japanese) in [
            (1, "1 minute", "1分"),
            (90, "90 minutes", "90分"),
            (60, "1 hour", "1時間"),
            (1440, "24 hours", "24時間"),
            (43_200, "30 days", "30日"),
        ] {
            let span = Duration::from_secs(60 * minutes);
            assert_eq!((en.span(span), ja.span(span)), (english.into(), japanese.into()));
        }
        for (bytes, english, japanese) in [
            (1, "1 byte", "1バイト"),
            (9_999, "9,999 bytes", "9,999バイト"),
            (654_321, "655 kB", "655 kB"),
            (12_345_678, "13 MB", "13 MB"),
        ] {
            assert_eq!((en.size(bytes), ja.size(bytes)), (english.into(), japanese.into()));
        }
        for (percent, english, japanese) in
            [(0.25, "0.25%", "0.25%"), (2.0, "2%", "2%"), (100.0, "100%", "100%"), (0.0, "0%", "0%")]
        {
            assert_eq!((en.percent(percent), ja.percent(percent)), (english.into(), japanese.into()));
        }
    }
}
