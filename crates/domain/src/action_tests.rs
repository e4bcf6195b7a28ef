//! Actions: every step, the refused ones too.

use super::*;
use crate::campaign::Counts;
use proptest::prelude::*;

const SPAN: Duration = Duration::from_secs(1800);

fn at(minutes: u64) -> Timestamp {
    Timestamp::from_millis(1_800_000_000_000).plus(Duration::from_secs(60 * minutes))
}

fn action(state: ActionState) -> Action {
    let begun = state.is_busy() || state == ActionState::Overdue;
    Action {
        row: ActionRow(1),
        device: DeviceRow(1),
        campaign: CampaignRow(1),
        group: 1,
        release: ReleaseRow(5),
        state,
        forced: true,
        consent: true,
        span: SPAN,
        moves: 0,
        entries: 0,
        offered_at: at(0),
        begun_at: begun.then(|| at(1)),
        installed_at: (state == ActionState::Installed).then(|| at(1)),
        deadline: state.is_busy().then(|| at(31)),
        closed_at: state.is_closed().then(|| at(2)),
        progress: None,
        code: None,
        reason: None,
    }
}

fn feedback(execution: Execution, finished: Finished) -> Feedback {
    Feedback { execution, finished, code: None, details: Vec::new(), progress: None }
}

const EXECUTIONS: [Execution; 8] = [
    Execution::Closed,
    Execution::Proceeding,
    Execution::Canceled,
    Execution::Scheduled,
    Execution::Rejected,
    Execution::Resumed,
    Execution::Download,
    Execution::Downloaded,
];
const ENDS: [Finished; 3] = [Finished::Success, Finished::Failure, Finished::None];

type Happens = Box<dyn Fn(Action) -> Result<Action, ActionError>>;

/// Everything that can happen, with its name.
fn everything() -> Vec<(String, Happens)> {
    let now = at(3);
    let mut all: Vec<(String, Happens)> = vec![("retrieve".into(), Box::new(move |a| a.retrieve(now)))];
    for (execution, finished) in EXECUTIONS.into_iter().flat_map(|e| ENDS.map(|f| (e, f))) {
        let said = feedback(execution, finished);
        let name = format!("{execution:?} {finished:?}");
        all.push((name, Box::new(move |a| a.answer(&said, now))));
    }
    for (execution, finished) in EXECUTIONS.into_iter().flat_map(|e| ENDS.map(|f| (e, f))) {
        let said = feedback(execution, finished);
        let name = format!("cancel {execution:?} {finished:?}");
        all.push((name, Box::new(move |a| a.answer_cancel(&said, now))));
    }
    let some = |after: Option<Action>| after.ok_or(ActionError::Phase);
    all.push(("confirm yes".into(), Box::new(move |a| a.confirm(true, now))));
    all.push(("confirm no".into(), Box::new(move |a| a.confirm(false, now))));
    all.push(("reports the version".into(), Box::new(move |a| some(a.reported(true, now)))));
    all.push(("reports another".into(), Box::new(move |a| some(a.reported(false, now)))));
    all.push(("silent past its deadline".into(), Box::new(move |a| some(a.overdue(at(31))))));
    all.push(("campaign ends".into(), Box::new(move |a| some(a.withdraw(now)))));
    all.push(("the device leaves".into(), Box::new(move |a| some(a.leave(now)))));
    all.push(("newer release".into(), Box::new(move |a| some(a.supersede(ReleaseRow(6), now)))));
    all
}

/// What happens × state; `-` is refused as another phase, `!` as closed, `?` as not being cancelled, `=` stays.
#[test]
fn the_whole_table() {
    let mut table = format!("{:<26}", "");
    ActionState::ALL.iter().for_each(|state| table += &format!(" {:<11}", state.name()));
    for (name, happens) in everything() {
        table = format!("{}\n{name:<26}", table.trim_end());
        for state in ActionState::ALL {
            let cell = match happens(action(state)) {
                Ok(after) if after.state == state => "=",
                Ok(after) => after.state.name(),
                Err(ActionError::Phase) => "-",
                Err(ActionError::Closed) => "!",
                Err(ActionError::NotCancelling) => "?",
                Err(ActionError::TooMany) => "too many",
            };
            table += &format!(" {cell:<11}");
        }
    }
    insta::assert_snapshot!(table.trim_end());
}

#[test]
fn success_is_what_the_device_runs() {
    let said = feedback(Execution::Closed, Finished::Success);
    let installed = action(ActionState::Installing).answer(&said, at(5)).unwrap();
    assert_eq!((installed.state, installed.deadline), (ActionState::Installed, Some(at(35))));
    assert!(!installed.is_open_to_device());
    assert_eq!(installed.clone().answer(&said, at(6)), Err(ActionError::Closed));
    assert_eq!(installed.clone().reported(true, at(6)).unwrap().state, ActionState::Done);
    let back = installed.clone().reported(false, at(6)).unwrap();
    assert_eq!((back.state, back.reason), (ActionState::Failed, Some(FELL_BACK)));
    let silent = installed.overdue(at(35)).unwrap();
    assert_eq!((silent.state, silent.deadline), (ActionState::Overdue, None));
    assert!(!silent.is_open_to_device(), "it is not offered again");
    assert_eq!(silent.reported(true, at(99)).unwrap().state, ActionState::Done, "late, but it runs");
}

#[test]
fn the_version_may_come_before_the_word() {
    let done = action(ActionState::Installing).reported(true, at(5)).unwrap();
    let said = feedback(Execution::Closed, Finished::Success);
    let known = done.answer(&said, at(6)).unwrap();
    assert_eq!((known.state, known.installed_at), (ActionState::Done, Some(at(6))));
    assert_eq!(known.answer(&said, at(7)), Err(ActionError::Closed));
}

#[test]
fn who_never_began_is_not_overdue() {
    for state in [ActionState::Offered, ActionState::Confirming] {
        assert_eq!(action(state).overdue(at(100_000)), None);
    }
    assert_eq!(action(ActionState::Retrieved).overdue(at(30)), None, "it has time until 31");
}

#[test]
fn silence_is_bounded_however_much_a_device_says() {
    let mut device = action(ActionState::Offered).retrieve(at(0)).unwrap();
    let said = feedback(Execution::Proceeding, Finished::None);
    let mut now = at(0);
    for minutes in (0..60 * 48).step_by(20) {
        now = at(minutes);
        match device.clone().overdue(now) {
            Some(overdue) => {
                assert_eq!(overdue.state, ActionState::Overdue);
                break;
            }
            None => device = device.answer(&said, now).unwrap(),
        }
    }
    assert_eq!(now, at(24 * 60), "48 spans of half an hour");
    let refused = action(ActionState::Installing).answer(&feedback(Execution::Rejected, Finished::None), at(20));
    assert_eq!(refused.unwrap().deadline, Some(at(31)), "a refusal is no progress");
}

#[test]
fn a_thousand_messages_and_a_final_one() {
    let full = Action { entries: ENTRIES_MAX, ..action(ActionState::Installing) };
    let more = feedback(Execution::Proceeding, Finished::None);
    assert_eq!(full.clone().answer(&more, at(3)), Err(ActionError::TooMany));
    assert!(full.answer(&feedback(Execution::Closed, Finished::Failure), at(3)).is_ok());
    let full = Action { entries: ENTRIES_MAX, ..action(ActionState::Cancelling) };
    assert_eq!(full.clone().answer_cancel(&more, at(3)), Err(ActionError::TooMany));
    assert!(full.answer_cancel(&feedback(Execution::Closed, Finished::Success), at(3)).is_ok());
}

#[test]
fn only_newer_releases_supersede() {
    for release in [4, 5] {
        assert_eq!(action(ActionState::Offered).supersede(ReleaseRow(release), at(3)), None);
    }
}

/// Everything that can happen to an action.
fn happen(action: Action, what: u8, now: Timestamp) -> Option<Action> {
    let said = feedback(EXECUTIONS[usize::from(what) % 8], ENDS[usize::from(what / 8) % 3]);
    match what % 9 {
        0 => action.retrieve(now).ok(),
        1..=3 => action.answer(&said, now).ok(),
        4 => action.answer_cancel(&said, now).ok(),
        5 => action.confirm(what > 127, now).ok(),
        6 => action.reported(what > 127, now),
        7 => action.overdue(now),
        _ if what > 127 => action.withdraw(now),
        _ => action.supersede(ReleaseRow(i64::from(what % 16)), now),
    }
}

proptest! {
    /// A closed action stays closed, deadlines belong to who is busy, and counters that move with the steps are the
    /// counts of the actions.
    #[test]
    fn whatever_happens(steps in prop::collection::vec((0usize..8, any::<u8>(), 0u64..45), 0..200)) {
        let mut actions: Vec<Action> = (0..8)
            .map(|i| action(if i % 2 == 0 { ActionState::Offered } else { ActionState::Confirming }))
            .collect();
        let mut counts = Counts::default();
        actions.iter().for_each(|action| counts.moved(None, action.state));
        let mut minutes = 0;
        for (which, what, passed) in steps {
            minutes += passed;
            let before = actions[which].clone();
            let Some(after) = happen(before.clone(), what, at(minutes)) else { continue };
            if before.state.is_closed() {
                prop_assert_eq!(before.state, after.state);
                prop_assert_eq!(before.closed_at, after.closed_at);
            }
            let step = ActionStep::new(&before, after, Vec::new(), at(minutes));
            let after = step.action;
            prop_assert_eq!(after.closed_at.is_some(), after.state.is_closed());
            prop_assert_eq!(after.deadline.is_some(), after.state.is_busy(), "{:?}", &after);
            prop_assert_eq!(after.moves, before.moves + 1);
            counts.moved(Some(step.before), after.state);
            actions[which] = after;
        }
        let mut counted = Counts::default();
        actions.iter().for_each(|action| counted.moved(None, action.state));
        prop_assert_eq!(counts, counted);
        let tally = counts.tally();
        let rest = counts.waiting() + counts.of(ActionState::Cancelling) + counts.of(ActionState::Cancelled);
        prop_assert_eq!(tally.answered + tally.out + rest, 8);
    }
}
