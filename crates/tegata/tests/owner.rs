//! A household takes a device over, uses it, ends it and is forgotten: through the real program, over the network.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]

use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use tegata_keys::digest::sha256;
use tegata_keys::signer::Signer;
use tegata_testkit::api::Message;
use tegata_testkit::factory::{self, Unit, text};
use tegata_testkit::{Answer, Api, EstError, Identity, World, ledger, tenant, wait};
use tegata_wire::erasure::Statement;
use tegata_wire::life::Extra;
use tegata_wire::signed_note::Verifier;
use tegata_wire::tlog::leaf_hash;
use tegata_wire::tlog_proof::TlogProof;

const BINARY: &str = env!("CARGO_BIN_EXE_tegata");

/// What is nobody else's.
const TRACES: [&str; 5] = [
    "Household of Zephyrine Quillon",
    "because Ottoline said so",
    "zephyrine-phone",
    "the doorbell of Thessaly Road",
    "Peregrine saw the shredder",
];

/// Which of the traces stand in which file below a folder: database, write-ahead log, ledger, server's log.
fn traces(folder: &Path) -> Vec<(PathBuf, &'static str)> {
    let (mut folders, mut found) = (vec![folder.to_owned()], Vec::new());
    if tegata_testkit::postgres::is_chosen() {
        folders.push(tegata_testkit::Postgres::shared().tables());
    }
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if entry.is_dir() {
                folders.push(entry);
                continue;
            }
            let bytes = std::fs::read(&entry).unwrap();
            let holds = |trace: &&str| bytes.windows(trace.len()).any(|w| w == trace.as_bytes());
            found.extend(TRACES.into_iter().filter(|t| holds(t)).map(|t| (entry.clone(), t)));
        }
    }
    found
}

fn hand_over(number: &str, from: &Api, to: &Api, reason: &str) {
    let offered = from.post(&format!("/api/v1/devices/{number}/transfer"), &json!({ "reason": reason })).expect(200);
    let claimed = to.post("/api/v1/claims", &json!({ "code": text(&offered.json(), "code") })).expect(200).json();
    assert_eq!((&claimed["number"], &claimed["reason"]), (&number.into(), &reason.into()));
}

/// Enrols under the IDevID; answers the operational identity.
fn enrol(world: &World, unit: &Unit) -> Identity {
    let mut operational = factory::key();
    operational.chain = world.est(Some(&unit.identity)).enrol(&factory::csr(&operational)).unwrap();
    operational
}

/// Whether the platform takes this identity now.
fn is_taken(world: &World, identity: &Identity) -> bool {
    world.est(Some(identity)).renew(&factory::csr(identity)).is_ok()
}

/// The device signs with the key from manufacture that it erased its secrets, and says so as `shown`.
fn sign_off(world: &World, unit: &Unit, shown: &Identity) -> Answer {
    let statement = Statement {
        number: unit.number.clone(),
        keys_destroyed: vec!["ldevid".into(), "data".into()],
        at: "2031-04-01T09:30:00Z".into(),
        nonce: "n-1".into(),
    };
    let statement = statement.to_string();
    let key = tegata_wire::est::decode(unit.identity.pem().as_bytes()).unwrap();
    let signature = Signer::from_pkcs8(&key).unwrap().sign(statement.as_bytes()).unwrap();
    let body = json!({ "statement": statement, "signature": tegata_wire::est::encode(&signature) });
    world.public().identity(shown).post("/agent/v1/erasure", &body)
}

/// Every event that `api` sees of a device: sequence number, word, and whether its proof holds, is withheld or gone.
fn life(api: &Api, number: &str, keys: &str) -> Vec<(u64, String, u16)> {
    let path = format!("/api/v1/devices/{number}/events");
    let verifiers: Vec<_> = keys.lines().map(|line| Verifier::parse(line).unwrap()).collect();
    let items = api.get(&path).expect(200).json()["items"].take();
    let one = |event: &Value| {
        let sequence = event["sequence"].as_u64().unwrap();
        let answer = wait::until("a checkpoint", || {
            let answer = api.get(&format!("{path}/{sequence}/proof"));
            (answer.status != 202).then_some(answer)
        });
        if answer.status == 200 {
            let proof = TlogProof::parse(&answer.text()).unwrap();
            let extra = Extra::decode(&proof.extra).unwrap();
            let known = verifiers.iter().find(|v| v.name().ends_with("devices")).unwrap();
            proof.check(&leaf_hash(&extra.leaf()), known.name(), std::slice::from_ref(known)).unwrap();
        }
        (sequence, text(event, "kind"), answer.status)
    };
    items.as_array().unwrap().iter().map(one).collect()
}

fn page(world: &World, number: &str) -> String {
    let message = Message::new("GET", format!("/d/{number}")).header("accept", "text/html");
    world.public().call(message).expect(200).text()
}

#[test]
fn taken_over_used_ended_and_forgotten() {
    let mut world = World::new(BINARY);
    let maker = world.api();
    let home = tenant::organisation(&maker, TRACES[0], &["household"]);
    let heirs = tenant::organisation(&maker, "Heirs", &["household"]);
    let (home_id, [home, heirs]) = (home.id.clone(), [home, heirs].map(|token| world.public().bearer(&token.secret)));
    let batch = factory::batch(&maker, &factory::product(&maker, "OWNED"), 10);
    let [given, ended, seen] = ["GIVEN", "ENDED", "SEEN"].map(|serial| factory::device(&maker, &batch, serial));
    for unit in [&given, &ended, &seen] {
        factory::act(&maker, &unit.number, "ship");
        hand_over(&unit.number, &maker, &home, "yours now");
    }
    let phone = json!({ "name": TRACES[2], "role": "administrator" });
    let phone = world.public().bearer(&text(&home.post("/api/v1/tokens", &phone).expect(201).json(), "token"));
    let operational = enrol(&world, &given);
    assert!(is_taken(&world, &operational));
    for what in ["quarantine", "release"] {
        let path = format!("/api/v1/devices/{}/{what}", given.number);
        phone.post(&path, &json!({ "reason": TRACES[1] })).expect(200);
    }

    // on to the heirs: the connection of before is refused at its next request, the IDevID enrols for them
    let open = world.est(Some(&operational));
    open.renew(&factory::csr(&operational)).unwrap();
    hand_over(&given.number, &phone, &heirs, TRACES[3]);
    match open.renew(&factory::csr(&operational)) {
        Err(EstError::Refused { status: 403, .. }) => {}
        other => panic!("{:?}", other.map(|_| ())),
    }
    assert!(is_taken(&world, &enrol(&world, &given)));
    home.get(&format!("/api/v1/devices/{}", given.number)).expect(404);

    end_two(&world, &home, &phone, (&ended, &seen));
    let keys = ledger::keys(&maker);
    let before: Vec<_> = [&given, &ended, &seen].map(|u| life(&maker, &u.number, &keys)).into();
    let theirs = life(&heirs, &given.number, &keys);
    let there: Vec<&str> = traces(&world.data()).into_iter().map(|(_, trace)| trace).collect();
    assert!([0, 1, 2, 4].iter().all(|i| there.contains(&TRACES[*i])), "{there:?}");

    forget(&world, &home_id, &phone);
    let after: Vec<_> = [&given, &ended, &seen].map(|u| life(&maker, &u.number, &keys)).into();
    check_maker(&before, &after);
    // public stamps of the forgotten period are there, and opened by nobody; the heirs' own part is whole
    for (was, is) in theirs.iter().zip(life(&heirs, &given.number, &keys)) {
        assert_eq!(was.0, is.0);
        assert!(was.2 == is.2 && was.1 == is.1 || is.2 == 410 && is.1 == "erased" && is.0 < 8, "{was:?} {is:?}");
    }
    let stamp = world.public().get(&format!("/d/{}/proof/3", given.number)).expect(410).json();
    assert!(text(&stamp, "detail").contains("erased"));
    assert!(page(&world, &ended.number).contains("signed that it erased the secrets in it"));
    assert!(is_taken(&world, &enrol(&world, &given)), "the device lives on");

    stays_forgotten(&mut world);
}

/// After the end of the program too, and after the next start.
fn stays_forgotten(world: &mut World) {
    assert_eq!(world.terminate().code(), Some(0));
    assert_eq!(traces(world.folder()), []);
    world.start();
    assert_eq!(traces(world.folder()), []);
    world.api().get("/ledger/devices/checkpoint").expect(200);
}

/// One device signs that it ended, of another a witness says so.
fn end_two(world: &World, home: &Api, phone: &Api, (ended, seen): (&Unit, &Unit)) {
    home.post(&format!("/api/v1/devices/{}/dispose", ended.number), &json!({})).expect(200);
    let shown = enrol(world, ended);
    let signed = sign_off(world, ended, &shown).expect(200).json();
    assert_eq!(signed["stage"], "retired");
    sign_off(world, ended, &shown).expect(403);
    let told = home.get(&format!("/api/v1/devices/{}", ended.number)).expect(200).json()["disposal"].take();
    let digest = data_encoding::HEXLOWER.encode(&sha256(text(&told, "statement").as_bytes()));
    assert_eq!((&told["erasure"], &signed["receipt"]), (&"signed".into(), &digest.into()));
    let witness = json!({ "reason": TRACES[1], "witness": TRACES[4] });
    phone.post(&format!("/api/v1/devices/{}/retire", seen.number), &witness).expect(200);
    assert!(page(world, &ended.number).contains("signed that it erased the secrets in it"));
    assert!(page(world, &seen.number).contains("A witness stated"));
}

fn forget(world: &World, id: &str, by: &Api) {
    let path = format!("/api/v1/organisations/{id}/erase");
    by.post(&path, &json!({ "confirm": "somebody" })).expect(400);
    let erased = by.post(&path, &json!({ "confirm": TRACES[0] })).expect(200).json();
    assert_eq!((&erased["periods"], &erased["compacted"]), (&3.into(), &true.into()));
    by.get("/api/v1/devices").expect(401);
    assert_eq!(traces(world.folder()), [], "while it runs, its log included");
}

/// What the maker proved before, it proves now; only stamps of the forgotten period open no more.
fn check_maker(before: &[Vec<(u64, String, u16)>], after: &[Vec<(u64, String, u16)>]) {
    for (was, is) in before.iter().flatten().zip(after.iter().flatten()) {
        let own = was.0 <= 2;
        assert_eq!(was.0, is.0);
        assert_eq!(is.2, if own { 200 } else { 410 }, "{was:?} {is:?}");
        assert!(was.2 == 200 || was.2 == 403 && !own, "{was:?}");
    }
    assert_eq!(before.iter().flatten().count(), after.iter().flatten().count());
}
