//! Pages for who is not logged in yet: name and password, the second factor, an invitation.

use super::Place;
use super::frame::{self, Above, Head};
use crate::sentence::{Sentence, Slot, sentence};
use crate::texts::console::Console;
use crate::texts::login::Login;
use askama::Template;
use tegata_usecase::Error;
use tegata_usecase::invitation::Invited;

/// What is wrong, in the words of the reader.
fn fault(l: &'static Login, error: Option<&Error>) -> Option<String> {
    let error = error?;
    Some(match error.code {
        "credentials" => l.fault.credentials.clone(),
        "too_many" => l.fault.too_many.clone(),
        "ticket" => l.fault.ticket.clone(),
        "code" => l.fault.code.clone(),
        "used" => l.fault.used.clone(),
        _ if error.kind.is_passing() => l.fault.other.clone(),
        _ => error.public.clone(),
    })
}

fn document(place: &Place<'_>, title: &str, page: &impl Template) -> String {
    let above = Above { head: Sentence::default(), areas: Sentence::default(), home: "/" };
    frame::around(place, Head { title, listed: false }, Some(&above), page)
}

#[derive(Template)]
#[template(path = "login/form.html")]
struct Form<'a> {
    l: &'static Login,
    token: &'a str,
    name: &'a str,
    next: &'a str,
    again: bool,
    fault: Option<String>,
    front: String,
}

/// What the form of a log-in starts with.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Filled<'a> {
    /// The name.
    pub name: &'a str,
    /// Where it leads.
    pub next: &'a str,
    /// Somebody is logged in, and confirms to be there.
    pub again: bool,
}

/// Name and password.
pub(crate) fn form(place: &Place<'_>, token: &str, filled: Filled<'_>, error: Option<&Error>) -> String {
    let l = Login::of(place.language());
    let Filled { name, next, again } = filled;
    let page = Form { l, token, name, next, again, fault: fault(l, error), front: place.link("/") };
    document(place, &l.form.title, &page)
}

#[derive(Template)]
#[template(path = "login/factor.html")]
struct Factor<'a> {
    l: &'static Login,
    token: &'a str,
    next: &'a str,
    fault: Option<String>,
}

/// The code of the second factor.
#[expect(dead_code, reason = "its handler comes with the second factor")]
pub(crate) fn factor(place: &Place<'_>, token: &str, next: &str, error: Option<&Error>) -> String {
    let l = Login::of(place.language());
    document(place, &l.factor.title, &Factor { l, token, next, fault: fault(l, error) })
}

#[derive(Template)]
#[template(path = "login/invitation.html")]
struct Invitation<'a> {
    l: &'static Login,
    token: &'a str,
    title: Sentence,
    lead: Sentence,
    name: &'a str,
    /// The name is fixed: the link is a new way in.
    fixed: Option<&'a str>,
    /// Who is logged in already and may join so.
    join: Option<(Sentence, String)>,
    join_path: &'a str,
    fault: Option<String>,
}

/// Who reads the page of an invitation.
#[derive(Debug, Clone, Default)]
pub(crate) struct Reader<'a> {
    /// What was filled in as a name.
    pub name: &'a str,
    /// The log-in name and the token of who is logged in.
    pub member: Option<(String, String)>,
    /// Where that one joins.
    pub join_path: &'a str,
}

/// Behind the link of an invitation.
pub(crate) fn invitation(
    place: &Place<'_>,
    token: &str,
    invited: &Invited,
    reader: Reader<'_>,
    error: Option<&Error>,
) -> String {
    let (l, c) = (Login::of(place.language()), Console::of(place.language()));
    let role = super::console::role(c, invited.invitation.role);
    let (title, lead) = match &invited.name {
        Some(name) => (
            sentence(&l.invitation.title_again, &[("name", Slot::Name(name))]),
            sentence(&l.invitation.lead_again, &[]),
        ),
        None => (
            sentence(&l.invitation.title, &[("organisation", Slot::Name(&invited.organisation.name))]),
            sentence(&l.invitation.lead, &[("role", Slot::Text(role))]),
        ),
    };
    let join = reader.member.filter(|_| invited.name.is_none());
    let join = join.map(|(name, token)| (sentence(&l.invitation.join, &[("name", Slot::Name(&name))]), token));
    let page = Invitation {
        l,
        token,
        title,
        lead,
        name: reader.name,
        fixed: invited.name.as_deref(),
        join,
        join_path: reader.join_path,
        fault: fault(l, error),
    };
    document(place, &l.form.title, &page)
}
