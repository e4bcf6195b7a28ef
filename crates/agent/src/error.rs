//! Why an act of the agent did not come to its end, in words for a person at the device.

use crate::config::ConfigError;
use crate::est::EstError;
use crate::folder::FolderError;
use crate::hook::HookError;
use crate::link::LinkError;
use std::path::PathBuf;

/// What went wrong.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The configuration.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A file of the state.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// A file that the device must have is missing or is not what it should be.
    #[error("{path}: {why}")]
    File {
        /// Which.
        path: PathBuf,
        /// What is wrong.
        why: String,
    },
    /// The platform.
    #[error(transparent)]
    Link(#[from] LinkError),
    /// The platform, at enrolment.
    #[error(transparent)]
    Est(#[from] EstError),
    /// A key.
    #[error(transparent)]
    Key(#[from] tegata_keys::signer::KeyError),
    /// A configured command.
    #[error(transparent)]
    Hook(#[from] HookError),
    /// The platform shows another life of this device than it showed before.
    #[error("{0}")]
    Fork(String),
    /// The platform does not let this device use services.
    #[error("the platform holds this device back: {0}")]
    Held(String),
    /// Something else that a person must see to.
    #[error("{0}")]
    Other(String),
}

impl Error {
    /// A file that is not what it should be.
    pub fn file(path: impl Into<PathBuf>, why: impl ToString) -> Self {
        Error::File { path: path.into(), why: why.to_string() }
    }

    /// What the program ends with.
    pub fn exit_code(&self) -> u8 {
        match self {
            Error::Held(_) => 3,
            Error::Fork(_) => 4,
            _ => 1,
        }
    }
}

/// What an act comes back with.
pub type Result<T, E = Error> = std::result::Result<T, E>;
