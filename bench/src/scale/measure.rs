//! What is measured at one size: start-up, memory, and what each kind of request costs.

use super::pages::{self, Page};
use super::state::{State, serial};
use crate::client::{Tls, get_with};
use crate::cpu::Memory;
use crate::ground::{Ground, HOST, Opened};
use crate::load::{Compared, Measured, Target};
use crate::program::Program;
use crate::statistics::{micros, rate, round};
use crate::{Failure, issue, lookup, poll};
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tegata::clock::SystemChance;
use tegata_domain::chance;
use tegata_usecase::cursor;

/// Requests of a kind, at most.
const REQUESTS: u64 = 200_000;
/// Devices that poll, at most: each has a token and a place in the server's memory.
const POLLING: u64 = 200_000;
/// Kept connections of look-ups and polls.
const CONNECTIONS: u16 = 16;
/// Items of a page of the list.
const PAGE: u32 = 100;
/// Look-ups go to the store, each of them: at random over many devices memory has none, and growth is the store's.
const NO_MEMORY: (&str, &str) = ("TEGATA_LIMITS_LOOKUP_CACHE", "0");
/// How often the server is started.
const STARTS: usize = 3;

/// What one kind of request costs.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Cost {
    /// CPU time of the server, in microseconds.
    pub server_us: f64,
    /// CPU time of the bare work beside it, where there is one.
    pub limit_us: Option<f64>,
    /// The second over the first: the median of the rounds.
    pub ratio: Option<f64>,
    /// The lowest and the highest round.
    pub ratio_range: Option<[f64; 2]>,
    /// Answers a second on the wall, with the load generator on the same cores.
    pub per_second: f64,
    /// Half of the answers came within so many milliseconds.
    pub p50_ms: Option<f64>,
}

impl Cost {
    fn beside(compared: Compared) -> Self {
        let (server_us, limit_us) = compared.micros();
        let Compared { mut server, rounds, .. } = compared;
        let (ratio, ratio_range) = middle(rounds);
        let (per_second, p50_ms) = (rate(server.count, server.wall), server.took.percentile(50));
        Cost { server_us, limit_us: Some(limit_us), ratio, ratio_range, per_second, p50_ms }
    }

    fn alone(mut measured: Measured) -> Self {
        Cost {
            server_us: micros(measured.spent.total(), measured.count),
            per_second: rate(measured.count, measured.wall),
            p50_ms: measured.took.percentile(50),
            ..Cost::default()
        }
    }
}

/// Median, lowest and highest.
fn middle(mut rounds: Vec<f64>) -> (Option<f64>, Option<[f64; 2]>) {
    rounds.sort_by(f64::total_cmp);
    let range = rounds.first().zip(rounds.last()).map(|(low, high)| [round(*low), round(*high)]);
    (rounds.get(rounds.len() / 2).map(|ratio| round(*ratio)), range)
}

/// What was measured at one size.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Point {
    /// Devices in the store.
    pub devices: u64,
    /// Bytes on disk of each device that the last fill made.
    pub disk_bytes: f64,
    /// From the start of the program to its line *listening*, in milliseconds: the median.
    pub start_ms: f64,
    /// After the start.
    pub idle: Option<Memory>,
    /// Under polls.
    pub polling: Option<Memory>,
    /// Devices that polled.
    pub polling_devices: u64,
    /// Certificates.
    pub issue: Cost,
    /// Polls with nothing to do.
    pub poll: Cost,
    /// Public look-ups, JSON, at random.
    pub lookup: Cost,
    /// A page of a hundred devices of the list, from a random place.
    pub list: Cost,
    /// A device by its serial.
    pub search: Cost,
    /// First answers of the console's pages.
    pub pages: Vec<Page>,
}

/// Requests of all kinds, made while this process has the store open.
struct Asked {
    lookups: Arc<Vec<Bytes>>,
    lists: Arc<Vec<Bytes>>,
    searches: Arc<Vec<Bytes>>,
    polls: poll::Asking,
    pages: Vec<pages::Asked>,
}

/// Random devices of those that stand in blocks: rows and indices.
fn random(state: &State, count: u64) -> Vec<(i64, u64)> {
    let placed = state.placed();
    let one = |_| state.at(u64::from_be_bytes(chance::bytes(&SystemChance)) % placed.max(1));
    (0..count).filter_map(one).collect()
}

/// Devices that poll, evenly over all.
fn even(state: &State) -> Vec<i64> {
    let placed = state.placed();
    let count = placed.min(POLLING);
    (0..count).filter_map(|i| state.at(i * placed / count)).map(|(row, _)| row).collect()
}

async fn ask(ground: &Ground, opened: &Opened, state: &State) -> Result<Asked, Failure> {
    let count = state.placed().min(REQUESTS);
    let (cx, bearer) = (&opened.cx, format!("Bearer {}", ground.token));
    let api = |path: String| get_with(&path, HOST, &[("accept", "application/json"), ("authorization", &bearer)]);
    let look = |(row, _)| lookup::request(row, cx);
    let list = |(row, _)| -> Result<Bytes, Failure> {
        Ok(api(format!("/api/v1/devices?limit={PAGE}&cursor={}", cursor::encode(row, cx)?)))
    };
    let search = |(_, index)| api(format!("/api/v1/devices?product={}&serial={}", ground.product, serial(index)));
    Ok(Asked {
        lookups: Arc::new(random(state, count).into_iter().map(look).collect::<Result<_, Failure>>()?),
        lists: Arc::new(random(state, count.min(1_000)).into_iter().map(list).collect::<Result<_, Failure>>()?),
        searches: Arc::new(random(state, count).into_iter().map(search).collect()),
        polls: poll::Asking {
            requests: Arc::new(poll::requests(opened, &even(state)).await?),
            identity: poll::identity(opened).await?,
            trust: ground.authority()?,
        },
        pages: pages::ask(ground, opened, &random(state, count)).await?,
    })
}

/// Starts the server a few times; answers the last one, with the median of the times.
fn start(ground: &Ground) -> Result<(Program, f64), Failure> {
    let (mut times, mut last) = (Vec::new(), None);
    for _ in 0..STARTS {
        if let Some(server) = last.take() {
            Program::stop(server)?;
        }
        let begin = Instant::now();
        let settings = [lookup::OPEN, NO_MEMORY];
        last = Some(Program::serve(&ground.data(), &ground.beside("serve.log"), &settings)?);
        times.push(begin.elapsed());
    }
    times.sort_unstable();
    let server = last.ok_or("no server")?;
    Ok((server, round(times[STARTS / 2].as_secs_f64() * 1e3)))
}

/// Requests over TLS, with nothing beside them.
async fn alone(
    server: Program,
    requests: &Arc<Vec<Bytes>>,
    trust: &[u8],
    span: Duration,
) -> Result<(Program, Cost), Failure> {
    let address = server.https.ok_or("the server has no TLS")?;
    let mut kept = Vec::new();
    for _ in 0..CONNECTIONS {
        kept.push(Tls::connect(address, HOST, trust).await?);
    }
    let mut target = Target::new(server, kept, requests);
    target.load(span / 4).await?;
    let measured = target.load(span).await?;
    Ok((target.leave(), Cost::alone(measured)))
}

/// Measures at the size that the store has. `span`: about how long each kind of request is measured.
pub async fn measure(
    ground: Ground,
    opened: Opened,
    state: &mut State,
    (disk_bytes, span): (f64, Duration),
) -> Result<Point, Failure> {
    let asked = ask(&ground, &opened, state).await?;
    drop(opened);
    ground.fold()?;
    eprintln!("bench: starting the server on {} devices", state.done);
    let (server, start_ms) = start(&ground)?;
    let idle = Memory::of(server.pid());
    eprintln!("bench: polls");
    let polling_devices = asked.polls.requests.len() as u64;
    let (server, polled) = poll::beside(server, &asked.polls, CONNECTIONS, span).await?;
    let polling = Memory::of(server.pid());
    eprintln!("bench: look-ups");
    let (server, looked, _) = lookup::beside(server, &asked.lookups, CONNECTIONS, span).await?;
    eprintln!("bench: list and search");
    let (server, list) = alone(server, &asked.lists, &asked.polls.trust, span / 2).await?;
    let (server, search) = alone(server, &asked.searches, &asked.polls.trust, span / 2).await?;
    eprintln!("bench: pages");
    let (server, pages) = pages::measure(server, &asked.pages, &asked.polls.trust).await?;
    eprintln!("bench: certificates");
    let plan = issue::Plan { span, store: None, devices: 0, connections: 2, lines: 500 };
    let mut stand = issue::Stand::at(ground, 0, server, plan.connections).await?;
    let first = state.issued as usize;
    let (issued, next) = issue::rounds(&mut stand, &plan, first).await?;
    state.issued = next as u64;
    state.save()?;
    stand.leave().stop()?;
    let (server_us, limit_us, rounds, per_second) = issued.figures();
    let (ratio, ratio_range) = middle(rounds);
    let issue = Cost { server_us, limit_us: Some(limit_us), ratio, ratio_range, per_second, p50_ms: None };
    let (poll, lookup) = (Cost::beside(polled.compared), Cost::beside(looked));
    let devices = state.done;
    Ok(Point {
        devices,
        disk_bytes: round(disk_bytes),
        start_ms,
        idle,
        polling,
        polling_devices,
        issue,
        poll,
        lookup,
        list,
        search,
        pages,
    })
}
