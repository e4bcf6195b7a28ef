//! Points at which a test lets the program die, fail or wait: between accept and acknowledge, and wherever a file is half
//! of what it will be.
//!
//! Why a crate: every layer has such points, and `domain`, which every layer sees, does nothing to the process. Without
//! the feature `failpoint` every call here is empty, and nothing of it is in the program.
//!
//! ```text
//! FAULT_POINT=settled:3:abort    the third time that a transaction is about to commit, the process dies on the spot
//! FAULT_POINT=settled:1:error    that once, an error of the disk
//! FAULT_POINT=settled:1:wait-200 from then on, each time 200 ms
//! FAULT_SEEN=FILE                each point that is passed for the first time, a line
//! FAULT_MIGRATIONS=FILE          the program knows these further versions of PostgreSQL's schema, between lines of `--`
//! FAULT_SERVES=N                 the oldest version whose program may open what the newest of them made
//! ```
//! Invariant: the list of points is [`Point`]; a test dies at each of them.

#[cfg(feature = "failpoint")]
mod armed;

/// Whether points do something: false in every program that ships.
pub const ARMED: bool = cfg!(feature = "failpoint");

/// Where the program can be let die.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Point {
    /// A connection was accepted.
    Accepted,
    /// Lines were read from a body; nothing was done with them.
    Read,
    /// A certificate was signed, in memory alone.
    Signed,
    /// A change waits for the committer.
    Queued,
    /// A transaction began.
    Begun,
    /// A write was applied inside its transaction: one point a kind of write.
    Applied,
    /// All was applied; the commit comes next.
    Settled,
    /// The commit is on disk; nobody was told.
    Committed,
    /// An answer is ready, and not sent.
    Answered,
    /// Leaves were taken into the tree, in memory alone.
    Grown,
    /// A checkpoint was signed, and is not kept yet.
    Sealed,
    /// A checkpoint is kept, and not published.
    Advanced,
    /// A tile was written under its temporary name.
    TileWritten,
    /// A tile has its name; it is not on disk for certain.
    TileNamed,
    /// A group of tiles is on disk; nothing says so yet.
    TilesSynced,
    /// A part of an upload was written.
    DraftWritten,
    /// An upload is on disk under its temporary name.
    DraftSynced,
    /// An upload has its name; no row tells of it.
    DraftKept,
    /// A tombstone is on disk; nothing was erased.
    Buried,
    /// Some owner periods were erased, not the organisation.
    Forgotten,
    /// The organisation was erased; its traces are in the files.
    Erased,
    /// The log is folded, where there is one, and the database not written anew.
    Folded,
    /// A backup's copy was taken, not packed.
    Copied,
    /// A backup is packed under its temporary name.
    Packed,
    /// A restored folder is whole, under its temporary name.
    Restored,
}

impl Point {
    /// All of them, as the program passes them.
    pub const ALL: [Point; 25] = [
        Point::Accepted,
        Point::Read,
        Point::Signed,
        Point::Queued,
        Point::Begun,
        Point::Applied,
        Point::Settled,
        Point::Committed,
        Point::Answered,
        Point::Grown,
        Point::Sealed,
        Point::Advanced,
        Point::TileWritten,
        Point::TileNamed,
        Point::TilesSynced,
        Point::DraftWritten,
        Point::DraftSynced,
        Point::DraftKept,
        Point::Buried,
        Point::Forgotten,
        Point::Erased,
        Point::Folded,
        Point::Copied,
        Point::Packed,
        Point::Restored,
    ];
}

/// The program passes a point.
#[inline(always)]
pub fn at(point: Point) {
    #[cfg(feature = "failpoint")]
    armed::pass(&format!("{point:?}"));
    let _nothing_that_ships = point;
}

/// The program passes a point where a disk may fail.
#[inline(always)]
pub fn check(point: Point) -> std::io::Result<()> {
    #[cfg(feature = "failpoint")]
    if armed::pass(&format!("{point:?}")) {
        return Err(std::io::Error::other("a fault of a test"));
    }
    let _nothing_that_ships = point;
    Ok(())
}

/// Versions of the schema that the program knows beside its own, as their texts: none in what ships. So one build can
/// be the version before and the version after, side by side.
pub fn migrations() -> &'static [String] {
    #[cfg(feature = "failpoint")]
    return armed::migrations();
    #[cfg(not(feature = "failpoint"))]
    &[]
}

/// The oldest version that may open what these made; `None` where the program says it itself.
pub fn serves() -> Option<usize> {
    #[cfg(feature = "failpoint")]
    return armed::serves();
    #[cfg(not(feature = "failpoint"))]
    None
}

/// A write was applied: [`Point::Applied`], by the name of its kind, with which its debug form begins.
#[inline(always)]
pub fn applied(write: &impl std::fmt::Debug) {
    #[cfg(feature = "failpoint")]
    {
        let text = format!("{write:?}");
        let kind: String = text.chars().take_while(char::is_ascii_alphanumeric).collect();
        armed::pass(&format!("{:?}-{kind}", Point::Applied));
    }
    let _nothing_that_ships = write;
}
