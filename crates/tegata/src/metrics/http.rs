//! What is counted at the doors: requests by route, refusals by reason, connections, handshakes.
//!
//! Invariant: counting a request takes no lock and no memory; a poll from memory passes here a hundred thousand times a
//! second.

use super::{Family, Kind, Value, filled};
use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, Ordering::Relaxed};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::time::Duration;
use tegata_domain::measure::{Counter, Distribution, Histogram, TIMES};
use tokio::sync::Semaphore;

/// Status codes that the platform answers; another one counts as 0.
const STATUSES: [(u16, &str); 27] = [
    (200, "200"),
    (201, "201"),
    (202, "202"),
    (204, "204"),
    (206, "206"),
    (303, "303"),
    (304, "304"),
    (307, "307"),
    (308, "308"),
    (400, "400"),
    (401, "401"),
    (403, "403"),
    (404, "404"),
    (405, "405"),
    (406, "406"),
    (408, "408"),
    (409, "409"),
    (410, "410"),
    (412, "412"),
    (413, "413"),
    (415, "415"),
    (416, "416"),
    (422, "422"),
    (429, "429"),
    (500, "500"),
    (503, "503"),
    (504, "504"),
];

/// The label of what leads nowhere.
pub const NO_ROUTE: &str = "none";

/// Counts of one route.
pub struct Route {
    /// Its pattern, as the table of routes has it.
    pub name: &'static str,
    statuses: [Counter; STATUSES.len() + 1],
    took: Histogram,
}

static ROUTES: LazyLock<HashMap<&'static str, Route>> = LazyLock::new(|| {
    let names = crate::wiring::table().routes.into_iter().map(|route| route.path).chain([NO_ROUTE]);
    let route = |name| Route { name, statuses: [const { Counter::new() }; _], took: Histogram::new(TIMES) };
    names.map(|name| (name, route(name))).collect()
});

/// The counts of the route with this pattern; of none for another text.
pub fn route(pattern: Option<&str>) -> &'static Route {
    let known = pattern.and_then(|pattern| ROUTES.get(pattern));
    known.unwrap_or_else(|| &ROUTES[NO_ROUTE])
}

impl Route {
    /// Counts one answered request.
    pub fn answered(&self, status: u16, took: Duration) {
        let place = STATUSES.binary_search_by_key(&status, |(code, _)| *code).unwrap_or(STATUSES.len());
        self.statuses[place].one();
        self.took.time(took);
    }
}

macro_rules! reasons {
    ($(#[$doc:meta])* $name:ident { $($(#[$about:meta])* $reason:ident = $label:literal,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum $name { $($(#[$about])* $reason,)* }

        impl $name {
            const LABELS: &[&str] = &[$($label),*];
        }
    };
}

reasons! {
    /// Why a request was refused.
    Refusal {
        /// No credential, or one that is not known.
        Authentication = "authentication",
        /// Known, but not allowed.
        Permission = "permission",
        /// Not there, or not for this asker.
        Missing = "missing",
        /// It does not fit what is there.
        Conflict = "conflict",
        /// Wrong in itself.
        Malformed = "malformed",
        /// Its body is larger than what is taken.
        TooLarge = "too_large",
        /// It did not come to its end in time.
        TooSlow = "too_slow",
        /// Too often.
        Throttled = "throttled",
        /// No place, or no room in a queue.
        Overload = "overload",
        /// The clock cannot be trusted.
        Clock = "clock",
        /// The disk is full.
        Disk = "disk",
        /// Something else that is not there at present.
        Unavailable = "unavailable",
        /// Our fault.
        Internal = "internal",
    }
}

impl Refusal {
    /// From the status of an answer, and the code of its error where a use case refused.
    pub(super) fn of(status: u16, code: Option<&str>) -> Option<Self> {
        Some(match (status, code) {
            (..400, _) => return None,
            (401, _) => Refusal::Authentication,
            (403, _) => Refusal::Permission,
            (404 | 410, _) => Refusal::Missing,
            (409 | 412, _) => Refusal::Conflict,
            (408, _) => Refusal::TooSlow,
            (413, _) => Refusal::TooLarge,
            (429, _) => Refusal::Throttled,
            (503, None | Some("overloaded")) => Refusal::Overload,
            (503, Some("clock_jumped")) => Refusal::Clock,
            (503, Some("disk_full")) => Refusal::Disk,
            (503, Some(_)) => Refusal::Unavailable,
            (500.., _) => Refusal::Internal,
            (400.., _) => Refusal::Malformed,
        })
    }
}

reasons! {
    /// Why a TLS handshake did not come to its end.
    Broken {
        /// What came was no TLS, or the client went.
        NoTls = "no_tls",
        /// The client asked for a name that is not ours.
        Name = "name",
        /// The client's certificate or its proof was refused.
        Certificate = "certificate",
        /// The client said no: mostly it does not trust our certificate.
        Alert = "alert",
        /// Anything else that TLS does not allow.
        Protocol = "protocol",
        /// It took too long.
        Timeout = "timeout",
        /// The platform was stopping.
        Stopping = "stopping",
    }
}

static REFUSALS: [Counter; Refusal::LABELS.len()] = [const { Counter::new() }; _];
static BROKEN: [Counter; Broken::LABELS.len()] = [const { Counter::new() }; _];
static HANDSHAKES: [Counter; 2] = [const { Counter::new() }; 2];
static ACCEPTED: Counter = Counter::new();
static NOT_ACCEPTED: Counter = Counter::new();
static CROWDED: Counter = Counter::new();
/// When the HTTPS certificate ends, in seconds since 1970; 0 where that is not known.
static HTTPS_ENDS: AtomicI64 = AtomicI64::new(0);

/// Counts one refusal; `code` is that of the use case's error.
pub fn refused(status: u16, code: Option<&str>) {
    if let Some(refusal) = Refusal::of(status, code) {
        REFUSALS[refusal as usize].one();
    }
}

/// Counts a connection.
pub fn accepted() {
    ACCEPTED.one();
}

/// Counts one that could not be taken.
pub fn not_accepted() {
    NOT_ACCEPTED.one();
}

/// Counts one of an address that has as many as it may.
pub fn crowded() {
    CROWDED.one();
}

/// Counts a handshake; `resumed` where keys of an earlier one were used.
pub fn shaken(resumed: bool) {
    HANDSHAKES[usize::from(resumed)].one();
}

/// Counts one that failed.
pub fn broken(why: Broken) {
    BROKEN[why as usize].one();
}

/// Notes when the certificate of the HTTPS port ends.
pub fn https_ends(seconds: i64) {
    HTTPS_ENDS.store(seconds, Relaxed);
}

/// Room for so many.
#[derive(Clone)]
pub struct Place {
    /// Takes a permit for each.
    pub semaphore: Arc<Semaphore>,
    /// How many.
    pub room: usize,
}

/// Places of one sort of requests.
type Sorted = (&'static str, Place);

/// Places of the server that runs: connections, then requests of each sort.
static PLACES: Mutex<Option<(Place, Vec<Sorted>)>> = Mutex::new(None);

/// Has the places of a server counted.
pub fn watch(connections: Place, requests: Vec<Sorted>) {
    *PLACES.lock().unwrap_or_else(PoisonError::into_inner) = Some((connections, requests));
}

/// All answered requests, all refused ones, and how long all took.
pub fn total() -> (u64, u64, Distribution) {
    let mut took = Distribution::empty(TIMES);
    ROUTES.values().for_each(|route| took.add(&route.took.read()));
    // what is missing or malformed is the asker's affair; the rest is what the platform did not do
    let asker = [Refusal::Missing, Refusal::Conflict, Refusal::Malformed].map(|refusal| refusal as usize);
    let refused = REFUSALS.iter().enumerate().filter(|(i, _)| !asker.contains(i)).map(|(_, count)| count.read());
    (took.count(), refused.sum(), took)
}

/// Open connections.
pub fn connections() -> u64 {
    let places = PLACES.lock().unwrap_or_else(PoisonError::into_inner);
    places.as_ref().map_or(0, |(connections, _)| idle_doors(filled(connections).0))
}

/// Each of both doors holds a place while it waits for the next connection.
fn idle_doors(taken: u64) -> u64 {
    taken.saturating_sub(2)
}

fn by_label(family: Family, label: &'static str, labels: &'static [&'static str], counts: &[Counter]) -> Family {
    labels
        .iter()
        .zip(counts)
        .fold(family, |family, (value, count)| family.with(&[(label, value)], Value::Whole(count.read())))
}

pub(super) fn families() -> Vec<Family> {
    let mut requests = Family::new(Kind::Counter, "tegata_http_requests_total", "Requests by route and status");
    let mut took = Family::new(
        Kind::Histogram,
        "tegata_http_request_duration_seconds",
        "Time from request to answer, by route; routes without requests are left out",
    );
    let mut routes: Vec<_> = ROUTES.values().collect();
    routes.sort_by_key(|route| route.name);
    for route in routes {
        let labels = STATUSES.iter().map(|(_, text)| *text).chain(["other"]);
        for (status, count) in labels.zip(&route.statuses).filter(|(_, count)| count.read() > 0) {
            requests = requests.with(&[("route", route.name), ("status", status)], Value::Whole(count.read()));
        }
        let spread = route.took.read();
        if spread.count() > 0 {
            took = took.with(&[("route", route.name)], Value::Spread(spread, 1e-9));
        }
    }
    let counter = |name, help| Family::new(Kind::Counter, name, help);
    let refusals = counter("tegata_http_refusals_total", "Requests refused, by reason");
    let failures = counter("tegata_tls_handshake_failures_total", "TLS handshakes that failed, by reason");
    let handshakes = counter("tegata_tls_handshakes_total", "TLS handshakes, full and resumed");
    let mut all = vec![
        requests,
        took,
        by_label(refusals, "reason", Refusal::LABELS, &REFUSALS),
        by_label(failures, "reason", Broken::LABELS, &BROKEN),
        by_label(handshakes, "kind", &["full", "resumed"], &HANDSHAKES),
        Family::counter("tegata_connections_total", "Connections that were accepted", ACCEPTED.read()),
        Family::counter(
            "tegata_connections_failed_total",
            "Connections that could not be accepted, mostly for want of file handles",
            NOT_ACCEPTED.read(),
        ),
        Family::counter(
            "tegata_connections_crowded_total",
            "Connections closed at once, since their address had as many as it may",
            CROWDED.read(),
        ),
        Family::gauge(
            "tegata_https_certificate_expiry_timestamp_seconds",
            "When the certificate of the HTTPS port ends",
            HTTPS_ENDS.load(Relaxed) as f64,
        ),
    ];
    all.extend(places());
    all
}

fn places() -> Vec<Family> {
    let places = PLACES.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let Some((connections, requests)) = places else { return Vec::new() };
    let (open, room) = (idle_doors(filled(&connections).0), connections.room as u64);
    let mut running = Family::new(Kind::Gauge, "tegata_http_requests_running", "Requests that are being answered");
    let mut most = Family::new(
        Kind::Gauge,
        "tegata_http_requests_running_limit",
        "How many may be (limits.in_flight, limits.streams)",
    );
    for (sort, place) in &requests {
        let (now, room) = filled(place);
        running = running.with(&[("sort", sort)], Value::Whole(now));
        most = most.with(&[("sort", sort)], Value::Whole(room));
    }
    vec![
        Family::whole("tegata_connections_open", "Open connections", open),
        Family::whole("tegata_connections_limit", "How many may be open (limits.connections)", room),
        running,
        most,
    ]
}
