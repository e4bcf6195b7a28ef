//! What must be looked at again and again: every second how far the ledger lags, every ten a moment of the last hour,
//! every minute what waits, stands open or falls due.
//!
//! Why in memory: whoever has no Prometheus still sees an hour, and nothing is written for it.
//! Invariant: an hour is 360 moments, about 30 kB, however much happens.

use super::{Family, Kind, Value, http, process};
use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tegata_domain::campaign::CampaignState;
use tegata_domain::ledger::Log;
use tegata_domain::measure::Distribution;
use tegata_domain::time::Timestamp;
use tegata_usecase::Cx;
use tegata_usecase::platform::{self, Overview};
use tegata_web::page::operation::Moment;
use tokio::time::{Instant, MissedTickBehavior, interval};

/// Time between two looks at the ledger.
const TICK: Duration = Duration::from_secs(1);
/// Looks at the ledger between two moments.
const MOMENT: u64 = 10;
/// Looks at the ledger between two looks at everything.
const OVERVIEW: u64 = 60;
/// Moments that are kept: an hour.
const KEPT: usize = 360;
/// Ends of the logs that are remembered.
const ENDS: usize = 600;
/// Row numbers that there are (40 bits in a management number).
const NUMBERS: u64 = 1 << 40;

/// How far the ledger is behind what was committed.
#[derive(Default)]
struct Lag {
    /// When the logs were first seen to end there; oldest first, those only that no checkpoint covers.
    ends: VecDeque<(Instant, u64)>,
    waiting: u64,
    sizes: [u64; 2],
    checkpoints: [Option<Timestamp>; 2],
}

impl Lag {
    /// Takes in a look: leaves under the checkpoints, leaves that wait.
    fn look(&mut self, sizes: [u64; 2], waiting: u64, (at, now): (Instant, Option<Timestamp>)) {
        for (i, size) in sizes.into_iter().enumerate() {
            if self.sizes[i] != size && self.sizes[i] != 0 {
                self.checkpoints[i] = now.or(self.checkpoints[i]);
            }
        }
        (self.sizes, self.waiting) = (sizes, waiting);
        let covered: u64 = sizes.iter().sum();
        while self.ends.front().is_some_and(|(_, end)| *end <= covered) {
            self.ends.pop_front();
        }
        let end = covered + waiting;
        if waiting > 0 && self.ends.len() < ENDS && self.ends.back().is_none_or(|(_, last)| *last < end) {
            self.ends.push_back((at, end));
        }
    }

    /// Seconds that the oldest leaf without a checkpoint waits.
    fn oldest(&self, at: Instant) -> f64 {
        self.ends.front().map_or(0.0, |(since, _)| at.saturating_duration_since(*since).as_secs_f64())
    }
}

/// Counters at the moment before.
struct Before {
    requests: u64,
    refused: u64,
    took: Distribution,
    changes: Distribution,
    transaction: Distribution,
    hits: u64,
    misses: u64,
    failed: u64,
    spent: f64,
}

#[derive(Default)]
struct State {
    lag: Lag,
    hour: VecDeque<Moment>,
    before: Option<Before>,
    overview: Option<Overview>,
    /// When the last moment was taken, in seconds since 1970.
    at: Option<i64>,
}

static STATE: Mutex<Option<State>> = Mutex::new(None);

fn state() -> MutexGuard<'static, Option<State>> {
    STATE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Samples for as long as the platform runs.
pub async fn run(cx: Cx) {
    *state() = Some(State::default());
    let mut ticks = interval(TICK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    for tick in 0u64.. {
        ticks.tick().await;
        let now = cx.clock.now().ok();
        let waiting = cx.store.ledger().waiting().await.unwrap_or(0);
        let sizes = Log::ALL.map(|log| cx.ledger.published_size(log));
        if let Some(state) = state().as_mut() {
            state.lag.look(sizes, waiting, (Instant::now(), now));
        }
        if tick.is_multiple_of(OVERVIEW) {
            match platform::watch(&cx).await {
                Ok(overview) => state().get_or_insert_default().overview = Some(overview),
                Err(error) => tracing::warn!(%error, cause = ?error.source, "what waits and falls due cannot be read"),
            }
        }
        if let (0, Some(now)) = (tick % MOMENT, now) {
            moment(&cx, now);
        }
    }
}

fn moment(cx: &Cx, now: Timestamp) {
    let ((requests, refused, took), polls) = (http::total(), cx.polls.counts());
    let (measured, done) = (cx.store.measured(), cx.store.committed());
    let mut held = state();
    let state = held.get_or_insert_default();
    let (changes, transaction) = (measured.changes, measured.transaction);
    let (hits, misses, failed) = (polls.hits, polls.misses, done.failed);
    let next = Before { requests, refused, took, changes, transaction, hits, misses, failed, spent: process::spent() };
    let seconds = state.at.map_or(0, |at| now.seconds() - at);
    state.at = Some(now.seconds());
    let Some(before) = state.before.replace(next) else { return };
    let (Some(after), 1..) = (&state.before, seconds) else { return };
    let (took, commits) = (after.took.since(&before.took), after.transaction.since(&before.transaction));
    let batches = after.changes.since(&before.changes);
    let millis = |spread: &Distribution, share| spread.quantile(share).map(|nanos| (nanos / 1e6) as f32);
    let per_second = |now: u64, then: u64| (now.saturating_sub(then) as f64 / seconds as f64) as f32;
    let (hits, misses) = (after.hits - before.hits, after.misses - before.misses);
    let taken = Moment {
        at: now,
        requests: per_second(after.requests, before.requests),
        refused: per_second(after.refused, before.refused),
        half: millis(&took, 0.5),
        most: millis(&took, 0.99),
        batch: (batches.count() > 0).then(|| batches.sum as f32 / batches.count() as f32),
        commit: millis(&commits, 0.99),
        failed: after.failed.saturating_sub(before.failed) as u32,
        waiting: state.lag.waiting,
        oldest: state.lag.oldest(Instant::now()) as f32,
        memory: process::resident(),
        cores: ((after.spent - before.spent) / seconds as f64) as f32,
        connections: http::connections() as u32,
        hits: (hits + misses > 0).then(|| hits as f32 / (hits + misses) as f32),
    };
    if state.hour.len() == KEPT {
        state.hour.pop_front();
    }
    state.hour.push_back(taken);
}

/// The last hour, oldest first.
pub fn hour() -> Vec<Moment> {
    state().as_ref().map(|state| state.hour.iter().copied().collect()).unwrap_or_default()
}

pub(super) fn families() -> Vec<Family> {
    let held = state();
    let Some(state) = held.as_ref() else { return Vec::new() };
    let mut checkpoints = Family::new(
        Kind::Gauge,
        "tegata_ledger_checkpoint_timestamp_seconds",
        "When the last checkpoint was seen; not there before the first since the start",
    );
    for (log, at) in Log::ALL.into_iter().zip(state.lag.checkpoints) {
        if let Some(at) = at {
            checkpoints = checkpoints.with(&[("log", log.name())], Value::Real(at.millis() as f64 / 1e3));
        }
    }
    let mut all = vec![
        Family::whole("tegata_ledger_waiting_leaves", "Leaves that no checkpoint covers yet", state.lag.waiting),
        Family::gauge(
            "tegata_ledger_oldest_waiting_seconds",
            "How long the oldest leaf without a checkpoint waits, to the second",
            state.lag.oldest(Instant::now()),
        ),
        checkpoints,
    ];
    let sampled = Family::new(Kind::Gauge, "tegata_sampled_timestamp_seconds", "When the last look was taken");
    all.extend(state.at.map(|at| sampled.with(&[], Value::Real(at as f64))));
    all.extend(state.overview.iter().flat_map(overview));
    all
}

fn moments(name: &'static str, help: &'static str, at: Option<Timestamp>) -> Family {
    let family = Family::new(Kind::Gauge, name, help);
    match at {
        Some(at) => family.with(&[], Value::Real(at.millis() as f64 / 1e3)),
        None => family,
    }
}

fn overview(seen: &Overview) -> Vec<Family> {
    let gauge = |name, help| Family::new(Kind::Gauge, name, help);
    let stored = &seen.stored;
    let mut findings =
        gauge("tegata_findings_open", "Open findings by level, 5 the most urgent; at most 10,000 are counted");
    for (level, count) in ["1", "2", "3", "4", "5"].into_iter().zip(stored.findings) {
        findings = findings.with(&[("level", level)], Value::Whole(count));
    }
    let mut campaigns = gauge("tegata_campaigns", "Campaigns that go on, or that stopped by themselves, by state");
    for (state, count) in CampaignState::ALL.into_iter().zip(stored.campaigns) {
        campaigns = campaigns.with(&[("state", state.name())], Value::Whole(count));
    }
    let mut authorities = gauge("tegata_authority_expiry_timestamp_seconds", "When the first authority of a kind ends");
    for (kind, ends) in seen.authorities {
        if let Some(ends) = ends {
            authorities = authorities.with(&[("kind", kind)], Value::Whole(ends.seconds() as u64));
        }
    }
    let mut rows = gauge("tegata_store_rows", "Row numbers given out; blocks that are not used up count whole");
    for (noun, count) in ["device", "certificate"].into_iter().zip(stored.numbers) {
        rows = rows.with(&[("noun", noun)], Value::Whole(count));
    }
    vec![
        findings,
        campaigns,
        authorities,
        rows,
        Family::whole("tegata_store_rows_limit", "Row numbers that there are", NUMBERS),
        Family::whole(
            "tegata_notices_waiting",
            "Notices that wait to be sent; at most 10,000 are counted",
            stored.notices,
        ),
        Family::whole(
            "tegata_outbox_letters",
            "Letters in the folder outbox; at most 10,000 are counted",
            seen.letters,
        ),
        Family::whole("tegata_crls", "Lists of revoked certificates", stored.lists),
        Family::whole("tegata_crls_stale", "Lists that do not hold yet what they must", stored.stale),
        moments("tegata_crl_next_update_timestamp_seconds", "When the first list ends", stored.next_update),
        moments("tegata_backup_timestamp_seconds", "When the last backup was made", seen.backup),
        Family::whole(
            "tegata_root_key_online",
            "1 while keys/root.key is in the data folder",
            u64::from(seen.root_online),
        ),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_leaf_is_that_of_the_first_end_without_a_checkpoint() {
        let (mut lag, start) = (Lag::default(), Instant::now());
        let mut look = |after: u64, covered: u64, waiting: u64| {
            let at = start + Duration::from_secs(after);
            lag.look([4, covered], waiting, (at, Some(Timestamp::from_millis(1_000))));
            (lag.oldest(at), lag.checkpoints[1].is_some())
        };
        assert_eq!(look(0, 10, 0), (0.0, false));
        assert_eq!(look(0, 10, 5), (0.0, false));
        assert_eq!(look(3, 10, 5), (3.0, false), "nothing new, and it waits on");
        assert_eq!(look(3, 10, 9), (3.0, false));
        assert_eq!(look(5, 16, 3), (2.0, true), "the first five are covered");
        assert_eq!(look(5, 19, 0), (0.0, true));
    }
}
