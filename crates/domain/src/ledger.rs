//! The two logs and the state that they have.

/// Which log (design: facts in clear, devices as salted commitments).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Log {
    /// Public facts.
    Facts = 0,
    /// Devices' life events.
    Devices = 1,
}

impl Log {
    /// Both.
    pub const ALL: [Log; 2] = [Log::Facts, Log::Devices];

    /// Its name in paths and origins.
    pub fn name(self) -> &'static str {
        match self {
            Log::Facts => "facts",
            Log::Devices => "devices",
        }
    }

    /// From its name in a path.
    pub fn by_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|log| log.name() == name)
    }
}

/// Size and root of a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// Leaves.
    pub size: u64,
    /// RFC 6962 §2.1 root.
    pub root: [u8; 32],
}

/// A published checkpoint: a signed note (C2SP tlog-checkpoint).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// What it signs.
    pub head: Head,
    /// The note, with its signatures.
    pub note: String,
}
