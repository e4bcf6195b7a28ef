//! The accounts of an organisation and its invitations: handlers.

use crate::desk::{Desk, From, Nothing, Posted};
use crate::page::console::members::{self, Filled};
use crate::page::console::{Area, once};
use crate::refusal;
use crate::sentence::{Slot, sentence};
use crate::texts::Texts;
use crate::texts::account::Account;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use serde::Deserialize;
use tegata_domain::invitation::Invitation;
use tegata_domain::membership::Listed;
use tegata_domain::permit::Role;
use tegata_usecase::invitation::{self, NewInvitation};
use tegata_usecase::{Cx, Error, Result, cursor, login, membership};
use uuid::Uuid;

const HERE: &str = "/console/accounts";
/// Rows of one page.
const PAGE: u32 = 100;
/// Invitations that are shown, newest first.
const INVITED: u32 = 50;

/// `GET /console/accounts`.
pub async fn show(State(cx): State<Cx>, desk: Desk, Query(from): Query<From>) -> Response {
    page(&from, Filled::default(), &desk, &cx).await.unwrap_or_else(|error| desk.refuse(error))
}

async fn page(from: &From, filled: Filled<'_>, desk: &Desk, cx: &Cx) -> Result<Response> {
    let invitations = invitation::list(None, INVITED, desk.visitor.actor(), cx).await?;
    let (found, next) = read(from, desk, cx).await?;
    Ok(members::render(desk, (&found, next), &invitations, filled, cx.reading()?))
}

async fn read(from: &From, desk: &Desk, cx: &Cx) -> Result<(Vec<Listed>, Option<String>)> {
    let after = cursor::decode(from.after.as_deref(), cx)?;
    let found = membership::list(after, PAGE, desk.visitor.actor(), cx).await?;
    let last = found.last().filter(|_| found.len() == PAGE as usize);
    let next = last.map(|last| cursor::encode(last.account.0, cx)).transpose()?;
    Ok((found, next.map(|cursor| desk.next(&cursor))))
}

/// What is filled in to invite somebody.
#[derive(Deserialize)]
pub struct New {
    note: String,
    role: Role,
}

/// `POST /console/invitations`: the link stands on the answer, and nowhere else.
pub async fn invite(State(cx): State<Cx>, Posted { desk, form }: Posted<New>) -> Response {
    if let Err(error) = desk.visitor.fresh(&cx) {
        return desk.refuse(error);
    }
    let new = NewInvitation { role: form.role, note: form.note.clone() };
    match invitation::create(new, desk.visitor.actor(), &cx).await {
        Err(error) if error.is_mistake() => {
            let refused = Some(refusal::words(&error, &desk));
            let filled = Filled { note: &form.note, role: form.role, refused };
            let page = page(&From { after: None }, filled, &desk, &cx).await;
            desk.again(page, error)
        }
        made => linked(made, &desk, &cx),
    }
}

/// `POST /console/accounts/{id}/link`.
pub async fn link(State(cx): State<Cx>, Path(id): Path<String>, Posted { desk, .. }: Posted<Nothing>) -> Response {
    let Ok(uid) = id.parse::<Uuid>() else { return desk.refuse(Error::not_found("member")) };
    if let Err(error) = desk.visitor.fresh(&cx) {
        return desk.refuse(error);
    }
    linked(invitation::again(uid, desk.visitor.actor(), &cx).await, &desk, &cx)
}

fn linked(made: Result<(Invitation, String)>, desk: &Desk, cx: &Cx) -> Response {
    match made {
        Ok((invitation, secret)) => {
            let language = desk.place().language();
            let a = Account::of(language);
            let until = Texts::of(language).date.minute(invitation.expires_at);
            let shown = once::Shown {
                name: sentence(&a.once.link, &[("name", Slot::Name(&invitation.note))]),
                secret: format!("{}/invitation/{secret}", cx.names.public_url),
                note: Some(sentence(&a.once.link_lead, &[("time", Slot::Time(&until))])),
                back: HERE.into(),
            };
            once::render(desk, Area::Organisation, &shown)
        }
        Err(error) => desk.refuse(error),
    }
}

/// `POST /console/invitations/{id}/end`.
pub async fn take_back(State(cx): State<Cx>, Path(id): Path<String>, Posted { desk, .. }: Posted<Nothing>) -> Response {
    let Ok(uid) = id.parse::<Uuid>() else { return desk.refuse(Error::not_found("invitation")) };
    desk.done(invitation::end(uid, desk.visitor.actor(), &cx).await, HERE)
}

/// What is chosen as a role.
#[derive(Deserialize)]
pub struct NewRole {
    role: Role,
}

/// `POST /console/accounts/{id}/role`.
pub async fn role(State(cx): State<Cx>, Path(id): Path<String>, Posted { desk, form }: Posted<NewRole>) -> Response {
    let Ok(uid) = id.parse::<Uuid>() else { return desk.refuse(Error::not_found("member")) };
    if let Err(error) = desk.visitor.fresh(&cx) {
        return desk.refuse(error);
    }
    desk.done(membership::change(uid, form.role, desk.visitor.actor(), &cx).await, HERE)
}

/// `POST /console/accounts/{id}/end`.
pub async fn end(State(cx): State<Cx>, Path(id): Path<String>, Posted { desk, .. }: Posted<Nothing>) -> Response {
    let Ok(uid) = id.parse::<Uuid>() else { return desk.refuse(Error::not_found("member")) };
    desk.done(membership::end(uid, desk.visitor.actor(), &cx).await, HERE)
}

/// `POST /console/accounts/{id}/logins`.
pub async fn end_logins(
    State(cx): State<Cx>,
    Path(id): Path<String>,
    Posted { desk, .. }: Posted<Nothing>,
) -> Response {
    let Ok(uid) = id.parse::<Uuid>() else { return desk.refuse(Error::not_found("member")) };
    desk.done(login::end_of(uid, desk.visitor.actor(), &cx).await, HERE)
}
