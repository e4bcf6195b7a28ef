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

/// What is known before: whether the password was changed, and whether a finding stands open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Known {
    /// The platform has noted the change.
    pub changed: bool,
    /// The finding *initial password* is open.
    pub open: bool,
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

/// Judges what a device tells. An initial password is a finding where the maker says that it is to be changed; a change
/// is an event once, and once more after the device went back to its first password.
pub fn judge(policy: CredentialPolicy, told: Told, known: Known) -> Follows {
    match told {
        Told::None => Follows::default(),
        Told::Changed => Follows {
            note: (!known.changed).then_some(true),
            event: !known.changed,
            finding: known.open.then_some(false),
        },
        Told::Initial => {
            let asked = policy == CredentialPolicy::UniqueAndChanged;
            Follows {
                note: known.changed.then_some(false),
                event: false,
                finding: (asked && !known.open).then_some(true),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use CredentialPolicy::{Unique, UniqueAndChanged};

    fn check(policy: CredentialPolicy, told: Told, (changed, open): (bool, bool), follows: Follows) {
        assert_eq!(judge(policy, told, Known { changed, open }), follows, "{policy:?} {told:?} {changed} {open}");
    }

    #[test]
    fn opens_once_and_closes_on_change() {
        let nothing = Follows::default();
        check(UniqueAndChanged, Told::Initial, (false, false), Follows { finding: Some(true), ..nothing });
        check(UniqueAndChanged, Told::Initial, (false, true), nothing);
        let change = Follows { note: Some(true), event: true, finding: Some(false) };
        check(UniqueAndChanged, Told::Changed, (false, true), change);
        check(UniqueAndChanged, Told::Changed, (true, false), nothing);
        let reset = Follows { note: Some(false), event: false, finding: Some(true) };
        check(UniqueAndChanged, Told::Initial, (true, false), reset);
    }

    #[test]
    fn is_no_finding_where_nobody_asks_for_a_change() {
        check(Unique, Told::Initial, (false, false), Follows::default());
        check(Unique, Told::Changed, (false, false), Follows { note: Some(true), event: true, finding: None });
        check(Unique, Told::None, (false, false), Follows::default());
    }
}
