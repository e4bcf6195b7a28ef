//! Campaigns: what comes next, and whole campaigns played in memory.

use super::*;
use crate::action::{Execution, Feedback, Finished};
use proptest::prelude::*;
use std::collections::BTreeMap;

const START: i64 = 1_800_000_000_000;

fn now() -> Timestamp {
    Timestamp::from_millis(START)
}

fn release() -> Release {
    Release {
        row: ReleaseRow(1),
        uid: Uuid::nil(),
        product: ProductRow(1),
        organisation: OrganisationRow(1),
        version: "2.0".into(),
        security_version: 1,
        remedy: false,
        file_name: "image".into(),
        size: 1,
        sha256: [0; 32],
        sha1: [0; 20],
        md5: [0; 16],
        signature: Vec::new(),
        key: None,
        created_at: now(),
    }
}

fn campaign(seed: u64) -> Campaign {
    Campaign {
        row: CampaignRow(1),
        uid: Uuid::from_u64_pair(seed, seed ^ 0x5555),
        organisation: OrganisationRow(1),
        release: ReleaseRow(1),
        product: ProductRow(1),
        by_maker: true,
        state: CampaignState::Running,
        reason: None,
        moves: 0,
        selection: Selection::default(),
        forced: true,
        consent: false,
        span: Duration::from_secs(1800),
        rule: StopRule { limit: Share::hundredths(LIMIT_DEFAULT), least: LEAST_DEFAULT },
        at_once: u32::MAX,
        busy: 0,
        targets: None,
        current: 0,
        skipped: 0,
        settled: false,
        created_at: now(),
        ended_at: None,
    }
}

fn planned(new: &NewCampaign, seed: u64, targets: u32) -> Vec<Group> {
    let (mut groups, mut places) = (new.groups(), Places::default());
    let uid = campaign(seed).uid;
    (1..=i64::from(targets)).for_each(|device| places.add(place(uid, DeviceRow(device))));
    plan(&mut groups, targets, &places);
    groups
}

/// How many of `targets` a group would take if it looked at all of them.
fn taken(groups: &[Group], seed: u64, targets: u32) -> Vec<u32> {
    let uid = campaign(seed).uid;
    let (mut left, mut sizes): (Vec<i64>, Vec<u32>) = ((1..=i64::from(targets)).collect(), Vec::new());
    for group in groups {
        let mut size = 0;
        left.retain(|device| {
            let takes = size < group.size && place(uid, DeviceRow(*device)) <= group.threshold;
            size += u32::from(takes);
            !takes
        });
        sizes.push(size);
    }
    sizes
}

#[test]
fn groups_take_what_they_say() {
    let new = NewCampaign::default();
    for (targets, expected) in [
        (20_000, vec![50, 150, 800, 4000, 15_000]),
        (20, vec![1, 1, 1, 2, 15]),
        (3, vec![1, 1, 1, 0, 0]),
        (1, vec![1, 0, 0, 0, 0]),
    ] {
        assert_eq!(taken(&planned(&new, 7, targets), 7, targets), expected, "{targets}");
    }
    let group = |extent| NewGroup { extent, success: None };
    let groups = vec![group(Extent::Devices(10)), group(Extent::Share(Share::hundredths(5000)))];
    let new = NewCampaign { groups, ..NewCampaign::default() };
    assert_eq!(taken(&planned(&new, 8, 1000), 8, 1000), [10, 490, 500], "the rest gets a group of its own");
}

#[test]
fn what_cannot_be_said_of_a_campaign() {
    let share = |hundredths| NewGroup { extent: Extent::Share(Share::hundredths(hundredths)), success: None };
    let devices = |count| NewGroup { extent: Extent::Devices(count), success: None };
    let groups = |groups: Vec<NewGroup>| NewCampaign { groups, ..NewCampaign::default() }.check();
    assert_eq!(groups(vec![devices(5), devices(50), share(5000), share(10_000)]), Ok(()));
    for wrong in [vec![share(5000), share(5000)], vec![share(100), devices(5)], vec![devices(0)]] {
        assert_eq!(groups(wrong), Err(CampaignError::Order));
    }
    assert_eq!(groups(vec![NewGroup { success: Some(0), ..share(100) }]), Err(CampaignError::Success));
    assert_eq!(groups((1..=51).map(devices).collect()), Err(CampaignError::Groups));
    let span = |seconds| NewCampaign { span: Some(Duration::from_secs(seconds)), ..NewCampaign::default() }.check();
    assert_eq!((span(60), span(59)), (Ok(()), Err(CampaignError::Span)));
    assert_eq!(NewCampaign { at_once: Some(0), ..NewCampaign::default() }.check(), Err(CampaignError::AtOnce));
}

#[test]
fn which_devices_are_met() {
    let (release, mut campaign) = (release(), campaign(1));
    let device = Candidate {
        device: DeviceRow(9),
        product: ProductRow(1),
        stage: Stage::InUse,
        condition: Condition::Well,
        confirmed: true,
        version: Some("1.0".into()),
        period: 0,
    };
    let check = |campaign: &Campaign, candidate: &Candidate, release: &Release, expected| {
        assert_eq!(campaign.meets(candidate, release), expected, "{candidate:?}");
    };
    check(&campaign, &device, &release, Meets::Yes);
    check(&campaign, &Candidate { version: None, ..device.clone() }, &release, Meets::Yes);
    check(&campaign, &Candidate { version: Some("2.0".into()), ..device.clone() }, &release, Meets::Current);
    check(&campaign, &Candidate { product: ProductRow(2), ..device.clone() }, &release, Meets::No);
    check(&campaign, &Candidate { stage: Stage::Retired, ..device.clone() }, &release, Meets::No);
    check(&campaign, &Candidate { confirmed: false, ..device.clone() }, &release, Meets::No);
    let held = Candidate { condition: Condition::Recalled, ..device.clone() };
    check(&campaign, &held, &release, Meets::No);
    check(&campaign, &held, &Release { remedy: true, ..release.clone() }, Meets::Yes);
    campaign.selection.version = Some("1.1".into());
    check(&campaign, &device, &release, Meets::No);
    campaign.selection = Selection { devices: vec![DeviceRow(8)], ..Selection::default() };
    check(&campaign, &device, &release, Meets::No);
    campaign.selection = Selection { stage: Some(Stage::Made), ..Selection::default() };
    check(&campaign, &device, &release, Meets::No);
    let tenth = Selection { share: Some(Share::hundredths(1000)), ..Selection::default() };
    campaign.selection = tenth;
    let met = (1..=10_000)
        .filter(|row| campaign.meets(&Candidate { device: DeviceRow(*row), ..device.clone() }, &release) == Meets::Yes);
    assert!((900..1100).contains(&met.count()), "a tenth");
}

fn filled(number: u32, counts: &[(ActionState, u32)]) -> Group {
    let mut group = NewCampaign::default().groups().remove(number as usize - 1);
    group.state = GroupState::Filled;
    counts.iter().for_each(|(state, count)| group.counts.0[*state as usize] = *count);
    group
}

#[test]
fn what_comes_next() {
    use ActionState::{Done, Failed, Offered, Overdue, Retrieved};
    let running = Campaign { targets: Some(20_000), ..campaign(1) };
    let next = |counts: &[(ActionState, u32)]| {
        let mut groups = NewCampaign::default().groups();
        groups[0] = filled(1, counts);
        running.turn(&groups)
    };
    assert_eq!(campaign(1).turn(&NewCampaign::default().groups()), Turn::Survey);
    assert_eq!(running.turn(&NewCampaign::default().groups()), Turn::Open(1));
    assert_eq!(next(&[(Done, 50)]), Turn::Open(2));
    assert_eq!(next(&[(Done, 45), (Offered, 5)]), Turn::Open(2), "unreached is no failure");
    assert_eq!(next(&[(Done, 44), (Offered, 6)]), Turn::Wait);
    assert_eq!(next(&[(Done, 45), (Retrieved, 5)]), Turn::Wait, "five that are out might all fail");
    assert_eq!(next(&[(Done, 48), (Retrieved, 2)]), Turn::Open(2));
    assert!(matches!(next(&[(Done, 40), (Failed, 2), (Overdue, 2)]), Turn::Stop(_)), "silence counts");
    let small = Campaign { targets: Some(4), ..campaign(1) };
    let groups = [filled(1, &[(Done, 0), (Failed, 1)])];
    let Turn::Stop(why) = small.turn(&groups) else { panic!("a group that is through without success") };
    assert_eq!(why, "only 0 of 1 devices of group 1 run the release; it takes 90 %");
    let none = Campaign { targets: Some(0), current: 7, ..campaign(1) };
    let Turn::Finish(Some(why)) = none.turn(&groups) else { panic!("nothing to do") };
    assert!(why.contains("7 of the product"), "{why}");
    let paused = running.clone().pause().unwrap();
    assert_eq!(paused.turn(&[filled(1, &[(Done, 50)])]), Turn::Wait);
    assert!(matches!(paused.turn(&[filled(1, &[(Failed, 9)])]), Turn::Stop(_)));
    let last = [filled(5, &[(Done, 97), (Failed, 1)])];
    assert_eq!(Campaign { targets: Some(98), ..campaign(1) }.turn(&last), Turn::Finish(None));
}

#[test]
fn an_end_stays() {
    let ended = campaign(1).cancel(Some("no".into()), now()).unwrap();
    assert_eq!(ended.turn(&[]), Turn::Withdraw);
    assert_eq!(ended.clone().cancel(None, now()).unwrap(), ended, "a second time changes nothing");
    assert_eq!(ended.clone().resume(), Err(CampaignError::Ended("cancelled")));
    let stopped = campaign(1).stop("bad".into(), now());
    assert_eq!(stopped.clone().cancel(None, now()), Err(CampaignError::Ended("stopped")));
    assert_eq!(stopped.pause(), Err(CampaignError::Ended("stopped")));
    assert_eq!(campaign(1).pause().unwrap().resume().unwrap(), campaign(1));
}

proptest! {
    /// Sizes add up, whatever the groups and the fleet.
    #[test]
    fn every_target_is_taken_once(shares in prop::collection::btree_set(1u32..10_000, 0..6), targets in 1u32..3000, seed: u64) {
        let group = |share: &u32| NewGroup { extent: Extent::Share(Share::hundredths(*share)), success: None };
        let new = NewCampaign { groups: shares.iter().map(group).collect(), ..NewCampaign::default() };
        prop_assert_eq!(new.check(), Ok(()));
        let groups = planned(&new, seed, targets);
        let sizes = taken(&groups, seed, targets);
        prop_assert_eq!(sizes.iter().sum::<u32>(), targets);
        let mut come = 0;
        for (size, group) in sizes.iter().zip(&groups) {
            let Extent::Share(share) = group.extent else { unreachable!() };
            let least = share.of(targets);
            prop_assert!((least..=least.max(come + 1)).contains(&(come + size)), "{sizes:?}");
            come += size;
        }
    }
}

/// How a device behaves.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    Well,
    Fails,
    Silent,
}

/// SplitMix64.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, below: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % below
    }
}

/// A fleet of devices that poll every five minutes, each in its own minute.
struct Fleet {
    campaign: Campaign,
    groups: Vec<Group>,
    ways: Vec<Way>,
    actions: BTreeMap<i64, Action>,
    minute: u64,
}

const POLL: u64 = 5;

impl Fleet {
    fn new(seed: u64, size: u32, broken_per_10000: u64) -> Self {
        let mut dice = Dice(seed);
        let way = |_| match dice.roll(20_000) {
            roll if roll < broken_per_10000 => Way::Fails,
            roll if roll < 2 * broken_per_10000 => Way::Silent,
            _ => Way::Well,
        };
        Fleet {
            ways: (0..size).map(way).collect(),
            groups: planned(&NewCampaign::default(), seed, size),
            campaign: Campaign { targets: Some(size), ..campaign(seed) },
            actions: BTreeMap::new(),
            minute: 0,
        }
    }

    fn now(&self) -> Timestamp {
        now().plus(Duration::from_secs(60 * self.minute))
    }

    fn step(&mut self, device: i64, after: Action) {
        let before = self.actions[&device].state;
        self.groups[after.group as usize - 1].counts.moved(Some(before), after.state);
        self.actions.insert(device, after);
    }

    /// What the job does; false once the campaign ended.
    fn turn(&mut self) -> bool {
        let now = self.now();
        let due: Vec<Action> = self.actions.values().filter_map(|a| a.clone().overdue(now)).collect();
        due.into_iter().for_each(|action| self.step(action.device.0, action));
        loop {
            match self.campaign.turn(&self.groups) {
                Turn::Wait => return true,
                Turn::Open(number) => self.groups[number as usize - 1].state = GroupState::Filling,
                Turn::Fill(number) => self.fill(number),
                Turn::Stop(why) => {
                    self.campaign = self.campaign.clone().stop(why, now);
                    return false;
                }
                Turn::Finish(why) => {
                    self.campaign = self.campaign.clone().finish(why, now);
                    return false;
                }
                Turn::Survey | Turn::Withdraw => unreachable!(),
            }
        }
    }

    fn fill(&mut self, number: u32) {
        let now = self.now();
        let group = &mut self.groups[number as usize - 1];
        for device in 1..=self.ways.len() as i64 {
            let free = !self.actions.contains_key(&device);
            let takes = place(self.campaign.uid, DeviceRow(device)) <= group.threshold;
            if free && takes && group.counts.total() < group.size {
                let action = self.campaign.offer(ActionRow(device), (DeviceRow(device), number), false, now);
                group.counts.moved(None, action.state);
                self.actions.insert(device, action);
            }
        }
        group.state = GroupState::Filled;
    }

    /// A device polls, and goes one step on its way.
    fn poll(&mut self, device: i64) {
        let Some(action) = self.actions.get(&device).cloned() else { return };
        let now = self.now();
        let say = |execution, finished| Feedback { execution, finished, code: None, details: vec![], progress: None };
        let way = self.ways[device as usize - 1];
        let after = match (action.state, way) {
            (ActionState::Offered, _) => action.retrieve(now).ok(),
            (_, Way::Silent) => None,
            (ActionState::Retrieved, Way::Well) => action.answer(&say(Execution::Closed, Finished::Success), now).ok(),
            (ActionState::Retrieved, Way::Fails) => action.answer(&say(Execution::Closed, Finished::Failure), now).ok(),
            (ActionState::Installed, _) => action.reported(true, now),
            _ => None,
        };
        after.into_iter().for_each(|after| self.step(device, after));
    }

    /// Plays to the end; answers minutes and devices that the release hurt.
    fn play(&mut self) -> (u64, u32) {
        while self.turn() {
            assert!(self.minute < 60 * 24 * 14, "a campaign that does not end");
            let first = (self.minute % POLL) as usize;
            for device in (first..self.ways.len()).step_by(POLL as usize) {
                self.poll(device as i64 + 1);
            }
            self.minute += 1;
        }
        let began = |a: &&Action| a.begun_at.is_some() && self.ways[a.device.0 as usize - 1] != Way::Well;
        (self.minute, self.actions.values().filter(began).count() as u32)
    }
}

const FLEET: u32 = 20_000;
const SEEDS: u64 = 24;

/// 5 % of the devices break, half of them silently: the rule ends the campaign before 0.5 % of the fleet were hurt.
#[test]
fn a_bad_release_is_stopped_before_it_hurts_half_a_percent() {
    let mut hurts = Vec::new();
    let mut latest = 0;
    for seed in 1..=SEEDS {
        let mut fleet = Fleet::new(seed, FLEET, 500);
        let (minutes, hurt) = fleet.play();
        assert_eq!(fleet.campaign.state, CampaignState::Stopped, "seed {seed}");
        assert!(fleet.campaign.reason.is_some());
        assert!(hurt < FLEET / 200, "seed {seed}: {hurt} devices were hurt");
        hurts.push(hurt);
        latest = latest.max(minutes);
    }
    hurts.sort_unstable();
    let (median, most) = (hurts[hurts.len() / 2], hurts[hurts.len() - 1]);
    println!(
        "5 % of {FLEET} devices break: stopped in {SEEDS} of {SEEDS} seeds; hurt {} to {most}, median {median}, of \
         {} that may be; the latest stop after {latest} minutes",
        hurts[0],
        FLEET / 200
    );
}

/// 0.2 % of the devices break under a limit of 2 %: that is borne.
#[test]
fn a_good_release_comes_through() {
    let (mut finished, mut longest) = (0, 0);
    for seed in 1..=SEEDS {
        let mut fleet = Fleet::new(1000 + seed, FLEET, 20);
        let (minutes, _) = fleet.play();
        finished += u64::from(fleet.campaign.state == CampaignState::Finished);
        longest = longest.max(minutes);
    }
    println!(
        "0.2 % of {FLEET} devices break: finished in {finished} of {SEEDS} seeds; the longest took {longest} minutes"
    );
    assert!(finished >= SEEDS - 1, "finished in {finished} of {SEEDS}");
}
