//! Counts a log again from its first leaf: every leaf of the store, every file of tiles, up to the recorded head.
//!
//! Why beside `open`: a start looks at the right edge only, and what lies left of it may have been changed since.

use super::open::mismatch;
use super::sequence::Growing;
use crate::cx::Inner;
use crate::error::{Error, Kind, Result};
use tegata_domain::ledger::Log;
use tegata_wire::tlog_tiles::Edge;

/// Refuses when store, files and recorded root do not tell the same.
pub(crate) async fn recount(log: Log, cx: &Inner) -> Result<()> {
    let standing = cx.store.ledger().standing(log).await?;
    let mut growing = Growing::at(Edge::new());
    while growing.edge.size() < standing.head.size {
        let start = growing.edge.size();
        let some = (standing.head.size - start).min(4096) as u32;
        let contents = cx.store.ledger().contents(log, start, some).await?;
        if contents.is_empty() {
            return Err(mismatch(log, start));
        }
        let full = growing.grow(log, &contents)?;
        for (name, bytes) in full.into_iter().filter(|_| growing.whole() <= standing.tiled) {
            let there = cx.ledger.log(log).shelf.read(&name).await?;
            if there.as_ref().map(AsRef::as_ref) != Some(bytes.as_slice()) {
                let text = format!(
                    "the ledger '{}' has a file {name} that does not fit its leaves: it was changed or lost. Keep the \
                     folder as evidence; restore it from a backup",
                    log.name()
                );
                return Err(Error::new(Kind::Internal, "ledger_mismatch", text));
            }
        }
    }
    if growing.head() == standing.head { Ok(()) } else { Err(mismatch(log, standing.head.size)) }
}
