//! What happens to the nodes, and what must hold while it does: those that can, go on; the log goes on; and whoever comes
//! back follows.

use crate::bed::{Bed, NODES};
use crate::beside::{Beside, Told};
use crate::load::Load;
use crate::say;
use std::fmt;
use std::sync::OnceLock;
use std::time::{Duration, Instant};
use tegata_domain::ledger::Log;
use tegata_testkit::ledger::Reader;

/// A fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// SIGKILL for the platform on the node that sequences.
    KillSequencer,
    /// The same on another one.
    KillOther,
    /// SIGSTOP for the platform on the node that sequences, until another one took over; then SIGCONT.
    HoldSequencer,
    /// SIGKILL for PostgreSQL where it takes writes.
    KillPrimary,
    /// Its role is handed over in order.
    Switchover,
    /// All of the node with the primary falls.
    FallLeader,
    /// The node with the primary reaches no other, while clients still reach it.
    CutLeader,
    /// The same for a node without the primary.
    CutOther,
    /// The object store goes away for longer than it takes to fill a tile.
    ObjectsAway,
}

impl Fault {
    /// All of them.
    pub const ALL: [Fault; 9] = [
        Fault::KillSequencer,
        Fault::KillOther,
        Fault::HoldSequencer,
        Fault::KillPrimary,
        Fault::Switchover,
        Fault::FallLeader,
        Fault::CutLeader,
        Fault::CutOther,
        Fault::ObjectsAway,
    ];

    /// Whether the database does not notice: then nobody waits for more than the sequencer's lease, and for the lock of a
    /// node that was held. A node without the primary may have the standby in step.
    fn leaves_the_database(self) -> bool {
        matches!(self, Fault::KillSequencer | Fault::KillOther | Fault::HoldSequencer | Fault::ObjectsAway)
    }
}

/// A sequencer is followed within this, when the database did not move: four seconds, and what a loaded machine adds.
const TAKEOVER: Duration = Duration::from_secs(15);
/// Leaves that come while the object store is away: more than a full tile.
const AWAY: u64 = 300;
/// Time between two calls to come back to a node that was hurt.
const GATHER: Duration = Duration::from_secs(5);
/// Everything goes on within this.
const BOUND: Duration = Duration::from_secs(150);

/// The longest times that were seen.
#[derive(Default)]
pub struct Seen {
    /// Until a line was acknowledged again: with the database where it was, and with it moved.
    acknowledged: [Duration; 2],
    /// The same, until the log went on.
    sequenced: [Duration; 2],
    /// Between SIGCONT for a sequencer that was held and the last look at what it shows.
    woken: usize,
    /// What the node beside a primary that was cut off answered.
    told: Told,
}

impl fmt::Display for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d] = [self.acknowledged[0], self.acknowledged[1], self.sequenced[0], self.sequenced[1]]
            .map(|span| format!("{:.1} s", span.as_secs_f64()));
        write!(
            f,
            "longest wait for an acknowledgement {a}, {b} when the database moved; for the log {c}, {d}; {} looks at \
             sequencers that woke; {}",
            self.woken, self.told
        )
    }
}

/// Waits for a state with a bound of our own.
fn until<T>(what: &str, begin: Instant, mut look: impl FnMut() -> Option<T>) -> T {
    loop {
        if let Some(state) = look() {
            return state;
        }
        assert!(begin.elapsed() < BOUND, "{what}: not after {BOUND:?}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// Does it to the nodes that stand; answers which one is hurt, if one is.
fn hurt(fault: Fault, bed: &Bed) -> Option<usize> {
    let sequencer = bed.sequencer();
    let other = |than: usize| NODES.into_iter().find(|node| *node != than);
    let node = match fault {
        Fault::KillSequencer | Fault::HoldSequencer => sequencer,
        Fault::KillOther => other(sequencer)?,
        Fault::CutOther => other(bed.leader())?,
        Fault::FallLeader | Fault::CutLeader => bed.leader(),
        Fault::KillPrimary | Fault::Switchover => {
            bed.act(&[if fault == Fault::KillPrimary { "kill-primary" } else { "switchover" }]);
            return None;
        }
        Fault::ObjectsAway => {
            bed.act(&["s3", "away"]);
            return None;
        }
    };
    let what = match fault {
        Fault::HoldSequencer => "pause",
        Fault::FallLeader => "fall",
        Fault::CutLeader | Fault::CutOther => "cut",
        _ => "kill",
    };
    bed.node(what, node);
    Some(node)
}

/// Makes good what was done to a node.
fn mend(fault: Fault, node: Option<usize>, bed: &Bed, load: &Load, seen: &mut Seen) {
    bed.act(&["heal"]);
    match (fault, node) {
        (Fault::HoldSequencer, Some(node)) => wake(node, bed, load, seen),
        (Fault::KillSequencer | Fault::KillOther, Some(node)) => bed.serve(node),
        (Fault::ObjectsAway, _) => {
            bed.act(&["s3", "back"]);
            for node in NODES {
                let plain = bed.plain(node);
                let tile = || plain.get("/ledger/devices/tile/0/000").status == 200;
                until("a node reads its tiles again", Instant::now(), || tile().then_some(()));
            }
        }
        (Fault::FallLeader, Some(node)) => {
            bed.act(&["settle"]);
            bed.serve(node);
        }
        _ => {}
    }
    bed.act(&["settle"]);
}

/// A sequencer that was held goes on where it was, and must not show anything that the store does not have.
fn wake(node: usize, bed: &Bed, load: &Load, seen: &mut Seen) {
    bed.node("continue", node);
    let readers = Log::ALL.map(|log| Reader::new(bed.plain(node), log, &load.history.keys));
    for _ in 0..20 {
        for reader in &readers {
            let Some(shown) = load.look(reader) else { continue };
            let stored = bed.number(&format!("select size from log where id = {}", reader.log() as u8));
            assert!(shown <= stored as u64, "{}: node {node} woke and shows {shown} of {stored}", reader.log().name());
            seen.woken += 1;
        }
    }
}

/// Everything that any node showed is a beginning of what this one shows, once that is as large.
pub fn consistent(node: usize, bed: &Bed, load: &Load) {
    let newest = Log::ALL.map(|log| load.history.newest(log));
    for reader in load.history.readers(bed.plain(node)) {
        let wanted = newest[reader.log() as usize];
        until("a node shows what another one did", Instant::now(), || {
            load.look(&reader).filter(|size| *size >= wanted)
        });
    }
    load.history.check_up_to(&bed.plain(node), newest);
}

/// What a fault did: to which node, and how long it took until the others went on.
struct Struck {
    node: Option<usize>,
    acknowledged: Duration,
    sequenced: Duration,
}

/// Does it, and waits until those that can go on do so. `at` is told when it was done.
fn strike(fault: Fault, bed: &Bed, load: &Load, at: &OnceLock<Instant>) -> Struck {
    let node = hurt(fault, bed);
    let struck = *at.get_or_init(Instant::now);
    let well: Vec<usize> = NODES.into_iter().filter(|it| Some(*it) != node).collect();
    let before = load.acknowledged();
    until("a line is acknowledged", struck, || {
        well.iter().any(|n| load.acknowledged()[n - 1] > before[n - 1]).then_some(())
    });
    let acknowledged = struck.elapsed();
    // nobody may take writes for a moment more
    let count = || bed.rows("select count(*) from leaf where log = 1")?.first()?.parse().ok();
    let leaves: u64 = until("the leaves are counted", struck, count);
    let readers: Vec<Reader> =
        well.iter().map(|n| Reader::new(bed.plain(*n), Log::Devices, &load.history.keys)).collect();
    for reader in &readers {
        until("the log goes on", struck, || load.look(reader).filter(|size| *size >= leaves));
    }
    let sequenced = struck.elapsed();
    if fault.leaves_the_database() {
        assert!(sequenced < TAKEOVER, "{fault:?}: the log went on after {sequenced:?}");
    }
    for reader in readers.iter().filter(|_| fault == Fault::ObjectsAway) {
        until("a tile is filled", struck, || load.look(reader).filter(|size| *size >= leaves + AWAY));
    }
    Struck { node, acknowledged, sequenced }
}

/// One fault from a well cluster to a well cluster.
pub fn play(fault: Fault, bed: &Bed, load: &Load, seen: &mut Seen) {
    let (before, moved) = (load.acknowledged(), usize::from(!fault.leaves_the_database()));
    let (begin, at) = (Instant::now(), OnceLock::new());
    let struck = if fault == Fault::CutLeader {
        let beside = Beside::new(bed.leader(), load);
        let (told, struck) = beside.watch(bed, load, &at, || strike(fault, bed, load, &at));
        seen.told.add(told);
        struck
    } else {
        strike(fault, bed, load, &at)
    };
    let Struck { node, acknowledged, sequenced } = struck;
    seen.acknowledged[moved] = seen.acknowledged[moved].max(acknowledged);
    seen.sequenced[moved] = seen.sequenced[moved].max(sequenced);
    mend(fault, node, bed, load, seen);
    let (healed, mut gathered) = (Instant::now(), Instant::now());
    load.gather();
    let at = load.acknowledged();
    until("every node acknowledges lines again", healed, || {
        // a node puts off until its first commit passed: whoever was sent away comes back
        if gathered.elapsed() > GATHER {
            load.gather();
            gathered = Instant::now();
        }
        load.acknowledged().iter().zip(&at).all(|(now, then)| now > then).then_some(())
    });
    NODES.into_iter().for_each(|node| consistent(node, bed, load));
    let lines: u64 = load.acknowledged().iter().sum::<u64>() - before.iter().sum::<u64>();
    say(&format!(
        "{fault:?}{}: lines again after {:.1} s, the log after {:.1} s; all well after {:.1} s; {lines} lines",
        node.map_or(String::new(), |node| format!(" (node {node})")),
        acknowledged.as_secs_f64(),
        sequenced.as_secs_f64(),
        begin.elapsed().as_secs_f64(),
    ));
}
