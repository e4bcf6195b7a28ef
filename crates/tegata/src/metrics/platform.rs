//! What the layers below count: committer, ledger, memories, jobs.

use super::{Family, Kind, Value};
use tegata_domain::ledger::Log;
use tegata_job::JOBS;
use tegata_usecase::Cx;

pub(super) fn families(cx: &Cx) -> Vec<Family> {
    let mut all = committer(cx);
    all.extend(ledger(cx));
    all.extend(memories(cx));
    all.extend(jobs());
    let (sent, lost) = crate::trace::exports();
    all.push(
        Family::new(Kind::Counter, "tegata_trace_exports_total", "Exports of traces that the collector took, or not")
            .with(&[("outcome", "taken")], Value::Whole(sent))
            .with(&[("outcome", "lost")], Value::Whole(lost)),
    );
    all.push(Family::whole(
        "tegata_lease_held",
        "1 while the background work of all nodes is this one's; always where there is one node",
        u64::from(cx.store.lease().holds()),
    ));
    all.push(Family::whole(
        "tegata_clock_trusted",
        "1 while the clock is trusted; 0 stops everything that is dated",
        u64::from(cx.clock.now().is_ok()),
    ));
    all.push(Family::whole(
        "tegata_disk_free_bytes",
        "Free disk at the data folder",
        cx.store.free_bytes().unwrap_or(0),
    ));
    all
}

fn committer(cx: &Cx) -> Vec<Family> {
    let (done, measured) = (cx.store.committed(), cx.store.measured());
    let refused = Family::new(
        Kind::Counter,
        "tegata_store_refused_changes_total",
        "Changes refused by a guard: decided on old state (stale), there already (exists), no room in the batch (full)",
    );
    vec![
        Family::counter("tegata_store_transactions_total", "Transactions of the committer", done.transactions),
        Family::counter("tegata_store_failed_transactions_total", "Transactions that failed whole", done.failed),
        Family::counter("tegata_store_changes_total", "Changes that the committer was given", done.changes),
        refused
            .with(&[("guard", "stale")], Value::Whole(measured.stale))
            .with(&[("guard", "exists")], Value::Whole(measured.exists))
            .with(&[("guard", "full")], Value::Whole(measured.full))
            .with(&[("guard", "ended")], Value::Whole(measured.ended)),
        Family::new(Kind::Histogram, "tegata_store_batch_changes", "Changes in a transaction")
            .with(&[], Value::Spread(measured.changes, 1.0)),
        Family::times(
            "tegata_store_transaction_seconds",
            "Time of a transaction, commit included",
            measured.transaction,
        ),
        Family::times("tegata_store_sync_seconds", "Time of a commit: until the disk has it", measured.sync),
        Family::times(
            "tegata_store_wait_seconds",
            "Time that a write waits until its transaction begins",
            measured.wait,
        ),
        Family::whole("tegata_store_queue_requests", "Writes that wait for the committer", measured.waiting as u64),
        Family::whole("tegata_store_queue_limit_requests", "How many may wait", measured.room as u64),
        Family::counter(
            "tegata_store_queue_full_total",
            "Writes for which the queue had no room",
            measured.turned_away,
        ),
        Family::whole(
            "tegata_store_readers_idle",
            "Idle connections of the read pool, which has as many as reads ran at once",
            measured.readers as u64,
        ),
    ]
}

fn ledger(cx: &Cx) -> Vec<Family> {
    let gauge = |name, help| Family::new(Kind::Gauge, name, help);
    let mut leaves = gauge("tegata_ledger_leaves", "Leaves under the published checkpoint");
    let mut held = gauge("tegata_ledger_tiles_held", "Full tiles and bundles in memory, not yet in files");
    let mut written =
        Family::new(Kind::Counter, "tegata_ledger_tiles_written_total", "Tiles and bundles written to files");
    let mut mended = Family::new(
        Kind::Counter,
        "tegata_ledger_tiles_mended_total",
        "Tiles that were missing or damaged and made again",
    );
    for log in Log::ALL {
        let (label, tiles) = ([("log", log.name())], cx.ledger.tiles(log));
        leaves = leaves.with(&label, Value::Whole(cx.ledger.published_size(log)));
        held = held.with(&label, Value::Whole(tiles[0]));
        written = written.with(&label, Value::Whole(tiles[1]));
        mended = mended.with(&label, Value::Whole(tiles[2]));
    }
    let failures = "Requests to the object store that failed";
    let damaged = "Files of releases that were not what was published";
    vec![
        leaves,
        held,
        written,
        mended,
        Family::counter("tegata_object_failures_total", failures, cx.place.failures()),
        Family::counter("tegata_object_damaged_total", damaged, cx.releases.damaged()),
    ]
}

fn memories(cx: &Cx) -> Vec<Family> {
    let (polls, lookups, seen) = (cx.polls.counts(), cx.lookups.counts(), cx.seen.filled());
    let [hits, misses, products] = cx.catalogue.counts();
    vec![
        Family::counter("tegata_poll_memory_hits_total", "Polls answered from memory", polls.hits),
        Family::counter("tegata_poll_memory_misses_total", "Polls that were not", polls.misses),
        Family::counter("tegata_poll_memory_evictions_total", "Answers that went for others", polls.evicted),
        Family::whole("tegata_poll_memory_answers", "Answers to polls in memory", polls.kept),
        Family::whole("tegata_poll_memory_limit_answers", "How many may be (update.poll_cache)", polls.room),
        Family::counter("tegata_lookup_memory_hits_total", "Look-ups of programs answered from memory", lookups.hits),
        Family::counter("tegata_lookup_memory_misses_total", "Look-ups of programs that were not", lookups.misses),
        Family::counter("tegata_lookup_memory_evictions_total", "Look-ups that went for others", lookups.evicted),
        Family::whole("tegata_lookup_memory_answers", "Answers to look-ups in memory", lookups.kept),
        Family::whole("tegata_lookup_memory_limit_answers", "How many may be (limits.lookup_cache)", lookups.room),
        Family::counter("tegata_lookup_catalogue_hits_total", "Products of look-ups found in memory", hits),
        Family::counter("tegata_lookup_catalogue_misses_total", "Products of look-ups read from the store", misses),
        Family::whole("tegata_lookup_catalogue_products", "Products in memory", products),
        Family::whole(
            "tegata_seen_waiting_devices",
            "Devices whose last sign of life is not written down yet",
            seen.waiting,
        ),
        Family::whole("tegata_seen_limit_devices", "How many may wait", seen.room),
        Family::whole(
            "tegata_lines_waiting",
            "Parts of chunks that wait for their turn to be signed",
            cx.turns.waiting() as u64,
        ),
        Family::counter("tegata_seen_dropped_total", "Signs of life that found no room", seen.dropped),
    ]
}

fn jobs() -> Vec<Family> {
    let mut success =
        Family::new(Kind::Gauge, "tegata_job_last_success_timestamp_seconds", "When a turn of the job ended well last");
    let mut failures = Family::new(Kind::Counter, "tegata_job_failures_total", "Turns of the job that failed");
    let mut took = Family::new(Kind::Histogram, "tegata_job_duration_seconds", "Time of a turn of the job");
    for job in JOBS {
        let label = [("task", job.name)];
        if let Some(at) = job.success() {
            success = success.with(&label, Value::Real(at as f64 / 1e3));
        }
        failures = failures.with(&label, Value::Whole(job.failures()));
        took = took.with(&label, Value::Spread(job.took(), 1e-9));
    }
    vec![success, failures, took]
}
