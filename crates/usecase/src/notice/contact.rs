//! Where the notices of an organisation go.

use crate::cx::Inner;
use crate::error::{Error, Result};
use tegata_domain::change::{Change, Write};
use tegata_domain::notice::{Contact, Language};
use tegata_domain::permit::{Actor, Operation, Scope, Subject};

/// Where the notices of the actor's own organisation go.
pub async fn contact(actor: &Actor, cx: &Inner) -> Result<Option<Contact>> {
    let Scope::Organisation(own) = actor.scope() else { return Ok(None) };
    actor.permit(Operation::ReadOrganisation, Subject::of(own))?;
    Ok(cx.store.notice().contact(own).await?)
}

/// Sets it; no address ends it.
pub async fn set_contact(
    mail: Option<&str>,
    language: Option<Language>,
    actor: &Actor,
    cx: &Inner,
) -> Result<Option<Contact>> {
    let Scope::Organisation(own) = actor.scope() else { return Err(Error::not_found("organisation")) };
    let permit = actor.permit(Operation::SetContact, Subject::of(own))?;
    let contact = mail.map(|mail| Contact::new(mail, language)).transpose().map_err(|e| Error::invalid("mail", e))?;
    let now = cx.now()?;
    let change = Change::of("contact", vec![Write::Contact(own, contact.clone(), now)]);
    cx.store.save(change, &permit, now).await?;
    Ok(contact)
}
