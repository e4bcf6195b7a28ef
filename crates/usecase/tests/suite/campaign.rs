//! Campaigns through store and use cases: whole ones, and what devices see of them.

use crate::behind::traces;
use crate::release::{release_of, version};
use crate::world::World;
use futures_util::TryStreamExt;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tegata_domain::action::{ActionState, Execution, Feedback, Finished};
use tegata_domain::campaign::{CampaignState, Counts, Entry, Extent, Fill, GroupState, NewCampaign, NewGroup};
use tegata_domain::change::{Change, Refused, Write};
use tegata_domain::device::Device;
use tegata_domain::id::{ActionRow, Uuid};
use tegata_domain::number::Number;
use tegata_domain::permit::{Actor, Operation, Subject};
use tegata_domain::release::{NewRelease, Release};
use tegata_domain::stop::Share;
use tegata_store::{Row, SaveError};
use tegata_usecase::action::{self, AutoConfirm, Mode, Pending};
use tegata_usecase::campaign::{Act, Asked, Progress};
use tegata_usecase::device::act::Saying;
use tegata_usecase::release::artifact;
use tegata_usecase::transfer::{self, Offering};
use tegata_usecase::{Cx, Error, Kind, campaign, certificate, device, finding};

pub struct Fleet {
    pub world: World,
    product: Uuid,
    pub devices: Vec<(Vec<u8>, Number)>,
}

fn said(execution: Execution, finished: Finished) -> Feedback {
    Feedback { execution, finished, code: None, details: Vec::new(), progress: None }
}

fn refusal<T>(outcome: Result<T, Error>) -> (Kind, &'static str) {
    let error = outcome.err().expect("it was permitted");
    (error.kind, error.code)
}

/// All devices at once.
pub fn everybody() -> NewCampaign {
    let all = NewGroup { extent: Extent::Share(Share::ALL), success: None };
    NewCampaign { groups: vec![all], ..NewCampaign::default() }
}

impl Fleet {
    pub async fn new(size: u32) -> Fleet {
        let world = World::new().await;
        let ticket = world.ticket(size).await;
        let serials: Vec<String> = (1..=size).map(|i| format!("S{i}")).collect();
        let made = world.make(&ticket, &serials).await;
        let device = |(_, made): (_, Result<tegata_usecase::device::Made, Error>)| {
            let made = made.unwrap();
            let number = Number::parse(&made.number).unwrap();
            (made.certificate, number)
        };
        let devices = made.into_iter().map(device).collect();
        let product = tegata_usecase::product::list(0, 10, &world.maker(), world.cx()).await.unwrap()[0].uid;
        Fleet { world, product, devices }
    }

    pub fn cx(&self) -> &Cx {
        self.world.cx()
    }

    pub async fn release(&self, new: NewRelease) -> Arc<Release> {
        let file = new.version.clone();
        let published = release_of(&self.world, self.product, (new, file.as_bytes()), None, &self.world.maker()).await;
        published.unwrap()
    }

    pub async fn start(&self, release: &Release, new: NewCampaign) -> Uuid {
        let asked = Asked { release: release.uid, new, ..Asked::default() };
        let created = campaign::create(asked, None, &self.world.maker(), self.cx()).await.unwrap();
        self.turn().await;
        created.campaign.uid
    }

    /// What the job does until nothing is left to do.
    async fn turn(&self) {
        while campaign::turn(self.cx()).await.unwrap() {}
    }

    async fn progress(&self, uid: Uuid) -> Progress {
        campaign::by_uid(uid, &self.world.maker(), self.cx()).await.unwrap()
    }

    /// Counters of the groups, which must be the counts of the actions.
    async fn counts(&self, uid: Uuid) -> Counts {
        let progress = self.progress(uid).await;
        let mut counted: BTreeMap<u32, Counts> = BTreeMap::new();
        let mut after = 0;
        loop {
            let page = campaign::actions(uid, (after, 1000), &self.world.maker(), self.cx()).await.unwrap();
            for (_, action, _) in &page {
                counted.entry(action.group).or_default().moved(None, action.state);
            }
            match page.last() {
                Some((_, last, _)) => after = last.device.0,
                None => break,
            }
        }
        let mut sum = Counts::default();
        for group in &progress.groups {
            assert_eq!(group.counts, counted.remove(&group.number).unwrap_or_default(), "group {}", group.number);
            sum = sum + group.counts;
        }
        let busy = ActionState::ALL.into_iter().filter(|s| s.is_busy()).map(|s| sum.of(s)).sum::<u32>();
        assert_eq!(progress.campaign.busy, busy);
        sum
    }

    pub async fn device(&self, i: usize) -> Device {
        certificate::identify(&self.devices[i].0, self.cx()).await.unwrap().device
    }

    async fn pending(&self, i: usize) -> Pending {
        action::pending(&self.device(i).await, self.cx()).await.unwrap()
    }

    pub async fn active(&self, i: usize) -> Option<ActionRow> {
        self.pending(i).await.active.map(|action| action.row)
    }

    async fn say(&self, i: usize, row: ActionRow, execution: Execution, finished: Finished) -> Result<(), Error> {
        action::feedback(row, &self.device(i).await, said(execution, finished), self.cx()).await
    }

    /// Fetches, installs, restarts and reports.
    pub async fn update(&self, i: usize, version: &str) {
        let device = self.device(i).await;
        let row = self.active(i).await.unwrap();
        action::offer(row, &device, self.cx()).await.unwrap();
        self.say(i, row, Execution::Proceeding, Finished::None).await.unwrap();
        self.say(i, row, Execution::Closed, Finished::Success).await.unwrap();
        self.report(i, version).await;
    }

    async fn report(&self, i: usize, version: &str) {
        let values = BTreeMap::from([("version".to_owned(), Some(version.to_owned()))]);
        action::attributes(&self.device(i).await, Mode::Merge, values, self.cx()).await.unwrap();
    }

    fn pass(&self, minutes: u64) {
        self.world.clock.pass(Duration::from_secs(60 * minutes));
    }
}

#[tokio::test]
async fn a_device_goes_its_way_and_only_the_reported_version_counts() {
    let fleet = Fleet::new(2).await;
    assert!(fleet.pending(0).await.wants_attributes, "nothing was ever heard of it");
    fleet.report(0, "1.0").await;
    assert!(!fleet.pending(0).await.wants_attributes);
    let release = fleet.release(version("2.0", 2)).await;
    let uid = fleet.start(&release, everybody()).await;
    let pending = fleet.pending(0).await;
    let row = pending.active.as_ref().unwrap().row;
    assert_eq!(pending.release.unwrap().uid, release.uid);
    let (device, other) = (fleet.device(0).await, fleet.device(1).await);
    assert_eq!(refusal(action::offer(row, &other, fleet.cx()).await).0, Kind::NotFound, "of another device");
    let (offered, _) = action::offer(row, &device, fleet.cx()).await.unwrap();
    assert_eq!(offered.state, ActionState::Retrieved);
    assert_eq!(action::offer(row, &device, fleet.cx()).await.unwrap().0, offered, "a second time changes nothing");
    let (_, file) = artifact(&device, release.row, "image.swu", fleet.cx()).await.unwrap();
    let content: Vec<_> = file.open(0, 3).await.unwrap().try_collect().await.unwrap();
    assert_eq!(content.concat(), b"2.0");
    assert_eq!(refusal(artifact(&device, release.row, "other", fleet.cx()).await).0, Kind::NotFound);
    let details = vec!["writing".to_owned(), "done".to_owned()];
    let feedback = Feedback { code: Some(7), details, ..said(Execution::Proceeding, Finished::None) };
    action::feedback(row, &device, feedback, fleet.cx()).await.unwrap();
    fleet.say(0, row, Execution::Closed, Finished::Success).await.unwrap();
    assert_eq!(refusal(fleet.say(0, row, Execution::Closed, Finished::Success).await), (Kind::Conflict, "closed"));
    let history = action::history(row, &device, 10, fleet.cx()).await.unwrap();
    assert_eq!(history[1..], ["Device reported status code: 7", "done", "writing"]);
    assert_eq!(fleet.counts(uid).await.of(ActionState::Installed), 1, "said, not shown");
    let pending = fleet.pending(0).await;
    assert!(pending.active.is_none() && pending.installed == Some(row) && pending.wants_attributes);
    assert!(artifact(&device, release.row, "image.swu", fleet.cx()).await.is_ok(), "what it installed last");
    fleet.report(0, "2.0").await;
    assert_eq!(fleet.counts(uid).await.of(ActionState::Done), 1);
    assert_eq!(action::installed(row, &device, fleet.cx()).await.unwrap().1.uid, release.uid);
    let seen = device::by_number(fleet.devices[0].1, &fleet.world.maker(), fleet.cx()).await.unwrap();
    assert_eq!(seen.running.map(|(running, id)| (running.version, id)), Some(("2.0".into(), Some(release.uid))));
    fleet.turn().await;
    assert_eq!(fleet.progress(uid).await.campaign.state, CampaignState::Running, "one device was never reached");
    fleet.report(1, "2.0").await;
    fleet.turn().await;
    assert_eq!(fleet.progress(uid).await.campaign.state, CampaignState::Finished, "it came to it by other ways");
}

#[tokio::test]
async fn who_falls_back_or_falls_silent_has_failed_and_who_was_never_reached_has_not() {
    let fleet = Fleet::new(3).await;
    let release = fleet.release(version("2.0", 2)).await;
    let uid = fleet.start(&release, everybody()).await;
    let row = fleet.active(0).await.unwrap();
    action::offer(row, &fleet.device(0).await, fleet.cx()).await.unwrap();
    fleet.say(0, row, Execution::Closed, Finished::Success).await.unwrap();
    fleet.report(0, "1.0").await;
    let row = fleet.active(1).await.unwrap();
    action::offer(row, &fleet.device(1).await, fleet.cx()).await.unwrap();
    fleet.pass(29);
    fleet.turn().await;
    let counts = fleet.counts(uid).await;
    assert_eq!((counts.of(ActionState::Failed), counts.of(ActionState::Retrieved)), (1, 1));
    fleet.pass(1);
    fleet.turn().await;
    let counts = fleet.counts(uid).await;
    assert_eq!((counts.of(ActionState::Overdue), counts.of(ActionState::Offered)), (1, 1));
    fleet.say(1, row, Execution::Proceeding, Finished::None).await.unwrap();
    assert_eq!(fleet.counts(uid).await.of(ActionState::Overdue), 0, "it came back");
    assert_eq!(fleet.pending(0).await.installed, None, "it does not run what it installed");
}

#[tokio::test]
async fn a_held_device_gets_a_remedy_only() {
    let fleet = Fleet::new(1).await;
    let (maker, number) = (fleet.world.maker(), fleet.devices[0].1);
    let plain = fleet.release(version("2.0", 2)).await;
    let first = fleet.start(&plain, everybody()).await;
    let row = fleet.active(0).await.unwrap();
    let mut device = fleet.device(0).await;
    device =
        device::act(number, device::Act::Recall, Saying::default(), &maker, fleet.cx()).await.map_or(device, |d| d);
    let pending = action::pending(&device, fleet.cx()).await.unwrap();
    assert!(pending.active.is_none());
    assert_eq!(refusal(action::offer(row, &device, fleet.cx()).await).0, Kind::NotFound);
    let remedy = fleet.release(NewRelease { remedy: true, ..version("2.1", 2) }).await;
    let second = fleet.start(&remedy, everybody()).await;
    let pending = action::pending(&device, fleet.cx()).await.unwrap();
    assert_eq!(pending.release.unwrap().uid, remedy.uid, "it took the place of the other");
    assert_eq!(fleet.counts(first).await.of(ActionState::Cancelled), 1);
    assert_eq!(fleet.counts(second).await.of(ActionState::Offered), 1);
    let third = fleet.start(&plain, everybody()).await;
    let progress = fleet.progress(third).await;
    assert_eq!((progress.campaign.state, progress.campaign.targets), (CampaignState::Finished, Some(0)));
    assert!(progress.campaign.reason.unwrap().contains("no device is met"));
}

#[tokio::test]
async fn an_older_release_does_not_take_the_place_of_a_newer_one() {
    let fleet = Fleet::new(1).await;
    let (old, new) = (fleet.release(version("1.0", 1)).await, fleet.release(version("2.0", 2)).await);
    fleet.start(&new, everybody()).await;
    let late = fleet.start(&old, everybody()).await;
    let progress = fleet.progress(late).await;
    assert_eq!((progress.campaign.skipped, progress.campaign.state), (1, CampaignState::Finished));
    assert_eq!(fleet.pending(0).await.release.unwrap().uid, new.uid);
}

#[tokio::test]
async fn pause_holds_and_cancel_takes_back() {
    let fleet = Fleet::new(4).await;
    let release = fleet.release(version("2.0", 2)).await;
    let uid = fleet.start(&release, everybody()).await;
    let rows = [fleet.active(0).await.unwrap(), fleet.active(1).await.unwrap(), fleet.active(2).await.unwrap()];
    action::offer(rows[1], &fleet.device(1).await, fleet.cx()).await.unwrap();
    action::offer(rows[2], &fleet.device(2).await, fleet.cx()).await.unwrap();
    fleet.say(2, rows[2], Execution::Proceeding, Finished::None).await.unwrap();
    let maker = fleet.world.maker();
    campaign::act(uid, Act::Pause, &maker, fleet.cx()).await.unwrap();
    assert_eq!(fleet.active(0).await, None);
    assert_eq!(refusal(action::offer(rows[0], &fleet.device(0).await, fleet.cx()).await).0, Kind::NotFound);
    assert_eq!(fleet.active(1).await, Some(rows[1]), "who began goes on");
    campaign::act(uid, Act::Resume, &maker, fleet.cx()).await.unwrap();
    assert_eq!(fleet.active(0).await, Some(rows[0]));
    campaign::act(uid, Act::Cancel(Some("wrong file".into())), &maker, fleet.cx()).await.unwrap();
    assert_eq!(fleet.active(0).await, None, "at once");
    fleet.turn().await;
    let counts = fleet.counts(uid).await;
    let [cancelled, cancelling, installing] =
        [ActionState::Cancelled, ActionState::Cancelling, ActionState::Installing].map(|state| counts.of(state));
    assert_eq!((cancelled, cancelling, installing), (2, 1, 1), "what writes its flash is left alone");
    let (one, two) = (fleet.device(1).await, fleet.device(2).await);
    assert_eq!(action::cancelling(rows[1], &one, fleet.cx()).await.unwrap().state, ActionState::Cancelling);
    assert_eq!(refusal(action::offer(rows[1], &one, fleet.cx()).await).0, Kind::NotFound);
    let yes = || said(Execution::Closed, Finished::Success);
    assert_eq!(refusal(action::cancel_feedback(rows[2], &two, yes(), fleet.cx()).await).1, "not_cancelling");
    action::cancel_feedback(rows[1], &one, yes(), fleet.cx()).await.unwrap();
    assert_eq!(refusal(action::cancel_feedback(rows[1], &one, yes(), fleet.cx()).await).1, "closed");
    assert!(fleet.progress(uid).await.campaign.settled);
    assert_eq!(refusal(campaign::act(uid, Act::Resume, &maker, fleet.cx()).await), (Kind::Conflict, "campaign"));
    fleet.counts(uid).await;
}

/// A device that never asks holds a campaign open for as long as somebody wants; cancelling it is its end.
#[tokio::test]
async fn a_campaign_that_waits_for_silent_devices_is_ended_by_hand() {
    let fleet = Fleet::new(3).await;
    let (release, maker) = (fleet.release(version("2.0", 2)).await, fleet.world.maker());
    let most = NewGroup { extent: Extent::Share(Share::ALL), success: Some(30) };
    let uid = fleet.start(&release, NewCampaign { groups: vec![most], ..NewCampaign::default() }).await;
    fleet.update(0, "2.0").await;
    let row = fleet.active(1).await.unwrap();
    action::offer(row, &fleet.device(1).await, fleet.cx()).await.unwrap();
    fleet.pass(60 * 24 * 365);
    fleet.turn().await;
    let progress = fleet.progress(uid).await;
    assert_eq!(progress.campaign.state, CampaignState::Running, "{:?}", progress.campaign.reason);
    let given_up = Act::Cancel(Some("the last one is given up".into()));
    campaign::act(uid, given_up, &maker, fleet.cx()).await.unwrap();
    fleet.turn().await;
    let (campaign, counts) = (fleet.progress(uid).await.campaign, fleet.counts(uid).await);
    assert_eq!((campaign.state, campaign.settled, campaign.busy), (CampaignState::Cancelled, true, 0));
    let ended = [ActionState::Done, ActionState::Overdue, ActionState::Cancelled].map(|state| counts.of(state));
    assert_eq!((ended, counts.total()), ([1, 1, 1], 3));
    let newer = fleet.release(version("2.1", 2)).await;
    let next = fleet.start(&newer, everybody()).await;
    for i in 0..3 {
        assert_eq!(fleet.pending(i).await.release.unwrap().uid, newer.uid, "device {i} is free for the next");
    }
    assert_eq!(fleet.counts(next).await.of(ActionState::Offered), 3);
}

#[tokio::test]
async fn no_more_at_once_than_was_said() {
    let fleet = Fleet::new(3).await;
    let release = fleet.release(version("2.0", 2)).await;
    let uid = fleet.start(&release, NewCampaign { at_once: Some(1), ..everybody() }).await;
    let rows = [fleet.active(0).await.unwrap(), fleet.active(1).await.unwrap()];
    let (one, two) = (fleet.device(0).await, fleet.device(1).await);
    let (first, second) =
        tokio::join!(action::offer(rows[0], &one, fleet.cx()), action::offer(rows[1], &two, fleet.cx()));
    let late = usize::from(first.is_ok());
    assert_eq!(first.is_ok(), second.is_err(), "one place");
    assert_eq!(fleet.active(late).await, None, "not now");
    fleet.counts(uid).await;
    let first = 1 - late;
    fleet.say(first, rows[first], Execution::Closed, Finished::Failure).await.unwrap();
    assert_eq!(fleet.active(late).await, Some(rows[late]));
    fleet.counts(uid).await;
}

#[tokio::test]
async fn consent_is_asked_for_given_and_taken_back() {
    let fleet = Fleet::new(2).await;
    let release = fleet.release(version("2.0", 2)).await;
    let standing = fleet.device(1).await;
    let by = AutoConfirm { initiator: Some("user".into()), remark: None };
    action::auto_confirm(&standing, Some(by.clone()), fleet.cx()).await.unwrap();
    assert_eq!(refusal(action::auto_confirm(&standing, Some(by.clone()), fleet.cx()).await).1, "auto_confirm");
    let uid = fleet.start(&release, NewCampaign { consent: true, ..everybody() }).await;
    let counts = fleet.counts(uid).await;
    assert_eq!((counts.of(ActionState::Confirming), counts.of(ActionState::Offered)), (1, 1));
    let device = fleet.device(0).await;
    let row = fleet.active(0).await.unwrap();
    assert_eq!(refusal(action::offer(row, &device, fleet.cx()).await).0, Kind::NotFound);
    assert_eq!(refusal(fleet.say(0, row, Execution::Proceeding, Finished::None).await).0, Kind::NotFound);
    action::confirm(row, &device, false, vec!["not today".into()], fleet.cx()).await.unwrap();
    assert_eq!(action::confirming(row, &device, fleet.cx()).await.unwrap().0.state, ActionState::Confirming);
    action::confirm(row, &device, true, Vec::new(), fleet.cx()).await.unwrap();
    action::offer(row, &device, fleet.cx()).await.unwrap();
    action::confirm(row, &device, false, Vec::new(), fleet.cx()).await.unwrap();
    assert_eq!(fleet.counts(uid).await.of(ActionState::Confirming), 1, "taken back before it installs");
    action::auto_confirm(&device, Some(by), fleet.cx()).await.unwrap();
    assert_eq!(fleet.counts(uid).await.of(ActionState::Offered), 2);
    assert!(action::auto_confirm_of(&device, fleet.cx()).await.unwrap().is_some());
    action::auto_confirm(&device, None, fleet.cx()).await.unwrap();
    assert_eq!(action::auto_confirm_of(&device, fleet.cx()).await.unwrap(), None);
}

#[tokio::test]
async fn attributes_are_bounded() {
    let fleet = Fleet::new(1).await;
    let device = fleet.device(0).await;
    let put = |mode, values: Vec<(String, Option<&str>)>| {
        let values = values.into_iter().map(|(name, value)| (name, value.map(str::to_owned))).collect();
        action::attributes(&device, mode, values, fleet.cx())
    };
    put(Mode::Merge, (0..100).map(|i| (format!("n{i}"), Some("v"))).collect()).await.unwrap();
    assert_eq!(refusal(put(Mode::Merge, vec![("more".into(), Some("v"))]).await), (Kind::Throttled, "too_many"));
    put(Mode::Remove, vec![("n0".into(), Some("whatever")), ("n1".into(), None)]).await.unwrap();
    put(Mode::Merge, vec![("more".into(), Some("v")), ("n2".into(), None)]).await.unwrap();
    let known = action::attributes_of(&device, fleet.cx()).await.unwrap();
    assert!(known.len() == 98 && known.contains_key("more") && !known.contains_key("n2"));
    put(Mode::Replace, vec![("hw".into(), Some("2"))]).await.unwrap();
    assert_eq!(action::attributes_of(&device, fleet.cx()).await.unwrap().len(), 1);
    assert_eq!(refusal(put(Mode::Merge, vec![("x".repeat(129), Some("v"))]).await).1, "attributes");
    assert_eq!(refusal(put(Mode::Merge, vec![("version".into(), Some("版"))]).await).1, "version");
}

#[tokio::test]
async fn only_numbers_within_reach_are_taken_and_nothing_twice() {
    let fleet = Fleet::new(3).await;
    let release = fleet.release(version("2.0", 2)).await;
    let asked = |numbers: Vec<Number>| Asked { release: release.uid, numbers, new: everybody(), ..Asked::default() };
    let maker = fleet.world.maker();
    let nobody = Number::parse("1A44-2E85-WA3K-52TB").unwrap();
    let foreign = campaign::create(asked(vec![nobody]), None, &maker, fleet.cx()).await;
    assert_eq!(refusal(foreign).1, "select");
    let two = vec![fleet.devices[2].1, fleet.devices[0].1, fleet.devices[2].1];
    let created = campaign::create(asked(two.clone()), Some("once"), &maker, fleet.cx()).await.unwrap();
    let again = campaign::create(asked(two), Some("once"), &maker, fleet.cx()).await.unwrap();
    assert_eq!(created.campaign.uid, again.campaign.uid);
    assert_eq!(refusal(campaign::create(asked(vec![]), Some("once"), &maker, fleet.cx()).await).1, "idempotency_key");
    fleet.turn().await;
    assert_eq!(fleet.counts(created.campaign.uid).await.total(), 2);
    assert_eq!(fleet.active(1).await, None);
}

/// The simulation of the domain, smaller, through store and job: 5 % break, the rule stops, a finding says so.
#[tokio::test]
async fn a_bad_release_is_stopped_and_taken_back() {
    const SIZE: usize = 600;
    let fleet = Arc::new(Fleet::new(SIZE as u32).await);
    let release = fleet.release(version("2.0", 2)).await;
    // groups large enough that one failure says nothing, and so many that an unlucky draw of the first ones does not matter
    let groups = [60, 120, 180, 240, 300, 360, 420, 480]
        .map(|devices| NewGroup { extent: Extent::Devices(devices), success: None })
        .to_vec();
    let uid = fleet.start(&release, NewCampaign { groups, ..NewCampaign::default() }).await;
    let mut hurt = 0;
    let mut silent = std::collections::HashSet::new();
    for round in 0..60 {
        for i in 0..SIZE {
            let Some(row) = fleet.active(i).await else { continue };
            if silent.contains(&i) {
                continue;
            }
            let device = fleet.device(i).await;
            action::offer(row, &device, fleet.cx()).await.unwrap();
            match i % 20 {
                7 if i % 40 == 7 => {
                    hurt += 1;
                    fleet.say(i, row, Execution::Closed, Finished::Failure).await.unwrap();
                }
                7 => {
                    hurt += 1;
                    silent.insert(i);
                }
                _ => {
                    fleet.say(i, row, Execution::Closed, Finished::Success).await.unwrap();
                    fleet.report(i, "2.0").await;
                }
            }
        }
        fleet.pass(5);
        fleet.turn().await;
        fleet.counts(uid).await;
        if fleet.progress(uid).await.campaign.state == CampaignState::Stopped {
            println!("{SIZE} devices through the store: stopped in round {round}, {hurt} were hurt");
            break;
        }
    }
    let progress = fleet.progress(uid).await;
    assert_eq!(progress.campaign.state, CampaignState::Stopped);
    assert!(hurt < SIZE / 20, "{hurt} of the {} that would break", SIZE / 20);
    let found = finding::list(None, (0, 10), &fleet.world.maker(), fleet.cx()).await.unwrap();
    assert!(found.iter().any(|seen| seen.finding.kind == "campaign_stopped" && seen.finding.level == 4));
    assert_eq!(fleet.counts(uid).await.waiting(), 0, "nothing is offered any more");
}

/// 0.2 % break: every group is gone through.
#[tokio::test]
async fn a_good_release_reaches_everybody() {
    const SIZE: usize = 500;
    let fleet = Fleet::new(SIZE as u32).await;
    let release = fleet.release(version("2.0", 2)).await;
    let uid = fleet.start(&release, NewCampaign::default()).await;
    for _ in 0..20 {
        for i in 0..SIZE {
            if let Some(row) = fleet.active(i).await {
                if i == 137 {
                    fleet.say(i, row, Execution::Closed, Finished::Failure).await.unwrap();
                } else {
                    fleet.update(i, "2.0").await;
                }
            }
        }
        fleet.turn().await;
    }
    let progress = fleet.progress(uid).await;
    let counts = fleet.counts(uid).await;
    assert_eq!((counts.of(ActionState::Done), counts.of(ActionState::Failed)), (SIZE as u32 - 1, 1));
    assert_eq!(progress.campaign.state, CampaignState::Finished);
    assert!(progress.groups.iter().all(|group| group.counts.total() > 0), "every group had its devices");
}

/// An owner rolls out, hands its devices on, and is forgotten with its campaign.
#[tokio::test]
async fn what_is_under_way_ends_with_the_owner() {
    let fleet = Fleet::new(2).await;
    let (cx, maker) = (fleet.cx(), fleet.world.maker());
    let kinds = tegata_domain::organisation::OrganisationKind::Operator;
    let (organisation, owner) = fleet.world.enter("Ephemeral Ltd", kinds).await;
    let (_, heir) = fleet.world.enter("Heirs", kinds).await;
    let release = fleet.release(version("1.1", 1)).await;
    for (_, number) in &fleet.devices {
        fleet.world.hand_over(*number, &maker, &owner).await;
    }
    let asked = Asked { release: release.uid, new: everybody(), ..Asked::default() };
    let uid = campaign::create(asked, None, &owner, cx).await.unwrap().campaign.uid;
    fleet.turn().await;
    let row = fleet.active(0).await.expect("it is rolled out");
    fleet.say(0, row, Execution::Proceeding, Finished::None).await.unwrap();
    let told = BTreeMap::from([("room".to_owned(), Some("bedroom".to_owned()))]);
    action::attributes(&fleet.device(0).await, Mode::Merge, told, cx).await.unwrap();
    for (_, number) in &fleet.devices {
        fleet.world.hand_over(*number, &owner, &heir).await;
    }
    assert_eq!((fleet.active(0).await, fleet.active(1).await), (None, None), "not the heir's wish");
    assert_eq!(refusal(campaign::by_uid(uid, &heir, cx).await).0, Kind::NotFound);
    fleet.turn().await;
    let erased = tegata_usecase::erasure::erase(organisation.uid, "Ephemeral Ltd", &owner, cx).await.unwrap();
    assert_eq!(erased.periods, 2);
    fleet.turn().await;
    assert_eq!(refusal(campaign::by_uid(uid, &maker, cx).await).0, Kind::NotFound);
    assert_eq!(traces(&fleet.world.data, &["Ephemeral Ltd", "bedroom"]), []);
    // devices go on with others
    let next = fleet.release(version("1.2", 1)).await;
    fleet.start(&next, everybody()).await;
    assert!(fleet.active(0).await.is_some());
}

/// What a device told while it was an erased owner's goes, in its maker's campaigns too; what it told before and after
/// stays.
#[tokio::test]
async fn what_an_erased_owners_device_told_its_maker_goes() {
    let fleet = Fleet::new(1).await;
    let (cx, maker, number) = (fleet.cx(), fleet.world.maker(), fleet.devices[0].1);
    let kind = tegata_domain::organisation::OrganisationKind::Operator;
    let (organisation, owner) = fleet.world.enter("Ephemeral Ltd", kind).await;
    let (_, heir) = fleet.world.enter("Heirs", kind).await;
    let mut rows = Vec::new();
    for (version_of, words) in
        [("1.1", "told to its maker"), ("1.2", "told in the bedroom"), ("1.3", "told to the heir")]
    {
        let release = fleet.release(version(version_of, 1)).await;
        let uid = fleet.start(&release, everybody()).await;
        let row = fleet.active(0).await.unwrap();
        let told = Feedback { details: vec![words.into()], ..said(Execution::Proceeding, Finished::None) };
        action::feedback(row, &fleet.device(0).await, told, cx).await.unwrap();
        rows.push(row);
        fleet.pass(1);
        match version_of {
            "1.1" => fleet.world.hand_over(number, &maker, &owner).await,
            "1.2" => fleet.world.hand_over(number, &owner, &heir).await,
            _ => {}
        }
        fleet.pass(1);
        campaign::act(uid, Act::Cancel(None), &maker, cx).await.ok();
    }
    tegata_usecase::erasure::erase(organisation.uid, "Ephemeral Ltd", &owner, cx).await.unwrap();
    let mut left = Vec::new();
    for row in rows {
        left.push(cx.store.action().messages(row, 10).await.unwrap());
    }
    assert_eq!(left, [vec!["told to its maker".to_owned()], vec![], vec!["told to the heir".to_owned()]]);
    assert_eq!(traces(&fleet.world.data, &["bedroom"]), []);
}

/// What a fill would take in, decided on what is known now.
async fn filling(fleet: &Fleet, uid: Uuid, i: usize) -> Fill {
    let progress = fleet.progress(uid).await;
    let (campaign, group) = (&progress.campaign, &progress.groups[0]);
    let row = fleet.cx().store.reserve(Row::Action, 1).await.unwrap();
    let device = fleet.device(i).await;
    let now = fleet.cx().now().unwrap();
    let action = campaign.offer(ActionRow(row), (device.row, group.number), false, now);
    let entries = vec![Entry { action, period: device.period, superseded: None }];
    let (from, to) = (group.cursor, device.row);
    Fill { campaign: campaign.row, group: group.number, from, to, filled: false, entries, skipped: 0 }
}

/// A fill and a claim, or an end, of one device at one moment: whichever commits first, nothing hidden stays live.
#[tokio::test]
async fn a_fill_that_comes_too_late_takes_nothing_in() {
    for retires in [false, true] {
        let fleet = Fleet::new(2).await;
        let (cx, maker, number) = (fleet.cx(), fleet.world.maker(), fleet.devices[0].1);
        let (_, owner) = fleet.world.enter("Owners", tegata_domain::organisation::OrganisationKind::Operator).await;
        let release = fleet.release(version("1.1", 1)).await;
        let asked = Asked { release: release.uid, new: everybody(), ..Asked::default() };
        let uid = campaign::create(asked, None, &maker, cx).await.unwrap().campaign.uid;
        // counted and opened, nobody taken in yet
        while fleet.progress(uid).await.groups[0].state != GroupState::Filling {
            assert!(campaign::turn(cx).await.unwrap());
        }
        let fill = filling(&fleet, uid, 0).await;
        match retires {
            false => fleet.world.hand_over(number, &maker, &owner).await,
            true => drop(device::act(number, device::Act::Retire, Saying::default(), &maker, cx).await.unwrap()),
        }
        let row = fill.to;
        let permit = Actor::Platform.permit(Operation::RunCampaign, Subject::default()).unwrap();
        let change = Change::of("", vec![Write::Fill(Box::new(fill))]);
        cx.store.save(change, &permit, cx.now().unwrap()).await.unwrap();
        assert!(cx.store.action().live_of(row).await.unwrap().is_none(), "retires {retires}");
        assert_eq!(fleet.progress(uid).await.campaign.skipped, 1, "and it is told");
    }
}

/// The other way round: a claim, or an end, that was decided before the fill is refused, and decided again.
#[tokio::test]
async fn an_end_that_does_not_know_the_fill_is_refused() {
    let fleet = Fleet::new(1).await;
    let (cx, maker, number) = (fleet.cx(), fleet.world.maker(), fleet.devices[0].1);
    let before = fleet.device(0).await;
    let release = fleet.release(version("1.1", 1)).await;
    fleet.start(&release, everybody()).await;
    assert!(fleet.active(0).await.is_some());
    let permit = Actor::Platform.permit(Operation::RunCampaign, Subject::default()).unwrap();
    let ended =
        Device { stage: tegata_domain::device::Stage::Retired, sequence: before.sequence + 1, ..before.clone() };
    let write = Write::Device { decided_on: before.sequence, device: Box::new(ended), events: Vec::new() };
    let refused = cx.store.save(Change::of("", vec![write]), &permit, cx.now().unwrap()).await.unwrap_err();
    assert!(matches!(refused, SaveError::Refused(Refused::Stale)), "{refused:?}");
    let (_, owner) = fleet.world.enter("Owners", tegata_domain::organisation::OrganisationKind::Operator).await;
    let code = transfer::offer(number, Offering::default(), &maker, cx).await.unwrap().code;
    transfer::claim(&code, &owner, cx).await.unwrap();
    assert!(cx.store.action().live_of(before.row).await.unwrap().is_none(), "the whole claim ends it");
}
