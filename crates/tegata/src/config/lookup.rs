//! Section `lookup`: how look-ups are counted, and when a code is in too many places.

use super::{ConfigError, Key, Values, refuse};
use std::sync::Arc;
use tegata_domain::scan::Limits;
use tegata_outside::country::Countries;
use tegata_usecase::scan::Settings;

/// Keys of this section.
pub const KEYS: &[Key] = &[
    Key {
        name: "lookup.count",
        default: "true",
        manual: "Whether look-ups of people are counted, by day and rough place; addresses are never kept.",
    },
    Key {
        name: "lookup.countries",
        default: "",
        manual: "File that tells the country of an IPv4 address, as /usr/share/tor/geoip of Debian's tor-geoipdb; read \
                 at the start. Without any, a place is one of 256 groups of networks, named anew each week.",
    },
    Key { name: "lookup.countries_ipv6", default: "", manual: "The same for IPv6, as /usr/share/tor/geoip6." },
    Key {
        name: "lookup.alarm_countries",
        default: "4",
        manual: "A code is in too many places when it was looked up from so many countries within 30 days…",
    },
    Key {
        name: "lookup.alarm_groups",
        default: "20",
        manual: "…or, without a file of countries, from so many groups of networks within a week…",
    },
    Key { name: "lookup.alarm_days", default: "6", manual: "…on so many days…" },
    Key { name: "lookup.alarm_lookups", default: "10", manual: "…and so often. Owner and maker are told." },
];

fn file(key: &'static str, values: &Values) -> Result<Countries, ConfigError> {
    let Some(path) = values.text(key) else { return Ok(Countries::default()) };
    let text = std::fs::read_to_string(&path).map_err(|error| refuse(format!("{key}: {path}: {error}")))?;
    Countries::parse(&text).map_err(|error| refuse(format!("{key}: {path}: {error}")))
}

fn limit(key: &'static str, values: &Values) -> Result<u32, ConfigError> {
    let limit: u32 = values.get(key, "a number")?;
    if limit == 0 {
        return Err(refuse(format!("{key} = 0 would make every look-up an alarm; lookup.count = false counts none")));
    }
    Ok(limit)
}

/// How look-ups are counted.
pub(super) fn settings(values: &Values) -> Result<Settings, ConfigError> {
    let countries = file("lookup.countries", values)?.with(file("lookup.countries_ipv6", values)?);
    Ok(Settings {
        count: values.get("lookup.count", "true or false")?,
        countries: Arc::new(countries),
        limits: Limits {
            countries: limit("lookup.alarm_countries", values)?,
            groups: limit("lookup.alarm_groups", values)?,
            days: limit("lookup.alarm_days", values)?,
            scans: limit("lookup.alarm_lookups", values)?,
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(pairs: &[(&str, &str)]) -> Result<Settings, String> {
        let environment: Vec<_> = pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        settings(&Values::of(None, &environment, &[]).unwrap()).map_err(|error| error.to_string())
    }

    #[test]
    fn the_file_that_the_operator_names() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name).display().to_string();
        std::fs::write(path("four"), "16777216,16777471,AU\n").unwrap();
        std::fs::write(path("six"), "2001:200::,2001:200:ffff:ffff:ffff:ffff:ffff:ffff,JP\n").unwrap();
        let both = [("TEGATA_LOOKUP_COUNTRIES", &*path("four")), ("TEGATA_LOOKUP_COUNTRIES_IPV6", &*path("six"))];
        let countries = with(&both).unwrap().countries;
        assert_eq!(countries.of([1, 0, 0, 7].into()), Some(*b"AU"));
        assert_eq!(countries.of("2001:200::7".parse().unwrap()), Some(*b"JP"));
        std::fs::write(path("none"), "<html>\n").unwrap();
        for (wrong, says) in [("none", "line 1 is not FIRST,LAST,CC"), ("missing", "No such file")] {
            let error = with(&[("TEGATA_LOOKUP_COUNTRIES", &path(wrong))]).unwrap_err();
            assert!(error.contains("lookup.countries") && error.contains(says), "{error}");
        }
    }

    #[test]
    fn what_is_an_alarm() {
        let settings = with(&[("TEGATA_LOOKUP_ALARM_DAYS", "2")]).unwrap();
        assert!(settings.count && settings.countries.is_empty());
        assert_eq!(settings.limits, Limits { days: 2, ..Limits::default() });
        assert!(with(&[("TEGATA_LOOKUP_ALARM_COUNTRIES", "0")]).unwrap_err().contains("lookup.count"));
        assert!(!with(&[("TEGATA_LOOKUP_COUNT", "false")]).unwrap().count);
    }
}
