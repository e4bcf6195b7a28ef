//! The page of one campaign: is the update going well, and when would it stop?

use super::Tally;
use crate::page::Place;
use crate::page::console::{Area, Content};
use crate::page::shape::{against, badge, bar, tall_bar};
use crate::sentence::{Moment, Sentence, Slot, plain, sentence};
use crate::texts::{Campaigns, Line, count};
use askama::Template;
use tegata_domain::action::Action;
use tegata_domain::campaign::{Campaign, CampaignState, Counts, Extent, Group, GroupState};
use tegata_domain::number::Number;
use tegata_domain::stop::{ALWAYS, lower_bound};
use tegata_usecase::campaign::Progress;

/// What the page shows.
pub struct Shown<'a> {
    /// The campaign.
    pub progress: &'a Progress,
    /// Devices of it, each with what it said last.
    pub devices: &'a [(Number, Action, Option<String>)],
    /// The page of the next devices, if there are more.
    pub next: Option<&'a str>,
    /// The token of its forms, for who may change it.
    pub form: Option<&'a str>,
}

#[derive(Template)]
#[template(path = "campaign/one.html")]
struct One<'a> {
    t: &'static Line,
    what: String,
    heading: String,
    base: String,
    /// Where its mark is.
    live: String,
    /// The token of the forms, and whether it goes on or stops by the button.
    act: Option<(&'a str, bool)>,
    state: Sentence,
    when: Sentence,
    why: Vec<Sentence>,
    stopped: bool,
    bar: Sentence,
    legend: [String; 3],
    groups: Vec<Row>,
    all: Figures,
    rule: Option<Rule>,
    devices: Vec<Device>,
    next: Option<String>,
    silent: (Sentence, String),
    facts: Vec<(&'static str, Vec<Sentence>)>,
    release: String,
}

/// Devices, updated, on the way, waiting, failed, silent: each with its name.
type Figures = [(&'static str, String); 6];

/// A group: name, state, since when, figures, bar, whether it is the one that runs.
struct Row {
    name: String,
    state: Sentence,
    began: Option<Moment>,
    /// Instead of a day, for one that waits.
    after: String,
    /// Devices, updated, on the way, waiting, failed, silent.
    figures: Figures,
    bar: Sentence,
    now: bool,
}

/// The stop rule: limit, value, bar of both; how many answers it takes, and how many there are.
struct Rule {
    limit: String,
    value: String,
    bar: Sentence,
    answers: String,
    least: String,
    answered: String,
    enough: Sentence,
    success: Option<String>,
    so_far: String,
}

/// A device of the campaign.
struct Device {
    number: String,
    link: String,
    group: String,
    state: Sentence,
    since: Moment,
    said: Option<String>,
}

/// The page of one campaign.
pub fn render(place: &Place<'_>, shown: &Shown<'_>) -> Content {
    let t = Line::of(place.language());
    let c = t.campaign;
    let Progress { campaign, groups, release, of, .. } = shown.progress;
    let counts = groups.iter().fold(Counts::default(), |sum, group| sum + group.counts);
    let tally = Tally::of(&counts);
    let targets = u64::from(campaign.targets.unwrap_or(0)).max(tally.all);
    let names = [("product", &*of.model), ("version", &*release.version)];
    let base = format!("/console/campaigns/{}", campaign.uid);
    let over = !matches!(campaign.state, CampaignState::Running | CampaignState::Paused);
    let page = One {
        t,
        what: plain(&c.one, &names),
        heading: heading(t, campaign, groups, (tally.done, targets)),
        act: shown.form.filter(|_| !over).map(|token| (token, campaign.state == CampaignState::Running)),
        state: super::state(t, campaign.state),
        when: when(t, campaign),
        why: why(t, campaign, groups, &counts),
        stopped: campaign.state == CampaignState::Stopped,
        bar: tall_bar((tally.done, tally.out), targets),
        legend: legend(c, tally, targets),
        groups: groups.iter().map(|group| row(t, campaign, groups, group)).collect(),
        all: figures(c, targets, tally),
        rule: (!over).then(|| rule(t, campaign, groups, &counts, targets)),
        devices: shown.devices.iter().map(|device| device_row(t, place, device)).collect(),
        next: shown.next.map(str::to_owned),
        silent: silent(t, campaign, tally.silent),
        facts: facts(t, shown.progress),
        release: place.link(&format!("/console/releases/{}", release.uid)),
        live: format!("/console/live/campaigns/{}", campaign.uid),
        base,
    };
    Content::new(Area::Campaigns, &plain(&c.title, &names), &page)
}

fn heading(t: &'static Line, campaign: &Campaign, groups: &[Group], (done, targets): (u64, u64)) -> String {
    let c = t.campaign;
    let group = groups.iter().filter(|group| group.state != GroupState::Waiting).count().max(1);
    let text = match campaign.state {
        CampaignState::Running if campaign.targets.is_none() => &c.survey,
        CampaignState::Finished if targets == 0 => &c.nobody,
        CampaignState::Running => &c.running,
        CampaignState::Paused => &c.paused,
        CampaignState::Stopped => &c.stopped,
        CampaignState::Cancelled => &c.cancelled,
        CampaignState::Finished => &c.finished,
    };
    let (group, groups) = (group.to_string(), groups.len().to_string());
    let slots =
        [("group", &*group), ("groups", &groups), ("done", &count(done)), ("devices", &t.figure.devices.of(targets))];
    plain(text, &slots)
}

fn when(t: &'static Line, campaign: &Campaign) -> Sentence {
    let (text, at) = match campaign.ended_at {
        Some(at) => (&t.campaign.ended, at),
        None => (&t.campaign.since, campaign.created_at),
    };
    sentence(text, &[("at", Slot::Time(&t.texts.date.minute(at)))])
}

/// Why it stopped or ended: by the figures, then in the words that were written then.
fn why(t: &'static Line, campaign: &Campaign, groups: &[Group], counts: &Counts) -> Vec<Sentence> {
    let c = t.campaign;
    let reason = campaign.reason.as_deref();
    match campaign.state {
        CampaignState::Stopped => {
            let written = reason.map(|reason| sentence(&c.stopped_then, &[("reason", Slot::Name(reason))]));
            [Some(judged(t, campaign, groups, counts)), written].into_iter().flatten().collect()
        }
        CampaignState::Cancelled => {
            reason.map(|reason| sentence(&c.ended_then, &[("reason", Slot::Name(reason))])).into_iter().collect()
        }
        CampaignState::Running | CampaignState::Paused | CampaignState::Finished => Vec::new(),
    }
}

/// What made it stop: too many that failed, else a group that did not get through.
fn judged(t: &'static Line, campaign: &Campaign, groups: &[Group], counts: &Counts) -> Sentence {
    let (c, tally) = (t.campaign, counts.tally());
    let bound = lower_bound(tally.failed, tally.answered) * 100.0;
    let group = groups.iter().rev().find(|group| group.state != GroupState::Waiting);
    let (text, slots) = match group {
        Some(group) if bound <= campaign.rule.limit.as_percent() => {
            let own = Tally::of(&group.counts);
            let slots = [
                ("done", count(own.done)),
                ("devices", t.figure.devices.of(own.all)),
                ("number", group.number.to_string()),
                ("success", group.success.to_string()),
            ];
            (&c.stopped_group, slots)
        }
        _ => {
            let slots = [
                ("failed", count(tally.failed)),
                ("devices", t.figure.devices.of(tally.answered.into())),
                ("bound", t.figure.percent(bound)),
                ("limit", t.figure.share(campaign.rule.limit)),
            ];
            (&c.stopped_rule, slots)
        }
    };
    let slots: Vec<_> = slots.iter().map(|(name, value)| (*name, Slot::Text(value))).collect();
    sentence(text, &slots)
}

fn legend(c: &Campaigns, tally: Tally, targets: u64) -> [String; 3] {
    let rest = [
        ("left", &*count(targets - tally.all)),
        ("waiting", &count(tally.waiting)),
        ("failed", &count(tally.failed)),
        ("silent", &count(tally.silent)),
    ];
    [
        plain(&c.updated, &[("count", &count(tally.done))]),
        plain(&c.on_the_way, &[("count", &count(tally.out))]),
        plain(&c.rest, &rest),
    ]
}

fn figures(c: &'static Campaigns, devices: u64, tally: Tally) -> Figures {
    let values = [
        (&c.devices, devices),
        (&c.done, tally.done),
        (&c.out, tally.out),
        (&c.waiting, tally.waiting),
        (&c.failed, tally.failed),
        (&c.silent, tally.silent),
    ];
    values.map(|(name, value)| (&**name, count(value)))
}

fn row(t: &'static Line, campaign: &Campaign, groups: &[Group], group: &Group) -> Row {
    let c = t.campaign;
    let tally = Tally::of(&group.counts);
    let last = group.number as usize == groups.len();
    let number = [("number", group.number.to_string())];
    let name = match group.extent {
        _ if last => plain(&c.group_last, &[("number", &number[0].1)]),
        Extent::Share(share) => plain(&c.group_share, &[("number", &number[0].1), ("share", &t.figure.share(share))]),
        Extent::Devices(devices) => {
            plain(&c.group_devices, &[("number", &number[0].1), ("devices", &t.figure.devices.of(devices.into()))])
        }
    };
    // the last takes whatever is left, and its size says nothing
    let before: u64 = groups.iter().take_while(|g| g.number < group.number).map(|g| u64::from(g.size)).sum();
    let targets = u64::from(campaign.targets.unwrap_or(0));
    let size = if last { targets.saturating_sub(before) } else { group.size.into() }.max(tally.all);
    let current = groups.iter().rev().find(|g| g.state != GroupState::Waiting).map(|g| g.number);
    let over = !matches!(campaign.state, CampaignState::Running | CampaignState::Paused);
    let now = current == Some(group.number) && !over;
    let shape = match group.state {
        GroupState::Waiting if over => ("quiet", "ended", &*c.halted),
        GroupState::Waiting => ("quiet", "silent", &*c.waits),
        _ if now && campaign.state == CampaignState::Paused => ("wait", "pause", c.state(CampaignState::Paused)),
        _ if now => ("well", "running", &*c.fills),
        _ if over && current == Some(group.number) && campaign.state != CampaignState::Finished => {
            ("quiet", "ended", &*c.halted)
        }
        _ => ("well", "well", &*c.through),
    };
    let after = match group.number {
        2.. if group.opened_at.is_none() && !over => {
            plain(&c.after_group, &[("number", &(group.number - 1).to_string())])
        }
        _ => String::new(),
    };
    Row {
        name,
        state: badge(shape),
        began: group.opened_at.map(|at| t.texts.date.day(at)),
        after,
        figures: figures(c, size, tally),
        bar: bar((tally.done, tally.out), size),
        now,
    }
}

fn rule(t: &'static Line, campaign: &Campaign, groups: &[Group], counts: &Counts, targets: u64) -> Rule {
    let (c, tally) = (t.campaign, counts.tally());
    let bound = lower_bound(tally.failed, tally.answered) * 100.0;
    let limit = campaign.rule.limit.as_percent();
    let current = groups.iter().rev().find(|group| group.state != GroupState::Waiting);
    let followed = current.filter(|group| (group.number as usize) < groups.len());
    let success = |group: &Group| plain(&c.success_rule, &[("success", &group.success.to_string())]);
    let so_far = [
        ("answered", &*count(tally.answered)),
        ("failed", &count(tally.failed)),
        ("devices", &t.figure.devices.of(targets)),
    ];
    Rule {
        limit: t.figure.percent(limit),
        value: t.figure.percent(bound),
        bar: against(bound, limit),
        least: count(campaign.rule.least),
        answered: count(tally.answered),
        answers: plain(&c.rule_least, &[("always", &ALWAYS.to_string())]),
        enough: bar((tally.answered.into(), 0), campaign.rule.least.max(1).into()),
        success: followed.map(success),
        so_far: plain(&c.least_rule, &so_far),
    }
}

fn device_row(
    t: &'static Line,
    place: &Place<'_>,
    (number, action, said): &(Number, Action, Option<String>),
) -> Device {
    use tegata_domain::action::ActionState::*;
    let (tone, icon) = match action.state {
        Done => ("well", "well"),
        Failed => ("wait", "wait"),
        Overdue => ("quiet", "silent"),
        Cancelled | Cancelling => ("quiet", "ended"),
        Confirming | Offered => ("quiet", "date"),
        Retrieved | Downloading | Downloaded | Installing | Installed => ("well", "running"),
    };
    let at = action.closed_at.or(action.installed_at).or(action.begun_at).unwrap_or(action.offered_at);
    Device {
        number: number.to_string(),
        link: place.link(&format!("/console/devices/{number}")),
        group: action.group.to_string(),
        state: badge((tone, icon, t.campaign.action(action.state))),
        since: t.texts.date.row(at),
        // "updated" needs no words of the device beside it
        said: said.clone().filter(|_| action.state != Done).or_else(|| action.reason.map(str::to_owned)),
    }
}

fn silent(t: &'static Line, campaign: &Campaign, silent: u64) -> (Sentence, String) {
    let c = t.campaign;
    let text = match silent {
        0 => c.silent_none.clone(),
        _ => plain(&c.silent_why, &[("span", &t.figure.span(campaign.span))]),
    };
    (badge(("quiet", "silent", &count(silent))), text)
}

/// What is installed, for which devices, how.
fn facts(t: &'static Line, progress: &Progress) -> Vec<(&'static str, Vec<Sentence>)> {
    let c = t.campaign;
    let Progress { campaign, release, .. } = progress;
    let say = |text: &str, name: &str, value: &str| sentence(text, &[(name, Slot::Name(value))]);
    let words = |text: &str| sentence(text, &[]);
    let mut what = vec![say("{version}", "version", &release.version)];
    what.push(say(&c.release_facts, "security", &release.security_version.to_string()));
    if release.remedy {
        what.push(words(&c.remedy));
    }
    let select = &campaign.selection;
    let mut whom = vec![match select.devices.len() as u64 {
        0 if campaign.by_maker => words(&c.select_made),
        0 => words(&c.select_owned),
        some => words(&c.select_numbers.of(some)),
    }];
    whom.extend(select.stage.map(|stage| say(&c.select_stage, "stage", crate::page::stamp::stage(t.texts, stage))));
    whom.extend(select.version.as_ref().map(|version| say(&c.select_version, "version", version)));
    whom.extend(select.share.map(|share| say(&c.select_share, "share", &t.figure.share(share))));
    if campaign.current > 0 {
        whom.push(say(&c.already, "count", &count(campaign.current)));
    }
    if campaign.skipped > 0 {
        whom.push(words(&c.skipped.of(campaign.skipped.into())));
    }
    let consent = words(if campaign.consent { &c.consent_asked } else { &c.consent_not });
    let forced = words(if campaign.forced { &c.forced } else { &c.not_forced });
    let busy = count(campaign.busy);
    let at_once = match campaign.at_once {
        u32::MAX => say(&c.at_once_all, "busy", &busy),
        some => sentence(&c.at_once_some, &[("count", Slot::Text(&count(some))), ("busy", Slot::Text(&busy))]),
    };
    vec![(&c.release, what), (&c.selection, whom), (&c.consent, vec![consent, forced]), (&c.at_once, vec![at_once])]
}
