//! The database behind the platform's back, whichever engine holds it: a test reads and changes rows as no use case would,
//! and looks for words in the bytes that are kept.
//!
//! Why one place: which file or server a data folder means, and what each engine writes differently, stands here alone.
//! What is about SQLite's own files (a write-ahead log, a page that was split) is tested by the store, not here; a restored
//! folder holds SQLite on either engine, since `restore` puts it there.

use std::path::{Path, PathBuf};
use tegata_store::{Database, STORE_FILE};
use tegata_testkit::Postgres;
use tokio_postgres::{NoTls, SimpleQueryMessage};

/// The database of a data folder. SQLite's is to be changed while the platform is closed.
pub enum Behind {
    Sqlite(rusqlite::Connection),
    Postgres(tokio_postgres::Client),
}

/// The URL of the PostgreSQL that a folder names.
fn url(folder: &Path) -> Option<String> {
    Database::recorded(folder).unwrap().map(|database| database.url)
}

fn name(url: &str) -> &str {
    url.rsplit('/').next().unwrap()
}

fn hex(bytes: &[u8]) -> String {
    data_encoding::HEXLOWER.encode(bytes)
}

impl Behind {
    pub async fn of(folder: &Path) -> Behind {
        let Some(url) = url(folder) else {
            return Behind::Sqlite(rusqlite::Connection::open(folder.join("tegata.db")).unwrap());
        };
        let (client, connection) = tokio_postgres::connect(&url, NoTls).await.unwrap();
        tokio::spawn(connection);
        Behind::Postgres(client)
    }

    /// Runs one statement; answers how many rows it changed.
    pub async fn change(&self, text: &str) -> u64 {
        match self {
            Behind::Sqlite(c) => c.execute(text, []).unwrap() as u64,
            Behind::Postgres(client) => client.execute(text, &[]).await.unwrap(),
        }
    }

    /// These bytes, as a statement has them.
    pub fn bytes(&self, bytes: &[u8]) -> String {
        match self {
            Behind::Sqlite(_) => format!("x'{}'", hex(bytes)),
            Behind::Postgres(_) => format!("cast('\\x{}' as bytea)", hex(bytes)),
        }
    }

    /// Lets the planner take samples of what stands in the tables, as PostgreSQL does by itself now and then.
    pub async fn sample(&self) {
        if let Behind::Postgres(client) = self {
            client.batch_execute("analyze").await.unwrap();
        }
    }

    /// Reads and goes on seeing that moment, until it leaves. False on SQLite, where an erasure waits for readers, for
    /// longer than a test may take.
    pub async fn stay(&self) -> bool {
        let text = "begin isolation level repeatable read; select count(*) from organisation";
        match self {
            Behind::Sqlite(_) => false,
            Behind::Postgres(client) => client.batch_execute(text).await.is_ok(),
        }
    }

    /// See [`Behind::stay`].
    pub async fn leave(self) {
        if let Behind::Postgres(client) = self {
            client.batch_execute("commit").await.unwrap();
        }
    }

    /// Every update of a table fails from now on.
    pub async fn hold(&self, table: &str) {
        match self {
            Behind::Sqlite(c) => {
                let text = "begin select raise(abort, 'held'); end";
                c.execute_batch(&format!("create trigger held before update on {table} {text}")).unwrap();
            }
            Behind::Postgres(client) => {
                let function = "returns trigger language plpgsql as $$ begin raise 'held'; end $$";
                let trigger = format!("create trigger held before update on {table} execute function held()");
                client.batch_execute(&format!("create function held() {function}; {trigger}")).await.unwrap();
            }
        }
    }

    /// No longer.
    pub async fn let_go(&self, table: &str) {
        match self {
            Behind::Sqlite(c) => c.execute_batch("drop trigger held").unwrap(),
            Behind::Postgres(client) => client.batch_execute(&format!("drop trigger held on {table}")).await.unwrap(),
        }
    }

    /// Every row of a table, as `|column=value|…|` by the names of the columns: the same text on both engines.
    pub async fn rows(&self, table: &str) -> Vec<String> {
        let text = format!("select * from {table}");
        let mut rows = match self {
            Behind::Sqlite(c) => of_sqlite(c, &text),
            Behind::Postgres(client) => of_postgres(client, &text).await,
        };
        rows.sort();
        rows
    }

    /// The first column of the only row.
    pub async fn number(&self, text: &str) -> i64 {
        match self {
            Behind::Sqlite(c) => c.query_row(text, [], |row| row.get(0)).unwrap(),
            Behind::Postgres(client) => client.query_one(text, &[]).await.unwrap().get(0),
        }
    }
}

fn row(cells: impl Iterator<Item = (String, String)>) -> String {
    let mut cells: Vec<String> = cells.map(|(column, value)| format!("{column}={value}|")).collect();
    cells.sort();
    format!("|{}", cells.concat())
}

fn of_sqlite(c: &rusqlite::Connection, text: &str) -> Vec<String> {
    use rusqlite::types::ValueRef;
    let mut statement = c.prepare(text).unwrap();
    let columns: Vec<String> = statement.column_names().into_iter().map(str::to_owned).collect();
    let read = |found: &rusqlite::Row<'_>| {
        let value = |i| match found.get_ref(i).unwrap() {
            ValueRef::Null => "null".to_owned(),
            ValueRef::Integer(number) => number.to_string(),
            ValueRef::Real(number) => number.to_string(),
            ValueRef::Text(text) => format!("'{}'", String::from_utf8_lossy(text)),
            ValueRef::Blob(bytes) => format!("\\x{}", hex(bytes)),
        };
        Ok(row(columns.iter().enumerate().map(|(i, column)| (column.clone(), value(i)))))
    };
    statement.query_map([], read).unwrap().map(Result::unwrap).collect()
}

async fn of_postgres(client: &tokio_postgres::Client, text: &str) -> Vec<String> {
    use tokio_postgres::types::Type;
    let statement = client.prepare(text).await.unwrap();
    let texts: Vec<bool> = statement.columns().iter().map(|column| *column.type_() == Type::TEXT).collect();
    let found = client.simple_query(text).await.unwrap();
    let read = |message: SimpleQueryMessage| {
        let SimpleQueryMessage::Row(found) = message else { return None };
        let value = |i: usize| match (found.get(i), texts[i]) {
            (None, _) => "null".to_owned(),
            (Some(text), true) => format!("'{text}'"),
            (Some(other), false) => other.to_owned(),
        };
        Some(row(found.columns().iter().enumerate().map(|(i, column)| (column.name().to_owned(), value(i)))))
    };
    found.into_iter().filter_map(read).collect()
}

/// Which of the texts stand in which file: of a data folder, and of its database where that is elsewhere.
pub fn traces<'t>(folder: &Path, texts: &[&'t str]) -> Vec<(PathBuf, &'t str)> {
    let (mut folders, mut found) = (vec![folder.to_owned()], Vec::new());
    folders.extend(url(folder).map(|url| Postgres::shared().files(name(&url))));
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if entry.is_dir() {
                folders.push(entry);
                continue;
            }
            // a server that runs removes files of tables that were written anew
            let Ok(bytes) = std::fs::read(&entry) else { continue };
            let holds = |text: &&&str| bytes.windows(text.len()).any(|window| window == text.as_bytes());
            found.extend(texts.iter().filter(holds).map(|text| (entry.clone(), *text)));
        }
    }
    found
}

/// Copies a platform that is closed, its database too, as an administrator would.
pub fn copy(from: &Path, to: &Path) {
    files(from, to);
    if let Some(url) = url(from) {
        std::fs::write(to.join(STORE_FILE), Postgres::shared().copy(name(&url))).unwrap();
    }
}

fn files(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap().map(|entry| entry.unwrap()) {
        let to = to.join(entry.file_name());
        if entry.path().is_dir() {
            files(&entry.path(), &to);
        } else {
            std::fs::copy(entry.path(), to).unwrap();
        }
    }
}
