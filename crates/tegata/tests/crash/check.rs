//! At the end: everything that was acknowledged is there, once, and nothing else.

use crate::history::History;
use crate::line::Line;
use crate::memory::{Asked, Batch, Known, Made, Memory};
use crate::target::Target;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use tegata_testkit::ledger::Reader;
use tegata_testkit::{Answer, Api, World, factory, wait};
use tegata_wire::life::{Extra, leaf};
use tegata_wire::signed_note::Verifier;
use tegata_wire::tlog::leaf_hash;
use tegata_wire::tlog_proof::TlogProof;

/// Devices that are looked at more closely.
const SAMPLE: usize = 300;
/// Threads that ask.
const THREADS: usize = 3;

/// Asks again for every line that was not answered: after that, what exists and what was acknowledged is the same.
pub fn finish(lines: &mut [Line], target: &Target, memory: &Memory) -> usize {
    lines.iter_mut().map(|line| line.finish(target, memory)).sum()
}

/// All checks, after so many deaths; the counts.
pub fn everything(world: &mut World, memory: &Memory, history: &History, deaths: usize) -> Counts {
    let (api, known) = (world.api(), memory.known());
    history.check(&world.plain());
    let listed = listed(&api, &known);
    batches(&api, &known);
    let views = views(&api, &known);
    field(&api, &known, &views);
    let [facts, devices] = history.readers(world.plain());
    let leaves: u64 = listed.values().map(|sequence| *sequence as u64).sum();
    let entries = settled(&devices, leaves, history);
    let proofs = lives(&api, &known, &entries, &history.keys);
    let again = again(&api, &known);
    history.recompute(&facts);
    copies(world, &history.keys, [&facts, &devices]);
    let revoked = crls(&world.plain(), &known);
    assert_eq!(world.terminate().code(), Some(0));
    let doctor = world.command().args(["doctor", "--json", "--data"]).arg(world.data()).output().unwrap();
    assert!(doctor.status.success(), "doctor: {}", String::from_utf8_lossy(&doctor.stdout));
    let counts = vec![
        (known.count(), "acts acknowledged"),
        (known.devices.len(), "devices acknowledged and there once"),
        (known.again, "lines asked again"),
        (known.batches.len(), "batches"),
        (known.batches.values().filter(|batch| batch.full).count(), "of them full"),
        (known.enrolled.len(), "operational certificates"),
        (known.acts.len(), "acts upon devices"),
        (revoked, "revocations"),
        (known.products.len(), "products"),
        (history.count(), "checkpoints seen, each a beginning of its log"),
        (entries.len(), "leaves of devices"),
        (proofs, "proofs"),
        (again, "repeated requests with the same answer"),
    ];
    enough(&counts, deaths);
    counts
}

/// How many, of what.
pub type Counts = Vec<(usize, &'static str)>;

/// A run that did next to nothing proves nothing: so many of each for eight deaths.
const ENOUGH: [(&str, usize); 8] = [
    ("devices", 200),
    ("lines asked again", 8),
    ("batches", 1),
    ("operational", 8),
    ("acts upon", 4),
    ("revocations", 1),
    ("products", 2),
    // on PostgreSQL a lease outlives its node by up to three seconds, longer than most rounds
    ("checkpoints", 1),
];

fn enough(counts: &Counts, deaths: usize) {
    for (name, wanted) in ENOUGH {
        let (count, what) = counts.iter().find(|(_, what)| what.starts_with(name)).expect("it is counted");
        assert!(*count * 8 >= wanted * deaths, "only {count} {what} in {deaths} rounds: {counts:?}");
    }
}

/// The list of all devices: serials and numbers are unique, and it is what was acknowledged. Sequence by number.
pub fn listed(api: &Api, known: &Known) -> HashMap<String, u32> {
    let all = api.all("/api/v1/devices");
    let column = |name: &str| all.iter().map(|device| factory::text(device, name)).collect::<Vec<_>>();
    for name in ["serial", "number", "device"] {
        let values = column(name);
        let unique: BTreeSet<&String> = values.iter().collect();
        assert_eq!(unique.len(), values.len(), "a {name} is there twice");
    }
    let there: BTreeSet<String> = column("serial").into_iter().collect();
    let lost: Vec<&String> = known.devices.keys().filter(|serial| !there.contains(*serial)).collect();
    assert!(lost.is_empty(), "{} acknowledged devices are lost: {lost:?}", lost.len());
    let more: Vec<&String> = there.iter().filter(|serial| !known.devices.contains_key(*serial)).collect();
    assert!(more.is_empty(), "{} devices were never acknowledged: {more:?}", more.len());
    all.iter().map(|d| (factory::text(d, "number"), d["sequence"].as_u64().unwrap() as u32)).collect()
}

pub fn batches(api: &Api, known: &Known) {
    let all = api.all("/api/v1/batches");
    let issued: HashMap<String, u64> =
        all.iter().map(|b| (factory::text(b, "id"), b["issued"].as_u64().unwrap())).collect();
    assert_eq!(issued.len(), known.batches.len(), "every batch was acknowledged in the end, and is there once");
    for (prefix, Batch { id, quantity, full }) in &known.batches {
        let made = known.devices.keys().filter(|serial| serial.starts_with(prefix.as_str())).count();
        assert_eq!(issued.get(id), Some(&(made as u64)), "batch {prefix} counts what it issued");
        assert!(made <= *quantity && (!full || made == *quantity), "batch {prefix}: {made} of {quantity}");
    }
}

/// Every acknowledged device, read one by one: the same answer as its line had.
pub fn views(api: &Api, known: &Known) -> HashMap<String, Value> {
    let all: Vec<(&String, &Asked)> = known.devices.iter().collect();
    let read = |(serial, asked): &(&String, &Asked)| {
        let view = api.get(&format!("/api/v1/devices/{}", asked.made.number)).expect(200).json();
        let idevid = view["certificates"].as_array().unwrap().iter().find(|c| c["kind"] == "idevid").unwrap();
        let made = Made {
            number: factory::text(&view, "number"),
            device: factory::text(&view, "device"),
            certificate: factory::text(idevid, "certificate"),
        };
        assert_eq!((factory::text(&view, "serial"), &made), ((*serial).clone(), &asked.made));
        (made.number, view)
    };
    let part = all.len().div_ceil(THREADS);
    std::thread::scope(|scope| {
        let parts: Vec<_> =
            all.chunks(part).map(|part| scope.spawn(move || part.iter().map(read).collect::<Vec<_>>())).collect();
        parts.into_iter().flat_map(|part| part.join().unwrap()).collect()
    })
}

/// What was done in the field stands in the views.
pub fn field(api: &Api, known: &Known, views: &HashMap<String, Value>) {
    for (number, der) in &known.enrolled {
        let certificates = views[number]["certificates"].as_array().unwrap();
        let there = certificates.iter().any(|c| c["kind"] == "ldevid" && factory::certificate(c) == *der);
        assert!(there, "{number} lost an operational certificate");
    }
    for (number, kind, sequence) in &known.acts {
        let last = views[number]["sequence"].as_u64().unwrap();
        assert!(last >= *sequence, "{number} lost {kind}: {last} < {sequence}");
        let event = api.get(&format!("/api/v1/devices/{number}/events?cursor={}&limit=1", sequence - 1)).json();
        assert_eq!(
            (&event["items"][0]["sequence"], &event["items"][0]["kind"]),
            (&(*sequence).into(), &(*kind).into())
        );
    }
    for (number, _) in &known.revoked {
        let certificates = views[number]["certificates"].as_array().unwrap();
        let revoked = certificates.iter().any(|c| c["kind"] == "idevid" && c["revoked_at"].is_string());
        assert!(revoked, "{number} lost its revocation");
    }
    let products = api.all("/api/v1/products");
    for (model, id) in &known.products {
        let there = products.iter().filter(|p| p["model"] == **model).map(|p| factory::text(p, "id"));
        assert_eq!(there.collect::<Vec<_>>(), [id.as_str()], "product {model}");
    }
}

/// The log of devices once every event has its place: exactly one leaf for each.
pub fn settled(reader: &Reader, leaves: u64, history: &History) -> Vec<Vec<u8>> {
    wait::until("every event is in the log", || {
        let size = reader.checkpoint().size;
        assert!(size <= leaves, "{size} leaves for {leaves} events");
        (size == leaves).then_some(())
    });
    let entries = history.recompute(reader);
    let unique: BTreeSet<&Vec<u8>> = entries.iter().collect();
    assert_eq!(unique.len(), entries.len(), "an event is in the log twice");
    entries
}

/// A sample that holds all sorts: every device of the field up to a third, then the others.
fn sample(known: &Known) -> BTreeSet<&String> {
    let field = known.enrolled.iter().map(|(number, _)| number).step_by(2).take(SAMPLE / 3);
    let acts = known.acts.iter().map(|(number, ..)| number).step_by(3).take(SAMPLE / 3);
    let every = (known.devices.len() / (SAMPLE / 3)).max(1);
    field.chain(acts).chain(known.devices.values().step_by(every).map(|asked| &asked.made.number)).collect()
}

/// Lives of a sample: no gap, each event follows the one before it, its leaf is where it says, its proof verifies.
pub fn lives(api: &Api, known: &Known, entries: &[Vec<u8>], keys: &str) -> usize {
    let keys: Vec<Verifier> = keys.lines().map(|line| Verifier::parse(line).unwrap()).collect();
    let mut proofs = 0;
    for number in sample(known) {
        let events = api.all_events(number);
        let mut previous = "0".repeat(64);
        for (event, sequence) in events.iter().zip(1u64..) {
            assert_eq!(event["sequence"], sequence, "{number} has a gap");
            let commitment = factory::text(event, "commitment");
            let bytes = data_encoding::HEXLOWER.decode(commitment.as_bytes()).unwrap();
            let index = event["index"].as_u64().expect("every event has its place");
            assert_eq!(entries[index as usize], leaf(&bytes.try_into().unwrap()), "{number}: the leaf of {sequence}");
            let proof = TlogProof::parse(&factory::proof(api, number, sequence)).unwrap();
            let extra = Extra::decode(&proof.extra).unwrap();
            let origin = keys.iter().map(Verifier::name).find(|name| name.ends_with("/devices")).unwrap();
            proof.check(&leaf_hash(&extra.leaf()), origin, &keys).unwrap();
            let told: Value = serde_json::from_slice(&extra.event).unwrap();
            assert_eq!((&told["sequence"], &told["kind"]), (&event["sequence"], &event["kind"]));
            assert_eq!(told["previous"], *previous, "{number}: {sequence} does not follow the one before it");
            assert_eq!(extra.leaf(), *entries[proof.index as usize]);
            previous = commitment;
            proofs += 1;
        }
    }
    proofs
}

trait Life {
    fn all_events(&self, number: &str) -> Vec<Value>;
}

impl Life for Api {
    fn all_events(&self, number: &str) -> Vec<Value> {
        let all = self.get(&format!("/api/v1/devices/{number}/events?limit=1000")).expect(200).json();
        all["items"].as_array().unwrap().clone()
    }
}

/// The same request again, for a sample: the same answer.
pub fn again(api: &Api, known: &Known) -> usize {
    let every = (known.devices.len() / SAMPLE).max(1);
    let mut batches: BTreeMap<&String, Vec<&Asked>> = BTreeMap::new();
    for asked in known.devices.values().step_by(every) {
        batches.entry(&asked.batch).or_default().push(asked);
    }
    for (batch, asked) in &batches {
        let body: String = asked.iter().map(|asked| asked.line.as_str()).collect();
        let answers = api.call(factory::lines(batch, body)).expect(200).lines();
        assert_eq!(answers.len(), asked.len());
        for (answer, asked) in answers.iter().zip(asked) {
            let made = |name: &str| factory::text(answer, name);
            let again = Made { number: made("number"), device: made("device"), certificate: made("certificate") };
            assert_eq!(again, asked.made, "the same request again gets the same answer");
        }
    }
    batches.values().map(Vec::len).sum()
}

/// `tegata verify` accepts copies of both logs, under the keys that were taken before the first kill.
fn copies(world: &World, keys: &str, readers: [&Reader; 2]) {
    let file = world.folder().join("keys");
    std::fs::write(&file, keys).unwrap();
    for reader in readers {
        let folder = world.folder().join("copy").join(reader.log().name());
        let size = reader.copy(&folder);
        let output =
            world.command().arg("verify").arg(&folder).arg("--keys").arg(&file).arg("--json").output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "verify refuses the copy of {}: {said}", reader.log().name());
        let found: Value = serde_json::from_str(&said).unwrap();
        assert_eq!((&found["verified"], &found["found"]["size"]), (&true.into(), &size.into()));
    }
}

/// Every revoked certificate is on the list that it names.
pub fn crls(plain: &Api, known: &Known) -> usize {
    for (number, der) in &known.revoked {
        let text = String::from_utf8_lossy(der).into_owned();
        let from = text.find("/crl/").expect("a certificate names its list");
        let path = &text[from..from + text[from..].find(".crl").unwrap() + 4];
        let serial = tegata_wire::x509::parse(der).unwrap().serial;
        let lists = |answer: Answer| answer.body.windows(serial.len()).any(|window| window == serial);
        wait::until(&format!("{number} is on its CRL"), || lists(plain.get(path).expect(200)).then_some(()));
    }
    known.revoked.len()
}
