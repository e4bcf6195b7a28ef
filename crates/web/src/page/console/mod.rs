//! Pages of who is logged in: the frame around them, and what they share.

pub mod account;
pub mod audit;
pub mod bulk;
mod content;
pub mod device;
pub mod devices;
pub mod factor;
pub mod handing;
pub mod members;
pub mod once;
pub mod organisation;
pub mod overview;
pub mod passkeys;
pub mod provider;
pub mod tokens;

pub use content::Content;

use super::frame::{self, Above, Head};
use crate::desk::Desk;
use crate::sentence::{Sentence, Slot, plain, rendered, sentence};
use crate::texts::Texts;
use crate::texts::console::Console;
use askama::Template;
use tegata_domain::organisation::{Kinds, OrganisationKind};
use tegata_domain::permit::Role;

/// The areas of the console, in the order of their links.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Area {
    /// What needs somebody today.
    Overview,
    /// Devices.
    Devices,
    /// Products.
    Products,
    /// Batches and stations.
    Batches,
    /// Releases.
    Releases,
    /// Campaigns.
    Campaigns,
    /// Findings.
    Findings,
    /// Notices.
    Notices,
    /// The ledger.
    Ledger,
    /// The organisation, its accounts, tokens, audit.
    Organisation,
    /// One's own account.
    Account,
}

impl Area {
    const LISTED: [Area; 10] = [
        Area::Overview,
        Area::Devices,
        Area::Products,
        Area::Batches,
        Area::Releases,
        Area::Campaigns,
        Area::Findings,
        Area::Notices,
        Area::Ledger,
        Area::Organisation,
    ];

    /// Whether an organisation of these kinds ever has something there: a household makes and releases nothing.
    fn is_of(self, kinds: Kinds) -> bool {
        let makes = matches!(self, Area::Products | Area::Batches | Area::Releases | Area::Campaigns);
        !makes || kinds != Kinds::of(&[OrganisationKind::Household])
    }

    /// Where it begins; nothing while it has no page.
    pub(super) fn path(self) -> Option<&'static str> {
        match self {
            Area::Overview => Some("/console"),
            Area::Devices => Some("/console/devices"),
            Area::Organisation => Some("/console/organisation"),
            Area::Account => Some("/console/account"),
            Area::Products => Some("/console/products"),
            Area::Batches => Some("/console/batches"),
            Area::Releases => Some("/console/releases"),
            Area::Campaigns => Some("/console/campaigns"),
            Area::Findings => Some("/console/findings"),
            Area::Notices => Some("/console/notices"),
            Area::Ledger => Some("/ledger"),
        }
    }

    fn name(self, t: &'static Console) -> &'static str {
        let a = &t.area;
        match self {
            Area::Overview => &a.overview,
            Area::Devices => &a.devices,
            Area::Products => &a.products,
            Area::Batches => &a.batches,
            Area::Releases => &a.releases,
            Area::Campaigns => &a.campaigns,
            Area::Findings => &a.findings,
            Area::Notices => &a.notices,
            Area::Ledger => &a.ledger,
            Area::Organisation => &a.organisation,
            Area::Account => &a.account,
        }
    }
}

/// A link to an area.
struct Link {
    path: String,
    name: &'static str,
    current: bool,
}

#[derive(Template)]
#[template(path = "console/head.html")]
struct Top<'a> {
    c: &'static Console,
    acting_for: Sentence,
    account: String,
    account_link: String,
    find: String,
    token: &'a str,
    lang: Option<&'static str>,
}

#[derive(Template)]
#[template(path = "console/areas.html")]
struct Areas {
    c: &'static Console,
    links: Vec<Link>,
}

/// The word for a role.
pub(super) fn role(t: &'static Console, role: Role) -> &'static str {
    match role {
        Role::Administrator => &t.role.administrator,
        Role::Engineer => &t.role.engineer,
        Role::Station => &t.role.station,
        Role::Operator => &t.role.operator,
        Role::Auditor => &t.role.auditor,
    }
}

/// A choice in a form.
pub(super) struct Choice {
    pub value: &'static str,
    pub name: &'static str,
    pub why: &'static str,
    pub chosen: bool,
}

/// All roles to choose from.
pub(super) fn roles(t: &'static Console, chosen: Role) -> Vec<Choice> {
    let why = |role| match role {
        Role::Administrator => &t.role.administrator_why,
        Role::Engineer => &t.role.engineer_why,
        Role::Station => &t.role.station_why,
        Role::Operator => &t.role.operator_why,
        Role::Auditor => &t.role.auditor_why,
    };
    let choice = |one: Role| Choice { value: one.name(), name: role(t, one), why: why(one), chosen: one == chosen };
    Role::ALL.map(choice).into()
}

/// The document of a page of the console.
pub(crate) fn page(desk: &Desk, (area, title): (Area, &str), content: &impl Template) -> String {
    let place = desk.place();
    let c = Console::of(place.language());
    let (organisation, role) = (&desk.visitor.organisation.name, role(c, desk.visitor.role));
    let link = |one: Area| {
        let path = place.link(one.path()?);
        Some(Link { path, name: one.name(c), current: one == area })
    };
    let top = Top {
        c,
        acting_for: sentence(
            &c.head.acting_for,
            &[("organisation", Slot::Name(organisation)), ("role", Slot::Text(role))],
        ),
        account: plain(&c.head.account, &[("name", &desk.visitor.account.name)]),
        account_link: place.link("/console/account"),
        find: "/console/devices".to_owned(),
        token: desk.token(),
        lang: place.chosen().map(|language| language.tag()),
    };
    let kinds = desk.visitor.organisation.kinds;
    let listed = Area::LISTED.into_iter().filter(|one| one.is_of(kinds));
    let above = Above {
        head: rendered(&top),
        areas: rendered(&Areas { c, links: listed.filter_map(link).collect() }),
        home: "/console",
    };
    frame::around(&place, Head { title, listed: false, route: desk.route() }, Some(&above), content)
}

#[derive(Template)]
#[template(path = "console/refused.html")]
struct Refused {
    c: &'static Console,
    title: &'static str,
    /// Nothing was tried: there was nothing.
    missing: bool,
    why: &'static str,
    request: Sentence,
    back: Option<String>,
}

/// The page that says why something was not done.
pub(crate) fn refused(desk: &Desk, error: &tegata_usecase::Error, request: &str) -> String {
    let c = Console::of(desk.place().language());
    let missing = error.kind == tegata_usecase::Kind::NotFound;
    let title = if missing { &c.refused.missing } else { &c.refused.title };
    let page = Refused {
        c,
        title,
        missing,
        why: crate::refusal::words(error, desk),
        request: sentence(&c.refused.request, &[("request", Slot::Code(request))]),
        back: desk.came_from(),
    };
    self::page(desk, (Area::Overview, title), &page)
}

/// The words of the whole site.
pub(super) fn words(desk: &Desk) -> (&'static Texts, &'static Console) {
    let language = desk.place().language();
    (Texts::of(language), Console::of(language))
}
