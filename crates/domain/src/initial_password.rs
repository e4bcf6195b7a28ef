//! The password that a device was born with: what its heartbeat says of it, and what follows.

use crate::product::CredentialPolicy;

/// What a device says of its password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Told {
    /// It is still the one of the label.
    Initial,
    /// It was changed.
    Changed,
    /// The device has none.
    None,
}

/// What is known before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Known {
    /// The platform has noted the change.
    pub changed: bool,
    /// The finding *initial password* was made for the present owner, and whether it is open.
    pub finding: Option<bool>,
}

/// What follows from what was told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Follows {
    /// Note the password as changed (`true`), or as that of the label again.
    pub note: Option<bool>,
    /// The event *credential changed*.
    pub event: bool,
    /// Open the finding (`true`), or close it.
    pub finding: Option<bool>,
}

/// Judges what a device tells. An initial password is a finding where the maker says that it is to be changed, or says nothing; a change
/// is an event once, and once more after the device went back to its first password. Who closed the finding all the same is
/// not told again.
pub fn judge(policy: CredentialPolicy, told: Told, known: Known) -> Follows {
    match told {
        Told::None => Follows::default(),
        Told::Changed => Follows {
            note: (!known.changed).then_some(true),
            event: !known.changed,
            finding: (known.finding == Some(true)).then_some(false),
        },
        Told::Initial => {
            let asked = matches!(policy, CredentialPolicy::UniqueAndChanged | CredentialPolicy::NotStated);
            Follows {
                note: known.changed.then_some(false),
                event: false,
                finding: (asked && (known.finding.is_none() || known.changed)).then_some(true),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use CredentialPolicy::{NotStated, Unique, UniqueAndChanged};

    fn check(policy: CredentialPolicy, told: Told, (changed, finding): (bool, Option<bool>), follows: Follows) {
        assert_eq!(
            judge(policy, told, Known { changed, finding }),
            follows,
            "{policy:?} {told:?} {changed} {finding:?}"
        );
    }

    #[test]
    fn opens_once_and_closes_on_change() {
        let nothing = Follows::default();
        check(UniqueAndChanged, Told::Initial, (false, None), Follows { finding: Some(true), ..nothing });
        check(UniqueAndChanged, Told::Initial, (false, Some(true)), nothing);
        check(NotStated, Told::Initial, (false, None), Follows { finding: Some(true), ..nothing });
        check(UniqueAndChanged, Told::Initial, (false, Some(false)), nothing);
        let change = Follows { note: Some(true), event: true, finding: Some(false) };
        check(UniqueAndChanged, Told::Changed, (false, Some(true)), change);
        check(UniqueAndChanged, Told::Changed, (true, Some(false)), nothing);
        let reset = Follows { note: Some(false), event: false, finding: Some(true) };
        check(UniqueAndChanged, Told::Initial, (true, Some(false)), reset);
    }

    #[test]
    fn is_no_finding_where_nobody_asks_for_a_change() {
        check(Unique, Told::Initial, (false, None), Follows::default());
        check(Unique, Told::Changed, (false, None), Follows { note: Some(true), event: true, finding: None });
        check(Unique, Told::None, (false, None), Follows::default());
    }
}
