//! The page of both logs: how far are they, who signs them, how does one check that?

use crate::page::Place;
use crate::page::console::{Area, Content};
use crate::sentence::plain;
use crate::texts::{Line, count};
use askama::Template;
use tegata_domain::ledger::{Checkpoint, Log};

/// A log: its name, its verifier key, and its checkpoint once there is one.
pub struct Shown<'a> {
    /// Which.
    pub log: Log,
    /// As its checkpoints name it.
    pub origin: &'a str,
    /// Its verifier key, in signed-note form.
    pub key: &'a str,
    /// What is published.
    pub checkpoint: Option<&'a Checkpoint>,
}

#[derive(Template)]
#[template(path = "ledger/heads.html")]
struct Heads<'a> {
    t: &'static Line,
    heading: String,
    logs: Vec<One<'a>>,
    check: String,
    commands: String,
}

/// One log.
struct One<'a> {
    id: &'static str,
    title: &'static str,
    why: &'static str,
    origin: &'a str,
    key: &'a str,
    /// Entries, root, and where the note is.
    head: Option<(String, String, String)>,
}

/// The page of both logs. `url` is where they are served.
pub fn render(place: &Place<'_>, url: &str, logs: &[Shown<'_>]) -> Content {
    let t = Line::of(place.language());
    let l = t.ledger;
    let size = |log: Log| {
        let found = logs.iter().find(|one| one.log == log).and_then(|one| one.checkpoint);
        found.map_or(0, |checkpoint| checkpoint.head.size)
    };
    let (facts, events) = (l.facts_count.of(size(Log::Facts)), l.events_count.of(size(Log::Devices)));
    let heading = match logs.iter().any(|one| one.checkpoint.is_some()) {
        true => plain(&l.heading, &[("facts", &facts), ("events", &events)]),
        false => l.heading_none.clone(),
    };
    let page = Heads {
        t,
        heading,
        logs: logs.iter().map(|one| log(t, one)).collect(),
        check: place.link("/ledger/check"),
        commands: format!(
            "curl -s {url}/ledger/keys > keys\ntegata verify 7K3M-1.tlog-proof --keys keys\n\
             curl -s {url}/ledger/devices/checkpoint > checkpoint\ntegata verify checkpoint --keys keys"
        ),
    };
    Content::new(Area::Ledger, &l.what, &page).public("/ledger", true)
}

fn log<'a>(t: &'static Line, one: &Shown<'a>) -> One<'a> {
    let l = t.ledger;
    let (title, why) = match one.log {
        Log::Facts => (&l.facts, &l.facts_why),
        Log::Devices => (&l.devices, &l.devices_why),
    };
    let head = |checkpoint: &Checkpoint| {
        let root = checkpoint.head.root.iter().map(|byte| format!("{byte:02x}")).collect();
        (count(checkpoint.head.size), root, format!("/ledger/{}/checkpoint", one.log.name()))
    };
    One { id: one.log.name(), title, why, origin: one.origin, key: one.key, head: one.checkpoint.map(head) }
}
