//! Words of the overview, the list of devices and the page of one.

use crate::sentence::plain;
use serde::Deserialize;
use std::collections::BTreeMap;

tables! {
    /// The catalogue.
    Fleet {
        overview: Overview, devices: Devices, update: Updates, condition: Conditions, sector: Sectors, device: Device,
        act: Acts, event: BTreeMap<String, String>, finding: BTreeMap<String, String>, level: Levels,
    }
    /// A text with a count in it.
    Count { one, other }
    /// The overview.
    Overview {
        title, findings_none, findings: Count, campaigns_none, campaigns: Count, devices: Count, waits,
        nothing_waits, since_day, on_device, look, life, all_devices, campaign, campaign_line, speed, speed_lead,
        speed_table, speed_day, speed_none, releases, releases_none, model_release, not_known, share, since,
        since_none, condition, change, change_none, all, sector, owned, made,
    }
    /// The list of devices.
    Devices {
        what, title: Count, title_filtered: Count, title_most: Count, title_search: Count, searched, show_all, narrow,
        whose, whose_all, whose_owned, whose_made, product, product_all, stage, condition, update, silent, silent_hint,
        release, older, show, clear, keep, keep_name, keep_hint, kept, kept_none, kept_gone, end, number, model, runs,
        heard, never, hidden, another, empty, empty_lead, none_yet, none_yet_lead, looked: Count, go_on, next, first,
        choose,
    }
    /// How what runs stands against what is out.
    Updates { waiting, current, unknown }
    /// Conditions.
    Conditions { well, suspect, quarantined, recalled }
    /// Sectors.
    Sectors { camera, infusion_pump, vehicle_gateway, siren, smart_meter, other }
    /// One device.
    Device {
        what, title, title_well, title_suspect, title_quarantined, title_recalled, update_waiting, update_current,
        update_unknown, update_ended, unconfirmed, maker, serial, supported, whose, yours, anothers, period, runs,
        runs_none, last_heard, head, head_event, life, events, earlier, proof, no_proof, erased, hidden,
        by_maker, by_owner, by_device, by_platform, reason, to, witness, version, found, presumed, reported, findings,
        findings_none, open, closed, acts, acts_none, why, why_hint, releases, releases_none, running, newer, other,
        certificates, idevid, ldevid, valid, ended, revoked, until, no_end, download, sure_title, sure_retire,
        sure_recall, sure_yes, sure_no, public,
    }
    /// Acts, and what follows from them.
    Acts {
        ship, ship_why, receive, receive_why, install, install_why, quarantine, quarantine_why, release, release_why,
        repair, repair_why, recall, recall_why, retire, retire_why,
    }
    /// How urgent a finding is.
    Levels { one, two, three, four, five }
}

catalogue!(Fleet, "fleet");

/// A number with its thousands set apart.
pub(crate) fn grouped(value: u64) -> String {
    let digits = value.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// How a count changed: with its sign, U+2212 where it fell.
pub(crate) fn changed(before: u64, now: u64) -> String {
    match now.cmp(&before) {
        std::cmp::Ordering::Greater => format!("+{}", grouped(now - before)),
        std::cmp::Ordering::Less => format!("\u{2212}{}", grouped(before - now)),
        std::cmp::Ordering::Equal => "0".to_owned(),
    }
}

impl Count {
    /// The text for so many.
    pub(crate) fn of(&self, count: u64) -> String {
        let text = if count == 1 { &self.one } else { &self.other };
        plain(text, &[("count", &grouped(count))])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::Language;
    use tegata_domain::event::EventKind;

    #[test]
    fn numbers_are_grouped_and_changes_have_a_sign() {
        for (value, shown) in [(0, "0"), (999, "999"), (1000, "1,000"), (1_204_318, "1,204,318")] {
            assert_eq!(grouped(value), shown);
        }
        assert_eq!([changed(5, 2005), changed(12, 3), changed(4, 4)], ["+2,000", "\u{2212}9", "0"]);
        assert_eq!(Fleet::of(Language::En).devices.title.of(1), "One device.");
        assert_eq!(Fleet::of(Language::Ja).devices.title.of(1200), "機器は1,200台です。");
    }

    #[test]
    fn every_event_has_its_words() {
        for language in Language::ALL {
            let words = &Fleet::of(language).event;
            let kinds = (1..).map_while(EventKind::from_code);
            assert_eq!(kinds.filter(|kind| !words.contains_key(kind.name())).count(), 0, "{language:?}");
        }
    }
}
