//! The list of devices: which are there, and which of them are meant.

use super::{Area, bulk, words};
use crate::desk::Desk;
use crate::page::stamp;
use crate::sentence::{Moment, Sentence, Slot, plain, sentence};
use crate::texts::Texts;
use crate::texts::fleet::Fleet;
use askama::Template;
use axum::response::Response;
use std::sync::Arc;
use tegata_domain::device::{Condition, Device, Stage};
use tegata_domain::filter::{Choice, Filter, Kept, Update};
use tegata_domain::product::Product;
use tegata_domain::tally::Side;
use tegata_usecase::device::{Counted, Seen};

/// What the address asks for.
pub(crate) struct Asked {
    pub filter: Filter,
    /// A search takes the place of a filter.
    pub text: Option<String>,
    /// The row after which the page begins.
    pub after: i64,
}

/// What there is.
#[derive(Default)]
pub(crate) struct Shown {
    pub devices: Vec<Seen>,
    /// Of a filter.
    pub counted: Option<Counted>,
    /// The cursor of the next page.
    pub next: Option<String>,
    /// Rows that were looked at, where that ended the page.
    pub looked: Option<u32>,
    pub kept: Vec<Kept>,
    pub products: Vec<Arc<Product>>,
    /// The versions behind `release` and `older` of the filter.
    pub versions: [Option<String>; 2],
}

impl Shown {
    /// A search that found one.
    pub(crate) fn is_one(&self) -> bool {
        self.devices.len() == 1
    }
}

/// A mark beside a word.
pub(super) struct Badge {
    /// `well`, `wait`, `stop` or `quiet`.
    pub form: &'static str,
    pub icon: &'static str,
    pub word: &'static str,
}

/// That of a device. Of one whose life has ended nobody asks whether it is well.
pub(super) fn of_device(f: &'static Fleet, device: &Device) -> Option<Badge> {
    let over = device.stage == Stage::Retired && device.condition == Condition::Well;
    (!over).then(|| condition(f, device.condition))
}

/// That of a condition.
pub(super) fn condition(f: &'static Fleet, condition: Condition) -> Badge {
    let (form, icon, word) = match condition {
        Condition::Well => ("well", "well", &f.condition.well),
        Condition::Suspect => ("wait", "suspect", &f.condition.suspect),
        Condition::Quarantined => ("stop", "quarantined", &f.condition.quarantined),
        Condition::Recalled => ("stop", "recalled", &f.condition.recalled),
    };
    Badge { form, icon, word }
}

/// That of what waits.
pub(super) fn update(f: &'static Fleet, update: Update) -> Badge {
    let (form, icon, word) = match update {
        Update::Waiting => ("wait", "wait", &f.update.waiting),
        Update::Current => ("well", "well", &f.update.current),
        Update::Unknown => ("quiet", "silent", &f.update.unknown),
    };
    Badge { form, icon, word }
}

struct Row {
    number: String,
    link: String,
    model: String,
    serial: String,
    stage: &'static str,
    condition: Option<Badge>,
    runs: Option<String>,
    heard: Option<Moment>,
    own: bool,
}

/// A thing to choose.
struct Pick {
    value: String,
    name: String,
    chosen: bool,
}

struct Saved {
    id: String,
    name: String,
    link: Option<String>,
    chosen: bool,
}

#[derive(Template)]
#[template(path = "console/devices.html")]
struct Devices<'a> {
    f: &'static Fleet,
    title: String,
    searched: Option<Sentence>,
    rows: Vec<Row>,
    none_yet: bool,
    whose: Vec<Pick>,
    products: Vec<Pick>,
    stages: Vec<Pick>,
    conditions: Vec<Pick>,
    updates: Vec<Pick>,
    silent: String,
    /// What the filter says of releases.
    versions: Vec<(&'static str, String)>,
    /// Parts without a field, which the form keeps.
    hidden: Vec<(&'static str, String)>,
    filtered: bool,
    /// The parts of the filter, in words.
    chosen: Vec<String>,
    query: String,
    kept: Vec<Saved>,
    token: &'a str,
    lang: Option<&'static str>,
    looked: Option<String>,
    next: Option<String>,
    first: Option<String>,
    /// What may be done with all of them.
    offer: Option<bulk::Offer>,
    bulks: String,
}

fn row(seen: &Seen, (t, desk): (&'static Texts, &Desk), f: &'static Fleet) -> Row {
    let number = seen.number.to_string();
    Row {
        link: desk.place().link(&format!("/console/devices/{number}")),
        number,
        model: seen.product.model.clone(),
        serial: seen.device.serial.clone(),
        stage: stamp::stage(t, seen.device.stage),
        condition: of_device(f, &seen.device),
        runs: seen.running.as_ref().map(|(running, _)| running.version.clone()),
        heard: seen.seen_at.map(|at| t.date.row(at)),
        own: seen.device.owner == desk.visitor.organisation.row,
    }
}

fn picks(all: impl IntoIterator<Item = (u8, &'static str, String)>, chosen: Choice) -> Vec<Pick> {
    let pick =
        |(code, value, name): (u8, &str, String)| Pick { value: value.to_owned(), name, chosen: chosen.names(code) };
    all.into_iter().map(pick).collect()
}

/// A filter in words, part by part.
fn chosen(f: &'static Fleet, page: &Devices<'_>, silent: Option<u16>) -> Vec<String> {
    let picks = [&page.whose, &page.products, &page.stages, &page.conditions, &page.updates];
    let named = picks.into_iter().flatten().filter(|one| one.chosen).map(|one| one.name.clone());
    let silent = silent.map(|days| f.devices.silent_days.of(days.into()));
    let versions = page.versions.iter().map(|(name, version)| format!("{name} {version}"));
    named.chain(silent).chain(versions).collect()
}

fn title(f: &'static Fleet, asked: &Asked, shown: &Shown) -> String {
    match shown.counted {
        None => f.devices.title_search.of(shown.devices.len() as u64),
        Some(Counted::Exactly(0) | Counted::AtMost(0)) if !asked.filter.is_all() => f.devices.empty.clone(),
        Some(Counted::AtMost(devices)) => f.devices.title_most.of(devices),
        Some(Counted::Exactly(devices)) if asked.filter.is_all() => f.devices.title.of(devices),
        Some(Counted::Exactly(devices)) => f.devices.title_filtered.of(devices),
    }
}

/// The page.
pub(crate) fn render(desk: &Desk, asked: &Asked, shown: &Shown) -> Response {
    let (t, _) = words(desk);
    let f = Fleet::of(desk.place().language());
    let (filter, query) = (&asked.filter, asked.filter.to_string());
    let lang = desk.place().chosen().map(|language| language.tag());
    let with_lang = |query: &str| {
        let lang = lang.map(|tag| format!("lang={tag}"));
        let parts = [Some(query.to_owned()).filter(|query| !query.is_empty()), lang];
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        format!("/console/devices{}{}", if parts.is_empty() { "" } else { "?" }, parts.join("&"))
    };
    let saved = |kept: &Kept| Saved {
        id: kept.uid.to_string(),
        name: kept.name.clone(),
        link: kept.filter.map(|filter| with_lang(&filter.to_string())),
        chosen: kept.filter == Some(*filter),
    };
    let whose = Side::ALL.map(|side| {
        let name = [&f.devices.whose_owned, &f.devices.whose_made][side as usize];
        Pick { value: side.name().to_owned(), name: name.clone(), chosen: filter.whose == Some(side) }
    });
    let product = |product: &Arc<Product>| Pick {
        value: product.uid.to_string(),
        name: format!("{} {}", product.name, product.model),
        chosen: filter.product == Some(product.uid),
    };
    let said = [(&f.devices.release, &shown.versions[0]), (&f.devices.older, &shown.versions[1])];
    let ids = [("release", filter.release), ("older", filter.older)];
    let mut page = Devices {
        f,
        title: title(f, asked, shown),
        searched: asked.text.as_ref().map(|text| sentence(&f.devices.searched, &[("text", Slot::Name(text))])),
        rows: shown.devices.iter().map(|seen| row(seen, (t, desk), f)).collect(),
        none_yet: filter.is_all() && asked.text.is_none(),
        whose: whose.into(),
        products: shown.products.iter().map(product).collect(),
        stages: picks(Stage::ALL.map(|one| (one as u8, one.name(), stamp::stage(t, one).to_owned())), filter.stage),
        conditions: picks(
            Condition::ALL.map(|one| (one as u8, one.name(), condition(f, one).word.to_owned())),
            filter.condition,
        ),
        updates: picks(Update::ALL.map(|one| (one as u8, one.name(), update(f, one).word.to_owned())), filter.update),
        silent: filter.silent.map(|days| days.to_string()).unwrap_or_default(),
        versions: said.into_iter().filter_map(|(name, version)| Some((&**name, version.clone()?))).collect(),
        hidden: ids.into_iter().filter_map(|(part, id)| Some((part, id?.to_string()))).collect(),
        filtered: !filter.is_all(),
        chosen: Vec::new(),
        query: query.clone(),
        kept: shown.kept.iter().map(saved).collect(),
        token: desk.token(),
        lang,
        looked: shown.looked.map(|looked| f.devices.looked.of(looked.into())),
        next: shown.next.as_ref().map(|cursor| desk.next(cursor)),
        first: (asked.after > 0).then(|| with_lang(&query)),
        offer: bulk::offer(desk).filter(|_| asked.text.is_none() && !shown.devices.is_empty()),
        bulks: desk.place().link("/console/bulks"),
    };
    page.chosen = chosen(f, &page, filter.silent);
    desk.page(Area::Devices, &plain(&f.devices.what, &[]), &page)
}
