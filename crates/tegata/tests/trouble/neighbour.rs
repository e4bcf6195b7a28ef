//! One that takes more than its part: the others are answered as before.

use crate::load::{Maker, Met, Same, look_ups, run};
use crate::overload::{Aside, stand};
use crate::stand::Stand;
use crate::{alone, say};
use serde_json::json;
use std::io::Write;
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::time::Duration;
use tegata_testkit::api::Message;
use tegata_testkit::factory::{self, text};
use tegata_testkit::tls::{Client, TLS13};
use tegata_testkit::{Connection, tenant};

/// What a tenant and its device meet: the API, lines, look-ups, polls.
struct Others {
    reads: Met,
    lines: Met,
    looks: Met,
    polls: Met,
}

impl Others {
    /// They ask now and then, for as long as it is measured.
    fn ask(stand: &Stand) -> Others {
        let (time, pause) = (Duration::from_secs(3), Duration::from_millis(20));
        let bearer = format!("Bearer {}", stand.world.first.token);
        let read = move || {
            let path = format!("/api/v1/devices/{}", stand.unit.number);
            Same::open(stand, Message::new("GET", path).header("authorization", bearer.clone()))
        };
        let whose = (stand.world.first.token.as_str(), stand.batch.as_str());
        // serials of their own: keys are new each time
        static TIMES: AtomicUsize = AtomicUsize::new(0);
        let name = TIMES.fetch_add(1, Relaxed);
        std::thread::scope(|scope| {
            let reads = scope.spawn(move || run(1, time, pause, |_| read()));
            let lines = scope
                .spawn(move || run(1, time, pause, |i| Maker::open(stand, whose, &format!("quiet-{name}-{i}"), 1)));
            let looks = scope.spawn(move || look_ups(stand, 1, time, pause));
            let polls = scope.spawn(move || run(1, time, pause, |_| Same::open(stand, stand.poll_message())));
            let [reads, lines, looks, polls] = [reads, lines, looks, polls].map(|one| one.join().unwrap());
            Others { reads, lines, looks, polls }
        })
    }

    fn each(&self) -> [(&'static str, &Met); 4] {
        [("API", &self.reads), ("lines", &self.lines), ("look-ups", &self.looks), ("polls", &self.polls)]
    }
}

/// What is slower than this is slow, whatever it was before: a refusal of the noise is not in it.
const SLOW: Duration = Duration::from_millis(400);

/// The others' p99 beside that of before; none of them is refused.
fn compare(name: &str, before: &Others, beside: &Others) {
    let mut told = Vec::new();
    for ((what, was), (_, is)) in before.each().into_iter().zip(beside.each()) {
        assert!(is.refused == 0 && is.strange.is_empty(), "{name}: {what}: {is:?}");
        let ratio = is.p99().as_secs_f64() / was.p99().as_secs_f64().max(0.000_1);
        told.push(format!("{what} {:.1?} → {:.1?} (×{ratio:.1})", was.p99(), is.p99()));
        assert!(is.p99() < SLOW || ratio < 8.0, "{name}: {what}: p99 {:?}, then {:?}", was.p99(), is.p99());
    }
    say(&format!("beside {name}: p99 of {}", told.join(", ")));
}

/// Runs noise until the others were measured.
fn beside<T: Send>(stand: &Stand, noise: impl FnOnce(&AtomicBool) -> T + Send) -> (Others, T) {
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let noise = scope.spawn(|| noise(&stop));
        // a moment for the noise to stand
        std::thread::sleep(Duration::from_millis(500));
        let others = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| Others::ask(stand)));
        stop.store(true, Relaxed);
        let noise = noise.join().unwrap();
        (others.unwrap_or_else(|e| std::panic::resume_unwind(e)), noise)
    })
}

const NOISE: Duration = Duration::from_millis(3700);

#[test]
fn a_tenant_that_floods_is_told_so_and_slows_nobody() {
    let _alone = alone();
    let stand = stand(&[("TEGATA_LIMITS_STREAMS", "16"), ("TEGATA_LIMITS_IN_FLIGHT", "64")]);
    let _aside = Aside::step();
    let api = stand.api();
    let noisy = tenant::organisation(&api, "Noisy", &["maker"]);
    let theirs = stand.world.public().bearer(&noisy.secret);
    let batch = factory::batch(&theirs, &factory::product(&theirs, "NOISE"), 1_000_000);
    let before = Others::ask(&stand);
    let whose = (noisy.secret.as_str(), batch.as_str());
    let flood =
        |_: &AtomicBool| run(24, NOISE, Duration::ZERO, |i| Maker::open(&stand, whose, &format!("noise-{i}"), 64));
    let (others, flood) = beside(&stand, flood);
    assert!(flood.strange.is_empty(), "{:?}", flood.strange.first());
    assert!(flood.refused > 0, "it had more than its share");
    say(&format!("a tenant with 24 streams: {} requests of 64 lines, {} refused", flood.count(), flood.refused));
    compare("a tenant that floods", &before, &others);
}

#[test]
fn a_device_in_a_tight_loop_is_told_to_wait() {
    let _alone = alone();
    let stand = stand(&[]);
    let _aside = Aside::step();
    let api = stand.api();
    let device = factory::device(&api, &stand.batch, "loop");
    let path = format!("/api/v1/devices/{}/token", device.number);
    let token = text(&api.post(&path, &json!({})).expect(200).json(), "token");
    let before = Others::ask(&stand);
    let message = || {
        Message::new("GET", format!("/DEFAULT/controller/v1/{}", device.number))
            .header("authorization", format!("TargetToken {token}"))
    };
    let (others, spin) =
        beside(&stand, |_: &AtomicBool| run(8, NOISE, Duration::ZERO, |_| Same::open(&stand, message())));
    assert!(spin.strange.is_empty(), "{:?}", spin.strange.first());
    let rate = spin.count() as f64 / NOISE.as_secs_f64();
    assert!(spin.refused > 0 && rate < 80.0, "{rate}/s answered, {} refused", spin.refused);
    say(&format!("a device on 8 connections: {rate:.0}/s answered, {} refused", spin.refused));
    compare("a device in a tight loop", &before, &others);
}

#[test]
fn who_sends_slowly_or_never_ends_a_handshake_slows_nobody() {
    let _alone = alone();
    let stand = stand(&[("TEGATA_LIMITS_CONNECTIONS", "400")]);
    let _aside = Aside::step();
    let before = Others::ask(&stand);
    let at = stand.world.server().https;
    let slow = |stop: &AtomicBool| {
        let half: Vec<TcpStream> = (0..100)
            .filter_map(|_| {
                let mut stream = TcpStream::connect(at).ok()?;
                stream.write_all(b"\x16\x03\x01\x02\x00\x01").ok()?;
                Some(stream)
            })
            .collect();
        let client = Client::new(&stand.world.first.trust, TLS13, None);
        let message = Message::new("POST", "/api/v1/products").header("content-type", "application/json");
        let message = message.header("authorization", format!("Bearer {}", stand.world.first.token));
        let mut bodies: Vec<_> = (0..40)
            .filter_map(|_| Connection::open(at, "localhost", &client).and_then(|c| c.stream(&message)).ok())
            .collect();
        while !stop.load(Relaxed) {
            bodies.iter_mut().for_each(|body| drop(body.send(b" ")));
            std::thread::sleep(Duration::from_millis(200));
        }
        (half.len(), bodies.len())
    };
    let (others, (half, bodies)) = beside(&stand, slow);
    say(&format!("{half} handshakes that never end, {bodies} bodies of five bytes a second"));
    compare("slow senders", &before, &others);
}
