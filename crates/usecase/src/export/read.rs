//! Reads for an export. Everything else goes through the reads that the API uses, under the same rights.

use crate::cx::Inner;
use crate::device::load;
use crate::error::{Error, Result};
use std::collections::HashMap;
use tegata_domain::authority::{Authority, AuthorityKind};
use tegata_domain::device::Device;
use tegata_domain::event::{Event, NewEvent, canonical};
use tegata_domain::id::{OrganisationRow, Uuid};
use tegata_domain::number::Number;
use tegata_domain::permit::{Actor, Member, Operation, Role, Scope, Subject};
use tegata_store::ErrorKind;
use tegata_wire::life::{Extra, leaf, salt};

/// An event with what opens its commitment.
pub struct Told {
    /// The event.
    pub event: Event,
    /// Index of its leaf, once it stands in the log.
    pub index: Option<u64>,
    /// Commitment of the event before it.
    pub previous: [u8; 32],
    /// Its salt; `None` where it was erased.
    pub salt: Option<[u8; 32]>,
}

/// Whose data an actor may take out: administrators and auditors read all of their organisation.
fn whole(actor: &Actor) -> Result<OrganisationRow> {
    let Scope::Organisation(organisation) = actor.scope() else { return Err(Error::not_found("organisation")) };
    actor.permit(Operation::ReadAudit, Subject::of(organisation))?;
    Ok(organisation)
}

/// Who shows a token whose holder may take out everything.
pub async fn holder(token: &str, cx: &Inner) -> Result<Actor> {
    let actor = crate::token::authenticate(token, cx).await?;
    whole(&actor)?;
    Ok(actor)
}

/// The platform's operator, who holds the data folder and its unlock file, on behalf of an organisation.
pub async fn of_organisation(uid: Uuid, cx: &Inner) -> Result<Actor> {
    let organisation = cx.store.organisation().by_uid(uid).await?.ok_or_else(|| Error::not_found("organisation"))?;
    let name = "export".to_owned();
    let (organisation, kinds) = (organisation.row, organisation.kinds);
    Ok(Actor::Member(Member { organisation, kinds, role: Role::Auditor, name, right: None }))
}

/// The authorities of the actor's organisation.
pub async fn authorities(actor: &Actor, cx: &Inner) -> Result<Vec<Authority>> {
    let organisation = whole(actor)?;
    let mut all = Vec::new();
    for kind in [AuthorityKind::Root, AuthorityKind::Idevid, AuthorityKind::Ldevid] {
        all.extend(cx.store.authority().of(kind, organisation).await?);
    }
    Ok(all)
}

/// What the actor may see of a device's life after event `after`, at most `limit`.
pub async fn life(number: Number, (after, limit): (u32, u32), actor: &Actor, cx: &Inner) -> Result<Vec<Told>> {
    whole(actor)?;
    let events = crate::device::events(number, (after, limit), actor, cx).await?;
    let device = load(number, cx).await?;
    let (mut keys, mut all) = (HashMap::new(), Vec::with_capacity(events.len()));
    let mut before = (0, [0; 32]);
    for (event, index) in events {
        if event.sequence > 1 && before.0 + 1 != event.sequence {
            let found = cx.store.event().by_sequence(device.row, event.sequence - 1).await?;
            before.1 = found.map(|(event, _)| event.commitment).unwrap_or_default();
        }
        if let std::collections::hash_map::Entry::Vacant(slot) = keys.entry(event.period) {
            slot.insert(epoch_key(&device, event.period, cx).await?);
        }
        let salt = keys.get(&event.period).copied().flatten().and_then(|key| opens(&key, &device, &event, &before.1));
        let previous = std::mem::replace(&mut before, (event.sequence, event.commitment)).1;
        all.push(Told { event, index, previous, salt });
    }
    Ok(all)
}

async fn epoch_key(device: &Device, period: u32, cx: &Inner) -> Result<Option<[u8; 32]>> {
    match cx.store.event().epoch_key(device.row, period).await {
        Ok(key) => Ok(Some(key)),
        // erased
        Err(e) if e.kind == ErrorKind::Broken => Ok(None),
        Err(e) => Err(e.into()),
    }
}

/// The salt, where it still opens the commitment.
fn opens(key: &[u8; 32], device: &Device, event: &Event, previous: &[u8; 32]) -> Option<[u8; 32]> {
    let new = NewEvent { kind: event.kind, at: event.at, data: event.data.clone() };
    let salt = salt(key, event.sequence);
    let extra = Extra { salt, event: canonical(device.uid, event.sequence, previous, &new) };
    (extra.leaf() == leaf(&event.commitment)).then_some(salt)
}
