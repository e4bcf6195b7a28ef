//! What was done for an organisation.

use super::{Area, words};
use crate::desk::Desk;
use crate::sentence::{Moment, Sentence, Slot, sentence};
use crate::texts::account::Account;
use crate::texts::console::Console;
use askama::Template;
use axum::response::Response;
use tegata_domain::audit::AuditEntry;
use tegata_domain::permit::Operation;

struct Row {
    at: Moment,
    who: String,
    what: String,
    on_what: String,
}

struct Act {
    value: String,
    name: String,
    chosen: bool,
}

#[derive(Template)]
#[template(path = "console/audit.html")]
struct Audit {
    c: &'static Console,
    a: &'static Account,
    title: Sentence,
    rows: Vec<Row>,
    acts: Vec<Act>,
    lang: Option<&'static str>,
    next: Option<String>,
}

/// The words for an operation; its own word where a newer program wrote it.
fn act(a: &Account, operation: &str) -> String {
    a.audit.operation.get(operation).cloned().unwrap_or_else(|| operation.replace('_', " "))
}

/// The page: these entries, those of one act alone where it is named, and where earlier ones are.
pub(crate) fn render(desk: &Desk, entries: &[AuditEntry], only: &str, next: Option<String>) -> Response {
    let (t, c) = words(desk);
    let a = Account::of(desk.place().language());
    let row = |one: &AuditEntry| Row {
        at: t.date.row(one.at),
        who: one.actor.clone(),
        what: act(a, &one.operation),
        on_what: one.subject.clone(),
    };
    let audited = Operation::listed().filter(|operation| operation.is_audited()).map(Operation::name);
    let mut acts: Vec<Act> = audited.map(|value| Act { name: act(a, &value), chosen: value == only, value }).collect();
    acts.sort_by(|one, other| one.name.cmp(&other.name));
    let page = Audit {
        c,
        a,
        title: sentence(&a.audit.title, &[("organisation", Slot::Name(&desk.visitor.organisation.name))]),
        rows: entries.iter().map(row).collect(),
        acts,
        lang: desk.place().chosen().map(|language| language.tag()),
        next,
    };
    desk.page(Area::Organisation, &a.audit.what, &page)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::Language;

    #[test]
    fn every_act_has_its_words() {
        for language in Language::ALL {
            for operation in Operation::listed().filter(|operation| operation.is_audited()) {
                let words = &Account::of(language).audit.operation;
                assert!(words.contains_key(&operation.name()), "{language:?} {}", operation.name());
            }
        }
    }
}
