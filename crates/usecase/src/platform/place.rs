//! Where the platform of a data folder is: in the folder, or in a PostgreSQL that other nodes use too.

use super::*;
use crate::error::Result;
use std::path::Path;
use tegata_domain::chance::{self, Chance};
use tegata_store::{Database, Mode, Store, carry};

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
pub fn relocate(
    folder: &Path,
    to: &Place,
    tell: &dyn Fn(&'static str, u64, u64),
) -> Result<tegata_store::snapshot::Counts> {
    let moved = match to {
        Place::Folder => carry::move_into_folder(folder, &|done, of| tell("rows", done, of)),
        Place::Database(database) => carry::move_into_postgres(folder, database),
    };
    moved.map_err(stored)
}
