//! Where the platform of a data folder is: in the folder, or in a PostgreSQL that other nodes use too.
//!
//! Invariant: whatever opens a platform learns its place from [`Access::of`], so that no command looks for it elsewhere
//! than the server, or reaches it otherwise.

use super::*;
use crate::error::Result;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tegata_domain::chance::{self, Chance};
use tegata_store::{Database, Mode, Store, carry, snapshot};

/// What the settings say about the database of a platform.
#[derive(Clone)]
pub struct Access {
    /// The one that is named; `None` where the data folder says.
    pub url: Option<String>,
    /// A PEM file of roots for its TLS; those of the system without it.
    pub roots: Option<PathBuf>,
    /// Connections for reads.
    pub connections: u32,
    /// How long one statement, or a place among the connections, is waited for.
    pub wait: Duration,
}

impl Default for Access {
    fn default() -> Self {
        let Database { url: _, roots, connections, wait } = Database::at("");
        Access { url: None, roots, connections, wait }
    }
}

impl std::fmt::Debug for Access {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // the URL may hold a password
        f.debug_struct("Access").field("roots", &self.roots).finish_non_exhaustive()
    }
}

impl Access {
    /// A database, reached as the settings say.
    pub fn at(&self, url: impl Into<String>) -> Database {
        Database { url: url.into(), roots: self.roots.clone(), connections: self.connections, wait: self.wait }
    }

    /// The database that the settings name.
    pub fn named(&self) -> Option<Database> {
        self.url.as_ref().map(|url| self.at(url))
    }

    /// The database that holds the platform of a data folder: the one that is named, else the one that the folder says.
    /// `None`: the folder holds it.
    pub fn of(&self, folder: &Path) -> Result<Option<Database>> {
        match self.named() {
            Some(database) => Ok(Some(database)),
            None => Ok(Database::recorded(folder).map_err(stored)?.map(|recorded| self.at(recorded.url))),
        }
    }
}

/// Opens the store of a data folder.
pub(super) fn open_store(folder: &Path, access: &Access, mode: Mode, chance: &dyn Chance) -> Result<Store> {
    let store = match access.of(folder)? {
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
pub(super) fn room_for_copy(folder: &Path, access: &Access) -> Result<Option<(u64, u64)>> {
    match access.of(folder)? {
        // what a database has on its own disks says little of the copy here
        Some(_) => Ok(None),
        None => snapshot::room_for_copy(folder).map_err(stored),
    }
}

/// Copies the platform of a data folder as it is now into a database file in `into`; nodes may be serving it.
pub(super) fn copy((folder, access): (&Path, &Access), into: &Path, tell: Tell<'_>) -> Result<()> {
    let copied = match access.of(folder)? {
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
pub fn relocate(
    (folder, access): (&Path, &Access),
    to: &Place,
    tell: Tell<'_>,
) -> Result<tegata_store::snapshot::Counts> {
    let moved = match to {
        Place::Folder => {
            let from = access.of(folder)?.ok_or_else(|| {
                let text = "the platform of this data folder is in the folder already; nothing was changed";
                Error::new(Kind::Unavailable, "store", text)
            })?;
            carry::move_into_folder(folder, &from, &|done, of| tell("rows", done, of))
        }
        Place::Database(database) => carry::move_into_postgres(folder, database),
    };
    moved.map_err(stored)
}
