//! Enters an organisation, with its authorities and the first token of its administrator.

use crate::authority::create::new_authority;
use crate::cx::Inner;
use crate::error::{Error, Result};
use crate::token;
use tegata_domain::authority::AuthorityKind;
use tegata_domain::change::{Change, Write};
use tegata_domain::fact::Fact;
use tegata_domain::id::OrganisationRow;
use tegata_domain::organisation::{self, Kinds, Organisation, OrganisationKind};
use tegata_domain::permit::{Actor, Operation, Role, Subject};
use tegata_domain::time::Timestamp;
use tegata_domain::token::TOKEN_LIFE_MAX;
use tegata_store::Row;

/// What is said of a new organisation.
pub struct NewOrganisation {
    /// Its name.
    pub name: String,
    /// What it does.
    pub kinds: Kinds,
}

/// A new organisation and the token of its administrator, which is shown this once.
pub struct Created {
    /// The organisation.
    pub organisation: Organisation,
    /// The token.
    pub token: String,
}

/// Enters an organisation.
#[tracing::instrument(target = "tegata::trace", level = "trace", name = "organisation::create", skip_all)]
pub async fn create(new: NewOrganisation, actor: &Actor, cx: &Inner) -> Result<Created> {
    let platform = match actor {
        Actor::Member(member) => Subject::of(member.organisation),
        Actor::Device(_) | Actor::Public | Actor::Platform => Subject::default(),
    };
    let permit = actor.permit(Operation::CreateOrganisation, platform)?;
    organisation::check(&new.name, new.kinds).map_err(|e| Error::invalid("organisation", e))?;
    let now = cx.now()?;
    let organisation = Organisation {
        row: OrganisationRow(cx.store.reserve(Row::Organisation, 1).await?),
        uid: cx.uid(now),
        name: new.name.trim().to_owned(),
        kinds: new.kinds,
        created_at: now,
        factor: false,
    };
    let first = ("first", Role::Administrator, now.plus(TOKEN_LIFE_MAX));
    let Founding { writes, token } = found(cx, &organisation, first).await?;
    let all = std::iter::once(Write::Organisation(organisation.clone())).chain(writes).collect();
    cx.store.save(Change::of(organisation.uid.to_string(), all), &permit, now).await?;
    Ok(Created { organisation, token })
}

/// What an organisation gets at its entry.
pub(crate) struct Founding {
    pub writes: Vec<Write>,
    pub token: String,
}

/// Authorities by its kinds, and a first token (name, role, end).
pub(crate) async fn found(
    cx: &Inner,
    organisation: &Organisation,
    (name, role, until): (&str, Role, Timestamp),
) -> Result<Founding> {
    let mut writes = Vec::new();
    for kind in authorities(organisation.kinds) {
        let authority = new_authority(cx, kind, organisation).await?;
        let digest = tegata_keys::digest::sha256_hex(&authority.certificate);
        writes.push(Write::Fact(Fact::authority_certified(&authority, &digest)));
        writes.push(Write::Authority(authority));
    }
    let (token, secret) = token::create::new_token(cx, organisation.row, (name, role, until)).await?;
    writes.push(Write::Token(token));
    Ok(Founding { writes, token: secret })
}

/// Makers issue IDevIDs; who owns devices issues LDevIDs, but households share the platform's.
fn authorities(kinds: Kinds) -> Vec<AuthorityKind> {
    let mut list = Vec::new();
    if kinds.has(OrganisationKind::Maker) {
        list.push(AuthorityKind::Idevid);
    }
    let owns = [OrganisationKind::Maker, OrganisationKind::Operator, OrganisationKind::Integrator];
    if kinds.has(OrganisationKind::Platform) || owns.into_iter().any(|kind| kinds.has(kind)) {
        list.push(AuthorityKind::Ldevid);
    }
    list
}
