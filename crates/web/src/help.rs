//! Where the question mark of each page leads: one line a page.
//!
//! Invariant: every route that answers a page stands here, or below one that does; every section named here is there in
//! each language of its guide. Tests hold both.

use crate::guide::Guide::{self, Administrator, Assessor, Maker, Operator, Owner};
use crate::page::Place;

/// Routes, each with the section that tells what its page is about. A route that is not here has the line of the longest
/// one above it.
pub const PAGES: &[(&str, Guide, &str)] = &[
    ("/", Owner, "look-it-up"),
    ("/d/{number}", Owner, "what-the-first-word-means"),
    ("/01/{gtin}", Owner, "look-it-up"),
    ("/n/{code}", Operator, "notices"),
    ("/claim", Owner, "take-it-over"),
    ("/login", Operator, "log-in"),
    ("/invitation/{code}", Operator, "log-in"),
    ("/operation", Administrator, "what-to-watch"),
    ("/ledger", Assessor, "the-ledger-in-the-browser"),
    ("/ledger/check", Assessor, "check-a-proof-in-the-browser"),
    ("/console", Operator, "what-needs-you-today"),
    ("/console/account", Operator, "your-account"),
    ("/console/organisation", Administrator, "your-organisation-in-the-console"),
    ("/console/accounts", Administrator, "let-people-in"),
    ("/console/invitations", Administrator, "let-people-in"),
    ("/console/tokens", Administrator, "give-and-end-tokens"),
    ("/console/audit", Assessor, "read-the-audit"),
    ("/console/devices", Operator, "find-devices"),
    ("/console/devices/{number}", Operator, "one-device"),
    ("/console/bulks", Operator, "many-devices-at-once"),
    ("/console/products", Maker, "a-product-in-the-console"),
    ("/console/batches", Maker, "a-batch-in-the-console"),
    ("/console/releases", Maker, "releases-in-the-console"),
    ("/console/campaigns", Operator, "watch-a-campaign-and-stop-it"),
    ("/console/campaigns/new", Operator, "begin-a-campaign"),
    ("/console/findings", Operator, "work-through-findings"),
    ("/console/notices", Operator, "notices"),
];

/// The guide and the section for a route; `None` where nothing fits, as for a page that tells of an error.
pub fn of(route: &str) -> Option<(Guide, &'static str)> {
    let mut above = route;
    loop {
        if let Some((_, guide, section)) = PAGES.iter().find(|page| page.0 == above) {
            return Some((*guide, section));
        }
        above = above.rsplit_once('/').map(|(rest, _)| rest).filter(|rest| !rest.is_empty())?;
    }
}

/// The address behind the question mark of the page of a route: a section, else all guides.
pub(crate) fn link(route: &str, place: &Place<'_>) -> String {
    match of(route) {
        Some((guide, section)) => format!("{}#{section}", place.link(&format!("/guide/{}", guide.name()))),
        None => place.link("/guide"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_section_is_there_in_each_language() {
        for (route, guide, section) in PAGES {
            assert!(guide.has(section), "{route}: {guide:?} has no section {section} in each of its languages");
        }
    }

    #[test]
    fn a_page_has_the_section_of_its_route_or_of_the_one_above() {
        assert_eq!(of("/console/campaigns/new"), Some((Operator, "begin-a-campaign")));
        assert_eq!(of("/console/campaigns/{id}/pause"), of("/console/campaigns"));
        assert_eq!(of("/01/{gtin}/21/{serial}"), of("/01/{gtin}"));
        assert_eq!((of("/"), of("/error"), of("")), (Some((Owner, "look-it-up")), None, None));
    }

    #[test]
    fn the_chosen_language_goes_along() {
        let place = Place::of(Some("lang=ja"), None);
        assert_eq!(link("/d/{number}", &place), "/guide/owner?lang=ja#what-the-first-word-means");
        assert_eq!(link("", &Place::of(None, None)), "/guide");
    }
}
