//! The three tiers of proof, told apart: the register, the code, the device itself.
//!
//! Invariant: only what was proven carries vermilion. A count proves nothing, so its mark is ink.

use super::Place;
use crate::language::Language;
use crate::sentence::{Moment, Sentence, Slot, plain, sentence};
use crate::texts::Texts;
use crate::texts::visit::Visit;
use tegata_domain::challenge::Signed;
use tegata_domain::lookup::Lookup;
use tegata_domain::scan::{Seen, Tally};
use tegata_domain::time::Timestamp;

/// A tier of proof.
pub(super) struct Tier {
    /// Where links lead to it.
    pub id: &'static str,
    /// `reached`, `unproved` or `open`.
    pub form: &'static str,
    /// Its drawing.
    pub icon: &'static str,
    /// Its name.
    pub heading: &'static str,
    /// What came of it, in a word or two.
    pub state: String,
    /// What that means.
    pub texts: Vec<Sentence>,
    /// What can be done.
    pub act: Act,
}

/// What can be done at a tier.
pub(super) enum Act {
    /// Nothing.
    Nothing,
    /// A question to the device: where it is sent, and the words of the button.
    Ask(String, String),
    /// Nothing but to look again: where, and how to stop that it happens by itself.
    Look(String, Option<String>),
}

/// The tiers of a device.
pub(super) fn tiers(place: &Place<'_>, lookup: &Lookup, noun: &str, proved: bool) -> [Tier; 3] {
    let (t, v) = (Texts::of(place.language()), Visit::of(place.language()));
    let registered = &t.tier.registered;
    let first = Tier {
        id: "registered",
        form: if proved { "reached" } else { "unproved" },
        icon: "tier-1",
        heading: &registered.heading,
        state: registered.state.clone(),
        texts: vec![sentence(&registered.text, &[("noun", Slot::Text(noun))])],
        act: Act::Nothing,
    };
    [first, seen(t, v, lookup.seen), signed(place, (t, v), lookup, noun)]
}

fn seen(t: &'static Texts, v: &'static Visit, seen: Seen) -> Tier {
    let words = |text: &str| sentence(text, &[]);
    let v = &v.seen;
    let (form, state, mut texts) = match seen {
        Seen::NotCounted => ("open", v.off_state.clone(), vec![words(&v.off)]),
        Seen::Hidden => ("open", v.hidden_state.clone(), vec![words(&v.hidden)]),
        Seen::First => ("unproved", v.first_state.clone(), vec![words(&v.first)]),
        Seen::Again(tally) => ("unproved", v.again_state.of(tally.since + 1), vec![again(t, v, &tally)]),
        Seen::Many(tally) => ("unproved", v.many_state.clone(), vec![again(t, v, &tally), words(&v.many)]),
    };
    texts.push(words(&v.tag));
    Tier { id: "seen", form, icon: "tier-2", heading: &v.heading, state, texts, act: Act::Nothing }
}

fn again(t: &'static Texts, v: &'static crate::texts::visit::Seen, tally: &Tally) -> Sentence {
    let day = t.date.utc_day(tally.first.begin());
    let since = if tally.since == 0 { v.not_since.clone() } else { v.since.of(tally.since) };
    let slots = [("day", Slot::Time(&day)), ("since", Slot::Text(&since))];
    match tally.countries {
        0 => sentence(&v.again, &slots),
        countries => {
            let places = v.places.of(countries as u64);
            let [day, since] = slots;
            sentence(&v.again_places, &[day, since, ("places", Slot::Text(&places))])
        }
    }
}

/// A time of day with its zone.
fn clock(t: &'static Texts, v: &'static Visit, at: Timestamp) -> Moment {
    let shown = plain(&v.signed.clock, &[("time", &t.date.clock(at))]);
    Moment { shown, ..t.date.minute(at) }
}

fn signed(place: &Place<'_>, (t, v): (&'static Texts, &'static Visit), lookup: &Lookup, noun: &str) -> Tier {
    let s = &v.signed;
    let minutes = s.minutes.of(lookup.beside.beat_minutes);
    let at = match lookup.signed {
        Signed::NotAsked => lookup.at,
        Signed::Asked(at) | Signed::Signed(at, _) | Signed::CannotConfirm(at) => at,
    };
    let time = clock(t, v, at);
    let slots = [("noun", Slot::Text(noun)), ("minutes", Slot::Text(&minutes)), ("time", Slot::Time(&time))];
    let words = |text: &str| sentence(text, &slots);
    let state = |text: &str| plain(text, &[("time", &time.shown)]);
    let here = format!("/d/{}", lookup.number);
    let ask = |text: &str| Act::Ask(place.link(&format!("{here}/ask")), plain(text, &[("noun", noun)]));
    let (form, state, mut texts, act) = match lookup.signed {
        Signed::Signed(_, near) => {
            let text = match near {
                Some(true) if lookup.beside.asked_here => &s.near,
                Some(true) => &s.near_asker,
                Some(false) => &s.elsewhere,
                None => &s.unknown,
            };
            ("reached", state(&s.signed_state), vec![words(text)], Act::Nothing)
        }
        Signed::NotAsked | Signed::CannotConfirm(_) if !lookup.can_sign() => {
            ("open", state(&s.away_state), vec![words(&s.away)], Act::Nothing)
        }
        Signed::NotAsked => ("open", state(&s.not_asked_state), vec![words(&s.not_asked)], ask(&s.button)),
        Signed::CannotConfirm(_) => ("open", state(&s.none_state), vec![words(&s.none)], ask(&s.again)),
        Signed::Asked(_) => {
            let stop = place.is_waiting().then(|| place.link(&here) + "#signed");
            let mut texts = vec![words(&s.asked)];
            texts.extend(stop.iter().map(|_| words(&s.reloads)));
            let again = looking(&here, place.chosen(), Some(lookup.at));
            ("open", state(&s.asked_state), texts, Act::Look(again, stop))
        }
    };
    if place.said() == Some(super::Said::AskedTooOften) {
        texts.push(words(&s.too_many));
    }
    Tier { id: "signed", form, icon: "tier-3", heading: &s.heading, state, texts, act }
}

/// The page of a device while it is asked: it looks again by itself.
pub(crate) fn waiting(here: &str, language: Option<Language>) -> String {
    looking(here, language, None)
}

/// The same, with when it was shown: to an address that it shows already, a browser only scrolls.
fn looking(here: &str, language: Option<Language>, at: Option<Timestamp>) -> String {
    let lang = language.map_or(String::new(), |language| format!("&lang={}", language.tag()));
    let at = at.map_or(String::new(), |at| format!("&at={}", at.millis()));
    format!("{here}?wait=1{lang}{at}#signed")
}
