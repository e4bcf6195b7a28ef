//! One error for all use cases: what sort, what the asker is told, what the log is told.

use tegata_domain::change::Refused;
use tegata_domain::permit::Refusal;
use tegata_domain::time::ClockJumped;
use tegata_store::{ErrorKind, SaveError};
use tegata_wire::problem::Problem;

/// Sorts of refusal; [`Error::problem`] maps them to HTTP, an edge of another kind maps them itself in one place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The request is wrong in itself.
    Invalid,
    /// No credential, or one that is not known.
    NoCredential,
    /// Known, but not allowed.
    Denied,
    /// Not there, or not for this asker.
    NotFound,
    /// It does not fit what is there.
    Conflict,
    /// It was there, and will not be again.
    Gone,
    /// It will be there later.
    NotYet,
    /// Too often.
    Throttled,
    /// Not at present.
    Unavailable,
    /// Our fault.
    Internal,
}

/// Why a use case did not do what was asked.
#[derive(Debug, thiserror::Error)]
#[error("{public}")]
pub struct Error {
    /// What sort.
    pub kind: Kind,
    /// A stable word for programs.
    pub code: &'static str,
    /// Which of the mistakes under that code, as `batch.quantity`, where its pages have words of its own; else nothing.
    pub case: Option<&'static str>,
    /// What the asker is told: what is wrong and what to do next.
    pub public: String,
    /// What only the log is told.
    #[source]
    pub source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

/// Result of a use case.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// An error without inner cause.
    pub fn new(kind: Kind, code: &'static str, public: impl Into<String>) -> Self {
        Error { kind, code, case: None, public: public.into(), source: None }
    }

    /// The same, named more closely.
    pub fn case(self, case: &'static str) -> Self {
        Error { case: Some(case), ..self }
    }

    /// Not there, or not for this asker.
    pub fn not_found(what: &str) -> Self {
        Error::new(Kind::NotFound, "not_found", format!("there is no such {what}"))
    }

    /// The request is wrong in itself.
    pub fn invalid(code: &'static str, public: impl ToString) -> Self {
        Error::new(Kind::Invalid, code, public.to_string())
    }

    /// Known, but not allowed.
    pub fn denied(code: &'static str, public: impl ToString) -> Self {
        Error::new(Kind::Denied, code, public.to_string())
    }

    /// It does not fit what is there.
    pub fn conflict(code: &'static str, public: impl ToString) -> Self {
        Error::new(Kind::Conflict, code, public.to_string())
    }

    /// Whether who asks can mend it and ask again: then a form comes back as it was filled in.
    pub fn is_mistake(&self) -> bool {
        matches!(self.kind, Kind::Invalid | Kind::Conflict)
    }

    /// A token that opens nothing, or nothing any more.
    pub fn ended_token() -> Self {
        let text = "this token is unknown, was ended or has expired; ask your administrator for a new one";
        Error::new(Kind::NoCredential, "token", text)
    }

    /// Our fault; the cause goes to the log.
    pub fn internal(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        let public = "something went wrong here; try again, and tell the operator the request id if it stays";
        Error { source: Some(source.into()), ..Error::new(Kind::Internal, "internal", public) }
    }
}

impl Kind {
    /// Its HTTP status (RFC 9110 §15), once for all edges that speak HTTP.
    fn status(self) -> u16 {
        match self {
            Kind::NotYet => 202,
            Kind::Invalid => 400,
            Kind::NoCredential => 401,
            Kind::Denied => 403,
            Kind::NotFound => 404,
            Kind::Conflict => 409,
            Kind::Gone => 410,
            Kind::Throttled => 429,
            Kind::Internal => 500,
            Kind::Unavailable => 503,
        }
    }

    /// Whether the same request may succeed a little later.
    pub fn is_passing(self) -> bool {
        matches!(self, Kind::NotYet | Kind::Throttled | Kind::Unavailable)
    }
}

impl Error {
    /// What the asker is told, as a problem.
    pub fn problem(&self) -> Problem {
        Problem::new(self.kind.status(), self.code, self.public.clone())
    }
}

const OBJECTS_AWAY: &str = "the object store cannot be reached at present; nothing was lost. Try again in a moment";

const OLDER_PROGRAM: &str = "the program of this node and its data do not fit each other; another node may answer";

/// What lies in the object store cannot be had at present.
pub(crate) fn objects_away() -> Error {
    Error::new(Kind::Unavailable, "objects_away", OBJECTS_AWAY)
}

impl From<tegata_store::Error> for Error {
    fn from(source: tegata_store::Error) -> Self {
        let (kind, code, public) = match source.kind {
            ErrorKind::DiskFull => {
                (Kind::Unavailable, "disk_full", "the disk of the server is full; nothing was changed. Try again later")
            }
            ErrorKind::Overloaded => (Kind::Unavailable, "overloaded", "the server is busy; try again in a moment"),
            ErrorKind::Away | ErrorKind::Late => {
                (Kind::Unavailable, "store_away", "the database does not answer; try again in a moment")
            }
            ErrorKind::Unreachable | ErrorKind::Forbidden => (Kind::Unavailable, "objects_away", OBJECTS_AWAY),
            // its data was brought to a newer version while it ran: other nodes are of that version
            ErrorKind::Version => (Kind::Unavailable, "older_program", OLDER_PROGRAM),
            ErrorKind::InUse | ErrorKind::Broken => return Error::internal(source),
        };
        Error { source: Some(Box::new(source)), ..Error::new(kind, code, public) }
    }
}

impl From<SaveError> for Error {
    fn from(error: SaveError) -> Self {
        match error {
            SaveError::Store(error) => error.into(),
            SaveError::Refused(refused) => refused.into(),
        }
    }
}

impl From<Refused> for Error {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Stale => Error::conflict("stale", "another request changed this meanwhile; read it and try again"),
            Refused::Exists => Error::conflict("exists", "one with this name or id exists already"),
            Refused::Ended => Error::ended_token(),
            Refused::Last => {
                let text = "an organisation keeps somebody who administers it; make another member administrator first";
                Error::conflict("last_administrator", text)
            }
            Refused::Full => Error::conflict("over_quantity", "the batch permits no more devices; open a new batch"),
        }
    }
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::NotFound => Error::not_found("thing"),
            Refusal::NoCredential => Error::new(Kind::NoCredential, "no_credential", refusal.to_string()),
            Refusal::Role { .. } => Error::denied("role", refusal),
            Refusal::NotMaker | Refusal::NotOwner | Refusal::Kind(_) | Refusal::Device => {
                Error::denied("not_yours", refusal)
            }
        }
    }
}

impl From<ClockJumped> for Error {
    fn from(jumped: ClockJumped) -> Self {
        let public = "the clock of the server jumped; nothing is dated until its operator has looked at it";
        Error { source: Some(jumped.into()), ..Error::new(Kind::Unavailable, "clock_jumped", public) }
    }
}

impl From<tegata_keys::signer::KeyError> for Error {
    fn from(error: tegata_keys::signer::KeyError) -> Self {
        Error::internal(error)
    }
}
