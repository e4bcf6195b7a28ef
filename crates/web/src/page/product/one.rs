//! The page of one product: what everybody is told of it, who signs its releases, and what can be done with it.

use crate::page::Place;
use crate::page::console::{Area, Content};
use crate::page::facts;
use crate::page::item::Field;
use crate::page::shape::badge;
use crate::sentence::{Moment, Sentence, plain};
use crate::texts::Line;
use askama::Template;
use tegata_domain::product::Product;
use tegata_domain::release::ReleaseKey;
use tegata_domain::time::Timestamp;
use tegata_usecase::release::fingerprint;

/// What the page shows.
pub struct Shown<'a> {
    /// The product.
    pub product: &'a Product,
    /// Its maker's name.
    pub maker: &'a str,
    /// The keys that sign its releases, for who may see them.
    pub keys: Option<&'a [ReleaseKey]>,
    /// The moment.
    pub now: Timestamp,
    /// Why a key was refused.
    pub refused: Option<&'a str>,
    /// The token of its forms, for who may add and end keys.
    pub form: Option<&'a str>,
}

#[derive(Template)]
#[template(path = "product/one.html")]
struct One<'a> {
    t: &'static Line,
    list: String,
    heading: String,
    model: &'a str,
    facts: Vec<Field>,
    keys: Option<Vec<Key>>,
    links: [(String, &'static str); 3],
    public: String,
    registered: Moment,
    id: String,
    base: String,
    refused: Option<&'a str>,
    form: Option<&'a str>,
}

/// A release key.
struct Key {
    digest: String,
    since: Moment,
    state: Sentence,
    end: Option<(String, String)>,
}

/// The page of one product.
pub fn render(place: &Place<'_>, shown: &Shown<'_>) -> Content {
    let t = Line::of(place.language());
    let (p, product) = (t.product, shown.product);
    let base = format!("/console/products/{}", product.uid);
    let query = format!("product={}", product.uid);
    let page = One {
        t,
        list: place.link("/console/products"),
        heading: facts::product_line(product),
        model: &product.model,
        facts: facts::of_model(t.texts, product, shown.maker, shown.now).into_iter().flatten().collect(),
        keys: shown.keys.map(|keys| keys.iter().map(|one| key(t, &base, one)).collect()),
        links: [
            (place.link("/console/batches") + "#new", &p.see_batches),
            (place.link_with("/console/releases", &query), &p.see_releases),
            (place.link_with("/console/devices", &query), &p.see_devices),
        ],
        public: place.link(&format!("/01/{}", product.gtin)),
        registered: t.texts.date.day(product.created_at),
        id: product.uid.to_string(),
        base,
        refused: shown.refused,
        form: shown.form,
    };
    Content::new(Area::Products, &product.model, &page)
}

fn key(t: &'static Line, base: &str, key: &ReleaseKey) -> Key {
    let p = t.product;
    let digest = fingerprint(key);
    let ended = key.ended_at.map(|at| plain(&p.ended, &[("day", &t.texts.date.day(at).shown)]));
    Key {
        since: t.texts.date.day(key.created_at),
        state: match &ended {
            Some(words) => badge(("quiet", "ended", words)),
            None => badge(("well", "well", &p.signs)),
        },
        end: ended
            .is_none()
            .then(|| (format!("{base}/keys/{}/end", key.uid), plain(&p.end_hint, &[("key", &digest[..8])]))),
        digest,
    }
}
