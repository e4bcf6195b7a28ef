//! How long the other nodes give an old answer after one acknowledged a change: while they hear each other, and while
//! what they say is lost without anybody being told. Held to what docs/how-to/run-many-nodes.md says.

use crate::bed::{Bed, NODES};
use crate::fleet::{self, Campaigner, Member, STALE};
use crate::load::Load;
use crate::target::Target;
use serde_json::{Value, json};
use std::fmt;
use std::sync::Barrier;
use std::time::{Duration, Instant};
use tegata_testkit::api::Message;
use tegata_testkit::factory::{self, text};
use tegata_testkit::{Api, wait};

/// What is asked, and how long an old answer may be given to it.
const ASKED: [(&str, Duration); 6] = [
    ("look-up", STALE),
    ("poll with a token", STALE),
    ("poll with a certificate", STALE),
    ("API with a token", STALE),
    // the background work of one node comes in between
    ("offer of a campaign", Duration::from_secs(5)),
    ("status list", Duration::from_secs(5)),
];
const LOOK_UP: usize = 0;
const TOKEN: usize = 1;
const CERTIFICATE: usize = 2;
const MEMBER: usize = 3;
const OFFER: usize = 4;
const LIST: usize = 5;

/// Time between two questions to one node: less often than a device may ask.
const PAUSE: Duration = Duration::from_millis(25);
/// So many old answers come first, so that they come from memory; and so long is asked on after the first new one.
const WARM: usize = 8;
const AFTER: Duration = Duration::from_millis(400);
/// Nothing stays old for longer.
const BOUND: Duration = Duration::from_secs(30);

/// The longest times, by what was asked: heard, and not heard.
#[derive(Default)]
pub struct Worst([[Duration; ASKED.len()]; 2], usize);

impl fmt::Display for Worst {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "old answers of other nodes after an acknowledgement, the longest of {}:", self.1)?;
        for (way, spans) in ["heard", "not heard"].into_iter().zip(self.0) {
            let spans = ASKED.iter().zip(spans).map(|((what, _), span)| format!("{what} {} ms", span.as_millis()));
            write!(f, " {way}: {};", spans.collect::<Vec<_>>().join(", "))?;
        }
        Ok(())
    }
}

/// What a node answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Said {
    Old,
    New,
    /// Put off, or asked too often.
    Nothing,
}

type Look<'a> = Box<dyn Fn() -> Said + Send + 'a>;

/// Judges an answer: of these statuses one is old, the others are new.
fn by_status(api: &Api, path: &str, old: u16) -> Said {
    match api.send(Message::new("GET", path).header("accept", "application/json")) {
        Ok(answer) if answer.status == old => Said::Old,
        Ok(answer) if matches!(answer.status, 429 | 503) => Said::Nothing,
        Ok(answer) if matches!(answer.status, 200 | 401 | 403) => Said::New,
        Ok(answer) => panic!("{path}: {}: {}", answer.status, answer.text()),
        Err(_) => Said::Nothing,
    }
}

/// One who asks over and over: the last moment at which a question was asked that got an old answer.
fn ask(look: &Look<'_>, warm: &Barrier) -> Instant {
    let (mut old, mut last, mut new) = (0, Instant::now(), None::<Instant>);
    let begin = Instant::now();
    loop {
        let asked = Instant::now();
        match look() {
            Said::Old => {
                assert!(new.is_none(), "a node that gave the new answer gave the old one again");
                (old, last) = (old + 1, asked);
                if old == WARM {
                    warm.wait();
                }
            }
            Said::New if old < WARM => panic!("a new answer before anything was changed"),
            Said::New => new = new.or(Some(asked)),
            Said::Nothing => {}
        }
        if new.is_some_and(|new| new.elapsed() > AFTER) {
            return last;
        }
        assert!(begin.elapsed() < BOUND, "no new answer for {BOUND:?} ({old} old ones)");
        std::thread::sleep(PAUSE);
    }
}

/// Who measures: a subject in the field, the node that acknowledges, the others that are asked.
struct Bench<'a> {
    bed: &'a Bed,
    /// Whether the others are to miss it.
    deaf: bool,
    first: Target,
    others: Vec<Target>,
    plain: Vec<Api>,
    worst: [Duration; ASKED.len()],
}

impl Bench<'_> {
    /// How old the answers to `looks` were at most, each of one kind, after `act` was acknowledged.
    fn after(&mut self, looks: Vec<(usize, Look<'_>)>, act: impl FnOnce()) {
        let (warm, mut ears) = (&Barrier::new(looks.len() + 1), Vec::new());
        let ends: Vec<(usize, Duration)> = std::thread::scope(|scope| {
            let asking: Vec<_> =
                looks.into_iter().map(|(kind, look)| (kind, scope.spawn(move || ask(&look, warm)))).collect();
            warm.wait();
            ears = self
                .others
                .iter()
                .filter(|_| self.deaf)
                .map(|other| (node(other), self.bed.deaf(node(other))))
                .collect();
            act();
            let acknowledged = Instant::now();
            let ended = asking.into_iter().map(|(kind, asker)| (kind, asker.join().expect("a node answers")));
            ended.map(|(kind, last)| (kind, last.saturating_duration_since(acknowledged))).collect()
        });
        // each finds out by itself: only then what was lost cannot come late
        for (node, ear) in ears {
            wait::until("a node listens anew", || self.bed.ear(node).filter(|now| *now != ear));
        }
        if self.deaf {
            self.bed.act(&["heal"]);
        }
        for (kind, span) in ends {
            let (what, bound) = ASKED[kind];
            assert!(span <= bound, "{what}: an old answer {span:?} after the acknowledgement");
            self.worst[kind] = self.worst[kind].max(span);
        }
    }

    fn post(&self, path: &str, body: &Value, status: u16) -> Value {
        self.first.api.post(path, body).expect(status).json()
    }

    /// Each of the others, asked over a connection that is kept.
    fn looks<'a>(&self, kind: usize, api: impl Fn(&Target) -> Api, path: &str, old: u16) -> Vec<(usize, Look<'a>)> {
        let one = |target: &Target| {
            let (api, path) = (api(target), path.to_owned());
            (kind, Box::new(move || by_status(&api, &path, old)) as Look<'a>)
        };
        self.others.iter().map(one).collect()
    }

    /// Held and let go: the look-up says so.
    fn look_up(&mut self, number: &str) {
        for (act, old) in [("quarantine", "registered"), ("release", "cannot_confirm")] {
            let one = |target: &Target| {
                let (api, path) = (public(target), format!("/d/{number}"));
                let look =
                    move || match api.send(Message::new("GET", path.clone()).header("accept", "application/json")) {
                        Ok(answer) if answer.status == 200 && answer.json()["answer"] == old => Said::Old,
                        Ok(answer) if answer.status == 200 => Said::New,
                        _ => Said::Nothing,
                    };
                (LOOK_UP, Box::new(look) as Look<'_>)
            };
            let looks = self.others.iter().map(one).collect();
            let (api, path) = (self.first.api.clone(), format!("/api/v1/devices/{number}/{act}"));
            self.after(looks, || drop(api.post(&path, &json!({})).expect(200)));
        }
    }

    /// The device gets another token: the one before opens nothing any more.
    fn token(&mut self, number: &str) {
        let path = format!("/api/v1/devices/{number}/token");
        let token = format!("TargetToken {}", text(&self.post(&path, &json!({}), 200), "token"));
        let base = format!("/DEFAULT/controller/v1/{number}");
        let one = |target: &Target| {
            let (api, token, base) = (public(target), token.clone(), base.clone());
            let look = move || {
                let message = Message::new("GET", base.clone()).header("authorization", token.clone());
                match api.send(message).map(|answer| answer.status) {
                    Ok(200) => Said::Old,
                    Ok(401) => Said::New,
                    Ok(429 | 503) | Err(_) => Said::Nothing,
                    Ok(status) => panic!("{base}: {status}"),
                }
            };
            (TOKEN, Box::new(look) as Look<'_>)
        };
        let looks = self.others.iter().map(one).collect();
        let api = self.first.api.clone();
        self.after(looks, || drop(api.post(&path, &json!({})).expect(200)));
    }

    /// A token of a person ends.
    fn member(&mut self) {
        let made = self.post("/api/v1/tokens", &json!({ "name": "to end", "role": "operator" }), 201);
        let (id, token) = (text(&made, "id"), text(&made, "token"));
        let looks = self.looks(MEMBER, |target| public(target).bearer(&token), "/api/v1/products?limit=1", 200);
        let api = self.first.api.clone();
        self.after(looks, || {
            let answer = api.delete(&format!("/api/v1/tokens/{id}"));
            assert!(matches!(answer.status, 200 | 204), "{}", answer.text());
        });
    }

    /// A campaign is acknowledged: until it is offered. Then the device takes it.
    fn offer(&mut self, member: &mut Member, release: &str) {
        let base = format!("/DEFAULT/controller/v1/{}", member.number);
        let one = |target: &Target| {
            let (api, base) = (public(target).identity(&member.identity), base.clone());
            let look = move || match api.send(Message::new("GET", base.clone())) {
                Ok(answer) if answer.status == 200 => match answer.json()["_links"].get("deploymentBase") {
                    None => Said::Old,
                    Some(_) => Said::New,
                },
                _ => Said::Nothing,
            };
            (OFFER, Box::new(look) as Look<'_>)
        };
        let looks = self.others.iter().map(one).collect();
        let (api, number) = (self.first.api.clone(), member.number.clone());
        let body = json!({ "release": release, "select": { "numbers": [number] }, "groups": [{ "percent": 100 }] });
        self.after(looks, || drop(api.post("/api/v1/campaigns", &body).expect(201)));
        wait::until("the device runs what it was offered", || {
            member.round(&self.first)?;
            (member.ran.len() > 1).then_some(())
        });
    }

    /// The operational certificate is revoked: it opens nothing any more, and stands in its list.
    fn certificate(&mut self, member: &Member) {
        let base = format!("/DEFAULT/controller/v1/{}", member.number);
        let der = &member.identity.chain[0];
        let mut looks = self.looks(CERTIFICATE, |target| public(target).identity(&member.identity), &base, 200);
        let named = String::from_utf8_lossy(der).into_owned();
        let from = named.find("/crl/").expect("a certificate names its list");
        let path = named[from..from + named[from..].find(".crl").unwrap() + 4].to_owned();
        let serial = tegata_wire::x509::parse(der).unwrap().serial.to_vec();
        for api in &self.plain {
            let (api, path, serial) = (api.clone(), path.clone(), serial.clone());
            let look = move || match api.send(Message::new("GET", path.clone())) {
                Ok(answer) if answer.status == 200 => {
                    let listed = answer.body.windows(serial.len()).any(|window| window == serial);
                    if listed { Said::New } else { Said::Old }
                }
                _ => Said::Nothing,
            };
            looks.push((LIST, Box::new(look)));
        }
        let (api, path) = (self.first.api.clone(), format!("/api/v1/certificates/{}/revoke", factory::serial(der)));
        self.after(looks, || drop(api.post(&path, &json!({})).expect(200)));
    }
}

fn node(target: &Target) -> usize {
    NODES.into_iter().find(|node| target.at.port() == 28440 + *node as u16).expect("a node's port")
}

/// Nobody in particular, over connections of its own.
fn public(target: &Target) -> Api {
    Api::https(target.at, "localhost", &target.trust)
}

/// All of it: heard with each node in turn as the one that acknowledges, then not heard with one of them.
pub fn measure(bed: &Bed, load: &Load, round: usize, worst: &mut Worst) {
    let begin = Instant::now();
    let release = release(load, worst.1);
    let heard = (0..NODES.len()).map(|home| (false, home));
    for (deaf, home) in heard.chain([(true, round % NODES.len())]) {
        let others: Vec<Target> = load.targets.iter().filter(|t| t.at != load.targets[home].at).cloned().collect();
        let plain = others.iter().map(|target| bed.plain(node(target))).collect();
        let first = load.targets[home].clone();
        let mut bench = Bench { bed, deaf, first, others, plain, worst: Default::default() };
        let unit = wait::until("a device for the measure", || load.memory.take());
        let identity = wait::until("it enrols", || fleet::enrol(&bench.first, &load.memory, &unit));
        let mut member = Member::new(&unit.number, identity, &load.targets);
        wait::until("it is heard", || member.round(&bench.first));
        bench.look_up(&unit.number);
        bench.token(&unit.number);
        bench.member();
        bench.offer(&mut member, &release);
        bench.certificate(&member);
        let kept = &mut worst.0[usize::from(deaf)];
        kept.iter_mut().zip(bench.worst).for_each(|(kept, span)| *kept = (*kept).max(span));
        worst.1 += 1;
    }
    // or nothing was ever answered from memory, and this measured nothing
    assert!(worst.0[1][TOKEN] > Duration::from_millis(100), "nobody missed anything: {worst}");
    crate::say(&format!("{worst} {:.0} s", begin.elapsed().as_secs_f64()));
}

/// A release for the devices of the lines, published anew for each measure.
fn release(load: &Load, ordinal: usize) -> String {
    let product = load.product.clone();
    wait::until("a release is published", || {
        Campaigner::new(&product, Vec::new()).publish(&load.targets[0], &format!("3.{ordinal}"))
    })
}
