//! Dates and spans by the rules of each language.
//!
//! Why here: a page in Japanese tells the time of Japan and says so; the rules stand in the catalogue (`[date]`).

use crate::sentence::{Moment, plain};
use crate::texts::{Dates, Spans};
use std::time::Duration;
use tegata_domain::time::{Month, Timestamp};

impl Dates {
    /// A month, as support ends are given.
    pub(crate) fn month(&self, month: Month) -> Moment {
        let shown = plain(&self.month, &[("year", &month.year.to_string()), ("month", &self.part(month.month.into()))]);
        Moment { machine: month.to_string(), shown }
    }

    /// A day.
    pub(crate) fn day(&self, at: Timestamp) -> Moment {
        self.of_day(&self.day, at)
    }

    /// A day that is one of UTC everywhere, as counts have it.
    pub(crate) fn utc_day(&self, at: Timestamp) -> Moment {
        Moment {
            machine: at.date(),
            ..self.of_day(&self.day, at.minus(Duration::from_secs(3600 * u64::from(self.hours_from_utc))))
        }
    }

    /// A day in the short form that fits into a stamp's ring.
    pub(crate) fn stamp(&self, at: Timestamp) -> Moment {
        self.of_day(&self.stamp, at)
    }

    /// A moment to the minute, with its zone.
    pub(crate) fn minute(&self, at: Timestamp) -> Moment {
        let [_, _, _, hour, minute, _] = self.local(at).parts();
        let slots =
            [("date", &*self.day(at).shown), ("hour", &format!("{hour:02}")), ("minute", &format!("{minute:02}"))];
        let [year, month, day, hour, minute, _] = at.parts();
        Moment {
            machine: format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}Z"),
            shown: plain(&self.minute, &slots),
        }
    }

    /// A moment to the minute in a column whose head names the zone.
    pub(crate) fn row(&self, at: Timestamp) -> Moment {
        let [year, month, day, hour, minute, _] = self.local(at).parts().map(|part| format!("{part:02}"));
        let slots = [("year", &*year), ("mm", &month), ("dd", &day), ("hour", &hour), ("minute", &minute)];
        Moment { shown: plain(&self.row, &slots), ..self.minute(at) }
    }

    /// The time of day to the minute, without its zone: beside one that names it.
    pub(crate) fn clock(&self, at: Timestamp) -> String {
        let [_, _, _, hour, minute, _] = self.local(at).parts();
        format!("{hour:02}:{minute:02}")
    }

    fn local(&self, at: Timestamp) -> Timestamp {
        at.plus(Duration::from_secs(3600 * u64::from(self.hours_from_utc)))
    }

    fn of_day(&self, form: &str, at: Timestamp) -> Moment {
        let at = self.local(at);
        let [year, month, day, ..] = at.parts();
        let slots = [
            ("year", &*year.to_string()),
            ("month", &self.part(month)),
            ("day", &self.part(day)),
            ("mm", &format!("{month:02}")),
            ("dd", &format!("{day:02}")),
        ];
        Moment { machine: at.date(), shown: plain(form, &slots) }
    }

    fn part(&self, value: u16) -> String {
        if self.padded { format!("{value:02}") } else { value.to_string() }
    }
}

impl Spans {
    /// So many months in years and months: `4 years 4 months`.
    pub(crate) fn months(&self, months: i64) -> String {
        let months = months.max(0).unsigned_abs();
        let (years, months) = (months / 12, months % 12);
        let (year, month) = (self.years.of(years), self.months.of(months));
        match (years, months) {
            (0, _) => month,
            (_, 0) => year,
            _ => plain(&self.both, &[("years", &year), ("months", &month)]),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::language::Language;
    use crate::texts::Texts;
    use tegata_domain::time::{Month, Timestamp};

    #[test]
    fn dates_by_language() {
        let (en, ja) = (&Texts::of(Language::En).date, &Texts::of(Language::Ja).date);
        let month = Month { year: 2032, month: 3 };
        assert_eq!(en.month(month).shown, "2032-03");
        assert_eq!((ja.month(month).machine, ja.month(month).shown), ("2032-03".into(), "2032年3月".into()));
        let at = Timestamp::parse("2027-11-08T21:05:09Z").unwrap();
        assert_eq!(en.day(at).shown, "2027-11-08");
        assert_eq!(en.minute(at).shown, "2027-11-08 21:05 UTC");
        assert_eq!((ja.day(at).machine, ja.day(at).shown), ("2027-11-09".into(), "2027年11月9日".into()));
        assert_eq!(ja.stamp(at).shown, "2027.11.09");
        assert_eq!(ja.minute(at).machine, "2027-11-08T21:05Z");
        assert_eq!(ja.minute(at).shown, "2027年11月9日 06:05（日本時間）");
        assert_eq!([en.row(at).shown, ja.row(at).shown], ["2027-11-08 21:05", "2027/11/09 06:05"]);
        assert_eq!(ja.row(at).machine, "2027-11-08T21:05Z");
    }

    #[test]
    fn spans_by_language() {
        let (en, ja) = (&Texts::of(Language::En).span, &Texts::of(Language::Ja).span);
        for (months, english, japanese) in [
            (52, "4 years 4 months", "4年4か月"),
            (13, "1 year 1 month", "1年1か月"),
            (24, "2 years", "2年"),
            (1, "1 month", "1か月"),
        ] {
            assert_eq!((en.months(months), ja.months(months)), (english.into(), japanese.into()));
        }
    }
}
