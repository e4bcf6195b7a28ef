//! What device and model are, as a form that is filled in.

use super::item::{Contact, Field};
use super::stamp;
use crate::sentence::{Sentence, Slot, sentence};
use crate::texts::Texts;
use crate::texts::visit::Visit;
use tegata_domain::device::Condition;
use tegata_domain::lookup::{Answer, Lookup, Waiting};
use tegata_domain::product::{CredentialPolicy, Product, Sector};
use tegata_domain::time::Timestamp;

/// Support shorter than this, counted from the registration, comes with its reason.
const FIVE_YEARS: i64 = 60;

/// What a device of this sector is called.
pub(super) fn noun(t: &'static Texts, sector: Sector) -> &'static str {
    let t = &t.noun;
    match sector {
        Sector::Camera => &t.camera,
        Sector::InfusionPump => &t.infusion_pump,
        Sector::VehicleGateway => &t.vehicle_gateway,
        Sector::Siren => &t.siren,
        Sector::SmartMeter => &t.smart_meter,
        Sector::Other => &t.other,
    }
}

/// Name and model designation in one line, without saying the designation twice.
pub(super) fn product_line(product: &Product) -> String {
    if product.name.contains(&product.model) {
        return product.name.clone();
    }
    format!("{} {}", product.name, product.model)
}

/// The facts of one device.
pub(super) fn of_device((t, v): (&'static Texts, &'static Visit), lookup: &Lookup, noun: &str) -> Vec<Field> {
    let [maker, model, support, password, contact] = of_model(t, &lookup.product, &lookup.maker, lookup.at);
    let owner = Field::new(&t.facts.owner, words(&t.facts.owner_hidden)).note(words(&t.facts.owner_why));
    let (condition, stage) = (condition((t, v), lookup, noun), stage(t, lookup));
    let [runs, waits] = running((t, v), lookup);
    let fields = [maker, model, support, runs, waits, Some(condition), Some(stage), password, contact];
    fields.into_iter().flatten().chain([owner]).collect()
}

/// The facts of a model: maker, model, support, first password, contact.
pub(super) fn of_model(t: &'static Texts, product: &Product, maker: &str, now: Timestamp) -> [Option<Field>; 5] {
    let maker = Field::new(&t.facts.maker, name(maker));
    let model = Field::new(&t.facts.model, name(&product.model))
        .note(sentence(&t.facts.gtin, &[("gtin", Slot::Text(&product.gtin))]));
    let contact = product.contact.as_deref().map(|contact| {
        let value = sentence("{contact}", &[("contact", Contact::of(contact).slot())]);
        Field::new(&t.facts.contact, value).note(words(&t.facts.contact_why))
    });
    [Some(maker), Some(model), Some(support(t, product, now)), password(t, product.credential), contact]
}

fn support(t: &'static Texts, product: &Product, now: Timestamp) -> Field {
    let end = t.date.month(product.support_end);
    let field = Field::new(&t.facts.supported, sentence("{month}", &[("month", Slot::Time(&end))]));
    let left = product.support_end.index() - now.month().index();
    let field = match left {
        ..0 => field.badge("wait", "wait").note(words(&t.facts.support_over)),
        0 => field.badge("wait", "wait").note(words(&t.facts.last_month)),
        _ => field.note(sentence(&t.facts.remaining, &[("span", Slot::Text(&t.span.months(left)))])),
    };
    let short = product.support_end.index() - product.created_at.month().index() < FIVE_YEARS;
    match &product.support_reason {
        Some(reason) if short => field.note(sentence(&t.facts.short_support, &[("reason", Slot::Name(reason))])),
        _ => field,
    }
}

/// What it runs, and the security release that waits; nothing where it never said so.
fn running((t, v): (&'static Texts, &'static Visit), lookup: &Lookup) -> [Option<Field>; 2] {
    let Some((version, at)) = lookup.beside.running.as_ref() else { return [None, None] };
    let day = t.date.day(*at);
    let since = sentence(&t.facts.since, &[("day", Slot::Time(&day))]);
    let runs = Field::new(&v.running.label, name(version));
    match &lookup.beside.waiting {
        Some(Waiting::Nothing) => [Some(runs.note(words(&v.running.newest)).note(since)), None],
        Some(Waiting::Release(newer)) => {
            let waits = sentence(&v.running.waits, &[("version", Slot::Name(newer))]);
            let waits = Field::new(&v.running.release, waits).badge("wait", "wait").note(words(&v.running.waits_why));
            [Some(runs.note(since)), Some(waits)]
        }
        None => [Some(runs.note(words(&v.running.unknown)).note(since)), None],
    }
}

fn condition((t, v): (&'static Texts, &'static Visit), lookup: &Lookup, noun: &str) -> Field {
    let f = &t.facts;
    let (tone, icon, value, why) = match lookup.condition {
        Condition::Well if lookup.answer == Answer::CannotConfirm => {
            ("wait", "unsure", &f.unconfirmed, &f.unconfirmed_why)
        }
        Condition::Well => ("well", "well", &f.well, &f.well_why),
        Condition::Suspect => ("wait", "suspect", &f.suspect, &f.suspect_why),
        Condition::Quarantined => ("stop", "quarantined", &f.quarantined, &f.quarantined_why),
        Condition::Recalled => ("stop", "recalled", &f.recalled, &f.recalled_why),
    };
    let field = Field::new(&f.condition, words(value)).badge(tone, icon);
    let field = field.note(sentence(why, &[("noun", Slot::Text(noun))]));
    match lookup.beside.recalled_at {
        Some(at) => field.note(sentence(&v.running.recalled, &[("day", Slot::Time(&t.date.day(at)))])),
        None => field,
    }
}

fn stage(t: &'static Texts, lookup: &Lookup) -> Field {
    let field = Field::new(&t.facts.stage, words(stamp::stage(t, lookup.stage)));
    let stamped = lookup.stamps[lookup.stage as usize];
    let Some(at) = stamped.at else { return field };
    let since = if stamped.sequence.is_some() { &t.facts.since } else { &t.facts.presumed_since };
    field.note(sentence(since, &[("day", Slot::Time(&t.date.day(at)))]))
}

fn password(t: &'static Texts, policy: CredentialPolicy) -> Option<Field> {
    let f = &t.facts;
    let (value, why) = match policy {
        CredentialPolicy::UniqueAndChanged => (&f.unique_and_changed, &f.unique_and_changed_why),
        CredentialPolicy::Unique => (&f.unique, &f.unique_why),
        CredentialPolicy::None => (&f.passwordless, &f.passwordless_why),
        // what the maker has not said is not shown
        CredentialPolicy::NotStated => return None,
    };
    Some(Field::new(&f.password, words(value)).note(words(why)))
}

fn words(text: &str) -> Sentence {
    sentence(text, &[])
}

fn name(text: &str) -> Sentence {
    sentence("{name}", &[("name", Slot::Name(text))])
}
