//! At the end, with all well: what every node says, what the database holds, and what two verifiers say of the logs.

use crate::bed::{Bed, NODES};
use crate::check;
use crate::fault::consistent;
use crate::fleet::{Counts, Member};
use crate::load::Load;
use serde_json::Value;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::Ordering::SeqCst;
use std::time::{SystemTime, UNIX_EPOCH};
use tegata_domain::action::ActionState;
use tegata_domain::ledger::Log;
use tegata_domain::time::Timestamp;
use tegata_testkit::{factory, wait};

/// What must be nothing.
const NONE: [(&str, &str); 7] = [
    (
        "devices with two certificates of birth",
        "select device from certificate where kind = 0 group by device having count(*) > 1",
    ),
    (
        "batches that count other than they issued",
        "select id from batch b where issued <> (select count(*) from device d where d.batch = b.id)",
    ),
    ("batches that issued more than they permit", "select id from batch where issued > quantity"),
    ("logs with a gap", "select log from leaf group by log having max(idx) + 1 <> count(*)"),
    (
        "events without their leaf",
        "select e.device from event e left join leaf l on l.log = 1 and l.idx = e.idx and l.item = e.device and l.sequence = e.sequence where l.idx is null",
    ),
    (
        "leaves that are signed and absent",
        "select id from log where size > (select count(*) from leaf where leaf.log = log.id)",
    ),
    (
        "devices whose head is not their last event",
        "select id from device d where sequence <> (select max(sequence) from event e where e.device = d.id)",
    ),
];

/// Groups whose counters are not those of their actions, and campaigns that count others as busy.
fn miscounted() -> [(&'static str, String); 2] {
    let of = |filter: &str| format!("(select count(*) from action a where {filter})");
    let group = |state: &ActionState| {
        let one = format!("a.campaign = g.campaign and a.number = g.number and a.state = {}", *state as u8);
        format!("g.{} <> {}", state.name(), of(&one))
    };
    let wrong: Vec<String> = ActionState::ALL.iter().map(group).collect();
    let busy = ActionState::ALL.iter().filter(|state| state.is_busy()).map(|state| (*state as u8).to_string());
    let busy = format!("a.campaign = c.id and a.state in ({})", busy.collect::<Vec<_>>().join(", "));
    [
        (
            "groups that count other than their actions",
            format!("select 1 from campaign_group g where {}", wrong.join(" or ")),
        ),
        ("campaigns that count other devices as busy", format!("select 1 from campaign c where busy <> {}", of(&busy))),
    ]
}

/// The fleet ran every release that it was offered, once and in order; each campaign is there once and came to its end;
/// copies were found out, and nobody else was taken for one; the last signs of life are what every node shows.
fn fleet(load: &Load) -> String {
    let mut fleet: Vec<Member> = std::mem::take(&mut *load.fleet.lock().unwrap()).into_iter().flatten().collect();
    let campaigner = load.campaigner.lock().unwrap();
    wait::until("the last campaign ends", || {
        fleet.iter_mut().for_each(|member| member.round(&load.targets[0]).expect("all is well"));
        campaigner.has_ended(&load.targets[0]).filter(|ended| *ended)
    });
    let sorted = |mut all: Vec<String>| {
        all.sort();
        all
    };
    let column = |all: &[Value], name: &str| sorted(all.iter().map(|one| factory::text(one, name)).collect());
    for (begun, target) in campaigner.begun.iter().zip(load.targets.iter().cycle()) {
        let actions = target.api.all(&format!("/api/v1/campaigns/{}/actions", begun.id));
        assert_eq!(
            column(&actions, "number"),
            sorted(begun.numbers.clone()),
            "{}: one step for each device",
            begun.version
        );
        assert!(actions.iter().all(|action| action["state"] == "done"), "{}: {actions:?}", begun.version);
    }
    let of_fleet: Vec<String> = sorted(campaigner.begun.iter().map(|begun| begun.id.clone()).collect());
    let mut twins = sorted(load.twins.lock().unwrap().clone());
    twins.dedup();
    let since =
        Timestamp::from_millis(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis() as i64).rfc3339();
    fleet.iter_mut().for_each(|member| member.beat(&load.targets[1]).expect("all is well"));
    for target in &load.targets {
        let there = column(&target.api.all("/api/v1/campaigns"), "id");
        assert!(of_fleet.iter().all(|id| there.contains(id)) && !there.windows(2).any(|two| two[0] == two[1]));
        let findings = target.api.all("/api/v1/findings");
        let found = |kind: &str| findings.iter().filter(|f| f["kind"] == kind).cloned().collect::<Vec<_>>();
        assert_eq!(column(&found("two_bodies"), "device"), twins, "copies are found out, once each");
        for member in &fleet {
            let none = findings.iter().all(|finding| finding["device"] != *member.number);
            assert!(none, "{}: {findings:?}", member.number);
            wait::until("a node shows the last sign of life", || {
                let view = target.api.get(&format!("/api/v1/devices/{}", member.number)).expect(200).json();
                view["seen_at"].as_str().filter(|at| *at >= since.as_str()).map(drop)
            });
        }
    }
    for member in &fleet {
        let events = load.targets[2].api.get(&format!("/api/v1/devices/{}/events?limit=1000", member.number)).json();
        let ran = events["items"].as_array().unwrap().iter().filter(|event| event["kind"] == "updated");
        let ran: Vec<String> = ran.map(|event| factory::text(&event["data"], "version")).collect();
        assert_eq!(ran, member.ran, "{}: what it ran, in order and once each", member.number);
        let offered = campaigner.begun.iter().filter(|begun| begun.numbers.contains(&member.number)).count();
        assert_eq!(member.ran.len(), offered + 1, "{}: all that it was offered", member.number);
    }
    let sum = |count: fn(&Counts) -> usize| fleet.iter().map(|member| count(&member.counts)).sum::<usize>();
    let actions: usize = campaigner.begun.iter().map(|begun| begun.numbers.len()).sum();
    assert!(actions > 0 && !twins.is_empty(), "campaigns ran, and copies were made");
    format!(
        "{} heartbeats, {} polls and {} look-ups of {} devices in the field; {} campaigns with {actions} updates, none \
         lost or twice; {} copies found out; {} times last signs of life stayed or grew",
        sum(|counts| counts.beats),
        sum(|counts| counts.polls),
        sum(|counts| counts.lookups),
        fleet.len(),
        campaigner.begun.len(),
        twins.len(),
        load.grown.load(SeqCst),
    )
}

/// All checks; the counts as a text.
pub fn check(bed: &Bed, load: &Load, verifier: &Path) -> String {
    let mut lines = std::mem::take(&mut *load.lines.lock().unwrap());
    assert_eq!(lines.len(), NODES.len(), "no line panicked");
    let again = check::finish(&mut lines, &load.targets[0], &load.memory);
    let history = &load.history;
    let field = fleet(load);
    let known = load.memory.known();
    let none = NONE.map(|(what, sql)| (what, sql.to_owned()));
    for (what, sql) in none.into_iter().chain(miscounted()) {
        assert_eq!(bed.number(&format!("select count(*) from ({sql}) t")), 0, "{what}");
    }
    let apis: Vec<_> = load.targets.iter().map(|target| target.api.clone()).collect();
    let listed = check::listed(&apis[0], &known);
    for api in &apis[1..] {
        assert_eq!(check::listed(api, &known), listed, "all nodes list the same");
        check::batches(api, &known);
    }
    let views = check::views(&apis[1], &known);
    check::field(&apis[2], &known, &views);
    let leaves: u64 = listed.values().map(|sequence| u64::from(*sequence)).sum();
    let mut proofs = 0;
    for (node, api) in NODES.into_iter().zip(&apis) {
        let [facts, devices] = history.readers(bed.plain(node));
        let entries = check::settled(&devices, leaves, history);
        proofs += check::lives(api, &known, &entries, &history.keys);
        history.recompute(&facts);
        consistent(node, bed, load);
    }
    let revoked = check::crls(&bed.plain(NODES[0]), &known);
    let foreign = verified(bed, &load.notes.lock().unwrap(), &history.keys, verifier);
    assert!(known.devices.len() > 300 && known.enrolled.len() > 30 && known.acts.len() > 30, "enough was done");
    format!(
        "{} devices acknowledged and there once, {} asked again ({again} at the end), {} operational certificates, {} \
         acts, {revoked} revocations, {} products; {leaves} leaves, {} checkpoints seen, {proofs} proofs, {foreign} \
         older checkpoints that Go takes for beginnings of the logs; {field}",
        known.devices.len(),
        known.again,
        known.enrolled.len(),
        known.acts.len(),
        known.products.len(),
        history.count(),
    )
}

/// The foreign verifier reads both logs of every node, as continuations of checkpoints that were seen on the way.
fn verified(bed: &Bed, notes: &[std::collections::BTreeMap<u64, String>; 2], keys: &str, verifier: &Path) -> usize {
    const SAMPLE: usize = 20;
    let (keys_file, old) = (bed.folder().join("keys"), bed.folder().join("old"));
    std::fs::write(&keys_file, keys).unwrap();
    let mut count = 0;
    for log in Log::ALL {
        let notes: Vec<&String> = notes[log as usize].values().collect();
        for (i, note) in notes.iter().enumerate().step_by(notes.len().div_ceil(SAMPLE)) {
            std::fs::write(&old, note).unwrap();
            let url = format!("http://127.0.0.1:{}/ledger/{}", 28080 + NODES[i % NODES.len()], log.name());
            let mut go = Command::new(verifier);
            let output = go.args(["-url", &url, "-keys"]).arg(&keys_file).arg("-old").arg(&old).output().unwrap();
            let said = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "{url}: {said}\n{note}");
            count += 1;
        }
    }
    count
}
