//! Erasure of an owner: nothing of it is left in any file, all else goes on being proven, and a backup forgets again.

use crate::behind::{self, Behind};
use crate::world::World;
use std::path::{Path, PathBuf};
use tegata_domain::account::Account;
use tegata_domain::change::{Change, Write};
use tegata_domain::device::Stage;
use tegata_domain::finding::Finding;
use tegata_domain::id::{AccountRow, Uuid};
use tegata_domain::ledger::Log;
use tegata_domain::membership::Membership;
use tegata_domain::number::Number;
use tegata_domain::organisation::{Organisation, OrganisationKind};
use tegata_domain::permit::{Actor, Operation, Role, Subject};
use tegata_domain::person::PersonWrite;
use tegata_keys::request::request;
use tegata_store::Ended;
use tegata_usecase::certificate::identify;
use tegata_usecase::device::act::Saying;
use tegata_usecase::device::{Act, act, events};
use tegata_usecase::enrolment::enrol;
use tegata_usecase::erasure::{erase, replay};
use tegata_usecase::ledger::{keys, prove, prove_stamp, sequence};
use tegata_usecase::lookup;
use tegata_usecase::token::{self, NewToken};
use tegata_usecase::transfer::{self, Offering};
use tegata_usecase::{Cx, Kind};
use tegata_wire::life::Extra;
use tegata_wire::signed_note::Verifier;
use tegata_wire::tlog::leaf_hash;
use tegata_wire::tlog_proof::TlogProof;

/// What is nobody else's: its name, its words, its people.
const TRACES: [&str; 7] = [
    "Zephyrine Clinic",
    "because Quillon said so",
    "Ottoline the nurse",
    "ottoline@zephyrine",
    "zephyrine-nightly",
    "the pump of Thessaly",
    "Peregrine saw it",
];

fn says(words: &str) -> Saying {
    Saying { reason: Some(words.into()), ..Saying::default() }
}

/// Devices that one owner held.
struct Story {
    world: World,
    organisation: Organisation,
    owner: Actor,
    heir: Actor,
    numbers: Vec<Number>,
}

/// `devices` devices, on each of which the owner acts `rounds` times.
async fn told(devices: usize, rounds: usize) -> Story {
    let world = World::new().await;
    let (cx, maker) = (world.cx(), world.maker());
    let (organisation, owner) = world.enter(TRACES[0], OrganisationKind::Operator).await;
    let (_, heir) = world.enter("Heirs", OrganisationKind::Household).await;
    let ticket = world.ticket(1000).await;
    let serials: Vec<String> = (0..devices).map(|i| format!("E-{i}")).collect();
    let made = world.make(&ticket, &serials).await;
    let made: Vec<_> = made.into_iter().map(|(key, m)| (key, m.unwrap())).collect();
    let numbers: Vec<_> = made.iter().map(|(_, m)| Number::parse(&m.number).unwrap()).collect();
    for number in &numbers {
        act(*number, Act::Ship, says("packed with care"), &maker, cx).await.unwrap();
        world.hand_over(*number, &maker, &owner).await;
    }
    for _ in 0..rounds {
        for number in &numbers {
            act(*number, Act::Quarantine, says(TRACES[1]), &owner, cx).await.unwrap();
            act(*number, Act::Release, says(TRACES[2]), &owner, cx).await.unwrap();
        }
    }
    let idevid = identify(&made[0].1.certificate, cx).await.unwrap();
    enrol(&request(&made[0].0).unwrap(), idevid, false, cx).await.unwrap();
    people(&world, &organisation, &owner).await;
    // a letter that lies in the outbox
    tegata_usecase::notice::set_contact(Some(&format!("{}.example", TRACES[3])), None, &owner, cx).await.unwrap();
    act(numbers[1], Act::Recall, Saying::default(), &maker, cx).await.unwrap();
    act(numbers[1], Act::Repair, Saying::default(), &maker, cx).await.unwrap();
    tegata_usecase::notice::send_due(cx).await.unwrap();
    assert_eq!(std::fs::read_dir(world.data.join("outbox")).unwrap().count(), 1);
    Story { world, organisation, owner, heir, numbers }
}

/// An account, a token, a finding.
async fn people(world: &World, organisation: &Organisation, owner: &Actor) {
    let cx = world.cx();
    let now = cx.now().unwrap();
    let account = Account {
        row: AccountRow(900),
        uid: Uuid::nil(),
        name: TRACES[3].into(),
        password_hash: None,
        language: None,
        factor: None,
        version: 1,
        created_at: now,
        changed_at: now,
    };
    let membership =
        Membership { organisation: organisation.row, account: account.row, role: Role::Operator, created_at: now };
    let finding = Finding {
        uid: Uuid::max(),
        organisation: organisation.row,
        device: None,
        batch: None,
        kind: "weak_key".into(),
        level: 2,
        at: now,
        data: serde_json::json!({ "seen_by": TRACES[2] }),
        closed: None,
    };
    let permit = Actor::Platform.permit(Operation::Initialise, Subject::default()).unwrap();
    let people = [PersonWrite::Account(account), PersonWrite::Membership(membership)].map(Write::Person);
    let writes = people.into_iter().chain([Write::Finding(finding)]).collect();
    cx.store.save(Change::of("", writes), &permit, now).await.unwrap();
    let life = std::time::Duration::from_secs(3600);
    let new = NewToken { name: TRACES[4].into(), role: Role::Administrator, life };
    let (_, secret) = token::create(new, owner, cx).await.unwrap();
    // its name stands in the audit too
    let nightly = token::authenticate(&secret, cx).await.unwrap();
    token::create(NewToken { name: "x".into(), role: Role::Auditor, life }, &nightly, cx).await.unwrap();
}

/// The owner gives all away but one, which it retires.
async fn part(story: &Story) {
    let (cx, owner) = (story.world.cx(), &story.owner);
    let (kept, given) = story.numbers.split_last().unwrap();
    for number in given {
        let said = Offering { reason: Some(TRACES[5].into()), ..Offering::default() };
        let code = transfer::offer(*number, said, owner, cx).await.unwrap().code;
        transfer::claim(&code, &story.heir, cx).await.unwrap();
        act(*number, Act::Repair, says("as good as new"), &story.heir, cx).await.unwrap();
    }
    let witness = Saying { witness: Some(TRACES[6].into()), ..says(TRACES[1]) };
    act(*kept, Act::Retire, witness, owner, cx).await.unwrap();
    sequence(Log::Devices, cx).await.unwrap();
}

/// Which of them stand in which file of a platform.
fn traces(folder: &Path) -> Vec<(PathBuf, &'static str)> {
    behind::traces(folder, &TRACES)
}

/// Every event that somebody sees is proven as an outsider checks it, was erased, or carries words of another; answers
/// how many of each.
async fn proofs(cx: &Cx, numbers: &[Number], who: &Actor) -> [usize; 3] {
    let known = keys(cx);
    let origin = cx.ledger.origin(Log::Devices);
    let verifiers: Vec<_> = known.lines().map(|l| Verifier::parse(l).unwrap()).filter(|v| v.name() == origin).collect();
    let [mut proven, mut gone, mut words] = [0; 3];
    for number in numbers {
        for (event, _) in events(*number, (0, 100), who, cx).await.unwrap() {
            let text = match prove(*number, event.sequence, who, cx).await {
                Ok(proof) => proof.text,
                Err(e) if e.kind == Kind::Gone => {
                    gone += 1;
                    continue;
                }
                Err(e) => {
                    assert_eq!(e.code, "words", "{e}");
                    words += 1;
                    continue;
                }
            };
            let proof = TlogProof::parse(&text).unwrap();
            let extra = Extra::decode(&proof.extra).unwrap();
            proof.check(&leaf_hash(&extra.leaf()), origin, &verifiers).unwrap();
            let told: serde_json::Value = serde_json::from_slice(&extra.event).unwrap();
            assert_eq!(told["sequence"], event.sequence);
            proven += 1;
        }
    }
    [proven, gone, words]
}

/// Everything that an erasure touches, but the audit's own line of it.
async fn state(folder: &Path) -> Vec<String> {
    let tables = [
        "organisation",
        "account",
        "token",
        "authority",
        "device",
        "certificate",
        "revocation",
        "epoch",
        "event",
        "finding",
        "period",
        "transfer",
        "disposal",
        "leaf",
        "log",
        "product",
        "batch",
        "audit where operation <> 'erase_organisation'",
    ];
    let (behind, mut all) = (Behind::of(folder).await, Vec::new());
    for table in tables {
        all.extend(behind.rows(table).await.into_iter().map(|row| format!("{table}: {row}")));
    }
    all
}

const DEVICES: usize = 100;

#[tokio::test]
async fn nothing_is_left_and_all_else_is_proven() {
    // enough that pages of the database were split and moved: what moved leaves copies behind
    let mut story = told(DEVICES, 8).await;
    let backup = story.world.data.with_file_name("backup");
    part(&story).await;
    story.world.close();
    behind::copy(&story.world.data, &backup);
    Behind::of(&story.world.data).await.sample().await;
    story.world.open().await.unwrap();
    let Story { world, organisation, owner, heir, numbers } = &story;
    let (cx, maker) = (world.cx(), world.maker());
    for trace in TRACES {
        // the word to the heir goes with the offer: it may be gone already
        let there = traces(&world.data).iter().any(|(_, t)| *t == trace);
        assert!(there || trace == TRACES[5], "{trace} was never written");
    }
    let given = &numbers[..DEVICES - 1];
    let before = (proofs(cx, numbers, &maker).await, proofs(cx, given, heir).await);
    assert_eq!((before.0[1], before.1[1]), (0, 0));
    world.clock.pass(std::time::Duration::from_secs(60));

    let done = erase(organisation.uid, TRACES[0], owner, cx).await.unwrap();
    assert_eq!((done.periods, done.compacted), (DEVICES as u64, true));
    assert_eq!(traces(&world.data), [], "while it runs");

    // everybody else's history is whole; of the erased periods the public stamps are left, which nobody opens any more
    let after = (proofs(cx, numbers, &maker).await, proofs(cx, given, heir).await);
    let all = |counts: [usize; 3]| counts.iter().sum::<usize>();
    assert_eq!((all(after.0), all(after.1)), (all(before.0), all(before.1)), "{before:?} {after:?}");
    assert!(after.0[1] >= DEVICES && after.0[0] >= 2 * DEVICES && after.1[0] >= 2 * DEVICES, "{after:?}");
    assert_eq!(prove_stamp(numbers[1], 3, cx).await.err().map(|e| (e.kind, e.code)), Some((Kind::Gone, "erased")));
    assert!(prove_stamp(numbers[1], 1, cx).await.is_ok());

    // it is nobody any more
    assert_eq!(token::authenticate("tegata_x", cx).await.unwrap_err().kind, Kind::NoCredential);
    assert_eq!(erase(organisation.uid, TRACES[0], &maker, cx).await.unwrap_err().kind, Kind::NotFound);
    // and devices that it gave away live on
    act(numbers[0], Act::Quarantine, says("later"), heir, cx).await.unwrap();
    act(numbers[0], Act::Release, says("later"), heir, cx).await.unwrap();
    sequence(Log::Devices, cx).await.unwrap();
    let tombstones = world.data.join("tombstones.ndjson");
    let text = std::fs::read_to_string(&tombstones).unwrap();
    assert_eq!(text.lines().count(), 1);
    assert!(text.contains(&organisation.uid.to_string()));
    assert_eq!(
        std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&tombstones).unwrap().permissions()) & 0o777,
        0o600
    );

    forget_again(&mut story, &backup, &tombstones).await;
}

/// The copy from before remembers, until the tombstones are replayed; then it is as if it had been erased itself.
async fn forget_again(story: &mut Story, backup: &Path, tombstones: &Path) {
    let maker = story.world.maker();
    assert!(!traces(backup).is_empty());
    let restored = story.world.open_at(backup.to_owned()).await.unwrap();
    let did = replay(tombstones, &restored).await.unwrap();
    assert_eq!((did.organisations, did.orphans, did.compacted), (1, 0, true));
    assert_eq!(traces(backup), []);
    assert_eq!(replay(tombstones, &restored).await.unwrap().organisations, 0, "a second time changes nothing");
    assert!(proofs(&restored, &story.numbers, &maker).await[0] >= 2 * DEVICES);
    drop(restored);
    let (ours, theirs) = (state(&story.world.data).await, state(backup).await);
    assert_eq!(without_later(ours), without_later(theirs));
}

/// Without what the heir did after the erasure: two events of the first device, and its row.
fn without_later(mut state: Vec<String>) -> Vec<String> {
    let first = |line: &String| {
        line.starts_with("device: ") && line.contains("|id=1|")
            || line.starts_with("event: ") && line.contains("|device=1|")
            || line.starts_with("log: ")
            || line.starts_with("leaf: ")
            || line.starts_with("audit")
    };
    state.retain(|line| !first(line));
    assert!(state.len() > 200);
    state
}

#[tokio::test]
async fn who_still_owns_devices_is_not_erased() {
    let story = told(4, 1).await;
    let (cx, maker) = (story.world.cx(), story.world.maker());
    let uid = story.organisation.uid;
    let code =
        |outcome: tegata_usecase::Result<_>| outcome.map(|_: tegata_usecase::erasure::Erased| ()).unwrap_err().code;
    assert_eq!(code(erase(uid, TRACES[0], &story.owner, cx).await), "owns_devices");
    assert_eq!(code(erase(uid, "Zephyrine", &story.owner, cx).await), "confirm");
    assert_eq!(code(erase(uid, TRACES[0], &story.heir, cx).await), "not_found");
    let platform = cx.store.organisation().by_row(tegata_domain::id::OrganisationRow(1)).await.unwrap().unwrap();
    assert_eq!(code(erase(platform.uid, &platform.name, &maker, cx).await), "platform");
    assert!(!story.world.data.join("tombstones.ndjson").exists(), "no tombstone for who lives");
    part(&story).await;
    assert!(erase(uid, TRACES[0], &maker, cx).await.is_ok(), "the platform may, when asked to");
}

/// A backup from when the owner still had its devices: they are nobody's, but live on.
#[tokio::test]
async fn devices_of_an_erased_owner_in_an_old_backup() {
    let mut story = told(4, 1).await;
    let backup = story.world.data.with_file_name("backup");
    story.world.close();
    behind::copy(&story.world.data, &backup);
    story.world.open().await.unwrap();
    part(&story).await;
    erase(story.organisation.uid, TRACES[0], &story.owner, story.world.cx()).await.unwrap();
    let maker = story.world.maker();
    let restored = story.world.open_at(backup.clone()).await.unwrap();
    let did = replay(&story.world.data.join("tombstones.ndjson"), &restored).await.unwrap();
    assert_eq!((did.organisations, did.orphans), (1, 4));
    assert_eq!(traces(&backup), []);
    let recalled = act(story.numbers[0], Act::Recall, Saying::default(), &maker, &restored).await.unwrap();
    assert!(recalled.stage < Stage::Retired);
    sequence(Log::Devices, &restored).await.unwrap();
    // what was committed before under the key that went is not proven with the one that came
    let [proven, gone, _] = proofs(&restored, &story.numbers, &maker).await;
    assert!(proven >= 8 && gone >= 4, "{proven} {gone}");
}

#[tokio::test]
async fn a_line_that_was_cut_off_is_no_tombstone() {
    let world = World::new().await;
    let cx = world.cx();
    let (kept, _) = world.enter("Kept", OrganisationKind::Household).await;
    let (gone, _) = world.enter("Gone", OrganisationKind::Household).await;
    let path = world.data.join("tombstones.ndjson");
    let line = |uid: Uuid, more: &str| format!(r#"{{"organisation":"{uid}","at":"2026-11-22T00:00:00Z"{more}}}"#);
    std::fs::write(&path, &line(kept.uid, "")[..60]).unwrap();
    assert_eq!(replay(&path, cx).await.unwrap().organisations, 0);
    erase(gone.uid, "Gone", &world.maker(), cx).await.unwrap();
    assert_eq!(replay(&path, cx).await.unwrap().organisations, 0, "it is erased already");
    assert!(cx.store.organisation().by_uid(kept.uid).await.unwrap().is_some());
    std::fs::write(&path, format!("{}\n{}\n", line(kept.uid, ""), line(kept.uid, r#","withdrawn":true"#))).unwrap();
    assert_eq!(replay(&path, cx).await.unwrap().organisations, 0, "refused after all");
    std::fs::write(&path, "nonsense\n").unwrap();
    assert_eq!(replay(&path, cx).await.unwrap_err().code, "tombstones");
    std::fs::write(&path, line(kept.uid, "") + "\n").unwrap();
    assert_eq!(replay(&path, cx).await.unwrap().organisations, 1);
}

/// The same with a backup of the program's own: the restored folder holds nothing of who was erased since.
#[tokio::test]
async fn a_restored_backup_holds_nothing_of_who_was_erased_since() {
    use tegata_usecase::platform::{self, BackupOrder, Faded, RestoreOrder};
    let story = told(4, 1).await;
    let (file, key) = (story.world.data.with_file_name("backup"), story.world.data.with_file_name("recovery.key"));
    let chance = || std::sync::Arc::new(crate::world::Seeded::new(77));
    let order = BackupOrder {
        database: Default::default(),
        objects: Default::default(),
        folder: story.world.data.clone(),
        unlock: None,
        out: file.clone(),
        recovery_key: key.clone(),
        since: None,
        keep: crate::world::day(90),
        clock: story.world.clock.clone(),
        chance: chance(),
    };
    platform::backup(order, &|_, _, _| ()).await.unwrap();
    part(&story).await;
    erase(story.organisation.uid, TRACES[0], &story.owner, story.world.cx()).await.unwrap();
    let restore = async |name: &str, tombstones: Option<std::path::PathBuf>| {
        let folder = story.world.data.with_file_name(name);
        let order = RestoreOrder {
            objects: Default::default(),
            from: file.clone(),
            recovery_key: key.clone(),
            folder: folder.clone(),
            unlock: None,
            tombstones,
            faded: Faded::Refuse,
            clock: story.world.clock.clone(),
            chance: chance(),
        };
        (platform::restore(order, &|_, _, _| ()).await.unwrap(), folder)
    };
    let (without, folder) = restore("without", None).await;
    assert!(without.erased.is_none() && !traces(&folder).is_empty(), "the backup does hold the strings");
    let (with, folder) = restore("with", Some(story.world.data.join("tombstones.ndjson"))).await;
    assert_eq!(with.erased, Some(1));
    assert_eq!(traces(&folder), []);
    assert!(folder.join("tombstones.ndjson").is_file(), "the next restore finds them");
}

/// A line that stands before anything went, as after a crash at that moment.
fn tombstone(uid: Uuid) -> String {
    serde_json::json!({ "organisation": uid, "at": "2026-11-22T00:00:00Z" }).to_string()
}

/// A crash in the middle: the next start carries the erasure out, or takes the line back where it can no longer be.
#[tokio::test]
async fn a_start_ends_what_a_crash_cut_off() {
    let mut story = told(4, 1).await;
    part(&story).await;
    let permit = Actor::Platform.permit(Operation::EraseOrganisation, Subject::default()).unwrap();
    let now = story.world.cx().now().unwrap();
    let (holder, owner) = story.world.enter("Holders", OrganisationKind::Operator).await;
    let held = story.world.cx().store.erasure().held(story.organisation.row, 1).await.unwrap();
    let ended = held.iter().map(|one| Ended { device: one.device, period: one.period, next_key: None }).collect();
    for uid in [story.organisation.uid, holder.uid] {
        story.world.cx().store.erasure().bury(&tombstone(uid)).unwrap();
    }
    story.world.cx().store.erasure().periods(ended, now, &permit).await.unwrap();
    story.world.hand_over(story.numbers[0], &story.heir, &owner).await;
    story.world.close();
    story.world.open().await.unwrap();
    let cx = story.world.cx();
    assert!(cx.store.organisation().by_uid(story.organisation.uid).await.unwrap().is_none(), "carried out");
    assert_eq!(traces(&story.world.data), []);
    assert!(cx.store.organisation().by_uid(holder.uid).await.unwrap().is_some(), "it owns a device");
    let text = std::fs::read_to_string(story.world.data.join("tombstones.ndjson")).unwrap();
    let last = text.lines().last().unwrap();
    assert!(last.contains(&holder.uid.to_string()) && last.contains("withdrawn"), "{text}");
    story.world.close();
    story.world.open().await.unwrap();
    let again = std::fs::read_to_string(story.world.data.join("tombstones.ndjson")).unwrap();
    assert_eq!(again, text, "once");
}

/// A reader whose moment is before an erasure keeps what was erased: that is said, and the next start makes it good.
#[tokio::test]
async fn what_a_reader_keeps_goes_with_the_next_start() {
    let mut world = World::new().await;
    let (gone, _) = world.enter(TRACES[0], OrganisationKind::Household).await;
    let reader = Behind::of(&world.data).await;
    let stays = reader.stay().await;
    let erased = erase(gone.uid, TRACES[0], &world.maker(), world.cx()).await.unwrap();
    assert_eq!(erased.compacted, !stays);
    reader.leave().await;
    world.close();
    world.open().await.unwrap();
    assert_eq!(traces(&world.data), []);
}

/// A stamp whose event was erased says so, and offers no proof that would be refused.
#[tokio::test]
async fn an_erased_stamp_is_not_called_proved() {
    let world = World::new().await;
    let (_, _, number) = world.one().await;
    let (cx, maker) = (world.cx(), world.maker());
    let (organisation, owner) = world.enter("Brief", OrganisationKind::Operator).await;
    let (_, heir) = world.enter("Heirs", OrganisationKind::Household).await;
    world.hand_over(number, &maker, &owner).await;
    act(number, Act::Install, Saying::default(), &owner, cx).await.unwrap();
    world.hand_over(number, &owner, &heir).await;
    sequence(Log::Devices, cx).await.unwrap();
    let installed = |lookup: &tegata_domain::lookup::Lookup| lookup.stamps[Stage::Installed as usize];
    let before = lookup::by_number(number, cx).await.unwrap();
    assert!(installed(&before).proved && !installed(&before).erased);
    for _ in 0..2 {
        let (found, ticket) = lookup::find(number, cx).await.unwrap();
        lookup::keep(ticket, &found, || lookup::Answer { tag: "t".into(), body: "b".into() }, cx);
    }
    assert!(lookup::known(number, cx).is_some());
    erase(organisation.uid, "Brief", &owner, cx).await.unwrap();
    assert!(lookup::known(number, cx).is_none(), "memory forgets too");
    let after = lookup::by_number(number, cx).await.unwrap();
    let stamp = installed(&after);
    assert!(!stamp.proved && stamp.erased && stamp.at == installed(&before).at, "{stamp:?}");
    assert_eq!(prove_stamp(number, stamp.sequence.unwrap(), cx).await.err().unwrap().kind, Kind::Gone);
    assert!(after.stamps[Stage::Made as usize].proved, "the maker's own");
}
