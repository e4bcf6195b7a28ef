//! Words of the overview, the list of devices and the page of one.

use super::figure::Count;
use serde::Deserialize;

tables! {
    /// The catalogue.
    Fleet {
        overview: Overview, devices: Devices, update: Updates, condition: Conditions, device: Device, act: Acts,
    }
    /// The overview.
    Overview {
        findings_none, findings: Count, campaigns_none, campaigns: Count, devices: Count, waits,
        nothing_waits, life, all_devices, campaign, campaign_line, speed, speed_lead,
        speed_table, speed_day, speed_none, releases, releases_none, model_release, not_known, share, since,
        since_none, condition, change, change_none, all, sector, owned, made,
    }
    /// The list of devices.
    Devices {
        what, title: Count, title_filtered: Count, title_most: Count, title_search: Count, searched, show_all, narrow,
        whose, whose_all, whose_owned, whose_made, product, product_all, stage, condition, update, silent, silent_hint,
        silent_days: Count,
        release, older, show, clear, keep, keep_name, keep_hint, kept, kept_none, kept_gone, end, number, model, runs,
        heard, never, hidden, another, empty, empty_lead, none_yet, none_yet_lead, looked: Count, go_on, next, first,
        choose,
    }
    /// How what runs stands against what is out.
    Updates { waiting, current, unknown }
    /// Conditions.
    Conditions { well, suspect, quarantined, recalled }
    /// One device.
    Device {
        what, title, title_over, title_well, title_suspect, title_quarantined, title_recalled, update_waiting, update_current,
        update_unknown, update_ended, unconfirmed, maker, serial, supported, whose, yours, anothers, period, runs,
        runs_none, last_heard, head, head_event, life, events, earlier, later: Count, proof, no_proof, erased, hidden,
        by_maker, by_owner, by_device, by_platform, reason, to, witness, version, found, presumed, reported, findings,
        findings_none, open, closed, acts, acts_none, why, why_hint, releases, releases_none, running, newer, other,
        certificates, idevid, ldevid, valid, ended, revoked, until, no_end, download, sure_title, sure_heading, sure_retire,
        sure_recall, sure_yes, sure_no, public,
    }
    /// Acts, and what follows from them.
    Acts {
        ship, ship_why, receive, receive_why, install, install_why, quarantine, quarantine_why, release, release_why,
        repair, repair_why, recall, recall_why, retire, retire_why,
    }
}

catalogue!(Fleet, "fleet");

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::Language;

    #[test]
    fn counts_by_language() {
        assert_eq!(Fleet::of(Language::En).devices.title.of(1), "1 device.");
        assert_eq!(Fleet::of(Language::En).devices.title.of(1200), "1,200 devices.");
        assert_eq!(Fleet::of(Language::Ja).devices.title.of(1200), "機器は1,200台です。");
    }
}
