//! Words of acts on many devices.

use super::figure::Count;
use serde::Deserialize;
use std::collections::BTreeMap;

tables! {
    /// The catalogue.
    Bulks { offer: Offer, list: List, one: One, question: BTreeMap<String, Count>, button: BTreeMap<String, Count>, outcome: BTreeMap<String, String>, halt: BTreeMap<String, String>, state: BTreeMap<String, String> }
    /// On the list of devices.
    Offer { summary, lead, act, reason, reason_hint, button, all }
    /// All bulks.
    List { what, none, none_lead, to_devices, none_runs, runs: Count, name, state, devices, since, by, nobody, next }
    /// One bulk.
    One {
        what, gathering: Count, empty, running, stopped, finished, withdrawn, again, progress, done, passed, waiting,
        left_out, touch, left: Count, model, stage, condition, becomes, devices, sum, list, list_why, only_passed, all,
        number, serial, now, next, another, confirm, confirm_why, confirm_retire, confirm_recall, count, count_hint,
        count_wrong, withdraw, stop, stop_why, resume: Count, resume_why, facts, act, reason, filter, filter_all,
        filter_list, by, nobody, prepared, started, ended, waits, chosen, more: Count,
    }
}

catalogue!(Bulks, "bulk");

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::Language;
    use std::collections::BTreeSet;
    use tegata_domain::bulk::{BulkState, Halt, Outcome};
    use tegata_usecase::device::Act;

    #[test]
    fn every_word_of_the_domain_has_words() {
        let keys = |names: &[&'static str]| names.iter().copied().map(str::to_owned).collect::<BTreeSet<_>>();
        let acts: Vec<&str> = Act::all().filter(|(_, act)| *act != Act::Confirm).map(|(name, _)| name).collect();
        for b in Language::ALL.map(Bulks::of) {
            let of = |words: &BTreeMap<String, String>| words.keys().cloned().collect::<BTreeSet<_>>();
            assert_eq!(of(&b.outcome), keys(&Outcome::ALL.map(Outcome::name)));
            assert_eq!(of(&b.halt), keys(&Halt::ALL.map(Halt::name)));
            assert_eq!(of(&b.state), keys(&BulkState::ALL.map(BulkState::name)));
            for words in [&b.question, &b.button] {
                assert_eq!(words.keys().cloned().collect::<BTreeSet<_>>(), keys(&acts));
            }
        }
    }
}
