//! What can go wrong below the use cases.

/// Sorts of failure, as far as a caller acts on them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// The disk is full.
    DiskFull,
    /// Too much is waiting already.
    Overloaded,
    /// The database cannot be reached, or takes no writes at present.
    Away,
    /// The database was reached and did not answer in time: who waited for it has waited long enough.
    Late,
    /// Another process uses the data folder.
    InUse,
    /// The data folder is of another version, absent or no data folder.
    Version,
    /// The object store does not answer, or cannot at present.
    Unreachable,
    /// The object store refuses our credentials.
    Forbidden,
    /// Something else that the log explains.
    Broken,
}

/// A failure of the store.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct Error {
    /// What sort.
    pub kind: ErrorKind,
    message: String,
    #[source]
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl Error {
    pub(crate) fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Error { kind, message: message.into(), source: None }
    }

    /// For the second and later waiters of a failed commit.
    pub(crate) fn repeat(&self) -> Self {
        Error::new(self.kind, self.message.clone())
    }
}

impl From<rusqlite::Error> for Error {
    fn from(source: rusqlite::Error) -> Self {
        let full = matches!(source.sqlite_error_code(), Some(rusqlite::ErrorCode::DiskFull))
            || source.to_string().contains("No space left");
        let kind = if full { ErrorKind::DiskFull } else { ErrorKind::Broken };
        Error { kind, message: format!("SQLite: {source}"), source: Some(Box::new(source)) }
    }
}

impl From<tokio_postgres::Error> for Error {
    fn from(source: tokio_postgres::Error) -> Self {
        let (kind, message) = match source.as_db_error() {
            None => (without_answer(&source), source.to_string()),
            Some(told) => (of_code(told.code().code()), format!("{told}")),
        };
        Error { kind, message: format!("PostgreSQL: {message}"), source: Some(Box::new(source)) }
    }
}

/// A connection that ended, or a value that was not to be converted.
fn without_answer(error: &tokio_postgres::Error) -> ErrorKind {
    match std::error::Error::source(error) {
        Some(source) if !source.is::<std::io::Error>() => ErrorKind::Broken,
        _ => ErrorKind::Away,
    }
}

/// By the codes of PostgreSQL's manual, appendix A.
fn of_code(code: &str) -> ErrorKind {
    match code {
        // disk_full
        "53100" => ErrorKind::DiskFull,
        // lock_not_available, query_canceled, too_many_connections; deadlock_detected: a read beside a migration
        "55P03" | "57014" | "53300" | "40P01" => ErrorKind::Overloaded,
        // read_only_sql_transaction: a primary that is none any more; idle_in_transaction_session_timeout
        "25006" | "25P03" => ErrorKind::Away,
        // connection exceptions; operator intervention: shutdown, start-up
        code if code.starts_with("08") || code.starts_with("57P") => ErrorKind::Away,
        _ => ErrorKind::Broken,
    }
}

impl From<std::io::Error> for Error {
    fn from(source: std::io::Error) -> Self {
        let kind = match source.kind() {
            std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => ErrorKind::DiskFull,
            // EMFILE and ENFILE: other requests have the file handles at present
            _ if matches!(source.raw_os_error(), Some(24 | 23)) => ErrorKind::Overloaded,
            _ => ErrorKind::Broken,
        };
        Error { kind, message: format!("disk: {source}"), source: Some(Box::new(source)) }
    }
}
