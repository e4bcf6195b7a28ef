//! The database vanishes under load and comes back: the server stays up, tells everybody when to come again, lets nobody
//! wait for longer than `store.wait_seconds`, answers from memory as long as it may, and goes on by itself.
//!
//! Always on PostgreSQL, of which there is one here, as there may be on one machine; what lies in a file does not go away.
//! `VANISH_SECONDS=60` lets it be away for longer.

use crate::history::History;
use crate::stand::Stand;
use crate::{BINARY, alone, say};
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::{Mutex, OnceLock};
use std::time::{Duration, Instant};
use tegata_domain::ledger::Log;
use tegata_testkit::api::Message;
use tegata_testkit::factory::{self, new_product, text};
use tegata_testkit::{Answer, Api, Disk, Place, Postgres, Setup, World, wait};

/// Seconds that it is away, when nothing is said.
const AWAY: u64 = 5;
/// `store.wait_seconds`.
const PATIENCE: Duration = Duration::from_secs(2);
/// What may come to that, and to what it takes when all is well.
const MARGIN: Duration = Duration::from_millis(1000);
/// How long after it heard from the database for the last time a node answers from memory (ADR 19).
const KNOWN: Duration = Duration::from_secs(2);
/// Load before and after.
const WELL: Duration = Duration::from_millis(1500);
/// Between two requests of one who asks.
const PAUSE: Duration = Duration::from_millis(10);

/// When it went, and when it began to come back.
#[derive(Default)]
struct Times {
    gone: OnceLock<Instant>,
    back: OnceLock<Instant>,
    stop: AtomicBool,
}

/// What one who asks was told.
#[derive(Default)]
struct Met {
    /// Accepted: before it went, while it was away, after it came back.
    accepted: [usize; 3],
    /// Told to come again.
    put_off: usize,
    /// The longest time that anything took,
    slowest: Duration,
    /// and that something took before it went.
    usual: Duration,
    /// Time from when it went to the last request that was accepted while it was away.
    known: Duration,
    /// Time from when it was back to the first request that was accepted.
    recovered: Option<Duration>,
    /// Anything else.
    strange: Vec<String>,
}

impl Met {
    fn add(&mut self, answer: Result<Answer, String>, begun: Instant, times: &Times) {
        let took = begun.elapsed();
        self.slowest = self.slowest.max(took);
        if times.gone.get().is_none() {
            self.usual = self.usual.max(took);
        }
        let verdict = answer.and_then(|answer| match (answer.status, answer.header("retry-after")) {
            (200 | 201 | 304, _) => Ok(!is_put_off(&answer)),
            (503, again) if !again.is_empty() => Ok(false),
            (status, _) => Err(format!("{status}: {}", answer.text())),
        });
        match verdict {
            Err(strange) => self.strange.push(strange),
            Ok(false) => self.put_off += 1,
            Ok(true) => {
                let (gone, back) = (times.gone.get().filter(|gone| **gone <= begun), times.back.get());
                self.accepted[gone.map_or(0, |_| 1 + usize::from(back.is_some()))] += 1;
                if let (Some(gone), None) = (gone, back) {
                    self.known = self.known.max(begun - *gone);
                }
                if let Some(back) = back {
                    self.recovered.get_or_insert(back.elapsed());
                }
            }
        }
    }

    fn join(all: impl IntoIterator<Item = Met>) -> Met {
        all.into_iter().fold(Met::default(), |mut sum, one| {
            sum.accepted.iter_mut().zip(one.accepted).for_each(|(sum, one)| *sum += one);
            sum.put_off += one.put_off;
            sum.slowest = sum.slowest.max(one.slowest);
            sum.usual = sum.usual.max(one.usual);
            sum.known = sum.known.max(one.known);
            // of them all the last one
            sum.recovered = sum.recovered.max(one.recovered);
            sum.strange.extend(one.strange);
            sum
        })
    }
}

/// A stream of lines is 200, and each line says what became of it.
fn is_put_off(answer: &Answer) -> bool {
    answer.header("content-type").contains("ndjson")
        && answer.lines().iter().any(|line| line["problem"]["status"] == 503)
}

/// Those who ask, by name, with how many of them there are; each makes its messages by its number and their count.
type Asking<'a> = (&'static str, usize, Box<dyn Fn(&Api, usize, usize) -> Result<Answer, String> + Sync + 'a>);

/// What was acknowledged: devices by serial, products by model.
#[derive(Default)]
struct Known {
    devices: Mutex<BTreeMap<String, String>>,
    products: Mutex<BTreeMap<String, String>>,
}

fn send(api: &Api, message: Message) -> Result<Answer, String> {
    api.send(message).map_err(|e| e.to_string())
}

fn askers<'a>(stand: &'a Stand, known: &'a Known) -> Vec<Asking<'a>> {
    // one that nothing happens to: what is not under a checkpoint yet is not kept in memory
    let quiet = factory::device(&stand.api(), &stand.batch, "quiet").number;
    let look = move || Message::new("GET", format!("/d/{quiet}")).header("accept", "application/json");
    let read = || Message::new("GET", format!("/api/v1/devices/{}", stand.unit.number));
    let beat = || Message::new("POST", "/agent/v1/heartbeat").json(&json!({ "version": "1.0" }));
    let bearer = |api: &Api| api.bearer(&stand.world.first.token);
    let make = move |api: &Api, who: usize, count: usize| {
        let serials: Vec<String> = (0..4).map(|i| format!("vanish-{who}-{count}-{i}")).collect();
        let lines: String = serials.iter().map(|s| factory::line(s, &factory::csr(&factory::key()))).collect();
        let answer = send(&bearer(api), factory::lines(&stand.batch, lines))?;
        if answer.status == 200 {
            let made = answer.lines().into_iter().filter(|line| line["number"].is_string());
            known.devices.lock().unwrap().extend(made.map(|line| (text(&line, "serial"), text(&line, "number"))));
        }
        Ok(answer)
    };
    let register = move |api: &Api, who: usize, count: usize| {
        let model = format!("VANISH-{who}-{count}");
        let answer = send(&bearer(api), Message::new("POST", "/api/v1/products").json(&new_product(&model)))?;
        if answer.status == 201 {
            known.products.lock().unwrap().insert(model, factory::id(&answer));
        }
        Ok(answer)
    };
    // another than who polls: an answer from memory goes with every change of its device
    let enrolling = factory::device(&stand.api(), &stand.batch, "enrolling").identity;
    let enrol = move |api: &Api, _, _| {
        let csr = data_encoding::BASE64.encode(&factory::csr(&factory::key()));
        let message = Message::new("POST", "/.well-known/est/simpleenroll").body("application/pkcs10", csr);
        send(&api.identity(&enrolling), message)
    };
    let device = OnceLock::new();
    vec![
        ("look-ups", 2, Box::new(move |api, _, _| send(api, look()))),
        ("polls", 2, Box::new(|api, _, _| send(api, stand.poll_message()))),
        ("reads", 3, Box::new(move |api, _, _| send(&bearer(api), read()))),
        ("lines", 3, Box::new(make)),
        ("products", 2, Box::new(register)),
        (
            "heartbeats",
            1,
            Box::new(move |api, _, _| send(device.get_or_init(|| api.identity(&stand.operational)), beat())),
        ),
        ("enrolments", 1, Box::new(enrol)),
    ]
}

/// What is not served through the database: always there. Everybody may look at a log.
fn watch(stand: &Stand, history: &History, times: &Times) {
    let (plain, readers) = (stand.world.plain(), history.readers(stand.world.plain()));
    while !times.stop.load(SeqCst) {
        plain.get("/healthz").expect(200);
        plain.get("/metrics").expect(200);
        for reader in &readers {
            let (checkpoint, _) = reader.look().unwrap();
            history.remember(reader.log(), checkpoint.size, checkpoint.root);
        }
        std::thread::sleep(5 * PAUSE);
    }
}

/// One of those who ask.
fn work(stand: &Stand, asking: &Asking<'_>, who: usize, times: &Times) -> Met {
    let (api, mut met) = (stand.world.public(), Met::default());
    for count in 0.. {
        if times.stop.load(SeqCst) {
            break;
        }
        let begun = Instant::now();
        met.add((asking.2)(&api, who, count), begun, times);
        std::thread::sleep(PAUSE);
    }
    met
}

/// It goes by `go`, stays away, and comes by `come`; the server is asked all the while.
fn vanish(
    stand: &Stand,
    history: &History,
    known: &Known,
    (go, come): (&dyn Fn(), &dyn Fn()),
) -> Vec<(&'static str, Met)> {
    let (times, askers) = (Times::default(), askers(stand, known));
    let away = std::env::var("VANISH_SECONDS").ok().map_or(AWAY, |text| text.parse().expect("a number of seconds"));
    std::thread::scope(|scope| {
        let times = &times;
        let all: Vec<_> = askers
            .iter()
            .map(|asking| {
                (
                    asking.0,
                    (0..asking.1).map(|who| scope.spawn(move || work(stand, asking, who, times))).collect::<Vec<_>>(),
                )
            })
            .collect();
        scope.spawn(|| watch(stand, history, times));
        let plain = stand.world.plain();
        let play = || {
            std::thread::sleep(WELL);
            go();
            times.gone.set(Instant::now()).unwrap();
            let unready = || plain.get("/readyz").status == 503;
            wait::until("it says that it is not ready", || unready().then_some(()));
            std::thread::sleep(Duration::from_secs(away).saturating_sub(times.gone.get().unwrap().elapsed()));
            assert!(unready(), "it says so until the end");
            // from here on it may be there
            times.back.set(Instant::now()).unwrap();
            come();
            wait::until("it says that it is ready", || (plain.get("/readyz").status == 200).then_some(()));
            std::thread::sleep(WELL);
        };
        let played = std::panic::catch_unwind(std::panic::AssertUnwindSafe(play));
        times.stop.store(true, SeqCst);
        let met = all.into_iter().map(|(name, all)| (name, Met::join(all.into_iter().map(|one| one.join().unwrap()))));
        let met = met.collect();
        played.unwrap_or_else(|why| std::panic::resume_unwind(why));
        met
    })
}

/// Nothing that was acknowledged is lost, nothing is there twice, and the log holds it all.
fn check(stand: &Stand, history: &History, known: &Known) {
    let all = stand.api().all("/api/v1/devices");
    let there: BTreeMap<String, String> = all.iter().map(|d| (text(d, "serial"), text(d, "number"))).collect();
    assert_eq!(there.len(), all.len(), "each is there once");
    for (serial, number) in known.devices.lock().unwrap().iter() {
        assert_eq!(there.get(serial), Some(number), "{serial} was acknowledged");
    }
    let products = stand.api().all("/api/v1/products");
    let there: BTreeMap<String, String> = products.iter().map(|p| (text(p, "model"), text(p, "id"))).collect();
    for (model, id) in known.products.lock().unwrap().iter() {
        assert_eq!(there.get(model), Some(id), "{model} was acknowledged");
    }
    let leaves: u64 = all.iter().map(|device| device["sequence"].as_u64().unwrap()).sum();
    let readers = history.readers(stand.world.plain());
    wait::until("every event is in the log", || {
        (readers[Log::Devices as usize].checkpoint().size == leaves).then_some(())
    });
    history.check(&stand.world.plain());
    readers.iter().for_each(|reader| drop(history.recompute(reader)));
}

fn run(how: &str, go: impl Fn(&Postgres), come: impl Fn(&Postgres)) {
    let _alone = alone();
    let database = Postgres::start(Disk::Synced);
    let setup = Setup { store: Place::Database(database.database()), ..Setup::default() };
    let patience = PATIENCE.as_secs().to_string();
    let limits = [
        ("TEGATA_STORE_WAIT_SECONDS", patience.as_str()),
        ("TEGATA_LIMITS_DEVICE_PER_SECOND", "0"),
        ("TEGATA_LIMITS_LOOKUPS_PER_SECOND", "0"),
    ];
    let mut stand = Stand::on(World::with(BINARY, setup), |world| world.set_environment(&limits));
    let (history, known) = (History::begin(&stand.world.plain()), Known::default());
    let met = vanish(&stand, &history, &known, (&|| go(&database), &|| come(&database)));
    for (name, met) in &met {
        say(&format!(
            "{how}: {name}: accepted {:?} before, while it was away, after; {} put off; slowest {:.1?}, before it {:.1?}; \
             the first one {:.1?} after it was back",
            met.accepted, met.put_off, met.slowest, met.usual, met.recovered
        ));
    }
    for (name, met) in &met {
        assert!(met.strange.is_empty(), "{how}: {name}: {} of {:?}", met.strange.len(), met.strange.first());
        let bound = PATIENCE + MARGIN + met.usual;
        assert!(met.slowest < bound, "{how}: {name}: somebody waited for {:?}, not {bound:?}", met.slowest);
        assert!(met.put_off > 0 && met.accepted[0] > 0 && met.accepted[2] > 0, "{how}: {name}: {:?}", met.accepted);
        match *name {
            "look-ups" | "polls" => {
                assert!(met.accepted[1] > 0, "{how}: {name} go on from memory");
                assert!(met.known <= KNOWN, "{how}: {name}: from memory for {:?}", met.known);
            }
            _ => assert_eq!(met.accepted[1], 0, "{how}: {name} need the database"),
        }
    }
    check(&stand, &history, &known);
    stand.writes("AFTER");
    assert!(!stand.world.server().log().contains("panicked"), "{}", stand.world.server().log());
    let (devices, checkpoints) = (known.devices.lock().unwrap().len(), history.count());
    assert_eq!(stand.world.terminate().code(), Some(0));
    say(&format!("{how}: {devices} devices acknowledged and there; {checkpoints} checkpoints seen"));
}

#[test]
fn a_database_that_falls_and_is_started_again() {
    run("a database that fell", Postgres::halt, Postgres::go_on);
}

#[test]
#[ignore = "bounds of time that hold where nothing else runs; cargo xtask soak --only kills runs it"]
fn a_database_that_says_nothing_for_a_while() {
    run("a database that says nothing", Postgres::freeze, Postgres::thaw);
}
