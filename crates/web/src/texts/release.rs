//! The words of releases.

use super::figure::Count;
use serde::Deserialize;

tables! {
    /// Releases: the list, and one of them.
    Releases {
        what, none, all: Count, empty, list, more, version, product, security, published, size, signed, signed_by,
        unsigned, remedy, remedy_yes, remedy_no, file, digest, heading, facts, ledger, campaign, campaign_why,
        runs, runs_of, runs_link, waits_link, how, how_why, how_keys, id,
    }
}

catalogue!(Releases, "release");
