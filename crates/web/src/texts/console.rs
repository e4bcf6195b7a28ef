//! Words that all pages of the console share.

use serde::Deserialize;

tables! {
    /// The catalogue.
    Console { area: Areas, head: Head, word: Words, role: Roles, refused: Refused, overview: Overview, page: Pages }
    /// The areas.
    Areas {
        label, overview, devices, products, batches, releases, campaigns, findings, notices, ledger, organisation,
        account,
    }
    /// The head.
    Head { acting_for, find, find_hint, find_button, account, log_out }
    /// Words of many pages.
    Words {
        name, role, since, last_here, state, acts, save, when, who, what, on_what,
    }
    /// What a member may do.
    Roles {
        administrator, engineer, station, operator, auditor,
        administrator_why, engineer_why, station_why, operator_why, auditor_why,
    }
    /// A page that says why something was not done.
    Refused { title, missing, lead, back, home, request }
    /// The overview.
    Overview { title, what, empty, empty_lead, first: [Step; 3] }
    /// A first step: what, why, and what the link says.
    Step { what, why }
    /// Turning over pages of a table.
    Pages { next }
}

catalogue!(Console, "console");
