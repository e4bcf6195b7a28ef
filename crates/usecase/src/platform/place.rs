//! Where the platform of a data folder is: in the folder, or in a PostgreSQL that other nodes use too.

use super::*;
use crate::error::Result;
use std::path::Path;
use tegata_domain::chance::{self, Chance};
use tegata_store::{Database, Mode, Store, carry, snapshot};

/// Opens the store of a data folder: in `database`, or where the folder says.
pub(super) fn open_store(folder: &Path, database: Option<&Database>, mode: Mode, chance: &dyn Chance) -> Result<Store> {
    let recorded = Database::recorded(folder).map_err(stored)?;
    let store = match database.cloned().or(recorded) {
        Some(database) => Store::connect(folder, &database, mode, node(chance)),
        None => Store::open(folder, mode),
    };
    store.map_err(stored)
}

/// A name that no other node has, and no earlier run of this one.
fn node(chance: &dyn Chance) -> String {
    chance::bytes::<8>(chance).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Free and needed bytes, where the disk of a data folder has no room for a copy of its platform.
pub(super) fn room_for_copy(folder: &Path) -> Result<Option<(u64, u64)>> {
    match Database::recorded(folder).map_err(stored)? {
        // what a database has on its own disks says little of the copy here
        Some(_) => Ok(None),
        None => snapshot::room_for_copy(folder).map_err(stored),
    }
}

/// Copies the platform of a data folder as it is now into a database file in `into`; nodes may be serving it.
pub(super) fn copy(folder: &Path, into: &Path, tell: Tell<'_>) -> Result<()> {
    let copied = match Database::recorded(folder).map_err(stored)? {
        Some(database) => carry::from_postgres(&database, into, &|done, of| tell("rows", done, of)).map(drop),
        None => snapshot::copy(folder, into, &|done, of| tell("database pages", done, of)),
    };
    copied.map_err(stored)
}

/// Where a platform is to move.
#[derive(Debug, Clone)]
pub enum Place {
    /// Into its data folder.
    Folder,
    /// Into a PostgreSQL that holds no platform yet.
    Database(Database),
}

/// Moves the platform of a data folder that nobody serves: every row is held against its copy by number and digest.
/// The ledger goes on under its origin, since the old place is closed before the new one opens.
pub fn relocate(folder: &Path, to: &Place, tell: Tell<'_>) -> Result<tegata_store::snapshot::Counts> {
    let moved = match to {
        Place::Folder => carry::move_into_folder(folder, &|done, of| tell("rows", done, of)),
        Place::Database(database) => carry::move_into_postgres(folder, database),
    };
    moved.map_err(stored)
}
