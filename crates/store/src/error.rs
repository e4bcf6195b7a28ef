//! What can go wrong below the use cases.

/// Sorts of failure, as far as a caller acts on them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// The disk is full.
    DiskFull,
    /// Too much is waiting already.
    Overloaded,
    /// Another process uses the data folder.
    InUse,
    /// The data folder is of another version, absent or no data folder.
    Version,
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
