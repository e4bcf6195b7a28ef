//! Bodies that give heartbeats: honest ones with every sort of bad luck are never held, copies always are.
//!
//! Every scenario runs over many seeds at once, each with a device of its own, on one real store.

use crate::world::World;
use std::future::Future;
use std::sync::Arc;
use tegata_domain::finding::FindingState;
use tegata_domain::number::Number;
use tegata_keys::request::request;
use tegata_usecase::certificate::identify;
use tegata_usecase::device::act::Saying;
use tegata_usecase::device::{Act, act};
use tegata_usecase::heartbeat::beat;
use tegata_usecase::{Cx, Kind, enrolment, finding};
use tegata_wire::heartbeat::Request;

/// The fate of one seed: SplitMix64.
pub struct Fate(u64);

impl Fate {
    fn draw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ z >> 31
    }

    fn below(&mut self, n: u64) -> u64 {
        self.draw() % n
    }

    fn percent(&mut self, chance: u64) -> bool {
        self.below(100) < chance
    }
}

/// One body: its operational certificate, the token that it holds, and the one that its disk holds.
#[derive(Clone)]
pub struct Body {
    cx: Cx,
    certificate: Arc<Vec<u8>>,
    pub number: Number,
    pub token: Option<String>,
    synced: Option<String>,
}

/// What became of a heartbeat.
#[derive(Debug, PartialEq, Eq)]
enum Came {
    Answer,
    /// It was answered, but that never arrived.
    Lost,
    /// Refused: the device is quarantined.
    Held,
}

impl Body {
    /// A device that enrolled.
    pub async fn new(world: &World, made: (tegata_keys::signer::Signer, tegata_usecase::device::Made)) -> Body {
        let (key, made) = made;
        let idevid = identify(&made.certificate, world.cx()).await.unwrap();
        let enrolled = enrolment::enrol(&request(&key).unwrap(), idevid, false, world.cx()).await.unwrap();
        Body {
            cx: world.cx().clone(),
            certificate: Arc::new(enrolled.certificate),
            number: Number::parse(&made.number).unwrap(),
            token: None,
            synced: None,
        }
    }

    /// The next token, or `None` when the device is held.
    async fn ask(&self, token: Option<String>) -> Option<String> {
        let asked = Request { token, ..Request::default() };
        let outcome = match identify(&self.certificate, &self.cx).await {
            Ok(credential) => beat(credential, &asked, &self.cx).await,
            Err(refused) => Err(refused),
        };
        match outcome {
            Ok(answer) => Some(answer.token),
            Err(e) => {
                assert!(e.kind == Kind::Denied && e.code == "life" && e.public.contains("quarantined"), "{e:?}");
                None
            }
        }
    }

    /// One heartbeat; what is shown is on disk before it is shown.
    async fn beat(&mut self, lost: bool) -> Came {
        self.synced = self.token.clone();
        match self.ask(self.token.clone()).await {
            None => Came::Held,
            Some(_) if lost => Came::Lost,
            Some(token) => {
                self.token = Some(token);
                Came::Answer
            }
        }
    }

    /// The power goes: what was not yet on disk is gone.
    fn reboot(&mut self) {
        self.token = self.synced.clone();
    }

    async fn findings(&self, world: &World) -> Vec<String> {
        let all = finding::list(Some(FindingState::Open), (0, 1000), &world.maker(), world.cx()).await.unwrap();
        all.into_iter().filter(|f| f.number == Some(self.number)).map(|f| f.finding.kind).collect()
    }
}

const SEEDS: u64 = 240;

/// A device that enrolled, for each seed.
async fn bodies(world: &World) -> Vec<Body> {
    let ticket = world.ticket(SEEDS as u32).await;
    let serials: Vec<String> = (0..SEEDS).map(|i| format!("S{i}")).collect();
    let mut bodies = Vec::new();
    for (key, made) in world.make(&ticket, &serials).await {
        bodies.push(Body::new(world, (key, made.unwrap())).await);
    }
    bodies
}

/// Runs `scenario` for every seed at once; answers what each gave.
async fn each<T: Send + 'static, F: Future<Output = T> + Send + 'static>(
    bodies: &[Body],
    scenario: impl Fn(Body, Fate) -> F,
) -> Vec<T> {
    let tasks: Vec<_> =
        (1..).zip(bodies).map(|(seed, body)| tokio::spawn(scenario(body.clone(), Fate(seed)))).collect();
    let mut all = Vec::new();
    for task in tasks {
        all.push(task.await.unwrap());
    }
    all
}

/// The beats that it took, per seed; each device is held and has its finding.
async fn all_found(name: &str, world: &World, bodies: &[Body], beats: Vec<Option<u32>>) {
    for (seed, (body, beats)) in (1..).zip(bodies.iter().zip(&beats)) {
        assert!(beats.is_some(), "{name}: seed {seed} was not found");
        assert!(body.findings(world).await.contains(&"two_bodies".to_owned()), "{name}: seed {seed}");
    }
    let mut beats: Vec<u32> = beats.into_iter().flatten().collect();
    beats.sort_unstable();
    let (middle, most) = (beats[beats.len() / 2], beats[beats.len() - 1]);
    println!("{name}: {} of {SEEDS} found; beats of both after the copy: median {middle}, at most {most}", beats.len());
}

async fn live(body: &mut Body, beats: u64, fate: &mut Fate, lost: u64) {
    for _ in 0..beats {
        let lost = fate.percent(lost);
        assert_ne!(body.beat(lost).await, Came::Held);
    }
}

#[tokio::test]
async fn a_copy_in_lock_step_is_found() {
    let world = World::new().await;
    let bodies = bodies(&world).await;
    let beats = each(&bodies, |mut body, mut fate| async move {
        let past = fate.below(12);
        live(&mut body, past, &mut fate, 0).await;
        let mut twins = [body.clone(), body];
        for beat in 1..=20 {
            if twins[beat as usize % 2].beat(false).await == Came::Held {
                return Some(beat);
            }
        }
        None
    })
    .await;
    assert!(beats.iter().all(|beats| *beats == Some(4)), "the second child of one parent");
    all_found("lock-step", &world, &bodies, beats).await;
}

#[tokio::test]
async fn a_copy_that_races_is_found() {
    let world = World::new().await;
    let bodies = bodies(&world).await;
    let beats = each(&bodies, |mut body, mut fate| async move {
        let past = fate.below(12);
        live(&mut body, past, &mut fate, 30).await;
        let (mut a, mut b) = (body.clone(), body);
        for round in 1..=100 {
            let (lose_a, lose_b) = (fate.percent(30), fate.percent(30));
            let (one, two) = match fate.percent(50) {
                true => tokio::join!(a.beat(lose_a), b.beat(lose_b)),
                false => tokio::join!(b.beat(lose_b), a.beat(lose_a)),
            };
            if [one, two].contains(&Came::Held) {
                return Some(2 * round);
            }
        }
        None
    })
    .await;
    all_found("race", &world, &bodies, beats).await;
}

#[tokio::test]
async fn a_copy_of_an_old_backup_is_found() {
    let world = World::new().await;
    let bodies = bodies(&world).await;
    let beats = each(&bodies, |mut body, mut fate| async move {
        let past = fate.below(10);
        live(&mut body, past, &mut fate, 20).await;
        let mut copy = body.clone();
        let since = 3 + fate.below(20);
        live(&mut body, since, &mut fate, 20).await;
        for beat in 1..=200 {
            let lost = fate.percent(20);
            let came = if fate.percent(50) { body.beat(lost).await } else { copy.beat(lost).await };
            if came == Came::Held {
                return Some(beat);
            }
        }
        None
    })
    .await;
    all_found("old backup", &world, &bodies, beats).await;
}

#[tokio::test]
async fn a_copy_that_hides_its_token_is_found() {
    let world = World::new().await;
    let bodies = bodies(&world).await;
    let beats = each(&bodies, |mut body, mut fate| async move {
        let past = 2 + fate.below(10);
        live(&mut body, past, &mut fate, 0).await;
        for beat in 1..=200 {
            let mut copy = Body { token: None, ..body.clone() };
            let came = if fate.percent(50) { body.beat(false).await } else { copy.beat(false).await };
            if came == Came::Held {
                return Some(beat);
            }
        }
        None
    })
    .await;
    all_found("hidden token", &world, &bodies, beats).await;
}

#[tokio::test]
async fn honest_bodies_are_never_held() {
    let world = World::new().await;
    let bodies = bodies(&world).await;
    let restored = each(&bodies, |mut body, mut fate| async move {
        let (mut backup, mut restored) = (None, false);
        let taken = fate.below(40);
        // every second device is restored once, some beats after its backup was taken
        let back = (fate.percent(50)).then(|| taken + 2 + fate.below(30));
        for at in 0..80 {
            if at == taken {
                backup = body.synced.clone();
            }
            if Some(at) == back {
                restored = true;
                (body.token, body.synced) = (backup.clone(), backup.clone());
            }
            if fate.percent(10) {
                body.reboot();
            }
            // a time-out: asked again at once with the same token
            for _ in 0..fate.below(3) {
                assert_ne!(body.beat(true).await, Came::Held, "at {at}");
            }
            let lost = fate.percent(30);
            assert_ne!(body.beat(lost).await, Came::Held, "at {at}");
        }
        restored
    })
    .await;
    let (mut rolled_back, mut count) = (0, 0);
    for (body, restored) in bodies.iter().zip(restored) {
        let findings = body.findings(&world).await;
        count += u32::from(restored);
        match (restored, findings.as_slice()) {
            (_, []) => {}
            (true, [one]) if one == "rolled_back" || one == "cannot_confirm" => rolled_back += 1,
            (_, others) => panic!("restored: {restored}, findings: {others:?}"),
        }
    }
    println!("honest: 0 of {SEEDS} held; {count} restored once, {rolled_back} of them with a finding, others none");
    assert!(count > 60 && rolled_back > 60 && u64::from(count) < SEEDS);
}

/// The clock of the test stands: both come in the same millisecond, and neither sees the other's token.
#[tokio::test]
async fn an_agent_that_asks_twice_at_once_is_one_body() {
    let world = World::new().await;
    let bodies = bodies(&world).await;
    each(&bodies, |mut body, mut fate| async move {
        for _ in 0..20 {
            let (one, two) = tokio::join!(body.ask(body.token.clone()), body.ask(body.token.clone()));
            assert!(one.is_some() && two.is_some() && one != two);
            body.token = if fate.percent(50) { one } else { two };
        }
    })
    .await;
    let findings = finding::list(None, (0, 10), &world.maker(), world.cx()).await.unwrap();
    assert!(findings.is_empty());
    println!("asked twice at once: 0 of {SEEDS} held, no finding");
}

#[tokio::test]
async fn both_twins_are_held_until_released_and_found_again() {
    let world = World::new().await;
    let ticket = world.ticket(1).await;
    let (key, made) = world.make(&ticket, &["A".to_owned()]).await.pop().unwrap();
    let mut body = Body::new(&world, (key, made.unwrap())).await;
    let (cx, maker) = (world.cx(), world.maker());
    live(&mut body, 5, &mut Fate(1), 0).await;
    let mut twin = body.clone();
    for _ in 0..2 {
        body.beat(false).await;
        twin.beat(false).await;
    }
    assert_eq!((body.beat(false).await, twin.beat(false).await), (Came::Held, Came::Held));
    let events = tegata_usecase::device::events(body.number, (0, 100), &maker, cx).await.unwrap();
    let last: Vec<_> = events.iter().rev().take(2).map(|(e, _)| (e.kind.name(), &e.data)).collect();
    assert_eq!((last[1].0, last[0].0), ("found", "quarantined"));
    let found = serde_json::json!({ "by": "platform", "kind": "two_bodies", "evidence": { "proof": "siblings" } });
    assert_eq!(*last[1].1, found);
    assert_eq!(*last[0].1, serde_json::json!({ "by": "platform", "reason": "two_bodies" }));
    let all = finding::list(Some(FindingState::Open), (0, 10), &maker, cx).await.unwrap();
    assert_eq!((all.len(), all[0].finding.level), (1, 5));
    let first = all[0].finding.uid;

    act(body.number, Act::Release, Saying::default(), &maker, cx).await.unwrap();
    assert!(body.findings(&world).await.is_empty(), "who lets it back has looked at it");
    let closed = finding::list(Some(FindingState::Closed), (0, 10), &maker, cx).await.unwrap();
    assert_eq!(closed[0].finding.closed.as_ref().unwrap().1, "released from quarantine");
    // all tokens are of an earlier epoch: nobody is accused of that
    live(&mut body, 5, &mut Fate(2), 30).await;
    assert!(body.findings(&world).await.is_empty());
    let mut beats = 0;
    while twin.beat(false).await != Came::Held && body.beat(false).await != Came::Held {
        beats += 1;
        assert!(beats < 5, "the twin came back too");
    }
    let again = finding::list(Some(FindingState::Open), (0, 10), &maker, cx).await.unwrap();
    assert!(again.iter().any(|f| f.finding.kind == "two_bodies" && f.finding.uid != first));
}
