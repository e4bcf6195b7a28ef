//! Every page × its question mark: it is there, and leads to a section that is there, in both languages.

use crate::case::{Case, all};
use crate::stock::Stock;
use std::collections::BTreeMap;
use tegata::wiring::{Access, Door, Method, table};
use tegata_testkit::Setup;
use tegata_testkit::api::Message;
use tegata_testkit::console::Console;
use tegata_web::help;

/// Where the question mark of a page leads.
fn mark(page: &str) -> Option<&str> {
    page.split_once("<a class=\"help\" href=\"")?.1.split('"').next()
}

/// The same in a language, by the switch.
fn in_language(message: Message, lang: &str) -> Message {
    let join = if message.path.contains('?') { '&' } else { '?' };
    let path = format!("{}{join}lang={lang}", message.path);
    Message { path, ..message }.header("accept", "text/html")
}

/// Pages that are of no one thing.
fn is_general(case: &Case) -> bool {
    case.route.starts_with("/guide")
}

#[test]
fn every_page_has_a_question_mark_that_leads_to_its_section() {
    let (stock, cases) = (Stock::new(Setup::default()), all());
    let ((_, administrator), public) = (&stock.people[0], stock.world.public());
    let mut guides: BTreeMap<String, String> = BTreeMap::new();
    let mut pages = 0;
    for lang in ["en", "ja"] {
        for case in cases.iter().filter(|case| case.method == Method::Get && case.done == 200) {
            // a list of events stays open, and is no page
            if case.route.starts_with("/console/live/") || case.route.starts_with("/api/") {
                continue;
            }
            let browser = if case.access == Access::Login { administrator } else { &Console::new(&public) };
            let answer = browser.send(in_language(case.message(&stock), lang));
            if answer.header("content-type") != "text/html; charset=utf-8" {
                continue;
            }
            let page = answer.text();
            let to = mark(&page).unwrap_or_else(|| panic!("{}.{lang} has no question mark", case.route));
            assert!(to.contains(&format!("?lang={lang}")), "{}: {to}", case.route);
            pages += 1;
            if is_general(case) {
                continue;
            }
            let (path, section) =
                to.split_once('#').unwrap_or_else(|| panic!("{} leads to no section: {to}", case.route));
            let guide = guides.entry(path.to_owned()).or_insert_with(|| public.get(path).expect(200).text());
            assert!(guide.contains(&format!(" id=\"{section}\">")), "{}: {to} is not there", case.route);
        }
    }
    assert!(pages > 40 && guides.len() > 6, "{pages} pages, {} guides", guides.len());
}

#[test]
fn every_line_of_help_is_of_a_page() {
    let routes = table().routes;
    let stale: Vec<_> = help::PAGES
        .iter()
        .map(|page| page.0)
        .filter(|path| !routes.iter().any(|route| route.path == *path && route.door != Door::Secure))
        .collect();
    assert!(stale.is_empty(), "lines of routes that wiring has not (any more): {stale:?}");
}
