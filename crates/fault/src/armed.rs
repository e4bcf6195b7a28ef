//! What a point does in a test: read from the environment once.
#![expect(clippy::disallowed_methods, reason = "a test reaches into a process that knows nothing of it")]

use std::collections::HashSet;
use std::io::Write;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::sync::{LazyLock, Mutex, PoisonError};
use std::time::Duration;

enum Act {
    Abort,
    Error,
    Wait(Duration),
}

struct Armed {
    point: String,
    nth: u64,
    act: Act,
    passed: AtomicU64,
}

static ARMED: LazyLock<Option<Armed>> = LazyLock::new(|| {
    let text = std::env::var("FAULT_POINT").ok()?;
    let parts: Vec<&str> = text.split(':').collect();
    let [point, nth, act] = parts[..] else { panic!("FAULT_POINT is POINT:NTH:abort, error or wait-MILLISECONDS") };
    let act = match (act, act.strip_prefix("wait-")) {
        ("abort", _) => Act::Abort,
        ("error", _) => Act::Error,
        (_, Some(millis)) => Act::Wait(Duration::from_millis(millis.parse().expect("milliseconds"))),
        (other, None) => panic!("FAULT_POINT knows no {other}"),
    };
    let nth = nth.parse().expect("a number");
    Some(Armed { point: point.to_lowercase(), nth, act, passed: AtomicU64::new(0) })
});

/// Where each point that is passed for the first time is written down.
static SEEN: LazyLock<Option<(String, Mutex<HashSet<String>>)>> =
    LazyLock::new(|| Some((std::env::var("FAULT_SEEN").ok()?, Mutex::default())));

static MIGRATIONS: LazyLock<Vec<String>> = LazyLock::new(|| {
    let Ok(path) = std::env::var("FAULT_MIGRATIONS") else { return Vec::new() };
    let texts = std::fs::read_to_string(path).expect("the migrations can be read");
    texts.split("\n--\n").map(str::to_owned).collect()
});

pub(crate) fn migrations() -> &'static [String] {
    &MIGRATIONS
}

pub(crate) fn serves() -> Option<usize> {
    std::env::var("FAULT_SERVES").ok().map(|text| text.parse().expect("a number"))
}

fn note(point: &str) {
    let Some((path, seen)) = &*SEEN else { return };
    let mut seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
    if seen.insert(point.to_owned()) {
        let file = std::fs::OpenOptions::new().create(true).append(true).open(path);
        file.and_then(|mut file| writeln!(file, "{point}")).expect("the list of points can be written");
    }
}

/// True where the caller is to fail.
pub(crate) fn pass(point: &str) -> bool {
    note(point);
    let Some(armed) = ARMED.as_ref().filter(|armed| armed.point.eq_ignore_ascii_case(point)) else { return false };
    let passed = armed.passed.fetch_add(1, SeqCst) + 1;
    match armed.act {
        // no destructor, no flush, no answer
        Act::Abort if passed == armed.nth => std::process::abort(),
        Act::Wait(time) if passed >= armed.nth => std::thread::sleep(time),
        Act::Error => return passed == armed.nth,
        Act::Abort | Act::Wait(_) => {}
    }
    false
}
