//! The ratchet against bodies: honest ones with every sort of bad luck, and copies.

use super::*;
use proptest::prelude::*;

/// The platform's side.
#[derive(Default)]
struct Platform {
    ratchet: Ratchet,
    verdicts: Vec<Verdict>,
}

impl Platform {
    /// Takes a request; answers the token, unless two bodies were found.
    fn ask(&mut self, token: Option<u64>) -> Option<u64> {
        let (next, verdict) = self.ratchet.clone().show(token.map_or(Shown::Nothing, Shown::Token));
        assert!(next.issued >= self.ratchet.issued, "a counter went back");
        self.ratchet = next;
        self.verdicts.push(verdict);
        (!matches!(verdict, Verdict::TwoBodies(_))).then_some(self.ratchet.issued)
    }

    fn found(&self) -> bool {
        self.verdicts.iter().any(|v| matches!(v, Verdict::TwoBodies(_)))
    }
}

fn verdicts(tokens: &[Option<u64>]) -> Vec<Verdict> {
    let mut platform = Platform::default();
    for token in tokens {
        platform.ask(*token);
    }
    platform.verdicts
}

const NONE: Option<u64> = None;
use Verdict::{CannotConfirm, Fits, RolledBack};

#[test]
fn one_body_fits_and_lost_answers_get_another_child() {
    assert_eq!(verdicts(&[NONE, Some(1), Some(2), Some(3)]), [Fits; 4]);
    assert_eq!(verdicts(&[NONE, NONE, NONE, Some(3), Some(3), Some(5)]), [Fits; 6], "first answers lost too");
}

#[test]
fn two_children_of_one_parent_are_two_bodies() {
    // 1 is shown twice and has the children 2 and 3
    let all = verdicts(&[NONE, Some(1), Some(1), Some(3), Some(2)]);
    assert_eq!(all.last(), Some(&Verdict::TwoBodies(Proof::Siblings)));
    let all = verdicts(&[NONE, NONE, Some(2), Some(3), Some(1)]);
    assert_eq!(all.last(), Some(&Verdict::TwoBodies(Proof::Siblings)), "of the root too, and later");
}

#[test]
fn a_backup_that_goes_on_alone_is_rolled_back_and_no_more() {
    let all = verdicts(&[NONE, Some(1), Some(2), Some(3), Some(1), Some(5), Some(6), Some(7)]);
    assert_eq!(all, [Fits, Fits, Fits, Fits, RolledBack, Fits, Fits, Fits]);
}

#[test]
fn a_copy_beside_the_original_is_found_at_its_third_turn() {
    let all = verdicts(&[NONE, Some(1), Some(2), Some(3), Some(1), Some(4), Some(5)]);
    assert_eq!(all[4..], [RolledBack, Fits, Verdict::TwoBodies(Proof::Branches)]);
}

#[test]
fn a_request_that_was_held_up_is_no_second_body() {
    // an old token arrives again; the body knows nothing of it and goes on, now and then over a long life
    let mut platform = Platform::default();
    let mut token = platform.ask(None);
    for round in 0..20_u64 {
        let old = token;
        for _ in 0..400 {
            token = platform.ask(token);
        }
        platform.ask(old);
        assert_eq!(platform.verdicts.last(), Some(&RolledBack), "round {round}");
    }
    token = platform.ask(token);
    assert!(token.is_some() && !platform.found());
}

#[test]
fn nothing_shown_cannot_be_confirmed() {
    assert_eq!(verdicts(&[NONE, Some(1), NONE, NONE, Some(4)]), [Fits, Fits, CannotConfirm, Fits, Fits]);
    let all = verdicts(&[NONE, Some(1), NONE, Some(2), NONE]);
    assert_eq!(all.last(), Some(&Verdict::TwoBodies(Proof::Branches)), "a copy that hides its token");
}

#[test]
fn a_copy_that_starts_anew_each_time_is_found() {
    let mut platform = Platform::default();
    let mut original = platform.ask(None);
    let backup = original;
    for _ in 0..50 {
        original = platform.ask(original);
    }
    for round in 1.. {
        let first = platform.ask(backup);
        platform.ask(first);
        original = platform.ask(original);
        if platform.found() {
            assert!(round <= 6, "found in round {round}");
            break;
        }
    }
}

#[test]
fn a_platform_that_was_set_back_catches_up() {
    let mut platform = Platform::default();
    platform.ask(None);
    let restored = platform.ratchet.clone();
    let mut token = platform.ask(Some(1));
    for _ in 0..10 {
        token = platform.ask(token);
    }
    platform.ratchet = restored;
    for _ in 0..10 {
        token = platform.ask(token);
    }
    assert!(platform.verdicts.iter().all(|v| *v == Fits));
}

#[test]
fn noise_does_not_push_out_who_lived_long() {
    let mut platform = Platform::default();
    let mut original = platform.ask(None);
    for _ in 0..100 {
        original = platform.ask(original);
    }
    for _ in 0..50 {
        let first = platform.ask(None);
        platform.ask(first);
    }
    assert_eq!(platform.ratchet.branches.len(), BRANCHES_MAX);
    assert!(platform.ask(original).is_some());
    assert_eq!(platform.verdicts.last(), Some(&Fits), "its branch is still known");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    /// One body, answers lost at random, reboots that lose the token that was not yet on disk: nothing is found.
    #[test]
    fn one_body_with_bad_luck_fits(fate in proptest::collection::vec((any::<u8>(), any::<u8>()), 1..300)) {
        let mut platform = Platform::default();
        let (mut token, mut synced) = (None, None);
        for (answer, reboot) in fate {
            if reboot < 26 { token = synced; }
            synced = token;
            let given = platform.ask(token);
            prop_assert!(given.is_some());
            if answer >= 77 { token = given; }
        }
        prop_assert!(platform.verdicts.iter().all(|v| *v == Fits));
    }

    /// The same body restored once from a backup that is older: rolled back at most, and never twice.
    #[test]
    fn one_restored_body_is_rolled_back_at_most(
        fate in proptest::collection::vec(any::<u8>(), 2..300), places in (any::<prop::sample::Index>(), any::<prop::sample::Index>()),
    ) {
        let (a, b) = (places.0.index(fate.len()), places.1.index(fate.len()));
        let (taken, restored) = (a.min(b), a.max(b));
        let mut platform = Platform::default();
        let (mut token, mut backup) = (None, None);
        for (beat, answer) in fate.iter().enumerate() {
            if beat == taken { backup = token; }
            if beat == restored { token = backup; }
            let given = platform.ask(token);
            prop_assert!(given.is_some());
            if *answer >= 77 { token = given; }
        }
        prop_assert!(platform.verdicts.iter().filter(|v| **v != Fits).count() <= 1);
    }

    /// Two bodies from one state, any turn order in which both go on, answers lost: found.
    #[test]
    fn two_bodies_are_found(
        before in 0_usize..20, old in any::<bool>(), fate in proptest::collection::vec((any::<bool>(), any::<u8>()), 0..40),
    ) {
        let mut platform = Platform::default();
        let (mut token, mut backup) = (platform.ask(None), None);
        for beat in 0..before {
            if beat == before / 2 { backup = token; }
            token = platform.ask(token);
        }
        let mut bodies = [token, if old { backup } else { token }];
        // at the end both come through, in turn
        let tail = (0..6).map(|i| (i % 2 == 0, 255));
        for (which, answer) in fate.into_iter().chain(tail) {
            let given = platform.ask(bodies[usize::from(which)]);
            if given.is_none() { break; }
            if answer >= 77 { bodies[usize::from(which)] = given; }
        }
        prop_assert!(platform.found());
    }

    /// Whatever is shown, the state stays small and nothing panics.
    #[test]
    fn the_state_is_bounded(shown in proptest::collection::vec(prop::option::weighted(0.9, 1_u64..400), 0..400)) {
        let mut ratchet = Ratchet::default();
        for token in shown {
            ratchet = ratchet.show(token.map_or(Shown::Nothing, Shown::Token)).0;
            prop_assert!(ratchet.branches.len() <= BRANCHES_MAX && ratchet.returns.len() <= RETURNS_MAX);
            let small = |b: &Branch| b.children.len() <= CHILDREN_MAX && b.passed.len() <= CHILDREN_MAX;
            prop_assert!(ratchet.branches.iter().all(small));
        }
    }
}
