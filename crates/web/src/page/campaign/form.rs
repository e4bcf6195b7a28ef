//! The form for a new campaign.

use crate::page::Place;
use crate::page::console::{Area, Content};
use crate::page::stamp;
use crate::texts::Line;
use askama::Template;
use tegata_domain::campaign::{GROUPS_DEFAULT, LIMIT_DEFAULT, SUCCESS_DEFAULT};
use tegata_domain::device::Stage;
use tegata_domain::id::Uuid;
use tegata_domain::stop::Share;

/// What the form offers, and what was filled in when it comes back refused.
#[derive(Default)]
pub struct Offer<'a> {
    /// Releases to choose from: id, product's model, version.
    pub releases: &'a [(Uuid, String, String)],
    /// The one that is chosen.
    pub chosen: Option<Uuid>,
    /// What was filled in: by the names of the fields.
    pub filled: &'a [(String, String)],
    /// Why it was refused.
    pub refused: Option<&'a str>,
    /// The token of the form.
    pub form: &'a str,
}

#[derive(Template)]
#[template(path = "campaign/form.html")]
struct Form<'a> {
    t: &'static Line,
    form: &'a str,
    refused: Option<&'a str>,
    releases: Vec<(String, String, bool)>,
    stages: Vec<(&'static str, &'static str, bool)>,
    filled: Filled<'a>,
    list: String,
}

/// The fields by their names.
struct Filled<'a>(&'a [(String, String)]);

impl Filled<'_> {
    fn of(&self, name: &str) -> &str {
        self.0.iter().find(|field| field.0 == name).map_or("", |field| &field.1)
    }

    /// What was filled in, or what holds when nothing is said.
    fn or(&self, name: &str, default: &str) -> String {
        if self.0.is_empty() { default.to_owned() } else { self.of(name).to_owned() }
    }

    fn extents(&self) -> String {
        let percents = GROUPS_DEFAULT.map(|share| Share::hundredths(share).as_percent().to_string());
        self.or("extents", &percents.join(", "))
    }

    fn success(&self) -> String {
        self.or("success", &SUCCESS_DEFAULT.to_string())
    }

    fn limit(&self) -> String {
        self.or("limit", &Share::hundredths(LIMIT_DEFAULT).as_percent().to_string())
    }

    fn ticked(&self, name: &str, default: bool) -> bool {
        if self.0.is_empty() { default } else { !self.of(name).is_empty() }
    }
}

/// The form for a new campaign.
pub fn render(place: &Place<'_>, offer: &Offer<'_>) -> Content {
    let t = Line::of(place.language());
    let filled = Filled(offer.filled);
    let chosen = filled.of("stage");
    let stages = Stage::ALL.into_iter().filter(|stage| *stage != Stage::Retired);
    let page = Form {
        t,
        form: offer.form,
        refused: offer.refused,
        releases: offer
            .releases
            .iter()
            .map(|(uid, model, version)| (uid.to_string(), format!("{model} {version}"), offer.chosen == Some(*uid)))
            .collect(),
        stages: stages.map(|stage| (stage.name(), stamp::stage(t.texts, stage), stage.name() == chosen)).collect(),
        filled,
        list: place.link("/console/campaigns"),
    };
    Content::new(Area::Campaigns, &t.campaign.form.title, &page)
}
