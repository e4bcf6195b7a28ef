//! Devices in the field: they beat, poll, are looked up, and take one update after another, at whichever node answers.
//!
//! Invariant: whatever becomes of the nodes, no device is taken for two, and each runs every release that it was offered
//! once.

use crate::bed::NODES;
use crate::memory::Memory;
use crate::target::Target;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::net::SocketAddr;
use std::time::{Duration, Instant};
use tegata_testkit::api::Message;
use tegata_testkit::factory::{self, Unit, text};
use tegata_testkit::{Answer, Api, Est, EstError, Identity};

/// What any node may have missed of what others wrote (docs/how-to/run-many-nodes.md).
pub const STALE: Duration = Duration::from_secs(2);

/// Enrols; `None` when it was put off, and the device may be asked to again.
pub fn enrol(target: &Target, memory: &Memory, unit: &Unit) -> Option<Identity> {
    let url = format!("https://localhost:{}", target.at.port());
    let est = Est::new(&url, std::slice::from_ref(&target.trust), Some(&unit.identity));
    let mut operational = factory::key();
    match est.enrol(&factory::csr(&operational)) {
        Ok(chain) => {
            memory.known().enrolled.push((unit.number.clone(), chain[0].clone()));
            operational.chain = chain;
            Some(operational)
        }
        Err(EstError::Refused { status, detail }) if !target.puts_off(status) => {
            panic!("{}: EST answered {status}: {detail}", unit.serial)
        }
        Err(_) => None,
    }
}

/// A device.
pub struct Member {
    /// Management number.
    pub number: String,
    /// The key with its operational certificate.
    pub identity: Identity,
    /// A client of its own for each node.
    apis: HashMap<SocketAddr, Api>,
    /// The session's token of the last answer.
    token: Option<String>,
    /// What it runs.
    version: String,
    /// What it ran so far, in order.
    pub ran: Vec<String>,
    /// The highest event that it was shown with, and when that was.
    shown: (u64, Instant),
    /// What it did, as it was acknowledged.
    pub counts: Counts,
}

/// What devices did.
#[derive(Default, Clone, Copy)]
pub struct Counts {
    /// Heartbeats.
    pub beats: usize,
    /// Polls.
    pub polls: usize,
    /// Look-ups of it.
    pub lookups: usize,
}

/// Path and query of a link.
fn path(link: &Value) -> String {
    let link = link.as_str().expect("a link is a text");
    link[link.find("/DEFAULT").expect("a link leads to the device")..].to_owned()
}

impl Member {
    /// Of a device that was enrolled.
    pub fn new(number: &str, identity: Identity, targets: &[Target]) -> Member {
        let api = |target: &Target| (target.at, Api::https(target.at, "localhost", &target.trust).identity(&identity));
        let apis = targets.iter().map(api).collect();
        Member {
            number: number.to_owned(),
            apis,
            identity,
            token: None,
            version: "1.0".to_owned(),
            ran: vec!["1.0".to_owned()],
            shown: (0, Instant::now()),
            counts: Counts::default(),
        }
    }

    /// Asks a node; `None` when it puts it off. Each of `or` is as good as a status of 200.
    fn ask(&self, target: &Target, message: Message, or: &[u16]) -> Option<Answer> {
        let answer = self.apis[&target.at].send(message.header("accept", "application/json")).ok()?;
        if target.puts_off(answer.status) {
            return None;
        }
        assert!(answer.status == 200 || or.contains(&answer.status), "{}: {}", self.number, answer.text());
        Some(answer)
    }

    /// Everything that a device does, once.
    pub fn round(&mut self, target: &Target) -> Option<()> {
        self.beat(target)?;
        self.poll(target)?;
        self.look_up(target)
    }

    /// A heartbeat: it shows the last token that reached it, and must never be taken for two.
    pub fn beat(&mut self, target: &Target) -> Option<()> {
        let body = json!({ "token": self.token, "version": self.version });
        let answer = self.ask(target, Message::new("POST", "/agent/v1/heartbeat").json(&body), &[])?;
        self.token = Some(text(&answer.json(), "token"));
        self.counts.beats += 1;
        Some(())
    }

    fn poll(&mut self, target: &Target) -> Option<()> {
        let base = format!("/DEFAULT/controller/v1/{}", self.number);
        let links = self.ask(target, Message::new("GET", base), &[])?.json()["_links"].take();
        self.counts.polls += 1;
        if let Some(link) = links.get("configData") {
            let body = json!({ "mode": "merge", "data": { "version": self.version, "hw_revision": "1" } });
            self.ask(target, Message::new("PUT", path(&link["href"])).json(&body), &[])?;
        }
        match links.get("deploymentBase") {
            Some(link) => self.update(target, &path(&link["href"])),
            None => Some(()),
        }
    }

    /// Fetches what is offered, says that it is installed, and runs it from the next heartbeat on.
    fn update(&mut self, target: &Target, link: &str) -> Option<()> {
        let answer = self.ask(target, Message::new("GET", link), &[404, 410])?;
        // an answer that was lost had ended it
        if answer.status != 200 {
            return Some(());
        }
        let chunk = &answer.json()["deployment"]["chunks"][0];
        let version = text(chunk, "version");
        let artifact = path(&chunk["artifacts"][0]["_links"]["download"]["href"]);
        let image = self.ask(target, Message::new("GET", artifact), &[404, 410])?;
        if image.status != 200 {
            return Some(());
        }
        assert_eq!(image.text(), format!("image {version}"), "{}", self.number);
        // from here on it runs the release, whatever becomes of what it says about it
        if self.version != version {
            self.ran.push(version.clone());
            self.version = version;
        }
        let feedback = format!("{}/feedback", link.split('?').next().unwrap_or(link));
        for (execution, finished) in [("proceeding", "none"), ("closed", "success")] {
            let body =
                json!({ "status": { "execution": execution, "result": { "finished": finished }, "details": [] } });
            self.ask(target, Message::new("POST", feedback.clone()).json(&body), &[404, 410])?;
        }
        self.beat(target)
    }

    /// Looks it up: once anybody was shown an event of it, nobody is shown less for longer than the bound.
    fn look_up(&mut self, target: &Target) -> Option<()> {
        let asked = Instant::now();
        let answer = self.ask(target, Message::new("GET", format!("/d/{}", self.number)), &[])?.json();
        let sequence = answer["head"]["sequence"].as_u64().expect("a look-up shows the head");
        assert_eq!((&answer["answer"], &answer["stage"]), (&"registered".into(), &"in_use".into()), "{answer}");
        let (known, since) = self.shown;
        assert!(
            sequence >= known || asked.duration_since(since) < STALE,
            "{}: event {known} was shown {:?} ago, now {sequence}",
            self.number,
            asked.duration_since(since)
        );
        if sequence > known {
            self.shown = (sequence, Instant::now());
        }
        self.counts.lookups += 1;
        Some(())
    }
}

/// Two bodies under one identity: both are answered until the second shows the sibling of a token that the first showed.
pub struct Twin {
    /// Management number.
    pub number: String,
    api: HashMap<SocketAddr, Api>,
    tokens: Vec<String>,
}

impl Twin {
    /// Of a device that was enrolled.
    pub fn new(number: &str, identity: &Identity, targets: &[Target]) -> Twin {
        let api = |target: &Target| (target.at, Api::https(target.at, "localhost", &target.trust).identity(identity));
        Twin { number: number.to_owned(), api: targets.iter().map(api).collect(), tokens: Vec::new() }
    }

    /// Goes on to its end: quarantined. `None` when it was put off before.
    pub fn go_on(&mut self, target: &Target) -> Option<()> {
        // shown in turn: nothing, the first answer twice, both answers to that
        const SHOWN: [Option<usize>; 5] = [None, Some(0), Some(0), Some(1), Some(2)];
        for shown in &SHOWN[self.tokens.len()..] {
            let body = json!({ "token": shown.map(|at| &self.tokens[at]) });
            let message = Message::new("POST", "/agent/v1/heartbeat").json(&body);
            let answer = self.api[&target.at].send(message).ok()?;
            if target.puts_off(answer.status) {
                return None;
            }
            if answer.status == 403 && self.tokens.len() >= 3 {
                return Some(());
            }
            self.tokens.push(text(&answer.expect(200).json(), "token"));
        }
        panic!("{}: two bodies were both answered to the end", self.number)
    }
}

/// A campaign that began.
#[derive(Debug, Clone)]
pub struct Begun {
    /// Its id.
    pub id: String,
    /// The release's version.
    pub version: String,
    /// Its devices.
    pub numbers: Vec<String>,
}

/// Publishes release after release, and brings each to a part of the fleet; one after the other.
pub struct Campaigner {
    product: String,
    numbers: Vec<String>,
    release: Option<String>,
    running: bool,
    /// All that began.
    pub begun: Vec<Begun>,
}

impl Campaigner {
    /// Of a product, for these devices.
    pub fn new(product: &str, numbers: Vec<String>) -> Campaigner {
        Campaigner { product: product.to_owned(), numbers, release: None, running: false, begun: Vec::new() }
    }

    /// One step further; `None` when it was put off.
    pub fn go_on(&mut self, target: &Target) -> Option<()> {
        if self.running {
            self.running = !self.has_ended(target)?;
            return Some(());
        }
        let version = format!("2.{}", self.begun.len());
        let release = match self.release.clone() {
            Some(release) => release,
            None => self.publish(target, &version)?,
        };
        self.release = Some(release.clone());
        let odd = self.begun.len() % 3;
        let numbers = self.numbers.iter().enumerate().filter(|(i, _)| i % 3 != odd).map(|(_, number)| number.clone());
        let numbers: Vec<String> = numbers.collect();
        let groups = json!([{ "percent": 50 }, { "percent": 100 }]);
        let body = json!({ "release": release, "select": { "numbers": numbers }, "groups": groups });
        let message = Message::new("POST", "/api/v1/campaigns").json(&body).header("idempotency-key", version.clone());
        let id = factory::id(&target.ask(message, 201).ok()?);
        self.begun.push(Begun { id, version, numbers });
        (self.release, self.running) = (None, true);
        Some(())
    }

    /// Publishes a version. One that was published before its answer was lost is there already.
    pub fn publish(&self, target: &Target, version: &str) -> Option<String> {
        let answer = target.api.send(factory::release(&self.product, version, &[])).ok()?;
        if target.puts_off(answer.status) {
            return None;
        }
        if answer.status != 409 {
            return Some(factory::id(&answer.expect(201)));
        }
        let path = format!("/api/v1/releases?product={}&limit=1000", self.product);
        let all = target.ask(Message::new("GET", path), 200).ok()?.json();
        let same = all["items"].as_array().unwrap().iter().find(|release| release["version"] == version);
        Some(text(same.expect("a release that is refused as there is there"), "id"))
    }

    /// Whether the present one came to its end; never any but a good one.
    pub fn has_ended(&self, target: &Target) -> Option<bool> {
        let Some(begun) = self.begun.last() else { return Some(true) };
        let message = Message::new("GET", format!("/api/v1/campaigns/{}", begun.id));
        let campaign = target.ask(message, 200).ok()?.json();
        let state = text(&campaign, "state");
        assert!(state == "running" || state == "finished", "a campaign is {campaign}");
        Some(state == "finished")
    }
}

/// Makes devices under a batch of their own, enrolled and heard from once: of each node's part so many.
pub fn fleet(targets: &[Target], memory: &Memory, each: usize) -> (String, Vec<Vec<Member>>) {
    let api = &targets[0].api;
    let product = factory::product(api, "FLEET");
    let count = each * NODES.len();
    let batch = factory::batch(api, &product, count);
    let keys: Vec<(String, Identity)> = (0..count).map(|i| (format!("FLEET-{i:04}"), factory::key())).collect();
    let lines: Vec<String> = keys.iter().map(|(serial, key)| factory::line(serial, &factory::csr(key))).collect();
    let made = api.call(factory::lines(&batch, lines.concat())).expect(200).lines();
    let mut members = Vec::new();
    for (((serial, mut identity), line), made) in keys.into_iter().zip(lines).zip(&made) {
        let asked = crate::memory::Made {
            number: text(made, "number"),
            device: text(made, "device"),
            certificate: text(made, "certificate"),
        };
        let number = asked.number.clone();
        identity.chain = vec![factory::certificate(made)];
        let asked = crate::memory::Asked { made: asked, batch: batch.clone(), line };
        memory.known().devices.insert(serial.clone(), asked);
        let operational = enrol(&targets[0], memory, &Unit { serial, number: number.clone(), identity });
        let mut member = Member::new(&number, operational.expect("nothing is hurt yet"), targets);
        member.beat(&targets[0]).expect("nothing is hurt yet");
        members.push(member);
    }
    let whole = crate::memory::Batch { id: batch, quantity: count, full: false };
    memory.known().batches.insert("FLEET-".to_owned(), whole);
    let mut parts = Vec::new();
    while !members.is_empty() {
        parts.push(members.split_off(members.len() - each));
    }
    (product, parts)
}
