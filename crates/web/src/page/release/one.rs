//! The page of one release: what was published, who runs it, and how it reaches devices.

use super::Of;
use crate::page::Place;
use crate::page::console::{Area, Content};
use crate::page::shape::tall_bar;
use crate::sentence::{Moment, Sentence, plain};
use crate::texts::{Line, count};
use askama::Template;

/// How many devices within reach run it.
#[derive(Debug, Clone, Copy)]
pub struct Runs {
    /// Those that do.
    pub devices: u64,
    /// All of the product.
    pub all: u64,
}

/// What the page shows.
pub struct Shown<'a> {
    /// The release with its product.
    pub one: &'a Of,
    /// Who runs it, where that is counted.
    pub runs: Option<Runs>,
    /// Whether the reader may begin a campaign.
    pub may_begin: bool,
}

#[derive(Template)]
#[template(path = "release/one.html")]
struct One {
    t: &'static Line,
    list: String,
    heading: String,
    product: (String, String),
    security: String,
    published: Moment,
    size: String,
    file: String,
    digest: String,
    signed: bool,
    remedy: bool,
    id: String,
    runs: Option<(String, Sentence)>,
    devices: [String; 2],
    campaign: Option<String>,
}

/// The page of one release.
pub fn render(place: &Place<'_>, shown: &Shown<'_>) -> Content {
    let t = Line::of(place.language());
    let r = t.release;
    let (release, product) = (&shown.one.0.release, &shown.one.1);
    let heading = plain(&r.heading, &[("version", &release.version), ("product", &product.model)]);
    let runs = |runs: Runs| {
        let slots = [("count", &*count(runs.devices)), ("devices", &t.figure.devices.of(runs.all))];
        (plain(&r.runs_of, &slots), tall_bar((runs.devices, 0), runs.all))
    };
    let devices =
        |which: &str| place.link_with("/console/devices", &format!("product={}&{which}={}", product.uid, release.uid));
    let page = One {
        t,
        list: place.link("/console/releases"),
        heading: heading.clone(),
        product: (place.link(&format!("/console/products/{}", product.uid)), product.model.clone()),
        security: release.security_version.to_string(),
        published: t.texts.date.minute(release.created_at),
        size: t.figure.size(release.size),
        file: release.file_name.clone(),
        digest: release.sha256.iter().map(|byte| format!("{byte:02x}")).collect(),
        signed: release.key.is_some(),
        remedy: release.remedy,
        id: release.uid.to_string(),
        runs: shown.runs.map(runs),
        devices: [devices("release"), devices("older")],
        campaign: shown
            .may_begin
            .then(|| place.link_with("/console/campaigns/new", &format!("release={}", release.uid))),
    };
    Content::new(Area::Releases, &heading, &page)
}
