//! Making a device one's own: the code, and an account for who has none.

use super::Place;
use super::frame::{self, Above, Head};
use crate::refusal;
use crate::sentence::{Sentence, Slot, sentence};
use crate::texts::login::Login;
use crate::texts::visit::Visit;
use askama::Template;
use tegata_usecase::Error;

/// What the form starts with.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Filled<'a> {
    /// The code.
    pub code: &'a str,
    /// The log-in name.
    pub name: &'a str,
    /// Who is logged in: name, and the token of its forms.
    pub member: Option<&'a (String, String)>,
}

#[derive(Template)]
#[template(path = "lookup/claim.html")]
struct Claim<'a> {
    v: &'static Visit,
    l: &'static Login,
    token: &'a str,
    filled: Filled<'a>,
    /// What is told to who is logged in.
    as_member: Option<Sentence>,
    login: String,
    fault: Option<&'static str>,
}

/// What is wrong, in the words of the reader.
fn fault(place: &Place<'_>, error: Option<&Error>) -> Option<&'static str> {
    let (v, error) = (Visit::of(place.language()), error?);
    Some(match error.code {
        "code" | "own" | "expired" => &v.claim.wrong_code,
        "too_many" => &v.claim.too_many,
        "life" => &v.claim.life,
        _ => refusal::in_language(error, place.language()),
    })
}

/// The page of a claim.
pub(crate) fn form(place: &Place<'_>, token: &str, filled: Filled<'_>, error: Option<&Error>) -> String {
    let (v, l) = (Visit::of(place.language()), Login::of(place.language()));
    let as_member = filled.member.map(|(name, _)| sentence(&v.claim.member, &[("name", Slot::Name(name))]));
    let login = place.link("/login").to_owned() + if place.chosen().is_some() { "&next=" } else { "?next=" } + "/claim";
    let page = Claim { v, l, token, filled, as_member, login, fault: fault(place, error) };
    let above = Above { head: Sentence::default(), areas: Sentence::default(), home: "/" };
    frame::around(place, Head { title: &v.claim.title, listed: false, route: "/claim" }, Some(&above), &page)
}
