//! Who is logged in, as a request finds it.

use crate::cx::Inner;
use crate::error::{Error, Result};
use tegata_domain::account::Account;
use tegata_domain::login::{Login, Strength};
use tegata_domain::organisation::Organisation;
use tegata_domain::permit::{Actor, Member, Operation, Permit, Right, Role, Subject};

/// A person who is logged in, and for which organisation.
#[derive(Debug, Clone)]
pub struct Visitor {
    /// The login.
    pub login: Login,
    /// The person.
    pub account: Account,
    /// The organisation that it acts for.
    pub organisation: Organisation,
    /// As what.
    pub role: Role,
    actor: Actor,
}

impl Visitor {
    pub(super) fn new(login: Login, account: Account, organisation: Organisation, role: Role) -> Self {
        let member = Member {
            organisation: organisation.row,
            kinds: organisation.kinds,
            role,
            name: account.name.clone(),
            right: Some(Right::Login(login.row)),
        };
        let barred = organisation.factor && login.strength == Strength::Password;
        let actor = if barred { Actor::Public } else { Actor::Member(member) };
        Visitor { login, account, organisation, role, actor }
    }

    /// Who asks. Nobody, while the organisation demands a second factor that this login has not.
    pub fn actor(&self) -> &Actor {
        &self.actor
    }

    /// Whether all that this login reaches is the page that sets a second factor up.
    pub fn is_barred(&self) -> bool {
        matches!(self.actor, Actor::Public)
    }

    /// The right to change one's own account: also of who is barred, since that is how the bar goes.
    pub(crate) fn own(&self, operation: Operation) -> Result<Permit> {
        let member = Actor::Member(Member {
            organisation: self.organisation.row,
            kinds: self.organisation.kinds,
            role: self.role,
            name: self.account.name.clone(),
            right: Some(Right::Login(self.login.row)),
        });
        Ok(member.permit(operation, Subject::of(self.organisation.row))?)
    }

    /// Refuses who came in by a password alone: whoever demands more of others has it, so that nobody bars all.
    pub fn strong(&self) -> Result<()> {
        let text = "log in with a second factor or a passkey yourself first; then you can demand it of others";
        match self.login.strength {
            Strength::Password => Err(Error::conflict("own_factor", text)),
            Strength::Factor | Strength::Passkey => Ok(()),
        }
    }

    /// Refuses where the person proved to be there too long ago for what opens doors.
    pub fn fresh(&self, cx: &Inner) -> Result<()> {
        match self.login.is_fresh(cx.reading()?) {
            true => Ok(()),
            false => Err(Error::denied("confirm", "confirm first that it is you: log in once more")),
        }
    }
}
