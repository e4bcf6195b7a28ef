//! The words of the line and of roll-outs together, since their pages borrow from one another.

use super::{
    Texts, batch::Batches, campaign::Campaigns, figure::Figures, finding::Findings, ledger::LedgerWords,
    notice::NoticeList, product::Products, release::Releases,
};
use crate::language::Language;
use std::sync::LazyLock;

/// The catalogues that these pages use.
pub(crate) struct Line {
    pub texts: &'static Texts,
    pub figure: &'static Figures,
    pub product: &'static Products,
    pub batch: &'static Batches,
    pub release: &'static Releases,
    pub campaign: &'static Campaigns,
    pub finding: &'static Findings,
    pub notices: &'static NoticeList,
    pub ledger: &'static LedgerWords,
}

static LOADED: LazyLock<[Line; 2]> = LazyLock::new(|| {
    Language::ALL.map(|language| Line {
        texts: Texts::of(language),
        figure: Figures::of(language),
        product: Products::of(language),
        batch: Batches::of(language),
        release: Releases::of(language),
        campaign: Campaigns::of(language),
        finding: Findings::of(language),
        notices: NoticeList::of(language),
        ledger: LedgerWords::of(language),
    })
});

impl Line {
    /// The catalogues of a language.
    pub(crate) fn of(language: Language) -> &'static Line {
        &LOADED[language as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::{BTreeMap, BTreeSet};
    use tegata_domain::action::ActionState;
    use tegata_domain::campaign::CampaignState;
    use tegata_domain::event::EventKind;
    use tegata_domain::finding::FindingKind;
    use tegata_domain::notice::NoticeKind;

    /// Every name has its words, and no words are there for a name that is none.
    fn agree<T>(what: &str, words: &BTreeMap<String, T>, names: impl IntoIterator<Item = &'static str>) {
        let (words, names): (BTreeSet<_>, BTreeSet<_>) =
            (words.keys().map(String::as_str).collect(), names.into_iter().collect());
        assert_eq!(words, names, "{what}");
    }

    #[test]
    fn every_word_of_the_domain_has_words() {
        for line in Language::ALL.map(Line::of) {
            let kinds = FindingKind::ALL.map(FindingKind::name).into_iter().chain(["other"]);
            agree("findings", &line.finding.kinds, kinds);
            agree("levels", &line.finding.levels, ["1", "2", "3", "4", "5"]);
            agree("campaigns", &line.campaign.states, CampaignState::ALL.map(CampaignState::name));
            agree("actions", &line.campaign.actions, ActionState::ALL.map(ActionState::name));
            for kind in NoticeKind::ALL {
                assert_ne!(line.notices.kind(line.finding, kind), line.finding.kind("other").title, "{}", kind.name());
            }
            let events = (1..).map_while(EventKind::from_code).map(EventKind::name);
            agree("events", &line.ledger.events, events);
        }
        assert_eq!(Line::of(Language::En).finding.kind("not-known-yet").title, "Another finding");
    }
}
