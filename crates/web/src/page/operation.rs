//! The page of operation: how does it run, and how did it run in the last hour?
//!
//! Why without script: whoever looks at it may be in trouble, on a console or through a tunnel.
//! Invariant: nothing of any organisation, device or request; figures of the whole platform only.

mod plot;

use super::Place;
use super::frame::{self, Head};
use crate::sentence::{Sentence, Slot, plain, sentence};
use crate::texts::{Operation as Words, Texts};
use askama::Template;
use plot::{Plot, Series, digits};
use tegata_domain::time::Timestamp;

/// How it ran for ten seconds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Moment {
    /// When they ended.
    pub at: Timestamp,
    /// Requests a second.
    pub requests: f32,
    /// Those refused for a reason that lies with the platform or the asker's credential.
    pub refused: f32,
    /// Milliseconds within which half of the requests were answered; `None` without requests.
    pub half: Option<f32>,
    /// The same for 99 of 100.
    pub most: Option<f32>,
    /// Changes in a transaction; `None` without one.
    pub batch: Option<f32>,
    /// Milliseconds within which 99 of 100 transactions were on disk.
    pub commit: Option<f32>,
    /// Transactions that failed.
    pub failed: u32,
    /// Leaves without a checkpoint.
    pub waiting: u64,
    /// Seconds that the oldest of them waits.
    pub oldest: f32,
    /// Bytes of memory.
    pub memory: u64,
    /// Processor cores in use.
    pub cores: f32,
    /// Open connections.
    pub connections: u32,
    /// Share of polls that were answered from memory; `None` without polls.
    pub hits: Option<f32>,
}

/// So many moments are "now": the last minute.
const NOW: usize = 6;
/// A leaf that waits for longer than this is the news, in seconds.
const LATE: f32 = 30.0;

#[derive(Template)]
#[template(path = "operation.html")]
struct Operation {
    t: &'static Texts,
    heading: String,
    lead: Sentence,
    badge: (&'static str, &'static str, &'static str),
    plots: Vec<Plot>,
}

/// The page of the last hour, oldest moment first.
pub fn render(place: &Place<'_>, hour: &[Moment]) -> String {
    let t = Texts::of(place.language());
    let words = &t.operation;
    let (heading, badge) = judge(words, hour);
    let lead = match (hour.first(), hour.last()) {
        (Some(first), Some(last)) => {
            let (from, until) = (t.date.minute(first.at), t.date.minute(last.at));
            sentence(&words.lead, &[("from", Slot::Time(&from)), ("until", Slot::Time(&until))])
        }
        _ => sentence(&words.lead_new, &[]),
    };
    let page = Operation { t, heading, lead, badge, plots: plots(t, hour) };
    frame::page(place, Head { title: &words.title, listed: false, route: "/operation" }, &page)
}

/// What is the news, and its badge: class, drawing, word.
fn judge(words: &'static Words, hour: &[Moment]) -> (String, (&'static str, &'static str, &'static str)) {
    let waits = ("wait", "wait", &*words.look);
    let runs = ("well", "well", &*words.runs);
    let Some(last) = hour.last() else { return (words.new.clone(), ("quiet", "silent", &words.no_figures)) };
    let now = &hour[hour.len().saturating_sub(NOW)..];
    let mean = |value: fn(&Moment) -> f32| now.iter().map(value).sum::<f32>() / now.len() as f32;
    let (requests, refused) = (mean(|m| m.requests), mean(|m| m.refused));
    let failed: u32 = hour.iter().map(|m| m.failed).sum();
    if failed > 0 {
        return (words.failed.of(failed.into()), ("stop", "wait", &words.act));
    }
    if last.oldest > LATE {
        return (plain(&words.late, &[("seconds", &digits(last.oldest))]), waits);
    }
    if requests == 0.0 {
        return (words.idle.clone(), runs);
    }
    let rate = digits(requests);
    match refused > 0.0 {
        true => (plain(&words.refused, &[("rate", &rate), ("refused", &digits(refused))]), waits),
        false => (plain(&words.well, &[("rate", &rate)]), runs),
    }
}

fn plots(t: &'static Texts, hour: &[Moment]) -> Vec<Plot> {
    let w = &t.operation;
    // the last is what the axis reaches at least, in the plot's unit: nobody reads a hundredth of a core
    let plot = |id, words: (&'static str, &'static str, f32), series: Vec<Series<'_>>| {
        Plot::new(&t.date, (id, words.0, words.1, words.2), hour, &series)
    };
    let line = |name: &'static String, value: &'static dyn Fn(&Moment) -> Option<f32>| Series { name, value };
    let (requests, latency, commit, batch) = (&w.requests, &w.latency, &w.commit, &w.batch);
    let (connections, ledger, memory, cores, hits) = (&w.connections, &w.ledger, &w.memory, &w.cores, &w.hits);
    vec![
        plot(
            "requests",
            (&requests.title, &requests.unit, 1.0),
            vec![line(&requests.line, &|m| Some(m.requests)), line(&requests.other, &|m| Some(m.refused))],
        ),
        plot(
            "latency",
            (&latency.title, &latency.unit, 1.0),
            vec![line(&latency.line, &|m| m.most), line(&latency.other, &|m| m.half)],
        ),
        plot(
            "connections",
            (&connections.title, &connections.unit, 10.0),
            vec![line(&connections.line, &|m| Some(m.connections as f32))],
        ),
        plot("commit", (&commit.title, &commit.unit, 10.0), vec![line(&commit.line, &|m| m.commit)]),
        plot("batch", (&batch.title, &batch.unit, 2.0), vec![line(&batch.line, &|m| m.batch)]),
        plot("ledger", (&ledger.title, &ledger.unit, 1.0), vec![line(&ledger.line, &|m| Some(m.oldest))]),
        plot("memory", (&memory.title, &memory.unit, 1.0), vec![line(&memory.line, &|m| Some(m.memory as f32 / 1e6))]),
        plot("cores", (&cores.title, &cores.unit, 0.1), vec![line(&cores.line, &|m| Some(m.cores))]),
        plot("hits", (&hits.title, &hits.unit, 100.0), vec![line(&hits.line, &|m| m.hits.map(|share| share * 100.0))]),
    ]
}
