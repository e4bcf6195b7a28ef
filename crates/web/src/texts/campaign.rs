//! The words of campaigns.

use super::figure::Count;
use serde::Deserialize;
use std::collections::BTreeMap;
use tegata_domain::action::ActionState;
use tegata_domain::campaign::CampaignState;

tables! {
    /// Campaigns: the list, one of them, and the form for a new one.
    Campaigns {
        what, one, title, none, none_runs, runs: Count, new, empty, to_releases,
        survey, running, paused, stopped, cancelled, finished, nobody, since, ended,
        pause, resume, end, end_why, end_reason, end_hint, end_button, pause_why,
        progress, updated, on_the_way, rest,
        groups, group, group_share, group_devices, group_last, state, began, devices, done, out, waiting, failed,
        silent, bar, all, waits, fills, through, halted, after_group,
        stop, stop_why, stop_when, limit, now, against, rule_failed, rule_least, success_rule, least_rule,
        stopped_head, stopped_rule, stopped_group, stopped_then, ended_then, see_findings, resume_not,
        silent_head, silent_why, silent_none,
        installed, release, see_release, release_facts, remedy, selection, select_made, select_owned, select_numbers: Count, select_stage,
        select_version, select_share, already, skipped: Count, consent, consent_asked, consent_not, forced, not_forced,
        at_once, at_once_some, at_once_all,
        list, device_list, device_none, device, since_column, next_page,
        states: BTreeMap<String, String>,
        actions: BTreeMap<String, String>,
        form: CampaignForm,
    }
    /// The form for a new campaign.
    CampaignForm {
        title, heading, release, release_hint, who, stage, any_stage, version, version_hint, share, share_hint, numbers,
        numbers_hint, groups_legend, extents, extents_hint, success, limit, limit_hint, at_once, at_once_hint,
        consent, forced, after, button, no_release,
    }
}

catalogue!(Campaigns, "campaign");

impl Campaigns {
    /// Where a campaign stands.
    pub(crate) fn state(&self, state: CampaignState) -> &str {
        self.states.get(state.name()).map_or("", String::as_str)
    }

    /// Where a device stands in it.
    pub(crate) fn action(&self, state: ActionState) -> &str {
        self.actions.get(state.name()).map_or("", String::as_str)
    }
}
