//! One door to both engines: the same texts, values and rows, whichever is behind it.
//!
//! Why here: the modules of the nouns hold one SQL text a query, and nothing above knows a driver's types (ADR 18).
//! Invariant: every statement passes [`Connection::execute`], [`Connection::insert_all`], [`Connection::one`],
//! [`Connection::all`] or [`Connection::each`].

mod pool;
pub(crate) mod postgres;
mod readers;
pub(crate) mod sqlite;
mod tls;
mod value;
mod wait;
mod writer;

pub(crate) use pool::Pool;
pub(crate) use readers::Readers;
pub(crate) use value::{Bind, Cell, FromCell, NONE, Params, Value, code, params, time, uuid};
pub(crate) use writer::Writer;

use crate::error::{Error, ErrorKind};

/// A connection to an engine.
pub(crate) enum Connection {
    /// SQLite, in this process.
    Sqlite(rusqlite::Connection),
    /// PostgreSQL.
    Postgres(postgres::Link),
}

impl Connection {
    /// PostgreSQL's, where something is its own way of doing.
    pub(crate) fn postgres(&self) -> Option<&postgres::Link> {
        match self {
            Connection::Sqlite(_) => None,
            Connection::Postgres(link) => Some(link),
        }
    }

    /// Runs a statement that answers no rows; says how many it changed.
    pub(crate) fn execute(&self, text: &str, values: impl Params) -> Result<usize, Error> {
        values.with(|values| match self {
            Connection::Sqlite(c) => sqlite::execute(c, text, values),
            Connection::Postgres(link) => link.execute(text, values),
        })
    }

    /// Runs `insert … values ($1, …)` for each of many rows; says how many were entered. PostgreSQL takes all of them in
    /// one statement, since each would wait for its answer.
    pub(crate) fn insert_all<'v, const N: usize>(
        &self,
        text: &str,
        mut rows: impl Iterator<Item = [Value<'v>; N]>,
    ) -> Result<usize, Error> {
        match self {
            Connection::Sqlite(c) => rows.try_fold(0, |sum, row| Ok(sum + sqlite::execute(c, text, &row)?)),
            Connection::Postgres(link) => link.insert_all(text, rows),
        }
    }

    /// The first row, if there is one.
    pub(crate) fn one<T>(
        &self,
        text: &str,
        values: impl Params,
        read: impl FnOnce(&Row<'_>) -> Result<T, Error>,
    ) -> Result<Option<T>, Error> {
        values.with(|values| match self {
            Connection::Sqlite(c) => sqlite::one(c, text, values, read),
            Connection::Postgres(link) => {
                link.rows(text, values)?.first().map(|row| read(&Row::Postgres(row))).transpose()
            }
        })
    }

    /// The only row of a statement that always has one.
    pub(crate) fn only<T>(
        &self,
        text: &str,
        values: impl Params,
        read: impl FnOnce(&Row<'_>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let row = self.one(text, values, read)?;
        row.ok_or_else(|| Error::new(ErrorKind::Broken, "a statement that always has a row had none"))
    }

    /// Every row, in order.
    pub(crate) fn all<T>(
        &self,
        text: &str,
        values: impl Params,
        mut read: impl FnMut(&Row<'_>) -> Result<T, Error>,
    ) -> Result<Vec<T>, Error> {
        let mut all = Vec::new();
        self.each(text, values, |row| {
            all.push(read(row)?);
            Ok(true)
        })?;
        Ok(all)
    }

    /// Hands over row after row, until it hears false.
    pub(crate) fn each(
        &self,
        text: &str,
        values: impl Params,
        mut read: impl FnMut(&Row<'_>) -> Result<bool, Error>,
    ) -> Result<(), Error> {
        values.with(|values| match self {
            Connection::Sqlite(c) => sqlite::each(c, text, values, read),
            Connection::Postgres(link) => {
                for row in &link.rows(text, values)? {
                    if !read(&Row::Postgres(row))? {
                        break;
                    }
                }
                Ok(())
            }
        })
    }

    /// Runs texts without values or rows: transactions, savepoints, settings.
    pub(crate) fn run(&self, texts: &str) -> Result<(), Error> {
        match self {
            Connection::Sqlite(c) => Ok(c.execute_batch(texts)?),
            Connection::Postgres(link) => link.run(texts),
        }
    }
}

/// A row that is being read.
pub(crate) enum Row<'r> {
    /// SQLite's.
    Sqlite(&'r rusqlite::Row<'r>),
    /// PostgreSQL's.
    Postgres(&'r tokio_postgres::Row),
}

impl Row<'_> {
    /// A column's value.
    pub(crate) fn get<'a, T: FromCell<'a>>(&'a self, column: usize) -> Result<T, Error> {
        let cell = self.cell(column)?;
        T::from_cell(cell).ok_or_else(|| {
            let text = format!("column {column} holds what this program does not expect there");
            Error::new(ErrorKind::Broken, text)
        })
    }

    /// Whatever stands in a column.
    pub(crate) fn cell(&self, column: usize) -> Result<Cell<'_>, Error> {
        match self {
            Row::Sqlite(row) => sqlite::cell(row, column),
            Row::Postgres(row) => postgres::cell(row, column),
        }
    }
}

/// Where reads are made.
pub(crate) enum Reads {
    /// On this thread.
    Sqlite(Readers),
    /// Over the network.
    Postgres(Pool),
}

impl Reads {
    /// Runs one read; it may be run again where the connection had ended.
    pub(crate) fn with<T>(&self, f: impl FnMut(&Connection) -> Result<T, Error>) -> Result<T, Error> {
        match self {
            Reads::Sqlite(readers) => readers.with(f),
            Reads::Postgres(pool) => pool.with(f),
        }
    }

    /// Connections that nobody reads with now.
    pub(crate) fn idle(&self) -> usize {
        match self {
            Reads::Sqlite(readers) => readers.count(),
            Reads::Postgres(pool) => pool.count(),
        }
    }

    /// A commit begins.
    pub(crate) fn pause(&self) {
        if let Reads::Sqlite(readers) = self {
            readers.pause();
        }
    }

    /// The commit has ended: reads from here on see it.
    pub(crate) fn go_on(&self) {
        if let Reads::Sqlite(readers) = self {
            readers.go_on();
        }
    }
}
