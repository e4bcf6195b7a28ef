//! Every checkpoint that anybody saw: each must be a beginning of what the log is later.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tegata_domain::ledger::Log;
use tegata_testkit::ledger::{self, Reader, roots};
use tegata_testkit::{Api, wait};
use tegata_wire::tlog::Hash;

/// Time between two looks at both logs: a log has at most five checkpoints a second.
const LOOK: Duration = Duration::from_millis(15);

/// Size and root of every checkpoint, by log.
pub struct History {
    /// The verifier keys, taken once at the begin.
    pub keys: String,
    seen: Mutex<[BTreeMap<u64, Hash>; 2]>,
}

impl History {
    /// Of a platform that was just made: begins with its first checkpoints.
    pub fn begin(plain: &Api) -> History {
        let first = |log: Log| plain.get(&format!("/ledger/{}/checkpoint", log.name())).status == 200;
        wait::until("a first checkpoint of each log", || Log::ALL.into_iter().all(first).then_some(()));
        let history = History { keys: ledger::keys(plain), seen: Mutex::default() };
        history.check(plain);
        history
    }

    fn seen(&self) -> MutexGuard<'_, [BTreeMap<u64, Hash>; 2]> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many checkpoints.
    pub fn count(&self) -> usize {
        self.seen().iter().map(BTreeMap::len).sum()
    }

    /// The size of the largest tree that was seen of a log.
    pub fn newest(&self, log: Log) -> u64 {
        self.seen()[log as usize].keys().next_back().copied().unwrap_or(0)
    }

    /// Readers of both logs.
    pub fn readers(&self, api: Api) -> [Reader; 2] {
        Log::ALL.map(|log| Reader::new(api.clone(), log, &self.keys))
    }

    /// Remembers a checkpoint; two of one size must have one root.
    pub fn remember(&self, log: Log, size: u64, root: Hash) {
        let known = *self.seen()[log as usize].entry(size).or_insert(root);
        assert_eq!(known, root, "{}: two roots of {size} leaves", log.name());
    }

    /// Looks at both logs until the server is gone.
    pub fn watch(&self, readers: &[Reader]) {
        loop {
            for reader in readers {
                let Some((checkpoint, _)) = reader.look() else { return };
                self.remember(reader.log(), checkpoint.size, checkpoint.root);
            }
            std::thread::sleep(LOOK);
        }
    }

    /// All that was seen is a beginning of the present logs: a proof from tiles for each.
    pub fn check(&self, plain: &Api) {
        self.check_up_to(plain, Log::ALL.map(|log| self.newest(log)));
    }

    /// The same for what was seen up to these sizes, by log.
    pub fn check_up_to(&self, plain: &Api, newest: [u64; 2]) {
        for reader in self.readers(plain.clone()) {
            let present = reader.checkpoint();
            self.remember(reader.log(), present.size, present.root);
            let seen = self.seen()[reader.log() as usize].clone();
            for old in seen.into_iter().filter(|(size, _)| *size <= newest[reader.log() as usize]) {
                reader.check_consistent(old, (present.size, present.root));
            }
        }
    }

    /// The same from the entries alone: every root that was seen comes out of them. Answers the entries of a log.
    pub fn recompute(&self, reader: &Reader) -> Vec<Vec<u8>> {
        let present = reader.checkpoint();
        self.remember(reader.log(), present.size, present.root);
        let seen = self.seen()[reader.log() as usize].clone();
        let sizes: Vec<u64> = seen.keys().copied().collect();
        let entries = reader.entries(present.size);
        let computed = roots(&entries, &sizes);
        for ((size, root), computed) in seen.into_iter().zip(computed) {
            assert_eq!(root, computed, "{}: the entries do not lead to the root of {size}", reader.log().name());
        }
        entries
    }
}
