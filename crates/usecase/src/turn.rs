//! Turns: how many lines are checked and signed at once, and whose is next.
//!
//! Signing is the one work here that fills all cores for long. Without a bound, a thousand streams put hundreds of threads
//! beside those that answer polls; without turns, who sends most goes first.
//! Invariant: among organisations that wait, each gets a turn before any gets a second one.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use tegata_domain::id::OrganisationRow;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

#[derive(Default)]
struct State {
    free: usize,
    /// Who waits, in the order in which they get turns.
    order: VecDeque<OrganisationRow>,
    waiting: HashMap<OrganisationRow, VecDeque<oneshot::Sender<Turn>>>,
}

impl State {
    fn next(&mut self) -> Option<oneshot::Sender<Turn>> {
        let organisation = self.order.pop_front()?;
        let queue = self.waiting.get_mut(&organisation)?;
        let next = queue.pop_front();
        if queue.is_empty() {
            self.waiting.remove(&organisation);
        } else {
            self.order.push_back(organisation);
        }
        next
    }
}

/// Turns at one sort of work.
pub struct Turns(Mutex<State>);

/// A turn; given on when it is dropped.
pub struct Turn(Option<Arc<Turns>>);

impl Turns {
    /// So many at once.
    pub fn new(at_once: usize) -> Arc<Turns> {
        Arc::new(Turns(Mutex::new(State { free: at_once.max(1), ..State::default() })))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for a turn.
    pub(crate) async fn take(self: &Arc<Self>, organisation: OrganisationRow) -> Turn {
        let given = {
            let mut state = self.state();
            if state.free > 0 {
                state.free -= 1;
                return Turn(Some(Arc::clone(self)));
            }
            let (give, given) = oneshot::channel();
            let state = &mut *state;
            let queue = state.waiting.entry(organisation).or_default();
            if queue.is_empty() {
                state.order.push_back(organisation);
            }
            queue.push_back(give);
            given
        };
        // the sender goes only with its turn
        given.await.unwrap_or(Turn(None))
    }

    /// How many wait.
    pub fn waiting(&self) -> usize {
        self.state().waiting.values().map(VecDeque::len).sum()
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let Some(turns) = self.0.take() else { return };
        let mut state = turns.state();
        while let Some(next) = state.next() {
            match next.send(Turn(Some(Arc::clone(&turns)))) {
                Ok(()) => return,
                // it went away while it waited; its turn is not one that was taken
                Err(mut gone) => drop(gone.0.take()),
            }
        }
        state.free += 1;
    }
}

/// Lanes: how many at once for each organisation, however many others have.
pub struct Lanes {
    each: usize,
    lanes: Mutex<HashMap<OrganisationRow, Weak<Semaphore>>>,
}

impl Lanes {
    /// So many for each.
    pub fn new(each: usize) -> Lanes {
        Lanes { each: each.max(1), lanes: Mutex::default() }
    }

    /// Waits for room in the lane of an organisation. `None` never comes: nobody closes a lane.
    pub(crate) async fn enter(&self, organisation: OrganisationRow) -> Option<OwnedSemaphorePermit> {
        let lane = {
            let mut lanes = self.lanes.lock().unwrap_or_else(PoisonError::into_inner);
            let known = lanes.get(&organisation).and_then(Weak::upgrade);
            known.unwrap_or_else(|| {
                lanes.retain(|_, lane| lane.strong_count() > 0);
                let lane = Arc::new(Semaphore::new(self.each));
                lanes.insert(organisation, Arc::downgrade(&lane));
                lane
            })
        };
        lane.acquire_owned().await.ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn each_gets_a_turn_before_any_gets_a_second() {
        let turns = Turns::new(1);
        let running = turns.take(OrganisationRow(1)).await;
        let order = Arc::new(Mutex::new(Vec::new()));
        let mut tasks = Vec::new();
        for organisation in [1, 1, 1, 2, 3] {
            let (theirs, order) = (Arc::clone(&turns), Arc::clone(&order));
            let before = turns.waiting();
            tasks.push(tokio::spawn(async move {
                let _turn = theirs.take(OrganisationRow(organisation)).await;
                order.lock().unwrap().push(organisation);
            }));
            while turns.waiting() == before {
                tokio::task::yield_now().await;
            }
        }
        drop(running);
        for task in tasks {
            task.await.unwrap();
        }
        assert_eq!(*order.lock().unwrap(), [1, 2, 3, 1, 1]);
        assert_eq!((turns.waiting(), turns.state().free), (0, 1));
    }

    #[tokio::test]
    async fn who_goes_away_takes_no_turn_along() {
        let turns = Turns::new(1);
        let running = turns.take(OrganisationRow(1)).await;
        let theirs = Arc::clone(&turns);
        let gone = tokio::spawn(async move { theirs.take(OrganisationRow(2)).await });
        while turns.waiting() == 0 {
            tokio::task::yield_now().await;
        }
        gone.abort();
        assert!(gone.await.is_err());
        drop(running);
        drop(turns.take(OrganisationRow(3)).await);
        assert_eq!((turns.waiting(), turns.state().free), (0, 1));
    }

    #[tokio::test]
    async fn a_full_lane_is_no_wait_for_others() {
        let lanes = Lanes::new(2);
        let (one, two) = (OrganisationRow(1), OrganisationRow(2));
        let held = (lanes.enter(one).await, lanes.enter(one).await);
        let third = tokio::time::timeout(std::time::Duration::from_millis(10), lanes.enter(one));
        assert!(third.await.is_err());
        assert!(lanes.enter(two).await.is_some());
        drop(held);
        assert!(lanes.enter(one).await.is_some());
    }
}
