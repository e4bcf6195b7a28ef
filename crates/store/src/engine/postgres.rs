//! PostgreSQL: connections and statements.
//!
//! Invariant: a connection on which an answer did not come in time, or whose transaction may still be open, is not used
//! again.

use super::Value;
use super::tls::Tls;
use super::wait::wait;
use crate::error::{Error, ErrorKind};
use bytes::Bytes;
use futures_util::SinkExt;
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::Runtime;
use tokio_postgres::config::{Host, SslMode, TargetSessionAttrs};
use tokio_postgres::types::{FromSql, IsNull, ToSql, Type, private::BytesMut, to_sql_checked};
use tokio_postgres::{AsyncMessage, Client, Config, CopyInSink, Statement};

/// Bytes that are sent at once when rows are copied in.
const COPIED: usize = 256 << 10;

/// Where PostgreSQL is, and how it is used.
#[derive(Clone)]
pub struct Database {
    /// `postgres://user:password@host,host/name`; with several hosts the one that takes writes.
    pub url: String,
    /// A PEM file of roots for its TLS; those of the system without it.
    pub roots: Option<PathBuf>,
    /// Connections for reads.
    pub connections: u32,
    /// How long one statement, or a place among the connections, is waited for.
    pub wait: Duration,
}

/// The file of a data folder that says which database its platform is in; its owner alone may read it.
pub const STORE_FILE: &str = "store-url";

impl Database {
    /// By its URL, with everything else as it is when nothing is said.
    pub fn at(url: impl Into<String>) -> Self {
        Database { url: url.into(), roots: None, connections: 16, wait: Duration::from_secs(10) }
    }

    /// The one that a data folder says its platform is in; `None` where it is in the folder.
    pub fn recorded(folder: &std::path::Path) -> Result<Option<Self>, Error> {
        match std::fs::read_to_string(folder.join(STORE_FILE)) {
            Ok(url) => Ok(Some(Database::at(url.trim()))),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(e) => Err(e.into()),
        }
    }
}

impl std::fmt::Debug for Database {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // the URL may hold a password
        f.debug_struct("Database").field("connections", &self.connections).finish_non_exhaustive()
    }
}

/// Makes connections. They are driven by a runtime of their own, so a thread that waits for one blocks nothing of it.
pub(crate) struct Driver {
    /// Gone once it is dropped.
    runtime: Option<Runtime>,
    config: Config,
    tls: Tls,
    /// For one statement.
    limit: Duration,
}

impl Drop for Driver {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// Whether a host is this machine.
fn is_near(host: &Host) -> bool {
    match host {
        Host::Tcp(name) => {
            name == "localhost" || name.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
        }
        #[cfg(unix)]
        Host::Unix(_) => true,
    }
}

impl Driver {
    pub(crate) fn new(database: &Database) -> Result<Self, Error> {
        let wrong = |e: &dyn std::fmt::Display| {
            let form = "give --store postgres://USER@HOST/NAME";
            Error::new(ErrorKind::Version, format!("the URL of the store is not one of PostgreSQL ({e}); {form}"))
        };
        let mut config: Config = database.url.parse().map_err(|e| wrong(&e))?;
        if config.get_hosts().is_empty() {
            return Err(wrong(&"it names no host"));
        }
        // over a network in clear only where somebody said so
        if config.get_ssl_mode() == SslMode::Prefer && !config.get_hosts().iter().all(is_near) {
            config.ssl_mode(SslMode::Require);
        }
        config
            .target_session_attrs(TargetSessionAttrs::ReadWrite)
            .application_name("tegata")
            .connect_timeout(Duration::from_secs(2))
            .tcp_user_timeout(database.wait)
            .keepalives_idle(Duration::from_secs(5))
            .keepalives_interval(Duration::from_secs(2))
            .keepalives_retries(3);
        // first: a runtime that is dropped here would end a program that runs in one itself
        let tls = Tls::new(database.roots.as_deref())?;
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("postgres")
            .enable_all()
            .build()?;
        Ok(Driver { runtime: Some(runtime), config, tls, limit: database.wait })
    }

    fn runtime(&self) -> Result<&Runtime, Error> {
        self.runtime.as_ref().ok_or_else(|| Error::new(ErrorKind::Broken, "the store is closed"))
    }

    /// How long one statement is waited for.
    pub(crate) fn limit(&self) -> Duration {
        self.limit
    }

    /// A connection to the host that takes writes. `heard` is told of every notification.
    pub(crate) fn connect(&self, heard: Option<Heard>) -> Result<Link, Error> {
        // every host may take its time
        let limit = self.limit * u32::try_from(self.config.get_hosts().len()).unwrap_or(1);
        self.connect_within(limit, heard)
    }

    /// The same for somebody who does not wait for longer.
    pub(crate) fn connect_within(&self, limit: Duration, heard: Option<Heard>) -> Result<Link, Error> {
        let (mut config, tls) = (self.config.clone(), self.tls.clone());
        if heard.is_some() {
            config.application_name("tegata listener");
        }
        let (out, answer) = tokio::sync::oneshot::channel();
        self.runtime()?.spawn(async move {
            let (client, mut connection) = match config.connect(tls).await {
                Ok(both) => both,
                Err(error) => return drop(out.send(Err(error))),
            };
            if out.send(Ok(client)).is_err() {
                return;
            }
            while let Some(message) = std::future::poll_fn(|cx| connection.poll_message(cx)).await {
                match (message, &heard) {
                    (Ok(AsyncMessage::Notification(said)), Some(heard)) => heard(said.payload()),
                    (Ok(AsyncMessage::Notice(notice)), _) => tracing::debug!(%notice, "the database says"),
                    (Ok(_), _) => {}
                    // whoever waits on the connection is told by the driver
                    (Err(error), _) => return tracing::debug!(%error, "a connection to the database ended"),
                }
            }
        });
        match wait(answer, limit) {
            Some(Ok(Ok(client))) => Ok(Link::new(client, self.limit)),
            Some(Ok(Err(error))) => Err(Error::from(error)),
            _ => Err(Error::new(ErrorKind::Late, "the database did not answer in time")),
        }
    }
}

/// Told of every notification, in order.
pub(crate) type Heard = Arc<dyn Fn(&str) + Send + Sync>;

/// One connection.
pub(crate) struct Link {
    client: Client,
    statements: RefCell<HashMap<String, Statement>>,
    limit: Duration,
    /// For the next answer alone, where somebody has waited for the connection already.
    left: Cell<Option<Duration>>,
    /// An answer is outstanding: what comes next may be of the statement before.
    broken: Cell<bool>,
}

impl Link {
    fn new(client: Client, limit: Duration) -> Self {
        Link { client, statements: RefCell::default(), limit, left: Cell::new(None), broken: Cell::new(false) }
    }

    /// The next answer is not waited for for longer.
    pub(super) fn hurry(&self, left: Duration) {
        self.left.set(Some(left));
    }

    /// Whether it can be used again.
    pub(crate) fn is_well(&self) -> bool {
        !self.broken.get() && !self.client.is_closed()
    }

    fn wait<T>(&self, future: impl Future<Output = Result<T, tokio_postgres::Error>>) -> Result<T, Error> {
        self.within(self.left.take().unwrap_or(self.limit), future)
    }

    fn within<T>(
        &self,
        limit: Duration,
        future: impl Future<Output = Result<T, tokio_postgres::Error>>,
    ) -> Result<T, Error> {
        let late = || Error::new(ErrorKind::Late, "the database did not answer in time");
        if self.broken.get() {
            // what is undone after a failure would wait as long once more
            return Err(late());
        }
        match wait(future, limit) {
            Some(outcome) => Ok(outcome?),
            None => {
                self.broken.set(true);
                Err(late())
            }
        }
    }

    fn statement(&self, text: &str) -> Result<Statement, Error> {
        if let Some(known) = self.statements.borrow().get(text) {
            return Ok(known.clone());
        }
        let statement = self.wait(self.client.prepare(text))?;
        self.statements.borrow_mut().insert(text.to_owned(), statement.clone());
        Ok(statement)
    }

    pub(super) fn execute(&self, text: &str, values: &[Value<'_>]) -> Result<usize, Error> {
        let statement = self.statement(text)?;
        let changed = self.wait(self.client.execute_raw(&statement, values.iter()))?;
        Ok(changed as usize)
    }

    /// Many rows in one statement: a column is an array.
    pub(super) fn insert_all<'v, const N: usize>(
        &self,
        text: &str,
        rows: impl Iterator<Item = [Value<'v>; N]>,
    ) -> Result<usize, Error> {
        let mut columns: [Vec<Value<'v>>; N] = std::array::from_fn(|_| Vec::new());
        for row in rows {
            columns.iter_mut().zip(row).for_each(|(column, value)| column.push(value));
        }
        let one = self.statement(text)?;
        let many = self.statement(&of_many(text, one.params())?)?;
        let changed = self.wait(self.client.execute_raw(&many, columns.iter()))?;
        Ok(changed as usize)
    }

    pub(super) fn rows(&self, text: &str, values: &[Value<'_>]) -> Result<Vec<tokio_postgres::Row>, Error> {
        let statement = self.statement(text)?;
        let values: Vec<&(dyn ToSql + Sync)> = values.iter().map(|value| value as _).collect();
        self.wait(self.client.query(&statement, &values))
    }

    pub(super) fn run(&self, texts: &str) -> Result<(), Error> {
        self.wait(self.client.batch_execute(texts))
    }

    /// Begins to copy rows in.
    pub(crate) fn copy(&self, text: &str) -> Result<Copying<'_>, Error> {
        let sink = self.wait(self.client.copy_in(text))?;
        Ok(Copying { link: self, sink: Box::pin(sink), lines: Vec::new() })
    }

    /// As [`Link::run`], with longer to wait.
    pub(crate) fn run_long(&self, texts: &str, limit: Duration) -> Result<(), Error> {
        self.within(limit, self.client.batch_execute(texts))
    }
}

/// The statement that takes a row's values as arrays, from the one that takes them as they are.
fn of_many(text: &str, kinds: &[Type]) -> Result<String, Error> {
    let parts = text.split_once("values (").and_then(|(head, rest)| Some((head, rest.split_once(')')?.1)));
    let (head, tail) = parts.ok_or_else(|| Error::new(ErrorKind::Broken, "a statement for many rows has no values"))?;
    let arrays: Vec<String> = (1..).zip(kinds).map(|(i, kind)| format!("${i}::{}[]", kind.name())).collect();
    Ok(format!("{head}select * from unnest({}){tail}", arrays.join(", ")))
}

/// Rows on their way in.
pub(crate) struct Copying<'l> {
    link: &'l Link,
    sink: Pin<Box<CopyInSink<Bytes>>>,
    lines: Vec<u8>,
}

impl Copying<'_> {
    /// Adds a row, in the text format of COPY.
    pub(crate) fn put(&mut self, line: &[u8]) -> Result<(), Error> {
        self.lines.extend_from_slice(line);
        if self.lines.len() > COPIED { self.send() } else { Ok(()) }
    }

    fn send(&mut self) -> Result<(), Error> {
        let lines = Bytes::from(std::mem::take(&mut self.lines));
        self.link.wait(self.sink.send(lines))
    }

    /// Ends the copy; answers how many rows there are.
    pub(crate) fn finish(mut self) -> Result<u64, Error> {
        self.send()?;
        self.link.within(self.link.limit * 30, self.sink.as_mut().finish())
    }
}

pub(super) fn cell(row: &tokio_postgres::Row, column: usize) -> Result<Value<'_>, Error> {
    row.try_get(column).map_err(|e| Error::new(ErrorKind::Broken, format!("PostgreSQL: {e}")))
}

impl ToSql for Value<'_> {
    fn to_sql(&self, kind: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        match (*self, kind) {
            (Value::Null, _) => Ok(IsNull::Yes),
            (Value::Int(number), &Type::BOOL) => (number != 0).to_sql(kind, out),
            (Value::Int(number), &Type::INT4) => i32::try_from(number)?.to_sql(kind, out),
            (Value::Int(number), &Type::INT8) => number.to_sql(kind, out),
            (Value::Text(text), &Type::TEXT) => text.to_sql(kind, out),
            (Value::Blob(bytes), &Type::BYTEA) => bytes.to_sql(kind, out),
            (value, kind) => Err(format!("{value:?} for a {kind}").into()),
        }
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

impl<'a> FromSql<'a> for Value<'a> {
    fn from_sql(kind: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn std::error::Error + Sync + Send>> {
        Ok(match *kind {
            Type::BOOL => Value::Int(bool::from_sql(kind, raw)?.into()),
            Type::INT4 => Value::Int(i32::from_sql(kind, raw)?.into()),
            Type::INT8 => Value::Int(i64::from_sql(kind, raw)?),
            Type::TEXT => Value::Text(<&str>::from_sql(kind, raw)?),
            Type::BYTEA => Value::Blob(raw),
            _ => return Err(format!("a column of type {kind}").into()),
        })
    }

    fn from_sql_null(_: &Type) -> Result<Self, Box<dyn std::error::Error + Sync + Send>> {
        Ok(Value::Null)
    }

    fn accepts(_: &Type) -> bool {
        true
    }
}
