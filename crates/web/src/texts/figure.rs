//! How counts, spans and sizes are written.

use crate::sentence::plain;
use serde::Deserialize;
use std::time::Duration;
use tegata_domain::stop::Share;

tables! {
    /// Counts, spans and sizes.
    Figures { export, csv, json, share, bytes, kilobytes, megabytes, minutes: Plural, hours: Plural, days: Plural, devices: Plural }
    /// A text for one, and one for any other number.
    Plural { one, other }
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

impl Plural {
    /// The text for so many, with `{count}` filled in.
    pub(crate) fn of(&self, value: u64) -> String {
        plain(if value == 1 { &self.one } else { &self.other }, &[("count", &count(value))])
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
        let (text, value) = match bytes {
            ..10_000 => (&self.bytes, count(bytes)),
            10_000..10_000_000 => (&self.kilobytes, count(bytes.div_ceil(1000))),
            _ => (&self.megabytes, count(bytes.div_ceil(1_000_000))),
        };
        plain(text, &[("value", &value)])
    }
}

#[cfg(test)]
mod tests {
    use super::Figures;
    use crate::language::Language;
    use std::time::Duration;

    #[test]
    fn counts() {
        let cases = [(0, "0"), (999, "999"), (1000, "1,000"), (1_204_318, "1,204,318")];
        for (value, shown) in cases {
            assert_eq!(super::count(value as u64), shown);
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
        for (bytes, english) in [(9_999, "9,999 bytes"), (654_321, "655 kB"), (12_345_678, "13 MB")] {
            assert_eq!(en.size(bytes), english);
        }
        for (percent, shown) in [(0.25, "0.25 %"), (2.0, "2 %"), (100.0, "100 %"), (0.0, "0 %")] {
            assert_eq!(en.percent(percent), shown);
        }
    }
}
