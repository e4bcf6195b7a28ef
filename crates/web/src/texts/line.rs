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
