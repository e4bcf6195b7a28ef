//! Sealed secrets and settings that were fixed at `init`: SQL.

use crate::engine::{Connection, Row};
use crate::{Error, Store};

/// Sealed secrets, and values that were fixed at `init`.
pub struct Secrets<'a>(&'a Store);

/// A sealed secret: version, first row that it serves, sealed bytes.
pub type Sealed = (u8, i64, Vec<u8>);

impl Store {
    /// Sealed secrets, and values that were fixed at `init`.
    pub fn secret(&self) -> Secrets<'_> {
        Secrets(self)
    }
}

impl Secrets<'_> {
    /// All versions of a secret, oldest first.
    pub async fn versions(&self, name: &str) -> Result<Vec<Sealed>, Error> {
        let text = "select version, from_row, sealed from secret where name = $1 order by version";
        self.0.read(|c| {
            let read = |row: &Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get(2)?));
            c.all(text, [name], read)
        })
    }

    /// Adds a version of a secret.
    pub async fn add(&self, name: &'static str, sealed: Sealed) -> Result<(), Error> {
        let task = move |c: &Connection| {
            let text = "insert into secret (name, version, from_row, sealed) values ($1, $2, $3, $4)";
            c.execute(text, (name, sealed.0, sealed.1, sealed.2))?;
            Ok(())
        };
        self.0.0.committer.task(task).await
    }

    /// A value that was fixed at `init`.
    pub async fn fixed(&self, name: &str) -> Result<Option<String>, Error> {
        let text = "select value from meta where name = $1";
        self.0.read(|c| c.one(text, [name], |row| row.get(0)))
    }

    /// Fixes a value once and for all.
    pub async fn fix(&self, name: &'static str, value: String) -> Result<(), Error> {
        let task = move |c: &Connection| {
            c.execute("insert into meta (name, value) values ($1, $2)", (name, value))?;
            Ok(())
        };
        self.0.0.committer.task(task).await
    }
}
