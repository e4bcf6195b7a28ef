//! Places, tallies, and when a code is in too many places.

use super::*;
use std::time::Duration;

fn jp() -> Place {
    Place::Country(*b"JP")
}

fn count(day: i64, place: Place, count: u32) -> Count {
    Count { day: Day(day), place, count }
}

/// A look-up a day from each of so many countries, over so many days.
fn abroad(countries: u8, days: i64) -> Vec<Count> {
    let of_day = |day| (0..countries).map(move |c| count(20_000 + day, Place::Country([b'A' + c, b'A']), 1));
    (0..days).flat_map(of_day).collect()
}

#[test]
fn places_and_their_names() {
    for place in [jp(), Place::Group(0), Place::Group(255), Place::Unknown] {
        assert_eq!(Place::by_name(&place.name()), Some(place));
    }
    for wrong in ["", "jp", "J", "JPN", "#256", "#", "#-1", "-", "J1"] {
        assert_eq!(Place::by_name(wrong), None, "{wrong}");
    }
}

#[test]
fn days_and_weeks() {
    let at = Timestamp::parse("2027-11-18T23:59:59Z").unwrap();
    let day = Day::of(at);
    assert_eq!(day.begin().rfc3339(), "2027-11-18T00:00:00.000Z");
    assert_eq!(Day::of(at.plus(Duration::from_secs(1))), Day(day.0 + 1));
    assert_eq!((Day(6).week(), Day(7).week()), (0, 1));
}

#[test]
fn countries_are_bounded() {
    let mut all = Countries::parse("JP DE JP xx");
    assert_eq!((all.len(), all.text()), (2, "DE JP".to_owned()));
    for (a, b) in (b'A'..=b'Z').flat_map(|a| (b'A'..=b'Z').map(move |b| (a, b))) {
        all.add(Place::Country([a, b]));
    }
    all.add(Place::Group(3));
    assert_eq!(all.len(), COUNTRIES_MAX);
    assert!(all.text().ends_with(" *") && Countries::parse(&all.text()) == all);
}

fn scanned(total: u64) -> Scanned {
    Scanned { first: Day(20_000), total, countries: Countries::parse("DE JP"), alarmed_at: None, exempt_until: None }
}

#[test]
fn what_anybody_is_told() {
    let tally = Tally { first: Day(20_000), since: 4, countries: 2 };
    let alarmed = Scanned { alarmed_at: Some(Timestamp::NEVER), ..scanned(5) };
    for (scanned, period, seen) in [
        (None, 0, Seen::First),
        (Some(scanned(0)), 0, Seen::First),
        (Some(scanned(5)), 0, Seen::Again(tally)),
        (Some(alarmed.clone()), 0, Seen::Many(tally)),
        (Some(alarmed), 1, Seen::Hidden),
        (None, 3, Seen::Hidden),
    ] {
        assert_eq!(Seen::of(scanned.as_ref(), period), seen);
    }
}

#[test]
fn an_alarm_needs_places_and_days_and_look_ups() {
    let limits = Limits::default();
    let today = Day(20_005);
    let alarm = |counts: &[Count]| Spread::of(counts, today).is_alarm(&limits);
    assert!(alarm(&abroad(4, 6)));
    assert!(!alarm(&abroad(3, 6)), "three countries");
    assert!(!alarm(&abroad(4, 5)), "five days");
    let few: Vec<Count> = (0..6).map(|day| count(20_000 + day, Place::Country([b'A' + day as u8, b'A']), 1)).collect();
    assert!(!alarm(&few), "six look-ups");
    assert!(!Spread::of(&abroad(4, 6), Day(20_005 + LOOK_BACK)).is_alarm(&limits), "long ago");
    assert!(!alarm(&[count(20_001, Place::Unknown, 1000)]), "nobody knows where");
}

#[test]
fn groups_are_compared_within_a_week_only() {
    // day 20,000 begins a week here: 20,000 = 7 × 2,857 + 1
    let of_weeks = |weeks: i64| -> Vec<Count> {
        let of_week = |week| (0..10).map(move |g| count(20_000 + 7 * week, Place::Group((g + 30 * week) as u8), 5));
        (0..weeks).flat_map(of_week).collect()
    };
    let spread = Spread::of(&of_weeks(4), Day(20_021));
    assert_eq!((spread.groups, spread.days, spread.scans), (10, 4, 200), "the same ten networks, for all we know");
    let busy: Vec<Count> = (0..6).flat_map(|d| (0..20).map(move |g| count(20_000 + d, Place::Group(g), 1))).collect();
    assert!(Spread::of(&busy, Day(20_005)).is_alarm(&Limits::default()));
}

#[test]
fn an_alarm_begins_once_and_ends_later() {
    let (limits, now) = (Limits::default(), Timestamp::parse("2027-11-18T00:00:00Z").unwrap());
    let spread = |countries| Spread { countries, groups: 0, days: 9, scans: 99 };
    let calm = scanned(99);
    let alarmed = Scanned { alarmed_at: Some(now), ..scanned(99) };
    let shown = Scanned { exempt_until: Some(now.plus(Duration::from_secs(1))), ..scanned(99) };
    for (scanned, countries, verdict) in [
        (&calm, 3, Verdict::Stays),
        (&calm, 4, Verdict::Begins),
        (&alarmed, 9, Verdict::Stays),
        (&alarmed, 2, Verdict::Stays),
        (&alarmed, 1, Verdict::Ends),
        (&shown, 9, Verdict::Stays),
    ] {
        assert_eq!(scanned.judge(&spread(countries), &limits, now), verdict, "{countries}");
    }
    let after = now.plus(Duration::from_secs(1));
    assert_eq!(shown.judge(&spread(9), &limits, after), Verdict::Begins, "no longer on show");
}

#[test]
fn an_exemption_ends() {
    let now = Timestamp::parse("2027-11-18T00:00:00Z").unwrap();
    let later = |days: u64| now.plus(Duration::from_secs(24 * 3600 * days));
    assert_eq!(exemption(later(366), now), Some(later(366)));
    assert_eq!((exemption(later(367), now), exemption(now, now), exemption(later(0), now)), (None, None, None));
}
