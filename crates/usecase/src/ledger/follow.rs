//! How a node shows what the sequencer of another node published: it takes the same leaves into its own tree and holds
//! the root against the one that is signed. So it can take over at any moment, and shows nothing that it did not check.

use super::open::{load, replay};
use super::{OneLog, Published};
use crate::cx::Inner;
use crate::error::Result;
use std::sync::Arc;
use tegata_domain::ledger::{Checkpoint, Log};

/// Takes in what was published meanwhile; answers how many leaves.
pub(super) async fn follow(log: Log, one: &OneLog, cx: &Inner) -> Result<u64> {
    one.shelf.only_read();
    let mut kept = one.edge.lock().await;
    let mut growing = match kept.take() {
        Some(growing) => growing,
        None => load(&cx.store, log, &one.shelf).await?.0,
    };
    let standing = cx.store.ledger().standing(log).await?;
    let before = growing.edge.size();
    if standing.head.size > before || !one.is_published() {
        replay(&cx.store, log, &one.shelf, &mut growing, standing.head).await?;
        if let Some(note) = standing.note {
            let checkpoint = Arc::new(Checkpoint { head: standing.head, note });
            one.publish(Published { checkpoint, edge: Arc::new(growing.edge.clone()) });
        }
    }
    one.shelf.written(standing.tiled);
    let taken = growing.edge.size() - before;
    *kept = Some(growing);
    Ok(taken)
}
