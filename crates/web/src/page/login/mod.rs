//! Pages for who is not logged in yet: name and password, the second factor, an invitation.

use super::Place;
use super::frame::{self, Above, Head};
use crate::sentence::{Sentence, Slot, sentence};
use crate::texts::console::Console;
use crate::texts::login::Login;
use askama::Template;
use tegata_usecase::Error;
use tegata_usecase::invitation::Invited;

/// What is wrong, in the words of the reader; what passes by itself needs no more words than that.
fn fault(place: &Place<'_>, error: Option<&Error>) -> Option<String> {
    let (error, language) = (error?, place.language());
    let l = Login::of(language);
    Some(match l.fault.get(error.code) {
        Some(own) => own.clone(),
        None if error.kind.is_passing() => l.fault_passing.clone(),
        None => crate::refusal::in_language(error, language).to_owned(),
    })
}

fn document(place: &Place<'_>, title: &str, page: &impl Template) -> String {
    let above = Above { head: Sentence::default(), areas: Sentence::default(), home: "/" };
    frame::around(place, Head { title, listed: false, route: "/login" }, Some(&above), page)
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
    passkeys: bool,
    /// What people call the provider, and where one is led to it.
    provider: Option<(Sentence, String)>,
    front: String,
}

/// What is offered beside name and password.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Ways<'a> {
    /// Whether there are passkeys.
    pub passkeys: bool,
    /// What people call the provider of identity, where there is one.
    pub provider: Option<&'a str>,
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
pub(crate) fn form(
    place: &Place<'_>,
    token: &str,
    ways: Ways<'_>,
    filled: Filled<'_>,
    error: Option<&Error>,
) -> String {
    let l = Login::of(place.language());
    let Filled { name, next, again } = filled;
    let to = || {
        let again = if again { "again=1&" } else { "" };
        place.link_with("/login/provider", &format!("{again}next={}", crate::desk::form_urlencoded(next)))
    };
    let provider = ways.provider.map(|name| (sentence(&l.form.provider, &[("name", Slot::Name(name))]), to()));
    let fault = fault(place, error);
    let page = Form { l, token, name, next, again, fault, passkeys: ways.passkeys, provider, front: place.link("/") };
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
pub(crate) fn factor(place: &Place<'_>, token: &str, next: &str, error: Option<&Error>) -> String {
    let l = Login::of(place.language());
    document(place, &l.factor.title, &Factor { l, token, next, fault: fault(place, error) })
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
    code: &'a str,
    passkeys: bool,
    fault: Option<String>,
}

/// Who reads the page of an invitation.
#[derive(Debug, Clone, Default)]
pub(crate) struct Reader<'a> {
    /// What was filled in as a name.
    pub name: &'a str,
    /// The log-in name and the token of who is logged in.
    pub member: Option<(String, String)>,
    /// The secret of the link.
    pub code: &'a str,
    /// Whether there are passkeys.
    pub passkeys: bool,
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
        code: reader.code,
        passkeys: reader.passkeys,
        fault: fault(place, error),
    };
    document(place, &l.form.title, &page)
}
